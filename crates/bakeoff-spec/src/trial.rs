//! A trial, and the key that says when two trials are the same.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::metric_key::MetricKey;
use crate::registry::Params;
use crate::sampled_ranking::SampledRanking;
use crate::training::Training;

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Predict the rating of a (user, item) pair; lower error is better.
    Rating,
    /// Rank the unseen items of a user; what the user chose next should come first.
    TopN,
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rating => "rating",
            Self::TopN => "top_n",
        })
    }
}

/// The parts of the data that a trial scores after fitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scored {
    /// Validation alone: what the search sees.
    Valid,
    /// Validation and test: once for each chosen configuration and replicate.
    ValidAndTest,
}

/// A plug-in with its complete parameters, as it enters a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Use {
    /// The registered name.
    pub name: String,
    /// The plug-in's revision.
    pub revision: u32,
    /// Complete parameters, defaults filled in; paths left out.
    pub params: Params,
}

/// A join as it enters a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JoinUse {
    /// Whom it is about.
    pub to: Side,
    /// The join itself.
    pub join: Use,
    /// What stands before the names of its columns.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
}

/// Whom a table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// A user an entry.
    Users,
    /// An item an entry.
    Items,
}

/// The parameters of source and joins with their paths resolved: what reading needs and no key may hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadParams {
    /// Those of the source.
    pub source: Params,
    /// Those of each join.
    pub joins: Vec<Params>,
}

/// How a prepared dataset is made. Its key covers the content of the source files, never their paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// What is predicted: some steps and columns matter to one task alone.
    pub task: Task,
    /// Where the interactions come from.
    pub source: Use,
    /// BLAKE3 of what source and joins read, or of what they are generated from, and of the code that reads it.
    pub content: String,
    /// What is known of users and items from elsewhere, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joins: Vec<JoinUse>,
    /// What is done to the table, in order.
    pub steps: Vec<Use>,
    /// How interactions are divided into train, validation and test.
    pub split: Use,
}

impl Recipe {
    /// The key of the prepared dataset: 32 hex digits.
    pub fn key(&self) -> String {
        content_key(self)
    }
}

/// One fit of one model, and what is scored of it. Two equal trials give the same numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Key of the prepared dataset ([`Recipe::key`]).
    pub data: String,
    /// What is predicted.
    pub task: Task,
    /// The model with its complete hyperparameters.
    pub model: Use,
    /// Gradient training, if the model is trained so.
    pub training: Option<Training>,
    /// The metric that early stopping and selection look at.
    pub select: MetricKey,
    /// Every metric that is computed.
    pub metrics: Vec<MetricKey>,
    /// By name, the revisions of those metrics that have been changed since their first: it names no others, so that a
    /// metric's first revision is in no key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metric_revisions: BTreeMap<String, u32>,
    /// Of the code that every fit and every ranking goes through.
    #[serde(default, skip_serializing_if = "CodeRevisions::are_first")]
    pub code: CodeRevisions,
    /// The items that targets are ranked among; `None` for all that the user has not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates: Option<SampledRanking>,
    /// Which parts are scored.
    pub scored: Scored,
    /// Seed of everything random in the trial.
    pub seed: u64,
}

impl Trial {
    /// The trial's key.
    pub fn key(&self) -> TrialKey {
        TrialKey(content_key(self))
    }

    /// The key of the fit alone: equal for trials that differ only in what is scored afterwards.
    /// A checkpoint is kept under it.
    pub fn fit_key(&self) -> String {
        let fit = (&self.data, self.task, &self.model, &self.training, &self.select, self.seed);
        // What the metric is, and among which items it ranks, stops the training and chooses the epoch.
        let key = match (self.metric_revisions.get(&self.select.name), &self.candidates) {
            (None, None) => content_key(&fit),
            (Some(revision), None) => content_key(&(fit, revision)),
            (revision, Some(candidates)) => content_key(&(fit, revision, candidates)),
        };
        if self.code.are_first() { key } else { content_key(&(key, self.code)) }
    }

    /// Own and training hyperparameters in one map, as a spec names them.
    pub fn all_params(&self) -> Params {
        let mut params = self.model.params.clone();
        params.extend(self.training.iter().flat_map(Training::params));
        params
    }
}

/// Revisions of code that no plug-in owns and that every trial's numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRevisions {
    /// Of batches, negatives, losses, optimizers and layers.
    pub fitting: u32,
    /// Of scores, ranks and candidates.
    pub scoring: u32,
}

impl CodeRevisions {
    /// Whether keys are as they were before there were revisions of code.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn are_first(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for CodeRevisions {
    fn default() -> Self {
        Self { fitting: 1, scoring: 1 }
    }
}

/// Names a trial everywhere: in the store, in file names, in reports. 32 hex digits of BLAKE3.
///
/// Whatever it is read from, nothing else passes: a key becomes a file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct TrialKey(String);

impl TrialKey {
    /// Accepts 32 lower-case hex digits, nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        (text.len() == KEY_LEN && text.chars().all(is_hex)).then(|| Self(text.to_owned()))
    }

    /// All 32 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 10 digits, for people.
    pub fn short(&self) -> &str {
        &self.0[..10]
    }
}

impl fmt::Display for TrialKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TrialKey {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        // It may be long, and of anybody's making.
        Self::parse(&text).ok_or_else(|| NotAKey(text.chars().take(KEY_LEN).collect()))
    }
}

/// A text, or the beginning of one, that names no trial.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a key: keys are 32 lower-case hex digits")]
pub struct NotAKey(String);

