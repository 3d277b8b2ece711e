//! What a spec may ask of Slurm, and the options of `sbatch` that become of it.
//!
//! `sbatch` gets them as arguments, never through a shell; what they may consist of is checked all the same, so that a
//! spec from a stranger can ask for resources and for nothing else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How trials run on a Slurm cluster. What is left out is the cluster's default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SlurmParams {
    /// Partition, or several to choose from, such as `gpu,long`.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_.,-]+$"))]
    pub partition: Option<String>,
    /// Account to charge.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_.@-]+$"))]
    pub account: Option<String>,
    /// Quality of service.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_.-]+$"))]
    pub qos: Option<String>,
    /// Generic resources of an element, such as `gpu:1`. With a `gpu` in it trials run on that card.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_.:,/=-]+$"))]
    pub gres: Option<String>,
    /// Time limit of an element: minutes, `HH:MM:SS` or `D-HH:MM:SS`.
    #[schemars(regex(pattern = r"^([0-9]+-)?[0-9]+(:[0-9]{1,2}){0,2}$"))]
    pub time: Option<String>,
    /// Host memory of an element in MiB.
    #[schemars(range(min = 1))]
    pub memory_mb: Option<u64>,
    /// Cores of an element; by default `schedule.threads`.
    #[schemars(range(min = 1, max = 1024))]
    pub cpus: Option<u32>,
    /// Features that a node must have, such as `a100|h100`.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_.&|*,()\[\]-]+$"))]
    pub constraint: Option<String>,
    /// How many elements of one array Slurm runs at a time. Retries and replicates come in arrays of their own.
    #[schemars(range(min = 1, max = 100_000))]
    pub array_limit: Option<u32>,
    /// How many trials are in Slurm's hands at a time, waiting or running.
    #[schemars(range(min = 1, max = 1000))]
    pub outstanding: u32,
    /// How many trials share an element, one after the other: more than 1 for trials of a few seconds. The time limit is
    /// that of all of them together.
    #[schemars(range(min = 1, max = 1000))]
    pub trials_per_element: u32,
    /// How often Slurm is asked how the elements are. Outcomes do not wait for it.
    #[schemars(range(min = 1, max = 3600))]
    pub poll_secs: u64,
    /// How long files of an element that is gone may take to appear in the shared folder.
    #[schemars(range(min = 0, max = 3600))]
    pub grace_secs: u64,
    /// Further options of `sbatch`, each as `--name` or `--name=value`: those that ask for resources, such as
    /// `--exclude=node7` or `--reservation=course`.
    #[schemars(inner(regex(pattern = r"^--[a-z][a-z-]*(=[A-Za-z0-9_.,:;@/+=%&|*()\[\]-]+)?$")))]
    pub extra: Vec<String>,
}

impl Default for SlurmParams {
    fn default() -> Self {
        Self {
            partition: None,
            account: None,
            qos: None,
            gres: None,
            time: None,
            memory_mb: None,
            cpus: None,
            constraint: None,
            array_limit: None,
            outstanding: 256,
            trials_per_element: 1,
            poll_secs: 15,
            grace_secs: 30,
            extra: Vec::new(),
        }
    }
}

/// The options of `sbatch` that a spec may add: where and when an element runs, with what, and who is told.
const EXTRA: &[&str] = &[
    "begin",
    "core-spec",
    "cores-per-socket",
    "cpu-freq",
    "cpus-per-gpu",
    "deadline",
    "delay-boot",
    "distribution",
    "exclude",
    "exclusive",
    "gpu-bind",
    "gpu-freq",
    "gpus",
    "gpus-per-node",
    "gpus-per-task",
    "hint",
    "licenses",
    "mail-type",
    "mail-user",
    "mem-bind",
    "mem-per-cpu",
    "mem-per-gpu",
    "mincpus",
    "network",
    "nice",
    "no-requeue",
    "nodelist",
    "oversubscribe",
    "power",
    "prefer",
    "priority",
    "requeue",
    "reservation",
    "sockets-per-node",
    "switches",
    "thread-spec",
    "threads-per-core",
    "time-min",
    "tmp",
    "wckey",
];

