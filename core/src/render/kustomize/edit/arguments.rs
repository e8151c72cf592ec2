//! Arguments of `kustomize edit`, checked before any file is read, with kustomize's complaints.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Command, Edit, Generator, Metadata, PathList, lists};
use crate::render::kustomize::decode::{Image, Patch, Selector};
use crate::render::kustomize::error::{Error, Result};
use crate::render::kustomize::transformers::split_image;
use crate::render::kustomize::{go, regexp};

const IMAGE_FORMATS: &str = "invalid format of image, use one of the following options:
- <image>=<newimage>:<newtag>
- <image>=<newimage>@<digest>
- <image>=<newimage>:<newtag>@<digest>
- <image>=<newimage>
- <image>:<newtag>
- <image>:<newtag>@<digest>
- <image>@<digest>";

const OPTIONS: [&str; 3] = ["originAnnotations", "transformerAnnotations", "managedByLabel"];

static ANNOTATION_KEY: LazyLock<regexp::Regex> = LazyLock::new(|| {
    regexp::compile("^([a-zA-Z](([-a-zA-Z0-9.]{0,251})[a-zA-Z0-9])?/)?[a-zA-Z0-9]([-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?$")
        .expect("a fixed pattern")
});

/// What `add patch` and `remove patch` say of a patch; empty texts say nothing.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)] // The names of the flags.
pub struct PatchArguments<'a> {
    pub path: &'a str,
    pub patch: &'a str,
    pub group: &'a str,
    pub version: &'a str,
    pub kind: &'a str,
    pub name: &'a str,
    pub namespace: &'a str,
    pub annotation_selector: &'a str,
    pub label_selector: &'a str,
}

impl Edit {
    /// `set image NAME=NEW:TAG@DIGEST …`
    ///
    /// # Errors
    /// When there is none, or one has no name or nothing new.
    pub fn set_images(args: &[String]) -> Result<Edit> {
        if args.is_empty() {
            return Err(Error::new("no image specified"));
        }
        let mut images = BTreeMap::new();
        for arg in args {
            let (key, value) = arg.split_once('=').unwrap_or(("", arg));
            let (name, tag, digest) = split_image(value);
            if name == arg {
                return Err(Error::new(IMAGE_FORMATS));
            }
            let (name, new_name) = if key.is_empty() { (name, "") } else { (key, name) };
            let image = Image {
                name: name.into(),
                new_name: new_name.into(),
                new_tag: tag.into(),
                digest: digest.into(),
                ..Image::default()
            };
            images.insert(name.to_owned(), image);
        }
        Ok(Edit(Command::Images(images)))
    }

    /// `set replicas NAME=COUNT …`
    ///
    /// # Errors
    /// When there is none, or one has no name or no number.
    pub fn set_replicas(args: &[String]) -> Result<Edit> {
        if args.is_empty() {
            return Err(Error::new("no replicas specified"));
        }
        let read = |arg: &String| {
            let (name, count) = arg.split_once('=')?;
            Some((name.to_owned(), count.parse::<i64>().ok()?))
        };
        let counts: Option<BTreeMap<String, i64>> = args.iter().map(read).collect();
        let wrong = || Error::new("invalid format of replica, use the following format: <name>=<count>");
        Ok(Edit(Command::Replicas(counts.ok_or_else(wrong)?)))
    }

    /// `set namespace NAME`
    ///
    /// # Errors
    /// When there is not exactly one.
    pub fn set_namespace(args: &[String]) -> Result<Edit> {
        set_text("namespace", args, "must specify exactly one namespace value")
    }

    /// `set nameprefix PREFIX`
    ///
    /// # Errors
    /// When there is not exactly one.
    pub fn set_name_prefix(args: &[String]) -> Result<Edit> {
        set_text("namePrefix", args, "must specify exactly one prefix value")
    }

    /// `set namesuffix SUFFIX`
    ///
    /// # Errors
    /// When there is not exactly one.
    pub fn set_name_suffix(args: &[String]) -> Result<Edit> {
        set_text("nameSuffix", args, "must specify exactly one suffix value")
    }

