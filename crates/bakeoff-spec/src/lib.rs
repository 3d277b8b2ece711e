//! The vocabulary that every room of bakeoff shares.
//!
//! ```text
//! YAML text ──read──▶ Spec ──plan──▶ Plan { trials } ──▶ Trial ──▶ Outcome
//! ```
//!
//! [`SpecFile::read`] and [`SpecFile::plan`] are the way from text to plan; both end in a [`SpecError`] that shows every
//! mistake in its place. Read [`spec`] for what a user writes, [`plan`] for what it means, [`trial`] and [`outcome`] for
//! what runs and what comes of it, [`event`] for what watchers see, and [`registry`] for how anything is added.

pub mod card;
pub mod catalog;
mod constraint;
mod describe;
mod domain;
pub mod error;
pub mod event;
pub mod fitting;
pub mod metric_key;
pub mod objective;
pub mod outcome;
pub mod param_info;
mod paths;
mod place;
pub mod plan;
mod planning;
pub mod registry;
pub mod sampled_ranking;
pub mod schema;
pub mod space;
pub mod spec;
pub mod spec_file;
pub mod stop_rule;
pub mod study;
mod suggest;
pub mod training;
pub mod trial;
mod validate;
mod yaml;

pub use card::DatasetCard;
pub use catalog::{Catalog, MetricInfo, ModelInfo};
pub use error::{Problem, SpecError};
pub use event::RunEvent;
pub use fitting::Fitting;
pub use metric_key::MetricKey;
pub use objective::Objective;
pub use outcome::{Cause, Cost, CurvePoint, Outcome, Provenance, Scores, Status};
pub use param_info::ParamInfo;
pub use plan::{Choice, Maker, ModelPlan, Plan};
pub use registry::{Entry, Params, Plugin, PluginInfo};
pub use sampled_ranking::{DrawnBy, SampledRanking};
pub use schema::schema;
pub use space::{Dimension, Domain, Point, Space};
pub use spec::Spec;
pub use spec_file::{DataPart, Fingerprint, SpecFile, Unprepared};
pub use stop_rule::StopRule;
pub use study::{Brief, Candidate, Counts, ModelStudy, Source, State, Study};
pub use training::{Loss, Optimizer, Sampler, Training};
pub use trial::{
    CodeRevisions, JoinUse, ReadParams, Recipe, Scored, Side, Task, Trial, TrialKey, Use,
};
