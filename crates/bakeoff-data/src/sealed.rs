//! The arrays of a prepared dataset encrypted at rest.
//!
//! XChaCha20-Poly1305 under the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015): the file is a
//! random nonce prefix of 19 bytes, then segments of 1 MiB, the last one shorter, each followed by its tag of 16 bytes.
//! The nonce of a segment holds its number and whether it is the last, and all are bound to what the manifest says: so
//! no segment can be changed, moved, left out, added, or taken from another dataset, and no word of the manifest changed.
//!
//! Plain arrays are in memory alone. A reader decrypts them into anonymous memory of its own.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use aead_stream::{Key, NewStream, Nonce, StreamBE32, StreamPrimitive};
use chacha20poly1305::XChaCha20Poly1305;
use memmap2::{Mmap, MmapMut};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::arrays;
use crate::error::DataError;
use crate::privacy_error::PrivacyError;
use crate::secret::Secret;

/// The file's name in a dataset's folder.
pub(crate) const FILE: &str = "arrays.sealed";

/// Tests have small ones, since without optimisation a megabyte takes a second.
const SEGMENT: usize = if cfg!(test) { 1 << 10 } else { 1 << 20 };
const TAG: usize = 16;
const NONCE: usize = 19;
const KEY: &str = "bakeoff 2026-12 key of prepared datasets at rest";
const KEY_ID: &str = "bakeoff 2026-12 which key a prepared dataset is encrypted with";
/// Keys are not stretched: a guess costs next to nothing, so only chance can be long enough.
const SHORTEST: usize = 32;

type Stream = StreamBE32<XChaCha20Poly1305>;

/// What the manifest says of the encryption.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    /// The environment variable with the key.
    pub(crate) key_env: String,
    /// Which key it is.
    pub(crate) key_id: String,
}

/// A key to encrypt and decrypt with.
pub(crate) struct Seal {
    key: [u8; 32],
    sealed: Sealed,
}

impl Seal {
    /// With the key in `variable`.
    pub(crate) fn with(
        variable: &str,
        needed_by: impl FnOnce() -> String,
    ) -> Result<Self, DataError> {
        Ok(Self::of(variable, &Secret::read(variable, SHORTEST, needed_by)?))
    }

    fn of(variable: &str, secret: &Secret) -> Self {
        let sealed = Sealed { key_env: variable.to_owned(), key_id: secret.id(KEY_ID) };
        Self { key: secret.key(KEY), sealed }
    }

    /// What the manifest is to say.
    pub(crate) fn sealed(&self) -> Sealed {
        self.sealed.clone()
    }

    /// Writes `plain` encrypted; it can be opened with the same `context` alone.
    pub(crate) fn write(&self, path: &Path, plain: &[u8], context: &str) -> Result<(), DataError> {
        let write_error = |source| DataError::Write { path: path.to_owned(), source };
        let nonce: [u8; NONCE] = rand::random();
        let stream = self.stream(nonce);
        let last = plain.len().div_ceil(SEGMENT).saturating_sub(1);
        let seal = |number: usize, plain: &[u8]| -> io::Result<Vec<u8>> {
            let mut segment = Vec::with_capacity(plain.len() + TAG);
            segment.extend_from_slice(plain);
            stream
                .encrypt_in_place(number as u32, number == last, context.as_bytes(), &mut segment)
                .map_err(|_| io::Error::other("a segment could not be encrypted"))?;
            Ok(segment)
        };
        // A few at a time, so that the encrypted copy never lies in memory whole.
        let n_at_once = 2 * rayon::current_num_threads();
        let write = || {
            let mut file = File::create(path)?;
            file.write_all(&nonce)?;
            for (round, plain) in plain.chunks(n_at_once * SEGMENT).enumerate() {
                let segments = plain.par_chunks(SEGMENT).enumerate();
                let segments: Vec<_> =
                    segments.map(|(i, plain)| seal(round * n_at_once + i, plain)).collect();
                for segment in segments {
                    file.write_all(&segment?)?;
                }
            }
            Ok(())
        };
        write().map_err(write_error)
    }

    /// Decrypts the file in `dir`, of `len` bytes, into memory of our own.
    pub(crate) fn open(
        &self,
        dir: &Path,
        sealed: &Sealed,
        len: u64,
        context: &str,
    ) -> Result<Mmap, DataError> {
        if self.sealed.key_id != sealed.key_id {
            let variable = self.sealed.key_env.clone();
            return Err(PrivacyError::OtherKey { dir: dir.to_owned(), variable }.into());
        }
        let damaged = |reason: String| DataError::Damaged { dir: dir.to_owned(), reason };
        let forged = || damaged(format!("{FILE} is not what was written"));
        let file = arrays::map_file(dir, FILE, len)?;
        let Some((nonce, segments)) = file.split_first_chunk::<NONCE>() else {
            return Err(forged());
        };
        let n_segments = segments.len().div_ceil(SEGMENT + TAG);
        let plain_len = segments.len().checked_sub(n_segments * TAG).filter(|&len| len > 0);
        let plain_len = plain_len.ok_or_else(forged)?;
        let in_memory = |error: io::Error| {
            damaged(format!("there is no memory for {plain_len} bytes: {error}"))
        };
        let mut plain = MmapMut::map_anon(plain_len).map_err(in_memory)?;
        let stream = self.stream(*nonce);
        let open = |number: usize, plain: &mut [u8], sealed: &[u8]| {
            let mut segment = sealed.to_vec();
            let (number, is_last) = (number as u32, number + 1 == n_segments);
            let opened = stream.decrypt_in_place(number, is_last, context.as_bytes(), &mut segment);
            match opened {
                Ok(()) if segment.len() == plain.len() => plain.copy_from_slice(&segment),
                _ => return Err(forged()),
            }
            Ok(())
        };
        let segments = segments.par_chunks(SEGMENT + TAG);
        let pairs = plain.par_chunks_mut(SEGMENT).zip(segments).enumerate();
        pairs.try_for_each(|(number, (plain, sealed))| open(number, plain, sealed))?;
        plain.make_read_only().map_err(in_memory)
    }

