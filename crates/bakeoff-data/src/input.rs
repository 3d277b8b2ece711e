//! The files of a source: which there are, what they hold, and their bytes, whatever they are packed with.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bakeoff_spec::trial::content_key;
use flate2::read::MultiGzDecoder;
use globset::GlobBuilder;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use crate::archive;
use crate::error::DataError;

/// A file that a source reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// What it is to the source.
    pub role: &'static str,
    /// Where it lies.
    pub path: PathBuf,
    /// Its name, where the source makes something of it: then it is part of the content.
    pub name: Option<String>,
}

impl InputFile {
    /// A file of whose name nothing is made.
    pub fn new(role: &'static str, path: impl Into<PathBuf>) -> Self {
        Self { role, path: path.into(), name: None }
    }
}

/// The files of a source, by role.
#[derive(Debug, Clone, Default)]
pub struct InputFiles(pub Vec<InputFile>);

impl InputFiles {
    /// The files with a role, in the order of the source.
    pub fn of(&self, role: &str) -> Vec<PathBuf> {
        self.0.iter().filter(|file| file.role == role).map(|file| file.path.clone()).collect()
    }

    /// The first file with a role, if there is one.
    pub fn get(&self, role: &str) -> Option<&Path> {
        self.0.iter().find(|file| file.role == role).map(|file| file.path.as_path())
    }
}

/// The files that a path in a spec means: a file, the files below a folder whose names end in one of `endings` (packed
/// or not), or those that match a glob. Ascending by path, so that the order is the same everywhere.
pub(crate) fn expand(path: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, DataError> {
    let has_wildcard = |text: &str| text.contains(['*', '?', '[', '{']);
    let is_glob = has_wildcard(&path.to_string_lossy()) && !path.exists();
    if !is_glob && !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let no_files = |reason: String| DataError::NoFiles { path: path.to_owned(), reason };
    // A folder that is there is meant by its name, which may have brackets: what comes after it is the pattern.
    let root = path.ancestors().find(|part| part.is_dir()).unwrap_or(Path::new("."));
    let pattern = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
    if is_glob && !pattern.split('/').next().is_some_and(has_wildcard) {
        return Err(no_files("no file matches".to_owned()));
    }
    let glob = GlobBuilder::new(&pattern).literal_separator(true).build();
    let glob = glob.map_err(|error| no_files(error.to_string()))?.compile_matcher();
    let mut files = Vec::new();
    let is_hidden = |entry: &walkdir::DirEntry| {
        entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.')
    };
    let walk = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| !is_hidden(entry)) {
        let entry = entry.map_err(|error| no_files(error.to_string()))?;
        let below = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let is_meant = if is_glob { glob.is_match(below) } else { has_ending(below, endings) };
        if entry.file_type().is_file() && is_meant {
            files.push(entry.into_path());
        }
    }
    if files.is_empty() {
        let reason = if is_glob {
            "no file matches".to_owned()
        } else {
            format!("no file below it ends in {}", endings.join(", "))
        };
        return Err(no_files(reason));
    }
    Ok(files)
}

/// Whether a file's name ends in one of these, what it is packed with left aside.
fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = [".gz", ".zst", ".zstd"]
        .iter()
        .find_map(|packed| name.strip_suffix(packed))
        .unwrap_or(&name);
    endings.iter().any(|ending| name.ends_with(&format!(".{ending}")))
}

/// The bytes of a file, unpacked if it begins as gzip or Zstandard do.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read + Send>, DataError> {
    let read_error = |source| DataError::Read { path: path.to_owned(), source };
    let mut file: Box<dyn Read + Send> = match archive::open(path).map_err(read_error)? {
        Some(member) => member,
        None => Box::new(open_file(path).map_err(read_error)?),
    };
    let mut start = Vec::new();
    (&mut file).take(16).read_to_end(&mut start).map_err(read_error)?;
    let text = String::from_utf8_lossy(&start).to_ascii_lowercase();
    if text.starts_with("<!doctype html") || text.starts_with("<html") {
        let reason = "it is a web page: perhaps a download that failed";
        return Err(read_error(io::Error::new(io::ErrorKind::InvalidData, reason)));
    }
    let whole = io::Cursor::new(start.clone()).chain(file);
    Ok(match start[..] {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 18, whole))),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::new(whole).map_err(read_error)?),
        _ => Box::new(whole),
    })
}

/// Tables shrink to a fifth; what grows by more than this is made to fill the memory.
const GROWTH_LIMIT: u64 = 100;
/// What may be read all at once, however small it is on disk.
const SMALL: u64 = 1 << 26;

