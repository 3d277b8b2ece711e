//! Data that lies inside a wheel on `PyPI`, fetched by pip, checked by hash, kept in the cache.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::checksum::hex;
use crate::cache::{self, Lock};
use crate::error::DataError;
use crate::sources;

/// Files inside a pinned wheel.
#[derive(Debug)]
pub struct Download {
    /// The source that needs them; also the folder they are kept in.
    pub name: &'static str,
    /// What pip is asked for.
    pub requirement: &'static str,
    /// The wheel's hash.
    pub wheel_sha256: &'static str,
    /// The wheel's size in bytes, for the display alone.
    pub wheel_len: u64,
    /// Where the files lie inside the wheel.
    pub folder: &'static str,
    /// Role and name of each file.
    pub files: &'static [(&'static str, &'static str)],
    /// Under which terms the data may be used.
    pub licence: &'static str,
    /// [`sources::hash`] of the files.
    pub content: &'static str,
    /// What a person without a network can do.
    pub otherwise: &'static str,
}

impl Download {
    /// Where the files lie once fetched.
    pub fn files(&self, cache: &Path) -> Vec<(&'static str, PathBuf)> {
        let folder = self.kept_in(cache);
        self.files.iter().map(|&(role, name)| (role, folder.join(name))).collect()
    }

    /// Fetches the files unless they are there and whole. They appear together or not at all.
    pub fn fetch(
        &self,
        cache: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Vec<PathBuf>, DataError> {
        self.fetch_with("python3", cache, notice)
    }

    fn fetch_with(
        &self,
        python: &str,
        cache: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Vec<PathBuf>, DataError> {
        let files = self.files(cache);
        let is_whole = || sources::hash(&files).is_ok_and(|content| content == self.content);
        if !is_whole() {
            let folder = self.kept_in(cache);
            let lock = Lock::take(&folder, notice)?;
            if !is_whole() {
                let scratch = lock.scratch()?;
                let wheel = self.download(python, &scratch, notice)?;
                let unpacked = scratch.join("files");
                self.unpack(&wheel, &unpacked)?;
                lock.publish(&unpacked)?;
                cache::remove(&scratch)?;
            }
        }
        Ok(files.into_iter().map(|(_, path)| path).collect())
    }

    fn kept_in(&self, cache: &Path) -> PathBuf {
        cache.join("downloads").join(self.name)
    }

    /// Has pip put the wheel into `scratch`.
    fn download(
        &self,
        python: &str,
        scratch: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<PathBuf, DataError> {
        let log = scratch.join("pip.log");
        let mut pip = self
            .pip(python, scratch, &log)
            .map_err(|error| self.failed(format!("{python} does not start ({error})")))?;
        let mut shown = String::new();
        let status = loop {
            if let Some(status) = pip.try_wait().map_err(|error| self.failed(error.to_string()))? {
                break status;
            }
            let megabytes = |bytes: u64| bytes as f64 / 1e6;
            let (here, all) = (size_below(scratch).min(self.wheel_len), self.wheel_len);
            let line = format!("{}: {:.1} of {:.1} MB", self.name, megabytes(here), megabytes(all));
            if shown != line {
                notice(&line);
                shown = line;
            }
            std::thread::sleep(Duration::from_millis(200));
        };
        if !status.success() {
            let log = fs::read_to_string(&log).unwrap_or_default();
            return Err(self.failed(reason(&log)));
        }
        let wheels = fs::read_dir(scratch).into_iter().flatten().flatten();
        let wheel = wheels.map(|entry| entry.path()).find(|path| has_ending(path, "whl"));
        wheel.ok_or_else(|| self.failed("pip brought no wheel".into()))
    }

    fn pip(&self, python: &str, scratch: &Path, log: &Path) -> io::Result<Child> {
        let log = File::create(log)?;
        Command::new(python)
            .args([
                "-m",
                "pip",
                "download",
                "--no-input",
                "--no-deps",
                "--no-cache-dir",
                "--retries=2",
            ])
            .args(["--disable-pip-version-check", "--only-binary=:all:", self.requirement])
            .arg("--dest")
            .arg(scratch)
            // pip downloads to its temporary folder first: there its progress can be seen.
            .env("TMPDIR", scratch)
            .env("PIP_REQUIRE_VIRTUALENV", "0")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
    }

    /// Writes the files of the wheel into the new folder `to`, after comparing the hash.
    fn unpack(&self, wheel: &Path, to: &Path) -> Result<(), DataError> {
        let bytes =
            fs::read(wheel).map_err(|source| DataError::Read { path: wheel.to_owned(), source })?;
        let sha256 = hex(&Sha256::digest(&bytes));
        if sha256 != self.wheel_sha256 {
            return Err(self.failed(format!(
                "the wheel of {} has SHA-256 {sha256} instead of {}",
                self.requirement, self.wheel_sha256
            )));
        }
        let damaged = |error: &dyn std::fmt::Display| self.failed(format!("the wheel: {error}"));
        let mut archive = ZipArchive::new(io::Cursor::new(bytes)).map_err(|e| damaged(&e))?;
        fs::create_dir_all(to)
            .map_err(|source| DataError::Write { path: to.to_owned(), source })?;
        for (_, name) in self.files {
            let mut file =
                archive.by_name(&format!("{}/{name}", self.folder)).map_err(|e| damaged(&e))?;
            let mut bytes = Vec::new();
            io::copy(&mut file, &mut bytes).map_err(|e| damaged(&e))?;
            cache::write(&to.join(name), &bytes)?;
        }
        Ok(())
    }

    fn failed(&self, reason: String) -> DataError {
        let fix = format!(
            "with python3, its pip and a network, `bakeoff data fetch {}` fetches it once; without, use {}",
            self.name, self.otherwise
        );
        DataError::Download { name: self.name, reason, fix }
    }
}

/// The line of pip's output that says why.
fn reason(log: &str) -> String {
    if log.contains("Retrying (") {
        return "the package index cannot be reached".into();
    }
    let said = log.lines().find_map(|line| line.strip_prefix("ERROR: "));
    let last = log.lines().rev().find(|line| !line.trim().is_empty());
    said.or(last).unwrap_or("pip said nothing").trim().to_owned()
}

fn size_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        // pip moved it between the listing and the look.
        Err(_) => 0,
    };
    entries.map(size).sum()
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found == ending)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn download(sha256: &'static str, content: &'static str) -> Download {
        Download {
            name: "tiny",
            requirement: "tiny==1",
            wheel_sha256: sha256,
            wheel_len: 100,
            folder: "tiny/data",
            files: &[("interactions", "tiny.inter")],
            licence: "none",
            content,
            otherwise: "source `csv`",
        }
    }

