//! Whether a device has the memory that a trial is said to take.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::devices::Slot;

/// Free and whole memory of a device, in MiB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Memory {
    /// What nobody uses.
    pub(crate) free_mb: f64,
    /// What there is.
    pub(crate) total_mb: f64,
}

/// Looks at the memory of devices, seldom enough to cost nothing.
#[derive(Debug, Default)]
pub(crate) struct Room {
    looked: BTreeMap<Option<u32>, (Instant, Option<Memory>)>,
}

/// A look at a card starts a program.
const FRESH: Duration = Duration::from_secs(1);

impl Room {
    /// The memory of a slot's device; `None` where it cannot be told.
    pub(crate) fn of(&mut self, slot: &Slot) -> Option<Memory> {
        let now = Instant::now();
        let (since, memory) =
            self.looked.entry(slot.cuda_card).or_insert_with(|| (now, look(slot)));
        if since.elapsed() > FRESH {
            (*since, *memory) = (now, look(slot));
        }
        *memory
    }

    /// As it was last seen.
    pub(crate) fn seen(&self, slot: &Slot) -> Option<Memory> {
        self.looked.get(&slot.cuda_card)?.1
    }
}

/// What is left of a device's memory, in MiB, beside what its trials are said to take, whether they have taken it by now
/// or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Left {
    /// What nobody uses, without what trials that began a moment ago are about to.
    pub(crate) free_mb: f64,
    /// What is promised to nobody.
    pub(crate) unpromised_mb: f64,
}

impl Left {
    /// Whether a trial finds its place there.
    pub(crate) fn fits(self, need_mb: f64) -> bool {
        need_mb <= self.free_mb && need_mb <= self.unpromised_mb
    }
}

fn look(slot: &Slot) -> Option<Memory> {
    match slot.cuda_card {
        None => of_host(&fs::read_to_string("/proc/meminfo").ok()?),
        Some(card) => {
            let output = Command::new("nvidia-smi")
                .args(["--query-gpu=memory.free,memory.total", "--format=csv,noheader,nounits"])
                .arg(format!("--id={}", crate::worker_process::visible_card(Some(card))))
                .output()
                .ok()?;
            of_card(&String::from_utf8_lossy(&output.stdout))
        }
    }
}

fn of_host(meminfo: &str) -> Option<Memory> {
    let field = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok()? / 1024.0)
    };
    Some(Memory { free_mb: field("MemAvailable:")?, total_mb: field("MemTotal:")? })
}

fn of_card(line: &str) -> Option<Memory> {
    let (free, total) = line.trim().split_once(',')?;
    Some(Memory { free_mb: free.trim().parse().ok()?, total_mb: total.trim().parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_words_are_understood() {
        let text = "MemTotal:       24000000 kB\nMemFree: 1 kB\nMemAvailable:   12288000 kB\n";
        assert_eq!(of_host(text), Some(Memory { free_mb: 12000.0, total_mb: 23437.5 }));
        assert_eq!(of_card("79000, 81559\n"), Some(Memory { free_mb: 79000.0, total_mb: 81559.0 }));
        assert_eq!(of_card("No devices were found"), None);
    }

    #[test]
    fn what_others_are_said_to_take_counts_before_they_take_it() {
        assert!(Left { free_mb: 900.0, unpromised_mb: 400.0 }.fits(400.0));
        assert!(!Left { free_mb: 900.0, unpromised_mb: 400.0 }.fits(500.0), "promised twice");
        assert!(!Left { free_mb: 900.0, unpromised_mb: 1000.0 }.fits(950.0), "somebody has it");
    }
}