impl SlurmParams {
    /// What the schema cannot say.
    pub(super) fn check(&self) -> Result<(), String> {
        for option in &self.extra {
            let name = option.split('=').next().unwrap_or_default().trim_start_matches("--");
            if !EXTRA.contains(&name) {
                return Err(format!("extra: `{option}` is none of --{}", EXTRA.join(", --")));
            }
        }
        let texts = [&self.partition, &self.account, &self.qos, &self.gres, &self.time]
            .into_iter()
            .chain([&self.constraint])
            .flatten()
            .chain(&self.extra);
        // The schema has a narrower set for each; this holds even where nobody looks at the schema.
        let is_harmless = |c: char| c.is_ascii_graphic() && !"\"'`$\\<>!#?{}~^".contains(c);
        match texts.into_iter().find(|text| !text.chars().all(is_harmless)) {
            Some(text) => Err(format!("`{text}` has characters that no option of sbatch needs")),
            None => Ok(()),
        }
    }

    /// Whether elements have a card.
    pub(super) fn has_gpu(&self) -> bool {
        let named = self.gres.iter().flat_map(|gres| gres.split(','));
        let mut names = named.map(|resource| resource.trim_start_matches("gres/"));
        names.any(|name| name == "gpu" || name.starts_with("gpu:") || name.starts_with("gpu="))
            || self.extra.iter().any(|option| option.starts_with("--gpus"))
    }

    /// Those options of `sbatch` that ask for resources.
    pub(super) fn sbatch_options(&self, threads: u32) -> Vec<String> {
        let named = [
            ("partition", self.partition.clone()),
            ("account", self.account.clone()),
            ("qos", self.qos.clone()),
            ("gres", self.gres.clone()),
            ("time", self.time.clone()),
            ("mem", self.memory_mb.map(|mb| format!("{mb}M"))),
            ("cpus-per-task", Some(self.cpus.unwrap_or(threads).to_string())),
            ("constraint", self.constraint.clone()),
        ];
        let options =
            named.into_iter().filter_map(|(name, value)| Some(format!("--{name}={}", value?)));
        options.chain(self.extra.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_becomes_options_of_sbatch() {
        let params = SlurmParams {
            partition: Some("gpu,long".into()),
            gres: Some("gpu:a100:1".into()),
            time: Some("1-02:00:00".into()),
            memory_mb: Some(8000),
            extra: vec!["--exclude=n[1-3]".into()],
            ..SlurmParams::default()
        };
        assert_eq!(params.check(), Ok(()));
        assert_eq!(
            params.sbatch_options(4).join(" "),
            "--partition=gpu,long --gres=gpu:a100:1 --time=1-02:00:00 --mem=8000M --cpus-per-task=4 \
             --exclude=n[1-3]"
        );
    }

    #[test]
    fn a_card_is_seen_wherever_it_is_asked_for() {
        let has_gpu = |gres: &str, extra: &[&str]| {
            let extra = extra.iter().map(ToString::to_string).collect();
            SlurmParams { gres: Some(gres.into()), extra, ..SlurmParams::default() }.has_gpu()
        };
        assert!(
            has_gpu("gpu", &[]) && has_gpu("license:1,gpu:2", &[]) && has_gpu("gres/gpu:1", &[])
        );
        assert!(has_gpu("license:1", &["--gpus=1"]));
        assert!(!has_gpu("gpumemory:1", &["--exclude=gpu1"]));
    }

    #[test]
    fn nothing_but_resources_can_be_asked_for() {
        let refused = |params: SlurmParams| params.check().unwrap_err();
        for option in
            ["--wrap=id", "--output=/etc/passwd", "--uid=0", "--array=0-9", "-p", "--export=X=1"]
        {
            let params = SlurmParams { extra: vec![option.into()], ..SlurmParams::default() };
            assert!(refused(params).starts_with(&format!("extra: `{option}` is none of --begin")));
        }
        for text in ["a b", "$(id)", "a\nb", "`id`", "x'"] {
            let params = SlurmParams { partition: Some(text.into()), ..SlurmParams::default() };
            assert!(refused(params).ends_with("has characters that no option of sbatch needs"));
        }
    }
}
