//! What a gradient-trained model is to the training loop and to evaluation, and the two shapes that models come in:
//! those that score (user, item) pairs, and those that read a user's sequence.

use bakeoff_spec::{Loss, Training};
use tch::{Kind, Tensor};

use crate::parameters::Parameters;
use crate::training::feed::{Batch, Feed};
use crate::training::loss::{LossValue, full_cross_entropy, squared_error};

/// A network ready to be trained.
pub trait Network {
    /// Everything learned.
    fn parameters(&self) -> &Parameters;

    /// The shape of its training data.
    fn feed(&self) -> Feed;

    /// The loss of a batch; `train` turns dropout on.
    fn loss(&self, batch: &Batch, loss: Loss, train: bool) -> LossValue;

    /// Scores of every item for each query, `[b, n_items]`, larger is better.
    fn score_all(&self, queries: &Queries) -> Tensor;

    /// Predicted ratings `[n]` of (user, item) pairs `[n]`; only for models of the rating task.
    fn rate(&self, users: &Tensor, items: &Tensor) -> Tensor;
}

/// Users to rank items for, with what they did last.
#[derive(Debug)]
pub struct Queries {
    /// `[b]`.
    pub users: Tensor,
    /// `[b, len]`, padded at the end with `n_items`; empty for [`Feed::Interactions`].
    pub inputs: Tensor,
    /// `[b]`: index of each user's last input in the flattened `[b · len]` inputs.
    pub positions: Tensor,
}

/// A network that gives a score to a (user, item) pair.
pub trait PairScorer {
    /// Everything learned.
    fn parameters(&self) -> &Parameters;

    /// Scores `[b, m]` of items `[b, m]` for users `[b]`.
    fn scores(&self, users: &Tensor, items: &Tensor, train: bool) -> Tensor;

    /// Scores `[b, m]` of every item of `[m]` for users `[b]`.
    fn scores_of_each(&self, users: &Tensor, items: &Tensor, train: bool) -> Tensor {
        let shape = [users.size()[0], items.size()[0]];
        self.scores(users, &items.expand(shape, false), train)
    }

    /// Scores `[b, n_items]` of the whole catalogue for users `[b]`.
    fn score_all(&self, users: &Tensor) -> Tensor;
}

impl<T: PairScorer> Network for T {
    fn parameters(&self) -> &Parameters {
        PairScorer::parameters(self)
    }

    fn feed(&self) -> Feed {
        Feed::Interactions
    }

    fn loss(&self, batch: &Batch, loss: Loss, train: bool) -> LossValue {
        match loss {
            Loss::Mse => {
                let predictions = self.scores(&batch.users, &batch.items, train).squeeze_dim(1);
                squared_error(&predictions, &batch.ratings)
            }
            Loss::CrossEntropy => {
                let scores = PairScorer::score_all(self, &batch.users);
                let targets = batch.items.select(1, 0);
                LossValue::plain(scores.cross_entropy_for_logits(&targets), targets.size()[0])
            }
            Loss::Bce | Loss::Bpr | Loss::SampledCrossEntropy => {
                let users = &batch.users;
                let items = batch.hardest(|items| self.scores(users, items, false));
                let scores = self.scores(users, &items, train);
                batch.loss(loss, scores, |items| self.scores_of_each(users, items, train))
            }
        }
    }

    fn score_all(&self, queries: &Queries) -> Tensor {
        PairScorer::score_all(self, &queries.users)
    }

    fn rate(&self, users: &Tensor, items: &Tensor) -> Tensor {
        self.scores(users, &items.unsqueeze(1), false).squeeze_dim(1)
    }
}

/// A causal network: what it says at a position depends on the inputs up to there alone.
pub trait SequenceEncoder {
    /// Everything learned.
    fn parameters(&self) -> &Parameters;

    /// The longest sequence it reads.
    fn max_len(&self) -> usize;

