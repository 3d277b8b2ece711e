//! Conditions between parameters, such as `hidden % n_heads == 0`, in the Common Expression Language: data that can
//! say yes or no and do nothing else. The one file that names `cel`.

use std::sync::Arc;

use cel::common::ast::Expr;
use cel::{Context, Program};
use serde_json::Value;

use crate::registry::Params;

/// A condition that every configuration of a model must meet.
#[derive(Clone)]
pub(crate) struct Constraint {
    text: String,
    // Compiled once; a program cannot be cloned.
    program: Arc<Program>,
}

/// Longer ones are no conditions, and the parser's time grows with them.
const LONGEST: usize = 400;

impl Constraint {
    /// Reads a condition.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence fragment.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} characters"));
        }
        let program = Program::compile(text).map_err(|error| {
            let error = error.to_string();
            let first = error.lines().next().unwrap_or_default();
            let first = first.trim_start_matches("ERROR: ").trim_start_matches("<input>:");
            // What the grammar would take instead is long and helps nobody.
            let what = first.split(" expecting {").next().unwrap_or_default();
            what.replace("'<EOF>'", "at its end")
        })?;
        if repeats(&program.expression().expr) {
            return Err("it goes over a list or mapping, which a condition need not".into());
        }
        Ok(Self { text: text.to_owned(), program: Arc::new(program) })
    }

    /// As written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The parameters that it speaks of, in alphabetical order.
    pub(crate) fn names(&self) -> Vec<String> {
        let references = self.program.references();
        let mut names: Vec<String> =
            references.variables().into_iter().map(str::to_owned).collect();
        names.sort_unstable();
        names
    }

    /// Whether the parameters meet it.
    ///
    /// # Errors
    /// That they do not, or why that cannot be said.
    pub(crate) fn check(&self, params: &Params) -> Result<(), Unmet> {
        let text = &self.text;
        let mut context = Context::default();
        for name in self.names() {
            let value = params.get(&name).cloned().unwrap_or(Value::Null);
            let added = match (value.as_i64(), value.as_f64()) {
                // Whole numbers of one kind, that of the numbers in the text.
                (Some(whole), _) => context.add_variable(name, whole),
                (None, Some(real)) => context.add_variable(name, real),
                (None, None) => context.add_variable(name, value),
            };
            added.map_err(|error| Unmet::Unclear(format!("`{text}`: {error}")))?;
        }
        match self.program.execute(&context) {
            Ok(cel::Value::Bool(true)) => Ok(()),
            Ok(cel::Value::Bool(false)) => {
                Err(Unmet::No(format!("the constraint `{text}` does not hold")))
            }
            Ok(_) => {
                Err(Unmet::Unclear(format!("the constraint `{text}` is neither true nor false")))
            }
            Err(error) => {
                let error = error.to_string();
                let hint = if error.contains("binary operator") {
                    " (whole and real numbers mix only in comparisons: write `double(x) * 0.5`)"
                } else {
                    ""
                };
                Err(Unmet::Unclear(format!(
                    "the constraint `{text}` cannot be computed: {error}{hint}"
                )))
            }
        }
    }
}

/// Why a constraint leaves a configuration out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// It does not hold.
    No(String),
    /// It says neither yes nor no: the constraint is wrong.
    Unclear(String),
}

/// Whether computing it may take longer than reading it: a few nested `map`s can run for years.
fn repeats(expr: &Expr) -> bool {
    match expr {
        Expr::Comprehension(_) | Expr::Map(_) | Expr::Struct(_) => true,
        Expr::Call(call) => {
            let operands = call.target.as_deref().into_iter().chain(&call.args);
            operands.into_iter().any(|operand| repeats(&operand.expr))
        }
        Expr::List(list) => list.elements.iter().any(|element| repeats(&element.expr)),
        Expr::Select(select) => repeats(&select.operand.expr),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, params: Value) -> Result<(), String> {
        let checked =
            Constraint::parse(text).unwrap().check(&serde_json::from_value(params).unwrap());
        checked.map_err(|unmet| match unmet {
            Unmet::No(message) | Unmet::Unclear(message) => message,
        })
    }

    #[test]
    fn parameters_meet_a_constraint_or_not() {
        assert_eq!(check("hidden % n_heads == 0", json!({"hidden": 64, "n_heads": 2})), Ok(()));
        let refused = check("hidden % n_heads == 0", json!({"hidden": 64, "n_heads": 3}));
        assert_eq!(refused.unwrap_err(), "the constraint `hidden % n_heads == 0` does not hold");
        let either = "optimizer == 'adam' || momentum < 1";
        assert_eq!(check(either, json!({"optimizer": "sgd", "momentum": 0.5})), Ok(()));
    }

    #[test]
    fn what_is_no_condition_is_refused_with_the_reason() {
        assert!(Constraint::parse("hidden %").is_err());
        assert!(Constraint::parse(&"(".repeat(1000)).is_err());
        for endless in
            ["[1, 2].map(a, [1, 2].map(b, b)) == []", "x || [1].all(a, a > 0)", "{'a': 1} == x"]
        {
            assert!(
                Constraint::parse(endless).is_err_and(|reason| reason.contains("goes over")),
                "{endless}"
            );
        }
        assert_eq!(check("hidden in [32, 64]", json!({"hidden": 64})), Ok(()));
        assert!(check("hidden + 1", json!({"hidden": 1})).unwrap_err().contains("neither"));
        let mixed = check("hidden * x < 1.0", json!({"hidden": 1, "x": 0.5})).unwrap_err();
        assert!(mixed.contains("write `double(x) * 0.5`"), "{mixed}");
        let by_zero = check("8 / (n - 1) > 1", json!({"n": 1})).unwrap_err();
        assert!(by_zero.contains("cannot be computed") && !by_zero.contains("double"), "{by_zero}");
        assert_eq!(Constraint::parse("b > a").unwrap().names(), ["a", "b"]);
    }
}
