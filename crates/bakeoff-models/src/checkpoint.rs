//! A fit in one safetensors file that Python reads too: the weights, how they came about, and, where it is asked for,
//! what training on needs.
//!
//! The tensors are the network's parameters by name. A file to go on from has up to four more, named `resume.…`, and
//! both hold their history as JSON in the header. A hash covers all of it, so that damage is noticed.

use std::collections::HashMap;
use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bakeoff_spec::TrialKey;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tch::{Device, Kind, Tensor};

use crate::error::ModelError;
use crate::memory::floats;
use crate::network::Network;
use crate::training::fit::{Fit, MOMENTS, Progress, State};

/// Where the checkpoints of a trial's fit, and of others beside it, are kept.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    stem: PathBuf,
    /// How long a fit goes on before it is written down unfinished, and then again: what a killed worker can lose. It
    /// is longer where writing would take a noticeable share of the time; zero writes after every epoch.
    pub every: Duration,
}

impl Checkpoints {
    /// Those of the fit whose file is called `stem`, without an extension. Other fits lie beside it under their keys.
    pub fn at(stem: impl Into<PathBuf>) -> Self {
        Self { stem: stem.into(), every: Duration::from_secs(60) }
    }

    /// The file of the finished fit.
    pub fn finished(&self) -> PathBuf {
        self.stem.with_extension("safetensors")
    }

    /// The file that the next attempt at the same fit goes on from, while it is not finished.
    pub fn partial(&self) -> PathBuf {
        self.stem.with_extension("partial.safetensors")
    }

    /// The file of another finished fit; `None` if that is no key.
    pub fn of(&self, fit_key: &str) -> Option<PathBuf> {
        TrialKey::parse(fit_key)?;
        Some(self.stem.with_file_name(fit_key).with_extension("safetensors"))
    }
}

/// What a network's weights are kept with.
#[derive(Debug)]
pub struct History<'a> {
    /// How they came about.
    pub fit: &'a Fit,
    /// What to go on from, if anybody may.
    pub state: Option<&'a State>,
    /// Names everything but the number of epochs that decides the numbers of the fit: only an equal one goes on from it.
    pub lineage: &'a str,
}

/// Writes the network's weights and their history to `path`, whole or not at all.
///
/// # Errors
/// [`ModelError::Checkpoint`] when the file cannot be written.
pub fn save(path: &Path, network: &dyn Network, history: &History<'_>) -> Result<(), ModelError> {
    let History { fit, state, lineage } = *history;
    let parameters = network.parameters();
    let weights = on_cpu(parameters.flat());
    let weights = bytes_of(&weights);
    let mut views = Vec::new();
    let mut offset = 0;
    for (name, tensor) in parameters.named() {
        let shape = tensor.size().iter().map(|&n| n as usize).collect();
        let len = tensor.numel() * size_of::<f32>();
        views.push((name.clone(), view(shape, &weights[offset..offset + len])));
        offset += len;
    }
    let more = state.map(State::tensors).unwrap_or_default();
    let more: Vec<_> = more.into_iter().map(|(name, tensor)| (name, on_cpu(tensor))).collect();
    for (name, tensor) in &more {
        let bytes = bytes_of(tensor);
        let is_known = bytes == weights && !MOMENTS.contains(name);
        if !bytes.is_empty() && !is_known {
            views.push(((*name).to_owned(), view(vec![tensor.numel()], bytes)));
        }
    }
    let json = "a history is plain numbers";
    let mut texts = vec![
        ("fit".to_owned(), serde_json::to_string(fit).expect(json)),
        ("lineage".to_owned(), lineage.to_owned()),
    ];
    if let Some(state) = state {
        let progress = serde_json::to_string(&state.progress).expect(json);
        texts.push(("progress".to_owned(), progress));
    }
    let mut metadata: HashMap<_, _> = texts.into_iter().collect();
    let hash = hash(&metadata, views.iter().map(|(name, view)| (name.as_str(), view.data())));
    metadata.insert("blake3".to_owned(), hash);
    let failed = |source| ModelError::Checkpoint { path: path.to_owned(), source };
    let file = safetensors::serialize(views, Some(metadata))
        .map_err(|error| failed(io::Error::other(error)))?;
    write(path, &file).map_err(failed)
}

