//! Layers that several models share. Each adds its parameters under a name and knows nothing of training.

pub mod dropout;
pub mod entity;
pub mod linear;
pub mod norm;
pub mod pair_mlp;
