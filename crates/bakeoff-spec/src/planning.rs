//! A spec and a catalog to a plan: names checked, paths resolved, defaults completed, grids expanded, keys known.
//!
//! Every check adds its findings and goes on, so that one look at a spec tells all that is wrong with it. Nothing is
//! read from the data before all of the spec is right.

mod configuration;
mod metrics;
mod models;
mod plugins;
mod samplers;
mod space;

use std::path::Path;

use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::error::Finding;
use crate::paths::{data_folder, map_paths, resolve};
use crate::place::Place;
use crate::plan::{Maker, ModelPlan, Plan};
use crate::registry::{Params, PluginInfo, find};
use crate::sampled_ranking::DrawnBy;
use crate::schema::spec_schema;
use crate::spec::{JoinSpec, PluginSpec, Spec};
use crate::spec_file::{Fingerprint, SpecFile};
use crate::suggest::one_of;
use crate::trial::{CodeRevisions, JoinUse, ReadParams, Recipe, Scored, Trial, Use, content_key};
use crate::validate::Checker;
use metrics::Metrics;
use models::Draft;

/// The plan of a spec, or everything that is wrong with it.
pub(crate) fn plan(
    file: &SpecFile,
    catalog: &Catalog,
    fingerprint: &mut Fingerprint,
) -> Result<Plan, Vec<Finding>> {
    let mut planner = Planner { file, spec: file.spec(), catalog, findings: Vec::new() };
    let name = planner.name();
    let data = planner.data();
    let models = planner.models();
    planner.sampler_settings();
    planner.given_candidates();
    let metrics = planner.metrics();
    let search = planner.search();
    planner.executor();
    planner.budget();
    planner.limits();
    planner.seeds();
    let (Some(data), Some(metrics), Some(search)) = (data, metrics, search) else {
        return Err(planner.findings);
    };
    if !planner.findings.is_empty() {
        return Err(planner.findings);
    }
    let DataDraft { mut recipe, read_params } = data;
    recipe.content =
        fingerprint(&recipe, &read_params).map_err(|unprepared| vec![file.finding(&unprepared)])?;
    let data = DataDraft { recipe, read_params };
    Ok(assemble(file.spec(), name, data, models, metrics, search, catalog.code))
}

/// What all checks share.
struct Planner<'a> {
    file: &'a SpecFile,
    spec: &'a Spec,
    catalog: &'a Catalog,
    findings: Vec<Finding>,
}

/// The data part of a plan, before the content of the source is known.
struct DataDraft {
    recipe: Recipe,
    read_params: ReadParams,
}

