//! The training loop, an epoch at a time: steps, validation, early stopping. Where it can be left and taken up again
//! after any epoch, it goes on to the same bits.

use std::sync::mpsc;
use std::time::Instant;

use bakeoff_spec::{CurvePoint, Training, Trial};
use tch::{Device, Kind, Tensor, no_grad};

use super::feed::{Feeder, RawBatch};
use super::fit::{Fit, Progress, State};
use super::optimizer::Optimizer;
use crate::error::ModelError;
use crate::evaluate::Evaluator;
use crate::layers::dropout;
use crate::network::Network;

/// Batches that may wait assembled: enough to hide assembly, few enough to stay in cache.
const BATCHES_AHEAD: usize = 4;

/// A network in training.
pub struct Trainer<'a> {
    trial: &'a Trial,
    training: &'a Training,
    network: &'a dyn Network,
    feeder: &'a Feeder<'a>,
    on_valid: &'a Evaluator<'a>,
    /// Into how many parts each batch is split.
    micro_batches: u32,
    higher_is_better: bool,
    /// The pairs of the validation loss.
    validation: Vec<RawBatch>,
    optimizer: Optimizer,
    fit: Fit,
    best: Option<f64>,
    best_weights: Option<Tensor>,
    stale: u32,
    since: Instant,
    /// Seconds of each evaluation in this process.
    pub eval_secs: Vec<f64>,
}

impl<'a> Trainer<'a> {
    /// Before the first epoch.
    pub fn new(
        trial: &'a Trial,
        training: &'a Training,
        network: &'a dyn Network,
        feeder: &'a Feeder<'a>,
        on_valid: &'a Evaluator<'a>,
        micro_batches: u32,
    ) -> Self {
        let since = Instant::now();
        let micro_batches = micro_batches.max(1);
        let metrics = bakeoff_metrics::catalog();
        let select = metrics.iter().find(|metric| metric.name == trial.select.name);
        let validation = feeder.validation(trial.seed).into_iter();
        Self {
            trial,
            training,
            network,
            feeder,
            on_valid,
            micro_batches,
            higher_is_better: select.is_none_or(|metric| metric.higher_is_better),
            validation: validation.flat_map(|batch| batch.split(micro_batches as usize)).collect(),
            optimizer: Optimizer::new(training, network.parameters()),
            fit: Fit {
                curve: Vec::new(),
                best_epoch: 0,
                pairs_per_epoch: 0,
                secs: 0.0,
                resumed_epoch: 0,
                micro_batches,
            },
            best: None,
            best_weights: None,
            stale: 0,
            since,
            eval_secs: Vec::new(),
        }
    }

    /// Where training stands, to be taken up again by [`go_on_from`](Self::go_on_from).
    pub fn state(&self) -> State {
        let (steps, moments) = self.optimizer.state();
        State {
            progress: Progress {
                fit: Fit { secs: self.secs(), ..self.fit.clone() },
                best: self.best,
                stale: self.stale,
                steps,
                dropout: dropout::generator(),
            },
            weights: self.network.parameters().snapshot(),
            best_weights: self.best_weights.as_ref().map(Tensor::shallow_clone),
            moments: moments.map(Tensor::shallow_clone),
        }
    }

    /// Goes on from a state of the same training, but perhaps for other numbers of epochs.
    pub fn go_on_from(&mut self, state: State) {
        let State { progress, weights, best_weights, moments } = state;
        let parameters = self.network.parameters();
        parameters.restore(&weights);
        self.optimizer.go_on_from(progress.steps, moments.each_ref());
        dropout::go_on_with(progress.dropout);
        let micro_batches = progress.fit.micro_batches.max(self.micro_batches);
        self.fit = Fit { micro_batches, ..progress.fit };
        self.best = progress.best;
        self.best_weights = best_weights.map(|weights| weights.to_device(parameters.device()));
        self.stale = progress.stale;
    }

    /// One point for each epoch so far.
    pub fn curve(&self) -> &[CurvePoint] {
        &self.fit.curve
    }

    /// Whether the last epoch is over, or validation no longer improves.
    pub fn is_over(&self) -> bool {
        let Training { epochs, patience, .. } = *self.training;
        self.curve().len() >= epochs as usize || (patience > 0 && self.stale >= patience)
    }