    /// A wheel with one file, and its hash.
    fn wheel(folder: &Path) -> (PathBuf, &'static str) {
        let path = folder.join("tiny.whl");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        zip.start_file("tiny/data/tiny.inter", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"inside").unwrap();
        zip.finish().unwrap();
        let sha256 = hex(&Sha256::digest(fs::read(&path).unwrap()));
        (path, sha256.leak())
    }

    #[test]
    fn a_wheel_with_the_pinned_hash_is_unpacked() {
        let dir = tempfile::tempdir().unwrap();
        let (path, sha256) = wheel(dir.path());
        let to = dir.path().join("files");
        download(sha256, "").unpack(&path, &to).unwrap();
        assert_eq!(fs::read(to.join("tiny.inter")).unwrap(), b"inside");
    }

    #[test]
    fn a_wheel_with_another_hash_is_refused_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (path, sha256) = wheel(dir.path());
        let to = dir.path().join("files");
        let error = download("00ff", "").unpack(&path, &to).unwrap_err().to_string();
        assert!(error.contains(&format!("SHA-256 {sha256} instead of 00ff")), "{error}");
        assert!(!to.exists());
    }

    #[test]
    fn without_python_the_error_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let error = download("", "").fetch_with("no-such-python", dir.path(), &mut |_| {});
        let error = error.unwrap_err();
        assert!(error.is_user_mistake());
        let text = error.to_string();
        assert!(text.starts_with("cannot fetch tiny: no-such-python does not start"), "{text}");
        assert!(
            text.contains("`bakeoff data fetch tiny`") && text.contains("source `csv`"),
            "{text}"
        );
    }

    #[test]
    fn whole_files_are_not_fetched_again() {
        let dir = tempfile::tempdir().unwrap();
        let probe = download("", "");
        let [(role, path)] = probe.files(dir.path()).try_into().unwrap();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "inside").unwrap();
        let content = sources::hash(&[(role, path.clone())]).unwrap();
        let whole = download("", content.leak());
        let files = whole.fetch_with("no-such-python", dir.path(), &mut |_| {}).unwrap();
        assert_eq!(files, [path]);
    }
}
