//! `MovieLens` 32M (Harper and Konstan, ACM `TiiS` 2015), with the MD5 that `GroupLens` publishes beside it.

use super::MOVIELENS_LICENCE;
use crate::fetch::public_set::{Checksum, PublicSet, Remote, Value};

pub(super) const SETS: &[PublicSet] = &[PublicSet {
    name: "ml-32m",
    about: "32,000,204 ratings of 87,585 films by 200,948 users, 2023 (Harper and Konstan, ACM TiiS 2015).",
    licence: MOVIELENS_LICENCE,
    remotes: &[Remote {
        file: "ml-32m.zip",
        urls: &[
            "https://files.grouplens.org/datasets/movielens/ml-32m.zip",
            "http://files.grouplens.org/datasets/movielens/ml-32m.zip",
        ],
        len: Some(238_950_008),
        checksum: Some(Checksum::Md5("d472be332d4daa821edc399621853b57")),
        members: &["ml-32m/ratings.csv", "ml-32m/movies.csv"],
    }],
    source: "movielens",
    params: &[("path", Value::Folder)],
}];
