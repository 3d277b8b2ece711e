//! The vocabulary that every room of bakeoff shares.
//!
//! ```text
//! YAML text ──read──▶ Spec ──plan──▶ Plan { trials } ──▶ Trial ──▶ Outcome
//! ```
//!
//! Read [`spec`] for what a user writes, [`plan`] for what it means, [`trial`] and [`outcome`] for what runs and what
//! comes of it, [`event`] for what watchers see, and [`registry`] for how anything is added.

pub mod card;
pub mod catalog;
pub mod event;
pub mod metric_key;
pub mod outcome;
pub mod plan;
pub mod registry;
pub mod spec;
pub mod training;
pub mod trial;

pub use card::DatasetCard;
pub use catalog::{Catalog, MetricInfo, ModelInfo};
pub use event::RunEvent;
pub use metric_key::MetricKey;
pub use outcome::{Cause, Cost, CurvePoint, Outcome, Provenance, Scores, Status};
pub use plan::{ModelPlan, Plan};
pub use registry::{Entry, Params, Plugin, PluginInfo};
pub use spec::Spec;
pub use training::{Loss, Optimizer, Training};
pub use trial::{Recipe, Scored, Task, Trial, TrialKey, Use};
