//! What a submitted array leaves in the shared folder, so that its elements find their trials and a later coordinator
//! finds its elements.
//!
//! | in `slurm/` of the store | what |
//! | --- | --- |
//! | `ID/array.json` | which trial files the elements of the array `bakeoff-ID` carry out |
//! | `ID/KEY.ATTEMPT.json` and those beside it | see [`trial_file`](crate::trial_file) |
//! | `ID/N.out` | what element N printed |
//! | `bin/bakeoff-HASH` | the program that elements run: a build in the middle of a sweep does not mix two versions |
//! | `element.sh` | the batch script |

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, SystemTime};

use bakeoff_spec::TrialKey;
use bakeoff_spec::trial::content_key;
use bakeoff_store::write_atomically;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::RunError;
use crate::sealed;
use crate::trial_file::{Assignment, TrialFile, Verdict};

/// The batch script: the worker's command comes as its arguments, so that no text of ours is read by a shell.
const ELEMENT_SCRIPT: &str = "#!/bin/sh\nexec \"$@\" --element \"$SLURM_ARRAY_TASK_ID\"\n";

/// Folders of arrays with nothing left to happen stay for a look for so long.
const A_WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

#[derive(Debug, Serialize, Deserialize)]
struct ArrayFile {
    /// File name under `bin/`.
    program: String,
    /// By element, the names of its trial files.
    elements: Vec<Vec<String>>,
}

/// An element of a submitted array, and one of the trials that it carries out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Errand {
    /// Names the array, for Slurm and for us.
    pub(super) submission: String,
    pub(super) element: u32,
    pub(super) file: TrialFile,
    /// Whether other trials share the element.
    pub(super) is_shared: bool,
}

/// The folder `slurm/` of a store.
#[derive(Debug)]
pub(super) struct Desk {
    dir: PathBuf,
    /// File name of this very program under `bin/`.
    program: String,
    n_submissions: u32,
}

impl Desk {
    /// In the store's folder; puts the program and the batch script there.
    pub(super) fn set_up(store: &Path, program: &Path) -> Result<Self, RunError> {
        let dir = store.join("slurm");
        let program = install(program, &dir.join("bin")).map_err(cannot_use(&dir))?;
        let desk = Self { dir, program, n_submissions: 0 };
        let script = desk.script();
        write_atomically(&script, ELEMENT_SCRIPT.as_bytes()).map_err(cannot_use(&script))?;
        Ok(desk)
    }

    pub(super) fn script(&self) -> PathBuf {
        self.dir.join("element.sh")
    }

    pub(super) fn program(&self) -> PathBuf {
        self.dir.join("bin").join(&self.program)
    }

    /// The folder of an array.
    pub(super) fn folder(&self, submission: &str) -> PathBuf {
        self.dir.join(submission)
    }

