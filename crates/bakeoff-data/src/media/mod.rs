//! Files of pictures, sounds and arrays as blocks of numbers; what a join or a step makes of them is theirs.

pub(crate) mod audio;
pub(crate) mod folder;
pub(crate) mod image;
pub(crate) mod mel;
pub(crate) mod npy;
mod resample;

/// What `decode` says; a panic in it is an error too.
fn guarded<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let decoded = crate::panics::guarded(decode);
    decoded.unwrap_or_else(|| Err("its content makes the decoder fail".to_owned()))
}
