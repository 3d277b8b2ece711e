//! The space of one model: grid axes, dimensions of its own and shared ones, lists that advance together, in an order
//! in which every condition comes after what it speaks of.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Planner;
use super::models::is_listed_only;
use crate::catalog::ModelInfo;
use crate::error::Finding;
use crate::place::Place;
use crate::space::{Dimension, Domain, Space};
use crate::spec::{DimensionSpec, ModelSpec};
use crate::suggest::{list, one_of};
use crate::validate::Checker;

impl Planner<'_> {
    /// The model's space; what is wrong with it is added to the findings.
    pub(super) fn space(
        &mut self,
        info: &ModelInfo,
        model: &ModelSpec,
        schema: &Value,
        place: &Place,
    ) -> Space {
        let mut dimensions = Vec::new();
        let mut at = Vec::new();
        for (axis, values) in &model.grid {
            dimensions.push(Dimension {
                params: vec![axis.clone()],
                domain: Domain::Choice(values.clone()),
                when: Vec::new(),
            });
            at.push(place.key("grid").key(axis));
        }
        for (name, written) in &model.space {
            let place = place.key("space").key(name);
            let Some(rule) = schema["properties"].get(name) else {
                self.unknown_param(info, name, schema, &place.parent().unwrap_or_default());
                continue;
            };
            if let Some(domain) = self.domain(written, rule, &place) {
                dimensions.push(dimension(name, domain, written));
                at.push(place);
            }
        }
        // A model that tries its list alone varies nothing else.
        let shared = (!is_listed_only(model)).then_some(&self.spec.space);
        for (name, written) in shared.into_iter().flatten() {
            let is_own = [&model.grid.keys().collect::<Vec<_>>(), &model.space.keys().collect()]
                .iter()
                .any(|names| names.contains(&name))
                || model.params.contains_key(name)
                || model.zip.iter().any(|zip| zip.contains_key(name));
            let Some(rule) = schema["properties"].get(name).filter(|_| !is_own) else { continue };
            let place = Place::root().key("space").key(name);
            if let Some(domain) = self.domain(written, rule, &place) {
                dimensions.push(dimension(name, domain, written));
                at.push(place);
            }
        }
        for (i, axes) in model.zip.iter().enumerate() {
            let place = place.key("zip").index(i);
            if let Some(zipped) = self.zipped(info, axes, schema, &place) {
                dimensions.push(zipped);
                at.push(place);
            }
        }
        self.check_names(model, &dimensions, &at);
        self.in_order(dimensions, &at)
    }

    /// A dimension's values, each bound checked against the parameter's own rule.
    fn domain(&mut self, written: &DimensionSpec, rule: &Value, place: &Place) -> Option<Domain> {
        let DimensionSpec { choice, uniform, log_uniform, int, log_int, quantized, when: _ } =
            written;
        let domains: Vec<(&str, Domain)> = [
            choice.clone().map(|values| ("choice", Domain::Choice(values))),
            uniform.map(|[low, high]| ("uniform", Domain::Uniform { low, high })),
            log_uniform.map(|[low, high]| ("log_uniform", Domain::LogUniform { low, high })),
            int.map(|[low, high]| ("int", Domain::Int { low, high })),
            log_int.map(|[low, high]| ("log_int", Domain::LogInt { low, high })),
            quantized.map(|[low, high, step]| ("quantized", Domain::Quantized { low, high, step })),
        ]
        .into_iter()
        .flatten()
        .collect();
        let [(kind, domain)] = <[_; 1]>::try_from(domains)
            .map_err(|domains| {
                let found: Vec<&str> = domains.iter().map(|(kind, _)| *kind).collect();
                let message = match found.as_slice() {
                    [] => format!("{} says no values", place.name()),
                    many => format!("{} says {} at once", place.name(), list(many)),
                };
                let help = "exactly one of `choice`, `uniform`, `log_uniform`, `int`, `log_int`, `quantized`";
                self.add(Finding::key(place.clone(), message).help(help));
            })
            .ok()?;
        let place = place.key(kind);
        if let Domain::Choice(values) = &domain {
            let n_findings = self.findings.len();
            self.check_axis(rule, values, "list", &place);
            return (self.findings.len() == n_findings).then_some(domain);
        }
        if let Some((message, help)) = misshapen(&domain) {
            self.add(Finding::value(place, message).help(help));
            return None;
        }
        let checker = Checker::new(rule.clone());
        let last = domain.n_values().map_or(1, |n| n - 1);
        let bounds = [domain.coordinate(0), domain.coordinate(last)];
        let values = bounds.map(|at| number(&domain, at));
        let findings: Vec<Finding> = values
            .iter()
            .enumerate()
            .flat_map(|(i, value)| checker.findings(value, &place.index(i)))
            .collect();
        let is_whole =
            !checker.findings(&number(&domain, domain.from_unit(0.382)), &place).is_empty();
        if findings.is_empty()
            && is_whole
            && !matches!(domain, Domain::Int { .. } | Domain::LogInt { .. })
        {
            let message =
                format!("{} takes whole numbers", place.parent().unwrap_or_default().name());
            let help = "write `int`, `log_int`, or `quantized` with whole numbers";
            self.add(Finding::key(place, message).help(help));
            return None;
        }
        let is_right = findings.is_empty();
        self.findings.extend(findings);
        is_right.then_some(domain)
    }

    fn zipped(
        &mut self,
        info: &ModelInfo,
        axes: &BTreeMap<String, Vec<Value>>,
        schema: &Value,
        place: &Place,
    ) -> Option<Dimension> {
        let n_findings = self.findings.len();
        for (axis, values) in axes {
            match schema["properties"].get(axis) {
                Some(rule) => {
                    let rule = Checker::new(rule.clone());
                    for (i, value) in values.iter().enumerate() {
                        self.findings.extend(rule.findings(value, &place.key(axis).index(i)));
                    }
                }
                None => self.unknown_param(info, axis, schema, place),
            }
        }
        let lengths: Vec<usize> = axes.values().map(Vec::len).collect();
        let n = lengths.first().copied().unwrap_or(0);
        if n == 0 || axes.len() < 2 || lengths.iter().any(|&other| other != n) {
            let message = format!("{} is no set of lists that advance together", place.name());
            let help = "two or more parameters with a list of the same length each, such as \
                        `{ hidden: [32, 64], n_heads: [1, 2] }`";
            self.add(Finding::value(place.clone(), message).help(help));
        }
        if self.findings.len() > n_findings {
            return None;
        }
        let entry = |i: usize| axes.values().map(|values| values[i].clone()).collect();
        let domain = Domain::Choice((0..n).map(entry).collect());
        Some(Dimension { params: axes.keys().cloned().collect(), domain, when: Vec::new() })
    }

    /// Each parameter is set in one place.
    fn check_names(&mut self, model: &ModelSpec, dimensions: &[Dimension], at: &[Place]) {
        let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
        for (dimension, place) in dimensions.iter().zip(at) {
            for name in &dimension.params {
                // A grid axis that stands in `params` too is told with the grid.
                let in_params = model.params.contains_key(name) && !model.grid.contains_key(name);
                if in_params || seen.insert(name, place).is_some() {
                    let message = format!("`{name}` is set in two places");
                    let help = "keep it in one of `params`, `grid`, `space` and `zip`";
                    self.add(Finding::key(place.clone(), message).help(help));
                }
            }
        }
    }

    /// Parents first, else in alphabetical order. A condition may speak of what varies, and of nothing that waits for it.
    fn in_order(&mut self, dimensions: Vec<Dimension>, at: &[Place]) -> Space {
        let mut waiting: Vec<(Dimension, &Place)> = dimensions.into_iter().zip(at).collect();
        waiting.sort_by(|a, b| a.0.params.cmp(&b.0.params));
        let names: Vec<String> =
            waiting.iter().flat_map(|(dimension, _)| dimension.params.clone()).collect();
        let mut space = Space::default();
        while !waiting.is_empty() {
            let is_ready = |(dimension, _): &(Dimension, &Place)| {
                dimension.when.iter().all(|(parent, _)| space.names().any(|name| name == parent))
            };
            let Some(next) = waiting.iter().position(is_ready) else {
                for (dimension, place) in &waiting {
                    for (parent, _) in &dimension.when {
                        let own = &dimension.params;
                        let others = names.iter().filter(|name| !own.contains(name));
                        let others: Vec<&str> = others.map(String::as_str).collect();
                        let (message, help) = if own.contains(parent) {
                            let message = format!("`{parent}` waits for itself");
                            (message, "take this condition out".to_owned())
                        } else if !names.contains(parent) {
                            let message = format!("`{parent}` does not vary in this model");
                            (message, one_of("other parameter that varies", parent, &others))
                        } else if waits_for(&waiting, parent, own) {
                            let own = list(own);
                            let message = format!(
                                "{own} waits for `{parent}`, which waits for {own} in turn"
                            );
                            (message, "take one of these conditions out".to_owned())
                        } else {
                            continue;
                        };
                        let place = place.key("when").key(parent);
                        self.findings.push(Finding::key(place, message).help(help));
                    }
                }
                break;
            };
            let (next, place) = waiting.remove(next);
            self.check_condition(&space, &next, place);
            space.dimensions.push(next);
        }
        space
    }

    /// A condition on a value that its parameter never takes would leave the dimension out for good.
    fn check_condition(&mut self, space: &Space, dimension: &Dimension, place: &Place) {
        for (parent, values) in &dimension.when {
            let of_parent = space.dimensions.iter().find(|one| one.params == [parent.clone()]);
            let Some(of_parent) = of_parent else { continue };
            let place = place.key("when").key(parent);
            if values.is_empty() {
                let message =
                    format!("the condition on `{parent}` lists no value, so it never holds");
                self.add(
                    Finding::value(place.clone(), message)
                        .help("list the values at which it holds"),
                );
            }
            for (i, value) in values.iter().enumerate() {
                if !of_parent.domain.holds(value) {
                    let message = format!("`{parent}` is never {value} here");
                    let help = match &of_parent.domain {
                        Domain::Choice(values) => format!("its values: {}", list(values)),
                        domain => {
                            let last = domain.n_values().map_or(1, |n| n - 1);
                            let [low, high] =
                                [0, last].map(|i| number(domain, domain.coordinate(i)));
                            format!(
                                "it goes from {low} to {high}{}",
                                match domain {
                                    Domain::Quantized { step, .. } =>
                                        format!(" in steps of {step}"),
                                    _ => String::new(),
                                }
                            )
                        }
                    };
                    self.add(Finding::value(place.index(i), message).help(help));
                }
            }
        }
    }

    /// A shared dimension that no model has is a slip of the pen.
    pub(super) fn check_shared_space(&mut self, known: &[Vec<String>]) {
        for name in self.spec.space.keys() {
            if !known.iter().any(|names| names.contains(name)) {
                let place = Place::root().key("space").key(name);
                let mut all: Vec<&str> = known.iter().flatten().map(String::as_str).collect();
                all.sort_unstable();
                all.dedup();
                let message = format!("no model of this spec has a parameter `{name}`");
                let help = one_of("parameter", name, &all);
                self.findings.push(Finding::key(place, message).help(help));
            }
        }
    }
}

