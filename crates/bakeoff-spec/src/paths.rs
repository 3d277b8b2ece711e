//! Paths in a plug-in's parameters: found by `format: path` in its schema, resolved for reading, left out of keys.
//! Places that are no paths, such as a server's address (`format: place`), are left out of keys too.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::place::Place;
use crate::registry::Params;

/// What the environment variable stands for when it is not set.
const DEFAULT_DATA_FOLDER: &str = "../shared/data";
const DATA_VARIABLE: &str = "${BAKEOFF_DATA}";

/// The folder that `${BAKEOFF_DATA}` stands for.
pub(crate) fn data_folder() -> PathBuf {
    let folder = std::env::var_os("BAKEOFF_DATA").filter(|folder| !folder.is_empty());
    folder.map_or_else(|| DEFAULT_DATA_FOLDER.into(), PathBuf::from)
}

/// The path that `written` means in a spec of the folder `spec_folder`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn resolve(written: &str, spec_folder: &Path, data: &Path) -> Result<String, String> {
    let rest = written.strip_prefix(DATA_VARIABLE);
    let is_cut_off = |rest: &str| rest.is_empty() || rest.starts_with('/');
    if !rest.is_none_or(is_cut_off) || rest.unwrap_or(written).contains("${") {
        return Err(format!("a path may begin with `{DATA_VARIABLE}/` and hold no other variable"));
    }
    let path = match rest {
        Some(rest) => data.join(rest.trim_start_matches('/')),
        None => spec_folder.join(written),
    };
    let absolute =
        std::path::absolute(&path).map_err(|error| format!("the path leads nowhere: {error}"))?;
    absolute
        .into_os_string()
        .into_string()
        .map_err(|_| "the path leads to a folder whose name is not UTF-8".into())
}

/// A copy of `params` in which `change` has replaced every path, or left it out where it gave `None`. A place is left out
/// likewise, but never replaced.
pub(crate) fn map_paths(
    schema: &Value,
    params: &Params,
    place: &Place,
    change: &mut dyn FnMut(&Place, &str) -> Option<Value>,
) -> Params {
    let object = Value::Object(params.clone().into_iter().collect());
    match map(schema, object, place, change) {
        Some(Value::Object(object)) => object.into_iter().collect(),
        _ => Params::new(),
    }
}

fn map(
    schema: &Value,
    value: Value,
    place: &Place,
    change: &mut dyn FnMut(&Place, &str) -> Option<Value>,
) -> Option<Value> {
    let alternatives = schema.get("anyOf").or_else(|| schema.get("oneOf"));
    if let Some(Value::Array(alternatives)) = alternatives {
        return alternatives
            .iter()
            .try_fold(value, |value, alternative| map(alternative, value, place, change));
    }
    match (value, schema.get("properties"), schema.get("items")) {
        (Value::String(path), ..) if schema.get("format").is_some_and(|name| name == "path") => {
            change(place, &path)
        }
        (Value::String(at), ..) if schema.get("format").is_some_and(|name| name == "place") => {
            change(place, &at).map(|_| at.into())
        }
        (Value::Object(object), Some(properties), _) => {
            let entries = object.into_iter().filter_map(|(key, value)| {
                let schema = properties.get(&key).unwrap_or(&Value::Null);
                Some((key.clone(), map(schema, value, &place.key(&key), change)?))
            });
            Some(Value::Object(entries.collect()))
        }
        (Value::Array(items), _, Some(schema)) => {
            let items = items.into_iter().enumerate();
            Some(items.filter_map(|(i, item)| map(schema, item, &place.index(i), change)).collect())
        }
        (value, ..) => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_start_at_the_spec_at_the_data_folder_or_at_the_root() {
        let resolve = |written| resolve(written, Path::new("/specs"), Path::new("/data"));
        assert_eq!(resolve("movies/u.data").unwrap(), "/specs/movies/u.data");
        assert_eq!(resolve("../u.data").unwrap(), "/specs/../u.data");
        assert_eq!(resolve("/tmp/u.data").unwrap(), "/tmp/u.data");
        assert_eq!(resolve("${BAKEOFF_DATA}/beauty.txt").unwrap(), "/data/beauty.txt");
        assert_eq!(resolve("${BAKEOFF_DATA}").unwrap(), "/data/");
    }

    #[test]
    fn no_other_variable_may_stand_in_a_path() {
        for written in [
            "${HOME}/u.data",
            "data/${BAKEOFF_DATA}",
            "${BAKEOFF_DATA}beauty",
            "${BAKEOFF_DATA}/${X}",
        ] {
            assert!(
                resolve(written, Path::new("/specs"), Path::new("/data")).is_err(),
                "{written}"
            );
        }
    }

    #[test]
    fn optional_listed_and_nested_paths_are_found_and_nothing_else_is() {
        let path = json!({"type": "string", "format": "path"});
        let schema = json!({"properties": {
            "file": path,
            "text": {"type": "string"},
            "maybe": {"anyOf": [path, {"type": "null"}]},
            "many": {"items": path},
            "inside": {"properties": {"file": path}},
        }});
        let params: Params = serde_json::from_value(json!({
            "file": "a", "text": "b", "maybe": "c", "many": ["d", "e"], "inside": {"file": "f"},
        }))
        .unwrap();
        let mut seen = Vec::new();
        let left = map_paths(&schema, &params, &Place::root(), &mut |place, path| {
            seen.push(format!("{place}={path}"));
            None
        });
        assert_eq!(seen, ["file=a", "inside.file=f", "many[0]=d", "many[1]=e", "maybe=c"]);
        let expected = json!({"text": "b", "many": [], "inside": {}});
        assert_eq!(serde_json::to_value(left).unwrap(), expected);
    }

    #[test]
    fn a_place_is_left_out_or_taken_as_written() {
        let schema = json!({"properties": {"server": {"type": "string", "format": "place"}}});
        let params: Params = serde_json::from_value(json!({"server": "host=a"})).unwrap();
        let map = |changed: Option<Value>| {
            map_paths(&schema, &params, &Place::root(), &mut |_, _| changed.clone())
        };
        assert_eq!(map(Some("/specs/host=a".into())), params);
        assert!(map(None).is_empty());
    }
}
