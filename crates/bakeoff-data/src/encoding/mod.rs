//! Categories as numbers, in the ways that the step `encode` offers beside the codes of `encode.rs`.

mod buckets;
mod hot;
mod target;

pub(crate) use buckets::{hashed, hashed_tags, quantile_codes};
pub(crate) use hot::{multi_hot, one_hot};
pub(crate) use target::TargetMeans;
