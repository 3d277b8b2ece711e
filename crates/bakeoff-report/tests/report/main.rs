//! Whole reports of made-up studies, as the binary would ask for them.

mod escaping;
mod files;
mod samples;
mod search;
mod snapshots;
mod summary;
mod truth;