const KEY_LEN: usize = 32;

/// BLAKE3 over canonical JSON: keys sorted at every level, floats in their shortest form.
pub fn content_key<T: Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).expect("vocabulary types always serialise");
    let mut text = String::new();
    write_canonical(&value, &mut text);
    blake3::hash(text.as_bytes()).to_hex()[..KEY_LEN].to_owned()
}

/// `serde_json` keeps objects sorted only while no crate turns on its `preserve_order`, hence our own walk.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in entries {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_keys_does_not_change_a_content_key() {
        let a: Value = serde_json::from_str(r#"{"a":1,"b":{"c":2,"d":[1,2]}}"#).unwrap();
        let b: Value = serde_json::from_str(r#"{"b":{"d":[1,2],"c":2},"a":1}"#).unwrap();
        assert_eq!(content_key(&a), content_key(&b));
    }

    #[test]
    fn every_value_and_the_order_of_lists_change_a_content_key() {
        let keys = [json!({"a": 1}), json!({"a": 1.5}), json!({"a": [1, 2]}), json!({"a": [2, 1]})]
            .map(|value| content_key(&value));
        for (i, key) in keys.iter().enumerate() {
            assert!(!keys[..i].contains(key));
        }
    }

    /// A store holds trials from before there were revisions of metrics.
    #[test]
    fn first_revisions_of_metrics_are_in_no_key() {
        let written = json!({
            "data": "d", "task": "top_n", "model": { "name": "m", "revision": 1, "params": {} },
            "training": null, "select": "ndcg@10", "metrics": ["auc", "ndcg@10"], "scored": "valid", "seed": 7,
        });
        let mut trial: Trial = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(trial.key().as_str(), content_key(&written));
        let fit = json!(["d", "top_n", written["model"], null, "ndcg@10", 7]);
        assert_eq!(trial.fit_key(), content_key(&fit));
        let first = trial.key();
        trial.metric_revisions.insert("auc".into(), 2);
        let second = trial.key();
        trial.metric_revisions.insert("auc".into(), 3);
        assert!(first != second && second != trial.key() && first != trial.key());
        let back: Trial = serde_json::from_value(json!(trial)).unwrap();
        assert_eq!(back.key(), trial.key());
    }

    #[test]
    fn revisions_of_shared_code_are_part_of_both_keys() {
        let written = json!({
            "data": "d", "task": "top_n", "model": { "name": "m", "revision": 1, "params": {} },
            "training": null, "select": "ndcg@10", "metrics": ["ndcg@10"], "scored": "valid", "seed": 7,
        });
        let first: Trial = serde_json::from_value(written).unwrap();
        let of = |fitting: u32, scoring: u32| {
            let trial = Trial { code: CodeRevisions { fitting, scoring }, ..first.clone() };
            assert_eq!(serde_json::from_value::<Trial>(json!(trial)).unwrap(), trial);
            [trial.key().to_string(), trial.fit_key()]
        };
        assert_eq!(of(1, 1), [first.key().to_string(), first.fit_key()]);
        let keys = [of(1, 1), of(2, 1), of(1, 2), of(2, 2)].concat();
        for (i, key) in keys.iter().enumerate() {
            assert!(!keys[..i].contains(key));
        }
    }

    /// A store holds trials from before there was sampled ranking.
    #[test]
    fn candidates_are_part_of_both_keys_where_they_are_given() {
        let written = json!({
            "data": "d", "task": "top_n", "model": { "name": "m", "revision": 1, "params": {} },
            "training": null, "select": "ndcg@10", "metrics": ["ndcg@10"], "scored": "valid", "seed": 7,
        });
        let full: Trial = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(full.key().as_str(), content_key(&written));
        let of = |candidates: Value| {
            let candidates = serde_json::from_value(candidates).unwrap();
            let trial = Trial { candidates, ..full.clone() };
            assert_eq!(serde_json::from_value::<Trial>(json!(trial)).unwrap(), trial);
            [trial.key().to_string(), trial.fit_key()]
        };
        let keys = [
            of(json!(null)),
            of(json!({ "n": 99 })),
            of(json!({ "n": 99, "by": "popularity" })),
            of(json!({ "n": 99, "seed": 2 })),
            of(json!({ "n": 9 })),
        ];
        for (i, key) in keys.iter().flatten().enumerate() {
            assert!(!keys.iter().flatten().take(i).any(|other| other == key));
        }
        assert_eq!(of(json!({ "n": 99 })), of(json!({ "n": 99, "by": "uniform", "seed": 1 })));
    }

    #[test]
    fn a_key_with_anything_but_hex_is_refused() {
        assert!(TrialKey::parse(&"a".repeat(32)).is_some());
        assert!(TrialKey::parse(&"A".repeat(32)).is_none());
        assert!(TrialKey::parse("../../etc/passwd").is_none());
    }

    #[test]
    fn a_key_that_is_read_is_checked_like_any_other() {
        let good = format!("\"{}\"", "a".repeat(32));
        let key: TrialKey = serde_json::from_str(&good).unwrap();
        assert_eq!(serde_json::to_string(&key).unwrap(), good);
        for bad in ["\"../../pwned\"", "\"\"", "7"] {
            assert!(serde_json::from_str::<TrialKey>(bad).is_err(), "{bad}");
        }
        let error = serde_json::from_str::<TrialKey>("\"../../pwned\"").unwrap_err().to_string();
        assert!(error.starts_with("\"../../pwned\" is not a key: keys are 32"), "{error}");
    }
}
