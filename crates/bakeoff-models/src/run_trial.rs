//! A trial from beginning to end: build, fit, score.

use std::time::Instant;

use bakeoff_data::Dataset;
use bakeoff_metrics::Evaluation;
use bakeoff_spec::{Cost, CurvePoint, DrawnBy, Fitting, Scored, Scores, Trial};
use tch::Device;

use crate::checkpoint::{self, Checkpoints};
use crate::error::ModelError;
use crate::evaluate::Evaluator;
use crate::layers::dropout;
use crate::model::{Built, Setting};
use crate::registry::find;
use crate::training::Fit;
use crate::trial_fit::TrialFit;

/// What a trial gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrialResult {
    /// Whether the stop rule ended it, after the last epoch of the curve.
    pub is_pruned: bool,
    /// Metrics on validation; of a pruned trial, the best value of the selecting one.
    pub valid: Scores,
    /// Metrics on test; empty unless the trial scores it.
    pub test: Scores,
    /// The selecting metric by user or row, on test if it is scored, else on validation; empty for a pruned trial.
    pub units: Vec<f32>,
    /// The epoch whose weights were scored, or for a pruned trial the best one; 0 for models without epochs.
    pub best_epoch: u32,
    /// One point an epoch.
    pub curve: Vec<CurvePoint>,
    /// What it took; the caller adds what it alone can know.
    pub cost: Cost,
}

/// Runs a trial on a device.
///
/// The weights of a search trial are left in a checkpoint; a trial that scores test too and whose fit is the same takes
/// them from there instead of training again. A fit goes on from the checkpoint of a shorter one, or of a killed attempt
/// at itself, to the same bits as from the beginning (same kind of device, same threads).
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
    checkpoints: &Checkpoints,
    fitting: &Fitting,
    on_epoch: &mut dyn FnMut(&CurvePoint),
) -> Result<TrialResult, ModelError> {
    let result = fit_and_score(trial, data, device, checkpoints, fitting, on_epoch);
    let is_needed = match &result {
        // To another rule, it has not run.
        Ok(result) => result.is_pruned && fitting.is_resumable,
        Err(ModelError::Diverged { .. }) => false,
        Err(_) => true,
    };
    if !is_needed {
        // It need not be there, and does no harm where it is.
        let _ = std::fs::remove_file(checkpoints.partial());
    }
    result
}

fn fit_and_score(
    trial: &Trial,
    data: &Dataset,
    device: Device,
    checkpoints: &Checkpoints,
    fitting: &Fitting,
    on_epoch: &mut dyn FnMut(&CurvePoint),
) -> Result<TrialResult, ModelError> {
    let started = Instant::now();
    let by = trial.candidates.as_ref().map(|sampled| sampled.by);
    if by == Some(DrawnBy::Given) && data.candidates(0).is_none() {
        return Err(ModelError::Dataset(
            "`candidates: { by: given }` needs a source that gives lists, such as `ncf` with negatives; draw them \
             `uniform` instead"
                .into(),
        ));
    }
    // libtorch's own generator (initial weights) is process-wide: hence one trial at a time.
    tch::manual_seed(trial.seed as i64);
    dropout::seed(trial.seed);
    let entry = find(&trial.model.name)
        .ok_or_else(|| ModelError::UnknownModel(trial.model.name.clone()))?;
    let setting = Setting { task: trial.task, device };
    let model = (entry.build)(&trial.model.params, data, &setting)?;
    let on_valid = Evaluator::valid(trial, data).in_parts(fitting.micro_batches);
    let mut eval_secs = Vec::new();
    let mut result = TrialResult::default();
    match (&model, &trial.training) {
        (Built::Direct(direct), _) => {
            result.cost.n_params = direct.n_params();
            result.cost.fit_secs = started.elapsed().as_secs_f64();
        }
        (Built::Network(network), Some(training)) => {
            let network = network.as_ref();
            result.cost.n_params = network.parameters().count();
            let kept = match trial.scored {
                Scored::ValidAndTest => checkpoint::load(&checkpoints.finished(), network),
                Scored::Valid => None,
            };
            if let Some(fit) = kept {
                result.cost.from_checkpoint = true;
                result.take(fit);
            } else {
                let on_valid = &on_valid;
                let fit =
                    TrialFit { trial, training, data, network, on_valid, checkpoints, fitting };
                let fitted = fit.run(on_epoch)?;
                eval_secs = fitted.eval_secs;
                result.take(fitted.fit);
                if let Some(best) = fitted.pruned {
                    result.is_pruned = true;
                    result.valid = [(trial.select.clone(), best)].into();
                    result.cost.eval_secs = median(eval_secs);
                    return Ok(result);
                }
            }
        }
        (Built::Network(_), None) => {
            return Err(ModelError::Dataset("the trial has no training settings".into()));
        }
    }

    let mut timed = |evaluator: &Evaluator<'_>| -> Result<Evaluation, ModelError> {
        let started = Instant::now();
        let evaluation = evaluator.evaluate(&model)?;
        eval_secs.push(started.elapsed().as_secs_f64());
        Ok(evaluation)
    };
    let valid = timed(&on_valid)?;
    (result.valid, result.units) = (valid.scores, valid.units);
    if trial.scored == Scored::ValidAndTest {
        let test = timed(&Evaluator::test(trial, data).in_parts(fitting.micro_batches))?;
        (result.test, result.units) = (test.scores, test.units);
    }
    result.cost.eval_secs = median(eval_secs);
    Ok(result)
}

impl TrialResult {
    fn take(&mut self, fit: Fit) {
        self.cost.epochs = fit.curve.len() as u32;
        self.cost.epoch_secs = median(fit.curve.iter().map(|point| point.secs).collect());
        self.cost.pairs_per_epoch = fit.pairs_per_epoch;
        self.cost.fit_secs = fit.secs;
        self.cost.resumed_epoch = fit.resumed_epoch;
        self.cost.micro_batches = fit.micro_batches;
        self.best_epoch = fit.best_epoch;
        self.curve = fit.curve;
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}
