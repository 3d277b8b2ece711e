//! The crate's only unsafe code: CPU tensors seen as slices, and loading libtorch's CUDA half.
//!
//! Slices let the optimizer and the ranking read and write libtorch's memory in one pass, without a copy.

#![expect(
    unsafe_code,
    reason = "libtorch's memory is reached by pointer; every contract is checked here"
)]

use tch::{Device, Kind, Tensor};

/// The values of a contiguous CPU tensor of 32-bit floats, in row-major order.
pub(crate) fn floats(tensor: &Tensor) -> &[f32] {
    check(tensor);
    if tensor.numel() == 0 {
        return &[]; // libtorch gives no address for nothing
    }
    // SAFETY: `check` holds kind, device and contiguity, the tensor owns `numel` floats, and the borrow keeps it alive.
    unsafe { std::slice::from_raw_parts(tensor.data_ptr().cast::<f32>(), tensor.numel()) }
}

/// The same for writing. The caller holds the only reference that is used meanwhile.
pub(crate) fn floats_mut(tensor: &mut Tensor) -> &mut [f32] {
    check(tensor);
    if tensor.numel() == 0 {
        return &mut [];
    }
    // SAFETY: as above; `&mut` keeps this handle from being used twice, and no other thread runs libtorch meanwhile.
    unsafe { std::slice::from_raw_parts_mut(tensor.data_ptr().cast::<f32>(), tensor.numel()) }
}

fn check(tensor: &Tensor) {
    assert!(
        tensor.kind() == Kind::Float && tensor.device() == Device::Cpu && tensor.is_contiguous(),
        "only contiguous 32-bit CPU tensors can be read as a slice"
    );
}

/// Loads `libtorch_cuda.so` if libtorch was built with it. The linker drops that library, since nothing refers to it,
/// and CUDA is then silently absent. Returns why it could not be loaded.
pub(crate) fn load_cuda() -> Result<(), String> {
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
    // SAFETY: loading runs libtorch's own initialisers, as linking against it would have.
    match unsafe { Library::open(Some("libtorch_cuda.so"), RTLD_NOW | RTLD_GLOBAL) } {
        Ok(library) => {
            // Unloading libtorch is not supported: keep it for good.
            std::mem::forget(library);
            Ok(())
        }
        Err(error) => {
            let why = std::error::Error::source(&error);
            Err(why.map_or_else(|| error.to_string(), ToString::to_string))
        }
    }
}
