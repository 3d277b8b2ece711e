//! The parameters of a plug-in as people read them: what each may be, its default, what it is for.

use serde::Serialize;
use serde_json::Value;

use crate::describe::describe;
use crate::registry::Entry;

/// A parameter of a plug-in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParamInfo {
    /// Its name in a spec.
    pub name: String,
    /// What is allowed, such as `a whole number from 1 up`.
    pub allowed: String,
    /// What it is if a spec leaves it out; `None` where there is none.
    pub default: Option<Value>,
    /// Whether a spec must give it.
    pub is_required: bool,
    /// What it is for.
    pub about: String,
    /// Of a choice, each word that is allowed and what it means; those that speak for themselves are left out.
    pub choices: Vec<(String, String)>,
}

impl<B> Entry<B> {
    /// Its parameters, the required ones first, then in the order of their names.
    pub fn params(&self) -> Vec<ParamInfo> {
        let schema = (self.schema)();
        let required = schema["required"].as_array();
        let is_required =
            |name: &str| required.is_some_and(|required| required.iter().any(|one| one == name));
        let param = |(name, schema): (&String, &Value)| ParamInfo {
            name: name.clone(),
            allowed: describe(schema),
            default: schema.get("default").filter(|default| !default.is_null()).cloned(),
            is_required: is_required(name),
            about: about(schema),
            choices: choices(schema),
        };
        let mut params: Vec<ParamInfo> =
            schema["properties"].as_object().into_iter().flatten().map(param).collect();
        params.sort_by(|a, b| b.is_required.cmp(&a.is_required).then(a.name.cmp(&b.name)));
        params
    }
}

fn about(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

fn choices(schema: &Value) -> Vec<(String, String)> {
    let alternatives = ["oneOf", "anyOf"].iter().filter_map(|of| schema[of].as_array()).flatten();
    alternatives
        .flat_map(|one| match one["const"].as_str() {
            Some(word) => vec![(word.to_owned(), about(one))],
            None => choices(one),
        })
        .filter(|(_, about)| !about.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Deserialize;

    use super::*;
    use crate::registry::Plugin;

    /// Which.
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Few {
        /// How many.
        #[schemars(range(min = 1))]
        n: u32,
        /// Whether all.
        #[serde(default)]
        all: bool,
        /// From where.
        #[serde(default)]
        from: Option<f64>,
        /// In which order.
        #[serde(default)]
        order: Option<Order>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Order {
        /// The first one
        /// first.
        Up,
        Down,
    }

    impl Plugin for Few {
        const NAME: &'static str = "few";
        const ABOUT: &'static str = "Some.";
        type Params = Self;
    }

    #[test]
    fn a_parameter_tells_what_it_may_be_and_its_default() {
        let told = Entry::of::<Few>(()).params();
        let told: Vec<_> = told
            .iter()
            .map(|param| (&*param.name, &*param.allowed, param.default.clone(), &*param.about))
            .collect();
        assert_eq!(
            told,
            [
                ("n", "a whole number from 1 up", None, "How many."),
                ("all", "`true` or `false`", Some(false.into()), "Whether all."),
                ("from", "a number", None, "From where."),
                ("order", "one of `down`, `up`", None, "In which order."),
            ]
        );
        let choices = Entry::of::<Few>(()).params().pop().unwrap().choices;
        assert_eq!(choices, [("up".to_owned(), "The first one first.".to_owned())]);
    }
}
