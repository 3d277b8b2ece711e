//! A network's learned tensors, kept side by side in one flat buffer.
//!
//! One buffer makes an optimizer step one pass over memory, a snapshot of the best epoch one copy, and a checkpoint
//! one tensor a state.

use tch::{Device, Kind, Tensor, no_grad};

/// How a parameter starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// All the same.
    Constant(f64),
    /// Gaussian around 0 with this standard deviation.
    Normal(f64),
    /// Uniform in ±bound.
    Uniform(f64),
    /// Uniform in ±√(6 / (fan in + fan out)) (Glorot and Bengio, AISTATS 2010); for matrices `[out, in]`.
    Xavier,
}

/// Named parameters in the order of their creation.
#[derive(Debug)]
pub struct Parameters {
    entries: Vec<(String, Tensor)>,
    flat: Option<Tensor>,
    device: Device,
}

impl Parameters {
    /// No parameters yet; they will live on `device`.
    pub fn on(device: Device) -> Self {
        Self { entries: Vec::new(), flat: None, device }
    }

    /// Adds a parameter and returns a handle that shares its values for good.
    /// It is drawn on the CPU so that a seed means the same start on every device.
    pub fn add(&mut self, name: &str, shape: &[i64], init: Init) -> Tensor {
        let mut tensor = Tensor::empty(shape, (Kind::Float, Device::Cpu));
        let _ = match init {
            Init::Constant(value) => tensor.fill_(value),
            Init::Normal(std) => tensor.normal_(0.0, std),
            Init::Uniform(bound) => tensor.uniform_(-bound, bound),
            Init::Xavier => {
                let bound = (6.0 / (shape[0] + shape[1]) as f64).sqrt();
                tensor.uniform_(-bound, bound)
            }
        };
        let leaf = tensor.set_requires_grad(true);
        let handle = leaf.shallow_clone();
        self.entries.push((name.to_owned(), leaf));
        handle
    }

    /// Moves all parameters into the flat buffer on their device. Call once, after the last `add`.
    pub fn flatten(&mut self) {
        no_grad(|| {
            let parts: Vec<Tensor> =
                self.entries.iter().map(|(_, t)| t.detach().view([-1])).collect();
            let flat = Tensor::cat(&parts, 0).to_device(self.device);
            let mut offset = 0;
            for (_, tensor) in &mut self.entries {
                let len = tensor.numel() as i64;
                let view = flat.narrow(0, offset, len).view(tensor.size().as_slice());
                tensor.set_data(&view);
                offset += len;
            }
            self.flat = Some(flat);
        });
    }

    /// Every parameter in one vector `[n_params]`; shares memory with them.
    pub fn flat(&self) -> &Tensor {
        self.flat.as_ref().expect("flatten() is called when a network is complete")
    }

    /// The parameters, in order.
    pub fn tensors(&self) -> impl ExactSizeIterator<Item = &Tensor> {
        self.entries.iter().map(|(_, tensor)| tensor)
    }

    /// Names and parameters, in order.
    pub fn named(&self) -> &[(String, Tensor)] {
        &self.entries
    }

    /// How many numbers are learned.
    pub fn count(&self) -> u64 {
        self.entries.iter().map(|(_, tensor)| tensor.numel() as u64).sum()
    }

    /// Where they live.
    pub fn device(&self) -> Device {
        self.device
    }

    /// A copy of all values.
    pub fn snapshot(&self) -> Tensor {
        self.flat().detach().copy()
    }

    /// Takes all values back from a snapshot.
    pub fn restore(&self, snapshot: &Tensor) {
        no_grad(|| self.flat().shallow_clone().copy_(snapshot));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_see_what_is_written_to_the_flat_buffer() {
        let mut parameters = Parameters::on(Device::Cpu);
        let a = parameters.add("a", &[2, 2], Init::Constant(1.0));
        let b = parameters.add("b", &[3], Init::Constant(2.0));
        parameters.flatten();
        let before = parameters.snapshot();
        let _ = no_grad(|| parameters.flat().shallow_clone().fill_(7.0));
        assert_eq!(a, Tensor::from_slice(&[7f32; 4]).view([2, 2]));
        parameters.restore(&before);
        assert_eq!(b, Tensor::from_slice(&[2f32; 3]));
        assert!(a.requires_grad() && a.is_leaf());
        assert_eq!(parameters.count(), 7);
    }
}
