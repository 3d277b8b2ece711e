//! Ranks of targets: on the CPU from a row of scores, on a card without moving the scores.

use bakeoff_metrics::target_ranks;
use tch::{Device, Kind, Tensor};

/// The ranks of one user's targets among the candidates, as [`bakeoff_metrics::RankedUser`] wants them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ranks {
    pub(super) ranks: Vec<u32>,
    pub(super) n_candidates: u32,
}

/// From the scores `[n_items]` of one user.
pub(super) fn ranks_of_row(scores: &[f32], seen: &[u32], targets: &[u32]) -> Ranks {
    let mut ranks = Vec::new();
    let n_candidates = target_ranks(scores, seen, targets, &mut ranks);
    Ranks { ranks, n_candidates }
}

/// From the same row, among `candidates` and the targets alone.
pub(super) fn ranks_among(scores: &[f32], candidates: &[u32], targets: &[u32]) -> Ranks {
    let targets = unique(targets);
    let items = targets.iter().chain(candidates);
    let scores: Vec<f32> = items.map(|&item| scores[item as usize]).collect();
    ranks_of_first(&scores, targets.len())
}

/// From the scores of the targets and then of their candidates.
fn ranks_of_first(scores: &[f32], n_targets: usize) -> Ranks {
    let targets: Vec<u32> = (0..n_targets as u32).collect();
    ranks_of_row(scores, &[], &targets)
}

/// From the scores `[b, n_items]` of a block of users, among the candidates and targets of each: their scores alone
/// leave the device.
pub(super) fn ranks_among_on_device(
    scores: &Tensor,
    candidates: &[&[u32]],
    targets: &[&[u32]],
) -> Vec<Ranks> {
    let targets: Vec<Vec<u32>> = targets.iter().map(|items| unique(items)).collect();
    let lists = || targets.iter().zip(candidates);
    let width = lists().map(|(targets, others)| targets.len() + others.len()).max().unwrap_or(0);
    // Shorter lists repeat item 0; what comes of it is never read.
    let mut padded = vec![0i64; targets.len() * width];
    for (row, (targets, others)) in padded.chunks_mut(width.max(1)).zip(lists()) {
        let items = targets.iter().chain(*others);
        row.iter_mut().zip(items).for_each(|(slot, &item)| *slot = i64::from(item));
    }
    let padded = Tensor::from_slice(&padded).view([-1, width as i64]).to_device(scores.device());
    let scores = scores.gather(1, &padded, false).to_device(Device::Cpu).reshape([-1]);
    let scores: Vec<f32> = scores.try_into().expect("scores are floats");
    let rows = scores.chunks(width.max(1)).zip(lists());
    rows.map(|(row, (targets, others))| {
        ranks_of_first(&row[..targets.len() + others.len()], targets.len())
    })
    .collect()
}

fn unique(items: &[u32]) -> Vec<u32> {
    let mut items = items.to_vec();
    items.sort_unstable();
    items.dedup();
    items
}

