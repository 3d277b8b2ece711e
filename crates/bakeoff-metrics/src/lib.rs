//! From scores to numbers: ranks of a user's targets, metrics over them, and how sure a comparison is.
//!
//! ```text
//! scores of a user ──target_ranks──▶ RankedUser ──RankingEvaluator──▶ Evaluation { scores, units }
//! predictions, truth ────────────────────────────evaluate_ratings──▶ Evaluation { scores, units }
//! units of two models ──paired_t_test, wilcoxon_signed_rank, holm──▶ how sure the difference is
//! ```
//!
//! Read [`ranking`] for the tie rule that every ranking metric inherits. A metric is one file in [`ranking_metrics`]
//! or [`rating_metrics`] and one line in the list there; [`catalog()`] is everything a spec can name.

pub mod catalog;
pub mod error;
pub mod evaluation;
pub mod ranking;
pub mod ranking_evaluator;
pub mod ranking_metrics;
pub mod rating_evaluator;
pub mod rating_metrics;
pub mod significance;
pub mod statistics;

pub use catalog::catalog;
pub use error::MetricError;
pub use evaluation::Evaluation;
pub use ranking::{RankedUser, target_ranks};
pub use ranking_evaluator::RankingEvaluator;
pub use rating_evaluator::evaluate_ratings;
pub use significance::{PairedTTest, Wilcoxon, holm, paired_t_test, wilcoxon_signed_rank};
pub use statistics::{Interval, mean_interval};
