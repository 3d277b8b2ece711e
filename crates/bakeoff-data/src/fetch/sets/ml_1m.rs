//! `MovieLens` 1M (Harper and Konstan, ACM `TiiS` 2015), with the MD5 that `GroupLens` publishes beside it.

use super::MOVIELENS_LICENCE;
use crate::fetch::public_set::{Checksum, PublicSet, Remote, Value};

pub(super) const SETS: &[PublicSet] = &[PublicSet {
    name: "ml-1m",
    about: "1,000,209 ratings of 3,706 films by 6,040 users, 2000 (Harper and Konstan, ACM TiiS 2015).",
    licence: MOVIELENS_LICENCE,
    remotes: &[Remote {
        file: "ml-1m.zip",
        urls: &[
            "https://files.grouplens.org/datasets/movielens/ml-1m.zip",
            "http://files.grouplens.org/datasets/movielens/ml-1m.zip",
        ],
        len: Some(5_917_549),
        checksum: Some(Checksum::Md5("c4d9eecfca2ab87c1945afe126590906")),
        members: &["ml-1m/ratings.dat", "ml-1m/movies.dat", "ml-1m/users.dat"],
    }],
    source: "movielens",
    params: &[("path", Value::Folder)],
}];
