//! The models of a spec: parameters and grids checked against what each model takes, then expanded.
//!
//! Own hyperparameters and training settings share the namespace of `params` and `grid`. For training settings the
//! nearest wins: the model's default for the task, then the spec's `training`, the model's `params`, its grid.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Planner;
use super::plugins::to_object;
use crate::catalog::ModelInfo;
use crate::error::Finding;
use crate::grid::{combinations, n_combinations};
use crate::place::Place;
use crate::registry::Params;
use crate::schema::{model_params_schema, training_schema};
use crate::spec::ModelSpec;
use crate::suggest::{list, one_of};
use crate::training::Training;
use crate::trial::Use;
use crate::validate::{Checker, properties};

/// More trials than this of one model are a slip, and would take the machine's memory before its time.
const LARGEST_GRID: usize = 100_000;

/// A model of a plan, before the data's key is known.
pub(super) struct Draft {
    pub(super) info: ModelInfo,
    pub(super) label: String,
    pub(super) axes: BTreeMap<String, Vec<Value>>,
    pub(super) configurations: Vec<Configuration>,
}

/// A model with complete parameters, and its training if it has one.
type Configuration = (Use, Option<Training>);

impl Planner<'_> {
    /// The models that nothing is wrong with, in the spec's order.
    pub(super) fn models(&mut self) -> Vec<Draft> {
        let shared = Checker::of_params("training", training_schema());
        let place = Place::root().key("training");
        let findings = shared.findings(&to_object(&self.spec.training), &place);
        let is_shared_right = findings.is_empty();
        self.findings.extend(findings);
        self.labels();
        let models = self.spec.models.iter().enumerate();
        models
            .filter_map(|(i, model)| {
                let place = Place::root().key("models").index(i);
                let info = self.model_info(model, &place)?;
                self.check_model(&info, model, &place)?;
                if is_shared_right { self.configure(info, model, &place) } else { None }
            })
            .collect()
    }

    fn labels(&mut self) {
        let labels: Vec<&str> = self.spec.models.iter().map(label).collect();
        for (i, model) in self.spec.models.iter().enumerate() {
            if labels[..i].contains(&labels[i]) {
                let place = Place::root().key("models").index(i);
                let place = place.key(if model.label.is_some() { "label" } else { "name" });
                let message = format!("two models are called `{}`", labels[i]);
                let help = "give one of them a `label` of its own: reports tell them apart by it";
                self.add(Finding::value(place, message).help(help));
            }
        }
    }

    fn model_info(&mut self, model: &ModelSpec, place: &Place) -> Option<ModelInfo> {
        let task = self.spec.task;
        let able = self.catalog.models.iter().filter(|info| info.tasks.contains(&task));
        let able: Vec<&str> = able.map(|info| info.plugin.name).collect();
        let Some(info) = self.catalog.model(&model.name) else {
            self.unknown_name("model", &model.name, &able, place);
            return None;
        };
        if !info.tasks.contains(&task) {
            let message = format!("`{}` cannot do the task `{task}`", model.name);
            let help =
                format!("it does {}; models for `{task}`: {}", list(info.tasks), list(&able));
            self.add(Finding::value(place.key("name"), message).help(help));
            return None;
        }
        Some(*info)
    }

    /// Checks what stands in `params` and `grid`, each value by itself; `None` when something is wrong.
    fn check_model(&mut self, info: &ModelInfo, model: &ModelSpec, place: &Place) -> Option<()> {
        let n_findings = self.findings.len();
        let schema = model_params_schema(info, &[self.spec.task]);
        let own = (info.plugin.schema)();
        let (params, grid) = (place.key("params"), place.key("grid"));

        let is_known = |key: &&String| properties(&schema).contains(&key.as_str());
        for key in model.params.keys().filter(|key| !is_known(key)) {
            self.unknown_param(info, key, &schema, &params);
        }
        let known = model.params.iter().filter(|(key, _)| is_known(key));
        let known = Value::Object(known.map(|(key, value)| (key.clone(), value.clone())).collect());
        self.findings.extend(Checker::new(schema.clone()).findings(&known, &params));

        if model.grid.is_empty() && self.file.says(&grid) {
            let help = "name an axis, such as `learning_rate: [0.001, 0.01]`, or leave `grid` out";
            self.add(Finding::key(grid.clone(), "the grid is empty").help(help));
        }
        for (axis, values) in &model.grid {
            if model.params.contains_key(axis) {
                let message = format!("`{axis}` stands in `params` and in `grid`");
                let help = "keep it in `grid` to vary it, in `params` to fix it";
                self.add(Finding::key(grid.key(axis), message).help(help));
            }
            match schema["properties"].get(axis) {
                Some(rule) => self.check_axis(rule, values, &grid.key(axis)),
                None => self.unknown_param(info, axis, &schema, &grid),
            }
        }
        for key in own["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !model.params.contains_key(key) && !model.grid.contains_key(key) {
                let message = format!("`{}` needs the parameter `{key}`", info.plugin.name);
                self.add(Finding::value(params.clone(), message));
            }
        }
        if n_combinations(&model.grid).is_none_or(|n| n > LARGEST_GRID) {
            let message = format!("the grid has more than {LARGEST_GRID} combinations");
            let help = "take out axes or values";
            self.add(Finding::key(grid, message).help(help));
        }
        (self.findings.len() == n_findings).then_some(())
    }

    fn unknown_param(&mut self, info: &ModelInfo, key: &str, schema: &Value, place: &Place) {
        let name = info.plugin.name;
        let is_training = properties(&training_schema()).contains(&key);
        let (message, help) = if is_training {
            let message = format!("`{name}` is not trained by gradients: it has no `{key}`");
            let own = properties(schema);
            let help = match own.as_slice() {
                [] => "it has no parameters at all".to_owned(),
                own => format!("its parameters: {}", list(own)),
            };
            (message, help)
        } else {
            let message = format!("`{name}` has no parameter `{key}`");
            (message, one_of("parameter", key, &properties(schema)))
        };
        self.add(Finding::key(place.key(key), message).help(help));
    }

    fn check_axis(&mut self, rule: &Value, values: &[Value], place: &Place) {
        if values.is_empty() {
            let message = format!("the grid axis {} is empty", place.name());
            let help = "list the values to try, or leave the axis out";
            self.add(Finding::value(place.clone(), message).help(help));
        }
        let rule = Checker::new(rule.clone());
        for (i, value) in values.iter().enumerate() {
            self.findings.extend(rule.findings(value, &place.index(i)));
            if values[..i].contains(value) {
                let message = format!("{value} stands twice in the grid axis {}", place.name());
                let help = "it would be the same trial: keep one";
                self.add(Finding::value(place.index(i), message).help(help));
            }
        }
    }

    /// Every combination of the grid with all parameters complete; `None` when the model refuses one.
    fn configure(&mut self, info: ModelInfo, model: &ModelSpec, place: &Place) -> Option<Draft> {
        let defaults = (info.training)(self.spec.task);
        let training_keys = training_schema();
        let training_keys = properties(&training_keys);
        let split = |params: &Params| -> (Params, Params) {
            params.clone().into_iter().partition(|(key, _)| training_keys.contains(&key.as_str()))
        };
        let (fixed_training, fixed_own) = split(&model.params);
        self.check_shared_loss(&info, model);

        let mut configurations = Vec::new();
        let mut refused = None;
        let mut n_refused = 0;
        for combination in combinations(&model.grid) {
            let (training, own) = split(&combination);
            let own = fixed_own.clone().into_iter().chain(own).collect();
            let training = [&self.spec.training, &fixed_training, &training];
            let complete = (info.plugin.complete)(&own).map_err(|error| error.to_string());
            match complete.and_then(|own| Ok((own, overridden(defaults.as_ref(), training)?))) {
                Ok((params, training)) => {
                    let (name, revision) = (info.plugin.name.to_owned(), info.plugin.revision);
                    configurations.push((Use { name, revision, params }, training));
                }
                Err(message) => {
                    n_refused += 1;
                    refused.get_or_insert((combination, message));
                }
            }
        }
        let label = label(model).to_owned();
        let Some((combination, message)) = refused else {
            let axes = completed_axes(&model.grid, &configurations);
            return Some(Draft { info, label, axes, configurations });
        };
        self.add(refusal(&info, &combination, &message, n_refused, place));
        None
    }

    /// A loss from the spec's `training` must suit every model that does not choose its own.
    fn check_shared_loss(&mut self, info: &ModelInfo, model: &ModelSpec) {
        let has_own = model.params.contains_key("loss") || model.grid.contains_key("loss");
        let is_trained = (info.training)(self.spec.task).is_some();
        let Some(loss) = self.spec.training.get("loss").filter(|_| is_trained && !has_own) else {
            return;
        };
        let losses: Vec<Value> =
            (info.losses)(self.spec.task).iter().map(|loss| json!(loss)).collect();
        if losses.contains(loss) {
            return;
        }
        let loss = loss.as_str().unwrap_or_default();
        let losses: Vec<&str> = losses.iter().filter_map(Value::as_str).collect();
        let name = info.plugin.name;
        let message = format!("`{name}` cannot be trained with `{loss}` for `{}`", self.spec.task);
        let help = format!("it can use {}: choose one in its `params`", list(&losses));
        let place = Place::root().key("training").key("loss");
        self.add(Finding::value(place, message).help(help));
    }
}

