//! Last.FM as `HetRec` 2011 has it (Cantador, Brusilovsky and Kuflik, `RecSys` 2011), with the MD5 that `DataRec` holds it to.

use crate::fetch::public_set::{Checksum, PublicSet, Remote, Value};

pub(super) const SETS: &[PublicSet] = &[PublicSet {
    name: "lastfm-2k",
    about: "How often 1,892 users listened to 17,632 artists, 92,834 pairs (Cantador et al., HetRec at RecSys 2011).",
    licence: "non-commercial use (Last.fm)",
    remotes: &[Remote {
        file: "hetrec2011-lastfm-2k.zip",
        urls: &[
            "https://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip",
            "http://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip",
        ],
        len: None,
        checksum: Some(Checksum::Md5("296d61afe4e8632b173fc2dd3be20ce2")),
        members: &["user_artists.dat"],
    }],
    source: "csv",
    params: &[
        ("interactions", Value::File("user_artists.dat")),
        ("user", Value::Text("userID")),
        ("item", Value::Text("artistID")),
        ("rating", Value::Text("weight")),
        ("delimiter", Value::Text("\t")),
    ],
}];
