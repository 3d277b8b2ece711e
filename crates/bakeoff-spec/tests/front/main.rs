//! From a spec's text to its plan, with a small catalog of plug-ins defined here.

mod files; // what cannot be read, and problems for machines
mod mistakes; // every mistake as the user sees it: sections and plug-ins
mod mistakes_in_conditions;
mod mistakes_in_evaluation;
mod mistakes_in_models;
mod mistakes_in_spaces;
mod mistakes_in_yaml;
mod planning; // what a right spec means
mod plugins; // the catalog
mod same_plan; // what does and what does not change keys
mod schema; // the JSON Schema against the same specs
