//! `MovieLens` 25M (Harper and Konstan, ACM `TiiS` 2015), with the MD5 that `GroupLens` publishes beside it.

use super::MOVIELENS_LICENCE;
use crate::fetch::public_set::{Checksum, PublicSet, Remote, Value};

pub(super) const SETS: &[PublicSet] = &[PublicSet {
    name: "ml-25m",
    about: "25,000,095 ratings of 62,423 films by 162,541 users, 2019 (Harper and Konstan, ACM TiiS 2015).",
    licence: MOVIELENS_LICENCE,
    remotes: &[Remote {
        file: "ml-25m.zip",
        urls: &[
            "https://files.grouplens.org/datasets/movielens/ml-25m.zip",
            "http://files.grouplens.org/datasets/movielens/ml-25m.zip",
        ],
        len: Some(261_978_986),
        checksum: Some(Checksum::Md5("6b51fb2759a8657d3bfcbfc42b592ada")),
        members: &["ml-25m/ratings.csv", "ml-25m/movies.csv"],
    }],
    source: "movielens",
    params: &[("path", Value::Folder)],
}];
