//! `MovieLens` 10M (Harper and Konstan, ACM `TiiS` 2015), with the MD5 that `GroupLens` publishes beside it.

use super::MOVIELENS_LICENCE;
use crate::fetch::public_set::{Checksum, PublicSet, Remote, Value};

pub(super) const SETS: &[PublicSet] = &[PublicSet {
    name: "ml-10m",
    about: "10,000,054 ratings of 10,681 films by 71,567 users, 2009 (Harper and Konstan, ACM TiiS 2015).",
    licence: MOVIELENS_LICENCE,
    remotes: &[Remote {
        file: "ml-10m.zip",
        urls: &[
            "https://files.grouplens.org/datasets/movielens/ml-10m.zip",
            "http://files.grouplens.org/datasets/movielens/ml-10m.zip",
        ],
        len: Some(65_566_137),
        checksum: Some(Checksum::Md5("ce571fd55effeba0271552578f2648bd")),
        members: &["ml-10M100K/ratings.dat", "ml-10M100K/movies.dat"],
    }],
    source: "movielens",
    params: &[("path", Value::Folder)],
}];