    /// Hidden states `[b, len, d]` of inputs `[b, len]`; what stands at padded positions is never used.
    fn encode(&self, users: &Tensor, inputs: &Tensor, train: bool) -> Tensor;

    /// Output weights `[n_items, d]` and bias `[n_items]`: the score of an item is their product with a hidden state.
    fn output(&self) -> (Tensor, Option<Tensor>);
}

/// How sequence models are trained by default: few rows, since each holds as many losses as it has inputs.
pub fn sequence_training() -> Training {
    Training { batch_size: 64, loss: Loss::CrossEntropy, ..Training::default() }
}

/// The losses that any [`SequenceEncoder`] can be trained with.
pub const SEQUENCE_LOSSES: &[Loss] =
    &[Loss::CrossEntropy, Loss::SampledCrossEntropy, Loss::Bce, Loss::Bpr];

/// Makes a [`Network`] of a [`SequenceEncoder`].
#[derive(Debug)]
pub struct Sequential<E>(pub E);

impl<E: SequenceEncoder> Sequential<E> {
    /// Hidden states `[n, d]` where contexts end.
    fn hidden_at(
        &self,
        users: &Tensor,
        inputs: &Tensor,
        positions: &Tensor,
        train: bool,
    ) -> Tensor {
        let hidden = self.0.encode(users, inputs, train); // [b, len, d]
        let d = hidden.size()[2];
        lookup(&hidden.reshape([-1, d]), positions)
    }
}

impl<E: SequenceEncoder> Network for Sequential<E> {
    fn parameters(&self) -> &Parameters {
        self.0.parameters()
    }

    fn feed(&self) -> Feed {
        Feed::Sequences { max_len: self.0.max_len() }
    }

    fn loss(&self, batch: &Batch, loss: Loss, train: bool) -> LossValue {
        let hidden = self.hidden_at(&batch.users, &batch.inputs, &batch.positions, train); // [n, d]
        let (items, bias) = self.0.output();
        if loss == Loss::CrossEntropy {
            return full_cross_entropy(&hidden, &items, bias.as_ref(), &batch.items.select(1, 0));
        }
        let bias = bias.map(|bias| bias.unsqueeze(1)); // [n_items, 1]
        let score = |hidden: &Tensor, index: &Tensor| {
            let scores = dot(hidden, &lookup(&items, index)); // [n, m]
            match &bias {
                Some(bias) => scores + lookup(bias, index).squeeze_dim(2),
                None => scores,
            }
        };
        // By the states that the loss is taken of, so that they are computed once.
        let drawn = batch.hardest(|items| score(&hidden, items));
        batch.loss(loss, score(&hidden, &drawn), |others| {
            let weights = lookup(&items, others).tr(); // [d, m]
            match &bias {
                Some(bias) => lookup(bias, others).tr().addmm(&hidden, &weights),
                None => hidden.mm(&weights),
            }
        })
    }

    fn score_all(&self, queries: &Queries) -> Tensor {
        let hidden = self.hidden_at(&queries.users, &queries.inputs, &queries.positions, false);
        let (items, bias) = self.0.output();
        match bias {
            Some(bias) => bias.addmm(&hidden, &items.tr()),
            None => hidden.mm(&items.tr()),
        }
    }

    fn rate(&self, _users: &Tensor, _items: &Tensor) -> Tensor {
        unreachable!("sequence models are registered for the top_n task alone")
    }
}

/// Dot products `[b, m]` of each of vectors `[b, d]` with its own `[b, m, d]`: libtorch's batched product of such small
/// matrices is a plain loop.
pub(crate) fn dot(vectors: &Tensor, others: &Tensor) -> Tensor {
    (vectors.unsqueeze(1) * others).sum_dim_intlist([2i64].as_slice(), false, Kind::Float)
}

/// Rows of a table `[n, d]` by index `[…]`, giving `[…, d]`: the gather with the fastest backward pass on the CPU.
pub(crate) fn lookup(table: &Tensor, index: &Tensor) -> Tensor {
    Tensor::embedding(table, index, -1, false, false)
}
