//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A fair bake-off between recommender models, declared in YAML.
#[derive(Debug, Parser)]
#[command(name = "bakeoff", version = crate::catalog::CODE_VERSION, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 some trial failed for good, a file is damaged or `data audit --strict` found a leak, 2 mistake in spec, data or options, \
                        130 interrupted."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) places: PlacesArgs,
}

/// Where things are kept.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlacesArgs {
    /// Folder of the reports
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "BAKEOFF_REPORTS",
        default_value = "reports"
    )]
    pub(crate) reports: PathBuf,
    /// Folder of outcomes and checkpoints
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "BAKEOFF_STORE",
        default_value = ".bakeoff"
    )]
    pub(crate) store: PathBuf,
    /// Folder of prepared and downloaded data [default: STORE/cache]
    #[arg(long, global = true, value_name = "DIR", env = "BAKEOFF_CACHE")]
    pub(crate) cache: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a spec and show what a sweep of it would run
    Check(CheckArgs),
    /// Run every trial of a spec that has not run yet, then write its report
    Sweep(SweepArgs),
    /// Write the report of a spec from what has run so far
    Report(SpecArgs),
    /// List what a spec can name, or the trials in the store
    List(ListArgs),
    /// Show everything that is kept of a trial
    Show(ShowArgs),
    /// Show how the sweep of a spec stands, while it runs or afterwards
    Status(StatusArgs),
    /// Let the running sweep begin no more trials for now
    Pause,
    /// Let the running sweep begin trials again
    Resume,
    /// End a trial of the running sweep, or take it out if it waits
    Cancel {
        /// The trial's key, or its first digits
        #[arg(value_name = "TRIAL")]
        trial: String,
    },
    /// Let the next sweep run again what failed for good
    Retry(RetryArgs),
    /// Write the trials in the store to a file, one row a trial
    Export(ExportTrialsArgs),
    /// Take in the trials of other stores, or of exported JSON lines
    #[command(visible_alias = "merge")]
    Import(ImportArgs),
    /// Remove trials from the store, with all that is kept of them
    Rm(RmArgs),
    /// Remove checkpoints that no spec (or, without one, no search under way) needs, and what killed workers left
    Gc(GcArgs),
    /// Check, compact or migrate the store
    #[command(subcommand)]
    Store(StoreCommand),
    /// Print the JSON Schema of specs, for editors
    Schema,
    /// Show which libtorch and which devices there are
    Devices(JsonArg),
    /// Describe, audit, export or fetch data
    #[command(subcommand)]
    Data(DataCommand),
    /// Run the trials that arrive as JSON lines on standard input, or those of trial files
    #[command(hide = true)]
    Worker(WorkerArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SpecArgs {
    /// The spec, a YAML file
    #[arg(value_name = "SPEC")]
    pub(crate) spec: PathBuf,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct JsonArg {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}

#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// Where to run, instead of what the spec says: auto, cpu, cuda or cuda:0,2
    #[arg(long)]
    pub(crate) devices: Option<String>,
    /// Trials at a time on each device, instead of what the spec says
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) slots: Option<u32>,
    /// CPU threads of each worker, instead of what the spec says
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) threads: Option<u32>,
    /// Run trials again that failed for good in an earlier sweep
    #[arg(long)]
    pub(crate) retry_failed: bool,
    /// How progress is shown
    #[arg(long, value_enum, default_value_t = Progress::Auto)]
    pub(crate) progress: Progress,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// Bars on a terminal, else plain lines
    Auto,
    /// Plain lines
    Plain,
    /// Events as JSON lines on standard output
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct WorkerArgs {
    /// Run the trial of a trial file; may be given several times
    #[arg(long, value_name = "FILE", conflicts_with = "array")]
    pub(crate) trial: Vec<PathBuf>,
    /// Run the trials of one element of a submitted array
    #[arg(long, value_name = "FILE", requires = "element")]
    pub(crate) array: Option<PathBuf>,
    /// Which element, from 0
    #[arg(long, value_name = "N", requires = "array")]
    pub(crate) element: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// Look once, instead of every second while the sweep runs
    #[arg(long)]
    pub(crate) once: bool,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}

#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// The trials that failed; for now there is nothing else to try again
    #[arg(long, required = true)]
    pub(crate) failed: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[arg(value_enum)]
    pub(crate) kind: Kind,
    /// Show the parameters of this one: what each may be, its default, what it is for
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Models,
    Metrics,
    Steps,
    Sources,
    Joins,
    Splits,
    Searches,
    Pruners,
    Executors,
    Trials,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The trial's key, or its first digits
    #[arg(value_name = "TRIAL")]
    pub(crate) trial: String,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}

#[derive(Debug, Args)]
pub(crate) struct ExportTrialsArgs {
    /// The trials of this spec alone
    #[arg(value_name = "SPEC")]
    pub(crate) spec: Option<PathBuf>,
    /// The file: .csv, .parquet or .jsonl
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,
    /// Its format, where its ending does not tell
    #[arg(long, value_enum)]
    pub(crate) format: Option<TrialsFormat>,
}

/// Formats of exported trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TrialsFormat {
    /// One row a trial
    Csv,
    /// The same with typed columns
    Parquet,
    /// Whole outcomes, which `import` reads
    Jsonl,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Folders of other stores, or files of JSON lines
    #[arg(value_name = "STORE", required = true)]
    pub(crate) from: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RmArgs {
    /// The trials' keys, or their first digits
    #[arg(value_name = "TRIAL", required_unless_present = "failed")]
    pub(crate) trials: Vec<String>,
    /// Every trial that failed
    #[arg(long)]
    pub(crate) failed: bool,
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct GcArgs {
    /// Specs whose checkpoints stay, beside those of all trials that scored test
    #[arg(value_name = "SPEC")]
    pub(crate) specs: Vec<PathBuf>,
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Read everything in the store and say what is damaged or left over; exits with 1 if something is damaged
    Check(JsonArg),
    /// Write the index anew at the size it needs, and remove half-written files
    Compact {
        /// Remove damaged indexes too that were set aside
        #[arg(long)]
        remove_damaged: bool,
    },
    /// Rewrite files of older versions in the newest form
    Migrate,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Prepare a spec's data and show it in figures
    Describe(CheckArgs),
    /// Look for what a spec's data give away of validation and test
    #[command(
        after_help = "Exit codes: 0 looked for, 1 with --strict if there is a leak, 2 mistake in spec, data or options."
    )]
    Audit(AuditArgs),
    /// Write a spec's prepared parts, and what is known of users and items, as CSV
    Export(ExportArgs),
    /// Download a data set and show how a spec reads it; without a name, list what can be downloaded
    Fetch(FetchArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// Exit with 1 if there is a leak; notices are no leaks
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// Folder for a file each of train, valid, test, what users are folded in by, users and items
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}

#[derive(Debug, Args)]
pub(crate) struct FetchArgs {
    /// The data set, such as ml-1m
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// URL of a folder (https, http or file) where its files are looked for first
    #[arg(long, value_name = "URL", env = "BAKEOFF_MIRROR")]
    pub(crate) mirror: Option<String>,
    #[command(flatten)]
    pub(crate) json: JsonArg,
}
