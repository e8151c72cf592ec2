//! What the commands take that work on a cluster.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{BuildArgs, DiffFormat, ReportFormat, given};

/// Which cluster is meant; found as kubectl finds it where nothing is said.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ClusterArgs {
    /// Context of the kubeconfig [default: the current one]
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,

    /// User to act as
    #[arg(long = "as", value_name = "USER")]
    pub(crate) impersonate: Option<String>,

    /// Group to act in; may be given more than once
    #[arg(long = "as-group", value_name = "GROUP", requires = "impersonate")]
    pub(crate) impersonate_groups: Vec<String>,
}

impl ClusterArgs {
    /// Whether anything is said of a cluster.
    pub(crate) fn is_any(&self) -> bool {
        self.context.is_some() || self.impersonate.is_some()
    }
}

/// What may be done to a cluster.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PolicyArgs {
    /// File that settles conflicts with other field managers
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    /// Take an object that exists already into the release, as `Deployment/web`; may be given more than once
    #[arg(long, value_name = "[NAMESPACE/]KIND/NAME")]
    pub(crate) adopt: Vec<String>,

    /// Make the namespace of the release if it is not there
    #[arg(long)]
    pub(crate) create_namespace: bool,

    /// Delete objects that cannot be changed in place, and make them anew
    #[arg(long)]
    pub(crate) recreate: bool,

    /// Leave what the source no longer has in the cluster
    #[arg(long)]
    pub(crate) no_prune: bool,

    /// Delete namespaces that the source no longer has, with all that is in them
    #[arg(long)]
    pub(crate) prune_namespaces: bool,

    /// Delete custom resource definitions that the source no longer has, with all their objects
    #[arg(long)]
    pub(crate) prune_crds: bool,

    /// Delete volumes and claims that the source no longer has, with their data
    #[arg(long)]
    pub(crate) prune_volumes: bool,

    /// Go on with a release as Helm does: its field manager, its marks and its records
    #[arg(long)]
    pub(crate) helm_release: bool,

    /// Make a release that Helm keeps one of rhumb
    #[arg(long, conflicts_with = "helm_release")]
    pub(crate) take_over: bool,

    /// Change custom resource definitions even where stored objects or fields of them are lost
    #[arg(long)]
    pub(crate) lose_custom_data: bool,
}

impl PolicyArgs {
    /// Returns the flags that were given and decide what a plan does, which one that is made already does not hear.
    pub(crate) fn deciding(&self) -> Vec<&'static str> {
        given([
            ("--policy", self.policy.is_some()),
            ("--adopt", !self.adopt.is_empty()),
            ("--recreate", self.recreate),
            ("--no-prune", self.no_prune),
            ("--prune-namespaces", self.prune_namespaces),
            ("--prune-crds", self.prune_crds),
            ("--prune-volumes", self.prune_volumes),
            ("--take-over", self.take_over),
            ("--lose-custom-data", self.lose_custom_data),
        ])
    }
}

/// How something is carried out.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunArgs {
    /// Wait until everything is ready
    #[arg(long)]
    pub(crate) wait: bool,

    /// How long anything is waited for
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    pub(crate) timeout: Duration,

    /// How long to wait for somebody else who works on the release
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = duration)]
    pub(crate) lock_timeout: Duration,

    /// Do not ask before something is deleted
    #[arg(short, long)]
    pub(crate) yes: bool,

    /// How many revisions are kept
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub(crate) history_max: usize,
}

/// Bring a cluster to what a source says, and keep a record of it
///
/// The objects are applied on the server's side, in an order in which each finds what it needs, and what earlier
/// revisions of the release had and the source no longer has is deleted. Before the first change a record of the
/// revision is written, so that a run that dies can be finished by the next one. Applied again, nothing changes and no
/// revision is made.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rhumb apply packages/ml-model --env prod -n models --wait
  rhumb apply charts/web --release shop -f values.yaml --context prod
  rhumb apply manifests/ --release shop --adopt 'Deployment/*'
  rhumb apply shop.plan packages/shop          what `rhumb plan --out shop.plan` wrote, or nothing

Exit status: 0 when all was done or nothing was to do, 1 when something was refused or failed, 2 when rhumb could not run.")]
pub(crate) struct ApplyArgs {
    /// What to apply: a source, or a file that `rhumb plan --out` wrote
    pub(crate) source: String,

    /// The source of a plan: what its Secrets hold is taken from there
    #[arg(value_name = "SOURCE_OF_PLAN")]
    pub(crate) plan_source: Option<String>,

    #[command(flatten)]
    pub(crate) build: BuildArgs,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    #[command(flatten)]
    pub(crate) run: RunArgs,

    /// Form of the progress: lines, or one JSON object a line
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,
}

/// Say what an apply would do to a cluster, and write it down to be applied later
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rhumb plan packages/ml-model --env prod -n models
  rhumb plan charts/web --release shop --out shop.plan

