//! Files of pictures, sounds and arrays as blocks of numbers; what a join or a step makes of them is theirs.

pub(crate) mod audio;
pub(crate) mod folder;
pub(crate) mod image;
pub(crate) mod mel;
pub(crate) mod npy;
mod resample;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `decode` says; a panic in it is an error too, since files come from anywhere and decoders have faults.
///
/// What `decode` was writing to may be half written after an error.
fn guarded<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err("its content makes the decoder fail".to_owned()))
}
