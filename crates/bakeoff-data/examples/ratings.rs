//! Writes ratings in the shape of `MovieLens` 20M as CSV, for measurements: `ratings ROWS FILE`.
//!
//! 138,493 users and 26,744 items for 20 million rows and as many fewer for fewer rows; users one after the other as in
//! the original, activity and popularity by power laws, ratings in halves, times within twenty years.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Zipf};
use rand_xoshiro::Xoshiro256PlusPlus as Rng;

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [rows, file] = args.as_slice() else {
        return Err(io::Error::other("usage: ratings ROWS FILE"));
    };
    let rows: u64 = rows.parse().map_err(io::Error::other)?;
    let n_users = (rows * 138_493 / 20_000_000).max(10);
    let n_items = (26_744.0 * (rows as f64 / 2e7).sqrt().min(1.0)).max(100.0) as u64;
    let mut rng = Rng::seed_from_u64(1);
    let popularity = Zipf::new(n_items as f64, 0.9).map_err(io::Error::other)?;
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file)?);
    writeln!(out, "userId,movieId,rating,timestamp")?;
    let mut left = rows;
    for user in 1..=n_users {
        let mean = left as f64 / (n_users - user + 1) as f64;
        let n = if user == n_users {
            left
        } else {
            // Exponential above a smallest history of 20, as in the original.
            ((mean - 20.0).max(1.0) * -rng.random::<f64>().max(1e-9).ln() + 20.0) as u64
        };
        let n = n.min(left);
        let start: i64 = 800_000_000 + rng.random_range(0..600_000_000);
        for _ in 0..n {
            let item = popularity.sample(&mut rng) as u64 * 7 % 131_262 + 1;
            let rating = f64::from(rng.random_range(1..=10)) / 2.0;
            let time = start + rng.random_range(0..30_000_000);
            writeln!(out, "{user},{item},{rating:.1},{time}")?;
        }
        left -= n;
    }
    out.flush()
}
