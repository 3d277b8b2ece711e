//! A multi-layer perceptron over (user, item) pairs.
//!
//! The first layer of `[u; i]` is the sum of a user half and an item half, so each half is computed once per user and
//! once per item however many pairs they form: for a whole catalogue that is most of the work.

use tch::Tensor;

use crate::layers::linear::Linear;
use crate::network::dropout;
use crate::parameters::{Init, Parameters};

/// Hidden layers with ReLU, each followed by dropout.
#[derive(Debug)]
pub struct PairMlp {
    user_half: Linear,
    item_half: Tensor, // [widths[0], d_item]
    rest: Vec<Linear>,
    widest: i64,
    dropout: f64,
}

impl PairMlp {
    /// Layers of these widths over users `d_user` and items `d_item` wide.
    pub fn new(
        p: &mut Parameters,
        (d_user, d_item): (i64, i64),
        widths: &[usize],
        dropout: f64,
    ) -> Self {
        let first = widths[0] as i64;
        // Both halves are drawn as parts of one layer: He et al., ICCV 2015.
        let init = |n_in: i64| Init::Normal((2.0 / n_in as f64).sqrt());
        let user_half = Linear::new(p, "mlp0.user", d_user, first, init(d_user + d_item));
        let item_half = p.add("mlp0.item.weight", &[first, d_item], init(d_user + d_item));
        let rest = widths.windows(2).enumerate().map(|(i, pair)| {
            let (n_in, n_out) = (pair[0] as i64, pair[1] as i64);
            Linear::new(p, &format!("mlp{}", i + 1), n_in, n_out, init(n_in))
        });
        let rest = rest.collect();
        let widest = widths.iter().max().map_or(1, |&width| width as i64);
        Self { user_half, item_half, rest, widest, dropout }
    }

    /// Users `[b, d_user]` with items `[b, m, d_item]` each: `[b, m, widths.last()]`.
    pub fn pairs(&self, users: &Tensor, items: &Tensor, train: bool) -> Tensor {
        let items = items.linear(&self.item_half, None::<&Tensor>);
        self.after_first(self.user_half.forward(users).unsqueeze(1) + items, train)
    }

    /// Users `[b, d_user]` with all of the items `[n, d_item]`: `score` of each block `[rows, n, widths.last()]`,
    /// concatenated. Blocks keep memory bounded whatever `n` is.
    pub fn all_pairs(
        &self,
        users: &Tensor,
        items: &Tensor,
        score: impl Fn(&Tensor) -> Tensor,
    ) -> Tensor {
        let users = self.user_half.forward(users).unsqueeze(1); // [b, 1, w]
        let items = items.linear(&self.item_half, None::<&Tensor>).unsqueeze(0); // [1, n, w]
        let rows = (BLOCK_FLOATS / (items.size()[1] * self.widest).max(1)).max(1);
        let blocks = users.split(rows, 0);
        let scores = blocks.iter().map(|users| score(&self.after_first(users + &items, false)));
        Tensor::cat(&scores.collect::<Vec<_>>(), 0)
    }

    fn after_first(&self, first: Tensor, train: bool) -> Tensor {
        let activate = |x: Tensor| dropout(&x.relu(), self.dropout, train);
        self.rest.iter().fold(activate(first), |x, layer| activate(layer.forward(&x)))
    }
}

/// 16 MiB of one layer's output.
const BLOCK_FLOATS: i64 = 1 << 22;
