//! Trials as CSV, Parquet and JSON lines, read back by the formats' own readers.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use bakeoff_spec::outcome::Status;
use bakeoff_spec::{MetricKey, Outcome};
use bakeoff_store::{Folder, Format, Store};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use crate::samples::{completed, document, failed, record_all};

/// Trials that have in common what trials of one spec have, and no more.
fn some_outcomes() -> Vec<Outcome> {
    let mut odd = completed(u64::MAX);
    odd.trial.model.params.insert("hidden".into(), 0.5.into());
    odd.trial.model.params.insert("layers".into(), serde_json::json!([1, 2]));
    odd.trial.training = None;
    odd.key = odd.trial.key();
    odd.valid.insert(MetricKey::at("ndcg", 10), f64::NAN);
    let mut failed = failed(2);
    failed.status = Status::Failed {
        cause: bakeoff_spec::outcome::Cause::Crash,
        message: "died, said \"\u{e9}\"\nand no more".into(),
    };
    let pruned = Status::Pruned { epoch: 4, rule: "r".into() };
    vec![completed(1), failed, odd, Outcome { status: pruned, ..completed(3) }]
}

fn exported(dir: &Path, name: &str) -> std::path::PathBuf {
    let store = Store::open(dir.join("store")).unwrap();
    record_all(&store, &some_outcomes());
    let to = dir.join(name);
    let format = Format::of(&to).unwrap();
    let exported = store.folder().export(&to, format, &|_| true).unwrap();
    assert_eq!((exported.n_trials, exported.damaged.len()), (4, 0));
    to
}

#[test]
fn csv_has_a_row_a_trial_and_a_column_a_value() {
    let dir = tempfile::tempdir().unwrap();
    let mut reader = csv::Reader::from_path(exported(dir.path(), "trials.csv")).unwrap();
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header[..7], ["key", "model", "task", "data", "seed", "scored", "status"]);
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4);
    for outcome in some_outcomes() {
        let row = rows.iter().find(|row| row["key"] == outcome.key.as_str()).unwrap();
        let cell = |name: &str| row[name].as_str();
        let number = |name: &str| cell(name).parse::<f64>().unwrap();
        assert_eq!((cell("model"), cell("select")), ("sasrec", "ndcg@10"));
        assert_eq!(cell("seed"), outcome.trial.seed.to_string());
        assert_eq!(cell("scored"), "valid_and_test");
        assert_eq!(cell("cost.n_params"), "123456");
        assert_eq!(cell("cost.from_checkpoint"), "false");
        assert_eq!(cell("provenance.device"), "cpu");
        assert_eq!(number("param.dropout").to_bits(), 0.2_f64.to_bits());
        for (key, value) in &outcome.valid {
            let there = number(&format!("valid.{key}"));
            assert_eq!(there.to_bits(), value.to_bits(), "{key}");
        }
        match outcome.status {
            Status::Failed { message, .. } => {
                assert_eq!((cell("status"), cell("cause")), ("failed", "crash"));
                assert_eq!(cell("message"), message);
                assert_eq!((cell("valid.ndcg@10"), cell("select.valid")), ("", ""));
            }
            Status::Pruned { .. } => {
                assert_eq!((cell("status"), cell("message")), ("pruned", "after epoch 4"));
            }
            Status::Completed => assert_eq!(cell("status"), "completed"),
        }
    }
}

#[test]
fn text_that_a_spreadsheet_would_run_is_led_by_an_apostrophe_and_numbers_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("store")).unwrap();
    let mut outcome = failed(1);
    let message = "=HYPERLINK(\"http://x\")".to_owned();
    outcome.status = Status::Failed { cause: bakeoff_spec::outcome::Cause::Crash, message };
    outcome.provenance.device = "@cpu".into();
    let mut other = completed(2);
    other.valid.insert(MetricKey::at("ndcg", 10), -0.5);
    other.provenance.device = "-1e-3".into();
    record_all(&store, [&outcome, &other]);
    let to = dir.path().join("trials.csv");
    store.folder().export(&to, Format::Csv, &|_| true).unwrap();
    let mut reader = csv::Reader::from_path(&to).unwrap();
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let row =
        |outcome: &Outcome| rows.iter().find(|row| row["key"] == outcome.key.as_str()).unwrap();
    assert_eq!(row(&outcome)["message"], "'=HYPERLINK(\"http://x\")");
    assert_eq!(row(&outcome)["provenance.device"], "'@cpu");
    assert_eq!(row(&other)["valid.ndcg@10"], "-0.5");
    assert_eq!(row(&other)["provenance.device"], "-1e-3");
}

