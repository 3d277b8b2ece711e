//! A multi-layer perceptron over (user, item) pairs.
//!
//! The first layer of `[u; i]` is the sum of a user half and an item half. So each half is taken once per row of its
//! table when a step names more rows than the table has, and once per user and per item of a whole catalogue: that is
//! most of the work saved.

use tch::Tensor;

use crate::layers::dropout::dropout;
use crate::layers::linear::Linear;
use crate::network::lookup;
use crate::parameters::{Init, Parameters};

/// Hidden layers with `ReLU`, each followed by dropout.
#[derive(Debug)]
pub struct PairMlp {
    user_half: Linear,
    item_half: Tensor, // [widths[0], d_item]
    rest: Vec<Linear>,
    widest: i64,
    dropout: f64,
}

/// Vectors of users or items, of which a step needs those at an index.
pub trait Vectors {
    /// How many there are.
    fn count(&self) -> i64;

    /// All of them, `[n, d]`.
    fn all(&self) -> Tensor;

    /// Those at `index` `[…]`: `[…, d]`.
    fn at(&self, index: &Tensor) -> Tensor;
}

impl Vectors for Tensor {
    fn count(&self) -> i64 {
        self.size()[0]
    }

    fn all(&self) -> Tensor {
        self.shallow_clone()
    }

    fn at(&self, index: &Tensor) -> Tensor {
        lookup(self, index)
    }
}

/// `map` of the vectors at `index`, applied to whichever is fewer: the index or the table.
fn mapped(vectors: &dyn Vectors, index: &Tensor, map: impl Fn(&Tensor) -> Tensor) -> Tensor {
    if index.numel() as i64 > vectors.count() {
        lookup(&map(&vectors.all()), index)
    } else {
        map(&vectors.at(index))
    }
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

    /// Users at `[b]` with items at `[b, m]` each: `[b, m, widths.last()]`.
    pub fn pairs(
        &self,
        (users, at_users): (&dyn Vectors, &Tensor),
        (items, at_items): (&dyn Vectors, &Tensor),
        train: bool,
    ) -> Tensor {
        let users = mapped(users, at_users, |users| self.user_half.forward(users)); // [b, w]
        let items = mapped(items, at_items, |items| self.of_items(items)); // [b, m, w]
        self.after_first(users.unsqueeze(1) + items, train)
    }

    /// Users at `[b]` with all items: `score` of each block `[rows, n, widths.last()]`, concatenated.
    /// Blocks keep memory bounded whatever the number of items is.
    pub fn all_pairs(
        &self,
        (users, at_users): (&dyn Vectors, &Tensor),
        items: &dyn Vectors,
        score: impl Fn(&Tensor) -> Tensor,
    ) -> Tensor {
        let users = self.user_half.forward(&users.at(at_users)).unsqueeze(1); // [b, 1, w]
        let items = self.of_items(&items.all()).unsqueeze(0); // [1, n, w]
        let rows = (BLOCK_FLOATS / (items.size()[1] * self.widest).max(1)).max(1);
        let blocks = users.split(rows, 0);
        let scores = blocks.iter().map(|users| score(&self.after_first(users + &items, false)));
        Tensor::cat(&scores.collect::<Vec<_>>(), 0)
    }

    fn of_items(&self, items: &Tensor) -> Tensor {
        items.linear(&self.item_half, None::<&Tensor>)
    }

    fn after_first(&self, first: Tensor, train: bool) -> Tensor {
        // In place: the backward pass needs the activation, not what it was made of.
        let activate = |mut x: Tensor| dropout(&x.relu_(), self.dropout, train);
        self.rest.iter().fold(activate(first), |x, layer| activate(layer.forward(&x)))
    }
}

/// 1 MiB of one layer's output: stays in a core's cache through the layers.
const BLOCK_FLOATS: i64 = 1 << 18;
