//! The training loop: epochs, validation, early stopping; the best epoch's weights are what remains.

use std::sync::mpsc;
use std::time::Instant;

use bakeoff_spec::{CurvePoint, Loss, Training};
use tch::{Kind, Tensor, no_grad};

use super::feed::{Feeder, RawBatch};
use super::optimizer::Optimizer;
use crate::error::ModelError;
use crate::network::Network;

/// How a training went.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Fit {
    /// One point an epoch.
    pub curve: Vec<CurvePoint>,
    /// The epoch whose weights the network now holds, from 1.
    pub best_epoch: u32,
    /// (context, target) losses of an epoch.
    pub pairs_per_epoch: u64,
    /// Seconds of the whole, validation included.
    pub secs: f64,
}

/// Batches that may wait assembled: enough to hide assembly, few enough to stay in cache.
const BATCHES_AHEAD: usize = 4;

/// Trains a network until its last epoch or until validation stops improving.
///
/// `validate` gives the selection metric; `better` says whether its first argument beats its second.
///
/// # Errors
/// [`ModelError::Diverged`] when the training loss is no longer finite, and whatever `validate` returns.
pub fn fit(
    network: &dyn Network,
    feeder: &Feeder<'_>,
    training: &Training,
    seed: u64,
    validate: &mut dyn FnMut(&dyn Network) -> Result<f64, ModelError>,
    better: &dyn Fn(f64, f64) -> bool,
    on_epoch: &mut dyn FnMut(&CurvePoint),
) -> Result<Fit, ModelError> {
    let start = Instant::now();
    let mut optimizer = Optimizer::new(training, network.parameters());
    let validation = feeder.validation(seed);
    let mut fit = Fit { curve: Vec::new(), best_epoch: 0, pairs_per_epoch: 0, secs: 0.0 };
    let mut best: Option<(f64, Tensor)> = None;
    let mut stale = 0;
    for epoch in 1..=training.epochs {
        let started = Instant::now();
        // Seeds of epochs are far apart for the generator, whose seeding mixes every bit.
        let (train_loss, n_pairs) = train_epoch(
            network,
            feeder,
            training.loss,
            &mut optimizer,
            seed ^ (u64::from(epoch) << 32),
        );
        let secs = started.elapsed().as_secs_f64();
        if !train_loss.is_finite() {
            return Err(ModelError::Diverged { epoch, loss: train_loss });
        }
        fit.pairs_per_epoch = n_pairs;
        let mut point = CurvePoint { epoch, train_loss, valid_loss: None, valid: None, secs };
        if epoch % training.eval_every == 0 || epoch == training.epochs {
            let valid = validate(network)?;
            point.valid_loss = Some(validation_loss(network, &validation, training.loss));
            point.valid = Some(valid);
            if best.as_ref().is_none_or(|(best, _)| better(valid, *best)) {
                best = Some((valid, network.parameters().snapshot()));
                fit.best_epoch = epoch;
                stale = 0;
            } else {
                stale += 1;
            }
        }
        on_epoch(&point);
        fit.curve.push(point);
        if training.patience > 0 && stale >= training.patience {
            break;
        }
    }
    if let Some((_, weights)) = best {
        network.parameters().restore(&weights);
    }
    fit.secs = start.elapsed().as_secs_f64();
    Ok(fit)
}

/// One pass over the training pairs: their mean loss and their number.
fn train_epoch(
    network: &dyn Network,
    feeder: &Feeder<'_>,
    loss: Loss,
    optimizer: &mut Optimizer,
    seed: u64,
) -> (f64, u64) {
    let device = network.parameters().device();
    std::thread::scope(|scope| {
        let (sender, batches) = mpsc::sync_channel::<RawBatch>(BATCHES_AHEAD);
        scope.spawn(move || feeder.epoch(seed, |batch| sender.send(batch).is_ok()));
        // Summed on the device: reading each step's loss would make the CPU wait for a card at every step.
        let mut sum = Tensor::zeros([], (Kind::Double, device));
        let mut n_pairs = 0;
        for batch in batches {
            let value = network.loss(&batch.to_device(device), loss, true);
            let inputs: Vec<&Tensor> = network.parameters().tensors().collect();
            let gradients = Tensor::run_backward(&[&value.root], &inputs, false, false);
            optimizer.step(network.parameters(), &gradients);
            sum += value.mean.to_kind(Kind::Double) * value.n_pairs as f64;
            n_pairs += value.n_pairs;
        }
        (sum.double_value(&[]) / n_pairs.max(1) as f64, n_pairs as u64)
    })
}

fn validation_loss(network: &dyn Network, batches: &[RawBatch], loss: Loss) -> f64 {
    let device = network.parameters().device();
    let (mut sum, mut n_pairs) = (0.0, 0);
    for batch in batches {
        let value = no_grad(|| network.loss(&batch.to_device(device), loss, false));
        sum += value.mean.double_value(&[]) * value.n_pairs as f64;
        n_pairs += value.n_pairs;
    }
    sum / n_pairs.max(1) as f64
}
