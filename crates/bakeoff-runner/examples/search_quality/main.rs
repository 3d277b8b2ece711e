//! How good searches are: `cargo run --release -p bakeoff-runner --example search_quality -- [--OPTION VALUE]…`.
//!
//! One JSON line a search, with the best losses after 10, 25, 50 and 100 trials, of `--strategies random,tpe,gp` under
//! `--seeds 20` seeds with `--parallel 1` trials under way at a time. With `--set tuning` on the functions that the
//! strategies' constants were chosen on, under seeds from 1000 up; with `--set curves` on learning curves, for strategies
//! that stop weak configurations early. `--points 200` prints the losses of random configurations, for
//! `tools/peers/optuna_quality.py` to hold against its own.

mod curves;
mod functions;

use std::env;
use std::error::Error;
use std::time::Instant;

use bakeoff_runner::search::Simulation;
use bakeoff_spec::spec::SearchSpec;
use bakeoff_spec::{Candidate, Params};
use serde_json::json;

use functions::Function;

type Done = Result<(), Box<dyn Error>>;

const COUNTS: [usize; 4] = [10, 25, 50, 100];

fn main() -> Done {
    let args: Vec<String> = env::args().skip(1).collect();
    let option = |name: &str, default: &str| {
        let at = args.iter().position(|arg| arg.strip_prefix("--") == Some(name));
        at.and_then(|at| args.get(at + 1)).cloned().unwrap_or_else(|| default.to_owned())
    };
    let (points, set) = (option("points", "0").parse()?, option("set", "reported"));
    let (n_seeds, n_parallel): (u64, usize) =
        (option("seeds", "20").parse()?, option("parallel", "1").parse()?);
    if points > 0 {
        return print_points(points);
    }
    if set == "curves" {
        return measure_rungs(n_seeds, n_parallel);
    }
    let (functions, first) =
        if set == "tuning" { (functions::TUNING, 1000) } else { (functions::REPORTED, 1) };
    for function in functions {
        for strategy in option("strategies", "random,tpe,gp").split(',') {
            for seed in first..first + n_seeds {
                measure(function, strategy, seed, n_parallel)?;
            }
        }
    }
    Ok(())
}

/// A strategy by its name, with parameters after it if there are any, as in `tpe{"n_startup":5}`.
fn spec(strategy: &str, seed: u64) -> Result<SearchSpec, serde_json::Error> {
    let (name, params) = strategy.split_at(strategy.find('{').unwrap_or(strategy.len()));
    let params = if params.is_empty() { Params::new() } else { serde_json::from_str(params)? };
    Ok(SearchSpec { name: name.into(), params, seed, ..SearchSpec::default() })
}

fn least(tried: &[Candidate]) -> f64 {
    tried.iter().filter_map(Candidate::value).fold(f64::INFINITY, f64::min)
}

#[expect(clippy::print_stdout, reason = "figures are its output")]
fn measure(function: &Function, strategy: &str, seed: u64, n_parallel: usize) -> Done {
    let began = Instant::now();
    let n_trials = COUNTS[3];
    let tried = Simulation::of(&spec(strategy, seed)?, (function.space)(), n_trials as u32)
        .parallel(n_parallel)
        .carry_out(|params, _| (function.loss)(params))?;
    let ms = 1000.0 * began.elapsed().as_secs_f64() / tried.len() as f64;
    let best = COUNTS.map(|n| (n.to_string(), json!(least(&tried[..n.min(tried.len())]))));
    let line = json!({
        "side": "bakeoff",
        "strategy": strategy,
        "function": function.name,
        "n_parallel": n_parallel,
        "seed": seed,
        "best": serde_json::Value::Object(best.into_iter().collect()),
        "ms_per_proposal": ms,
    });
    println!("{line}");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "figures are its output")]
fn print_points(n: u32) -> Done {
    for Function { name, space, loss } in functions::REPORTED {
        Simulation::of(&spec("random", 1)?, space(), n).carry_out(|params, _| {
            let loss = loss(params);
            println!("{}", json!({"function": name, "params": params, "loss": loss}));
            loss
        })?;
    }
    Ok(())
}

/// The same 144 configurations, all of them to the end by `grid`, then by strategies that stop early.
#[expect(clippy::print_stdout, reason = "figures are its output")]
fn measure_rungs(n_seeds: u64, n_parallel: usize) -> Done {
    let asha = ["asha", r#"asha{"min_epochs":3}"#, r#"asha{"min_epochs":1}"#];
    for strategy in [&["grid", "successive_halving", "hyperband"][..], &asha].concat() {
        for seed in 1..=n_seeds {
            let tried = Simulation::of(&spec(strategy, seed)?, curves::space(), 144)
                .epochs(curves::EPOCHS)
                .parallel(n_parallel)
                .carry_out(|params, epochs| {
                    -curves::score(params, epochs.unwrap_or(curves::EPOCHS), seed)
                })?;
            let briefs = tried.iter().filter_map(|one| one.brief.as_ref());
            let epochs: u32 = briefs.map(|brief| brief.epochs - brief.resumed_epoch).sum();
            let begun = tried.iter().filter(|one| one.continues.is_none()).count();
            let line = json!({
                "side": "bakeoff",
                "strategy": strategy,
                "function": "curves",
                "n_parallel": n_parallel,
                "seed": seed,
                "best_score": -least(&tried),
                "epochs": epochs,
                "configurations": begun,
                "trials": tried.len(),
            });
            println!("{line}");
        }
    }
    Ok(())
}