/// Whether what sets `from` comes, by its conditions and those behind them, after one of `params`.
fn waits_for(waiting: &[(Dimension, &Place)], from: &str, params: &[String]) -> bool {
    let mut behind = vec![from];
    let mut next = 0;
    while let Some(&name) = behind.get(next) {
        next += 1;
        let of_name =
            waiting.iter().filter(|(one, _)| one.params.iter().any(|param| param == name));
        for (parent, _) in of_name.flat_map(|(one, _)| &one.when) {
            if !behind.contains(&parent.as_str()) {
                behind.push(parent);
            }
        }
    }
    params.iter().any(|param| behind.contains(&param.as_str()))
}

fn dimension(name: &str, domain: Domain, written: &DimensionSpec) -> Dimension {
    let when = written.when.iter().map(|(name, values)| (name.clone(), values.clone()));
    Dimension { params: vec![name.to_owned()], domain, when: when.collect() }
}

/// What is wrong with bounds, whatever the parameter.
fn misshapen(domain: &Domain) -> Option<(String, &'static str)> {
    let (low, high) = match *domain {
        Domain::Choice(_) => return None,
        Domain::Int { low, high } | Domain::LogInt { low, high } => (low as f64, high as f64),
        Domain::Uniform { low, high }
        | Domain::LogUniform { low, high }
        | Domain::Quantized { low, high, .. } => (low, high),
    };
    if low >= high {
        return Some((
            format!("the first bound, {low}, is not below the second, {high}"),
            "write the smaller one first; a single value belongs in `params`",
        ));
    }
    let is_log = matches!(domain, Domain::LogUniform { .. } | Domain::LogInt { .. });
    if is_log && low <= 0.0 {
        return Some((
            format!("{low} has no order of magnitude"),
            "logarithmic bounds are above 0",
        ));
    }
    match domain {
        Domain::Quantized { step, .. } if *step <= 0.0 => {
            Some((format!("the step {step} leads nowhere"), "the step is above 0"))
        }
        _ if domain.n_values().is_some_and(|n| n > 1_000_000_000) => Some((
            "there are more than a billion values".into(),
            "take a smaller range or a larger step",
        )),
        _ => None,
    }
}

fn number(domain: &Domain, at: f64) -> Value {
    match domain {
        Domain::Int { .. } | Domain::LogInt { .. } => (at as i64).into(),
        Domain::Quantized { .. } if at.fract() == 0.0 => (at as i64).into(),
        _ => at.into(),
    }
}
