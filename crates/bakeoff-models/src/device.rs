//! Which libtorch, which cards, and the process-wide switches of libtorch.

use std::sync::OnceLock;

use serde::Serialize;
use tch::{Cuda, Device};

use crate::memory::load_cuda;

/// The libtorch that this build is made for.
pub const LIBTORCH_VERSION: &str = "2.11.0";

/// What this process can compute on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Devices {
    /// Version of libtorch.
    pub libtorch: String,
    /// Logical CPU cores.
    pub cpu_cores: usize,
    /// CUDA cards that libtorch can use.
    pub cuda_cards: usize,
    /// Why there are none, if there are none.
    pub why_no_cuda: Option<String>,
}

/// Looks for CUDA. Loads libtorch's CUDA half: call it in workers and for `bakeoff devices`, not in the coordinator.
pub fn devices() -> Devices {
    let cuda = cuda_cards();
    Devices {
        libtorch: LIBTORCH_VERSION.into(),
        cpu_cores: std::thread::available_parallelism().map_or(1, usize::from),
        cuda_cards: *cuda.as_ref().unwrap_or(&0),
        why_no_cuda: cuda.err(),
    }
}

fn cuda_cards() -> Result<usize, String> {
    static CARDS: OnceLock<Result<usize, String>> = OnceLock::new();
    let look = || {
        load_cuda().map_err(|why| {
            let fix = "where there is a card, `BAKEOFF_GPU=1 just setup` installs it";
            format!("libtorch's CUDA half cannot be loaded ({why}); {fix}")
        })?;
        match Cuda::device_count() {
            n if n > 0 && Cuda::is_available() => Ok(n as usize),
            _ => {
                Err("libtorch sees no CUDA device (is there a card, and a driver for CUDA 13?)"
                    .into())
            }
        }
    };
    CARDS.get_or_init(look).clone()
}

/// The device that a trial runs on: the CPU, or the first card that this process sees.
///
/// # Errors
/// Why CUDA cannot be used.
pub fn open(cuda: bool) -> Result<Device, String> {
    if cuda { cuda_cards().map(|_| Device::Cuda(0)) } else { Ok(Device::Cpu) }
}

/// Sets libtorch's thread counts. They are process-wide, as its seed is: hence one trial at a time in a worker.
pub fn set_threads(threads: u32) {
    tch::set_num_threads(threads as i32);
}

/// What a trial's provenance calls the device: `cpu`, or `cuda` with the card's name.
pub fn name(cuda: bool) -> String {
    if !cuda {
        return "cpu".into();
    }
    // tch has no call for a card's name; the driver's tool has.
    let output = std::process::Command::new("nvidia-smi")
        .args(["--query-gpu=name", "--format=csv,noheader", "--id", &visible_card()])
        .output();
    let name = output.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    match name.as_deref().map(str::trim) {
        Some(name) if !name.is_empty() => format!("cuda ({name})"),
        _ => "cuda".into(),
    }
}

fn visible_card() -> String {
    std::env::var("CUDA_VISIBLE_DEVICES").unwrap_or_else(|_| "0".into())
}
