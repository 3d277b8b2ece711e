//! Why data could not be hidden, encrypted, or read again.

use std::path::PathBuf;

/// What went wrong with a key, with encrypted data, or with a promise about users.
#[derive(Debug, thiserror::Error)]
pub enum PrivacyError {
    /// The environment has no key, or none that would do.
    #[error(
        "{needed_by} needs the key in the environment variable `{variable}`, which {reason}; set it to a random text that \
         you keep, such as what `openssl rand -hex 32` prints"
    )]
    Key {
        /// A step or a dataset.
        needed_by: String,
        /// The variable.
        variable: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The key is not that of a prepared dataset.
    #[error(
        "the prepared dataset {} is encrypted with another key than the one in `{variable}`; set that key, or remove the \
         folder to have it prepared again", dir.display()
    )]
    OtherKey {
        /// Its folder.
        dir: PathBuf,
        /// The variable with the wrong key.
        variable: String,
    },
    /// A prepared dataset lies there plain, or encrypted with the key of another variable.
    #[error("the prepared dataset {} is not encrypted with the key in `{variable}`", dir.display())]
    NotSealed {
        /// Its folder.
        dir: PathBuf,
        /// The variable that the spec names.
        variable: String,
    },
    /// Two ids would become one.
    #[error("two {of} have the same pseudonym under the key in `{variable}`; set another key")]
    SamePseudonym {
        /// `users` or `items`.
        of: &'static str,
        /// The variable.
        variable: String,
    },
    /// A step that removes rows stands after one that promises something of the users that are left.
    #[error(
        "step `{removes}` removes rows after `{counts}` has counted users; put `{removes}` before it"
    )]
    RemovesAfterCount {
        /// The one that removes.
        removes: String,
        /// The one that counts.
        counts: String,
    },
    /// Users stand out by what is known of them.
    #[error(
        "step `k_anonymity`: it does not hold that {promise}: {n_failing} of {n_groups} groups break it: {groups} \
         (different values: {values}); {fix}"
    )]
    NotAnonymous {
        /// What should hold.
        promise: String,
        /// Groups that break it.
        n_failing: usize,
        /// Groups in all.
        n_groups: usize,
        /// The sizes of those that break it, in words.
        groups: String,
        /// How many different values each column has, in words.
        values: String,
        /// What would help.
        fix: &'static str,
    },
}
