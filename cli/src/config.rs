//! From what was typed to what the commands work with: names become versions, paths and kinds of input.
//!
//! Nothing is read here. What cannot be meant ends here, before any file is touched.

use std::path::PathBuf;

use rhumb::schema::KubeVersion;
use rhumb::source::Limits;

use crate::args::BuildArgs;
use crate::machine;
use crate::output::Failure;

/// Where something is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Standard input.
    Stdin,
    /// A file or folder.
    Path(PathBuf),
}

impl Place {
    /// Returns the place that a text names.
    pub(crate) fn parse(text: &str) -> Place {
        if text == "-" { Place::Stdin } else { Place::Path(text.into()) }
    }

    /// Returns what messages call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Place::Stdin => "-".to_owned(),
            Place::Path(path) => path.display().to_string(),
        }
    }
}

/// One layer of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Values {
    File(Place),
    Set(String),
    SetString(String),
    SetJson(String),
    SetFile(String),
    SetLiteral(String),
}

/// What a source is built with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Build {
    pub(crate) source: Place,
    pub(crate) environment: Option<String>,
    pub(crate) values: Vec<Values>,
    pub(crate) namespace: Option<String>,
    pub(crate) release: Option<String>,
    pub(crate) for_release: bool,
    pub(crate) kube_version: KubeVersion,
    pub(crate) api_versions: Vec<String>,
    pub(crate) is_upgrade: bool,
    pub(crate) revision: u64,
    pub(crate) keep_chart: bool,
    pub(crate) seed: Option<String>,
    pub(crate) now: Option<String>,
    pub(crate) limits: Limits,
    pub(crate) crds: Vec<PathBuf>,
    pub(crate) strict: bool,
}

impl Build {
    /// Returns what a source is built with.
    ///
    /// # Errors
    /// When the version of Kubernetes is not known, or standard input is wanted twice.
    pub(crate) fn new(source: &str, args: BuildArgs) -> Result<Build, Failure> {
        let kube_version = match &args.kube_version {
            Some(text) => KubeVersion::parse(text).map_err(|error| Failure(Box::new(error)))?,
            None => KubeVersion::LATEST,
        };
        let files = args.values.iter().map(|file| Values::File(Place::parse(file)));
        let mut values: Vec<Values> = files.collect();
        values.extend(args.set.into_iter().map(Values::Set));
        values.extend(args.set_string.into_iter().map(Values::SetString));
        values.extend(args.set_json.into_iter().map(Values::SetJson));
        values.extend(args.set_file.into_iter().map(Values::SetFile));
        values.extend(args.set_literal.into_iter().map(Values::SetLiteral));
        let build = Build {
            source: Place::parse(source),
            environment: args.environment,
            values,
            namespace: args.namespace,
            release: args.release,
            for_release: false,
            kube_version,
            api_versions: args.api_versions,
            is_upgrade: args.is_upgrade,
            revision: 1,
            keep_chart: false,
            seed: args.seed,
            now: args.now,
            limits: machine::limits(&args.limits).map_err(|error| Failure::new("cli-limit", error))?,
            crds: args.crds,
            strict: args.strict,
        };
        one_stdin(build.places())?;
        Ok(build)
    }

    /// Whether it is the same in every respect.
    pub(crate) fn same_as(&self, other: &Build) -> bool {
        self == other
    }

    /// Returns every place that is read, the source first.
    pub(crate) fn places(&self) -> impl Iterator<Item = &Place> {
        let files = self.values.iter().filter_map(|values| match values {
            Values::File(place) => Some(place),
            _ => None,
        });
        std::iter::once(&self.source).chain(files)
    }
}

/// Refuses standard input in more than one place: it can be read only once.
///
/// # Errors
/// When it stands there twice.
pub(crate) fn one_stdin<'a>(places: impl Iterator<Item = &'a Place>) -> Result<(), Failure> {
    if places.filter(|place| **place == Place::Stdin).count() > 1 {
        return Err(Failure::new("cli-stdin-twice", "standard input (`-`) is given more than once")
            .help("put one of the two into a file"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_input_is_read_once() {
        let args = |files: &[&str]| BuildArgs {
            values: files.iter().map(ToString::to_string).collect(),
            ..BuildArgs::default()
        };
        assert!(Build::new("pkg", args(&["-", "a.yaml"])).is_ok());
        assert!(Build::new("-", args(&["-"])).is_err());
        assert!(Build::new("pkg", args(&["-", "-"])).is_err());
    }

    #[test]
    fn unknown_versions_of_kubernetes_end_before_reading() {
        let args = BuildArgs { kube_version: Some("1.2".to_owned()), ..BuildArgs::default() };
        assert!(Build::new("pkg", args).is_err());
    }
}
