//! The splits that the paper of NCF (He et al., WWW 2017) was measured on: all interactions but each user's last, that
//! last one, and 99 negatives for it. Their authors publish no checksums.

use crate::fetch::public_set::{PublicSet, Remote, Value};

/// One of the three files of a set.
macro_rules! remote {
    ($file:literal) => {
        Remote {
            file: $file,
            urls: &[concat!(
                "https://raw.githubusercontent.com/hexiangnan/neural_collaborative_filtering/master/Data/",
                $file
            )],
            len: None,
            checksum: None,
            members: &[],
        }
    };
}

const LICENCE: &str = "Apache-2.0 (the repository); the terms of the original data besides";

pub(super) const SETS: &[PublicSet] = &[
    PublicSet {
        name: "ncf-ml-1m",
        about: "MovieLens 1M as NCF splits it, with 99 negatives a user: 6,040 users, 3,706 items (He et al., WWW 2017).",
        licence: LICENCE,
        remotes: &[
            remote!("ml-1m.train.rating"),
            remote!("ml-1m.test.rating"),
            remote!("ml-1m.test.negative"),
        ],
        source: "ncf",
        params: &[
            ("train", Value::File("ml-1m.train.rating")),
            ("test", Value::File("ml-1m.test.rating")),
            ("negatives", Value::File("ml-1m.test.negative")),
        ],
    },
    PublicSet {
        name: "ncf-pinterest",
        about: "Pinterest as NCF splits it, with 99 negatives a user: 55,187 users, 9,916 items (He et al., WWW 2017).",
        licence: LICENCE,
        remotes: &[
            remote!("pinterest-20.train.rating"),
            remote!("pinterest-20.test.rating"),
            remote!("pinterest-20.test.negative"),
        ],
        source: "ncf",
        params: &[
            ("train", Value::File("pinterest-20.train.rating")),
            ("test", Value::File("pinterest-20.test.rating")),
            ("negatives", Value::File("pinterest-20.test.negative")),
        ],
    },
];
