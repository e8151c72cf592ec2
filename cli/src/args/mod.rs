//! The command line as typed. [`crate::config`] makes of it what the commands work with.

mod live;

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};
use clap_complete::Shell;

pub(crate) use live::{
    ApplyArgs, ClusterArgs, DeleteArgs, HistoryArgs, ListArgs, PlanArgs, PolicyArgs, ReleaseArgs, RollbackArgs,
    RunArgs, StatusArgs,
};

use crate::command::Command;

const EXAMPLES: &str = "\
Examples:
  rhumb new shop --from web-service            start a package from a ready-made one
  rhumb render shop                            print its manifests, validated
  rhumb render shop --env prod --set replicas=5
  rhumb validate manifests/ --kube-version 1.34
  rhumb diff shop --env-a dev --env-b prod     compare two environments
  rhumb explain shop Deployment/shop spec.replicas
  rhumb apply shop --env prod --wait           bring a cluster to it

Exit status: 0 when all is well, 1 when there are findings or differences, 2 when rhumb could not run.";

/// Renders parameterized Kubernetes packages and overlays into validated manifests and compares them.
///
/// A SOURCE is a package folder (with `rhumb.yaml`), a Helm chart (a folder or a .tgz), a kustomization, a manifest
/// file, a folder of manifests, or `-` for manifests on standard input.
#[derive(Debug, Parser)]
#[command(name = "rhumb", version, after_help = EXAMPLES, max_term_width = 120, infer_subcommands = false)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to color output; `auto` colors on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub(crate) color: ColorWhen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    Auto,
    Always,
    Never,
}

/// What a source is built with.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct BuildArgs {
    /// Environment of the package: the folder below `overlays/`
    #[arg(short = 'e', long = "env", value_name = "NAME")]
    pub(crate) environment: Option<String>,

    /// File of values over the package's own, `-` for standard input; may be given more than once, the last one wins
    #[arg(short = 'f', long = "values", value_name = "FILE")]
    pub(crate) values: Vec<String>,

    /// Set values: `a.b=1,list[0].x=yes`
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub(crate) set: Vec<String>,

    /// Set values that stay strings
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub(crate) set_string: Vec<String>,

    /// Set values to JSON: `resources={\"limits\":{}}`
    #[arg(long, value_name = "KEY=JSON", allow_hyphen_values = true)]
    pub(crate) set_json: Vec<String>,

    /// Set values to the content of files
    #[arg(long, value_name = "KEY=FILE", allow_hyphen_values = true)]
    pub(crate) set_file: Vec<String>,

    /// Set a value to the text as it stands, with its commas and brackets
    #[arg(long, value_name = "KEY=TEXT", allow_hyphen_values = true)]
    pub(crate) set_literal: Vec<String>,

    /// Namespace for objects that have none
    #[arg(short = 'n', long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,

    /// Name of the release [default: the package's name; `release-name` for charts]
    #[arg(long = "name", visible_alias = "release", value_name = "NAME")]
    pub(crate) release: Option<String>,

    /// Version of Kubernetes to render and validate for, 1.31 to 1.37 [default: the newest]
    #[arg(long, value_name = "VERSION")]
    pub(crate) kube_version: Option<String>,

    /// API version that a chart finds in the cluster, as `cert-manager.io/v1`; may be given more than once
    #[arg(short = 'a', long = "api-versions", value_name = "API", value_delimiter = ',')]
    pub(crate) api_versions: Vec<String>,

    /// Render a chart as an upgrade of its release
    #[arg(long)]
    pub(crate) is_upgrade: bool,

    /// Seed of a chart's random values, so that it renders to the same bytes each time
    #[arg(long, value_name = "TEXT")]
    pub(crate) seed: Option<String>,

    /// The time that a chart sees, as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,

    /// Raise or lower a limit, as `output-bytes=512M`
    #[arg(long = "limit", value_name = "NAME=VALUE")]
    pub(crate) limits: Vec<String>,

    /// File or folder of CustomResourceDefinitions to validate with; may be given more than once
    #[arg(long, value_name = "PATH")]
    pub(crate) crds: Vec<PathBuf>,

    /// Make errors of keys in values that no template reads, and of kinds without a schema
    #[arg(long)]
    pub(crate) strict: bool,
}