    /// `set label KEY:VALUE …` and `set annotation KEY:VALUE …`: puts entries there, over what is there.
    ///
    /// # Errors
    /// When there is none, or one has no key.
    pub fn set_entries(kind: Metadata, args: &[String]) -> Result<Edit> {
        let entries = entries(kind, args)?;
        let is_key = |key: &String| ANNOTATION_KEY.is_match(key);
        if kind == Metadata::Annotation && !entries.keys().all(is_key) {
            return Err(Error::new(
                "invalid annotation key: see the syntax and character set rules at \
                 https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/",
            ));
        }
        Ok(Edit(Command::AddEntries { kind, entries, force: true }))
    }

    /// `add label KEY:VALUE …` and `add annotation KEY:VALUE …`; `force` allows to change what is there.
    ///
    /// # Errors
    /// When there is none, or one has no key.
    pub fn add_entries(kind: Metadata, args: &[String], force: bool) -> Result<Edit> {
        Ok(Edit(Command::AddEntries { kind, entries: entries(kind, args)?, force }))
    }

    /// `add label --without-selector [--include-templates] KEY:VALUE …`
    ///
    /// # Errors
    /// When there is none, or one has no key.
    pub fn add_labels(args: &[String], force: bool, templates: bool) -> Result<Edit> {
        Ok(Edit(Command::AddLabels { entries: entries(Metadata::Label, args)?, force, templates }))
    }

    /// `remove label KEY,…` and `remove annotation KEY,…`; `ignore` allows keys that are not there.
    ///
    /// # Errors
    /// When there is not exactly one argument, or a key in it is empty.
    pub fn remove_entries(kind: Metadata, args: &[String], ignore: bool) -> Result<Edit> {
        // Kustomize says `label` of annotations, too.
        let word = Metadata::Label.word();
        let keys = match args {
            [] => return Err(Error::new(format!("must specify {word}"))),
            [one] => one.split(',').map(str::to_owned).collect::<Vec<_>>(),
            _ => return Err(Error::new(format!("{word}s must be comma-separated, with no spaces"))),
        };
        if keys.iter().any(String::is_empty) {
            return Err(Error::new(format!("invalid {word}: '' (name is empty)")));
        }
        Ok(Edit(Command::RemoveEntries { kind, keys, ignore }))
    }

    /// `set buildmetadata OPTION,…`
    ///
    /// # Errors
    /// When there is not exactly one argument, or an option in it is none.
    pub fn set_build_metadata(args: &[String]) -> Result<Edit> {
        options(args).map(|options| Edit(Command::SetOptions(options)))
    }

    /// `add buildmetadata OPTION,…`
    ///
    /// # Errors
    /// As [`Edit::set_build_metadata`].
    pub fn add_build_metadata(args: &[String]) -> Result<Edit> {
        options(args).map(|options| Edit(Command::AddOptions(options)))
    }

    /// `remove buildmetadata OPTION,…`
    ///
    /// # Errors
    /// As [`Edit::set_build_metadata`].
    pub fn remove_build_metadata(args: &[String]) -> Result<Edit> {
        options(args).map(|options| Edit(Command::RemoveOptions(options)))
    }

    /// Refuses `add resource` and its like where no path is given.
    ///
    /// # Errors
    /// When there is none.
    pub fn check_paths(list: PathList, args: &[String]) -> Result<()> {
        let wanted = match list {
            PathList::Resources => "a resource file",
            PathList::Components => "a component file",
            PathList::Generators => "a yaml file which contains a generator plugin resource",
            PathList::Transformers => "a yaml file which contains a transformer plugin resource",
        };
        if args.is_empty() { Err(Error::new(format!("must specify {wanted}"))) } else { Ok(()) }
    }

    /// `add resource PATH …` and its like, with the paths that patterns stand for.
    pub fn add_paths(list: PathList, paths: Vec<String>) -> Edit {
        Edit(Command::AddPaths { list, paths })
    }

    /// `remove resource PATTERN …` and `remove transformer PATTERN …`
    ///
    /// # Errors
    /// When there is none.
    pub fn remove_paths(list: PathList, args: &[String]) -> Result<Edit> {
        if args.is_empty() {
            return Err(Error::new(format!("must specify a {} file", list.word())));
        }
        Ok(Edit(Command::RemovePaths { list, patterns: args.to_vec() }))
    }

