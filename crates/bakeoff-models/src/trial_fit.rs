//! The fit of one trial: where it begins, when it is given up, and what is kept for whoever goes on from it.

use std::path::Path;
use std::time::{Duration, Instant};

use bakeoff_data::Dataset;
use bakeoff_spec::trial::content_key;
use bakeoff_spec::{CurvePoint, Fitting, Scored, StopRule, Training, Trial};
use tch::Device;

use crate::checkpoint::{self, Checkpoints, History};
use crate::device::LIBTORCH_VERSION;
use crate::error::ModelError;
use crate::evaluate::Evaluator;
use crate::network::Network;
use crate::training::feed::Feeder;
use crate::training::{Fit, State, Trainer};

/// What is fitted, and how.
pub(crate) struct TrialFit<'a> {
    pub(crate) trial: &'a Trial,
    pub(crate) training: &'a Training,
    pub(crate) data: &'a Dataset,
    pub(crate) network: &'a dyn Network,
    pub(crate) on_valid: &'a Evaluator<'a>,
    pub(crate) checkpoints: &'a Checkpoints,
    pub(crate) fitting: &'a Fitting,
}

/// What came of it.
pub(crate) struct Fitted {
    pub(crate) fit: Fit,
    /// The best validation value, if the stop rule ended the fit before its time.
    pub(crate) pruned: Option<f64>,
    /// Seconds of each evaluation.
    pub(crate) eval_secs: Vec<f64>,
}

impl TrialFit<'_> {
    /// Leaves the best weights in the network and a checkpoint where one is due. Every point of the curve is told once,
    /// those before a checkpoint too.
    pub(crate) fn run(&self, on_epoch: &mut dyn FnMut(&CurvePoint)) -> Result<Fitted, ModelError> {
        let Self { trial, training, data, network, fitting, .. } = *self;
        let feeder = Feeder::new(data, network.feed(), training);
        let lineage = self.lineage();
        let micro_batches = fitting.micro_batches;
        let mut trainer =
            Trainer::new(trial, training, network, &feeder, self.on_valid, micro_batches);
        if let Some(state) = self.start(&lineage) {
            trainer.go_on_from(state);
        }
        let mut partial = PartialFile::of(self, &lineage);
        let mut watch = Watch { rule: fitting.stop_rule.as_ref(), best: None };
        let mut n_told = 0;
        let state = loop {
            let is_over = trainer.is_over();
            // A longer fit would not validate here, so it goes on from before that.
            let state = (is_over && fitting.is_resumable).then(|| trainer.state());
            if is_over {
                trainer.validate_last()?;
            }
            while let Some(point) = trainer.curve().get(n_told) {
                on_epoch(point);
                n_told += 1;
                // A fit that ends here anyway has done all its work.
                let is_end = is_over && n_told == trainer.curve().len();
                if let Some(best) = watch.stops(point).filter(|_| !is_end) {
                    return Ok(self.give_up(trainer, n_told, best, &mut partial));
                }
            }
            if is_over {
                break state;
            }
            partial.save_if_due(&trainer);
            trainer.epoch()?;
        };
        let eval_secs = std::mem::take(&mut trainer.eval_secs);
        let fit = trainer.finish();
        if trial.scored == Scored::Valid || fitting.is_resumable {
            let history = History { fit: &fit, state: state.as_ref(), lineage: &lineage };
            checkpoint::save(&self.checkpoints.finished(), network, &history)?;
        }
        Ok(Fitted { fit, pruned: None, eval_secs })
    }

    /// What the fit goes on from: its own last attempt, else the first of the shorter fits that can be read.
    fn start(&self, lineage: &str) -> Option<State> {
        let Self { training, network, checkpoints, fitting, .. } = *self;
        let n_epochs = |state: &State| state.progress.fit.curve.len() as u32;
        let load = |path: &Path| {
            let state = checkpoint::load_state(path, network, lineage)?;
            (n_epochs(&state) < training.epochs).then_some(state)
        };
        let of_shorter = |key: &String| {
            let mut state = load(&checkpoints.of(key)?)?;
            state.progress.fit.resumed_epoch = n_epochs(&state);
            Some(state)
        };
        load(&checkpoints.partial()).or_else(|| fitting.continues.iter().find_map(of_shorter))
    }

    /// Names everything that decides the bits of the fit but its number of epochs, and the split of its batches, which
    /// is told beside the numbers.
    fn lineage(&self) -> String {
        let Trial { data, task, model, select, seed, .. } = self.trial;
        let training = Training { epochs: 0, ..self.training.clone() };
        let is_cpu = self.network.parameters().device() == Device::Cpu;
        let place = (is_cpu, tch::get_num_threads(), LIBTORCH_VERSION);
        let fit = (data, task, model, training, select, seed, place);
        match &self.trial.candidates {
            None => content_key(&fit),
            Some(candidates) => content_key(&(fit, candidates)),
        }
    }

    /// The fit as it was after the first `n` epochs, when the stop rule ended it.
    fn give_up(
        &self,
        mut trainer: Trainer<'_>,
        n: usize,
        best: f64,
        partial: &mut PartialFile<'_>,
    ) -> Fitted {
        if self.fitting.is_resumable {
            partial.save(&trainer);
        }
        let eval_secs = std::mem::take(&mut trainer.eval_secs);
        let mut fit = trainer.finish();
        fit.curve.truncate(n);
        let is_best = |point: &&CurvePoint| point.valid == Some(best);
        fit.best_epoch = fit.curve.iter().find(is_best).map_or(0, |point| point.epoch);
        Fitted { fit, pruned: Some(best), eval_secs }
    }
}

/// Holds a fit to its stop rule.
struct Watch<'a> {
    rule: Option<&'a StopRule>,
    best: Option<f64>,
}

impl Watch<'_> {
    /// The best value so far, if the fit is to stop after this epoch.
    fn stops(&mut self, point: &CurvePoint) -> Option<f64> {
        let (rule, valid) = (self.rule?, point.valid?);
        let better =
            |best: f64| if rule.higher_is_better { best.max(valid) } else { best.min(valid) };
        let best = self.best.map_or(valid, better);
        self.best = Some(best);
        rule.stops(point.epoch, best).then_some(best)
    }
}

/// The unfinished fit on disk, for the next attempt should this one be killed. Whether it can be written changes nothing
/// else.
struct PartialFile<'a> {
    of: &'a TrialFit<'a>,
    lineage: &'a str,
    since: Instant,
    took: Duration,
}

/// At most one part in so many of the time goes into writing.
const SHARE: u32 = 50;

impl<'a> PartialFile<'a> {
    fn of(of: &'a TrialFit<'a>, lineage: &'a str) -> Self {
        Self { of, lineage, since: Instant::now(), took: Duration::ZERO }
    }

    fn save_if_due(&mut self, trainer: &Trainer<'_>) {
        let every = self.of.checkpoints.every;
        let wait = if every.is_zero() { every } else { every.max(self.took * SHARE) };
        if !trainer.curve().is_empty() && self.since.elapsed() >= wait {
            self.save(trainer);
        }
    }

    fn save(&mut self, trainer: &Trainer<'_>) {
        let started = Instant::now();
        let state = trainer.state();
        let fit = &state.progress.fit;
        let history = History { fit, state: Some(&state), lineage: self.lineage };
        let _ = checkpoint::save(&self.of.checkpoints.partial(), self.of.network, &history);
        self.since = Instant::now();
        self.took = started.elapsed();
    }
}
