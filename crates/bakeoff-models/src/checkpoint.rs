//! The weights of a finished fit and how it went, in one safetensors file that Python reads too.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tch::{Device, Tensor};

use crate::error::ModelError;
use crate::memory::floats;
use crate::network::Network;
use crate::training::Fit;

/// Writes the network's weights and its fit to `path`, whole or not at all.
///
/// # Errors
/// [`ModelError::Checkpoint`] when the file cannot be written.
pub fn save(path: &Path, network: &dyn Network, fit: &Fit) -> Result<(), ModelError> {
    let failed = |source| ModelError::Checkpoint { path: path.to_owned(), source };
    let parameters = network.parameters();
    let weights = parameters.flat().detach().to_device(Device::Cpu);
    let weights = floats(&weights);
    let bytes: Vec<u8> = weights.iter().flat_map(|value| value.to_le_bytes()).collect();
    let mut views = Vec::new();
    let mut offset = 0;
    for (name, tensor) in parameters.named() {
        let shape: Vec<usize> = tensor.size().iter().map(|&n| n as usize).collect();
        let len = tensor.numel() * size_of::<f32>();
        let view = TensorView::new(Dtype::F32, shape, &bytes[offset..offset + len])
            .expect("a parameter's bytes are as many as its shape says");
        views.push((name.as_str(), view));
        offset += len;
    }
    let fit = serde_json::to_string(fit).expect("a fit is plain numbers");
    let metadata = HashMap::from([
        ("fit".to_owned(), fit),
        ("blake3".to_owned(), blake3::hash(&bytes).to_hex().to_string()),
    ]);
    let file = safetensors::serialize(views, Some(metadata))
        .map_err(|error| failed(std::io::Error::other(error)))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut temporary, &file)?;
        temporary.as_file().sync_all()?;
        temporary.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(failed)
}

/// Reads weights into the network and returns its fit; `None` where there is no checkpoint that fits it whole.
/// A damaged one is as good as none: the fit is simply made again.
pub fn load(path: &Path, network: &dyn Network) -> Option<Fit> {
    let file = std::fs::read(path).ok()?;
    let tensors = SafeTensors::deserialize(&file).ok()?;
    let (_, header) = SafeTensors::read_metadata(&file).ok()?;
    let metadata = header.metadata().as_ref()?;
    let fit: Fit = serde_json::from_str(metadata.get("fit")?).ok()?;
    let mut weights = Vec::new();
    let mut hash = blake3::Hasher::new();
    for (name, tensor) in network.parameters().named() {
        let view = tensors.tensor(name).ok()?;
        let shape: Vec<usize> = tensor.size().iter().map(|&n| n as usize).collect();
        if view.dtype() != Dtype::F32 || view.shape() != shape {
            return None;
        }
        hash.update(view.data());
        weights.extend(view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    }
    if hash.finalize().to_hex().as_str() != metadata.get("blake3")? {
        return None;
    }
    network.parameters().restore(&Tensor::from_slice(&weights));
    Some(fit)
}
