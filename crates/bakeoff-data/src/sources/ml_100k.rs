//! `MovieLens` 100K (Harper and Konstan, ACM `TiiS` 2015), as the `recbole` wheel on `PyPI` ships it: fetched once.

use std::path::Path;

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::recbole::RecBole;
use super::{INTERACTIONS, ITEMS, Source, USERS};
use crate::error::DataError;
use crate::fetch::Download;
use crate::input::{InputFile, InputFiles};
use crate::interactions::Interactions;

/// There is nothing to choose.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ml100k {}

impl Plugin for Ml100k {
    const NAME: &'static str = "ml-100k";
    const ABOUT: &'static str =
        "MovieLens 100K with ratings, times, films and users; fetched once, 2.1 MB.";
    type Params = Self;
}

static DOWNLOAD: Download = Download {
    name: Ml100k::NAME,
    requirement: "recbole==1.2.1",
    wheel_sha256: "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
    wheel_len: 2_130_151,
    folder: "recbole/dataset_example/ml-100k",
    files: &[(INTERACTIONS, "ml-100k.inter"), (USERS, "ml-100k.user"), (ITEMS, "ml-100k.item")],
    licence: "research, no redistribution or commercial use without permission",
    content: "073049f13fd5b4ea8ed2bfdecdcee53c",
    otherwise: "source `recbole` with the path of a ml-100k.inter",
};

impl Source for Ml100k {
    fn files(&self, cache: &Path) -> Result<Vec<InputFile>, DataError> {
        let files = DOWNLOAD.files(cache).into_iter();
        Ok(files.map(|(role, path)| InputFile::new(role, path)).collect())
    }

    fn download(&self) -> Option<&'static Download> {
        Some(&DOWNLOAD)
    }

    fn read(&self, files: &InputFiles) -> Result<Interactions, DataError> {
        let path = files.get(INTERACTIONS).unwrap_or(Path::new(""));
        RecBole::at(path).read(files)
    }
}
