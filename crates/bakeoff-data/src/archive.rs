//! Members of a zip archive as if they were files below it: `ml-1m.zip/ml-1m/ratings.dat`.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::path::{Component, Path, PathBuf};

use flate2::Crc;
use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use crate::delimited::shortened;
use crate::error::DataError;

/// Whether a path is one of an archive.
pub(crate) fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip")) && path.is_file()
}

/// The members of an archive, as paths below it, ascending.
pub(crate) fn members(archive: &Path) -> Result<Vec<PathBuf>, DataError> {
    let wrong =
        |reason: String| DataError::Format { path: archive.to_owned(), format: "zip", reason };
    let file = File::open(archive)
        .map_err(|source| DataError::Read { path: archive.to_owned(), source })?;
    let zip = ZipArchive::new(BufReader::new(file)).map_err(|error| wrong(error.to_string()))?;
    let mut members = Vec::with_capacity(zip.len());
    for name in zip.file_names() {
        let name = name.map_err(|error| wrong(error.to_string()))?;
        // Joined to the archive's path, such a name would be that of another file.
        let is_below = |part| matches!(part, Component::Normal(_));
        if name.is_empty() || !Path::new(&*name).components().all(is_below) {
            let name = shortened(&name);
            return Err(wrong(format!("its member `{name}` would lie outside of it")));
        }
        if !name.ends_with('/') {
            members.push(archive.join(&*name));
        }
    }
    members.sort_unstable();
    Ok(members)
}

/// The bytes of a member; `None` if the path is no member's.
pub(crate) fn open(path: &Path) -> io::Result<Option<Box<dyn Read + Send>>> {
    let Some(archive) = path.ancestors().skip(1).find(|path| is_archive(path)) else {
        return Ok(None);
    };
    let name = path.strip_prefix(archive).unwrap_or(path).to_string_lossy().into_owned();
    let mut file = File::open(archive)?;
    let mut zip = ZipArchive::new(BufReader::new(file.try_clone()?)).map_err(io::Error::other)?;
    let member = zip.by_name(&name).map_err(io::Error::other)?;
    let start = member.data_start().ok_or_else(|| io::Error::other("the member has no data"))?;
    let (len, crc, method) = (member.compressed_size(), member.crc32(), member.compression());
    drop(member);
    file.seek(SeekFrom::Start(start))?;
    let packed = BufReader::with_capacity(1 << 18, file.take(len));
    let bytes = match method {
        CompressionMethod::Stored => Bytes::Stored(packed),
        CompressionMethod::Deflated => Bytes::Deflated(DeflateDecoder::new(packed)),
        other => {
            return Err(io::Error::other(format!("it is packed with {other}; unpack the archive")));
        }
    };
    Ok(Some(Box::new(Checked { bytes, crc: Crc::new(), expected: crc })))
}

enum Bytes {
    Stored(BufReader<Take<File>>),
    Deflated(DeflateDecoder<BufReader<Take<File>>>),
}

/// A member that must have its checksum at its end.
struct Checked {
    bytes: Bytes,
    crc: Crc,
    expected: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = match &mut self.bytes {
            Bytes::Stored(bytes) => bytes.read(buffer)?,
            Bytes::Deflated(bytes) => bytes.read(buffer)?,
        };
        self.crc.update(&buffer[..n]);
        if n == 0 && !buffer.is_empty() && self.crc.sum() != self.expected {
            let damaged = "its checksum in the archive does not match; fetch the archive again";
            return Err(io::Error::new(io::ErrorKind::InvalidData, damaged));
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::input;

    #[test]
    fn members_are_read_and_a_damaged_one_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.zip");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        let text = "a line\n".repeat(1000);
        for (name, method) in
            [("b/packed.txt", CompressionMethod::Deflated), ("a.txt", CompressionMethod::Stored)]
        {
            let options = zip::write::SimpleFileOptions::default().compression_method(method);
            zip.start_file(name, options).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        let names = ["a.txt", "b/packed.txt"].map(|name| path.join(name));
        assert_eq!(members(&path).unwrap(), names);
        for name in &names {
            assert_eq!(input::read(name).unwrap(), text.as_bytes());
        }
        assert!(input::read(&path.join("none.txt")).is_err());
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.windows(6).position(|window| window == b"a line").unwrap();
        bytes[at] = b'b';
        std::fs::write(&path, bytes).unwrap();
        let error = input::read(&names[0]).unwrap_err();
        assert!(
            format!("{:?}", std::error::Error::source(&error)).contains("checksum"),
            "{error:?}"
        );
        for outside in ["/etc/passwd", "../a.txt", "b/../../a.txt"] {
            let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
            zip.start_file(outside, zip::write::SimpleFileOptions::default()).unwrap();
            zip.finish().unwrap();
            let error = members(&path).unwrap_err().to_string();
            assert!(error.contains(&format!("`{outside}` would lie outside")), "{error}");
        }
        std::fs::write(&path, b"no archive").unwrap();
        let error = members(&path).unwrap_err().to_string();
        assert!(error.contains("x.zip cannot be read as zip"), "{error}");
    }
}
