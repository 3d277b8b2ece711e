//! Items that training never sees: only what is known of them besides ids can tell who will like them.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assigned, Split, by_lot, check_shares};
use crate::error::DataError;
use crate::order::Ordered;

/// The shares of items, and the seed of the lot.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ColdItems {
    /// Share of items for validation: all their interactions.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub valid: f64,
    /// Share of items for test: all their interactions.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub test: f64,
    /// Another seed gives another split.
    pub seed: u64,
}

impl Default for ColdItems {
    fn default() -> Self {
        Self { valid: 0.1, test: 0.1, seed: 1 }
    }
}

impl Plugin for ColdItems {
    const NAME: &'static str = "cold_items";
    const ABOUT: &'static str = "Holds whole items out for validation and test.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        check_shares(params.valid, params.test)
    }
}

impl Split for ColdItems {
    fn assign(&self, data: &Ordered) -> Result<Vec<Assigned>, DataError> {
        let of_items = by_lot(data.table.items.len(), self.valid, self.test, self.seed);
        Ok(data.table.item.iter().map(|&item| of_items[item as usize]).collect())
    }

    fn note(&self, _data: &Ordered) -> Option<String> {
        Some(
            "Train has no interaction of the items for validation and test: a model that knows items by their ids \
             alone ranks them by chance, and only one that reads columns of items can tell them apart."
                .to_owned(),
        )
    }
}
