//! The report's files, on disk: all of them are made beside their places first, then moved there.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::drawing;
use crate::error::ReportError;
use crate::figures::{self, Figure};
use crate::findings::Findings;
use crate::results::Results;
use crate::sections;
use crate::view::StudyView;

/// Writes `report.md`, `results.json` and `figures/` under `REPORTS/NAME/`, and gives the path of `report.md`.
///
/// A reader sees each file old or new, never a part of it; figures that an earlier report had and this one has not are
/// removed. If anything fails before all files are made, the earlier report stays as it was.
pub fn write(view: &StudyView<'_>, reports: &Path) -> Result<PathBuf, ReportError> {
    let findings = Findings::of(view);
    let figures = figures::all(&findings);
    let folder = reports.join(&view.plan.name);
    let figures_folder = folder.join("figures");
    fs::create_dir_all(&figures_folder).map_err(cannot_write(&figures_folder))?;
    let staging = tempfile::Builder::new()
        .prefix(".writing-")
        .tempdir_in(&folder)
        .map_err(cannot_write(&folder))?;

    let staged = |name: &str| staging.path().join(name);
    let figure_files = draw(&figures, staging.path(), &figures_folder)?;
    let results = serde_json::to_string_pretty(&Results::of(&findings))
        .expect("keys are strings, and floats that JSON cannot hold become null")
        + "\n";
    for (name, content) in [(RESULTS, results), (REPORT, sections::markdown(&findings, &figures))] {
        fs::write(staged(name), content).map_err(cannot_write(&folder.join(name)))?;
    }

    for name in &figure_files {
        let path = figures_folder.join(name);
        fs::rename(staged(name), &path).map_err(cannot_write(&path))?;
    }
    for name in [RESULTS, REPORT] {
        let path = folder.join(name);
        fs::rename(staged(name), &path).map_err(cannot_write(&path))?;
    }
    remove_stale(&figures_folder, &figure_files).map_err(cannot_write(&figures_folder))?;
    Ok(folder.join(REPORT))
}

const REPORT: &str = "report.md";
const RESULTS: &str = "results.json";

/// Draws every figure into `staging` and gives the names of the files.
fn draw(
    figures: &[Figure],
    staging: &Path,
    figures_folder: &Path,
) -> Result<BTreeSet<String>, ReportError> {
    let mut files = BTreeSet::new();
    for figure in figures {
        let [svg, png] = ["svg", "png"].map(|ending| format!("{}.{ending}", figure.stem));
        let error =
            |name: &str, source| ReportError::Draw { path: figures_folder.join(name), source };
        drawing::svg(&figure.chart, &staging.join(&svg)).map_err(|source| error(&svg, source))?;
        drawing::png(&figure.chart, &staging.join(&png)).map_err(|source| error(&png, source))?;
        files.extend([svg, png]);
    }
    Ok(files)
}

/// Removes figures of an earlier report; files of another kind are somebody else's.
fn remove_stale(folder: &Path, fresh: &BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_figure = path.extension().is_some_and(|ending| ending == "svg" || ending == "png");
        if is_figure && !fresh.contains(&name) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn cannot_write(path: &Path) -> impl Fn(io::Error) -> ReportError + use<> {
    let path = path.to_owned();
    move |source| ReportError::Write { path: path.clone(), source }
}
