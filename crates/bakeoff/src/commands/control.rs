//! `bakeoff pause`, `resume` and `cancel`: a word to the sweep that runs on this store.

use anyhow::bail;
use bakeoff_runner::control::{Answer, Request, ask};

use super::print;
use crate::exit::Exit;
use crate::places::Places;

pub(crate) fn run(request: &Request, places: &Places) -> anyhow::Result<Exit> {
    match ask(&places.store, request)? {
        Some(Answer::Done(what)) => print(&format!("{what}\n")),
        Some(Answer::Refused(why)) => bail!("{why}"),
        Some(Answer::Status(_)) => bail!("the sweep answered another question"),
        None => bail!("no sweep runs on the store {}", places.store.display()),
    }
}
