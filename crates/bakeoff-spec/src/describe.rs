//! A JSON Schema as the words that end "must be …", and a value as those that end "not …".

use serde_json::Value;

use crate::suggest::list;

/// What a schema allows, such as `a whole number from 1 to 100`.
pub(crate) fn describe(schema: &Value) -> String {
    let choices = choices(schema);
    match choices.as_slice() {
        [] => {}
        [one] => return format!("`{}`", plain(one)),
        many => {
            return format!("one of {}", list(&many.iter().map(|c| plain(c)).collect::<Vec<_>>()));
        }
    }
    if let Some(branches) = branches(schema) {
        let described: Vec<String> =
            branches.iter().filter(|branch| !is_null(branch)).map(describe).collect();
        return described.join(" or ");
    }
    let types = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(name)) => vec![name.as_str()],
        _ => Vec::new(),
    };
    let types: Vec<String> = types
        .into_iter()
        .filter(|name| *name != "null")
        .map(|name| describe_type(name, schema))
        .collect();
    if types.is_empty() { "something else".to_owned() } else { types.join(" or ") }
}

/// The values that a schema lists one by one; empty when it does not.
pub(crate) fn choices(schema: &Value) -> Vec<&Value> {
    if let Some(only) = schema.get("const") {
        return vec![only];
    }
    if let Some(Value::Array(choices)) = schema.get("enum") {
        return choices.iter().filter(|choice| !choice.is_null()).collect();
    }
    let of_branches = branches(schema).map(|branches| {
        let branches = branches.iter().filter(|branch| !is_null(branch));
        branches.map(choices).collect::<Vec<_>>()
    });
    match of_branches {
        Some(lists) if lists.iter().all(|list| !list.is_empty()) => lists.concat(),
        _ => Vec::new(),
    }
}

/// What was found instead: the value itself if it is short, else its kind.
pub(crate) fn found(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
        Value::String(text) if text.chars().count() <= 40 => format!("the text {value}"),
        Value::String(_) => "a long text".to_owned(),
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

fn branches(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array)
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|name| name == "null")
        || schema.get("const").is_some_and(Value::is_null)
}

fn describe_type(name: &str, schema: &Value) -> String {
    let get = |keyword: &str| schema.get(keyword);
    match name {
        "integer" => numbers("a whole number", schema),
        "number" => numbers("a number", schema),
        "boolean" => "`true` or `false`".to_owned(),
        "object" => "a mapping".to_owned(),
        "string" => {
            let length = count(get("minLength"), get("maxLength"), "character");
            let pattern = get("pattern").and_then(Value::as_str);
            let pattern = pattern.map(|pattern| format!(" that matches `{pattern}`"));
            let of = if length.is_empty() { String::new() } else { format!(" of {length}") };
            format!("text{of}{}", pattern.unwrap_or_default())
        }
        "array" => {
            let length = count(get("minItems"), get("maxItems"), "entry");
            let of = if length.is_empty() { String::new() } else { format!(" of {length}") };
            match get("items").filter(|items| items.is_object()) {
                Some(items) => format!("a list{of}, each {}", describe(items)),
                None => format!("a list{of}"),
            }
        }
        other => other.to_owned(),
    }
}

fn numbers(kind: &str, schema: &Value) -> String {
    let bound = |keyword: &str| schema.get(keyword).map(plain);
    let above = bound("exclusiveMinimum").map(|low| format!(" above {low}"));
    let below = bound("exclusiveMaximum").map(|high| format!(" below {high}"));
    match (bound("minimum"), bound("maximum")) {
        (Some(low), Some(high)) if low == high => return format!("`{low}`"),
        (Some(low), Some(high)) => return format!("{kind} from {low} to {high}"),
        (Some(low), None) => return format!("{kind} from {low} up{}", below.unwrap_or_default()),
        (None, Some(high)) => return format!("{kind}{} up to {high}", above.unwrap_or_default()),
        (None, None) => {}
    }
    let and = if above.is_some() && below.is_some() { " and" } else { "" };
    format!("{kind}{}{and}{}", above.unwrap_or_default(), below.unwrap_or_default())
}

fn count(min: Option<&Value>, max: Option<&Value>, unit: &str) -> String {
    let units = match unit {
        "entry" => "entries".to_owned(),
        unit => format!("{unit}s"),
    };
    match (min, max) {
        (None, None) => String::new(),
        (Some(min), None) if min == 1 => format!("at least 1 {unit}"),
        (Some(min), None) => format!("at least {min} {units}"),
        (None, Some(max)) => format!("at most {max} {units}"),
        (Some(min), Some(max)) => format!("{min} to {max} {units}"),
    }
}

/// A scalar without quotes; `10.0` as `10`.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => format!("{float:.0}"),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_reads_as_what_it_allows() {
        for (schema, words) in [
            (
                json!({"type": "integer", "minimum": 1, "maximum": 100}),
                "a whole number from 1 to 100",
            ),
            (json!({"type": ["integer", "null"], "minimum": 0}), "a whole number from 0 up"),
            (
                json!({"type": "number", "minimum": 1e-9, "maximum": 100.0}),
                "a number from 1e-9 to 100",
            ),
            (json!({"type": "number", "exclusiveMinimum": 0.0}), "a number above 0"),
            (
                json!({"type": "number", "exclusiveMinimum": 0.0, "exclusiveMaximum": 1.0}),
                "a number above 0 and below 1",
            ),
            (
                json!({"type": "number", "minimum": 0.0, "exclusiveMaximum": 1.0}),
                "a number from 0 up below 1",
            ),
            (json!({"type": "integer", "minimum": 1, "maximum": 1}), "`1`"),
            (json!({"oneOf": [{"const": "sgd"}, {"const": "adam"}]}), "one of `sgd`, `adam`"),
            (json!({"anyOf": [{"enum": ["a", "b"]}, {"type": "null"}]}), "one of `a`, `b`"),
            (json!({"type": "array", "minItems": 1}), "a list of at least 1 entry"),
            (
                json!({"type": "array", "items": {"type": "boolean"}}),
                "a list, each `true` or `false`",
            ),
            (
                json!({"type": "string", "minLength": 1, "maxLength": 40}),
                "text of 1 to 40 characters",
            ),
            (json!({"anyOf": [{"type": "string"}, {"type": "number"}]}), "text or a number"),
        ] {
            assert_eq!(describe(&schema), words);
        }
    }
}
