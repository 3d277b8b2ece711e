//! The trials of a history from the best to the worst, as strategies that model the space see them.

use bakeoff_spec::Point;

use crate::search::history::Result;
use crate::search::{Ask, History, Proposal, Step};

/// Points drawn at the start, of which the one farthest from all others is taken: more would crowd the corners.
const N_APART: usize = 5;

/// What a strategy proposes that models the space: points far apart until `n_startup` trials have ended, then what it
/// finds the most promising; any fresh point where it finds none.
pub(super) fn propose(
    ask: &mut Ask<'_>,
    n_startup: u32,
    most_promising: impl FnOnce(&mut Ask<'_>, &Ranking) -> Option<Point>,
) -> Step {
    if !ask.may_begin {
        return Step::Over;
    }
    let ranking = Ranking::of(&ask.history);
    let found = if ranking.ended.len() < n_startup as usize {
        ask.draw_apart(N_APART)
    } else {
        most_promising(ask, &ranking)
    };
    let point = found.or_else(|| ask.draw_fresh());
    point.map_or(Step::Over, |point| Step::Try(Proposal::of(point)))
}

/// Numbers of proposals whose points are known.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Ranking {
    /// Those that have ended, best first: completed ones, pruned ones by what they had reached, failed ones.
    pub(super) ended: Vec<usize>,
    /// The losses of `ended`: without end of those that did not complete. With two objectives only their order means
    /// anything.
    pub(super) losses: Vec<f64>,
    /// Those that wait or run.
    pub(super) pending: Vec<usize>,
}

impl Ranking {
    pub(super) fn of(history: &History<'_>) -> Self {
        let mut ranking = Self::default();
        let (mut completed, mut pruned, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for number in (0..history.len()).filter(|&number| history.point(number).is_some()) {
            match history.result(number) {
                Result::Pending => ranking.pending.push(number),
                Result::Failed => failed.push(number),
                Result::Pruned(loss) => pruned.push((loss.unwrap_or(f64::INFINITY), number)),
                Result::Loss(loss) => completed.push((loss, number)),
            }
        }
        let second = |&(_, number): &(f64, usize)| history.second_loss(number);
        if let Some(seconds) = completed.iter().map(second).collect::<Option<Vec<f64>>>() {
            let pairs: Vec<[f64; 2]> =
                completed.iter().zip(seconds).map(|(one, second)| [one.0, second]).collect();
            for (place, at) in by_front(&pairs).into_iter().enumerate() {
                completed[at].0 = place as f64;
            }
        }
        // Stable: of equals the earlier.
        completed.sort_by(|a, b| a.0.total_cmp(&b.0));
        pruned.sort_by(|a, b| a.0.total_cmp(&b.0));
        ranking.losses = completed.iter().map(|one| one.0).collect();
        let n_ended = completed.len() + pruned.len() + failed.len();
        ranking.losses.resize(n_ended, f64::INFINITY);
        let ended = completed.into_iter().chain(pruned).map(|(_, number)| number);
        ranking.ended = ended.chain(failed).collect();
        ranking
    }
}

/// Places of pairs of losses: by the front that they are on when those before it are taken away, then the less crowded
/// first (Deb et al., "A fast and elitist multiobjective genetic algorithm: NSGA-II", 2002).
fn by_front(pairs: &[[f64; 2]]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..pairs.len()).collect();
    left.sort_by(|&a, &b| {
        pairs[a][0]
            .total_cmp(&pairs[b][0])
            .then(pairs[a][1].total_cmp(&pairs[b][1]))
            .then(a.cmp(&b))
    });
    let mut places = Vec::with_capacity(pairs.len());
    while !left.is_empty() {
        let mut least = f64::INFINITY;
        // From the smallest first loss up, whoever has a smaller second loss than all before is beaten by nobody.
        let (front, rest): (Vec<usize>, Vec<usize>) = left.into_iter().partition(|&at| {
            let is_on_it = pairs[at][1] < least || least == f64::INFINITY;
            least = least.min(pairs[at][1]);
            is_on_it
        });
        let room = crowding(pairs, &front);
        let mut order: Vec<usize> = (0..front.len()).collect();
        order.sort_by(|&a, &b| room[b].total_cmp(&room[a]));
        places.extend(order.into_iter().map(|at| front[at]));
        left = rest;
    }
    places
}

