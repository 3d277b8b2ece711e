//! A recommender that pretends to train: learning curves that rise, cross and shake.

use bakeoff_spec::{Dimension, Domain, Params, Space};
use serde_json::json;

/// Epochs of a whole fit.
pub(crate) const EPOCHS: u32 = 81;

/// 144 configurations.
pub(crate) fn space() -> Space {
    let choice = |name: &str, values: serde_json::Value| Dimension {
        params: vec![name.into()],
        domain: Domain::Choice(values.as_array().expect("written as a list").clone()),
        when: Vec::new(),
    };
    let rates = json!([1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1]);
    Space {
        dimensions: vec![
            choice("learning_rate", rates),
            choice("embedding_dim", json!([8, 16, 32, 64, 128, 256])),
            choice("dropout", json!([0.0, 0.2, 0.5])),
        ],
    }
}

/// The best validation score so far after an epoch. A small rate and much dropout end higher and take longer, so that
/// curves cross; scores shake by about 3 %, and by other amounts under another seed.
pub(crate) fn score(params: &Params, epochs: u32, seed: u64) -> f64 {
    let at = |name: &str| params[name].as_f64().expect("a number of the space");
    let (rate, width, dropout) =
        (at("learning_rate").log10(), at("embedding_dim").log2(), at("dropout"));
    let limit = 0.35
        * (-0.12 * (rate + 2.5).powi(2)).exp()
        * (-0.05 * (width - 6.0).powi(2)).exp()
        * (1.0 - (dropout - 0.25).powi(2));
    // Epochs until it has learned two thirds: 1 to 20.
    let pace = (10_f64.powf(-0.5 * (rate + 1.0)) * (1.0 + dropout)).clamp(1.0, 20.0);
    let shake = |epoch: u32| {
        let noise = (rate * 12.9898
            + width * 78.233
            + dropout * 37.719
            + f64::from(epoch) * 4.581
            + seed as f64 * 0.7548)
            .sin()
            * 43_758.545_3;
        0.03 * (2.0 * (noise - noise.floor()) - 1.0)
    };
    let after =
        |epoch: u32| limit * (1.0 - (-f64::from(epoch) / pace).exp()) * (1.0 + shake(epoch));
    (1..=epochs).map(after).fold(0.0, f64::max)
}
