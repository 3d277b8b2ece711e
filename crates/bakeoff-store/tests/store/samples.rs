//! Outcomes like those of a real sweep.

use bakeoff_spec::outcome::{Cause, Cost, CurvePoint, Provenance, Status};
use bakeoff_spec::{MetricKey, Outcome, Scored, Task, Training, Trial, TrialKey, Use};
use bakeoff_store::Store;
use safetensors::tensor::{Dtype, TensorView};

/// A completed trial; another seed, another trial.
pub(crate) fn completed(seed: u64) -> Outcome {
    let metrics: Vec<MetricKey> = ["hit_rate", "mrr", "ndcg", "recall"]
        .iter()
        .flat_map(|name| [5, 10, 20].map(|k| MetricKey::at(name, k)))
        .collect();
    let model = Use {
        name: "sasrec".into(),
        revision: 1,
        params: [("hidden", 64.into()), ("dropout", 0.2.into()), ("n_layers", 2.into())]
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
    };
    let trial = Trial {
        data: "0123456789abcdef0123456789abcdef".into(),
        task: Task::TopN,
        model,
        training: Some(Training::default()),
        select: MetricKey::at("ndcg", 10),
        metrics: metrics.clone(),
        metric_revisions: std::collections::BTreeMap::new(),
        code: bakeoff_spec::CodeRevisions::default(),
        candidates: None,
        scored: Scored::ValidAndTest,
        seed,
    };
    let score = |i: usize| 0.1 + (seed as f64 + i as f64 / 7.0).sin() / 30.0;
    let scores = || metrics.iter().cloned().zip((0..).map(score)).collect();
    let point = |epoch: u32| CurvePoint {
        epoch,
        train_loss: 7.0 / f64::from(epoch).sqrt(),
        valid_loss: Some(7.1 / f64::from(epoch).sqrt()),
        valid: Some(score(epoch as usize)),
        secs: 2.972_113_5,
    };
    Outcome {
        key: trial.key(),
        trial,
        attempt: 1,
        status: Status::Completed,
        valid: scores(),
        test: scores(),
        curve: (1..=30).map(point).collect(),
        best_epoch: 21,
        cost: Cost { n_params: 123_456, epochs: 30, epoch_secs: 2.97, ..Cost::default() },
        provenance: Provenance { device: "cpu".into(), threads: 1, ..Provenance::default() },
    }
}

/// The same trial, failed at its first attempt.
pub(crate) fn failed(seed: u64) -> Outcome {
    let status = Status::Failed { cause: Cause::OutOfMemory, message: "no memory left".into() };
    Outcome { status, valid: [].into(), test: [].into(), curve: Vec::new(), ..completed(seed) }
}

/// The same trial, stopped by a rule.
pub(crate) fn pruned(seed: u64, rule: &str) -> Outcome {
    Outcome { status: Status::Pruned { epoch: 3, rule: rule.into() }, ..completed(seed) }
}

/// The document of an outcome on one line, with the content as it is given.
pub(crate) fn document(content: &str) -> String {
    let checksum = blake3::hash(&[&2_u32.to_le_bytes(), content.as_bytes()].concat()).to_hex();
    format!("{{\"schema\":2,\"checksum\":\"{checksum}\",\"outcome\":{content}}}\n")
}

/// What the index keeps of it.
pub(crate) fn without_curve(outcome: &Outcome) -> Outcome {
    Outcome { curve: Vec::new(), ..outcome.clone() }
}

pub(crate) fn keys(outcomes: &[Outcome]) -> Vec<TrialKey> {
    outcomes.iter().map(|outcome| outcome.key.clone()).collect()
}

/// Writes them all and takes note of them.
pub(crate) fn record_all<'a>(store: &Store, outcomes: impl IntoIterator<Item = &'a Outcome>) {
    for outcome in outcomes {
        store.record(outcome).unwrap();
    }
}

/// A checkpoint of two numbers a tensor, as the models write it: its checksum goes through the tensors as they are
/// named here, while the file holds them by name.
pub(crate) fn checkpoint(names: &[&str]) -> Vec<u8> {
    let data = |i: usize| [[i as u8; 4], [7; 4]].concat();
    let all: Vec<Vec<u8>> = (0..names.len()).map(data).collect();
    let views = names
        .iter()
        .zip(&all)
        .map(|(name, data)| (*name, TensorView::new(Dtype::F32, vec![2], data).unwrap()));
    let checksum = blake3::hash(&all.concat()).to_hex().to_string();
    let metadata = [("fit".to_owned(), "{}".to_owned()), ("blake3".to_owned(), checksum)];
    safetensors::serialize(views, Some(metadata.into())).unwrap()
}
