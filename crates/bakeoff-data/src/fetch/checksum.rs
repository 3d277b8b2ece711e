//! Checksums of downloads: MD5 where the publisher gives nothing better, else SHA-256.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use md5::Md5;
use sha2::{Digest, Sha256};

/// What a download must hash to, in lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum<'a> {
    /// Guards against damage, and against another file that nobody made on purpose to hash alike.
    Md5(&'a str),
    /// Guards against forgery too.
    Sha256(&'a str),
}

impl Checksum<'_> {
    /// What is wrong with a file, if something is: its hash and the one it should have.
    pub(super) fn mismatch(&self, path: &Path) -> io::Result<Option<String>> {
        let (name, expected, found) = match self {
            Self::Md5(expected) => ("MD5", expected, digest::<Md5>(path)?),
            Self::Sha256(expected) => ("SHA-256", expected, sha256(path)?),
        };
        Ok((found != **expected)
            .then(|| format!("the bytes are wrong: {name} {found} instead of {expected}")))
    }
}

/// The SHA-256 of a file, in hex digits.
pub(super) fn sha256(path: &Path) -> io::Result<String> {
    digest::<Sha256>(path)
}

fn digest<D: Digest>(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut digest, mut buffer) = (D::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&digest.finalize())),
            n_bytes => digest.update(&buffer[..n_bytes]),
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standards() {
        // RFC 1321, A.5, and FIPS 180-2, B.1.
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let md5 = Checksum::Md5("900150983cd24fb0d6963f7d28e17f72");
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(md5.mismatch(&path).unwrap(), None);
        assert_eq!(Checksum::Sha256(sha256).mismatch(&path).unwrap(), None);
        let wrong = Checksum::Md5("00").mismatch(&path).unwrap().unwrap();
        assert!(wrong.ends_with("MD5 900150983cd24fb0d6963f7d28e17f72 instead of 00"), "{wrong}");
    }
}
