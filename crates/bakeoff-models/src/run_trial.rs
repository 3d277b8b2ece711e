//! A trial from beginning to end: build, fit, score.

use std::path::Path;
use std::time::Instant;

use bakeoff_data::Dataset;
use bakeoff_metrics::Evaluation;
use bakeoff_spec::{Cost, CurvePoint, Loss, Scored, Scores, Training, Trial};
use tch::Device;

use crate::checkpoint;
use crate::error::ModelError;
use crate::evaluate::Evaluator;
use crate::layers::dropout;
use crate::model::{Built, Setting};
use crate::network::Network;
use crate::registry::find;
use crate::training::feed::Feeder;
use crate::training::{Fit, fit};

/// What a trial gives.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialResult {
    /// Metrics on validation.
    pub valid: Scores,
    /// Metrics on test; empty unless the trial scores it.
    pub test: Scores,
    /// The selecting metric by user or row, on test if it is scored, else on validation.
    pub units: Vec<f32>,
    /// The epoch whose weights were scored; 0 for models without epochs.
    pub best_epoch: u32,
    /// One point an epoch.
    pub curve: Vec<CurvePoint>,
    /// What it took; the caller adds what it alone can know.
    pub cost: Cost,
}

/// Runs a trial on a device. The weights of a search trial are left at `checkpoint`; a trial that scores test too and
/// whose fit is the same takes them from there instead of training again.
///
/// # Errors
/// [`ModelError`]: a diverged training, data or parameters that do not fit the model.
///
/// # Panics
/// When libtorch refuses an operation, such as an allocation: the worker's boundary turns that into a failed trial.
pub fn run_trial(
    trial: &Trial,
    data: &Dataset,
    device: Device,
    checkpoint: &Path,
    on_epoch: &mut dyn FnMut(&CurvePoint),
) -> Result<TrialResult, ModelError> {
    let started = Instant::now();
    // libtorch's own generator (initial weights) is process-wide: hence one trial at a time.
    tch::manual_seed(trial.seed as i64);
    dropout::seed(trial.seed);
    let entry = find(&trial.model.name)
        .ok_or_else(|| ModelError::UnknownModel(trial.model.name.clone()))?;
    let setting = Setting { task: trial.task, device };
    let model = (entry.build)(&trial.model.params, data, &setting)?;
    let on_valid = Evaluator::valid(trial, data);
    let mut eval_secs = Vec::new();
    let mut cost = Cost::default();
    let fit = match (&model, &trial.training) {
        (Built::Direct(direct), _) => {
            cost.n_params = direct.n_params();
            cost.fit_secs = started.elapsed().as_secs_f64();
            None
        }
        (Built::Network(network), Some(training)) => {
            let network = network.as_ref();
            cost.n_params = network.parameters().count();
            let kept = match trial.scored {
                Scored::ValidAndTest => checkpoint::load(checkpoint, network),
                Scored::Valid => None,
            };
            cost.from_checkpoint = kept.is_some();
            let fit = match kept {
                Some(fit) => fit,
                None => train(trial, training, data, network, &on_valid, &mut eval_secs, on_epoch)?,
            };
            if trial.scored == Scored::Valid {
                checkpoint::save(checkpoint, network, &fit)?;
            }
            Some(fit)
        }
        (Built::Network(_), None) => {
            return Err(ModelError::Dataset("the trial has no training settings".into()));
        }
    };

    let mut timed = |evaluator: &Evaluator<'_>| -> Result<Evaluation, ModelError> {
        let started = Instant::now();
        let evaluation = evaluator.evaluate(&model)?;
        eval_secs.push(started.elapsed().as_secs_f64());
        Ok(evaluation)
    };
    let valid = timed(&on_valid)?;
    let (test, units) = match trial.scored {
        Scored::Valid => (Scores::new(), valid.units),
        Scored::ValidAndTest => {
            let test = timed(&Evaluator::test(trial, data))?;
            (test.scores, test.units)
        }
    };
    cost.eval_secs = median(eval_secs);
    let mut result =
        TrialResult { valid: valid.scores, test, units, best_epoch: 0, curve: Vec::new(), cost };
    if let Some(fit) = fit {
        result.cost.epochs = fit.curve.len() as u32;
        result.cost.epoch_secs = median(fit.curve.iter().map(|point| point.secs).collect());
        result.cost.pairs_per_epoch = fit.pairs_per_epoch;
        result.cost.fit_secs = fit.secs;
        result.best_epoch = fit.best_epoch;
        result.curve = fit.curve;
    }
    Ok(result)
}

fn train(
    trial: &Trial,
    training: &Training,
    data: &Dataset,
    network: &dyn Network,
    on_valid: &Evaluator<'_>,
    eval_secs: &mut Vec<f64>,
    on_epoch: &mut dyn FnMut(&CurvePoint),
) -> Result<Fit, ModelError> {
    let n_negatives = match training.loss {
        Loss::Mse | Loss::CrossEntropy => 0,
        Loss::Bce | Loss::Bpr | Loss::SampledCrossEntropy => training.n_negatives as usize,
    };
    let feeder = Feeder::new(data, network.feed(), training.batch_size as usize, n_negatives);
    let catalog = bakeoff_metrics::catalog();
    let higher_is_better = catalog
        .iter()
        .find(|metric| metric.name == trial.select.name)
        .is_none_or(|metric| metric.higher_is_better);
    let mut validate = |network: &dyn Network| {
        let started = Instant::now();
        let evaluation = on_valid.evaluate_network(network)?;
        eval_secs.push(started.elapsed().as_secs_f64());
        Ok(evaluation.scores[&trial.select])
    };
    let better = |a: f64, b: f64| if higher_is_better { a > b } else { a < b };
    fit(network, &feeder, training, trial.seed, &mut validate, &better, on_epoch)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}