    fn stream(&self, nonce: [u8; NONCE]) -> Stream {
        let key = Key::<XChaCha20Poly1305>::from(self.key);
        Stream::new(&key, &Nonce::<XChaCha20Poly1305, Stream>::from(nonce))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const CONTEXT: &str = "the manifest of one dataset";

    fn seal(text: &str) -> Seal {
        Seal::of("A_KEY", &Secret::of(text))
    }

    /// Two whole segments and a bit.
    fn plain() -> Vec<u8> {
        (0..2 * SEGMENT as u32 + 100).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
    }

    fn open_with(
        seal: &Seal,
        written: &Seal,
        bytes: &[u8],
        context: &str,
    ) -> Result<Vec<u8>, DataError> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), bytes).unwrap();
        let opened = seal.open(dir.path(), &written.sealed, bytes.len() as u64, context);
        opened.map(|map| map.to_vec())
    }

    fn written(seal: &Seal, plain: &[u8]) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        seal.write(&path, plain, CONTEXT).unwrap();
        fs::read(path).unwrap()
    }

    #[test]
    fn what_was_written_is_read_with_the_same_key_and_is_never_the_same_twice() {
        let seal = seal("a key of more than 32 characters, all of them by chance");
        for plain in [plain(), vec![7; SEGMENT], vec![7]] {
            let bytes = written(&seal, &plain);
            let n_segments = plain.len().div_ceil(SEGMENT);
            assert_eq!(bytes.len(), NONCE + plain.len() + n_segments * TAG);
            assert!(open_with(&seal, &seal, &bytes, CONTEXT).unwrap() == plain);
            assert_ne!(written(&seal, &plain)[..NONCE + 16], bytes[..NONCE + 16]);
        }
    }

    #[test]
    fn another_key_is_told_as_such() {
        let (right, wrong) = (seal("the right key"), seal("the wrong key"));
        let bytes = written(&right, &plain());
        let error = open_with(&wrong, &right, &bytes, CONTEXT).unwrap_err();
        assert!(
            matches!(error, DataError::Privacy(PrivacyError::OtherKey { variable, .. }) if variable == "A_KEY")
        );
        // A manifest that claims the wrong key to be the right one opens nothing.
        let error = open_with(&wrong, &wrong, &bytes, CONTEXT).unwrap_err();
        assert!(matches!(error, DataError::Damaged { .. }), "{error}");
    }

    #[test]
    fn whatever_is_changed_nothing_is_read() {
        let seal = seal("the key");
        let whole = written(&seal, &plain());
        let segment = SEGMENT + TAG;
        let at = |i: usize| NONCE + i * segment;
        let flipped = |at: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        };
        let swapped =
            [&whole[..at(0)], &whole[at(1)..at(2)], &whole[at(0)..at(1)], &whole[at(2)..]];
        let other = written(&seal, &plain());
        let damages = [
            ("a bit of the nonce", flipped(3)),
            ("a bit of the first segment", flipped(at(0))),
            ("a bit of a tag", flipped(at(1) - 1)),
            ("a bit of the last byte", flipped(whole.len() - 1)),
            ("segments swapped", swapped.concat()),
            ("the last segment gone", whole[..at(2)].to_vec()),
            ("the last two segments gone", whole[..at(1)].to_vec()),
            ("the last byte gone", whole[..whole.len() - 1].to_vec()),
            ("a byte more", [&whole[..], &[0]].concat()),
            ("the first segment twice", [&whole[..at(1)], &whole[at(0)..]].concat()),
            (
                "a segment of another file",
                [&whole[..at(1)], &other[at(1)..at(2)], &whole[at(2)..]].concat(),
            ),
            ("the nonce alone", whole[..NONCE].to_vec()),
            ("less than a tag", whole[..NONCE + 7].to_vec()),
            ("nothing", Vec::new()),
        ];
        for (what, bytes) in damages {
            let error = open_with(&seal, &seal, &bytes, CONTEXT).expect_err(what);
            assert!(matches!(error, DataError::Damaged { .. }), "{what}: {error}");
        }
        let error = open_with(&seal, &seal, &whole, "the manifest of another").unwrap_err();
        assert!(matches!(error, DataError::Damaged { .. }), "{error}");
    }
}
