//! What a search proposed, written down: how one that was interrupted, or has a larger budget now, goes on.

use bakeoff_spec::trial::content_key;
use bakeoff_spec::{ModelPlan, Plan, Point};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::RunError;
use crate::lookup::Lookup;
use crate::model_search::ModelSearch;
use crate::search::Proposal;

/// A proposal as the journal keeps it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) number: usize,
    pub(crate) point: Point,
    pub(crate) epochs: Option<u32>,
    pub(crate) continues: Option<usize>,
    /// The first candidates whose results it may follow from; 0 where that is not told.
    #[serde(default)]
    pub(crate) known: usize,
}

/// What a journal says of a proposal.
pub(crate) struct Journaled {
    pub(crate) proposal: Proposal,
    pub(crate) known: usize,
}

impl ModelSearch<'_> {
    /// What was proposed before, and the journal to go on with. Where a search with a larger budget has gone further
    /// than this one may, this one goes on by itself from where its own budget ends.
    pub(crate) fn take_up(&mut self, lookup: &dyn Lookup) -> Result<Vec<Journaled>, RunError> {
        let key = search_key(self.plan, self.model);
        let (journal, entries) = lookup.journal(&key)?;
        let all = self.read(entries);
        let n = self.n_trials().map_or(all.len(), |n| {
            let n_new = n.saturating_sub(self.model.listed.len());
            let is_new = |(_, entry): &(usize, &Entry)| entry.continues.is_none();
            let beyond = all.iter().enumerate().filter(is_new).nth(n_new);
            beyond.map_or(all.len(), |(i, _)| i)
        });
        let (journal, entries) = if n == all.len() {
            (journal, all)
        } else {
            let (mut journal, entries) = lookup.journal(&content_key(&(key, self.n_trials())))?;
            let mut own = self.read(entries);
            if let (Some(journal), true) = (&mut journal, own.is_empty()) {
                all[..n].iter().try_for_each(|entry| journal.append(entry))?;
            }
            if own.is_empty() {
                own.extend(all.into_iter().take(n));
            }
            (journal, own)
        };
        self.journal = journal;
        if let Some(journal) = &mut self.journal {
            // What stands behind an entry that means nothing here would never be read.
            journal.keep(entries.len())?;
        }
        let journaled = |Entry { point, epochs, continues, known, .. }| Journaled {
            proposal: Proposal { point, epochs, continues },
            known,
        };
        Ok(entries.into_iter().map(journaled).collect())
    }

    /// The entries of a journal up to the first that means nothing here.
    fn read(&self, entries: Vec<Value>) -> Vec<Entry> {
        let entries = entries.into_iter().map_while(|entry| serde_json::from_value(entry).ok());
        let first = self.model.listed.len();
        let is_right = |(i, entry): &(usize, Entry)| {
            entry.number == first + i
                && self.model.space.holds(&entry.point)
                && entry.continues.is_none_or(|earlier| earlier < entry.number)
        };
        entries.enumerate().take_while(is_right).map(|(_, entry)| entry).collect()
    }
}

/// The key of a search: everything that its proposals depend on but a number of trials, so that a larger one goes on
/// where a smaller one ended. How much a budget of seconds is decides what is still proposed in no such way.
fn search_key(plan: &Plan, model: &ModelPlan) -> String {
    let against = plan.against.as_ref().map(ToString::to_string);
    let budget = &plan.spec.budget;
    // With the label, since two equal models would write into each other's journal.
    let of_model = (&model.label, model.maker.key(), &model.space, &model.listed);
    let seconds = (budget.time_secs, budget.device_time_secs);
    content_key(&(of_model, &plan.search, against, seconds))
}
