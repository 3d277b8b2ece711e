//! Settings of a sampler that is not the one in use: they would change nothing but the key.

use serde_json::{Value, json};

use super::Planner;
use crate::catalog::ModelInfo;
use crate::error::Finding;
use crate::place::Place;
use crate::spec::ModelSpec;
use crate::suggest::list;
use crate::training::{Sampler, Training};

/// Settings, and the samplers that they are of.
const SETTINGS: [(&str, &[Sampler]); 3] = [
    ("popularity_power", &[Sampler::Popularity, Sampler::Mixed]),
    ("mixed_share", &[Sampler::Mixed]),
    ("n_candidates", &[Sampler::Hard]),
];

impl Planner<'_> {
    /// Refuses settings of other samplers in `params` and `grid` of a model, and in `training` those that are of no
    /// model's sampler. A default that is written out does no harm.
    pub(super) fn sampler_settings(&mut self) {
        let spec = self.spec;
        let trained = spec.models.iter().enumerate().filter_map(|(i, model)| {
            let info = self.catalog.model(&model.name)?;
            (info.training)(spec.task)?;
            Some((i, model, self.sampler(info, model)))
        });
        let trained: Vec<(usize, &ModelSpec, Option<Sampler>)> = trained.collect();
        let defaults = Training::default().params();
        for (name, of) in SETTINGS {
            let is_of =
                |sampler: Option<Sampler>| sampler.is_none_or(|sampler| of.contains(&sampler));
            let is_default = |value: &Value| Some(value) == defaults.get(name);
            for (i, model, sampler) in &trained {
                let place = Place::root().key("models").index(*i);
                let Some(sampler) = sampler.filter(|sampler| !of.contains(sampler)) else {
                    continue;
                };
                if model.params.get(name).is_some_and(|value| !is_default(value)) {
                    self.misplaced(name, of, sampler, place.key("params").key(name));
                }
                if model.grid.contains_key(name) {
                    self.misplaced(name, of, sampler, place.key("grid").key(name));
                }
            }
            let is_set = spec.training.get(name).is_some_and(|value| !is_default(value));
            if let Some((_, _, Some(sampler))) = trained.first().filter(|_| is_set)
                && !trained.iter().any(|(_, _, sampler)| is_of(*sampler))
            {
                self.misplaced(name, of, *sampler, Place::root().key("training").key(name));
            }
        }
    }

    /// The one sampler that a model is trained with; `None` if it varies.
    fn sampler(&self, info: &ModelInfo, model: &ModelSpec) -> Option<Sampler> {
        const NAME: &str = "sampler";
        let varies = model.grid.contains_key(NAME)
            || model.space.contains_key(NAME)
            || self.spec.space.contains_key(NAME)
            || model.zip.iter().any(|axes| axes.contains_key(NAME))
            || model.configurations.iter().any(|listed| listed.contains_key(NAME));
        if varies {
            return None;
        }
        let written = model.params.get(NAME).or_else(|| self.spec.training.get(NAME));
        match written {
            // One that is none is told elsewhere.
            Some(written) => serde_json::from_value(written.clone()).ok(),
            None => (info.training)(self.spec.task).map(|training| training.sampler),
        }
    }

    fn misplaced(&mut self, name: &str, of: &[Sampler], sampler: Sampler, place: Place) {
        let word = |sampler: &Sampler| json!(sampler).as_str().unwrap_or_default().to_owned();
        let message = format!("the sampler `{}` has no `{name}`", word(&sampler));
        let of: Vec<String> = of.iter().map(word).collect();
        let help =
            format!("it is a setting of {}: choose such a `sampler`, or leave it out", list(&of));
        self.add(Finding::key(place, message).help(help));
    }
}