/// The bytes of a file, all at once, unpacked.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, DataError> {
    let read_error = |source| DataError::Read { path: path.to_owned(), source };
    // Of a member of an archive, the size of the archive counts.
    let on_disk =
        path.ancestors().find_map(|path| fs::metadata(path).ok().filter(fs::Metadata::is_file));
    let n_bytes = on_disk.map_or(0, |metadata| metadata.len());
    let limit = n_bytes.saturating_mul(GROWTH_LIMIT).max(SMALL);
    let mut bytes = Vec::new();
    open(path)?.take(limit + 1).read_to_end(&mut bytes).map_err(read_error)?;
    if bytes.len() as u64 > limit {
        let reason = format!(
            "unpacked it is more than {GROWTH_LIMIT} times as large; unpack it if it is what it should be"
        );
        return Err(read_error(io::Error::new(io::ErrorKind::InvalidData, reason)));
    }
    Ok(bytes)
}

/// A device or a pipe may have no end.
fn open_file(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    File::open(path)
}

/// What files hold, in 32 hex digits; roles, order and names that matter count, paths do not. What was hashed before
/// and has not been touched since is remembered in `cache`.
pub fn content(files: &[InputFile], cache: Option<&Path>) -> Result<String, DataError> {
    let hash = |file: &InputFile| {
        let hash = hash(&file.path, cache)
            .map_err(|source| DataError::Read { path: file.path.clone(), source })?;
        Ok((file.role, file.name.clone(), hash))
    };
    let hashes: Vec<_> = files.par_iter().map(hash).collect::<Result<_, DataError>>()?;
    if hashes.iter().all(|(_, name, _)| name.is_none()) {
        let hashes: Vec<_> = hashes.iter().map(|(role, _, hash)| (role, hash)).collect();
        return Ok(content_key(&hashes));
    }
    Ok(content_key(&hashes))
}

/// What the system says of a file that changes when it is written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    device: u64,
    len: u64,
    modified: u128,
    changed: (i64, i64),
    inode: u64,
}

/// A remembered hash.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    stamp: Stamp,
    blake3: String,
    /// [`content_key`] of the two above.
    checksum: String,
}

/// A file that was touched more recently than this before it was read could have been touched again within what the
/// file system's clock can tell: two seconds on the coarsest, and as much again where the clock is a server's.
const SETTLED: Duration = Duration::from_secs(5);
/// Files below this size are hashed faster than looked up.
const WORTH_REMEMBERING: u64 = 1 << 22;
/// Bytes that are hashed on all cores while the next ones are read: so many that they stay in the cache.
const AT_A_TIME: usize = 1 << 20;

fn hash(path: &Path, cache: Option<&Path>) -> io::Result<String> {
    hash_at(path, cache, SystemTime::now())
}

fn hash_at(path: &Path, cache: Option<&Path>, now: SystemTime) -> io::Result<String> {
    let file = open_file(path)?;
    let stamp = stamp(&file)?;
    let memory = cache.filter(|_| stamp.len >= WORTH_REMEMBERING).map(|cache| {
        let key = blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex();
        cache.join("hashes").join(&key[..32])
    });
    if let Some(known) = memory.as_ref().and_then(|memory| remembered(memory, &stamp)) {
        return Ok(known);
    }
    let mut hasher = blake3::Hasher::new();
    update(&mut hasher, file)?;
    let blake3 = hasher.finalize().to_string();
    if let Some(memory) = memory
        && is_settled(&stamp, now)
        && self::stamp(&open_file(path)?)? == stamp
    {
        remember(&memory, stamp, &blake3);
    }
    Ok(blake3)
}

/// Hashes what is left of a file. It is read and not mapped: whoever cuts a mapped file short kills who looks at it.
fn update(hasher: &mut blake3::Hasher, mut file: File) -> io::Result<()> {
    let n_bytes = file.metadata()?.len().min(AT_A_TIME as u64) as usize;
    let (mut this, mut next) = (Vec::with_capacity(n_bytes), Vec::with_capacity(n_bytes));
    let mut fill = |buffer: &mut Vec<u8>| {
        buffer.clear();
        (&mut file).take(AT_A_TIME as u64).read_to_end(buffer)
    };
    fill(&mut this)?;
    while !this.is_empty() {
        let (_, read) = rayon::join(|| hasher.update_rayon(&this), || fill(&mut next));
        read?;
        std::mem::swap(&mut this, &mut next);
    }
    Ok(())
}

fn stamp(file: &File) -> io::Result<Stamp> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata()?;
    let modified = metadata.modified()?.duration_since(SystemTime::UNIX_EPOCH);
    Ok(Stamp {
        device: metadata.dev(),
        len: metadata.len(),
        modified: modified.unwrap_or_default().as_nanos(),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
        inode: metadata.ino(),
    })
}

/// Whether what was written after `now` has another stamp.
fn is_settled(stamp: &Stamp, now: SystemTime) -> bool {
    let changed = Duration::new(stamp.changed.0.max(0) as u64, stamp.changed.1.max(0) as u32);
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    changed + SETTLED < now
}

