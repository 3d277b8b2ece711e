//! `bakeoff devices`: which libtorch, which cards, and why none if none.

use super::{print, print_json};
use crate::cli::JsonArg;
use crate::exit::Exit;

pub(crate) fn run(args: JsonArg) -> anyhow::Result<Exit> {
    let devices = bakeoff_models::device::devices();
    if args.json {
        return print_json(&devices);
    }
    let cuda = match &devices.why_no_cuda {
        None => format!("{} CUDA card(s)", devices.cuda_cards),
        Some(why) => format!("no CUDA: {why}"),
    };
    print(&format!("libtorch {}\n{} CPU core(s)\n{cuda}\n", devices.libtorch, devices.cpu_cores))
}