/// Reads the weights of a finished fit into the network and returns the fit; `None` where there is no checkpoint that
/// fits it whole. A damaged one is as good as none: the fit is simply made again.
pub fn load(path: &Path, network: &dyn Network) -> Option<Fit> {
    let bytes = std::fs::read(path).ok()?;
    let file = Checked::open(&bytes)?;
    let fit = serde_json::from_str(file.metadata.get("fit")?).ok()?;
    network.parameters().restore(&file.weights(network)?);
    Some(fit)
}

/// Reads what a fit of this network and lineage goes on from; `None` where there is no such checkpoint, or it is
/// damaged, or it holds weights alone.
pub fn load_state(path: &Path, network: &dyn Network, lineage: &str) -> Option<State> {
    let bytes = std::fs::read(path).ok()?;
    let file = Checked::open(&bytes)?;
    if file.metadata.get("lineage")? != lineage {
        return None;
    }
    let progress: Progress = serde_json::from_str(file.metadata.get("progress")?).ok()?;
    let weights = file.weights(network)?;
    State::of_tensors(progress, &weights, |name| {
        let view = file.tensors.tensor(name).ok()?;
        Some(tensor(view.data()))
    })
}

/// A file whose hash is right.
struct Checked<'a> {
    tensors: SafeTensors<'a>,
    metadata: HashMap<String, String>,
}

impl<'a> Checked<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let tensors = SafeTensors::deserialize(bytes).ok()?;
        let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
        let mut metadata = header.metadata().clone()?;
        let expected = metadata.remove("blake3")?;
        if tensors.iter().any(|(_, view)| view.dtype() != Dtype::F32) {
            return None;
        }
        let is_whole =
            hash(&metadata, tensors.iter().map(|(name, view)| (name, view.data()))) == expected;
        is_whole.then_some(Self { tensors, metadata })
    }

    /// The network's parameters side by side, if they are all there in their shapes.
    fn weights(&self, network: &dyn Network) -> Option<Tensor> {
        let mut weights = Vec::new();
        for (name, parameter) in network.parameters().named() {
            let view = self.tensors.tensor(name).ok()?;
            let shape: Vec<usize> = parameter.size().iter().map(|&n| n as usize).collect();
            if view.shape() != shape {
                return None;
            }
            weights.extend_from_slice(view.data());
        }
        Some(tensor(&weights))
    }
}

/// Over texts and tensors by name, in the order of their names.
fn hash<'a>(
    texts: &'a HashMap<String, String>,
    tensors: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> String {
    let texts = texts.iter().map(|(name, text)| (name.as_str(), text.as_bytes()));
    let mut parts: Vec<(&str, &[u8])> = texts.chain(tensors).collect();
    parts.sort_unstable();
    let mut hash = blake3::Hasher::new();
    for (name, bytes) in parts {
        for part in [name.as_bytes(), bytes] {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    hash.finalize().to_hex().to_string()
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut temporary = tempfile::Builder::new()
        .prefix(".writing-")
        .suffix(".tmp")
        .permissions(Permissions::from_mode(0o666)) // less the umask, as for any file
        .tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    temporary.persist(path)?;
    Ok(())
}

const _: () = assert!(cfg!(target_endian = "little"), "safetensors are little-endian");

fn bytes_of(tensor: &Tensor) -> &[u8] {
    bytemuck::cast_slice(floats(tensor))
}

fn tensor(bytes: &[u8]) -> Tensor {
    let len = (bytes.len() / size_of::<f32>()) as i64;
    Tensor::from_data_size(bytes, &[len], Kind::Float)
}

fn on_cpu(tensor: &Tensor) -> Tensor {
    tensor.detach().to_device(Device::Cpu).contiguous()
}

fn view(shape: Vec<usize>, bytes: &[u8]) -> TensorView<'_> {
    TensorView::new(Dtype::F32, shape, bytes)
        .expect("a tensor's bytes are as many as its shape says")
}
