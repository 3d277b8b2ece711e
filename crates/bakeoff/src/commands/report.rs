//! `bakeoff report`: the report of what has run so far. Reads the store's files, takes no lock, runs nothing.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use bakeoff_report::StudyView;
use bakeoff_spec::{DatasetCard, Plan, Study, TrialKey};
use bakeoff_store::Folder;

use super::{plan, print};
use crate::catalog::{CODE_VERSION, catalog};
use crate::cli::SpecArgs;
use crate::exit::Exit;
use crate::places::Places;

pub(crate) fn run(args: &SpecArgs, places: &Places) -> anyhow::Result<Exit> {
    let (_, plan) = plan(&args.spec, places)?;
    let folder = Folder::at(&places.store);
    let study = bakeoff_runner::study(&plan, &folder)?;
    let Some(card) = folder.read_card(&plan.recipe.key())?.filter(|_| study.counts.cached > 0)
    else {
        bail!("nothing of {} has run yet; `bakeoff sweep` runs it", args.spec.display());
    };
    let path = write(&args.spec, &plan, &study, &card, &folder, places)?;
    let missing = study.counts.planned - study.counts.cached;
    if missing > 0 {
        super::say(&format!("{missing} of {} trials have not run yet", study.counts.planned));
    }
    print(&format!("{}\n", path.display()))
}

/// Writes the report and returns where it is.
pub(super) fn write(
    spec: &Path,
    plan: &Plan,
    study: &Study,
    card: &DatasetCard,
    folder: &Folder,
    places: &Places,
) -> anyhow::Result<PathBuf> {
    let test_units = |key: &TrialKey| {
        let units = folder.read_units(key).ok().flatten()?;
        Some(units.into_iter().map(f64::from).collect())
    };
    let view = StudyView {
        plan,
        study,
        card,
        catalog: &catalog(),
        test_units: &test_units,
        spec_name: &spec.display().to_string(),
        code_version: CODE_VERSION,
    };
    bakeoff_report::write(&view, &places.reports).context("the report could not be written")
}
