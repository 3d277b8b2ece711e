//! SGD, Adam and `AdamW` over the flat parameter buffer, one pass over memory a step.
//!
//! The updates are those of the papers as libtorch writes them; tests hold both against libtorch's own optimizers.
//! Our own because tch cannot save an optimizer's state, which resuming a trial needs.

use bakeoff_spec::{Optimizer as Rule, Training};
use rayon::prelude::*;
use tch::{Device, Kind, Tensor, no_grad};

use crate::memory::{floats, floats_mut};
use crate::parameters::Parameters;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPS: f64 = 1e-8;
/// Elements of one parallel piece: 256 KiB of each of four arrays, about a core's L2.
const PIECE: usize = 1 << 16;

/// An update rule with its state.
#[derive(Debug)]
pub struct Optimizer {
    rule: Rule,
    learning_rate: f64,
    weight_decay: f64,
    momentum: f64,
    clip_norm: f64,
    step: i64,
    /// First moment (Adam) or velocity (SGD), `[n_params]`.
    first: Tensor,
    /// Second moment (Adam), `[n_params]`; empty for SGD.
    second: Tensor,
}

impl Optimizer {
    /// A fresh optimizer for these parameters.
    pub fn new(training: &Training, parameters: &Parameters) -> Self {
        let zeros = || parameters.flat().detach().zeros_like();
        let empty = || Tensor::empty([0], (Kind::Float, parameters.device()));
        let is_sgd = training.optimizer == Rule::Sgd;
        Self {
            rule: training.optimizer,
            learning_rate: training.learning_rate,
            weight_decay: training.weight_decay,
            momentum: training.momentum,
            clip_norm: training.clip_norm,
            step: 0,
            first: if is_sgd && training.momentum == 0.0 { empty() } else { zeros() },
            second: if is_sgd { empty() } else { zeros() },
        }
    }

    /// Steps taken so far, and the first and second moments: all that is needed to go on.
    pub fn state(&self) -> (i64, [&Tensor; 2]) {
        (self.step, [&self.first, &self.second])
    }

    /// Goes on from the state of an optimizer of the same rule and parameters, on whatever device that was.
    pub fn go_on_from(&mut self, step: i64, moments: [&Tensor; 2]) {
        self.step = step;
        no_grad(|| {
            self.first.copy_(moments[0]);
            self.second.copy_(moments[1]);
        });
    }

    /// One update from the gradients of [`Parameters::tensors`], in that order.
    pub fn step(&mut self, parameters: &Parameters, gradients: &[Tensor]) {
        no_grad(|| {
            self.step += 1;
            let scale = self.clip_scale(gradients);
            if parameters.device() == Device::Cpu {
                self.step_on_cpu(parameters, gradients, scale as f32);
            } else {
                self.step_on_device(parameters, gradients, scale);
            }
        });
    }

    /// What gradients are multiplied with so that their whole norm is at most `clip_norm`.
    fn clip_scale(&self, gradients: &[Tensor]) -> f64 {
        if self.clip_norm == 0.0 {
            return 1.0;
        }
        let norms: Vec<Tensor> = gradients.iter().map(Tensor::norm).collect();
        let norm = Tensor::stack(&norms, 0).norm().double_value(&[]);
        (self.clip_norm / (norm + 1e-6)).min(1.0)
    }

    fn step_on_cpu(&mut self, parameters: &Parameters, gradients: &[Tensor], scale: f32) {
        let update = self.element_update(scale);
        let mut flat = parameters.flat().shallow_clone();
        let mut values = floats_mut(&mut flat);
        let mut first = floats_mut(&mut self.first);
        let mut second = floats_mut(&mut self.second);
        for gradient in gradients {
            let gradient = gradient.contiguous();
            let gradient = floats(&gradient);
            let n = gradient.len();
            let (w, rest) = values.split_at_mut(n);
            values = rest;
            let (m, rest) = first.split_at_mut(n.min(first.len()));
            first = rest;
            let (v, rest) = second.split_at_mut(n.min(second.len()));
            second = rest;
            if n <= PIECE {
                update.apply(w, gradient, m, v);
                continue;
            }
            // `chunks_mut` of an empty state yields nothing, so pad with empty pieces.
            let pieces = n.div_ceil(PIECE);
            let states = pieces_of(m, pieces).into_par_iter().zip(pieces_of(v, pieces));
            w.par_chunks_mut(PIECE)
                .zip(gradient.par_chunks(PIECE))
                .zip(states)
                .for_each(|((w, g), (m, v))| update.apply(w, g, m, v));
        }
    }

