//! The JSON Schema agrees with planning: what it completes is right, what it marks is wrong.

use bakeoff_spec::{Catalog, schema};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::plugins::{catalog, good_json, plan};

/// The good spec with the value at `place`, such as `models.1.name`, replaced or put in.
fn good_with(place: &str, value: Value) -> Value {
    let mut spec = good_json();
    *place.split('.').fold(&mut spec, |node, step| match step.parse::<usize>() {
        Ok(index) => &mut node[index],
        Err(_) => &mut node[step],
    }) = value;
    spec
}

#[test]
fn the_schema_is_itself_valid() {
    assert!(jsonschema::meta::is_valid(&schema(&catalog())));
    assert!(jsonschema::meta::is_valid(&schema(&Catalog::default())));
}

#[test]
fn right_specs_pass() {
    let validator = Validator::new(&schema(&catalog())).unwrap();
    for spec in [
        good_json(),
        good_with(
            "evaluation",
            json!({ "metrics": ["ndcg", "recall@3", "auc"], "select": "ndcg@7" }),
        ),
        good_with("report", json!({ "metrics": ["ndcg@5", "auc"] })),
        good_with("models.1.params", json!({ "loss": "bce" })),
    ] {
        plan(&spec.to_string()).unwrap();
        let errors = validator.iter_errors(&spec).map(|error| error.to_string());
        assert_eq!(errors.collect::<Vec<_>>(), [""; 0]);
    }
}

#[test]
fn wrong_specs_are_marked() {
    let validator = Validator::new(&schema(&catalog())).unwrap();
    for (place, value) in [
        ("version", json!(2)),
        ("task", json!("topn")),
        ("data.source.name", json!("tabel")),
        ("data.source.params", json!({ "paht": "ratings.tsv" })),
        ("data.source", json!({ "name": "table" })),
        ("data.steps.0.params.k", json!(0)),
        ("data.split.params.valid", json!(2)),
        ("training.epochs", json!("ten")),
        ("training.epoch", json!(20)),
        ("models", json!([])),
        ("models.1.name", json!("sasrce")),
        ("models.1.params.n_head", json!(2)),
        ("models.1.params.loss", json!("mse")),
        ("models.1.grid.hidden", json!([])),
        ("models.1.grid.hidden", json!(32)),
        ("models.1.grid.hidden", json!([32, 32])),
        ("models.1.grid.learning_rate", json!([0.001, 1000])),
        ("models.0.params.epochs", json!(1)),
        ("evaluation.k", json!([])),
        ("evaluation.metrics", json!(["ndgc"])),
        ("evaluation.metrics", json!(["auc@5"])),
        ("evaluation.select", json!("ndcg")),
        ("search.name", json!("random")),
        ("schedule.devices", json!("gpu")),
        ("schedule.executor", json!({ "name": "lokal" })),
    ] {
        let spec = good_with(place, value);
        assert!(!validator.is_valid(&spec), "the schema lets pass: {spec}");
        assert!(plan(&spec.to_string()).is_err(), "planning lets pass: {spec}");
    }
}

#[test]
fn an_editor_finds_what_to_complete_and_what_it_means() {
    let schema = schema(&catalog());
    let models = &schema["properties"]["models"]["items"];
    let names: Vec<&Value> = models["properties"]["name"]["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| &n["const"])
        .collect();
    assert_eq!(names, ["popularity", "mlp", "sasrec"]);
    let sasrec = &models["allOf"][2];
    assert_eq!(sasrec["if"]["properties"]["name"], json!({ "const": "sasrec" }));
    let params = &sasrec["then"]["properties"]["params"]["properties"];
    assert_eq!(params["hidden"]["description"], "Numbers that describe an item.");
    assert_eq!(params["hidden"]["default"], 64);
    assert_eq!(params["epochs"]["description"], "The most epochs to train.");
    let axis = &sasrec["then"]["properties"]["grid"]["properties"]["hidden"];
    assert_eq!(axis["items"]["maximum"], 4096);
    assert_eq!(axis["description"], "Numbers that describe an item.");
    assert_eq!(
        schema["properties"]["models"]["description"],
        "The models to compare, each with its grid."
    );
}
