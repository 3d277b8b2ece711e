//! Whatever changes in validation and test, training sees the same: shown for every registered step.
//!
//! A step that is new gets a line in [`examples`]; nothing else is to be done. [`fixture`] says which columns there are.

mod held_out;
mod mutants;
mod prepared;
mod view;

use bakeoff_data::column::Values;
use bakeoff_data::interactions::Axis;
use bakeoff_data::steps::{self, Effect, Step, Train};
use bakeoff_data::{DataError, Interactions};
use bakeoff_spec::registry::find;
use serde_json::{Value, json};

use crate::fixture::{Change, Division, change_future_points, fixture};
use held_out::HeldOut;
use mutants::Leaky;
use view::column_line;
pub(crate) use view::view;

/// Parameters for every registered step, at least one set for each way in which it learns or removes. Each must do
/// something to the [`fixture`].
#[expect(clippy::too_many_lines, reason = "a table, a line an example")]
pub(crate) fn examples() -> Vec<(&'static str, Value)> {
    vec![
        ("fill_missing", json!({ "with": "zero", "indicator": true })),
        ("fill_missing", json!({ "with": "constant", "value": 3, "columns": ["rating", "price"] })),
        ("fill_missing", json!({ "with": "mean", "indicator": true })),
        ("fill_missing", json!({ "with": "median" })),
        ("fill_missing", json!({ "with": "mode", "indicator": true })),
        ("fill_missing", json!({ "with": "forward", "indicator": true })),
        ("fill_missing", json!({ "with": "mean", "by": "user" })),
        ("fill_missing", json!({ "with": "mean", "by": "category" })),
        ("fill_missing", json!({ "with": "mode", "by": "age" })),
        ("fill_missing", json!({ "with": "drop", "columns": ["rating", "job"] })),
        ("deduplicate", json!({ "keep": "first" })),
        ("deduplicate", json!({ "keep": "last" })),
        ("deduplicate", json!({ "keep": "highest" })),
        ("deduplicate", json!({ "keep": "mean" })),
        ("deduplicate", json!({ "keep": "sum" })),
        ("min_rating", json!({ "value": 3 })),
        ("min_rating", json!({ "value": 3, "implicit": true })),
        ("k_core", json!({ "k": 3 })),
        ("min_length", json!({ "n": 5 })),
        ("max_length", json!({ "n": 4 })),
        ("time_range", json!({ "from": 100, "to": "1970-01-01T00:08:00Z" })),
        ("sample_users", json!({ "share": 0.5 })),
        ("clip", json!({ "columns": ["rating", "price", "mood"], "lower": 0.1, "upper": 0.9 })),
        ("clip", json!({ "columns": ["rating", "age"], "deviations": 0.5 })),
        ("derive", json!({ "from": "age", "as": "band", "with": "band", "width": 10 })),
        ("derive", json!({ "from": "price", "as": "bucket", "with": "buckets", "edges": [3, 9] })),
        ("derive", json!({ "from": "timestamp", "as": "hour", "with": "hour" })),
        ("filter", json!({ "column": "price", "min": 2, "max": 12 })),
        ("filter", json!({ "column": "genres", "one_of": ["war"], "not": true })),
        ("select_columns", json!({ "keep": ["job", "price"] })),
        ("cast", json!({ "columns": ["age", "mood"], "to": "text" })),
        ("cast", json!({ "columns": ["job"], "to": "number", "lenient": true })),
        (
            "derive",
            json!({ "from": "joined", "as": "day", "with": "day_of_week",
            "time_zone": "Europe/Berlin" }),
        ),
        ("normalise", json!({ "columns": ["rating", "price"], "with": "z_score" })),
        ("normalise", json!({ "columns": ["mood", "age"], "with": "min_max", "clip": true })),
        ("normalise", json!({ "columns": ["rating", "age"], "with": "robust" })),
        ("normalise", json!({ "columns": ["mood", "price"], "with": "rank" })),
        ("normalise", json!({ "columns": ["mood"], "with": "log1p" })),
        ("normalise", json!({ "columns": ["rating", "mood"], "with": "per_user_mean" })),
        ("normalise", json!({ "columns": ["rating", "mood"], "with": "per_item_mean" })),
        ("smooth", json!({ "columns": ["mood"], "with": "moving_average", "window": 3 })),
        ("smooth", json!({ "columns": ["mood"], "with": "exponential", "alpha": 0.5 })),
        ("smooth", json!({ "columns": ["prices"], "with": "moving_average", "window": 2 })),
        ("smooth", json!({ "columns": ["prices"], "with": "exponential" })),
        (
            "smooth_rate",
            json!({ "as": "rate", "columns": { "hits": "clicks", "of": "views" },
            "with": "bayesian" }),
        ),
        (
            "smooth_rate",
            json!({ "as": "rate", "columns": { "hits": "clicks", "of": "views" },
            "with": "additive", "alpha": 2 }),
        ),
        (
            "smooth_rate",
            json!({ "as": "liked", "ratings": { "at_least": 4, "per": "items" },
            "with": "bayesian", "strength": 5 }),
        ),
        (
            "smooth_rate",
            json!({ "as": "likes", "ratings": { "at_least": 4, "per": "users" },
            "with": "additive" }),
        ),
        (
            "encode",
            json!({ "columns": ["review", "job", "category"], "with": "label",
            "min_count": 2 }),
        ),
        ("encode", json!({ "columns": ["job", "category"], "with": "one_hot" })),
        ("encode", json!({ "columns": ["genres", "labels"], "with": "multi_hot", "dense": true })),
        ("encode", json!({ "columns": ["genres", "labels"], "with": "multi_hot", "min_count": 8 })),
        (
            "encode",
            json!({ "columns": ["review"], "with": "multi_hot", "separator": " ",
            "min_count": 3, "dense": true }),
        ),
        ("encode", json!({ "columns": ["review", "category"], "with": "hashing", "buckets": 8 })),
        ("encode", json!({ "columns": ["genres", "labels"], "with": "hashing", "buckets": 2 })),
        (
            "encode",
            json!({ "columns": ["review", "job", "category"], "with": "target", "folds": 3,
            "smoothing": 2 }),
        ),
        (
            "encode",
            json!({ "columns": ["mood", "age", "price"], "with": "quantiles",
            "buckets": 4 }),
        ),
        ("tokenise", json!({ "columns": ["review", "category"], "max_len": 8, "max_words": 50 })),
        ("tokenise", json!({ "columns": ["review"], "gather": ["users", "items"], "max_len": 16 })),
        (
            "tokenise",
            json!({ "columns": ["review", "genres"], "words": { "ngrams": { "min": 1, "max": 3 } },
            "max_len": 8, "min_count": 2 }),
        ),
        ("tf_idf", json!({ "columns": ["review", "job"], "max_words": 50 })),
        ("tf_idf", json!({ "columns": ["review"], "gather": ["users", "items"] })),
        (
            "tf_idf",
            json!({ "columns": ["review"], "words": { "ngrams": { "min": 2, "max": 2 } },
            "gather": ["items"], "min_count": 2 }),
        ),
        (
            "price_windows",
            json!({ "column": "prices", "windows": [1], "horizons": [1],
            "series": { "length": 3, "every": 1 } }),
        ),
        ("normalise_images", json!({ "columns": ["photo"], "with": "train" })),
        // The variable is any that is long enough; cargo sets this one.
        ("pseudonymise", json!({ "of": ["users", "items"], "key_env": "CARGO_MANIFEST_DIR" })),
        ("mask", json!({ "columns": ["job", "photo"] })),
        ("mask", json!({ "columns": ["review", "age"], "with": "constant" })),
        (
            "mask",
            json!({ "columns": ["genres"], "with": "pseudonym", "key_env": "CARGO_MANIFEST_DIR" }),
        ),
        ("generalise", json!({ "column": "age", "with": "band", "width": 10 })),
        ("generalise", json!({ "column": "job", "with": "prefix", "length": 2 })),
        ("generalise", json!({ "column": "price", "with": "buckets", "edges": [3, 9] })),
        ("generalise", json!({ "column": "genres", "with": "map", "map": { "war": "dark" } })),
        ("generalise", json!({ "column": "job", "with": "suppress", "min_users": 3 })),
        ("generalise", json!({ "column": "price", "with": "suppress", "min_users": 4 })),
        ("generalise", json!({ "column": "labels", "with": "suppress", "min_users": 9 })),
        ("k_anonymity", json!({ "columns": ["job"], "k": 3, "on_failure": "suppress" })),
        (
            "k_anonymity",
            json!({ "columns": ["job"], "k": 2, "sensitive": "age", "l": 3,
            "on_failure": "suppress" }),
        ),
    ]
}

