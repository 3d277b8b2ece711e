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
//! Every record carries a version and a checksum. [`Checkup`] reads everything and says what is not as it was written;
//! [`Store::compact`], [`Store::migrate`], [`Store::remove`], [`Store::collect`], [`Folder::export`] and
//! [`Store::import`] are the rest of looking after a store.
//!
//! | in the store's folder | what |
//! | --- | --- |
//! | `outcomes/KEY.json` | what became of a trial: read with `jq .outcome` |
//! | `units/KEY.f32` | the selecting metric by user or row: 32 bytes of BLAKE3, then little-endian f32 |
//! | `attempts/KEY.N.json` | attempts that failed before, numbered as they were noted |
//! | `checkpoints/FIT.safetensors` | trained weights, by fit key |
//! | `searches/KEY.lines` | what a search proposed, in order |
//! | `cards/KEY.json`, `specs/HASH.yaml` | the datasets in figures and the specs that outcomes refer to |
//! | `slurm/` | what a Slurm executor shares with its elements |
//! | `index/`, `lock` | the index and the coordinator's lock |
//! | `damaged/`, `index.damaged-N/` | what was unreadable, kept for a look |

pub mod atomic_file;
pub mod check;
pub mod collect;
pub mod compact;
pub mod error;
pub mod export;
pub mod folder;
pub mod import;
mod index;
pub mod journal;
mod lock;
pub mod migrate;
pub mod outcome_file;
mod reconcile;
mod record;
pub mod repair;
mod sealed;
mod side_files;
pub mod store;

pub use atomic_file::{write_atomically, write_first};
pub use check::{Checkup, Flaw, IndexState, Size};
pub use collect::Collected;
pub use compact::Resized;
pub use error::{Damage, StoreError};
pub use export::{Exported, Format};
pub use folder::{Folder, FolderOutcomes, Written};
pub use import::{Differing, Imported};
pub use index::IndexError;
pub use journal::{Journal, Journaled};
pub use migrate::Migrated;
pub use repair::Repair;
pub use store::Store;