fn remembered(memory: &Path, stamp: &Stamp) -> Option<String> {
    let known: Remembered = serde_json::from_slice(&fs::read(memory).ok()?).ok()?;
    let is_whole = content_key(&(&known.stamp, &known.blake3)) == known.checksum;
    (is_whole && known.stamp == *stamp).then_some(known.blake3)
}

/// Whatever goes wrong here costs time at the next look, and nothing else.
fn remember(memory: &Path, stamp: Stamp, blake3: &str) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let checksum = content_key(&(&stamp, blake3));
    let known = Remembered { stamp, blake3: blake3.to_owned(), checksum };
    let unique = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary = memory.with_extension(format!("{}-{unique}.tmp", std::process::id()));
    let written = memory
        .parent()
        .ok_or_else(|| io::Error::other("no folder"))
        .and_then(fs::create_dir_all)
        .and_then(|()| fs::write(&temporary, serde_json::to_vec(&known)?))
        .and_then(|()| fs::rename(&temporary, memory));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn write(path: &Path, bytes: &[u8]) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    #[test]
    fn a_path_is_a_file_a_folder_or_a_glob() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv.gz", "deep/c.CSV", "deep/.hidden.csv", "notes.txt"] {
            write(&dir.path().join(name), b"x");
        }
        let names = |path: &str| -> Vec<String> {
            let files = expand(&dir.path().join(path), &["csv"]).unwrap();
            let name = |file: PathBuf| file.strip_prefix(dir.path()).unwrap().display().to_string();
            files.into_iter().map(name).collect()
        };
        assert_eq!(names("b.csv"), ["b.csv"]);
        assert_eq!(names("."), ["a.csv.gz", "b.csv", "deep/c.CSV"]);
        assert_eq!(names("*.csv*"), ["a.csv.gz", "b.csv"]);
        assert_eq!(names("**/*.{csv,CSV}"), ["b.csv", "deep/c.CSV"]);
        write(&dir.path().join("[x] {y}/d[1].csv"), b"x");
        for path in ["[x] {y}", "[x] {y}/*.csv", "[x] {y}/d[1].csv", "?x? *y*/*.csv"] {
            assert_eq!(names(path), ["[x] {y}/d[1].csv"], "{path}");
        }
        assert_eq!(names("[d]eep/*"), ["deep/c.CSV"]);
        fs::remove_dir_all(dir.path().join("[x] {y}")).unwrap();
        let none = |path: &str| expand(&dir.path().join(path), &["csv"]).unwrap_err().to_string();
        assert!(none("*.parquet").contains("no file matches"), "{}", none("*.parquet"));
        assert!(none("no such/*.csv").contains("no file matches"), "{}", none("no such/*.csv"));
        fs::create_dir(dir.path().join("empty")).unwrap();
        assert!(none("empty").contains("no file below it ends in csv"), "{}", none("empty"));
    }

    #[test]
    fn packed_files_are_unpacked_by_what_they_begin_with() {
        let dir = tempfile::tempdir().unwrap();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"twice ").unwrap();
        let mut twice = gzip.finish().unwrap();
        twice.extend(twice.clone());
        let zstd = zstd::encode_all(&b"once"[..], 1).unwrap();
        for (name, bytes, expected) in [
            ("a.csv", &b"as it is"[..], &b"as it is"[..]),
            ("b.csv", &twice, b"twice twice "),
            ("c.csv", &zstd, b"once"),
            ("d.csv", b"", b""),
        ] {
            let path = dir.path().join(name);
            write(&path, bytes);
            assert_eq!(read(&path).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_packed_to_fill_the_memory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bomb.zst");
        write(&path, &zstd::encode_all(io::repeat(b'1').take(SMALL + 1), 1).unwrap());
        let error = read(&path).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("more than 100 times as large"), "{source}");
        write(&path, &zstd::encode_all(io::repeat(b'1').take(SMALL), 1).unwrap());
        assert_eq!(read(&path).unwrap().len() as u64, SMALL);
    }

    #[test]
    fn a_remembered_hash_holds_only_as_long_as_the_file_is_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let (path, cache) = (dir.path().join("x.csv"), dir.path().join("cache"));
        let bytes = vec![7; WORTH_REMEMBERING as usize];
        write(&path, &bytes);
        let memory = |cache: &Path| fs::read_dir(cache.join("hashes")).map_or(0, Iterator::count);
        let now = SystemTime::now();
        let later = now + SETTLED + Duration::from_secs(1);
        let first = hash_at(&path, Some(&cache), now).unwrap();
        assert_eq!(first, blake3::hash(&bytes).to_string());
        assert_eq!(memory(&cache), 0, "it was written a moment before it was read");
        assert_eq!(hash_at(&path, Some(&cache), later).unwrap(), first);
        assert_eq!(memory(&cache), 1);
        assert_eq!(hash(&path, Some(&cache)).unwrap(), first);
        let mut changed = bytes;
        changed[9] = 8;
        write(&path, &changed);
        assert_ne!(hash(&path, Some(&cache)).unwrap(), first);
    }
}
