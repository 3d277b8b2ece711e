//! What goes to Slurm and what comes back: submitting the queue, reading verdicts, and judging elements that left none.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use bakeoff_spec::Cause;

use super::commands::Refusal;
use super::states::{Listed, Listing, State, cause_of, is_no_fault};
use super::submission::{Errand, without_patterns};
use super::{Flight, Slurm, Waiting};
use crate::error::RunError;
use crate::executors::SlotEvent;
use crate::trial_file::{Assignment, Progress, Verdict};

/// A trial that Slurm has lost so often before it began goes back to the coordinator.
const MAX_LOST: u32 = 3;

/// After so many elements in a row that could not begin, while no other runs, the cluster cannot run this program.
const MAX_FAILED_STARTS: usize = 8;

impl Slurm {
    /// Submits all that is queued as one array.
    pub(super) fn submit(&mut self) -> Result<(), RunError> {
        let Some(desk) = &mut self.desk else { return Ok(()) };
        let waiting = std::mem::take(&mut self.queue);
        let assignments: Vec<Assignment> =
            waiting.iter().map(|waiting| Assignment { order: waiting.order.clone() }).collect();
        let elements: Vec<&[Assignment]> =
            assignments.chunks(self.params.trials_per_element.max(1) as usize).collect();
        let (submission, errands) = desk.write(&elements)?;
        let limit = self.params.array_limit.map(|limit| format!("%{limit}")).unwrap_or_default();
        let mut output = OsString::from("--output=");
        output.push(without_patterns(&desk.folder(&submission)));
        output.push("/%a.out");
        let mut options: Vec<OsString> = vec![
            format!("--job-name={}", array_name(&submission)).into(),
            format!("--comment=bakeoff: {}", desk.folder(&submission).display()).into(),
            format!("--array=0-{}{limit}", elements.len() - 1).into(),
            output,
            "--open-mode=append".into(),
            "--nodes=1".into(),
            "--ntasks=1".into(),
        ];
        let threads = self.slots[0].threads;
        options.extend(self.params.sbatch_options(threads).into_iter().map(OsString::from));
        let mut command = vec![desk.program().into_os_string()];
        command.extend(self.args.iter().cloned());
        command.extend(["--array".into(), desk.array_file(&submission).into_os_string()]);
        let pause = Duration::from_secs(self.params.poll_secs);
        match self.commands.submit(&options, &desk.script(), &command) {
            Ok(number) => {
                self.numbers.insert(submission, number);
                // Whether listings are to be had is for the next poll to say.
                self.trouble.take_if(|trouble| matches!(trouble, Refusal::Busy(_)));
            }
            Err(refusal @ Refusal::Unreachable(_)) => {
                // It may have been heard: the next listings tell.
                self.complain(refusal);
                self.next_submission = Instant::now() + pause;
            }
            Err(refusal @ Refusal::Busy(_)) => {
                desk.discard(&submission);
                self.queue = waiting;
                self.complain(refusal);
                self.next_submission = Instant::now() + pause;
                return Ok(());
            }
            Err(Refusal::Other(message)) => {
                desk.discard(&submission);
                return Err(RunError::Slurm(message));
            }
        }
        for (Waiting { slot, order, n_lost }, errand) in waiting.into_iter().zip(errands) {
            self.flights[slot] = Some(Flight::of(order, errand, n_lost));
        }
        Ok(())
    }

    /// Reads the progress and verdicts that have come in.
    pub(super) fn look(&mut self) {
        for slot in 0..self.flights.len() {
            self.look_at(slot);
        }
    }