    /// `add base DIR,…`; returns the folders as well, which must be there.
    ///
    /// # Errors
    /// When there is not exactly one argument.
    pub fn add_bases(args: &[String]) -> Result<(Edit, Vec<String>)> {
        let [one] = args else { return Err(Error::new("must specify a base directory")) };
        let paths: Vec<String> = one.split(',').map(str::to_owned).collect();
        Ok((Edit(Command::AddBases(paths.clone())), paths))
    }

    /// `add patch --path FILE|--patch TEXT [--kind KIND …]`
    ///
    /// # Errors
    /// When there is not exactly one of path and text.
    pub fn add_patch(arguments: &PatchArguments<'_>) -> Result<Edit> {
        let patch = patch(arguments)?;
        if patch.path.is_empty() && patch.patch.is_empty() {
            return Err(Error::new("must provide either patch or path"));
        }
        Ok(Edit(Command::AddPatch(patch.into())))
    }

    /// `remove patch --path FILE|--patch TEXT [--kind KIND …]`
    ///
    /// # Errors
    /// When there are both path and text.
    pub fn remove_patch(arguments: &PatchArguments<'_>) -> Result<Edit> {
        Ok(Edit(Command::RemovePatch(patch(arguments)?.into())))
    }

    /// `remove configmap NAME,…` and `remove secret NAME,…`
    ///
    /// # Errors
    /// When there is not exactly one argument.
    pub fn remove_generators(kind: Generator, args: &[String], namespace: &str) -> Result<Edit> {
        let word = match kind {
            Generator::ConfigMap => "configmap",
            Generator::Secret => "secret",
        };
        let names = match args {
            [] => return Err(Error::new(format!("at least one {word} name must be specified"))),
            [one] => one.split(',').map(str::to_owned).collect(),
            several => {
                let several = go::list(several);
                return Err(Error::new(format!(
                    "too many arguments: {several}; to provide multiple {word}s to remove, please separate {word} \
                     names by commas"
                )));
            }
        };
        Ok(Edit(Command::RemoveGenerators { kind, names, namespace: namespace.to_owned() }))
    }
}

fn set_text(field: &'static str, args: &[String], wrong: &str) -> Result<Edit> {
    match args {
        [one] => Ok(Edit(Command::Text { field, text: one.clone() })),
        _ => Err(Error::new(wrong)),
    }
}

fn entries(kind: Metadata, args: &[String]) -> Result<BTreeMap<String, String>> {
    let word = kind.word();
    if args.is_empty() {
        return Err(Error::new(format!("must specify {word}")));
    }
    let mut entries = BTreeMap::new();
    for arg in args {
        let (key, value) = arg.split_once(':').unwrap_or((arg, ""));
        if key.is_empty() && arg.starts_with(':') {
            return Err(Error::new(format!("invalid {word}: '{arg}' (need k:v pair where v may be quoted)")));
        }
        let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        entries.insert(key.to_owned(), unquoted.unwrap_or(value).to_owned());
    }
    Ok(entries)
}

fn options(args: &[String]) -> Result<Vec<String>> {
    let options: Vec<String> = match args {
        [] => return Err(Error::new("must specify a buildMetadata option")),
        [one] => one.split(',').map(str::to_owned).collect(),
        several => {
            let several = go::list(several);
            return Err(Error::new(format!(
                "too many arguments: {several}; to provide multiple buildMetadata options, please separate options by \
                 comma"
            )));
        }
    };
    match options.iter().find(|option| !OPTIONS.contains(&option.as_str())) {
        Some(option) => Err(Error::new(format!("invalid buildMetadata option: {option}"))),
        None => Ok(options),
    }
}

fn patch(arguments: &PatchArguments<'_>) -> Result<Patch> {
    if !arguments.path.is_empty() && !arguments.patch.is_empty() {
        return Err(Error::new("patch and path can't be set at the same time"));
    }
    let target = Selector {
        group: arguments.group.into(),
        version: arguments.version.into(),
        kind: arguments.kind.into(),
        name: arguments.name.into(),
        namespace: arguments.namespace.into(),
        annotation_selector: arguments.annotation_selector.into(),
        label_selector: arguments.label_selector.into(),
    };
    Ok(Patch {
        path: arguments.path.into(),
        patch: arguments.patch.into(),
        target: lists::target(target),
        options: None,
    })
}