#[test]
fn parquet_has_typed_columns_and_nulls() {
    let dir = tempfile::tempdir().unwrap();
    let file = File::open(exported(dir.path(), "trials.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let rows: Vec<BTreeMap<String, Field>> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| row.unwrap().into_columns().into_iter().collect())
        .collect();
    assert_eq!(rows.len(), 4);
    let row = |outcome: &Outcome| {
        let key = Field::Str(outcome.key.to_string());
        rows.iter().find(|row| row["key"] == key).unwrap()
    };
    let [done, failed, odd, pruned] = &some_outcomes()[..] else { panic!() };
    for outcome in [done, pruned] {
        for (key, value) in &outcome.valid {
            assert_eq!(row(outcome)[&format!("valid.{key}")], Field::Double(*value));
        }
    }
    assert_eq!(row(done)["attempt"], Field::Long(1));
    assert_eq!(row(done)["cost.from_checkpoint"], Field::Bool(false));
    assert_eq!(row(done)["cost.epoch_secs"], Field::Double(2.97));
    assert_eq!(
        (&row(done)["cause"], &row(failed)["cause"]),
        (&Field::Null, &Field::Str("crash".into()))
    );
    assert_eq!(row(failed)["valid.ndcg@10"], Field::Null);
    assert!(matches!(row(odd)["valid.ndcg@10"], Field::Double(value) if value.is_nan()));
    // A whole number in a column of others; a list; a setting that one trial lacks; a seed that is no i64.
    assert_eq!(row(done)["param.hidden"], Field::Double(64.0));
    assert_eq!(row(odd)["param.layers"], Field::Str("[1,2]".into()));
    assert_eq!((&row(odd)["param.loss"], &row(done)["param.layers"]), (&Field::Null, &Field::Null));
    assert_eq!(row(odd)["seed"], Field::Str(u64::MAX.to_string()));
    assert_eq!(row(done)["seed"], Field::Str("1".into()));
}

#[test]
fn many_rows_go_through_several_groups() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::at(dir.path().join("store"));
    folder.write_outcome(&completed(0)).unwrap();
    // Files of other trials without the wait for the disk that a store takes.
    let text = fs::read_to_string(folder.dir().join(format!("outcomes/{}.json", completed(0).key)));
    let text = text.unwrap();
    let n_trials = 9_000;
    for seed in 1..n_trials {
        let outcome = completed(seed);
        let text = document(&serde_json::to_string(&outcome).unwrap());
        fs::write(folder.dir().join(format!("outcomes/{}.json", outcome.key)), text).unwrap();
    }
    assert!(text.contains("\"schema\": 2"));
    let to = dir.path().join("trials.parquet");
    let exported = folder.export(&to, Format::Parquet, &|_| true).unwrap();
    assert_eq!(exported.n_trials as u64, n_trials);
    let reader = SerializedFileReader::new(File::open(&to).unwrap()).unwrap();
    assert_eq!(reader.num_row_groups(), 2);
    let seed = |row: parquet::record::Row| {
        let columns = row.into_columns();
        let seed = columns.iter().find(|(name, _)| name == "seed").unwrap().1.clone();
        if let Field::Long(seed) = seed { seed } else { panic!("{seed}") }
    };
    let mut seeds: Vec<i64> =
        reader.get_row_iter(None).unwrap().map(|row| seed(row.unwrap())).collect();
    seeds.sort_unstable();
    assert!(seeds.into_iter().eq(0..n_trials as i64));
}

#[test]
fn only_what_is_wanted_and_readable_is_exported_and_an_old_file_is_replaced_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("store")).unwrap();
    record_all(&store, &[1, 2, 3].map(completed));
    let folder = store.folder();
    let damaged = folder.dir().join(format!("outcomes/{}.json", completed(2).key));
    fs::write(&damaged, b"{").unwrap();
    let to = dir.path().join("some.jsonl");
    fs::write(&to, "old").unwrap();
    let unwanted = completed(3).key;
    let exported = folder.export(&to, Format::JsonLines, &|key| *key != unwanted).unwrap();
    assert_eq!((exported.n_trials, exported.damaged.len()), (1, 1));
    assert_eq!(exported.damaged[0].0, damaged);
    let text = fs::read_to_string(&to).unwrap();
    assert_eq!(text.lines().count(), 1);
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&line["schema"], &line["outcome"]["key"]),
        (&2.into(), &completed(1).key.as_str().into())
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}
