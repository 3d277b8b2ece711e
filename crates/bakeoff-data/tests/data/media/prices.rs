//! Price lists, in any order, with gaps.

use std::fs;
use std::path::Path;

use bakeoff_data::DataError;
use bakeoff_data::column::Values;
use bakeoff_data::joins::Joined;
use serde_json::{Value, json};

use super::{error, join};

fn prices(
    dir: &Path,
    text: &str,
    more: &[(&str, Value)],
    ids: &[&str],
) -> Result<Joined, DataError> {
    let path = dir.join("p.csv");
    fs::write(&path, text).unwrap();
    let mut params = json!({ "path": path, "key": "item", "time": "day", "value": "price" });
    for (name, value) in more {
        params[name] = value.clone();
    }
    join("prices", params, ids)
}

#[test]
fn prices_lie_by_time_and_the_last_of_one_time_counts() {
    let dir = tempfile::tempdir().unwrap();
    let text = "item,day,shop,price\nb,2024-01-02,x,7\na,20,x,2\na,10,x,1.5\nc,5,x,9\na,20,y,3\nb,1970-01-01,x,0\n";
    let joined = prices(dir.path(), text, &[], &["a", "nobody", "b"]).unwrap();
    let [column] = &joined.columns[..] else { panic!("one column") };
    let Values::Series(series) = &column.values else { panic!("{}", column.values.kind()) };
    assert_eq!(column.name, "price_history");
    let of: Vec<&[(f64, f64)]> = series.points.iter().collect();
    assert_eq!(of, [&[(10.0, 1.5), (20.0, 3.0)][..], &[], &[(0.0, 0.0), (1_704_153_600.0, 7.0)]]);
    assert_eq!(joined.repairs["price overruled by a later line of the same time"], 1);
    assert_eq!(joined.notes, ["1 of 3 entries have no prices."]);
}

#[test]
fn a_price_that_is_none_is_told_or_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |text: &str| error(dir.path(), prices(dir.path(), text, &[], &["a"]));
    assert_eq!(
        refused("item,day,price\na,1,2\na,2,-3\n"),
        "p.csv, line 3, column `price`: found `-3`, expected a price of 0 or more; `drop_missing: true` leaves such lines \
         out"
    );
    assert!(
        refused("item,day,price\na,1,\n")
            .contains("line 2, column `price`: found ``, expected a price")
    );
    assert!(
        refused("item,day,price\na,,1\n")
            .contains("line 2, column `day`: found ``, expected a time")
    );
    assert!(refused("item,date,price\na,1,1\n").contains("has no column `day`"));
    assert_eq!(
        refused("item,day,price\nb,1,1\n"),
        "p.csv: no line has a price of an id of the data, such as `a`; `key` names the column of ids"
    );
    let text = "item,day,price\na,1,2\na,2,-3\na,,1\na,4,\n";
    let joined = prices(dir.path(), text, &[("drop_missing", true.into())], &["a"]).unwrap();
    assert_eq!(joined.repairs["line without time or price left out"], 3);
}

#[test]
fn times_are_in_the_unit_that_is_said_and_of_years_that_people_write() {
    let dir = tempfile::tempdir().unwrap();
    let text = "item,day,price\na,1704067200000,2\na,2024-01-02,3\n";
    let told = error(dir.path(), prices(dir.path(), text, &[], &["a"]));
    assert!(told.starts_with("p.csv, line 2, column `day`: found `1704067200000`"), "{told}");
    assert!(told.contains("time_unit: milliseconds"), "{told}");
    let unit = ("time_unit", "milliseconds".into());
    let joined = prices(dir.path(), text, &[unit], &["a"]).unwrap();
    let Values::Series(series) = &joined.columns[0].values else { panic!("a series") };
    assert_eq!(series.points.values, [(1_704_067_200.0, 2.0), (1_704_153_600.0, 3.0)]);
    let text = "item,day,price\na,-1,2\n";
    assert!(error(dir.path(), prices(dir.path(), text, &[], &["a"])).contains("1970 to 9999"));
}