/// From the scores `[b, n_items]` of a block of users, by the tie rule of [`target_ranks`]: only the targets' own
/// scores and one count a target leave the device.
pub(super) fn ranks_on_device(scores: &Tensor, seen: &[&[u32]], targets: &[&[u32]]) -> Vec<Ranks> {
    let n_items = scores.size()[1];
    let device = scores.device();
    let targets: Vec<Vec<u32>> = targets.iter().map(|items| unique(items)).collect();
    let widest = targets.iter().map(Vec::len).max().unwrap_or(0);
    // Users with fewer targets repeat item 0; what comes of it is never read.
    let mut padded = vec![0i64; targets.len() * widest];
    for (row, items) in padded.chunks_mut(widest.max(1)).zip(&targets) {
        row.iter_mut().zip(items).for_each(|(slot, &item)| *slot = i64::from(item));
    }
    let padded = Tensor::from_slice(&padded).view([-1, widest as i64]).to_device(device);
    let of_targets = scores.gather(1, &padded, false); // [b, widest]

    let flat = |row: usize, item: u32| row as i64 * n_items + i64::from(item);
    let is_out = seen.iter().zip(&targets).enumerate();
    let out: Vec<i64> = is_out
        .flat_map(|(row, (seen, targets))| {
            seen.iter().chain(targets).map(move |&item| flat(row, item))
        })
        .collect();
    let out = Tensor::from_slice(&out).to_device(device);
    let others = scores.copy();
    let _ = others.view([-1]).index_fill_(0, &out, f64::NEG_INFINITY);
    let counts: Vec<Tensor> = (0..widest as i64)
        .map(|i| {
            let threshold = of_targets.narrow(1, i, 1);
            others.less_tensor(&threshold).logical_not().sum_dim_intlist(1, false, Kind::Int64)
        })
        .collect();
    let counts = Tensor::stack(&counts, 1).to_device(Device::Cpu); // [b, widest]
    let of_targets = of_targets.to_device(Device::Cpu);
    let counts: Vec<i64> = counts.reshape([-1]).try_into().expect("counts are whole numbers");
    let of_targets: Vec<f32> = of_targets.reshape([-1]).try_into().expect("scores are floats");
    let row_of = |row: usize| row * widest..(row + 1) * widest;
    let users = seen.iter().zip(&targets).enumerate();
    users
        .map(|(row, (seen, targets))| {
            let scores = &of_targets[row_of(row)][..targets.len()];
            let counts = &counts[row_of(row)][..targets.len()];
            let n_unseen = targets.iter().filter(|item| seen.binary_search(item).is_err()).count();
            let n_others = n_items as u32 - (seen.len() + n_unseen) as u32;
            let mut order: Vec<usize> = (0..targets.len()).collect();
            order.sort_by(|&a, &b| {
                let (a, b) = (scores[a], scores[b]);
                b.partial_cmp(&a).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
            });
            // Where a target is NaN or -inf, the masked ones are not below it either: hence the upper bound.
            let rank =
                |(before, &i): (usize, &usize)| 1 + before as u32 + n_others.min(counts[i] as u32);
            let ranks: Vec<u32> = order.iter().enumerate().map(rank).collect();
            Ranks { n_candidates: n_others + ranks.len() as u32, ranks }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus as Rng;

    use super::*;

    #[test]
    fn a_device_ranks_as_the_cpu_does_with_ties_and_nan() {
        let mut rng = Rng::seed_from_u64(5);
        for _ in 0..200 {
            let (n_users, n_items) = (rng.random_range(1..6usize), rng.random_range(4..30usize));
            let special = [f32::NAN, f32::NEG_INFINITY, f32::INFINITY];
            let scores: Vec<f32> = (0..n_users * n_items)
                .map(|_| match rng.random_range(0..12) {
                    i @ 0..3 => special[i],
                    i => (i / 3) as f32,
                })
                .collect();
            let mut draw = |n: usize| {
                let n = rng.random_range(0..=n);
                (0..n).map(|_| rng.random_range(0..n_items as u32)).collect::<Vec<u32>>()
            };
            let mut seen: Vec<Vec<u32>> = (0..n_users).map(|_| draw(3)).collect();
            for items in &mut seen {
                items.sort_unstable();
                items.dedup();
            }
            let targets: Vec<Vec<u32>> = (0..n_users).map(|_| draw(4)).collect();
            let seen: Vec<&[u32]> = seen.iter().map(Vec::as_slice).collect();
            let targets: Vec<&[u32]> = targets.iter().map(Vec::as_slice).collect();
            if targets.iter().all(|items| items.is_empty()) {
                continue;
            }
            let rows = scores.chunks(n_items).zip(seen.iter().zip(&targets));
            let expected: Vec<Ranks> =
                rows.map(|(row, (seen, targets))| ranks_of_row(row, seen, targets)).collect();
            let tensor = Tensor::from_slice(&scores).view([n_users as i64, n_items as i64]);
            assert_eq!(ranks_on_device(&tensor, &seen, &targets), expected);

            let rivals = |(seen, targets): (&&[u32], &&[u32])| -> Vec<u32> {
                let is_out = |item: &u32| seen.contains(item) || targets.contains(item);
                (0..n_items as u32).filter(|item| !is_out(item)).collect()
            };
            let rivals: Vec<Vec<u32>> = seen.iter().zip(&targets).map(rivals).collect();
            let rivals: Vec<&[u32]> = rivals.iter().map(Vec::as_slice).collect();
            let rows = scores.chunks(n_items).zip(rivals.iter().zip(&targets));
            let among: Vec<Ranks> =
                rows.map(|(row, (rivals, targets))| ranks_among(row, rivals, targets)).collect();
            assert_eq!(among, expected, "among all unseen items, ranks are those of full ranking");
            assert_eq!(ranks_among_on_device(&tensor, &rivals, &targets), expected);
        }
    }

    #[test]
    fn ranks_count_the_candidates_alone() {
        // Item 5 (0.9) outranks the target 1 (0.5), and so would 0 (0.7), which is no candidate; 2 ties with it.
        let scores = [0.7, 0.5, 0.5, 0.1, 0.8, 0.9];
        assert_eq!(
            ranks_among(&scores, &[2, 3, 5], &[1]),
            Ranks { ranks: vec![3], n_candidates: 4 }
        );
        // Both targets of a user compete.
        assert_eq!(
            ranks_among(&scores, &[3, 5], &[4, 1, 4]),
            Ranks { ranks: vec![2, 3], n_candidates: 4 }
        );
    }
}
