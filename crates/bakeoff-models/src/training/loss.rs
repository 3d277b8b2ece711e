//! The losses, as means over (context, target) pairs.
//!
//! Notation: `s+` is the score of the observed item, `s-` that of a drawn one, σ the logistic function.

use bakeoff_spec::Loss;
use tch::{Kind, Tensor, no_grad};

/// A loss ready for the backward pass.
#[derive(Debug)]
pub struct LossValue {
    /// The scalar whose gradient is the loss's; its own value may differ (see [`full_cross_entropy`]).
    pub root: Tensor,
    /// The mean loss, detached, still on the device.
    pub mean: Tensor,
    /// How many pairs it is the mean of.
    pub n_pairs: i64,
}

impl LossValue {
    pub(crate) fn plain(loss: Tensor, n_pairs: i64) -> Self {
        Self { mean: loss.detach(), root: loss, n_pairs }
    }
}

/// Losses of scores `[n, 1 + n_negatives]`, the observed item's first.
///
/// - bce: -(ln σ(s+) + Σ ln σ(-s-)) / (1 + `n_negatives`)
/// - bpr: -ln σ(s+ - s-), averaged over the negatives
/// - sampled cross-entropy: -ln softmax(s)+; of items that are not drawn uniformly, the scores less ln q, where q is the
///   probability of drawing the item, and -∞ for a negative that is to take no part
pub fn sampled_loss(loss: Loss, scores: &Tensor) -> LossValue {
    let n = scores.size()[0];
    let n_negatives = scores.size()[1] - 1;
    let positive = scores.narrow(1, 0, 1); // [n, 1]
    let negative = scores.narrow(1, 1, n_negatives); // [n, n_negatives]
    let value = match loss {
        Loss::Bce => {
            let terms =
                (-positive).softplus().sum(Kind::Float) + negative.softplus().sum(Kind::Float);
            terms / (n * (1 + n_negatives)) as f64
        }
        Loss::Bpr => (negative - positive).softplus().mean(Kind::Float),
        Loss::SampledCrossEntropy => {
            -scores.log_softmax(1, Kind::Float).select(1, 0).mean(Kind::Float)
        }
        Loss::Mse | Loss::CrossEntropy => {
            unreachable!("planning allows no other loss with negatives")
        }
    };
    LossValue::plain(value, n)
}

/// Mean squared error of predictions and ratings, both `[n]`.
pub fn squared_error(predictions: &Tensor, ratings: &Tensor) -> LossValue {
    LossValue::plain((predictions - ratings).square().mean(Kind::Float), ratings.size()[0])
}

