//! Outcomes that stay: one file for each trial, and an index over the files.
//!
//! ```text
//! worker ──Folder::write_outcome──▶ outcomes/KEY.json ──Store::ingest──▶ index/ ──Store::get_many──▶ planning
//!                                          └────────────Folder::outcomes──────────────────────────▶ report
//! ```
//!
//! **The outcome file is the truth, the index is only an index.** Whoever runs trials writes files through a
//! [`Folder`], without any lock; the one coordinator that has the [`Store`] open puts them into the index. Whatever
//! was killed in between, [`Store::open`] brings the two together again and says what it mended ([`Repair`]).
//!
//! | in the store's folder | what |
//! | --- | --- |
//! | `outcomes/KEY.json` | what became of a trial: read with `jq .outcome` |
//! | `units/KEY.f32` | the selecting metric by user or row: 32 bytes of BLAKE3, then little-endian f32 |
//! | `attempts/KEY.N.json` | attempts that failed before |
//! | `checkpoints/FIT.safetensors` | trained weights, by fit key |
//! | `cards/KEY.json`, `specs/HASH.yaml` | the datasets in figures and the specs that outcomes refer to |
//! | `slurm/` | what a Slurm executor shares with its elements |
//! | `index/`, `lock` | the index and the coordinator's lock |
//! | `damaged/`, `index.damaged-N/` | what was unreadable, kept for a look |

pub mod atomic_file;
pub mod error;
pub mod folder;
mod index;
mod lock;
pub mod outcome_file;
mod reconcile;
pub mod repair;
mod side_files;
pub mod store;

pub use atomic_file::{write_atomically, write_first};
pub use error::{Damage, StoreError};
pub use folder::{Folder, FolderOutcomes, Written};
pub use index::IndexError;
pub use repair::Repair;
pub use store::Store;
