//! What steps and splits make of the fixture, held to what they made of it before: who changes it on purpose raises the
//! step's or split's `REVISION` (else datasets in caches are taken for what they no longer are), and accepts the new lines.

use bakeoff_data::Interactions;
use bakeoff_data::column::{Numbers, Values};
use bakeoff_data::splits::{self, Assigned};
use bakeoff_data::steps;
use bakeoff_spec::registry::find;

use crate::fixture::{Division, fixture};
use crate::leaks::{built, divided, examples, view};
use crate::properties::all_splits;
use crate::splits::assign;

#[test]
fn steps_do_what_they_did_under_their_revision() {
    // What a key of this machine does is another thing elsewhere.
    let has_key = |params: &serde_json::Value| params.get("key_env").is_some();
    let examples = examples().into_iter().filter(|(_, params)| !has_key(params));
    let lines = examples.map(|(name, params)| {
        let (mut table, train) = divided(Division::ByLot);
        built(name, &params).apply(&mut table, &train).unwrap();
        round(&mut table);
        let digest = digest(&view(&table, None).join("\n"));
        let revision = find(steps::ALL, name).unwrap().revision;
        format!("{digest} {name} {revision} {params}")
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn splits_divide_as_they_did_under_their_revision() {
    let mut data = fixture();
    let given = (0..data.table.len()).map(|row| [Assigned::Train, Assigned::Test][row / 6 % 2]);
    data.table.part = Some(given.collect());
    let lines = all_splits(1).into_iter().map(|(name, params)| {
        let parts = assign(name, params.clone(), &data);
        let revision = find(splits::ALL, name).unwrap().revision;
        format!("{} {name} {revision} {params}", digest(&format!("{parts:?}")))
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// Logarithms and the like differ in their last digit from one C library to another.
fn round(table: &mut Interactions) {
    let rounded = |x: f64| format!("{x:.6e}").parse::<f64>().unwrap();
    let of_all = |numbers: &mut Vec<f64>| numbers.iter_mut().for_each(|x| *x = rounded(*x));
    let rounded = |x: f32| format!("{x:.4e}").parse::<f32>().unwrap();
    table.rating.iter_mut().for_each(of_all);
    for (_, column) in table.all_columns_mut() {
        match &mut column.values {
            Values::Number(numbers) => of_all(numbers),
            Values::Dense(dense) => {
                if let Numbers::F32(numbers) = &mut dense.numbers {
                    for x in numbers {
                        *x = rounded(*x);
                    }
                }
            }
            Values::Weighted(weighted) => {
                for (_, x) in &mut weighted.lists.values {
                    *x = rounded(*x);
                }
            }
            _ => {}
        }
    }
}
