//! Amazon reviews of 2014 as S3-Rec (Zhou et al., CIKM 2020) prepared them: 5-core, a line a user, oldest first. The
//! checksums are those of the copies that this project's experiments were run on.

use crate::fetch::public_set::{Checksum, PublicSet, Remote, Value};

const LICENCE: &str = "none stated; research use, as the Amazon reviews it is made of";

pub(super) const SETS: &[PublicSet] = &[
    PublicSet {
        name: "s3rec-beauty",
        about: "Amazon Beauty as S3-Rec has it: 198,502 reviews of 12,101 items by 22,363 users (Zhou et al., CIKM 2020).",
        licence: LICENCE,
        remotes: &[Remote {
            file: "Beauty.txt",
            urls: &[
                "https://raw.githubusercontent.com/RUCAIBox/CIKM2020-S3Rec/master/data/Beauty.txt",
            ],
            len: Some(1_090_094),
            checksum: Some(Checksum::Sha256(
                "226cce9c3105299ca0db9615d7d3fb32b3175e90da43100ae352599f0f0107b8",
            )),
            members: &[],
        }],
        source: "sequences",
        params: &[("path", Value::File("Beauty.txt"))],
    },
    PublicSet {
        name: "s3rec-sports",
        about: "Amazon Sports as S3-Rec has it: 296,337 reviews of 18,357 items by 35,598 users (Zhou et al., CIKM 2020).",
        licence: LICENCE,
        remotes: &[Remote {
            file: "Sports_and_Outdoors.txt",
            urls: &[
                "https://raw.githubusercontent.com/RUCAIBox/CIKM2020-S3Rec/master/data/Sports_and_Outdoors.txt",
            ],
            len: Some(1_707_483),
            checksum: Some(Checksum::Sha256(
                "2a095e0648872beb9982408958290f5d655db5be2911c3756b5446de9f0b8de2",
            )),
            members: &[],
        }],
        source: "sequences",
        params: &[("path", Value::File("Sports_and_Outdoors.txt"))],
    },
];
