//! The metrics that trials compute, and the one that chooses.

use std::collections::{BTreeMap, BTreeSet};

use super::Planner;
use crate::catalog::MetricInfo;
use crate::error::Finding;
use crate::metric_key::MetricKey;
use crate::objective::Objective;
use crate::place::Place;
use crate::suggest::{list, one_of};
use crate::trial::Task;

const DEFAULT_CUTOFFS: [u32; 3] = [5, 10, 20];
const LARGEST_CUTOFF: u32 = 10_000;

/// The metrics of a plan.
pub(super) struct Metrics {
    pub(super) keys: Vec<MetricKey>,
    /// Of those that are not at their first.
    pub(super) revisions: BTreeMap<String, u32>,
    pub(super) select: MetricKey,
    pub(super) higher_is_better: bool,
    pub(super) against: Option<Objective>,
}

impl Planner<'_> {
    pub(super) fn metrics(&mut self) -> Option<Metrics> {
        let evaluation = &self.spec.evaluation;
        let place = Place::root().key("evaluation");
        if evaluation.candidates.is_some() && self.spec.task == Task::Rating {
            let message = "ratings are predicted, not ranked: there are no candidates";
            let help = "leave `candidates` out, or write `task: top_n`";
            self.add(Finding::key(place.key("candidates"), message).help(help));
        }
        let cutoffs = evaluation.k.clone().unwrap_or(DEFAULT_CUTOFFS.to_vec());
        let mut keys = BTreeSet::new();
        let of_task = self.catalog.metrics.iter().filter(|metric| metric.task == self.spec.task);
        let all = of_task.map(|metric| metric.name.to_owned()).collect();
        for (i, written) in evaluation.metrics.clone().unwrap_or(all).iter().enumerate() {
            let place = place.key("metrics").index(i);
            match self.metric(written, &place) {
                Some((info, MetricKey { k: None, .. })) if info.has_cutoff => {
                    keys.extend(cutoffs.iter().map(|&k| MetricKey::at(info.name, k)));
                }
                Some((_, key)) => {
                    keys.insert(key);
                }
                None => {}
            }
        }
        let default = match self.spec.task {
            Task::TopN => "ndcg@10",
            Task::Rating => "rmse",
        };
        let select = evaluation.select.as_deref().unwrap_or(default);
        let select = self.metric_at_a_cutoff(select, &place.key("select"));
        keys.extend(select.iter().map(|(_, key)| key.clone()));
        let against = self.against(&place.key("against"));
        if let Some(Objective::Metric { key, .. }) = &against {
            if select.as_ref().is_some_and(|(_, selecting)| selecting == key) {
                let message = format!("`{key}` is weighed against itself");
                let help = "name another objective, or leave `against` out";
                self.add(Finding::value(place.key("against"), message).help(help));
            }
            keys.insert(key.clone());
        }
        let keys: Vec<MetricKey> = keys.into_iter().collect();
        self.shown_metrics(&keys);
        let infos = keys.iter().filter_map(|key| self.catalog.metric(&key.name));
        let changed = infos.filter(|info| info.revision != 1);
        let revisions = changed.map(|info| (info.name.to_owned(), info.revision)).collect();
        let (info, select) = select?;
        Some(Metrics { keys, revisions, select, higher_is_better: info.higher_is_better, against })
    }

    /// The second objective: a cost or a metric.
    fn against(&mut self, place: &Place) -> Option<Objective> {
        let written = self.spec.evaluation.against.as_deref()?;
        if let Some(cost) = Objective::cost(written) {
            return Some(cost);
        }
        let name = written.split('@').next().unwrap_or_default();
        if self.catalog.metric(name).is_none() {
            let costs = Objective::COSTS.map(|cost| cost.to_string());
            let mut names: Vec<&str> = costs.iter().map(String::as_str).collect();
            names.extend(self.metric_names());
            let message = format!("there is no objective `{written}`");
            let help = one_of("objective", written, &names);
            self.add(Finding::value(place.clone(), message).help(help));
            return None;
        }
        let (info, key) = self.metric_at_a_cutoff(written, place)?;
        Some(Objective::Metric { key, higher_is_better: info.higher_is_better })
    }

    /// The report can show only what is computed.
    fn shown_metrics(&mut self, computed: &[MetricKey]) {
        let place = Place::root().key("report").key("metrics");
        for (i, written) in self.spec.report.metrics.iter().flatten().enumerate() {
            let place = place.index(i);
            let Some((_, key)) = self.metric_at_a_cutoff(written, &place) else { continue };
            if !computed.contains(&key) {
                let message = format!("`{key}` is not among the metrics that are computed");
                let help = format!("computed are {}; `evaluation` says which", list(computed));
                self.add(Finding::value(place, message).help(help));
            }
        }
    }

    fn metric_at_a_cutoff(
        &mut self,
        written: &str,
        place: &Place,
    ) -> Option<(MetricInfo, MetricKey)> {
        let (info, key) = self.metric(written, place)?;
        if info.has_cutoff && key.k.is_none() {
            let message = format!("`{key}` is taken at a cutoff, and none is given");
            let help = format!("write `{key}@10`");
            self.add(Finding::value(place.clone(), message).help(help));
            return None;
        }
        Some((info, key))
    }

    /// The metric that is written at `place`, with its cutoff if one is given.
    fn metric(&mut self, written: &str, place: &Place) -> Option<(MetricInfo, MetricKey)> {
        let finding = match (written.parse::<MetricKey>(), written.split_once('@')) {
            (Ok(key), _) => match self.catalog.metric(&key.name) {
                Some(info) => match self.misused(*info, &key) {
                    None => return Some((*info, key)),
                    Some((message, help)) => Finding::value(place.clone(), message).help(help),
                },
                None => self.unknown_metric(&key.name, place),
            },
            (Err(error), Some(_)) => Finding::value(place.clone(), error.to_string()),
            (Err(_), None) => self.unknown_metric(written, place),
        };
        self.add(finding);
        None
    }

    fn misused(&self, info: MetricInfo, key: &MetricKey) -> Option<(String, String)> {
        let MetricInfo { name, task, has_cutoff, .. } = info;
        let asked = self.spec.task;
        if task != asked {
            let message = format!("`{name}` measures the task `{task}`, not `{asked}`");
            return Some((
                message,
                format!("metrics of `{asked}`: {}", list(&self.metric_names())),
            ));
        }
        match key.k {
            Some(_) if !has_cutoff => {
                Some((format!("`{name}` has no cutoff"), format!("write `{name}`")))
            }
            Some(k) if k > LARGEST_CUTOFF => Some((
                format!("the cutoff of `{key}` is too large"),
                format!("a cutoff is a whole number from 1 to {LARGEST_CUTOFF}"),
            )),
            _ => None,
        }
    }

    fn unknown_metric(&self, name: &str, place: &Place) -> Finding {
        let help = one_of("metric", name, &self.metric_names());
        Finding::value(place.clone(), format!("there is no metric `{name}`")).help(help)
    }

    fn metric_names(&self) -> Vec<&'static str> {
        let of_task = self.catalog.metrics.iter().filter(|metric| metric.task == self.spec.task);
        of_task.map(|metric| metric.name).collect()
    }
}