Exit status: 0 when nothing would change, 1 when something would or would be refused, 2 when rhumb could not run.")]
pub(crate) struct PlanArgs {
    /// What would be applied: a source
    pub(crate) source: String,

    #[command(flatten)]
    pub(crate) build: BuildArgs,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    /// Write the plan into a file, for `rhumb apply`; not that of a release of Helm, whose record holds the chart
    #[arg(long, value_name = "FILE", conflicts_with = "helm_release")]
    pub(crate) out: Option<PathBuf>,

    /// Write what Secrets hold into the file as well; nobody but its owner may read it then
    #[arg(long, requires = "out")]
    pub(crate) include_secrets: bool,

    /// Form of the differences
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: DiffFormat,

    /// Lines around changes
    #[arg(short = 'U', long, value_name = "LINES", default_value_t = 3)]
    pub(crate) unified: usize,
}

/// Delete a release: all that it made, and its records
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rhumb delete shop -n models --wait
  rhumb delete shop --keep-history")]
pub(crate) struct DeleteArgs {
    #[command(flatten)]
    pub(crate) release: ReleaseArgs,

    /// Keep the records of the release
    #[arg(long)]
    pub(crate) keep_history: bool,

    /// Delete its namespaces, with all that is in them
    #[arg(long)]
    pub(crate) prune_namespaces: bool,

    /// Delete its custom resource definitions, with all their objects
    #[arg(long)]
    pub(crate) prune_crds: bool,

    /// Delete its volumes and claims, with their data
    #[arg(long)]
    pub(crate) prune_volumes: bool,

    #[command(flatten)]
    pub(crate) run: RunArgs,

    /// Form of the progress: lines, or one JSON object a line
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,
}

/// Say how a release is: its revision, and each of its objects
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rhumb status shop -n models
  rhumb status shop --drift                    and what has been changed since it was applied
  rhumb status shop --drift --watch --interval 5m --metrics-port 9633

Exit status: 0 when all is as it should be, 1 when an object is not ready or has been changed, 2 when rhumb could not run.")]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) release: ReleaseArgs,

    /// Compare the cluster with what was applied
    #[arg(long)]
    pub(crate) drift: bool,

    /// Look again and again until interrupted, and tell what has drifted when that changes
    #[arg(long, requires = "drift")]
    pub(crate) watch: bool,

    /// Time between two looks
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = duration, requires = "watch")]
    pub(crate) interval: Duration,

    /// File that the metrics are written into after each look, for Prometheus' collector of text files
    #[arg(long, value_name = "FILE", requires = "drift")]
    pub(crate) metrics_file: Option<PathBuf>,

    /// Port of this machine that serves the metrics at /metrics; 0 takes any that is free
    #[arg(long, value_name = "PORT", requires = "watch")]
    pub(crate) metrics_port: Option<u16>,

    /// Form of the answer
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,
}

/// List the revisions of a release
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    pub(crate) release: ReleaseArgs,

    /// Form of the list
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,
}

/// Bring a release back to an earlier revision
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rhumb rollback shop                          to the revision before
  rhumb rollback shop 3 --wait")]
pub(crate) struct RollbackArgs {
    #[command(flatten)]
    pub(crate) release: ReleaseArgs,

    /// The revision [default: the one before]
    pub(crate) revision: Option<u64>,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    #[command(flatten)]
    pub(crate) run: RunArgs,

    /// Form of the progress: lines, or one JSON object a line
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,
}

/// List the releases of a namespace, or of all
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Those of all namespaces
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub(crate) all_namespaces: bool,

    /// Namespace [default: that of the context]
    #[arg(short = 'n', long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,

    /// Form of the list
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,
}

/// Which release is meant.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReleaseArgs {
    /// The release
    pub(crate) name: String,

    /// Its namespace [default: that of the context]
    #[arg(short = 'n', long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

// A time as Go writes it: `90s`, `5m`, `1h30m`; a number alone is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time: write it as `90s`, `5m` or `1h30m`");
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u32 = rest[..digits].parse().map_err(|_| wrong())?;
        let after = &rest[digits..];
        let (unit, next) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        let unit = match unit {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_secs(60),
            "h" => Duration::from_secs(3600),
            _ => return Err(wrong()),
        };
        total = unit.checked_mul(number).and_then(|more| total.checked_add(more)).ok_or_else(wrong)?;
        rest = next;
    }
    if text.is_empty() { Err(wrong()) } else { Ok(total) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_go_writes_them() {
        for (text, seconds) in [("90s", 90), ("5m", 300), ("1h30m", 5400), ("30", 30), ("0s", 0), ("2000ms", 2)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "x", "5", "5d", "m", "1h30", "99999999999999999999h"] {
            assert_eq!(duration(text).is_err(), text != "5", "{text}");
        }
    }
}