/// Softmax cross-entropy over the whole catalogue: hidden `[n, d]`, items `[n_items, d]`, bias `[n_items]`,
/// targets `[n]`.
///
/// The `[n, n_items]` logits of a step do not fit a cache, and autograd would stream them through memory several
/// times. So loss and gradient are taken here, a block of rows at a time while its logits are in cache:
/// ∂/∂logits = (softmax - onehot) / n. `root` is linear in the inputs with exactly these gradients, which hands them
/// to autograd; its value means nothing.
pub fn full_cross_entropy(
    hidden: &Tensor,
    items: &Tensor,
    bias: Option<&Tensor>,
    targets: &Tensor,
) -> LossValue {
    let (n, n_items) = (targets.size()[0], items.size()[0]);
    let (grad_hidden, grad_items, grad_bias, mean) = no_grad(|| {
        let (hidden, items) = (hidden.detach(), items.detach());
        let block = (BLOCK_FLOATS / n_items).clamp(16, n.max(16));
        let grad_hidden = hidden.empty_like();
        let mut grad_items = items.zeros_like();
        let mut grad_bias = bias.map(Tensor::zeros_like);
        let mut log_likelihood = Tensor::zeros([], (Kind::Float, hidden.device()));
        let minus_one = Tensor::full([block, 1], -1.0, (Kind::Float, hidden.device()));
        let items_t = items.tr();
        let mut start = 0;
        while start < n {
            let len = block.min(n - start);
            let rows = hidden.narrow(0, start, len);
            let index = targets.narrow(0, start, len).unsqueeze(1);
            let logits = match bias {
                Some(bias) => bias.detach().addmm(&rows, &items_t),
                None => rows.mm(&items_t),
            };
            let mut gradient = logits.softmax(1, Kind::Float);
            log_likelihood +=
                gradient.gather(1, &index, false).clamp_min(1e-38).log().sum(Kind::Float);
            let _ = gradient.scatter_add_(1, &index, &minus_one.narrow(0, 0, len));
            grad_hidden.narrow(0, start, len).copy_(&gradient.mm(&items));
            let _ = grad_items.addmm_(&gradient.tr(), &rows);
            if let Some(grad_bias) = &mut grad_bias {
                *grad_bias += gradient.sum_dim_intlist([0i64].as_slice(), false, Kind::Float);
            }
            start += len;
        }
        (grad_hidden, grad_items, grad_bias, -log_likelihood / n as f64)
    });
    let mut root = (hidden * grad_hidden).sum(Kind::Float) + (items * grad_items).sum(Kind::Float);
    if let (Some(bias), Some(gradient)) = (bias, grad_bias) {
        root += (bias * gradient).sum(Kind::Float);
    }
    LossValue { root: root / n as f64, mean, n_pairs: n }
}

/// Logits of one block: 1 MiB, so that a block and its softmax stay in a core's cache.
const BLOCK_FLOATS: i64 = 1 << 18;

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    fn leaf(shape: &[i64]) -> Tensor {
        Tensor::randn(shape, (Kind::Float, Device::Cpu)).set_requires_grad(true)
    }

    fn assert_close(a: &Tensor, b: &Tensor) {
        let difference = (a - b).abs().max().double_value(&[]);
        assert!(difference < 1e-5, "differs by {difference}");
    }

    #[test]
    fn full_cross_entropy_has_the_value_and_gradients_of_autograd() {
        tch::manual_seed(7);
        // 40,000 items leave blocks of 16 rows, so 50 rows end in a partial block.
        for n_items in [11, 40_000] {
            let (hidden, items, bias) = (leaf(&[50, 8]), leaf(&[n_items, 8]), leaf(&[n_items]));
            let targets = Tensor::randint(n_items, [50], (Kind::Int64, Device::Cpu));
            let ours = full_cross_entropy(&hidden, &items, Some(&bias), &targets);
            let theirs = (hidden.matmul(&items.tr()) + &bias).cross_entropy_for_logits(&targets);
            assert_close(&ours.mean, &theirs);
            let inputs = [&hidden, &items, &bias];
            let a = Tensor::run_backward(&[ours.root], &inputs, false, false);
            let b = Tensor::run_backward(&[theirs], &inputs, false, false);
            for (a, b) in a.iter().zip(&b) {
                assert_close(a, b);
            }
        }
    }

    #[test]
    fn sampled_losses_match_values_worked_by_hand() {
        // One row: s+ = 1, s- = 0 and -1.
        let scores = Tensor::from_slice(&[1.0f32, 0.0, -1.0]).view([1, 3]);
        let value = |loss| sampled_loss(loss, &scores).mean.double_value(&[]);
        // softplus(-1) = 0.313262, softplus(0) = 0.693147, softplus(-1) = 0.313262; mean of the three.
        assert!((value(Loss::Bce) - 0.439_890).abs() < 1e-5);
        // softplus(0 - 1) = 0.313262, softplus(-1 - 1) = 0.126928; mean of the two.
        assert!((value(Loss::Bpr) - 0.220_095).abs() < 1e-5);
        // -ln(e / (e + 1 + 1/e)) = 0.407606.
        assert!((value(Loss::SampledCrossEntropy) - 0.407_606).abs() < 1e-5);
    }
}
