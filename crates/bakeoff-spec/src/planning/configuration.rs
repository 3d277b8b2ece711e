//! What varies to complete parameters: the model's own and those of its training, completed, checked, constrained.

use serde_json::{Value, json};

use super::Planner;
use crate::catalog::ModelInfo;
use crate::constraint::{Constraint, Unmet};
use crate::error::Finding;
use crate::place::Place;
use crate::registry::Params;
use crate::schema::{model_params_schema, training_schema};
use crate::spec::ModelSpec;
use crate::suggest::one_of;
use crate::training::Training;
use crate::trial::{Use, content_key};
use crate::validate::properties;

/// Everything that the trials of a model share, waiting for what varies.
#[derive(Clone)]
pub(super) struct Configurer {
    info: ModelInfo,
    own: Params,
    /// The training settings before any of them varies, as JSON.
    training: Option<Value>,
    training_keys: Vec<String>,
    /// Every parameter with its fixed or default value, for constraints to speak of.
    known: Params,
    constraints: Vec<Constraint>,
}

/// Why a configuration cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A constraint of the spec leaves it out.
    Constraint(String),
    /// A constraint of the spec says neither yes nor no to it.
    Unclear(String),
    /// The model cannot be built so.
    Model(String),
}

impl Refusal {
    pub(super) fn message(&self) -> &str {
        match self {
            Self::Constraint(message) | Self::Unclear(message) | Self::Model(message) => message,
        }
    }
}

impl Configurer {
    /// The model and its training with all parameters complete.
    pub(super) fn configure(&self, varied: &Params) -> Result<(Use, Option<Training>), Refusal> {
        if !self.constraints.is_empty() {
            let params = self.all_known(varied);
            let check = |constraint: &Constraint| constraint.check(&params);
            self.constraints.iter().try_for_each(check).map_err(|unmet| match unmet {
                Unmet::No(message) => Refusal::Constraint(message),
                Unmet::Unclear(message) => Refusal::Unclear(message),
            })?;
        }
        let is_training = |(key, _): &(&String, &Value)| self.training_keys.contains(key);
        let (training, own): (Vec<_>, Vec<_>) = varied.iter().partition(is_training);
        let mut params = self.own.clone();
        params.extend(own.into_iter().map(|(key, value)| (key.clone(), value.clone())));
        let params = (self.info.plugin.complete)(&params)
            .map_err(|error| Refusal::Model(error.to_string()))?;
        let settings = self.training.clone().map(|mut settings| {
            for (key, value) in training {
                settings[key] = value.clone();
            }
            let settings: Training =
                serde_json::from_value(settings).map_err(|error| error.to_string())?;
            settings.check().map(|()| settings)
        });
        let settings = settings.transpose().map_err(Refusal::Model)?;
        let (name, revision) = (self.info.plugin.name.to_owned(), self.info.plugin.revision);
        Ok((Use { name, revision, params }, settings))
    }

    /// The most epochs, unless they vary or there are none.
    pub(super) fn epochs(&self, varied: &[String]) -> Option<u32> {
        let epochs = self.training.as_ref()?["epochs"].as_u64()? as u32;
        (!varied.iter().any(|name| name == "epochs")).then_some(epochs)
    }

    /// The content key of all of it.
    pub(super) fn key(&self) -> String {
        let constraints: Vec<&str> = self.constraints.iter().map(Constraint::text).collect();
        let plugin = &self.info.plugin;
        content_key(&(plugin.name, plugin.revision, &self.known, constraints))
    }

    fn all_known(&self, varied: &Params) -> Params {
        let mut params =
            self.training.as_ref().map(|_| Training::default().params()).unwrap_or_default();
        params.extend(self.known.clone());
        for (key, value) in varied {
            // `0` of a real number is `0.0`: constraints tell the two apart.
            let is_real = params.get(key).is_some_and(Value::is_f64);
            let value = value.as_f64().filter(|_| is_real).map_or(value.clone(), Value::from);
            params.insert(key.clone(), value);
        }
        params
    }
}

impl Planner<'_> {
    /// What the trials of a model share; `None` when a constraint is wrong.
    pub(super) fn configurer(
        &mut self,
        info: ModelInfo,
        model: &ModelSpec,
        varied: &[String],
        place: &Place,
    ) -> Option<Configurer> {
        let training_schema = training_schema();
        let training_keys: Vec<String> =
            properties(&training_schema).into_iter().map(str::to_owned).collect();
        let is_training = |(key, _): &(String, Value)| training_keys.contains(key);
        let (fixed, own): (Params, Params) =
            model.params.clone().into_iter().partition(is_training);
        let training = (info.training)(self.spec.task).map(|defaults| {
            let mut settings = json!(defaults);
            for (key, value) in self.spec.training.iter().chain(&fixed) {
                settings[key] = value.clone();
            }
            // A setting that is written out with its default is left out of keys.
            serde_json::from_value(settings.clone())
                .map_or(settings, |training: Training| json!(training))
        });
        let mut known = (info.plugin.complete)(&own).unwrap_or_else(|_| own.clone());
        if let Some(Value::Object(settings)) = &training {
            known.extend(settings.clone());
        }
        let schema = model_params_schema(&info, &[self.spec.task]);
        let names = properties(&schema);
        let n_findings = self.findings.len();
        let mut constraints = Vec::new();
        for (i, text) in model.constraints.iter().enumerate() {
            let place = place.key("constraints").index(i);
            match Constraint::parse(text) {
                Err(message) => {
                    let message = format!("this is no constraint: {message}");
                    let help = "a comparison of parameters, such as `hidden % n_heads == 0`";
                    self.add(Finding::value(place, message).help(help));
                }
                Ok(constraint) => {
                    let spoken_of = constraint.names();
                    let is_known = |name: &&String| names.contains(&name.as_str());
                    for name in spoken_of.iter().filter(|name| !is_known(name)) {
                        let message = format!("`{}` has no parameter `{name}`", info.plugin.name);
                        let help = one_of("parameter", name, &names);
                        self.add(Finding::value(place.clone(), message).help(help));
                    }
                    let may_vary = |name: &String| varied.contains(name) || !is_known(&name);
                    if !spoken_of.iter().any(may_vary) {
                        let message = "this constraint speaks of nothing that varies";
                        self.add(Finding::value(place, message).help("take it out"));
                    }
                    constraints.push(constraint);
                }
            }
        }
        (self.findings.len() == n_findings).then_some(Configurer {
            info,
            own,
            training,
            training_keys,
            known,
            constraints,
        })
    }
}
