//! Where interactions come from. To add a source: write its file, add its line.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bakeoff_spec::registry::{find, params_of};
use bakeoff_spec::trial::content_key;
use bakeoff_spec::{Entry, Params, Plugin};

use crate::error::DataError;
use crate::fetch::Download;
use crate::interactions::Interactions;

bakeoff_spec::register! { SourceEntry, build;
    csv::Csv,
    recbole::RecBole,
    sequences::Sequences,
    ml_100k::Ml100k,
    synthetic::Synthetic,
}

/// A source with its parameters.
pub trait Source {
    /// The files it reads, each with its role, in a fixed order. Their content is all that a prepared dataset depends
    /// on besides the parameters.
    fn files(&self, _cache: &Path) -> Vec<(&'static str, PathBuf)> {
        Vec::new()
    }

    /// What must be downloaded before, if anything.
    fn download(&self) -> Option<&'static Download> {
        None
    }

    /// The interactions in `files`, which are those of [`Source::files`].
    fn read(&self, files: &SourceFiles) -> Result<Interactions, DataError>;
}

/// A file, whole.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// What it is to the source.
    pub role: &'static str,
    /// Where it lies, for messages.
    pub path: PathBuf,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// The files of a source.
#[derive(Debug, Clone, Default)]
pub struct SourceFiles(pub Vec<SourceFile>);

impl SourceFiles {
    /// Reads files into memory.
    pub fn read(files: Vec<(&'static str, PathBuf)>) -> Result<Self, DataError> {
        let read = |(role, path): (&'static str, PathBuf)| match is_file(&path)
            .and_then(|()| fs::read(&path))
        {
            Ok(bytes) => Ok(SourceFile { role, path, bytes }),
            Err(source) => Err(DataError::Read { path, source }),
        };
        files.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// What [`hash`] says of the same files, from what was read.
    pub fn content(&self) -> String {
        let hashes = self.0.iter().map(|file| (file.role, blake3::hash(&file.bytes).to_string()));
        content_key(&hashes.collect::<Vec<_>>())
    }

    /// The file with a role, if there is one.
    pub fn get(&self, role: &str) -> Option<&SourceFile> {
        self.0.iter().find(|file| file.role == role)
    }

    /// The file of the interactions, which every source with files names first.
    pub fn interactions(&self) -> &SourceFile {
        self.get(INTERACTIONS).expect("a source that reads files names its interactions")
    }
}

/// Role of the file with the interactions.
pub const INTERACTIONS: &str = "interactions";
/// Role of the file with what is known of users.
pub const USERS: &str = "users";
/// Role of the file with what is known of items.
pub const ITEMS: &str = "items";

/// What files hold, in 32 hex digits; roles and order count, paths do not.
pub fn hash(files: &[(&'static str, PathBuf)]) -> Result<String, DataError> {
    let hash = |(role, path): &(&'static str, PathBuf)| {
        let mut hasher = blake3::Hasher::new();
        let open = is_file(path).and_then(|()| File::open(path));
        let update = open.and_then(|file| hasher.update_reader(file).map(|_| ()));
        update.map_err(|source| DataError::Read { path: path.clone(), source })?;
        Ok((*role, hasher.finalize().to_string()))
    };
    Ok(content_key(&files.iter().map(hash).collect::<Result<Vec<_>, DataError>>()?))
}

/// A device or a pipe may have no end.
fn is_file(path: &Path) -> io::Result<()> {
    if fs::metadata(path)?.is_file() {
        return Ok(());
    }
    Err(io::Error::other("it is no regular file"))
}

/// One registered source.
pub type SourceEntry = Entry<fn(&Params) -> Result<Box<dyn Source>, DataError>>;

/// The source called `name` with these parameters.
pub fn source(name: &str, params: &Params) -> Result<Box<dyn Source>, DataError> {
    let unknown = || DataError::Unknown { kind: "source", name: name.to_owned() };
    (find(ALL, name).ok_or_else(unknown)?.build)(params)
}

fn build<P: Plugin<Params: Source>>(params: &Params) -> Result<Box<dyn Source>, DataError> {
    let params =
        params_of::<P>(params).map_err(|source| DataError::Params { plugin: P::NAME, source })?;
    Ok(Box::new(params))
}
