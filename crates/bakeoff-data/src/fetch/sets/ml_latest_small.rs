//! `MovieLens` Latest Small of September 2018 (Harper and Konstan, ACM `TiiS` 2015). The publisher may replace it; the SHA-256 is
//! that of TensorFlow Datasets.

use super::MOVIELENS_LICENCE;
use crate::fetch::public_set::{Checksum, PublicSet, Remote, Value};

pub(super) const SETS: &[PublicSet] = &[PublicSet {
    name: "ml-latest-small",
    about: "100,836 ratings of 9,742 films by 610 users, 2018 (Harper and Konstan, ACM TiiS 2015).",
    licence: MOVIELENS_LICENCE,
    remotes: &[Remote {
        file: "ml-latest-small.zip",
        urls: &[
            "https://files.grouplens.org/datasets/movielens/ml-latest-small.zip",
            "http://files.grouplens.org/datasets/movielens/ml-latest-small.zip",
        ],
        len: Some(978_202),
        checksum: Some(Checksum::Sha256(
            "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
        )),
        members: &["ml-latest-small/ratings.csv", "ml-latest-small/movies.csv"],
    }],
    source: "movielens",
    params: &[("path", Value::Folder)],
}];
