//! Sweeps with real worker processes that only pretend to train.

mod crash; // kill -9 of coordinator and workers
mod failures; // what a trial can do wrong, and what becomes of it
#[path = "../../examples/search_quality/functions.rs"]
#[expect(dead_code, reason = "the example measures the rest")]
mod functions; // what strategies are measured on
mod orders; // what one worker makes of its orders, without a coordinator
mod rungs; // strategies that stop weak configurations early, and grids
mod running; // limits, retries, targets, and words from other terminals
mod searches; // what searches propose, with budgets and pruning, and after a crash
mod slurm; // trials as elements of job arrays
mod slurm_cluster; // the pretended cluster for it
mod stopping; // Ctrl-C and going on afterwards
mod strategies; // strategies that model the space, on functions instead of trials
mod stub; // the worker that pretends, and the plans for it
mod sweep; // what runs, in which order, and what does not run again
