//! Keys from the environment: of pseudonyms, and of prepared data at rest.
//!
//! The text of a variable never leaves this file: what does is derived from it with BLAKE3's key derivation under a
//! context of its own for each purpose, so that knowing one tells nothing of another.

use std::env::{self, VarError};

use crate::error::DataError;
use crate::privacy_error::PrivacyError;

/// The text of a variable. It has no `Debug`, so that no message can show it by accident.
pub(crate) struct Secret(String);

/// Makes pseudonyms; the same key makes the same ones in every dataset.
///
/// A pseudonym is the first 16 bytes, in hex, of BLAKE3 keyed with `derive_key(NAMES, text of the variable)` over the
/// length of the domain in 8 bytes, little-endian, the domain, and the raw text.
pub(crate) struct Pseudonyms([u8; 32]);

const NAMES: &str = "bakeoff 2026-12 pseudonyms of raw ids and values";
const NAMES_ID: &str = "bakeoff 2026-12 which key pseudonyms are made with";
/// Fewer characters are guessed in no time, whatever they are.
const SHORTEST: usize = 16;

impl Secret {
    /// The text in `variable`, blanks around it left aside; it must have at least `shortest` characters.
    pub(crate) fn read(
        variable: &str,
        shortest: usize,
        needed_by: impl FnOnce() -> String,
    ) -> Result<Self, DataError> {
        let reason = match env::var(variable) {
            Ok(text) if text.trim().chars().count() >= shortest => {
                return Ok(Self(text.trim().to_owned()));
            }
            Ok(text) if text.trim().is_empty() => "is empty".to_owned(),
            Ok(_) => format!("has fewer than {shortest} characters"),
            Err(VarError::NotPresent) => "is not set".to_owned(),
            Err(VarError::NotUnicode(_)) => "does not hold UTF-8 text".to_owned(),
        };
        let (needed_by, variable) = (needed_by(), variable.to_owned());
        Err(PrivacyError::Key { needed_by, variable, reason }.into())
    }

    /// A secret of this text, for tests, which cannot set variables.
    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The key for one purpose.
    pub(crate) fn key(&self, context: &str) -> [u8; 32] {
        blake3::derive_key(context, self.0.as_bytes())
    }

    /// Says which key it is without telling it, in 32 hex digits.
    pub(crate) fn id(&self, context: &str) -> String {
        blake3::Hash::from(self.key(context)).to_hex()[..32].to_owned()
    }
}

impl Pseudonyms {
    /// Those of the key in `variable`.
    pub(crate) fn with(variable: &str, step: &str) -> Result<Self, DataError> {
        Ok(Self::of(&secret(variable, step)?))
    }

    pub(crate) fn of(secret: &Secret) -> Self {
        Self(secret.key(NAMES))
    }

    /// Which key is in `variable`: part of the key of a dataset whose names are made with it.
    pub(crate) fn key_id(variable: &str, step: &str) -> Result<String, DataError> {
        Ok(secret(variable, step)?.id(NAMES_ID))
    }

    /// The pseudonym of a text, in 32 hex digits; another one in each domain.
    pub(crate) fn name(&self, domain: &str, text: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&(domain.len() as u64).to_le_bytes());
        hasher.update(domain.as_bytes()).update(text.as_bytes());
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

fn secret(variable: &str, step: &str) -> Result<Secret, DataError> {
    Secret::read(variable, SHORTEST, || format!("step `{step}`"))
}

/// Where the key of pseudonyms stands, unless a spec says otherwise.
pub(crate) fn pseudonym_key() -> String {
    "BAKEOFF_PSEUDONYM_KEY".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_depends_on_key_domain_and_text_and_on_nothing_else() {
        let [a, b] = ["one key of many letters", "another key of many letters"]
            .map(|text| Pseudonyms::of(&Secret::of(text)));
        let name = a.name("users", "alice");
        assert_eq!(name.len(), 32);
        assert!(name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)));
        assert_eq!(a.name("users", "alice"), name);
        let others = [a.name("items", "alice"), a.name("users", "bob"), b.name("users", "alice")];
        assert!(!others.contains(&name));
        // Where the domain ends cannot be shifted.
        assert_ne!(a.name("column a", "b"), a.name("column ", "ab"));
    }

    #[test]
    fn a_pseudonym_is_the_documented_hash() {
        let text = "one key of many letters";
        let key =
            blake3::derive_key("bakeoff 2026-12 pseudonyms of raw ids and values", text.as_bytes());
        let message = [&5u64.to_le_bytes()[..], b"users", b"alice"].concat();
        let expected = blake3::keyed_hash(&key, &message).to_hex();
        let names = Pseudonyms::of(&Secret::of(text));
        assert_eq!(names.name("users", "alice"), expected[..32]);
    }

    #[test]
    fn which_key_it_is_tells_neither_the_key_nor_what_is_made_with_it() {
        let secret = Secret::of("one key of many letters");
        let id = secret.id(NAMES_ID);
        assert_eq!(id, secret.id(NAMES_ID));
        assert_ne!(id, Secret::of("one key of many letterz").id(NAMES_ID));
        let hex = blake3::Hash::from(secret.key(NAMES)).to_hex();
        assert!(!hex.contains(&id));
    }

    #[test]
    fn a_variable_without_a_key_is_told_by_name() {
        let error = |variable: &str, shortest| {
            let read = Secret::read(variable, shortest, || "step `pseudonymise`".to_owned());
            read.err().map(|error| error.to_string()).unwrap_or_default()
        };
        let unset = error("BAKEOFF_TEST_NO_SUCH_KEY", 16);
        assert!(
            unset.starts_with(
                "step `pseudonymise` needs the key in the environment variable `BAKEOFF_TEST_NO_SUCH_KEY`, which is \
                 not set"
            ),
            "{unset}"
        );
        // Every process has a PATH; no key may be as long as this.
        assert!(
            error("PATH", 1_000_000).contains("`PATH`, which has fewer than 1000000 characters")
        );
        assert!(error("PATH", 1).is_empty());
    }
}