/// The room around each member of a front, which is sorted: the sides of the box between its neighbours, as shares of
/// the front's.
fn crowding(pairs: &[[f64; 2]], front: &[usize]) -> Vec<f64> {
    let last = front.len() - 1;
    let side = |a: usize, b: usize| {
        let share = |of: usize| {
            let whole = (pairs[front[last]][of] - pairs[front[0]][of]).abs();
            (pairs[front[a]][of] - pairs[front[b]][of]).abs() / whole.max(f64::MIN_POSITIVE)
        };
        share(0) + share(1)
    };
    let room = |at: usize| {
        if at == 0 || at == last { f64::INFINITY } else { side(at - 1, at + 1) }
    };
    (0..front.len()).map(room).collect()
}

#[cfg(test)]
mod tests {
    use bakeoff_spec::{Brief, Candidate, Choice, Space, State, TrialKey};

    use super::*;
    use crate::search::history::Seen;
    use crate::search::simulation::unmeasured;

    #[test]
    fn completed_ones_come_before_pruned_ones_and_these_before_failed_ones() {
        let space = Space::default();
        let completed = |value| Some((State::Completed, Some(value)));
        let pruned = |value| Some((State::Pruned { epoch: 1 }, value));
        let briefs = [
            completed(0.5),
            Some((State::Failed, None)),
            pruned(Some(0.9)),
            None,
            pruned(None),
            completed(0.7),
            pruned(Some(0.4)),
            completed(0.6),
        ];
        let candidate = |brief: Option<(State, Option<f64>)>| Candidate {
            key: TrialKey::parse(&"0".repeat(32)).unwrap(),
            choice: Choice::Point([].into()),
            epochs: None,
            continues: None,
            brief: brief.map(|(state, selected)| Brief { state, selected, ..unmeasured(1, 0) }),
        };
        let mut candidates: Vec<Candidate> = briefs.into_iter().map(candidate).collect();
        // An entry of the spec's list that lies outside of the space.
        candidates.push(Candidate { choice: Choice::Listed(0), ..candidates[0].clone() });
        let seen = Seen::with_listed(vec![None]);
        // As of a metric that is better when higher, and once with the last result hidden.
        let ranking =
            |n_known| Ranking::of(&History::of(&candidates, &seen, &space, n_known, [true, false]));
        let all = ranking(usize::MAX);
        assert_eq!((all.ended, all.pending), (vec![5, 7, 0, 2, 6, 4, 1], vec![3]));
        let inf = f64::INFINITY;
        assert_eq!(all.losses, [-0.7, -0.6, -0.5, inf, inf, inf, inf]);
        let hidden = ranking(7);
        assert_eq!((hidden.ended, hidden.pending), (vec![5, 0, 2, 6, 4, 1], vec![3, 7]));
    }

    #[test]
    fn two_objectives_rank_by_front_then_by_room() {
        // The front (0, 4), (1, 1), (1.1, 0.9), (4, 0), and behind it (2, 3) and (3, 3).
        let pairs = [[3.0, 3.0], [1.1, 0.9], [0.0, 4.0], [2.0, 3.0], [4.0, 0.0], [1.0, 1.0]];
        // Ends first; (1.1, 0.9) has neighbours 3 and 1 apart of 4 and 4, (1, 1) has 1.1 and 3.1.
        assert_eq!(by_front(&pairs), [2, 4, 5, 1, 3, 0]);
    }
}
