//! An affine map `x Wᵀ + b`.

use tch::Tensor;

use crate::parameters::{Init, Parameters};

/// Weight `[out, in]` and bias `[out]`.
#[derive(Debug)]
pub struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    /// Adds `NAME.weight`, drawn from `init`, and `NAME.bias`, zero.
    pub fn new(p: &mut Parameters, name: &str, n_in: i64, n_out: i64, init: Init) -> Self {
        Self {
            weight: p.add(&format!("{name}.weight"), &[n_out, n_in], init),
            bias: p.add(&format!("{name}.bias"), &[n_out], Init::Constant(0.0)),
        }
    }

    /// `[…, in]` to `[…, out]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.linear(&self.weight, Some(&self.bias))
    }
}
