//! A catalog with one plug-in for each thing that planning treats differently, and specs that name them.

use std::path::Path;

use bakeoff_spec::registry::{NoParams, SpecPath};
use bakeoff_spec::{
    Catalog, CodeRevisions, Entry, Loss, MetricInfo, ModelInfo, Optimizer, Params, Plan, Plugin,
    SpecError, SpecFile, Task, Training,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A spec without mistakes that uses most of what there is.
pub(crate) const GOOD: &str = "\
version: 1
name: study
task: top_n
data:
  source:
    name: table
    params: { path: movies/ratings.tsv }
  steps:
    - name: k_core
      params: { k: 5 }
  split:
    name: ratio
training:
  epochs: 20
models:
  - name: popularity
  - name: sasrec
    params:
      n_heads: 2
    grid:
      hidden: [32, 64]
      learning_rate: [0.001, 0.01]
evaluation:
  k: [5, 10]
replicates:
  seeds: [1, 2]
";

/// [`GOOD`] as JSON, which is YAML too.
pub(crate) fn good_json() -> Value {
    let file = SpecFile::parse(Path::new("study.yaml"), GOOD.to_owned()).expect("it is right");
    let mut value = serde_json::to_value(file.spec()).expect("a spec is JSON");
    // Serialising writes out what was left out, and an empty grid is a mistake when it is written out.
    value["models"][0].as_object_mut().expect("a model is a mapping").remove("grid");
    value
}

/// [`GOOD`] with one fragment replaced.
pub(crate) fn spec_with(old: &str, new: &str) -> String {
    assert_eq!(GOOD.matches(old).count(), 1, "`{old}` stands once in the spec");
    GOOD.replace(old, new)
}

/// The plan of a text, as if it stood in `/specs/study.yaml`; every source has the same content.
pub(crate) fn plan(text: &str) -> Result<Plan, SpecError> {
    plan_at("/specs/study.yaml", text)
}

/// The same in another file.
pub(crate) fn plan_at(path: &str, text: &str) -> Result<Plan, SpecError> {
    plan_with(path, text, &catalog())
}

/// The same with another catalog.
pub(crate) fn plan_with(path: &str, text: &str, catalog: &Catalog) -> Result<Plan, SpecError> {
    let file = SpecFile::parse(Path::new(path), text.to_owned())?;
    file.plan(catalog, &mut |_, _| Ok("content".to_owned()))
}

/// What a terminal without colour shows for a spec with mistakes.
pub(crate) fn mistakes(text: &str) -> String {
    let error = plan(text).expect_err("the spec has a mistake");
    // Snapshots keep no blanks at the ends of lines.
    let rendered = error.render(false);
    let lines: Vec<&str> = rendered.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// Everything that specs of these tests can name.
pub(crate) fn catalog() -> Catalog {
    let metric = |name, task, has_cutoff| MetricInfo {
        name,
        about: "A metric.",
        task,
        has_cutoff,
        higher_is_better: task == Task::TopN,
        revision: 1,
        of_one: None,
    };
    Catalog {
        sources: vec![Entry::of::<Table>(()), Entry::of::<Generated>(())],
        joins: vec![Entry::of::<Table>(())],
        steps: vec![Entry::of::<KCore>(())],
        splits: vec![Entry::of::<Ratio>(()), Entry::of::<LeaveOneOut>(())],
        models: vec![
            ModelInfo {
                plugin: Entry::of::<Popularity>(()),
                family: "baseline",
                tasks: &[Task::TopN],
                training: |_| None,
                losses: |_| &[],
            },
            ModelInfo {
                plugin: Entry::of::<Mlp>(()),
                family: "deep",
                tasks: &[Task::Rating, Task::TopN],
                training: |task| Some(mlp_training(task)),
                losses: |task| match task {
                    Task::Rating => &[Loss::Mse],
                    Task::TopN => &[Loss::Bce, Loss::Bpr],
                },
            },
            ModelInfo {
                plugin: Entry::of::<SasRec>(()),
                family: "attention",
                tasks: &[Task::TopN],
                training: |_| Some(Training::default()),
                losses: |_| &[Loss::Bce, Loss::CrossEntropy],
            },
        ],
        metrics: vec![
            metric("ndcg", Task::TopN, true),
            metric("recall", Task::TopN, true),
            metric("auc", Task::TopN, false),
            metric("rmse", Task::Rating, false),
            metric("mae", Task::Rating, false),
        ],
        code: CodeRevisions::default(),
        searches: vec![Entry::of::<Grid>(())],
        pruners: Vec::new(),
        executors: vec![Entry::of::<Local>(())],
        candidates: vec![("generated", "lists")],
    }
}

fn mlp_training(task: Task) -> Training {
    match task {
        Task::Rating => {
            Training { loss: Loss::Mse, optimizer: Optimizer::Sgd, ..Training::default() }
        }
        Task::TopN => Training { loss: Loss::Bce, epochs: 50, ..Training::default() },
    }
}

macro_rules! plugin {
    ($type:ident, $name:literal, $params:ty) => {
        struct $type;

        impl Plugin for $type {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = "Serves these tests.";
            type Params = $params;
        }
    };
}

plugin!(Table, "table", TableParams);
plugin!(Generated, "generated", GeneratedParams);
plugin!(KCore, "k_core", KCoreParams);
plugin!(LeaveOneOut, "leave_one_out", NoParams);
plugin!(Popularity, "popularity", NoParams);
plugin!(Mlp, "mlp", MlpParams);
plugin!(Grid, "grid", NoParams);
plugin!(Local, "local", NoParams);

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TableParams {
    /// The file of interactions.
    path: SpecPath,
    /// What stands between columns.
    #[serde(default = "tab")]
    #[schemars(length(min = 1, max = 1))]
    separator: String,
}

fn tab() -> String {
    "\t".to_owned()
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct GeneratedParams {
    /// How many users to draw.
    #[schemars(range(min = 1, max = 1_000_000))]
    n_users: u32,
}

impl Default for GeneratedParams {
    fn default() -> Self {
        Self { n_users: 100 }
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct KCoreParams {
    /// The fewest interactions that a user or an item keeps.
    #[schemars(range(min = 1))]
    k: u32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct RatioParams {
    /// Share of the validation part.
    #[schemars(range(min = 0.0, max = 1.0))]
    valid: f64,
    /// Share of the test part.
    #[schemars(range(min = 0.0, max = 1.0))]
    test: f64,
}

impl Default for RatioParams {
    fn default() -> Self {
        Self { valid: 0.1, test: 0.1 }
    }
}

struct Ratio;

impl Plugin for Ratio {
    const NAME: &'static str = "ratio";
    const ABOUT: &'static str = "Splits by shares.";
    type Params = RatioParams;

    fn check(params: &RatioParams) -> Result<(), String> {
        if params.valid + params.test < 1.0 {
            return Ok(());
        }
        Err("`valid` and `test` together must leave something to train on".into())
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct MlpParams {
    /// Neurons of each hidden layer.
    #[schemars(range(min = 1, max = 4096))]
    width: u32,
    /// What follows each layer.
    activation: Activation,
}

impl Default for MlpParams {
    fn default() -> Self {
        Self { width: 64, activation: Activation::Relu }
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Activation {
    /// Nothing below zero.
    Relu,
    /// The hyperbolic tangent.
    Tanh,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct SasRecParams {
    /// Numbers that describe an item.
    #[schemars(range(min = 1, max = 4096))]
    hidden: u32,
    /// Attention heads; they share the `hidden` numbers.
    #[schemars(range(min = 1, max = 64))]
    n_heads: u32,
    /// Share of activations left out in training.
    #[schemars(range(min = 0.0, max = 0.9))]
    dropout: f64,
}

impl Default for SasRecParams {
    fn default() -> Self {
        Self { hidden: 64, n_heads: 1, dropout: 0.2 }
    }
}

struct SasRec;

impl Plugin for SasRec {
    const NAME: &'static str = "sasrec";
    const ABOUT: &'static str = "Attention over the past.";
    const REVISION: u32 = 3;
    type Params = SasRecParams;

    fn check(params: &SasRecParams) -> Result<(), String> {
        if params.hidden.is_multiple_of(params.n_heads) {
            return Ok(());
        }
        Err(format!(
            "`n_heads` must divide `hidden`, and {} does not divide {}",
            params.n_heads, params.hidden
        ))
    }
}

/// Parameters from pairs.
pub(crate) fn params<const N: usize>(pairs: [(&str, Value); N]) -> Params {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
