//! Hyperband (Li et al., JMLR 2018) with asynchronous promotion: brackets that trade the number of configurations
//! against the epochs that each of them is given before it is judged.

use bakeoff_spec::Plugin;

use crate::search::rungs::{Ladder, RungParams};
use crate::search::{Ask, Search, SearchPlugin, Step};

/// Successive halving in brackets that begin on different rungs.
#[derive(Debug)]
pub struct Hyperband(RungParams);

impl Plugin for Hyperband {
    const NAME: &'static str = "hyperband";
    const ABOUT: &'static str =
        "Successive halving in brackets that begin with few, more and all epochs, in turn.";
    type Params = RungParams;
}

impl SearchPlugin for Hyperband {
    const LEARNS: bool = true;

    fn begin(params: RungParams) -> Self {
        Self(params)
    }
}

impl Search for Hyperband {
    fn propose(&mut self, ask: &mut Ask<'_>) -> Step {
        let ladder = Ladder::of(&self.0, ask.epochs);
        let sizes = bracket_sizes(ladder.n_rungs(), self.0.eta);
        ladder.climb(ask, sizes.len(), &|n_begun| bracket_of(&sizes, n_begun))
    }
}

/// Configurations of each bracket (algorithm 1 there): the one that begins on rung `i` may go up `n_rungs - 1 - i` times.
fn bracket_sizes(n_rungs: usize, eta: u32) -> Vec<usize> {
    let size = |rung: usize| {
        let n_ups = n_rungs - 1 - rung;
        (n_rungs * (eta as usize).pow(n_ups as u32)).div_ceil(n_ups + 1)
    };
    (0..n_rungs).map(size).collect()
}

/// One round of brackets after the other.
fn bracket_of(sizes: &[usize], n_begun: usize) -> usize {
    let mut rest = n_begun % sizes.iter().sum::<usize>();
    for (bracket, &size) in sizes.iter().enumerate() {
        if rest < size {
            return bracket;
        }
        rest -= size;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_those_of_the_paper() {
        // Table 1 there: 81 epochs, eta 3.
        assert_eq!(bracket_sizes(5, 3), [81, 34, 15, 8, 5]);
        let sizes = bracket_sizes(2, 3);
        let brackets: Vec<usize> = (0..7).map(|n| bracket_of(&sizes, n)).collect();
        assert_eq!((sizes, brackets), (vec![3, 2], vec![0, 0, 0, 1, 1, 0, 0]));
    }
}