impl Planner<'_> {
    fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The spec's name, by default that of its file.
    fn name(&mut self) -> String {
        if let Some(name) = &self.spec.name {
            return name.clone();
        }
        let stem = self.file.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let place = Place::root().key("name");
        let rule = Checker::new(spec_schema()["properties"]["name"].take());
        if !rule.findings(&json!(stem), &place).is_empty() {
            let message = format!("the file's name `{stem}` cannot name a report");
            let help = "write `name:` with up to 64 letters, digits, `-` and `_`";
            self.add(Finding::value(Place::root(), message).help(help));
        }
        stem
    }

    fn data(&mut self) -> Option<DataDraft> {
        let (data, place) = (&self.spec.data, Place::root().key("data"));
        let catalog = self.catalog;
        let source_place = place.key("source");
        let source = self.reader("source", &catalog.sources, &data.source, &source_place);
        let joins: Vec<_> = data
            .join
            .iter()
            .enumerate()
            .map(|(i, JoinSpec { to, name, params, prefix })| {
                let written = PluginSpec { name: name.clone(), params: params.clone() };
                let place = place.key("join").index(i);
                let (join, params) = self.reader("join", &catalog.joins, &written, &place)?;
                Some((JoinUse { to: *to, join, prefix: prefix.clone() }, params))
            })
            .collect();
        let steps: Vec<_> = data
            .steps
            .iter()
            .enumerate()
            .map(|(i, step)| {
                self.plugin("step", &catalog.steps, step, &place.key("steps").index(i))
            })
            .collect();
        let split = self.plugin("split", &catalog.splits, &data.split, &place.key("split"));
        let (source, source_params) = source?;
        let joins = joins.into_iter().collect::<Option<Vec<_>>>()?;
        let (joins, join_params) = joins.into_iter().unzip();
        let steps = steps.into_iter().collect::<Option<_>>()?;
        let (task, content) = (self.spec.task, String::new());
        Some(DataDraft {
            recipe: Recipe { task, source, content, joins, steps, split: split? },
            read_params: ReadParams { source: source_params, joins: join_params },
        })
    }

    /// A plug-in that reads files, and its parameters with their paths resolved: no key holds them.
    fn reader(
        &mut self,
        kind: &str,
        registered: &[PluginInfo],
        written: &PluginSpec,
        place: &Place,
    ) -> Option<(Use, Params)> {
        let mut used = self.plugin(kind, registered, written, place)?;
        let schema = (find(registered, &used.name)?.schema)();
        let params = self.resolve_paths(&schema, &used.params, &place.key("params"));
        used.params = map_paths(&schema, &used.params, place, &mut |_, _| None);
        Some((used, params))
    }

    fn resolve_paths(&mut self, schema: &Value, params: &Params, place: &Place) -> Params {
        let folder = self.file.path().parent().unwrap_or(Path::new(""));
        let data = data_folder();
        map_paths(
            schema,
            params,
            place,
            &mut |place, written| match resolve(written, folder, &data) {
                Ok(path) => Some(path.into()),
                Err(wrong) => {
                    let message = format!("{} cannot be resolved: {wrong}", place.name());
                    let help = "write it absolute, relative to the spec's folder, or below \
                                `${BAKEOFF_DATA}`";
                    self.findings.push(Finding::value(place.clone(), message).help(help));
                    None
                }
            },
        )
    }

    /// The strategy and the pruner beside it, with all that decides what they propose.
    fn search(&mut self) -> Option<Value> {
        let place = Place::root().key("search");
        let search = &self.spec.search;
        let written = PluginSpec { name: search.name.clone(), params: search.params.clone() };
        let strategy = self.plugin("search strategy", &self.catalog.searches, &written, &place);
        let prune = match &search.prune {
            None => Some(None),
            Some(written) => {
                let place = place.key("prune");
                self.plugin("pruner", &self.catalog.pruners, written, &place).map(Some)
            }
        };
        let lag = search.deterministic.then_some(search.lag);
        Some(json!({ "strategy": strategy?, "seed": search.seed, "lag": lag, "prune": prune? }))
    }

    fn budget(&mut self) {
        let budget = &self.spec.budget;
        let given = [
            budget.trials.map(|_| "trials"),
            budget.time_secs.map(|_| "time_secs"),
            budget.device_time_secs.map(|_| "device_time_secs"),
        ];
        if given.iter().flatten().count() > 1 {
            let message = "a budget is counted in one way";
            let help = "keep one of `trials`, `time_secs` and `device_time_secs`";
            self.add(Finding::key(Place::root().key("budget"), message).help(help));
        }
        if self.spec.search.deterministic
            && (budget.time_secs.is_some() || budget.device_time_secs.is_some())
        {
            let message = "a search is not deterministic where a clock ends it";
            let help = "write `budget: { trials: … }`, or leave `deterministic` out";
            let place = Place::root().key("search").key("deterministic");
            self.add(Finding::key(place, message).help(help));
        }
        for (i, model) in self.spec.models.iter().enumerate() {
            let n_listed = model.configurations.len();
            if let Some(trials) = budget.trials.filter(|&trials| n_listed > trials as usize) {
                let place = Place::root().key("models").index(i).key("configurations");
                let message =
                    format!("{n_listed} configurations are more than the budget's {trials} trials");
                let help =
                    "raise the budget, or take configurations out: every model gets the same";
                self.add(Finding::key(place, message).help(help));
            }
        }
    }

    fn limits(&mut self) {
        let labels: Vec<&str> = self.spec.models.iter().map(models::label).collect();
        for name in self.spec.schedule.models.keys() {
            if !labels.contains(&name.as_str()) {
                let place = Place::root().key("schedule").key("models").key(name);
                let message = format!("no model of this spec is called `{name}`");
                self.add(Finding::key(place, message).help(one_of("model", name, &labels)));
            }
        }
    }

    /// Lists of candidates are there where the source is told of them.
    fn given_candidates(&mut self) {
        let candidates = self.spec.evaluation.candidates.as_ref();
        let (source, givers) = (&self.spec.data.source, &self.catalog.candidates);
        let gives = |(name, param): &(&str, &str)| {
            source.name == *name && source.params.get(*param).is_some_and(|value| !value.is_null())
        };
        if candidates.is_some_and(|all| all.by == DrawnBy::Given) && !givers.iter().any(gives) {
            let place = Place::root().key("evaluation").key("candidates").key("by");
            let message = format!("the source `{}` gives no lists of candidates", source.name);
            let how = givers.iter().map(|(name, param)| format!("`{name}` with `{param}`"));
            let how: Vec<String> = how.collect();
            let help =
                format!("draw them with `by: uniform`; what gives lists: {}", how.join(", "));
            self.add(Finding::value(place, message).help(help));
        }
    }

    fn executor(&mut self) {
        let place = Place::root().key("schedule").key("executor");
        self.plugin("executor", &self.catalog.executors, &self.spec.schedule.executor, &place);
    }

    fn seeds(&mut self) {
        let place = Place::root().key("replicates").key("seeds");
        let seeds = &self.spec.replicates.seeds;
        for (i, seed) in seeds.iter().enumerate() {
            if seeds[..i].contains(seed) {
                let message = format!("the seed {seed} is given twice");
                let help = "equal seeds give equal numbers: they would not be a second replicate";
                self.add(Finding::value(place.index(i), message).help(help));
            }
        }
    }
}