    fn element_update(&self, scale: f32) -> ElementUpdate {
        let correction1 = 1.0 - BETA1.powi(self.step as i32);
        let correction2 = 1.0 - BETA2.powi(self.step as i32);
        ElementUpdate {
            rule: self.rule,
            scale,
            l2: if self.rule == Rule::Adamw { 0.0 } else { self.weight_decay as f32 },
            keep: match self.rule {
                Rule::Adamw => (1.0 - self.learning_rate * self.weight_decay) as f32,
                Rule::Sgd | Rule::Adam => 1.0,
            },
            rate: match self.rule {
                Rule::Sgd => self.learning_rate as f32,
                Rule::Adam | Rule::Adamw => (self.learning_rate / correction1) as f32,
            },
            root2: (1.0 / correction2.sqrt()) as f32,
            momentum: self.momentum as f32,
        }
    }

    /// The same update in whole-tensor operations, for CUDA: a handful of kernels whatever the number of parameters.
    fn step_on_device(&mut self, parameters: &Parameters, gradients: &[Tensor], scale: f64) {
        let parts: Vec<Tensor> = gradients.iter().map(|g| g.reshape([-1])).collect();
        let mut gradient = Tensor::cat(&parts, 0);
        let mut flat = parameters.flat().shallow_clone();
        if scale < 1.0 {
            gradient *= scale;
        }
        if self.rule == Rule::Adamw {
            flat *= 1.0 - self.learning_rate * self.weight_decay;
        } else if self.weight_decay != 0.0 {
            gradient += &flat * self.weight_decay;
        }
        if self.rule == Rule::Sgd {
            if self.momentum != 0.0 {
                self.first *= self.momentum;
                self.first += &gradient;
                gradient = self.first.shallow_clone();
            }
            flat -= gradient * self.learning_rate;
            return;
        }
        let correction1 = 1.0 - BETA1.powi(self.step as i32);
        let correction2 = 1.0 - BETA2.powi(self.step as i32);
        self.first *= BETA1;
        self.first += &gradient * (1.0 - BETA1);
        self.second *= BETA2;
        self.second += gradient.square() * (1.0 - BETA2);
        let denominator = self.second.sqrt() / correction2.sqrt() + EPS;
        flat -= &self.first / denominator * (self.learning_rate / correction1);
    }
}

/// `n` pieces of a state array, or `n` empty ones where the rule keeps no such state.
fn pieces_of(state: &mut [f32], n: usize) -> Vec<&mut [f32]> {
    let mut pieces: Vec<&mut [f32]> = state.chunks_mut(PIECE).collect();
    pieces.resize_with(n, Default::default);
    pieces
}

/// The scalars of one step; `apply` is a loop that the compiler vectorises.
struct ElementUpdate {
    rule: Rule,
    scale: f32,
    l2: f32,
    keep: f32,
    rate: f32,
    root2: f32,
    momentum: f32,
}

