//! Whole reports of made-up studies, as the binary would ask for them.

mod files;
mod samples;
mod snapshots;
mod summary;
