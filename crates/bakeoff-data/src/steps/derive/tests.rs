//! Each derivation by hand.

use bakeoff_spec::registry::params_of;
use serde_json::{Value, json};

use super::*;

fn step(mut params: Value) -> Result<Derive, String> {
    params["as"] = "new".into();
    let params = serde_json::from_value(params).unwrap();
    params_of::<Derive>(&params).map_err(|error| error.to_string())
}

/// What is made of these numbers, once as times of rows and once as a column of items.
fn derived(numbers: &[f64], mut params: Value) -> Vec<String> {
    let mut table = Interactions::new("x.csv", false, true);
    for (i, &number) in numbers.iter().enumerate() {
        table.push("a", &i.to_string(), 0.0, number, 1);
    }
    table.item_columns = vec![RawColumn::new("number", Values::Number(numbers.to_vec()))];
    let mut of = |from: &str| {
        params["from"] = from.into();
        let mut table = table.clone();
        step(params.clone()).unwrap().apply(&mut table, &Train::default()).unwrap();
        let columns = [table.columns, table.item_columns].concat();
        match &columns.iter().find(|column| column.name == "new").unwrap().values {
            Values::Text(texts) => texts.iter().map(str::to_owned).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    let of_rows = of("timestamp");
    assert_eq!(of_rows, of("number"));
    of_rows
}

#[test]
fn bands_are_of_one_width_and_named_by_their_ends() {
    let ages = [29.0, 30.0, f64::NAN, 20.0, -1.0, 29.5];
    assert_eq!(
        derived(&ages, json!({ "with": "band", "width": 10 })),
        ["20-29", "30-39", "", "20-29", "-10--1", "20-29"]
    );
    assert_eq!(
        derived(&[0.4, 0.5], json!({ "with": "band", "width": 0.5 })),
        ["[0, 0.5)", "[0.5, 1)"]
    );
    assert_eq!(derived(&[3.2], json!({ "with": "band", "width": 1 })), ["3"]);
}

#[test]
fn an_edge_of_a_fractional_band_begins_it() {
    for (width, n_behind) in [(0.1, 1), (0.7, 1), (0.25, 2), (0.001, 3)] {
        let numbers: Vec<f64> = (-500..500)
            .map(|i| format!("{:.n_behind$}", f64::from(i) * width).parse().unwrap())
            .collect();
        let expected: Vec<String> = numbers
            .iter()
            .zip(-499..)
            .map(|(from, next)| {
                let to: f64 = format!("{:.n_behind$}", f64::from(next) * width).parse().unwrap();
                format!("[{}, {})", from + 0.0, to + 0.0)
            })
            .collect();
        assert_eq!(derived(&numbers, json!({ "with": "band", "width": width })), expected);
    }
    let wide = derived(&[-1e300, 1e300], json!({ "with": "band", "width": 1e-30 }));
    assert_eq!(wide.len(), 2, "what no band can number falls into the last one");
}

#[test]
fn an_edge_begins_a_bucket() {
    let prices = [9.99, 10.0, 49.0, 50.0, f64::NAN];
    assert_eq!(
        derived(&prices, json!({ "with": "buckets", "edges": [10, 50] })),
        ["<10", "[10, 50)", "[10, 50)", ">=50", ""]
    );
}

#[test]
fn the_calendar_is_that_of_the_zone() {
    // 1997-12-31 23:30 UTC, a Wednesday; 2000-01-01 12:00 UTC, a Saturday.
    let times = [883_611_000.0, 946_728_000.0, f64::NAN];
    let with = |with: &str| derived(&times, json!({ "with": with }));
    assert_eq!(with("day_of_week"), ["wednesday", "saturday", ""]);
    assert_eq!(with("hour"), ["23", "12", ""]);
    assert_eq!(with("month"), ["12", "01", ""]);
    assert_eq!(with("year"), ["1997", "2000", ""]);
    assert_eq!(with("weekend"), ["weekday", "weekend", ""]);
    let berlin =
        |with: &str| derived(&times, json!({ "with": with, "time_zone": "Europe/Berlin" }));
    assert_eq!(berlin("day_of_week"), ["thursday", "saturday", ""]);
    assert_eq!(berlin("hour"), ["00", "13", ""]);
    assert_eq!(berlin("year"), ["1998", "2000", ""]);
}

#[test]
fn dates_as_text_serve_the_calendar() {
    let mut table = Interactions::new("x.csv", false, false);
    table.push("a", "x", 0.0, 0.0, 1);
    table.push("a", "y", 0.0, 0.0, 2);
    let column = |texts: [&str; 2]| {
        vec![RawColumn::new("released", Values::Text(texts.into_iter().collect()))]
    };
    let apply =
        |table: &mut Interactions, params| step(params).unwrap().apply(table, &Train::default());
    table.item_columns = column(["1995-11-22", ""]);
    assert_eq!(apply(&mut table, json!({ "from": "released", "with": "year" })).unwrap(), 1);
    let Values::Text(years) = &table.item_columns[1].values else { panic!("text") };
    assert_eq!(years.iter().collect::<Vec<_>>(), ["1995", ""]);
    let again = apply(&mut table, json!({ "from": "released", "with": "month" }));
    assert!(again.unwrap_err().to_string().contains("column `new` is there already"));
    table.item_columns = column(["1995-11-22", "soon"]);
    let error = apply(&mut table, json!({ "from": "released", "with": "year" })).unwrap_err();
    assert!(
        error.to_string().contains("column `released` holds `soon`, expected seconds"),
        "{error}"
    );
    let band = json!({ "from": "released", "with": "band", "width": 1 });
    assert_eq!(
        apply(&mut table, band).unwrap_err().to_string(),
        "step `derive`: column `released` holds text; a column can be derived so from numbers"
    );
}

#[test]
fn parameters_go_together() {
    for params in [
        json!({ "with": "band" }),
        json!({ "with": "band", "width": 0 }),
        json!({ "with": "hour", "width": 1 }),
        json!({ "with": "buckets", "edges": [] }),
        json!({ "with": "buckets", "edges": [2, 1] }),
        json!({ "with": "buckets", "edges": [1], "time_zone": "Europe/Berlin" }),
        json!({ "with": "hour", "time_zone": "Berlin" }),
    ] {
        let mut params = params;
        params["from"] = "x".into();
        assert!(step(params.clone()).is_err(), "{params}");
    }
}
