//! What only a medium shows: a style of each item that no table names, and that users care for.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus as Rng;

/// Styles of items; every user has one of them.
pub(super) const N_STYLES: u32 = 4;
/// How much better an item is rated at full strength by a user whose style it has than by others.
const RATED_BETTER: f64 = 0.8;

/// The style of every item and user, dealt by lot.
#[derive(Debug)]
pub(super) struct Styles {
    strength: f64,
    of_items: Vec<u32>,
    of_users: Vec<u32>,
}

/// What a generator's numbers are drawn for: each use has a stream of its own, so that one more medium changes no other.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    Styles = 1,
    Images,
    Texts,
    Sounds,
    Prices,
    Cold,
}

impl Stream {
    /// The numbers for entry `index`.
    pub(super) fn rng(self, seed: u64, index: u32) -> Rng {
        // Odd multipliers keep the three apart; the generator's own seeding scatters them.
        let place = ((self as u64) << 32) | u64::from(index);
        Rng::seed_from_u64(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ place.wrapping_mul(0xd1b5_4a32_d192_ed03),
        )
    }
}

impl Styles {
    pub(super) fn new(seed: u64, strength: f64, n_items: u32, n_users: u32) -> Self {
        let mut rng = Stream::Styles.rng(seed, 0);
        let mut deal = |n: u32| (0..n).map(|_| rng.random_range(0..N_STYLES)).collect();
        Self { strength, of_items: deal(n_items), of_users: deal(n_users) }
    }

    pub(super) fn of_item(&self, item: u32) -> u32 {
        self.of_items[item as usize]
    }

    fn is_of_user(&self, user: u32, item: u32) -> bool {
        self.of_users[user as usize] == self.of_item(item)
    }

    /// How likely a user takes an item compared with one of their own style.
    pub(super) fn appeal(&self, user: u32, item: u32) -> f64 {
        if self.is_of_user(user, item) { 1.0 } else { 1.0 - self.strength }
    }

    /// What style adds to the expected rating: nothing on average over styles.
    pub(super) fn rating(&self, user: u32, item: u32) -> f64 {
        let is_own = f64::from(u8::from(self.is_of_user(user, item)));
        self.strength * RATED_BETTER * (is_own - 1.0 / f64::from(N_STYLES))
    }
}
