//! The memory of a worker process: its peak for one trial, its limit, and the words that tell that there was too little.

use std::{fs, panic};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::wire::WorkOrder;

/// Begins a new peak. Where the kernel refuses, the peak is that of the whole process so far.
pub(crate) fn reset_peak() {
    // "5" resets the peak of the resident size (`man 5 proc`); no other file is touched by a refusal.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The largest resident memory since then, in MiB; 0 where the kernel does not tell.
pub(crate) fn peak_mb() -> f64 {
    kib_of("VmHWM:").unwrap_or_default() as f64 / 1024.0
}

/// A line of this process's status, in KiB.
fn kib_of(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    value.trim().strip_suffix(" kB")?.parse().ok()
}

/// Holds this process to an order's memory limit until dropped. What it cannot have is refused by the kernel, so that
/// the trial fails and says why, where the machine would else slow down until some process is killed.
#[derive(Debug)]
pub(crate) struct MemoryLimit(Option<Rlimit>);

/// Stacks of threads that are started during a trial, a thread of computation: libtorch's 8 MiB, rayon's 2 MiB. The
/// kernel counts all of a stack although little is ever used.
const STACKS_MB: u64 = 16;

impl MemoryLimit {
    /// The limit of this order.
    ///
    /// With a card there is none: CUDA reserves far more addresses than it uses, and the kernel cannot tell them apart.
    pub(crate) fn of(order: &WorkOrder) -> Self {
        let Some(limit_mb) = order.fitting.memory_limit_mb.filter(|_| !order.cuda) else {
            return Self(None);
        };
        // RLIMIT_DATA counts what may be written, touched or not: stacks, arenas and the libraries' own data take some
        // hundred MiB of that and hardly any memory. So what is untouched now is no part of the limit. Mapped files,
        // such as the prepared data, never are.
        let untouched = match (kib_of("VmData:"), kib_of("RssAnon:")) {
            (Some(data), Some(touched)) => data.saturating_sub(touched) / 1024,
            _ => return Self(None),
        };
        let spare = untouched + STACKS_MB * u64::from(order.threads);
        let limit = limit_mb.saturating_add(spare).saturating_mul(1 << 20);
        let before = getrlimit(Resource::Data);
        let lower = |now: Option<u64>| Some(now.map_or(limit, |now| now.min(limit)));
        let is_set = setrlimit(Resource::Data, Rlimit { current: lower(before.current), ..before });
        Self(is_set.is_ok().then_some(before))
    }
}

/// Lifts the limit where a trial panics: telling it and unwinding need memory, which is given back only by that.
pub(crate) fn lift_limit_on_panic() {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let limits = getrlimit(Resource::Data);
        let _ = setrlimit(Resource::Data, Rlimit { current: limits.maximum, ..limits });
        tell(info);
    }));
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        if let Some(before) = self.0.take() {
            // Back to what was allowed before, which the kernel never refuses.
            let _ = setrlimit(Resource::Data, before);
        }
    }
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
