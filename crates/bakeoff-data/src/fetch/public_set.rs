//! A public data set: where it is published, what of it is kept, and the spec that reads it.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::cannot_write;
pub use super::checksum::Checksum;
use super::checksum::sha256;
use super::http::Patience;
use super::mirrors::{Wanted, bring, under};
use super::part::{Part, parts_of, remove_parts_of};
use super::unzip::{last_part, unzip};
use crate::cache::{self, Lock};
use crate::error::DataError;
use crate::sources;

/// Beside the files, what [`sources::hash`] says of them.
const CONTENT: &str = "content";

/// What is known of a set before it is fetched.
#[derive(Debug)]
pub struct PublicSet {
    /// What it is called; also the folder it is kept in.
    pub name: &'static str,
    /// What it is, and the paper to cite.
    pub about: &'static str,
    /// Under which terms it may be used.
    pub licence: &'static str,
    /// What is downloaded.
    pub remotes: &'static [Remote],
    /// The source that reads it.
    pub source: &'static str,
    /// The parameters of that source.
    pub params: &'static [(&'static str, Value)],
}

/// A file that is downloaded.
#[derive(Debug)]
pub struct Remote {
    /// What it is called, here and at mirrors.
    pub file: &'static str,
    /// Where it is published, best first. One without TLS is of use where there is a checksum: certificates expire.
    pub urls: &'static [&'static str],
    /// Its bytes, if they are known.
    pub len: Option<u64>,
    /// Its checksum, if its publisher or others who hold it to one say it. Without one, the first download is pinned.
    pub checksum: Option<Checksum<'static>>,
    /// What is taken out of it, a zip archive; if nothing, the file is kept as it is.
    pub members: &'static [&'static str],
}

/// The value of a parameter.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    /// Itself.
    Text(&'static str),
    /// The path of a kept file.
    File(&'static str),
    /// The path of the folder that they are kept in.
    Folder,
}

impl PublicSet {
    /// Bytes to download, if all are known.
    pub fn bytes(&self) -> Option<u64> {
        self.remotes.iter().map(|remote| remote.len).sum()
    }

    /// The lines of a spec that read the set, once it is fetched into `cache`.
    pub fn yaml(&self, cache: &Path) -> String {
        let mut text = format!("data:\n  source:\n    name: {}\n    params:\n", self.source);
        for (param, value) in self.params(cache) {
            // A JSON string is a YAML string, whatever is in it.
            writeln!(text, "      {param}: {}", serde_json::Value::String(value))
                .expect("a string takes all that is written");
        }
        text
    }

    /// The source's parameters.
    pub(super) fn params(&self, cache: &Path) -> Vec<(&'static str, String)> {
        // A relative path in a spec is one from the spec's folder.
        let folder = self.kept_in(cache);
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        let text = |value: &Value| match value {
            Value::Text(text) => (*text).to_owned(),
            Value::File(name) => folder.join(name).display().to_string(),
            Value::Folder => folder.display().to_string(),
        };
        self.params.iter().map(|(param, value)| (*param, text(value))).collect()
    }

    /// Downloads the set unless it is there and whole.
    pub(super) fn fetch(
        &self,
        cache: &Path,
        mirror: Option<&str>,
        patience: Patience,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Vec<PathBuf>, DataError> {
        let folder = self.kept_in(cache);
        let files = self.files(&folder);
        if !is_whole(&folder, &files) {
            let lock = Lock::take(&folder, notice)?;
            if !is_whole(&folder, &files) {
                let parts = parts_of(&folder)?;
                let bring = |remote| self.bring(remote, &folder, &parts, mirror, patience, notice);
                let brought: Vec<Part> =
                    self.remotes.iter().map(bring).collect::<Result<_, _>>()?;
                self.publish(&lock, &folder, &brought)?;
                remove_parts_of(&folder)?;
            }
        }
        Ok(files.into_iter().map(|(_, path)| path).collect())
    }

    fn kept_in(&self, cache: &Path) -> PathBuf {
        cache.join("downloads").join(self.name)
    }

    fn files(&self, folder: &Path) -> Vec<(&'static str, PathBuf)> {
        let kept = |remote: &'static Remote| match remote.members {
            [] => std::slice::from_ref(&remote.file),
            members => members,
        };
        let names = self.remotes.iter().flat_map(kept);
        names.map(|name| (*name, folder.join(last_part(name)))).collect()
    }

    /// Downloads one file, and pins what it holds if nobody has said it before.
    fn bring(
        &self,
        remote: &Remote,
        folder: &Path,
        parts: &Path,
        mirror: Option<&str>,
        patience: Patience,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Part, DataError> {
        let mirror = mirror.map(|mirror| under(mirror, remote.file)).transpose()?;
        let pins = folder.with_extension("sha256");
        let pin = if remote.checksum.is_none() { pinned(&pins, remote.file) } else { None };
        let wanted = Wanted {
            set: self.name,
            file: remote.file,
            urls: mirror.into_iter().chain(remote.urls.iter().map(ToString::to_string)).collect(),
            len: remote.len,
            checksum: remote.checksum.or(pin.as_deref().map(Checksum::Sha256)),
            pin: pin.is_some().then_some(&*pins),
        };
        let part = bring(&wanted, parts, patience, notice)?;
        if wanted.checksum.is_none() {
            let sha256 = sha256(&part.path)
                .map_err(|source| DataError::Read { path: part.path.clone(), source })?;
            append_line(&pins, &format!("{sha256}  {}", remote.file))?;
            notice(&format!(
                "no checksum of {} is published; this one has SHA-256 {sha256}, noted in {}: later downloads are held \
                 to it",
                remote.file,
                pins.display()
            ));
        }
        Ok(part)
    }

    /// Gives all files their names at once.
    fn publish(&self, lock: &Lock, folder: &Path, brought: &[Part]) -> Result<(), DataError> {
        let scratch = lock.scratch()?;
        let built = scratch.join("files");
        fs::create_dir_all(&built).map_err(|source| cannot_write(&built, source))?;
        for (remote, part) in self.remotes.iter().zip(brought) {
            match remote.members {
                [] => part.publish(&built.join(remote.file))?,
                members => unzip(self.name, &part.path, members, &built)?,
            }
        }
        append_line(&built.join(CONTENT), &sources::hash(&self.files(&built))?)?;
        sync(&built)?;
        lock.publish(&built)?;
        folder.parent().map_or(Ok(()), sync)?;
        cache::remove(&scratch)
    }
}

/// Whether the files hold what was once published.
fn is_whole(folder: &Path, files: &[(&'static str, PathBuf)]) -> bool {
    let content = fs::read_to_string(folder.join(CONTENT));
    content.is_ok_and(|content| sources::hash(files).is_ok_and(|hash| hash == content.trim_end()))
}

/// The SHA-256 of a file that was noted at its first download.
fn pinned(pins: &Path, file: &str) -> Option<String> {
    let text = fs::read_to_string(pins).ok()?;
    let hash = |line: &str| {
        let (hash, name) = line.split_once("  ")?;
        (name == file && hash.len() == 64).then(|| hash.to_owned())
    };
    text.lines().find_map(hash)
}

fn append_line(path: &Path, line: &str) -> Result<(), DataError> {
    let file = File::options().create(true).append(true).open(path);
    let written = file.and_then(|mut file| {
        writeln!(file, "{line}")?;
        file.sync_all()
    });
    written.map_err(|source| cannot_write(path, source))
}

/// Has the system write a folder's list of names to the disk.
fn sync(folder: &Path) -> Result<(), DataError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|source| cannot_write(folder, source))
}
