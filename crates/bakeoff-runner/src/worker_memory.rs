//! The memory of a worker process: its peak for one trial, and the words that tell that there was too little.

use std::fs;

/// Begins a new peak. Where the kernel refuses, the peak is that of the whole process so far.
pub(crate) fn reset_peak() {
    // "5" resets the peak of the resident size (`man 5 proc`); no other file is touched by a refusal.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The largest resident memory since then, in MiB; 0 where the kernel does not tell.
pub(crate) fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

/// Whether a failure's message is that of a host or a card without memory left: libtorch has no other sign.
pub(crate) fn tells_out_of_memory(message: &str) -> bool {
    let message = message.to_lowercase();
    ["out of memory", "can't allocate memory", "cannot allocate memory", "bad_alloc"]
        .iter()
        .any(|sign| message.contains(sign))
        // How Rust's own allocator says it, just before it aborts.
        || (message.contains("memory allocation of") && message.contains("failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_of_one_trial_is_not_that_of_the_one_before() {
        reset_peak();
        let large = std::hint::black_box(vec![1_u8; 256 << 20]);
        assert!(peak_mb() > 256.0);
        drop(large);
        reset_peak();
        assert!(peak_mb() < 200.0, "{}", peak_mb());
    }

    #[test]
    fn messages_about_memory_are_told_from_others() {
        for message in [
            "Torch(\"CUDA out of memory. Tried to allocate 20.00 MiB\")",
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate 80000000000 bytes",
            "memory allocation of 1073741824 bytes failed",
        ] {
            assert!(tells_out_of_memory(message), "{message}");
        }
        assert!(!tells_out_of_memory("mat1 and mat2 shapes cannot be multiplied"));
    }
}
