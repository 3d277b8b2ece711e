//! The same end to end: files with one training part and different rows held out, prepared by one recipe.

use bakeoff_data::{Assigned, Axis, Column, ColumnValues, Dataset};
use serde_json::{Value, json};

use crate::recipes::{Planned, file};

const HEADER: &str = "user,item,rating,timestamp,review,mood\n";
const TRAIN: &str = "a,x,5,10,a good film,3
b,y,1,20,a bad film,
a,y,,30,,7
c,x,4,35,good,5
b,z,3,40,war and peace,1
c,z,2,50,peace,2
a,z,4,60,good peace,
";
const USERS: &str = "user,age,job\na,20,cook\nb,,nurse\nc,40,cook\n";
const ITEMS: &str = "item,genres,title\nx,war|noir,Alien\ny,comedy,Up\nz,war,War of the Worlds\n";

/// What is not train's: rows for validation and for test, users, items.
type HeldOut = [&'static str; 4];

const HELD_OUT: [HeldOut; 4] = [
    ["a,x,5,70,good,3\n", "b,x,4,80,film,4\nc,y,1,90,peace,1\n", "", ""],
    // Items and users that nothing else is of, new words, numbers and tags.
    [
        "new,x,900,1,aardvark good good,1000\nc,new,-7.5,45,,\n",
        "newer,newest,0.25,5,zoo,-1\n",
        "new,99,pilot\nnewer,,zoo keeper\n",
        "new,zoo|aardvark,Aardvark\nnewest,,\n",
    ],
    // The users and items of train alone, in another order and before it, and nothing is known of a row.
    ["c,x,,3,,\nb,x,,2,,\na,z,,1,,\n", "a,y,,0,,\n", "", ""],
    // Many rows, all of one item.
    [
        "a,w,1,55,good,9\nb,w,2,55,good,9\nc,w,3,55,good,9\nd,w,4,55,good,9\n",
        "a,w,1,56,bad,9\nb,w,2,56,bad,9\n",
        "d,77,cook\n",
        "w,noir|noir noir,Up Up\n",
    ],
];

fn prepare([valid, test, users, items]: HeldOut) -> Dataset {
    let dir = tempfile::tempdir().unwrap();
    let [train, valid, test] = [("train", TRAIN), ("valid", valid), ("test", test)]
        .map(|(name, rows)| file(dir.path(), &format!("{name}.csv"), HEADER.to_owned() + rows));
    let users = file(dir.path(), "users.csv", USERS.to_owned() + users);
    let items = file(dir.path(), "items.csv", ITEMS.to_owned() + items);
    let source = json!({
        "interactions": train, "valid": valid, "test": test, "users": users, "items": items,
        "columns": ["review", "mood"],
    });
    let steps: [(&str, Value); 12] = [
        ("derive", json!({ "from": "age", "as": "band", "with": "band", "width": 10 })),
        ("fill_missing", json!({ "columns": ["mood", "age"], "with": "mean", "indicator": true })),
        (
            "smooth_rate",
            json!({ "as": "liked", "ratings": { "at_least": 4, "per": "items" },
            "with": "bayesian" }),
        ),
        ("encode", json!({ "columns": ["job"], "with": "target", "folds": 2 })),
        ("encode", json!({ "columns": ["job"], "with": "label", "min_count": 2 })),
        ("smooth", json!({ "columns": ["mood"], "with": "moving_average" })),
        ("normalise", json!({ "columns": ["mood"], "with": "z_score" })),
        ("normalise", json!({ "columns": ["mood_missing"], "with": "per_user_mean" })),
        ("encode", json!({ "columns": ["age"], "with": "quantiles", "buckets": 2 })),
        ("encode", json!({ "columns": ["genres"], "with": "multi_hot" })),
        ("tokenise", json!({ "columns": ["review"], "gather": ["users", "items"], "max_len": 4 })),
        ("tf_idf", json!({ "columns": ["title"] })),
    ];
    let mut planned = Planned::new(dir.path(), "csv", source).unwrap();
    for (name, params) in steps {
        planned = planned.step(name, params);
    }
    planned.split("fixed", json!({})).prepare().unwrap()
}

/// All that training sees: the rows of train with their columns, and what is known of its users and items.
fn seen(data: &Dataset) -> Vec<String> {
    let train = data.train();
    let mut lines = vec![format!("ratings {:?}", data.rating_range())];
    let (mut users, mut items) = (Vec::new(), Vec::new());
    for user in (0..data.n_users()).filter(|&user| !train.items_of(user).is_empty()) {
        let of_user = train.items_of(user);
        let ratings: Vec<u32> = train.ratings_of(user).iter().map(f32::to_bits).collect();
        let times = train.timestamps_of(user).to_vec();
        lines.push(format!("{user} {}: {of_user:?} {ratings:?} {times:?}", data.raw_user(user)));
        users.push(user);
        items.extend(of_user.iter().map(|&item| item as usize));
    }
    items.sort_unstable();
    items.dedup();
    lines.extend(items.iter().map(|&item| format!("{item} {}", data.raw_item(item))));
    let rows: Vec<usize> = (0..train.n_interactions()).collect();
    for (axis, columns, entries) in [
        (Axis::Rows, data.row_columns(Assigned::Train), rows),
        (Axis::Users, data.user_columns(), users),
        (Axis::Items, data.item_columns(), items),
    ] {
        for Column { name, values } in columns {
            let names = (0..).map_while(|code| data.value_name(axis, name, code));
            let names: Vec<&str> = names.take(n_values(&values) as usize).collect();
            lines.push(format!("{} {name}: {} {names:?}", axis.name(), n_values(&values)));
            lines.extend(entries.iter().map(|&i| format!("{name} {i}: {}", entry(&values, i))));
        }
    }
    lines
}

fn n_values(values: &ColumnValues<'_>) -> u32 {
    match *values {
        ColumnValues::Categorical { n_values, .. }
        | ColumnValues::Tags { n_values, .. }
        | ColumnValues::Weighted { n_values, .. }
        | ColumnValues::Tokens { n_values, .. } => n_values,
        ColumnValues::Numeric(_) | ColumnValues::Pixels { .. } | ColumnValues::Dense { .. } => 0,
    }
}

fn entry(values: &ColumnValues<'_>, i: usize) -> String {
    let range = |offsets: &[u64]| offsets[i] as usize..offsets[i + 1] as usize;
    let bits = |numbers: &[f32]| numbers.iter().map(|n| n.to_bits()).collect::<Vec<_>>();
    match *values {
        ColumnValues::Categorical { codes, .. } => codes[i].to_string(),
        ColumnValues::Numeric(numbers) => format!("{:?}", bits(&numbers[i..=i])),
        ColumnValues::Tags { offsets, codes, .. } => format!("{:?}", &codes[range(offsets)]),
        ColumnValues::Weighted { offsets, codes, weights, .. } => {
            format!("{:?} {:?}", &codes[range(offsets)], bits(&weights[range(offsets)]))
        }
        ColumnValues::Tokens { len, codes, .. } => format!("{:?}", &codes[i * len..][..len]),
        ColumnValues::Pixels { .. } | ColumnValues::Dense { .. } => panic!("there are no blocks"),
    }
}

#[test]
fn a_prepared_training_part_is_the_same_whatever_is_held_out() {
    let expected = seen(&prepare(HELD_OUT[0]));
    assert!(expected.len() > 60, "{expected:#?}");
    for held_out in &HELD_OUT[1..] {
        let seen = seen(&prepare(*held_out));
        for (seen, expected) in seen.iter().zip(&expected) {
            assert_eq!(seen, expected, "{held_out:?}");
        }
        assert_eq!(seen.len(), expected.len());
    }
}
