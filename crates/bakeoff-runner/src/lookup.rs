//! Where outcomes of earlier sweeps are found: in the store that a sweep holds, or in its folder for whoever only reads.

use bakeoff_spec::{Outcome, TrialKey};
use bakeoff_store::{Folder, Journal, Store, StoreError};
use serde_json::Value;

/// Finds outcomes, and what searches proposed before.
pub trait Lookup {
    /// The outcome of a trial, perhaps without its curve.
    fn outcome(&self, key: &TrialKey) -> Result<Option<Outcome>, StoreError>;

    /// The outcome of a trial with its curve.
    fn whole_outcome(&self, key: &TrialKey) -> Result<Option<Outcome>, StoreError>;

    /// What the search proposed so far; the journal to go on with, if there is to be any going on.
    fn journal(&self, search: &str) -> Result<(Option<Journal>, Vec<Value>), StoreError>;
}

impl Lookup for Store {
    fn outcome(&self, key: &TrialKey) -> Result<Option<Outcome>, StoreError> {
        Ok(self.get_many(std::slice::from_ref(key))?.pop().flatten())
    }

    fn whole_outcome(&self, key: &TrialKey) -> Result<Option<Outcome>, StoreError> {
        self.get(key)
    }

    fn journal(&self, search: &str) -> Result<(Option<Journal>, Vec<Value>), StoreError> {
        let (journal, said) = Journal::open(self.folder(), search)?;
        Ok((Some(journal), said.entries))
    }
}

/// Unreadable files count as missing: reading mends nothing, the next sweep does.
impl Lookup for Folder {
    fn outcome(&self, key: &TrialKey) -> Result<Option<Outcome>, StoreError> {
        Ok(self.read_outcome(key).ok().flatten())
    }

    fn whole_outcome(&self, key: &TrialKey) -> Result<Option<Outcome>, StoreError> {
        self.outcome(key)
    }

    fn journal(&self, search: &str) -> Result<(Option<Journal>, Vec<Value>), StoreError> {
        Ok((None, self.read_journal(search)?.entries))
    }
}
