//! Whatever a spec names as `{ name: …, params: … }`: the name looked up, the parameters checked and completed.

use serde_json::Value;

use super::Planner;
use crate::error::Finding;
use crate::place::Place;
use crate::registry::{Params, PluginInfo, find};
use crate::spec::PluginSpec;
use crate::suggest::one_of;
use crate::trial::Use;
use crate::validate::Checker;

impl Planner<'_> {
    /// The plug-in that stands at `place`; `None` when something is wrong with it.
    pub(super) fn plugin(
        &mut self,
        kind: &str,
        registered: &[PluginInfo],
        written: &PluginSpec,
        place: &Place,
    ) -> Option<Use> {
        let Some(info) = find(registered, &written.name) else {
            let names: Vec<&str> = registered.iter().map(|info| info.name).collect();
            self.unknown_name(kind, &written.name, &names, place);
            return None;
        };
        let place = place.key("params");
        let checker = Checker::of_params(info.name, (info.schema)());
        let findings = checker.findings(&to_object(&written.params), &place);
        if !findings.is_empty() {
            self.findings.extend(findings);
            return None;
        }
        match (info.complete)(&written.params) {
            Ok(params) => Some(Use { name: info.name.to_owned(), revision: info.revision, params }),
            Err(error) => {
                let message = format!("`{}` refuses its parameters: {error}", info.name);
                self.add(Finding::value(place, message));
                None
            }
        }
    }

    pub(super) fn unknown_name(&mut self, kind: &str, name: &str, allowed: &[&str], place: &Place) {
        let message = format!("there is no {kind} `{name}`");
        let help = one_of(kind, name, allowed);
        self.add(Finding::value(place.key("name"), message).help(help));
    }
}

/// Parameters as the validator takes them.
pub(super) fn to_object(params: &Params) -> Value {
    Value::Object(params.clone().into_iter().collect())
}
