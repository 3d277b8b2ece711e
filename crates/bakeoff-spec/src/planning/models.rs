//! The models of a spec: parameters and spaces checked against what each model takes.
//!
//! Own hyperparameters and training settings share the namespace of `params` and `grid`. For training settings the
//! nearest wins: the model's default for the task, then the spec's `training`, the model's `params`, its grid.

use serde_json::{Value, json};

use super::Planner;
use super::configuration::{Configurer, Refusal};
use super::plugins::to_object;
use crate::catalog::ModelInfo;
use crate::error::Finding;
use crate::place::Place;
use crate::registry::Params;
use crate::schema::{model_params_schema, training_schema};
use crate::space::Space;
use crate::spec::ModelSpec;
use crate::suggest::{list, one_of};
use crate::validate::{Checker, properties};

/// More trials than this of one model are a slip, and would take the machine's memory before its time.
const LARGEST_GRID: usize = 100_000;

/// A model of a plan, before the data's key is known.
pub(super) struct Draft {
    pub(super) info: ModelInfo,
    pub(super) label: String,
    pub(super) space: Space,
    pub(super) listed: Vec<Params>,
    pub(super) is_listed_only: bool,
    pub(super) configurer: Configurer,
}

impl Planner<'_> {
    /// The models that nothing is wrong with, in the spec's order.
    pub(super) fn models(&mut self) -> Vec<Draft> {
        let shared = Checker::of_params("training", training_schema());
        let place = Place::root().key("training");
        let findings = shared.findings(&to_object(&self.spec.training), &place);
        let is_shared_right = findings.is_empty();
        self.findings.extend(findings);
        self.labels();
        let known = self.spec.models.iter().filter_map(|model| {
            let schema = model_params_schema(self.catalog.model(&model.name)?, &[self.spec.task]);
            Some(properties(&schema).into_iter().map(str::to_owned).collect())
        });
        let known: Vec<Vec<String>> = known.collect();
        self.check_shared_space(&known);
        let models = self.spec.models.iter().enumerate();
        models
            .filter_map(|(i, model)| {
                let place = Place::root().key("models").index(i);
                let info = self.model_info(model, &place)?;
                let space = self.check_model(&info, model, &place)?;
                if is_shared_right { self.draft(info, model, space, &place) } else { None }
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

    /// Checks what stands in `params`, `grid` and `space`, each value by itself; `None` when something is wrong.
    fn check_model(&mut self, info: &ModelInfo, model: &ModelSpec, place: &Place) -> Option<Space> {
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
                Some(rule) => self.check_axis(rule, values, "grid axis", &grid.key(axis)),
                None => self.unknown_param(info, axis, &schema, &grid),
            }
        }
        let space = self.space(info, model, &schema, place);
        for (i, listed) in model.configurations.iter().enumerate() {
            let place = place.key("configurations").index(i);
            let checker = Checker::of_params(info.plugin.name, schema.clone());
            self.findings.extend(checker.findings(&to_object(listed), &place));
        }
        for key in own["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let is_listed = model.configurations.iter().any(|listed| listed.contains_key(key));
            if !model.params.contains_key(key)
                && !space.names().any(|name| name == key)
                && !is_listed
            {
                let message = format!("`{}` needs the parameter `{key}`", info.plugin.name);
                self.add(Finding::value(params.clone(), message));
            }
        }
        let is_bounded = !self.spec.search.is_grid() || self.spec.budget.trials.is_some();
        if !is_bounded && space.grid_size().is_none_or(|n| n > LARGEST_GRID) {
            let message = format!("the grid has more than {LARGEST_GRID} combinations");
            let help = "take out axes or values, or draw some with `budget: { trials: … }`";
            self.add(Finding::key(grid, message).help(help));
        }
        (self.findings.len() == n_findings).then_some(space)
    }

    pub(super) fn unknown_param(
        &mut self,
        info: &ModelInfo,
        key: &str,
        schema: &Value,
        place: &Place,
    ) {
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

    /// Checks values to try one by one; `kind` is what messages call them.
    pub(super) fn check_axis(&mut self, rule: &Value, values: &[Value], kind: &str, place: &Place) {
        if values.is_empty() {
            let message = format!("the {kind} {} is empty", place.name());
            let help = format!("list the values to try, or leave the {kind} out");
            self.add(Finding::value(place.clone(), message).help(help));
        }
        let rule = Checker::new(rule.clone());
        for (i, value) in values.iter().enumerate() {
            self.findings.extend(rule.findings(value, &place.index(i)));
            if values[..i].contains(value) {
                let message = format!("{value} stands twice in the {kind} {}", place.name());
                let help = "it would be the same trial: keep one";
                self.add(Finding::value(place.index(i), message).help(help));
            }
        }
    }

    /// The model with all that its trials share; `None` when it refuses what the spec surely asks for.
    fn draft(
        &mut self,
        info: ModelInfo,
        model: &ModelSpec,
        space: Space,
        place: &Place,
    ) -> Option<Draft> {
        self.check_shared_loss(&info, model, &space);
        let names: Vec<String> = space.names().map(str::to_owned).collect();
        let configurer = self.configurer(info, model, &names, place)?;
        let is_listed_only = is_listed_only(model);
        let n_findings = self.findings.len();
        for (i, listed) in model.configurations.iter().enumerate() {
            if let Err(refusal) = configurer.configure(listed) {
                let message = format!("`{}` refuses it: {}", info.plugin.name, refusal.message());
                let place = place.key("configurations").index(i);
                self.add(Finding::value(place, message));
            }
        }
        if !is_listed_only {
            self.check_combinations(&info, &configurer, &space, place);
        }
        let (label, listed) = (label(model).to_owned(), model.configurations.clone());
        (self.findings.len() == n_findings).then_some(Draft {
            info,
            label,
            space,
            listed,
            is_listed_only,
            configurer,
        })
    }

    /// A grid runs as it stands, so the model must take all of it but what a constraint leaves out; of any other search
    /// some points in the space must be possible.
    fn check_combinations(
        &mut self,
        info: &ModelInfo,
        configurer: &Configurer,
        space: &Space,
        place: &Place,
    ) {
        let is_grid = self.spec.search.is_grid() && self.spec.budget.trials.is_none();
        let (mut refused, mut n_refused, mut n_possible) = (None, 0, 0);
        let (mut constraint, mut unclear) = (None, None);
        let n = if is_grid { space.grid_size().unwrap_or(0) } else { N_PROBES };
        for i in 0..n {
            let point = if is_grid {
                space.grid_point(i, |dimension| dimension.domain.from_unit(0.5))
            } else {
                Some(space.fill(|j, dimension| Some(dimension.domain.from_unit(probe(i, j)))))
            };
            let Some(point) = point else { continue };
            let combination = space.params(&point);
            match configurer.configure(&combination) {
                Ok(_) => n_possible += 1,
                Err(Refusal::Constraint(message)) => constraint = Some(message),
                Err(Refusal::Unclear(message)) => {
                    unclear.get_or_insert((combination, message));
                }
                Err(Refusal::Model(message)) => {
                    n_refused += 1;
                    refused.get_or_insert((combination, message));
                }
            }
        }
        if let Some((combination, message)) = unclear {
            let message = format!("{message}, with {}", written(&combination));
            let help = "a constraint says yes or no to every configuration";
            self.add(Finding::key(place.key("constraints"), message).help(help));
            return;
        }
        match (refused, constraint) {
            (Some((combination, message)), _) if is_grid || n_possible == 0 => {
                self.add(refusal(info, &combination, &message, n_refused, place));
            }
            (_, Some(message)) if n_possible == 0 => {
                let message = format!("the constraints leave nothing to try: {message}");
                let help = "take one of them out, or add values that meet it";
                self.add(Finding::key(place.key("constraints"), message).help(help));
            }
            _ => {}
        }
    }

    /// A loss from the spec's `training` must suit every model that does not choose its own.
    fn check_shared_loss(&mut self, info: &ModelInfo, model: &ModelSpec, space: &Space) {
        let listed = || model.configurations.iter().all(|listed| listed.contains_key("loss"));
        let has_own = model.params.contains_key("loss")
            || space.names().any(|name| name == "loss")
            || (is_listed_only(model) && listed());
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

/// Whether its list of configurations is all that a model is to try.
pub(super) fn is_listed_only(model: &ModelSpec) -> bool {
    let has_space = !model.grid.is_empty() || !model.space.is_empty() || !model.zip.is_empty();
    !model.configurations.is_empty() && !has_space
}

pub(super) fn label(model: &ModelSpec) -> &str {
    model.label.as_ref().unwrap_or(&model.name)
}

/// Points looked at before a search of a space that cannot be counted.
const N_PROBES: usize = 256;

/// Points that fill a unit cube evenly: multiples of a different irrational number in each direction.
fn probe(i: usize, dimension: usize) -> f64 {
    let irrational = ((dimension + 2) as f64).sqrt() * 0.618_033_988_749_895;
    (0.5 + i as f64 * irrational).fract()
}

fn written(combination: &Params) -> String {
    let values = combination.iter().map(|(axis, value)| format!("{axis}={value}"));
    values.collect::<Vec<_>>().join(" ")
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
    let more = match n_refused - 1 {
        0 => String::new(),
        1 => "1 more combination is refused too; ".to_owned(),
        more => format!("{more} more combinations are refused too; "),
    };
    let message = format!("`{name}` refuses {}: {message}", written(combination));
    let help = format!("{more}a grid must hold only combinations that can run");
    Finding::key(place.key("grid"), message).help(help)
}