pub(crate) fn divided(division: Division) -> (Interactions, Train) {
    let data = fixture();
    let train = Train::of(&data.table, &division.assign(&data));
    (data.table, train)
}

/// Applies the step to the fixture and to the fixture with other values than train's changed; what differs of what
/// training sees, if anything.
fn leak_of_values(step: &dyn Step) -> Result<(), String> {
    for division in Division::ALL {
        let applied = |change: Option<Change>| -> Result<(Interactions, Train), DataError> {
            let (mut table, train) = divided(division);
            if let Some(change) = change {
                change.apply(&mut table, &train);
                if division == Division::ByTime {
                    change_future_points(&mut table, &train);
                }
            }
            step.apply(&mut table, &train)?;
            Ok((table, train))
        };
        let say = |error: DataError| error.to_string();
        let (table, train) = applied(None).map_err(say)?;
        let expected = view(&table, Some(&train));
        for change in Change::ALL {
            let (table, train) = applied(Some(change)).map_err(say)?;
            compare(&table, &train, &expected)
                .map_err(|differ| format!("{division:?}, {change:?}: {differ}"))?;
        }
    }
    Ok(())
}

/// The same of the fixture with other rows held out, with their values and with others.
fn leak_of_rows(step: &dyn Step) -> Result<(), String> {
    for division in Division::ALL {
        let applied = |held_out: HeldOut, change: Option<Change>| {
            let data = fixture();
            let assigned = division.assign(&data);
            let (mut table, train) = held_out.apply(data, &assigned);
            if let Some(change) = change {
                change.apply(&mut table, &train);
            }
            let applied = step.apply(&mut table, &train);
            applied.map(|_| (table, train)).map_err(|error| error.to_string())
        };
        let (table, train) = applied(HeldOut::AsTheyAre, None)?;
        let expected = view(&table, Some(&train));
        for held_out in HeldOut::CHANGES {
            for change in [None, Some(Change::Other), Some(Change::Missing)] {
                let place =
                    |told: String| format!("{division:?}, {held_out:?}, {change:?}: {told}");
                let (table, train) = applied(held_out, change).map_err(place)?;
                compare(&table, &train, &expected).map_err(place)?;
            }
        }
    }
    Ok(())
}