    /// What an element printed last.
    pub(super) fn printed(&self, errand: &Errand) -> String {
        let path = self.folder(&errand.submission).join(format!("{}.out", errand.element));
        let bytes = fs::read(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(2000)..]);
        text.trim().to_owned()
    }

    /// Writes all that the elements of a new array need. Nothing is submitted yet.
    pub(super) fn write(
        &mut self,
        elements: &[&[Assignment]],
    ) -> Result<(String, Vec<Errand>), RunError> {
        self.n_submissions += 1;
        let unique =
            (Timestamp::now().as_nanosecond().to_string(), process::id(), self.n_submissions);
        let submission = content_key(&unique)[..12].to_owned();
        let folder = self.folder(&submission);
        fs::create_dir_all(&folder).map_err(cannot_use(&folder))?;
        let mut errands = Vec::new();
        let mut names = Vec::new();
        for (element, assignments) in elements.iter().enumerate() {
            let mut names_of_element = Vec::new();
            for assignment in *assignments {
                let name = TrialFile::name_of(&assignment.order);
                let file = TrialFile::at(folder.join(&name));
                file.write(assignment).map_err(cannot_use(file.path()))?;
                errands.push(Errand {
                    submission: submission.clone(),
                    element: element as u32,
                    file,
                    is_shared: assignments.len() > 1,
                });
                names_of_element.push(name);
            }
            names.push(names_of_element);
        }
        let path = self.array_file(&submission);
        let array = ArrayFile { program: self.program.clone(), elements: names };
        sealed::seal(&array)
            .and_then(|bytes| write_atomically(&path, &bytes))
            .map_err(cannot_use(&path))?;
        Ok((submission, errands))
    }

    /// Takes an array back that was never submitted.
    pub(super) fn discard(&self, submission: &str) {
        // What is left of it is taken away a week later.
        let _ = fs::remove_dir_all(self.folder(submission));
    }

    pub(super) fn array_file(&self, submission: &str) -> PathBuf {
        self.folder(submission).join("array.json")
    }

    /// The attempts of earlier coordinators on which no verdict has been given, the latest of each trial. Takes away what
    /// nobody needs any more.
    pub(super) fn open_errands(&self) -> Result<BTreeMap<TrialKey, Errand>, RunError> {
        let mut latest: BTreeMap<TrialKey, (u32, Errand)> = BTreeMap::new();
        let mut programs = vec![self.program.clone()];
        for folder in entries(&self.dir).map_err(cannot_use(&self.dir))? {
            let Some(submission) = folder.file_name().and_then(OsStr::to_str) else { continue };
            // Also one whose coordinator died while it wrote: it was never submitted.
            let Ok(Some(array)) = sealed::read::<ArrayFile>(&self.array_file(submission)) else {
                continue;
            };
            let mut is_open = false;
            for (element, names) in array.elements.iter().enumerate() {
                for name in names {
                    let file = TrialFile::at(folder.join(name));
                    let Some((key, attempt)) = parse_name(name) else { continue };
                    if !matches!(file.verdict(), Ok(None)) {
                        continue;
                    }
                    is_open = true;
                    let errand = Errand {
                        submission: submission.to_owned(),
                        element: element as u32,
                        file,
                        is_shared: names.len() > 1,
                    };
                    let loser = match latest.get(&key) {
                        Some((other, _)) if *other >= attempt => Some(errand),
                        _ => latest.insert(key, (attempt, errand)).map(|(_, other)| other),
                    };
                    // One attempt at a time: of two that are open, somebody was killed before he could say so.
                    let called_back =
                        loser.map_or(Ok(true), |loser| loser.file.give(&Verdict::CalledBack));
                    called_back.map_err(cannot_use(&folder))?;
                }
            }
            if is_open {
                programs.push(array.program);
            } else if is_older(&folder, A_WEEK) {
                self.discard(submission);
            }
        }
        for program in entries(&self.dir.join("bin")).unwrap_or_default() {
            if !programs.iter().any(|name| program.ends_with(name)) {
                let _ = fs::remove_file(program);
            }
        }
        Ok(latest.into_iter().map(|(key, (_, errand))| (key, errand)).collect())
    }
}

/// The trial files of one element of an array.
pub fn element_files(array_file: &Path, element: u32) -> Result<Vec<PathBuf>, RunError> {
    let missing = |what: &str| io::Error::new(io::ErrorKind::NotFound, what);
    let read = sealed::read::<ArrayFile>(array_file)
        .and_then(|array| array.ok_or_else(|| missing("there is no such file")));
    let array = read.map_err(cannot_use(array_file))?;
    let names = array.elements.get(element as usize);
    let names = names.ok_or_else(|| cannot_use(array_file)(missing("it has no such element")))?;
    Ok(names.iter().map(|name| array_file.with_file_name(name)).collect())
}

fn cannot_use(path: &Path) -> impl FnOnce(io::Error) -> RunError {
    let path = path.to_owned();
    move |source| RunError::SharedFile { path, source }
}

/// Key and attempt in the name of a trial file.
fn parse_name(name: &str) -> Option<(TrialKey, u32)> {
    let (key, attempt) = name.strip_suffix(".json")?.split_once('.')?;
    Some((TrialKey::parse(key)?, attempt.parse().ok()?))
}

/// Copies the program into `bin` under its hash, if it is not there, and returns its name.
fn install(program: &Path, bin: &Path) -> io::Result<String> {
    fs::create_dir_all(bin)?;
    let hash = blake3::Hasher::new().update_mmap(program)?.finalize().to_hex();
    let name = format!("bakeoff-{}", &hash[..12]);
    let path = bin.join(&name);
    if !path.exists() {
        let copy = bin.join(format!(".{name}.{}", process::id()));
        fs::copy(program, &copy)?;
        fs::rename(&copy, &path)?;
    }
    Ok(name)
}

fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect()
}

fn is_older(path: &Path, age: Duration) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|is| is > age))
}

/// A path as an option of `sbatch` that expands `%` in it.
pub(super) fn without_patterns(path: &Path) -> OsString {
    let text = path.as_os_str().to_string_lossy().replace('%', "%%");
    if text.contains('%') { text.into() } else { path.as_os_str().to_owned() }
}