    /// Trains one epoch, and validates where it is one of those that are.
    ///
    /// # Errors
    /// [`ModelError::Diverged`] when a loss or the validation value is not finite, and whatever evaluation returns.
    pub fn epoch(&mut self) -> Result<(), ModelError> {
        let started = Instant::now();
        let epoch = self.curve().len() as u32 + 1;
        // Seeds of epochs are far apart for the generator, whose seeding mixes every bit.
        let seed = self.trial.seed ^ (u64::from(epoch) << 32);
        if self.network.parameters().device() != Device::Cpu {
            // libtorch draws the dropout masks there, and its generator's state cannot be kept.
            tch::manual_seed(seed as i64);
        }
        let (train_loss, n_pairs) = self.train(seed);
        check_finite(epoch, "the loss", train_loss)?;
        self.fit.pairs_per_epoch = n_pairs;
        let secs = started.elapsed().as_secs_f64();
        let point = CurvePoint { epoch, train_loss, valid_loss: None, valid: None, secs };
        self.fit.curve.push(point);
        if epoch.is_multiple_of(self.training.eval_every) { self.validate() } else { Ok(()) }
    }

    /// Validates the last epoch if that has not been done: the end of a fit always is.
    ///
    /// # Errors
    /// As [`Self::epoch`].
    pub fn validate_last(&mut self) -> Result<(), ModelError> {
        let is_open = self.curve().last().is_some_and(|point| point.valid.is_none());
        if is_open { self.validate() } else { Ok(()) }
    }

    /// Leaves the best epoch's weights in the network.
    pub fn finish(self) -> Fit {
        if let Some(weights) = &self.best_weights {
            self.network.parameters().restore(weights);
        }
        Fit { secs: self.secs(), ..self.fit }
    }

    fn secs(&self) -> f64 {
        self.fit.secs + self.since.elapsed().as_secs_f64()
    }

    fn validate(&mut self) -> Result<(), ModelError> {
        let started = Instant::now();
        let valid = self.on_valid.evaluate_network(self.network)?.scores[&self.trial.select];
        self.eval_secs.push(started.elapsed().as_secs_f64());
        let valid_loss = self.validation_loss();
        let epoch = self.curve().len() as u32;
        check_finite(epoch, "the validation loss", valid_loss)?;
        check_finite(epoch, &format!("{} on validation", self.trial.select), valid)?;
        if let Some(point) = self.fit.curve.last_mut() {
            (point.valid_loss, point.valid) = (Some(valid_loss), Some(valid));
        }
        if self
            .best
            .is_none_or(|best| if self.higher_is_better { valid > best } else { valid < best })
        {
            self.best = Some(valid);
            self.best_weights = Some(self.network.parameters().snapshot());
            self.fit.best_epoch = epoch;
            self.stale = 0;
        } else {
            self.stale += 1;
        }
        Ok(())
    }

    /// One pass over the training pairs: their mean loss and their number.
    fn train(&mut self, seed: u64) -> (f64, u64) {
        let Self { network, feeder, micro_batches, ref mut optimizer, .. } = *self;
        let (parameters, loss) = (network.parameters(), self.training.loss);
        let device = parameters.device();
        std::thread::scope(|scope| {
            let (sender, batches) = mpsc::sync_channel::<RawBatch>(BATCHES_AHEAD);
            scope.spawn(move || feeder.epoch(seed, |batch| sender.send(batch).is_ok()));
            // Summed on the device: reading each step's loss would make the CPU wait for a card at every step.
            let mut sum = Tensor::zeros([], (Kind::Double, device));
            let mut n_pairs = 0;
            for batch in batches {
                let n_in_batch = batch.n_pairs() as i64;
                let mut gradients: Vec<Tensor> = Vec::new();
                for part in batch.split(micro_batches as usize) {
                    let value = network.loss(&part.to_device(device), loss, true);
                    let is_whole = value.n_pairs == n_in_batch;
                    let share = value.n_pairs as f64 / n_in_batch as f64;
                    let root = if is_whole { value.root } else { value.root * share };
                    let inputs: Vec<&Tensor> = parameters.tensors().collect();
                    let of_part = Tensor::run_backward(&[root], &inputs, false, false);
                    gradients = if gradients.is_empty() {
                        of_part
                    } else {
                        gradients.iter().zip(&of_part).map(|(a, b)| a + b).collect()
                    };
                    sum += value.mean.to_kind(Kind::Double) * value.n_pairs as f64;
                    n_pairs += value.n_pairs;
                }
                optimizer.step(parameters, &gradients);
            }
            (sum.double_value(&[]) / n_pairs.max(1) as f64, n_pairs as u64)
        })
    }

    fn validation_loss(&self) -> f64 {
        let device = self.network.parameters().device();
        let (mut sum, mut n_pairs) = (0.0, 0);
        for batch in &self.validation {
            let loss = self.training.loss;
            let value = no_grad(|| self.network.loss(&batch.to_device(device), loss, false));
            sum += value.mean.double_value(&[]) * value.n_pairs as f64;
            n_pairs += value.n_pairs;
        }
        sum / n_pairs.max(1) as f64
    }
}

fn check_finite(epoch: u32, what: &str, value: f64) -> Result<(), ModelError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(ModelError::Diverged { epoch, what: what.to_owned(), value })
}