/// The first line of what training sees that is another than expected.
fn compare(table: &Interactions, train: &Train, expected: &[String]) -> Result<(), String> {
    let seen = view(table, Some(train));
    if seen == expected {
        return Ok(());
    }
    let differ = seen.iter().zip(expected).find(|(seen, expected)| seen != expected);
    Err(format!("{} lines, expected {}: {differ:#?}", seen.len(), expected.len()))
}

pub(crate) fn built(name: &str, params: &Value) -> Box<dyn Step> {
    let entry = find(steps::ALL, name).unwrap_or_else(|| panic!("no step {name} is registered"));
    let params = serde_json::from_value(params.clone()).unwrap();
    (entry.build)(&params).unwrap_or_else(|error| panic!("{name} {params:?}: {error:?}"))
}

#[test]
fn every_registered_step_has_an_example_and_each_does_something() {
    for entry in steps::ALL {
        let has_example = examples().iter().any(|(name, _)| *name == entry.name);
        assert!(has_example, "step `{}` needs a line in `examples`", entry.name);
    }
    for (name, params) in examples() {
        let (mut table, train) = divided(Division::ByLot);
        let before = view(&table, None);
        built(name, &params).apply(&mut table, &train).unwrap();
        assert!(view(&table, None) != before, "{name} {params} changes nothing");
    }
}

#[test]
fn nothing_outside_train_changes_what_training_sees() {
    for (name, params) in examples() {
        let step = built(name, &params);
        if !matches!(step.effect(), Effect::Removes | Effect::Counts) {
            let leaks = leak_of_values(&*step).and_then(|()| leak_of_rows(&*step));
            leaks.unwrap_or_else(|error| panic!("{name} {params} leaks: {error}"));
        }
    }
}