    fn look_at(&mut self, slot: usize) {
        let Some(flight) = &mut self.flights[slot] else { return };
        // First the verdict: what was told before it is there by then.
        let verdict = flight.errand.file.verdict();
        for progress in flight.errand.file.hear(&mut flight.read_to) {
            flight.has_begun = true;
            if let Progress::Epoch(point) = progress {
                self.events.push_back((slot, SlotEvent::Epoch(point)));
            }
        }
        let event = match verdict {
            Ok(Some(verdict)) => verdict.into_event(),
            Err(error)
                if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) =>
            {
                let message = format!("its verdict cannot be read: {error}");
                SlotEvent::Died { cause: Cause::Crash, message }
            }
            // None yet, or a mood of the shared folder.
            Ok(None) | Err(_) => return,
        };
        self.end(slot, event);
    }

    /// The attempt in a slot has its verdict.
    fn end(&mut self, slot: usize, event: SlotEvent) {
        match &event {
            SlotEvent::NotStarted(message) => self.failed_starts.push(message.clone()),
            _ => self.failed_starts.clear(),
        }
        self.flights[slot] = None;
        self.events.push_back((slot, event));
    }

    /// A cluster where nothing can begin is no place for a sweep.
    pub(super) fn check_starts(&mut self) -> Result<(), RunError> {
        let is_running = |flight: &Flight| flight.has_begun;
        match self.failed_starts.last() {
            Some(message)
                if self.failed_starts.len() >= MAX_FAILED_STARTS
                    && !self.flights.iter().flatten().any(is_running) =>
            {
                Err(RunError::WorkerStart(message.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Asks Slurm how the elements are that have left no verdict.
    pub(super) fn poll(&mut self) {
        let submissions = self.flights.iter().flatten().map(|flight| &flight.errand.submission);
        let names: BTreeSet<String> = submissions.map(|name| array_name(name)).collect();
        let listing = match self.commands.list(&names.into_iter().collect::<Vec<_>>()) {
            Ok(listing) => listing,
            Err(refusal) => return self.complain(refusal),
        };
        if !matches!(self.trouble, None | Some(Refusal::Busy(_))) {
            self.trouble = None;
            self.notices.push("slurm answers again".into());
        }
        let n_queued = self.queue.len();
        for slot in 0..self.flights.len() {
            self.judge(slot, &listing);
        }
        if self.queue.len() > n_queued {
            let n_lost = self.queue.len() - n_queued;
            self.notices
                .push(format!("slurm has lost {n_lost} waiting trials: submitting them again"));
        }
    }

    fn judge(&mut self, slot: usize, listing: &Listing) {
        let Some(flight) = &mut self.flights[slot] else { return };
        let Errand { submission, element, .. } = &flight.errand;
        let array = array_name(submission);
        let state = match listing.element(&array, *element) {
            Some(Listed { array, state }) => {
                self.numbers.insert(submission.clone(), *array);
                Some(state.clone())
            }
            None if !flight.has_begun && listing.has_dropped(&array, *element) => {
                Some(State::Ended("CANCELLED".into()))
            }
            None => None,
        };
        if state == Some(State::Alive) {
            flight.is_found = false;
            flight.gone_since = None;
            return;
        }
        let since = *flight.gone_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= Duration::from_secs(self.params.grace_secs) {
            self.give_up(slot, state.as_ref());
        }
    }

    /// Slurm has ended an element, or does not know it, and there is no verdict.
    fn give_up(&mut self, slot: usize, state: Option<&State>) {
        self.look_at(slot);
        let Some(flight) = &self.flights[slot] else { return };
        // From here on a twin that Slurm may still run leaves the trial alone.
        if !matches!(flight.errand.file.give(&Verdict::CalledBack), Ok(true)) {
            return;
        }
        let errand = flight.errand.clone();
        if matches!(state, Some(State::Held(_))) {
            self.end_element(&errand);
        }
        let Some(Flight { order, is_found, has_begun, n_lost, .. }) = self.flights[slot].take()
        else {
            return;
        };
        let (word, exit_code) = self.last_word(&errand, state);
        let is_lost = match word.as_deref() {
            _ if is_found => true,
            None => !has_begun,
            Some("CANCELLED") => false,
            Some(word) => !has_begun && (errand.is_shared || is_no_fault(word)),
        };
        if is_lost && n_lost + 1 < MAX_LOST {
            self.queue.push(Waiting { slot, order, n_lost: n_lost + 1 });
            return;
        }
        let message = self.obituary(&errand, word.as_deref(), exit_code.as_deref());
        let event = match word {
            Some(word) if has_begun || word == "CANCELLED" => {
                SlotEvent::Died { cause: cause_of(&word), message }
            }
            None if has_begun => SlotEvent::Died { cause: Cause::Crash, message },
            _ => SlotEvent::NotStarted(message),
        };
        self.end(slot, event);
    }

    /// Slurm's word for an element's end, and its exit code, as far as anybody knows.
    fn last_word(
        &self,
        errand: &Errand,
        state: Option<&State>,
    ) -> (Option<String>, Option<String>) {
        let number = self.numbers.get(&errand.submission).copied();
        if let Some(State::Ended(word) | State::Held(word)) = state {
            let exit_code = number.and_then(|n| self.commands.exit_code(n, errand.element));
            return (Some(word.clone()), exit_code);
        }
        let name = array_name(&errand.submission);
        match number.and_then(|n| self.commands.accounted(&name, n, errand.element)) {
            Some((State::Ended(word), exit_code)) => (Some(word), Some(exit_code)),
            _ => (None, None),
        }
    }

    fn obituary(&self, errand: &Errand, word: Option<&str>, exit_code: Option<&str>) -> String {
        let number = self.numbers.get(&errand.submission);
        let number = number.map_or_else(|| array_name(&errand.submission), u64::to_string);
        let element = format!("{number}_{}", errand.element);
        let end = match word {
            Some(word) => format!("slurm ended element {element}: {word}"),
            None => format!("slurm knows element {element} no more, and it has left no verdict"),
        };
        let code = exit_code.map(|code| format!(" (exit code {code})")).unwrap_or_default();
        let printed = self.desk.as_ref().map(|desk| desk.printed(errand)).unwrap_or_default();
        let words = match printed.as_str() {
            "" => String::new(),
            words => format!("; its last words:\n{words}"),
        };
        format!("{end}{code}{words}")
    }

    /// Ends an element, unless other trials are in it.
    pub(super) fn end_element(&self, errand: &Errand) {
        if let Some(&number) = self.numbers.get(&errand.submission)
            && !errand.is_shared
        {
            self.commands.cancel(&array_name(&errand.submission), number, errand.element);
        }
    }

    /// Says once what keeps us from Slurm.
    fn complain(&mut self, refusal: Refusal) {
        let (Refusal::Unreachable(message) | Refusal::Busy(message) | Refusal::Other(message)) =
            &refusal;
        let is_new = self.trouble.as_ref().is_none_or(|trouble| {
            std::mem::discriminant(trouble) != std::mem::discriminant(&refusal)
        });
        if is_new {
            self.notices.push(format!("slurm: {message}; trials wait, trying again"));
        }
        self.trouble = Some(refusal);
    }
}

fn array_name(submission: &str) -> String {
    format!("bakeoff-{submission}")
}
