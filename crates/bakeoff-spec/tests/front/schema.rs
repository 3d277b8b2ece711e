//! The JSON Schema agrees with planning: what it completes is right, what it marks is wrong.

use bakeoff_spec::{Catalog, schema};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::plugins::{GOOD, catalog, plan, spec_with};

fn yaml(text: &str) -> Value {
    // Tests may read YAML in the shortest way.
    serde_yaml::from_str(text).unwrap()
}

#[test]
fn the_schema_is_itself_valid() {
    assert!(jsonschema::meta::is_valid(&schema(&catalog())));
    assert!(jsonschema::meta::is_valid(&schema(&Catalog::default())));
}

#[test]
fn right_specs_pass() {
    let validator = Validator::new(&schema(&catalog())).unwrap();
    for text in [
        GOOD.to_owned(),
        spec_with("k: [5, 10]", "metrics: [ndcg, recall@3, auc]\n  select: ndcg@7"),
        spec_with("  seeds: [1, 2]", "  seeds: [1, 2]\nreport: { metrics: [ndcg@5, auc] }"),
        spec_with("n_heads: 2", "loss: bce"),
    ] {
        assert!(plan(&text).is_ok());
        let errors: Vec<String> =
            validator.iter_errors(&yaml(&text)).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0]);
    }
}

#[test]
fn wrong_specs_are_marked() {
    let validator = Validator::new(&schema(&catalog())).unwrap();
    for (old, new) in [
        ("version: 1", "version: 2"),
        ("task: top_n", "task: topn"),
        ("name: table", "name: tabel"),
        ("path: movies/ratings.tsv", "paht: movies/ratings.tsv"),
        ("    params: { path: movies/ratings.tsv }\n", ""),
        ("k: 5 }", "k: 0 }"),
        ("name: ratio", "name: ratio\n    params: { valid: 2 }"),
        ("epochs: 20", "epochs: ten"),
        ("epochs: 20", "epoch: 20"),
        ("name: sasrec", "name: sasrce"),
        ("n_heads: 2", "n_head: 2"),
        ("n_heads: 2", "loss: mse"),
        ("[32, 64]", "[]"),
        ("[32, 64]", "32"),
        ("[32, 64]", "[32, 32]"),
        ("[0.001, 0.01]", "[0.001, 1000]"),
        ("  - name: popularity", "  - name: popularity\n    params: { epochs: 1 }"),
        ("k: [5, 10]", "k: []"),
        ("k: [5, 10]", "metrics: [ndgc]"),
        ("k: [5, 10]", "metrics: [auc@5]"),
        ("k: [5, 10]", "select: ndcg"),
        ("  seeds: [1, 2]", "  seeds: [1, 2]\nsearch: { name: random }"),
        ("  seeds: [1, 2]", "  seeds: [1, 2]\nschedule: { devices: gpu }"),
    ] {
        let text = spec_with(old, new);
        assert!(!validator.is_valid(&yaml(&text)), "the schema lets pass: {new}");
        assert!(plan(&text).is_err(), "planning lets pass: {new}");
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
