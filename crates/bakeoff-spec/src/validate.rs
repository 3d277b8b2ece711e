//! Values against a JSON Schema, and what the validator says in the words of somebody who writes a spec.
//!
//! The message of a mismatch is made from the schema itself ("must be …"), so ranges, choices, patterns and lengths all
//! read alike, and the doc comment of the field is the help.

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::describe::{choices, describe, found};
use crate::error::Finding;
use crate::place::Place;
use crate::suggest::{list, nearest, one_of, shortened};

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Checker {
    schema: Value,
    validator: Validator,
    owner: Option<String>,
}

impl Checker {
    /// Compiles a schema whose subschemas are inlined.
    pub(crate) fn new(schema: Value) -> Self {
        let validator =
            Validator::new(&schema).expect("schemas derive from Rust types and are valid");
        Self { schema, validator, owner: None }
    }

    /// For the parameters of the plug-in `name`: unknown keys are told with its name.
    pub(crate) fn of_params(name: &str, schema: Value) -> Self {
        Self { owner: Some(name.to_owned()), ..Self::new(schema) }
    }

    /// What is wrong with `value`, which stands at `place`.
    pub(crate) fn findings(&self, value: &Value, place: &Place) -> Vec<Finding> {
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        let mut wrong = Wrong::default();
        for error in self.validator.iter_errors(value) {
            self.gather(&error, place, &mut wrong);
        }
        wrong.into_findings()
    }

    fn gather(&self, error: &ValidationError, place: &Place, wrong: &mut Wrong) {
        let at = place.join(error.instance_path());
        let schema = self.schema_of(error);
        match error.kind() {
            Kind::AdditionalProperties { unexpected } => {
                let allowed = properties(schema);
                for key in unexpected {
                    let shown = shortened(key);
                    let (kind, message) = match &self.owner {
                        Some(owner) if at == *place => {
                            ("parameter", format!("`{owner}` has no parameter `{shown}`"))
                        }
                        _ => ("key", format!("unknown key `{shown}`")),
                    };
                    let finding = Finding::key(at.key(key), message);
                    wrong.unknown.push(finding.help(one_of(kind, key, &allowed)));
                    wrong.meant.extend(nearest(key, &allowed).map(|name| at.key(name)));
                }
            }
            Kind::Required { property } => {
                let key = property.as_str().unwrap_or_default();
                let message = format!("{} lacks the key `{key}`", at.name());
                let help = schema.pointer(&format!("/properties/{key}")).map(help_of);
                let finding = Finding::key(at.clone(), message).help(help.unwrap_or_default());
                wrong.missing.push((at.key(key), finding));
            }
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                // The alternative that fails further inside is the one that was meant.
                let depth = |error: &ValidationError| error.instance_path().segments().count();
                let inner = context.iter().find(|errors| {
                    !errors.is_empty() && errors.iter().all(|inner| depth(inner) > depth(error))
                });
                let Some(errors) = inner else {
                    wrong.mismatched.push(mismatch(error.instance(), schema, at));
                    return;
                };
                for error in errors {
                    self.gather(error, place, wrong);
                }
            }
            _ => wrong.mismatched.push(mismatch(error.instance(), schema, at)),
        }
    }

    /// The schema that holds the keyword that failed.
    fn schema_of(&self, error: &ValidationError) -> &Value {
        let keyword = error.schema_path().as_str();
        let holder = keyword.rsplit_once('/').map_or("", |(holder, _)| holder);
        self.schema.pointer(holder).unwrap_or(&self.schema)
    }
}

/// The names of an object schema's properties.
pub(crate) fn properties(schema: &Value) -> Vec<&str> {
    let object = schema.get("properties").and_then(Value::as_object);
    object.map(|object| object.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[derive(Default)]
struct Wrong {
    unknown: Vec<Finding>,
    /// The places that unknown keys were probably meant for.
    meant: Vec<Place>,
    missing: Vec<(Place, Finding)>,
    mismatched: Vec<Finding>,
}

impl Wrong {
    /// One finding a mistake: a misspelt key is not missing too, and a value breaks one rule at a time.
    fn into_findings(self) -> Vec<Finding> {
        let Self { unknown, meant, missing, mut mismatched } = self;
        mismatched.dedup_by(|b, a| a.place == b.place);
        let missing = missing.into_iter().filter(|(place, _)| !meant.contains(place));
        unknown.into_iter().chain(missing.map(|(_, finding)| finding)).chain(mismatched).collect()
    }
}

fn mismatch(value: &Value, schema: &Value, at: Place) -> Finding {
    let message = format!("{} must be {}, not {}", at.name(), describe(schema), found(value));
    let is_for = |name: &str| match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(|one| one == name),
        one => one.is_some_and(|one| one == name),
    };
    let help = match value {
        // A list or a mapping of one is easily written as the bare thing.
        Value::String(text) if is_for("array") => format!("write `[{text}]`"),
        Value::Number(_) | Value::Bool(_) if is_for("array") => format!("write `[{value}]`"),
        Value::String(text) if is_for("object") && text.contains(':') => {
            "put a blank after each `:`".to_owned()
        }
        Value::String(text) if is_for("object") && properties(schema).contains(&"name") => {
            format!("write `{{ name: {text} }}`")
        }
        Value::Object(_) | Value::Null if is_for("object") => {
            format!("its keys are {}", list(&properties(schema)))
        }
        Value::String(text) => {
            let choices = choices(schema);
            let choices: Vec<&str> = choices.iter().filter_map(|choice| choice.as_str()).collect();
            let meant = nearest(text, &choices).map(|name| format!("did you mean `{name}`? "));
            meant.unwrap_or_default() + &help_of(schema)
        }
        _ => help_of(schema),
    };
    Finding::value(at, message).help(help.trim_end())
}

/// The first paragraph of the field's doc comment.
fn help_of(schema: &Value) -> String {
    let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    description.split("\n\n").next().unwrap_or_default().replace('\n', " ")
}