fn assemble(
    spec: &Spec,
    name: String,
    data: DataDraft,
    models: Vec<Draft>,
    metrics: Metrics,
    search: Value,
    code: CodeRevisions,
) -> Plan {
    let DataDraft { recipe, read_params } = data;
    let Metrics { keys: metrics, revisions, select, higher_is_better, against } = metrics;
    let data_key = recipe.key();
    let seeds = spec.replicates.seeds.clone();
    let models: Vec<ModelPlan> = models
        .into_iter()
        .map(|draft| {
            let configurer = draft.configurer;
            let varied: Vec<String> = draft.space.names().map(str::to_owned).collect();
            let epochs = configurer.epochs(&varied);
            let template = Trial {
                data: data_key.clone(),
                task: spec.task,
                model: Use { name: String::new(), revision: 0, params: Params::new() },
                training: None,
                select: select.clone(),
                metrics: metrics.clone(),
                metric_revisions: revisions.clone(),
                code,
                candidates: spec.evaluation.candidates.clone(),
                scored: Scored::Valid,
                seed: seeds[0],
            };
            let key = content_key(&(&template, configurer.key()));
            let make = move |varied: &Params| {
                let configured = configurer.configure(varied);
                let (model, training) =
                    configured.map_err(|refusal| refusal.message().to_owned())?;
                Ok(Trial { model, training, ..template.clone() })
            };
            ModelPlan {
                name: draft.info.plugin.name.to_owned(),
                label: draft.label,
                family: draft.info.family.to_owned(),
                space: draft.space,
                listed: draft.listed,
                is_listed_only: draft.is_listed_only,
                epochs,
                maker: Maker::new(key, make),
            }
        })
        .collect();
    let shares = models.iter().map(|model| (model.maker.key(), &model.space, &model.listed));
    let shares: Vec<_> = shares.collect();
    let against_name = against.as_ref().map(ToString::to_string);
    let spec_hash = content_key(&(
        (&recipe, &metrics, &select, against_name, &seeds),
        (&search, &spec.budget, spec.schedule.stop_at, shares),
    ));
    Plan {
        name,
        spec: spec.clone(),
        spec_hash,
        search,
        recipe,
        read_params,
        metrics,
        select,
        higher_is_better,
        against,
        seeds,
        models,
    }
}