impl ElementUpdate {
    fn apply(&self, w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32]) {
        let Self { scale, l2, keep, rate, root2, momentum, .. } = *self;
        if self.rule == Rule::Sgd {
            if m.is_empty() {
                for (w, g) in w.iter_mut().zip(g) {
                    *w -= rate * (g * scale + l2 * *w);
                }
            } else {
                for ((w, g), m) in w.iter_mut().zip(g).zip(m) {
                    *m = momentum * *m + (g * scale + l2 * *w);
                    *w -= rate * *m;
                }
            }
            return;
        }
        let (beta1, beta2, eps) = (BETA1 as f32, BETA2 as f32, EPS as f32);
        let (rest1, rest2) = ((1.0 - BETA1) as f32, (1.0 - BETA2) as f32);
        for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            let g = g * scale + l2 * *w;
            *m = beta1 * *m + rest1 * g;
            *v = beta2 * *v + rest2 * (g * g);
            *w = *w * keep - rate * *m / (v.sqrt() * root2 + eps);
        }
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::{self, OptimizerConfig};

    use super::*;
    use crate::parameters::Init;

    const SHAPES: [&[i64]; 3] = [&[7, 5], &[3], &[300, 300]]; // the last one takes several pieces

    /// 20 steps on the same random gradients with ours and with libtorch's optimizer, from the same start.
    fn assert_agrees(training: &Training, theirs: impl OptimizerConfig) {
        tch::manual_seed(11);
        let mut ours = Parameters::on(Device::Cpu);
        for (i, shape) in SHAPES.iter().enumerate() {
            let _ = ours.add(&format!("p{i}"), shape, Init::Normal(1.0));
        }
        ours.flatten();
        let store = nn::VarStore::new(Device::Cpu);
        let copies: Vec<Tensor> =
            ours.named().iter().map(|(name, tensor)| store.root().var_copy(name, tensor)).collect();
        let mut theirs = theirs.build(&store, training.learning_rate).unwrap();
        let mut optimizer = Optimizer::new(training, &ours);
        for _ in 0..20 {
            let gradients: Vec<Tensor> =
                SHAPES.iter().map(|s| Tensor::randn(*s, (Kind::Float, Device::Cpu))).collect();
            optimizer.step(&ours, &gradients);
            let with_gradients =
                copies.iter().zip(&gradients).map(|(p, g)| (p * g).sum(Kind::Float));
            theirs.zero_grad();
            with_gradients.reduce(|a, b| a + b).unwrap().backward();
            if training.clip_norm > 0.0 {
                theirs.clip_grad_norm(training.clip_norm);
            }
            theirs.step();
            for ((name, p), copy) in ours.named().iter().zip(&copies) {
                let difference = (p - copy).abs().max().double_value(&[]);
                // 20 steps of 0.01: a rounding of a gradient near 0 may tilt one step of Adam by a percent.
                assert!(difference < 1e-4, "{name} differs by {difference}");
            }
        }
    }

    fn training(optimizer: Rule) -> Training {
        Training { optimizer, learning_rate: 0.01, ..Training::default() }
    }

    #[test]
    fn sgd_steps_like_libtorch() {
        assert_agrees(&training(Rule::Sgd), nn::Sgd::default());
        let settings = Training { momentum: 0.9, weight_decay: 0.01, ..training(Rule::Sgd) };
        assert_agrees(&settings, nn::sgd(0.9, 0.0, 0.01, false));
        assert_agrees(&Training { clip_norm: 0.5, ..training(Rule::Sgd) }, nn::Sgd::default());
    }

    #[test]
    fn adam_steps_like_libtorch() {
        assert_agrees(&training(Rule::Adam), nn::Adam::default());
        let settings = Training { weight_decay: 0.1, ..training(Rule::Adam) };
        assert_agrees(&settings, nn::adam(0.9, 0.999, 0.1));
    }

    #[test]
    fn adamw_steps_like_libtorch() {
        let settings = Training { weight_decay: 0.1, ..training(Rule::Adamw) };
        assert_agrees(&settings, nn::adamw(0.9, 0.999, 0.1));
    }

    #[test]
    fn a_card_would_step_as_the_cpu_does() {
        for optimizer in [Rule::Sgd, Rule::Adam, Rule::Adamw] {
            let settings = Training { momentum: 0.9, weight_decay: 0.1, ..training(optimizer) };
            let make = || {
                tch::manual_seed(3);
                let mut parameters = Parameters::on(Device::Cpu);
                let _ = parameters.add("p", &[40, 3], Init::Normal(1.0));
                parameters.flatten();
                parameters
            };
            let (a, b) = (make(), make());
            let (mut on_cpu, mut on_device) =
                (Optimizer::new(&settings, &a), Optimizer::new(&settings, &b));
            for _ in 0..5 {
                let gradient = [Tensor::randn([40, 3], (Kind::Float, Device::Cpu))];
                on_cpu.step(&a, &gradient);
                on_device.step += 1;
                no_grad(|| on_device.step_on_device(&b, &gradient, 1.0));
            }
            let difference = (a.flat() - b.flat()).abs().max().double_value(&[]);
            assert!(difference < 1e-6, "{optimizer:?} differs by {difference}");
        }
    }
}
