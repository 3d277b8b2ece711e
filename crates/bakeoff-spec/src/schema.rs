//! The JSON Schema of a spec, made of the Rust types and of every registered plug-in: what an editor completes from,
//! and, piece by piece, what planning checks against.

use serde_json::{Map, Value, json};

use crate::catalog::{Catalog, MetricInfo, ModelInfo};
use crate::registry::{PluginInfo, schema_of};
use crate::spec::Spec;
use crate::suggest::list;
use crate::training::Training;
use crate::trial::Task;

/// The JSON Schema (2020-12) of a whole spec: names are those of the catalog, parameters follow the name.
pub fn schema(catalog: &Catalog) -> Value {
    let mut schema = spec_schema();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("bakeoff spec");
    let properties = &mut schema["properties"];
    let data = &mut properties["data"]["properties"];
    name_plugins(&mut data["source"], &catalog.sources);
    name_plugins(&mut data["join"]["items"], &catalog.joins);
    name_plugins(&mut data["steps"]["items"], &catalog.steps);
    name_plugins(&mut data["split"], &catalog.splits);
    name_plugins(&mut properties["search"], &catalog.searches);
    name_plugins(&mut properties["search"]["properties"]["prune"], &catalog.pruners);
    name_plugins(&mut properties["schedule"]["properties"]["executor"], &catalog.executors);
    name_models(&mut properties["models"]["items"], &catalog.models);
    constrain(&mut properties["training"], training_schema());
    let evaluation = &mut properties["evaluation"]["properties"];
    evaluation["metrics"]["items"] = metric_names(&catalog.metrics, Cutoff::Allowed);
    constrain(&mut evaluation["select"], metric_names(&catalog.metrics, Cutoff::Required));
    let shown = &mut properties["report"]["properties"]["metrics"]["items"];
    *shown = metric_names(&catalog.metrics, Cutoff::Required);
    schema
}

/// The schema of a spec's own keys; what plug-ins take is open.
pub(crate) fn spec_schema() -> Value {
    schema_of::<Spec>()
}

/// The schema of the training settings, none of them required.
pub(crate) fn training_schema() -> Value {
    closed_object(&training_properties())
}

/// The schema of what `params` of a model may hold for one of `tasks`: its own hyperparameters and, if it is trained by
/// gradients, the training settings with the losses that it can use. None is required, since `grid` may hold it.
pub(crate) fn model_params_schema(model: &ModelInfo, tasks: &[Task]) -> Value {
    let mut properties = properties_of(&(model.plugin.schema)());
    if tasks.iter().any(|&task| (model.training)(task).is_some()) {
        let mut training = training_properties();
        let losses: Vec<Value> =
            tasks.iter().flat_map(|&task| (model.losses)(task)).map(|loss| json!(loss)).collect();
        if let Some(Value::Array(all)) = training["loss"].get_mut("oneOf") {
            all.retain(|loss| losses.contains(&loss["const"]));
        }
        let name = model.plugin.name;
        let description =
            format!("What is minimised; no other loss can train `{name}` for this task.");
        training["loss"]["description"] = json!(description);
        properties.append(&mut training);
    }
    closed_object(&properties)
}

fn training_properties() -> Map<String, Value> {
    properties_of(&schema_of::<Training>())
}

fn properties_of(schema: &Value) -> Map<String, Value> {
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn closed_object(properties: &Map<String, Value>) -> Value {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// `name` becomes a choice of the plug-ins, and the choice decides what `params` may hold.
fn name_plugins(schema: &mut Value, plugins: &[PluginInfo]) {
    let choice_of = |plugin: &PluginInfo| {
        let mut params = (plugin.schema)();
        params["title"] = json!(plugin.name);
        let mut then = json!({ "properties": { "params": params } });
        if then["properties"]["params"].get("required").is_some() {
            then["required"] = json!(["params"]);
        }
        (*plugin, then)
    };
    choose_by_name(schema, plugins.iter().map(choice_of).collect());
}

/// The same for models, whose grids take lists of what their `params` take.
fn name_models(schema: &mut Value, models: &[ModelInfo]) {
    let choice_of = |model: &ModelInfo| {
        let mut params = model_params_schema(model, model.tasks);
        params["title"] = json!(model.plugin.name);
        let axes = properties_of(&params).into_iter().map(|(name, items)| {
            let description = items.get("description").cloned().unwrap_or_default();
            let axis = json!({
                "type": "array", "minItems": 1, "uniqueItems": true, "items": items,
                "description": description.as_str().unwrap_or_default(),
            });
            (name, axis)
        });
        let grid = closed_object(&axes.collect());
        (model.plugin, json!({ "properties": { "params": params, "grid": grid } }))
    };
    choose_by_name(schema, models.iter().map(choice_of).collect());
}

fn choose_by_name(schema: &mut Value, choices: Vec<(PluginInfo, Value)>) {
    // An empty list of alternatives is no valid schema.
    if choices.is_empty() {
        return;
    }
    let names = choices
        .iter()
        .map(|(plugin, _)| json!({ "const": plugin.name, "description": plugin.about }));
    let names: Vec<Value> = names.collect();
    constrain(&mut schema["properties"]["name"], json!({ "oneOf": names }));
    let rules = choices.into_iter().map(|(plugin, then)| {
        let name =
            json!({ "properties": { "name": { "const": plugin.name } }, "required": ["name"] });
        json!({ "if": name, "then": then })
    });
    schema["allOf"] = rules.collect();
}

/// Whether a metric that has a cutoff must be written with it.
#[derive(Clone, Copy, PartialEq)]
enum Cutoff {
    Allowed,
    Required,
}

fn metric_names(metrics: &[MetricInfo], cutoff: Cutoff) -> Value {
    let (cut, whole): (Vec<_>, Vec<_>) = metrics.iter().partition(|metric| metric.has_cutoff);
    let plain = if cutoff == Cutoff::Allowed { metrics.iter().collect() } else { whole };
    let mut forms: Vec<Value> = plain
        .iter()
        .map(|metric| json!({ "const": metric.name, "description": metric.about }))
        .collect();
    if !cut.is_empty() {
        let names: Vec<&str> = cut.iter().map(|metric| metric.name).collect();
        forms.push(json!({
            "type": "string",
            "pattern": format!("^({})@[1-9][0-9]{{0,4}}$", names.join("|")),
            "description": format!("At a cutoff: {} followed by `@` and k.", list(&names)),
            "examples": names.iter().map(|name| format!("{name}@10")).collect::<Vec<_>>(),
        }));
    }
    if forms.is_empty() { json!({ "type": "string" }) } else { json!({ "anyOf": forms }) }
}

/// Adds keywords to a schema, whose description stays.
fn constrain(schema: &mut Value, keywords: Value) {
    if let (Some(schema), Value::Object(keywords)) = (schema.as_object_mut(), keywords) {
        schema.extend(keywords);
    }
}
