//! `MovieLens` 20M (Harper and Konstan, ACM `TiiS` 2015), with the MD5 that `GroupLens` publishes beside it.

use super::MOVIELENS_LICENCE;
use crate::fetch::public_set::{Checksum, PublicSet, Remote, Value};

pub(super) const SETS: &[PublicSet] = &[PublicSet {
    name: "ml-20m",
    about: "20,000,263 ratings of 27,278 films by 138,493 users, 2015 (Harper and Konstan, ACM TiiS 2015).",
    licence: MOVIELENS_LICENCE,
    remotes: &[Remote {
        file: "ml-20m.zip",
        urls: &[
            "https://files.grouplens.org/datasets/movielens/ml-20m.zip",
            "http://files.grouplens.org/datasets/movielens/ml-20m.zip",
        ],
        len: Some(198_702_078),
        checksum: Some(Checksum::Md5("cd245b17a1ae2cc31bb14903e1204af3")),
        members: &["ml-20m/ratings.csv", "ml-20m/movies.csv"],
    }],
    source: "movielens",
    params: &[("path", Value::Folder)],
}];
