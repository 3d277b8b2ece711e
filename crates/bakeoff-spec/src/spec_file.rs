//! A spec as it stands in its file: read, checked as far as that goes without a catalog, and ready to be planned.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::catalog::Catalog;
use crate::error::{Finding, SpecError};
use crate::place::Place;
use crate::plan::Plan;
use crate::planning;
use crate::schema::spec_schema;
use crate::spec::Spec;
use crate::suggest::{list, nearest};
use crate::trial::{ReadParams, Recipe};
use crate::validate::Checker;
use crate::yaml::Document;

/// A spec with its text, so that whatever is found wrong later can be shown in place.
#[derive(Debug, Clone)]
pub struct SpecFile {
    path: PathBuf,
    text: String,
    document: Document,
    spec: Spec,
}

/// Prepares to make a dataset: gives the hash of the content of what is read. Takes the recipe, whose content is still
/// empty, and the parameters with their paths resolved.
pub type Fingerprint<'a> = dyn FnMut(&Recipe, &ReadParams) -> Result<String, Unprepared> + 'a;

/// Why a dataset cannot be made, and which part of the data section is to blame.
#[derive(Debug)]
pub struct Unprepared {
    /// The part.
    pub part: DataPart,
    /// Which of its parameters, by what is written there, such as the name of a column.
    pub value: Option<String>,
    /// What is wrong with it.
    pub error: Box<dyn std::error::Error + Send + Sync>,
}

/// A part of a spec's data section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataPart {
    /// The source.
    Source,
    /// The join of this number.
    Join(usize),
    /// The step of this number.
    Step(usize),
}

impl SpecFile {
    /// Reads and parses a spec.
    pub fn read(path: &Path) -> Result<Self, SpecError> {
        let bytes = read_bounded(path).map_err(|error| unreadable(path, &error))?;
        if bytes.len() > LARGEST_FILE {
            let message = format!("`{}` is larger than 4 MiB: it is no spec", path.display());
            return Err(SpecError::unreadable(path, message, None));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Self::parse(path, text),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let finding = Finding::bytes(valid..valid + 1, "this is not UTF-8 text");
                let finding = finding.help("save the file as UTF-8");
                Err(SpecError::new(path, &text, vec![finding], |_, _| 0..0))
            }
        }
    }

    /// Parses a spec; `path` names it in messages, and paths in it are relative to the folder of `path`.
    pub fn parse(path: &Path, text: String) -> Result<Self, SpecError> {
        // A byte order mark is no part of the YAML.
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        let document = Document::read(&text)
            .map_err(|findings| SpecError::new(path, &text, findings, |_, _| 0..0))?;
        let spec = typed(&document.value).map_err(|findings| {
            SpecError::new(path, &text, findings, |place, spot| document.locate(place, spot))
        })?;
        Ok(Self { path: path.to_owned(), text, document, spec })
    }

    /// The spec as written.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the spec means: checks every name and parameter against the catalog, completes defaults, expands grids.
    /// `fingerprint` is asked last, for it may have to read large files.
    ///
    /// # Errors
    /// All problems at once, each with its place in the file.
    pub fn plan(
        &self,
        catalog: &Catalog,
        fingerprint: &mut Fingerprint,
    ) -> Result<Plan, SpecError> {
        planning::plan(self, catalog, fingerprint).map_err(|findings| {
            let locate = |place: &Place, spot: &_| self.document.locate(place, spot);
            SpecError::new(&self.path, &self.text, findings, locate)
        })
    }

    /// The error of a dataset that could not be made, at the part of the spec that is to blame.
    pub fn blame(&self, unprepared: &Unprepared) -> SpecError {
        let locate = |place: &Place, spot: &_| self.document.locate(place, spot);
        SpecError::new(&self.path, &self.text, vec![self.finding(unprepared)], locate)
    }

    pub(crate) fn finding(&self, unprepared: &Unprepared) -> Finding {
        let (place, data) = (Place::root().key("data"), &self.spec.data);
        let (place, params, what) = match unprepared.part {
            DataPart::Source => {
                let what = format!("the source `{}` cannot be read", data.source.name);
                (place.key("source"), &data.source.params, what)
            }
            DataPart::Join(i) => {
                let what = format!("the join `{}` cannot be read", data.join[i].name);
                (place.key("join").index(i), &data.join[i].params, what)
            }
            DataPart::Step(i) => {
                let what = format!("the step `{}` cannot be done", data.steps[i].name);
                (place.key("steps").index(i), &data.steps[i].params, what)
            }
        };
        let written = unprepared.value.as_ref().and_then(|value| {
            let place = place.key("params");
            params.iter().find_map(|(key, params)| written(value, params, &place.key(key)))
        });
        let message = format!("{what}: {}", chain(&*unprepared.error));
        Finding::value(written.unwrap_or(place), message)
    }

    /// Whether the text says something at `place`: an empty grid and none read the same in a [`Spec`].
    pub(crate) fn says(&self, place: &Place) -> bool {
        self.document.has(place)
    }
}

/// Where `value` is written in parameters, first of all.
fn written(value: &str, params: &Value, place: &Place) -> Option<Place> {
    match params {
        Value::String(text) => (text == value).then(|| place.clone()),
        Value::Array(entries) => {
            entries.iter().enumerate().find_map(|(i, entry)| written(value, entry, &place.index(i)))
        }
        Value::Object(entries) => {
            entries.iter().find_map(|(key, entry)| written(value, entry, &place.key(key)))
        }
        _ => None,
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// No spec that a person means is near this; one from a stranger must not take the machine's memory.
const LARGEST_FILE: usize = 4 << 20;

/// The file, or a little more of it than a spec may have.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn typed(value: &Value) -> Result<Spec, Vec<Finding>> {
    let findings = Checker::new(spec_schema()).findings(value, &Place::root());
    if !findings.is_empty() {
        return Err(findings);
    }
    serde_json::from_value(value.clone())
        .map_err(|error| vec![Finding::value(Place::root(), format!("not a spec: {error}"))])
}

fn unreadable(path: &Path, error: &io::Error) -> SpecError {
    if error.kind() != io::ErrorKind::NotFound {
        let message = format!("cannot read `{}`: {error}", path.display());
        return SpecError::unreadable(path, message, None);
    }
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let help = match specs_in(folder) {
        Err(_) => format!("there is no folder `{}` either", folder.display()),
        Ok(specs) if specs.is_empty() => {
            format!("the folder `{}` holds no .yaml file", folder.display())
        }
        Ok(specs) => {
            let names: Vec<&str> = specs.iter().map(String::as_str).collect();
            let written = path.file_name().unwrap_or_default().to_string_lossy();
            let meant = nearest(&written, &names).map(|name| format!("did you mean `{name}`? "));
            format!("{}there: {}", meant.unwrap_or_default(), list(&names))
        }
    };
    let message = format!("there is no file `{}`", path.display());
    SpecError::unreadable(path, message, Some(help))
}

fn specs_in(folder: &Path) -> io::Result<Vec<String>> {
    let names =
        fs::read_dir(folder)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_yaml = |name: &String| {
        Path::new(name).extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
    };
    let mut names: Vec<String> = names.filter(is_yaml).collect();
    names.sort();
    Ok(names)
}