/// The exception: a step that counts users of all parts so that none stands out. What it hides may depend on test;
/// whatever is there, each entry keeps its own value or is hidden, so that no value of another gets to it.
#[test]
fn a_step_that_counts_users_hides_values_and_changes_none() {
    for (name, params) in examples() {
        let step = built(name, &params);
        if step.effect() != Effect::Counts {
            continue;
        }
        let mut n_seen = 0;
        for division in Division::ALL {
            for change in Change::ALL {
                let (mut before, train) = divided(division);
                change.apply(&mut before, &train);
                let mut after = before.clone();
                match step.apply(&mut after, &train) {
                    // Nothing is prepared then, so nothing is told.
                    Err(error) if error.to_string().contains("too few users") => continue,
                    done => done.unwrap(),
                };
                n_seen += 1;
                assert_eq!(bits(&after), bits(&before), "{name}");
                assert!(after.users == before.users && after.items == before.items, "{name}");
                for ((_, new), (_, old)) in after.all_columns().zip(before.all_columns()) {
                    assert_eq!(new.name, old.name);
                    for entry in 0..old.values.len() {
                        let [new, old] = [new, old].map(|column| parts_of(&column.values, entry));
                        let is_own = |part: &String| part == "*" || old.contains(part);
                        assert!(new.iter().all(is_own), "{name} {params}: {old:?} became {new:?}");
                    }
                }
            }
        }
        assert!(n_seen > 0, "{name} {params} is refused whatever is changed");
    }
}

fn bits(table: &Interactions) -> Option<Vec<u64>> {
    table.rating.as_ref().map(|ratings| ratings.iter().map(|rating| rating.to_bits()).collect())
}

/// What an entry holds, one text a tag or value, none where it is missing.
fn parts_of(values: &Values, entry: usize) -> Vec<String> {
    match values {
        Values::Text(texts) if texts.is_missing(entry) => Vec::new(),
        Values::Text(texts) => vec![texts.get(entry).to_owned()],
        Values::Number(numbers) if numbers[entry].is_nan() => Vec::new(),
        Values::Number(numbers) => vec![numbers[entry].to_string()],
        Values::Tags(tags) => tags.get(entry).map(str::to_owned).collect(),
        other => vec![column_line(other, &[entry], f64::INFINITY)],
    }
}

/// Steps that remove come before the split: rows are kept or not, and what they hold is not made from other rows. Two
/// say otherwise of ratings: `deduplicate` merges those of a pair, which is one interaction from then on, and
/// `min_rating` may give all up.
#[test]
fn a_step_that_removes_rows_changes_none() {
    for (name, params) in examples() {
        let step = built(name, &params);
        if step.effect() != Effect::Removes {
            continue;
        }
        let fixture = fixture().table;
        let mut table = fixture.clone();
        step.apply(&mut table, &Train::default()).unwrap();
        assert!(!table.is_empty() && table.len() < fixture.len(), "{name} {params}");
        let kept: Vec<u32> = table.origin.lines().iter().map(|line| line - 1).collect();
        assert!(kept.is_sorted_by(|a, b| a < b), "{name} {params}");
        let mut expected = fixture;
        expected.reorder(&kept);
        if params["keep"] == "mean" || params["keep"] == "sum" || params["implicit"] == true {
            expected.rating.clone_from(&table.rating);
        }
        assert!(view(&table, None) == view(&expected, None), "{name} {params}");
    }
}

#[test]
fn a_step_that_leaks_is_caught() {
    for step in Leaky::OF_VALUES {
        assert!(leak_of_values(&step).is_err(), "{step:?}");
    }
    for step in Leaky::OF_ROWS {
        assert_eq!(leak_of_values(&step), Ok(()), "{step:?} looks at no value");
        assert!(leak_of_rows(&step).is_err(), "{step:?}");
    }
}

/// The test above would be worth nothing if there were nothing outside train, or if the changes missed a column.
#[test]
fn changes_reach_every_column_outside_train_and_none_within() {
    for division in Division::ALL {
        for change in Change::ALL {
            let (table, train) = divided(division);
            for axis in [Axis::Rows, Axis::Users, Axis::Items] {
                let n_train = train.has(axis).iter().filter(|&&is_train| is_train).count();
                assert!(0 < n_train && n_train < train.has(axis).len(), "{division:?} {axis:?}");
            }
            let mut changed = table.clone();
            change.apply(&mut changed, &train);
            let [before, after] = [&table, &changed].map(|table| view(table, Some(&train)));
            assert!(before == after, "{division:?} {change:?}");
            if matches!(change, Change::Present) {
                continue;
            }
            // As text, in which a missing number is like another.
            let as_text = |of: &dyn std::fmt::Debug| format!("{of:?}");
            assert!(as_text(&changed.rating) != as_text(&table.rating));
            for ((_, column), (axis, before)) in changed.all_columns().zip(table.all_columns()) {
                let is_changed = as_text(&column.values) != as_text(&before.values);
                assert!(is_changed, "{division:?} {change:?} {axis:?} {}", before.name);
            }
        }
    }
}