fn label(model: &ModelSpec) -> &str {
    model.label.as_ref().unwrap_or(&model.name)
}

/// The axes with their values as the trials hold them: `0` of a real number is `0.0` there.
fn completed_axes(
    grid: &BTreeMap<String, Vec<Value>>,
    configurations: &[Configuration],
) -> BTreeMap<String, Vec<Value>> {
    // The combinations stand in the order of counting: an axis moves on each time those after it are through.
    let mut stride = configurations.len();
    let mut completed = BTreeMap::new();
    for (axis, values) in grid {
        stride /= values.len();
        let value = |i: usize| {
            let (model, training) = &configurations[i * stride];
            model.params.get(axis).cloned().unwrap_or_else(|| json!(training)[axis].clone())
        };
        completed.insert(axis.clone(), (0..values.len()).map(value).collect());
    }
    completed
}

/// The model's default settings with each layer over the one before; `None` for a model without any.
fn overridden(
    defaults: Option<&Training>,
    layers: [&Params; 3],
) -> Result<Option<Training>, String> {
    let Some(defaults) = defaults else { return Ok(None) };
    let mut settings = json!(defaults);
    for (key, value) in layers.into_iter().flatten() {
        settings[key] = value.clone();
    }
    serde_json::from_value(settings).map(Some).map_err(|error| error.to_string())
}

/// The model's own word on parameters that are each allowed, but not together.
fn refusal(
    info: &ModelInfo,
    combination: &Params,
    message: &str,
    n_refused: usize,
    place: &Place,
) -> Finding {
    let name = info.plugin.name;
    if combination.is_empty() {
        let message = format!("`{name}` refuses its parameters: {message}");
        return Finding::value(place.key("params"), message);
    }
    let values: Vec<String> =
        combination.iter().map(|(axis, value)| format!("{axis}={value}")).collect();
    let more = match n_refused - 1 {
        0 => String::new(),
        1 => "1 more combination is refused too; ".to_owned(),
        more => format!("{more} more combinations are refused too; "),
    };
    let message = format!("`{name}` refuses {}: {message}", values.join(" "));
    let help = format!("{more}a grid must hold only combinations that can run");
    Finding::key(place.key("grid"), message).help(help)
}