impl BuildArgs {
    /// Returns the flags that were given and say how a source is built; not those that say which release is meant.
    pub(crate) fn building(&self) -> Vec<&'static str> {
        given([
            ("--env", self.environment.is_some()),
            ("--values", !self.values.is_empty()),
            ("--set", !self.set.is_empty()),
            ("--set-string", !self.set_string.is_empty()),
            ("--set-json", !self.set_json.is_empty()),
            ("--set-file", !self.set_file.is_empty()),
            ("--set-literal", !self.set_literal.is_empty()),
            ("--kube-version", self.kube_version.is_some()),
            ("--api-versions", !self.api_versions.is_empty()),
            ("--is-upgrade", self.is_upgrade),
            ("--seed", self.seed.is_some()),
            ("--now", self.now.is_some()),
            ("--limit", !self.limits.is_empty()),
            ("--crds", !self.crds.is_empty()),
            ("--strict", self.strict),
        ])
    }
}

// The names of the flags that were given.
fn given<const N: usize>(flags: [(&'static str, bool); N]) -> Vec<&'static str> {
    flags.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ManifestFormat {
    Yaml,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// Unified YAML
    Text,
    /// Two columns of YAML
    SideBySide,
    /// Blocks of unified YAML below headings, for reviews and comments
    Markdown,
    /// The path of each change
    Json,
}

/// Print the manifests of a source, validated
///
/// With errors nothing is printed on standard output.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rhumb render packages/ml-model
  rhumb render packages/ml-model --env prod --set image.tag=2.1.0 -n models
  rhumb render packages/ml-model -f my-values.yaml --output-dir out/
  rhumb render packages/ml-model | kubectl apply --server-side -f -")]
pub(crate) struct RenderArgs {
    /// Package folder, manifest file, folder of manifests, or `-`
    pub(crate) source: String,

    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// Do not validate the manifests of a package
    #[arg(long)]
    pub(crate) no_validate: bool,

    /// Validate the manifests of a chart as well
    #[arg(long, conflicts_with = "no_validate")]
    pub(crate) validate: bool,

    /// Form of the output; `json` is one List
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    pub(crate) output: ManifestFormat,

    /// Write one file an object into a folder, and print the files' names
    #[arg(long, value_name = "DIR")]
    pub(crate) output_dir: Option<PathBuf>,

    /// Say above each object which file it comes from
    #[arg(long)]
    pub(crate) source_comments: bool,

    /// Print what each step changed in each object instead of the manifests
    #[arg(long, conflicts_with_all = ["output_dir", "source_comments"])]
    pub(crate) trace: bool,
}

/// Check manifests and packages against the schemas and rules of Kubernetes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rhumb validate packages/ml-model --env prod
  rhumb validate deploy/ extra.yaml --kube-version 1.33 --crds crds/
  kubectl kustomize overlay | rhumb validate -
  rhumb validate manifests/ -o json | jq '.findings[].code'")]
pub(crate) struct ValidateArgs {
    /// Package folders, manifest files, folders of manifests, or `-`
    #[arg(required = true, value_name = "SOURCE")]
    pub(crate) sources: Vec<String>,

    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// Form of the report
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,
}

/// Compare two sources, two environments or two sets of values, object by object
///
/// Flags hold for both sides; those that end in `-a` or `-b` for one, over the others. Without B both sides are A.
/// With `--live` the cluster is compared with what it would become if A were applied: the server is asked with dry runs
/// of server-side apply. Contents of Secrets are masked.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rhumb diff packages/ml-model --env-a dev --env-b prod
  rhumb diff packages/ml-model --set-b image.tag=2.0.0
  rhumb diff packages/ml-model --env prod --values-b next.yaml
  rhumb diff old/manifests.yaml new/manifests.yaml
  git show HEAD:all.yaml | rhumb diff - all.yaml -o json
  rhumb diff packages/ml-model --env prod --live --context prod -n models

Exit status: 0 when both sides are the same, 1 when they differ (or something of the cluster could not be seen, or would
be refused), 2 when a side cannot be built or the cluster cannot be reached.")]
pub(crate) struct DiffArgs {
    /// The side to compare from
    pub(crate) a: String,

    /// The side to compare with
    pub(crate) b: Option<String>,

    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// Compare with a cluster
    #[arg(long, conflicts_with_all = ["b", "kube_version", "env_a", "env_b", "values_a", "values_b", "set_a", "set_b"])]
    pub(crate) live: bool,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,

    /// Environment of side A
    #[arg(long, value_name = "NAME")]
    pub(crate) env_a: Option<String>,

    /// Environment of side B
    #[arg(long, value_name = "NAME")]
    pub(crate) env_b: Option<String>,

    /// File of values for side A
    #[arg(long, value_name = "FILE")]
    pub(crate) values_a: Vec<String>,

    /// File of values for side B
    #[arg(long, value_name = "FILE")]
    pub(crate) values_b: Vec<String>,

    /// Set values of side A
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub(crate) set_a: Vec<String>,

    /// Set values of side B
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub(crate) set_b: Vec<String>,

    /// Form of the differences
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: DiffFormat,

    /// Lines around changes
    #[arg(short = 'U', long, value_name = "LINES", default_value_t = 3)]
    pub(crate) unified: usize,
}

/// Say which template line, which values line and which patches gave an object or a field
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rhumb explain packages/ml-model Deployment/ml-model spec.replicas --env prod
  rhumb explain packages/ml-model Service/ml-model
  rhumb explain packages/ml-model Deployment/ml-model 'spec.template.spec.containers[0].resources'")]
pub(crate) struct ExplainArgs {
    /// Package folder, manifest file, folder of manifests, or `-`
    pub(crate) source: String,

    /// The object, as `Kind/name` or `namespace/Kind/name`
    #[arg(value_name = "KIND/NAME")]
    pub(crate) object: String,

    /// The field, as `spec.template.spec.containers[0].image`; all fields of the object when left out
    #[arg(value_name = "FIELD")]
    pub(crate) field: Option<String>,

    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// Form of the answer
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowWhat {
    /// The values that templates see, all layers merged
    Values,
    /// The schema of the values
    Schema,
    /// The files of the source
    Files,
}

/// Print the values, the schema of the values, or the files of a source
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rhumb show values packages/ml-model --env prod --origins
  rhumb show schema packages/ml-model
  rhumb show files packages/ml-model")]
pub(crate) struct ShowArgs {
    /// What to print
    #[arg(value_name = "WHAT")]
    pub(crate) what: ShowWhat,

    /// Package folder or folder of manifests
    pub(crate) source: String,

    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// Say behind each value which line set it
    #[arg(long)]
    pub(crate) origins: bool,
}

/// Start a package from a ready-made one
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rhumb new shop --from web-service
  rhumb new services/ranker --from ml-model
  rhumb render shop")]
pub(crate) struct NewArgs {
    /// The folder to make; its last part is the package's name
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// The ready-made package
    #[arg(long, value_name = "PACKAGE", default_value = "web-service", value_parser = crate::ready_made::NAMES)]
    pub(crate) from: String,
}

/// Run the cases in a package's `tests/` folder against their snapshots
#[derive(Debug, Args)]
#[command(after_help = "\
A case is a file `tests/NAME.yaml` with any of `description`, `environment`, `values`, `name`, `namespace`,
`kubeVersion` and `fails` (the code of an error that it must end in). What it renders to stands in
`tests/NAME.expected.yaml`.

Examples:
  rhumb test packages/ml-model
  rhumb test packages/ml-model prod --update")]
pub(crate) struct TestArgs {
    /// Package folder
    pub(crate) package: PathBuf,

    /// Names of cases; all when left out
    #[arg(value_name = "CASE")]
    pub(crate) cases: Vec<String>,

    /// Write the snapshots anew
    #[arg(long)]
    pub(crate) update: bool,
}

/// Answer editors: a language server on standard input and output
///
/// It tells findings, completes and explains values, functions and fields, finds definitions and offers fixes, in
/// packages, charts, kustomizations and manifests. Editors set with `initializationOptions` what `rhumb render` is told
/// by flags: `environment`, `values` (a list of files), `set` (a list), `kubeVersion`, `namespace`, `name`, `strict`.
#[derive(Debug, Args)]
pub(crate) struct LspArgs {
    /// Taken for the sake of editors that pass it: there is no other way to speak
    #[arg(long)]
    pub(crate) stdio: bool,
}

/// Serve a page to edit a source in, on this machine alone
///
/// It prints an address to open in a browser. The source is read, never written; the page shows manifests, findings, a form
/// for the values, the objects as a picture, and differences while you type. Nothing leaves the machine.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rhumb playground packages/ml-model
  rhumb playground chart.tgz --port 8080")]
pub(crate) struct PlaygroundArgs {
    /// Folder, packed chart or manifest
    #[arg(default_value = ".")]
    pub(crate) source: PathBuf,

    /// Port to listen on; one that is free where it is left out
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,

    /// Folder of the page, in the place of the one that is installed with rhumb
    #[arg(long, value_name = "DIR")]
    pub(crate) page: Option<PathBuf>,
}

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  source <(rhumb completion bash)
  rhumb completion fish > ~/.config/fish/completions/rhumb.fish")]
pub(crate) struct CompletionArgs {
    /// The shell
    pub(crate) shell: Shell,
}

// What a program that rhumb stands in for is given; its own table of flags reads it. (No documentation, which clap would
// show in the place of the command's.)
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct DropinArgs {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    pub(crate) args: Vec<std::ffi::OsString>,
}
