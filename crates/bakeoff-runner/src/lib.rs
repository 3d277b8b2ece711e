//! Runs what a plan asks for and the store does not have yet.
//!
//! ```text
//!            ┌─ agenda: search proposes, the store answers, what is left is queued
//! run ──plan─┤
//!            └─ executor: a worker process a slot ◀─WorkOrder── ──Reply─▶ store.ingest ─▶ RunEvent ─▶ sinks
//! ```
//!
//! [`run`](run()) is the coordinator's side; its loop, in `sweep.rs`, is the only place that decides: what runs next,
//! what is tried again, when to stop. [`worker::serve`] is the other end of the pipe; the binary hands it the one function that knows models. A
//! search strategy is one file in [`search`] and one line in the list there; an executor likewise in [`executors`].
//! Sinks only watch: [`sinks`].

mod agenda;
mod answering;
pub mod control;
pub mod devices;
pub mod error;
pub mod executors;
mod failing;
pub mod lookup;
mod model_journal;
mod model_search;
pub mod options;
mod pending;
mod placing;
pub mod prune;
mod room;
pub mod run;
mod sealed;
pub mod search;
pub mod sinks;
pub mod stop;
mod sweep;
mod target;
pub mod trial_file;
pub mod trial_file_worker;
pub mod wire;
pub mod worker;
mod worker_memory;
mod worker_process;

pub use devices::Slot;
pub use error::RunError;
pub use lookup::Lookup;
pub use options::Options;
pub use run::{run, study};
pub use sinks::Sink;
pub use stop::Stop;
pub use trial_file::TrialFile;
pub use trial_file_worker::carry_out_files;
pub use wire::{TimeLimits, WorkOrder};
pub use worker::{Finished, serve};
