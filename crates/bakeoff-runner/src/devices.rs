//! The device pool: from what a spec says under `schedule` to the places where trials run.

use bakeoff_spec::spec::ScheduleSpec;

use crate::error::RunError;

/// A place where one trial runs at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Device and number, such as `cpu/0` or `cuda:1/0`.
    pub label: String,
    /// The card, counted among those that this process may see; `None` on the CPU.
    pub cuda_card: Option<u32>,
    /// CPU threads of its worker.
    pub threads: u32,
}

/// The slots that a schedule asks for on a machine with `n_cores` cores, device by device.
///
/// `cuda_cards` counts the cards or says why there are none; it is not asked for `devices: cpu`.
pub fn slots(
    schedule: &ScheduleSpec,
    n_cores: usize,
    cuda_cards: &dyn Fn() -> Result<usize, String>,
) -> Result<Vec<Slot>, RunError> {
    let threads = schedule.threads.max(1);
    let cards = cards(&schedule.devices, cuda_cards)?;
    if cards.is_empty() {
        let n_slots = schedule.slots.unwrap_or((n_cores as u32 / threads).max(1));
        return Ok(slots_of("cpu", None, n_slots, threads).collect());
    }
    // All slots of the first round come before the second slot of any card, so that few trials spread over all cards.
    let n_slots = schedule.slots.unwrap_or(1);
    let mut slots: Vec<(usize, Slot)> = Vec::new();
    for card in cards {
        slots.extend(slots_of(&format!("cuda:{card}"), Some(card), n_slots, threads).enumerate());
    }
    slots.sort_by_key(|(round, _)| *round);
    Ok(slots.into_iter().map(|(_, slot)| slot).collect())
}

fn slots_of(
    device: &str,
    cuda_card: Option<u32>,
    n_slots: u32,
    threads: u32,
) -> impl Iterator<Item = Slot> {
    (0..n_slots).map(move |i| Slot { label: format!("{device}/{i}"), cuda_card, threads })
}

/// The cards to use; none for the CPU.
fn cards(
    devices: &str,
    cuda_cards: &dyn Fn() -> Result<usize, String>,
) -> Result<Vec<u32>, RunError> {
    let list = match devices {
        "cpu" => return Ok(Vec::new()),
        "auto" => return Ok((0..cuda_cards().unwrap_or(0) as u32).collect()),
        "cuda" => None,
        _ => Some(listed_cards(devices).ok_or_else(|| RunError::BadDevices(devices.into()))?),
    };
    let no_cuda = |why: String| RunError::NoCuda { devices: devices.into(), why };
    let n_cards = cuda_cards().map_err(no_cuda)?;
    if n_cards == 0 {
        return Err(no_cuda("no card was found".into()));
    }
    let list = list.unwrap_or_else(|| (0..n_cards as u32).collect());
    match list.iter().find(|&&card| card as usize >= n_cards) {
        Some(&card) => Err(RunError::NoSuchCard { devices: devices.into(), card, n_cards }),
        None => Ok(list),
    }
}

/// The cards of `cuda:0,2`; `None` if it is not of that form or names a card twice.
fn listed_cards(devices: &str) -> Option<Vec<u32>> {
    let numbers = devices.strip_prefix("cuda:")?.split(',');
    let cards: Vec<u32> = numbers.map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let is_repeated = |(i, card): (usize, &u32)| cards[..i].contains(card);
    (!cards.iter().enumerate().any(is_repeated)).then_some(cards)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(
        devices: &str,
        slots: Option<u32>,
        n_cards: Result<usize, &str>,
    ) -> Result<String, String> {
        let schedule =
            ScheduleSpec { devices: devices.into(), slots, threads: 2, ..ScheduleSpec::default() };
        let slots = super::slots(&schedule, 5, &|| n_cards.map_err(Into::into));
        let slots = slots.map_err(|error| error.to_string())?;
        assert!(slots.iter().all(|slot| slot.threads == 2));
        assert!(
            slots.iter().all(|slot| slot.cuda_card.is_some() == slot.label.starts_with("cuda"))
        );
        Ok(slots.into_iter().map(|slot| slot.label).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn the_cpu_has_as_many_slots_as_its_cores_hold_threads() {
        assert_eq!(labels("cpu", None, Err("not asked")).unwrap(), "cpu/0 cpu/1");
        assert_eq!(labels("cpu", Some(3), Ok(4)).unwrap(), "cpu/0 cpu/1 cpu/2");
    }

    #[test]
    fn at_least_one_slot_is_left_when_threads_exceed_the_cores() {
        let schedule =
            ScheduleSpec { threads: 64, devices: "cpu".into(), ..ScheduleSpec::default() };
        assert_eq!(slots(&schedule, 2, &|| Ok(0)).unwrap().len(), 1);
    }

    #[test]
    fn auto_takes_the_cards_if_there_are_any() {
        assert_eq!(labels("auto", None, Ok(2)).unwrap(), "cuda:0/0 cuda:1/0");
        assert_eq!(labels("auto", None, Ok(0)).unwrap(), "cpu/0 cpu/1");
        assert_eq!(
            labels("auto", None, Err("libtorch is built without CUDA")).unwrap(),
            "cpu/0 cpu/1"
        );
    }

    #[test]
    fn listed_cards_are_used_in_rounds() {
        let expected = "cuda:2/0 cuda:0/0 cuda:2/1 cuda:0/1";
        assert_eq!(labels("cuda:2,0", Some(2), Ok(3)).unwrap(), expected);
    }

    #[test]
    fn cards_that_are_not_there_are_refused_with_the_reason() {
        assert_eq!(
            labels("cuda", None, Err("the driver is missing")).unwrap_err(),
            "devices: `cuda` needs a CUDA card: the driver is missing; write `devices: cpu`, or `auto` for whatever \
             there is"
        );
        assert_eq!(
            labels("cuda:0,3", None, Ok(2)).unwrap_err(),
            "devices: `cuda:0,3` names card 3, and the cards here are 0 to 1"
        );
        assert!(labels("cuda", None, Ok(0)).unwrap_err().contains("no card was found"));
        for devices in ["gpu", "cuda:", "cuda:0,0", "cuda:99999999999", ""] {
            let error = labels(devices, None, Ok(2)).unwrap_err();
            assert!(error.starts_with(&format!("devices: `{devices}` is not")), "{error}");
        }
    }
}
