//! What items cost day by day: around their price, dearer or cheaper by season, with sales whose rhythm tells the style.

use std::f64::consts::TAU;

use rand::RngExt;

use super::style::Stream;
use super::world::World;
use super::{DAY, FIRST_DAY};
use crate::column::{Lists, Series};

const N_DAYS: u32 = 400;
/// Days from one sale to the next, by style.
const RHYTHMS: [u32; 4] = [7, 14, 28, 56];
const SALE_DAYS: u32 = 3;
const SALE: f64 = 0.7;

/// What the card says.
pub(super) const NOTE: &str = "Column `price_history`: seasons go with the category, sales of 30 % every 7, 14, 28 or 56 \
    days with the style; they change nothing in what users take.";

/// A price a day from the first day on for each of `items`, whose regular prices are `regular`.
pub(super) fn histories(world: &World, items: &[u32], regular: &[f64], seed: u64) -> Series {
    let mut points = Lists::default();
    for (&item, regular) in items.iter().zip(regular) {
        let rng = &mut Stream::Prices.rng(seed, item);
        let season = f64::from(world.category(item)) / f64::from(world.n_categories());
        let rhythm = RHYTHMS[world.styles.of_item(item) as usize];
        let first_sale = rng.random_range(0..rhythm);
        points.push((0..N_DAYS).map(|day| {
            let of_season = 1.0 + 0.15 * (TAU * (f64::from(day) / 365.0 + season)).sin();
            let is_sale = (day + rhythm - first_sale) % rhythm < SALE_DAYS;
            let noise = rng.random_range(0.99..1.01);
            let price = regular * of_season * noise * if is_sale { SALE } else { 1.0 };
            ((FIRST_DAY + i64::from(day) * DAY) as f64, (price * 100.0).round() / 100.0)
        }));
    }
    Series { points }
}

#[cfg(test)]
mod tests {
    use super::super::Synthetic;
    use super::super::world::tests::generate;
    use super::*;

    #[test]
    fn sales_come_in_the_rhythm_of_the_style() {
        let world = generate(&Synthetic { n_users: 10, ..Synthetic::default() }).0;
        let items: Vec<u32> = (0..100).collect();
        let series = histories(&world, &items, &[10.0; 100], 1);
        for (&item, points) in items.iter().zip(series.points.iter()) {
            assert_eq!((points.len(), points[1].0 - points[0].0), (400, 86_400.0));
            // Season and noise move a price by 2 % a day at most, a sale by 30.
            let begins = |day: &usize| points[*day].1 < 0.8 * points[*day - 1].1;
            let sales: Vec<usize> = (1..400).filter(begins).collect();
            let rhythm = RHYTHMS[world.styles.of_item(item) as usize] as usize;
            assert!(sales.len() >= 6, "item {item}: {sales:?}");
            assert!(
                sales.windows(2).all(|two| two[1] - two[0] == rhythm),
                "item {item}: {sales:?}"
            );
        }
    }
}
