//! Layer normalisation over the last axis (Ba, Kiros and Hinton, 2016).

use tch::Tensor;

use crate::parameters::{Init, Parameters};

/// Gain and bias `[width]`.
#[derive(Debug)]
pub struct LayerNorm {
    gain: Tensor,
    bias: Tensor,
    width: i64,
}

impl LayerNorm {
    /// Adds `NAME.gain`, one, and `NAME.bias`, zero.
    pub fn new(p: &mut Parameters, name: &str, width: i64) -> Self {
        Self {
            gain: p.add(&format!("{name}.gain"), &[width], Init::Constant(1.0)),
            bias: p.add(&format!("{name}.bias"), &[width], Init::Constant(0.0)),
            width,
        }
    }

    /// Same shape in and out.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.layer_norm([self.width], Some(&self.gain), Some(&self.bias), 1e-12, false)
    }
}
