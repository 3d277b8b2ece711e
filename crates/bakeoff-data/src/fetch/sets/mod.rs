//! The public data sets. To add one: write its file with its `SETS`, add its line.

use super::public_set::PublicSet;

/// Declares the modules and the list of what they hold.
macro_rules! register {
    { $($module:ident,)+ } => {
        $(mod $module;)+
        /// The sets of each file, in the order that listings show.
        const ALL: &[&[PublicSet]] = &[$($module::SETS),+];
    };
}

register! {
    ml_latest_small,
    ml_1m,
    ml_10m,
    ml_20m,
    ml_25m,
    ml_32m,
    lastfm_2k,
    ncf,
    s3rec,
    amazon_2014,
    amazon_2018,
    amazon_2023,
}

/// Every public set.
pub fn all() -> impl Iterator<Item = &'static PublicSet> {
    ALL.iter().copied().flatten()
}

/// The terms of the `MovieLens` sets, as their READMEs say.
const MOVIELENS_LICENCE: &str =
    "research, no redistribution or commercial use without permission (GroupLens)";
