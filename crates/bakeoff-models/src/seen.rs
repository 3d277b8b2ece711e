//! The items that each user has interacted with, sorted: what is masked when ranking and never drawn as a negative.

use bakeoff_data::Part;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;
use rayon::prelude::*;

use crate::alias::AliasTable;

/// Ascending, unique items by user.
#[derive(Debug, Clone)]
pub struct Seen {
    offsets: Vec<usize>,
    items: Vec<u32>,
}

impl Seen {
    /// The union of some parts of a dataset.
    pub fn of(parts: &[Part<'_>]) -> Self {
        let n_users = parts.first().map_or(0, Part::n_users);
        let lists: Vec<Vec<u32>> = (0..n_users)
            .into_par_iter()
            .map(|user| {
                let mut items: Vec<u32> =
                    parts.iter().flat_map(|part| part.items_of(user)).copied().collect();
                items.sort_unstable();
                items.dedup();
                items
            })
            .collect();
        Self::of_lists(&lists)
    }

    /// One list a user, ascending and unique.
    pub(crate) fn of_lists(lists: &[Vec<u32>]) -> Self {
        let ends = lists.iter().scan(0, |end, list| {
            *end += list.len();
            Some(*end)
        });
        Self { offsets: std::iter::once(0).chain(ends).collect(), items: lists.concat() }
    }

    /// The items of one user.
    pub fn items_of(&self, user: usize) -> &[u32] {
        &self.items[self.offsets[user]..self.offsets[user + 1]]
    }

    /// One of `items` drawn uniformly from those that the user has not seen, other than `target`.
    /// A user who has seen all gets any of them.
    pub fn draw_unseen(&self, user: usize, target: u32, items: &[u32], rng: &mut Rng) -> u32 {
        let seen = self.items_of(user);
        let is_free = |item: u32| item != target && seen.binary_search(&item).is_err();
        // Rejection: even a user who has seen half the catalogue needs two draws on average.
        for _ in 0..N_TRIES {
            let item = items[rng.random_range(0..items.len() as u32) as usize];
            if is_free(item) {
                return item;
            }
        }
        let free: Vec<u32> = items.iter().copied().filter(|&item| is_free(item)).collect();
        let among = if free.is_empty() { items } else { &free };
        among[rng.random_range(0..among.len() as u32) as usize]
    }

    /// The same in proportion to the table's weights, or uniformly where no unseen item has any.
    pub(crate) fn draw_unseen_from(
        &self,
        user: usize,
        target: u32,
        (table, items): (&AliasTable, &[u32]),
        rng: &mut Rng,
    ) -> u32 {
        let seen = self.items_of(user);
        let is_free = |item: u32| item != target && seen.binary_search(&item).is_err();
        for _ in 0..N_TRIES {
            let item = table.draw(rng);
            if is_free(item) {
                return item;
            }
        }
        let weights = table.probabilities();
        let n_items = weights.len() as u32;
        let free: Vec<u32> = (0..n_items).filter(|&item| is_free(item)).collect();
        let drawn = free.choose_weighted(rng, |&item| weights[item as usize]).copied();
        drawn.unwrap_or_else(|_| self.draw_unseen(user, target, items, rng))
    }
}

/// Draws before the free items are listed one by one: whoever has met nearly all would wait for long.
const N_TRIES: usize = 100;
