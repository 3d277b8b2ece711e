//! `bakeoff retry --failed`: lets the next sweep run again what failed for good.

use super::sweep::forget_failed;
use super::{plan, print, store};
use crate::cli::RetryArgs;
use crate::exit::Exit;
use crate::places::Places;

pub(crate) fn run(args: &RetryArgs, places: &Places) -> anyhow::Result<Exit> {
    let (_, plan) = plan(&args.spec.spec, places)?;
    let n = forget_failed(&plan, &store::open(places)?)?;
    print(&format!("{n} failed trials run again with the next `bakeoff sweep`\n"))
}
