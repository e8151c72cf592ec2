//! Writes objects as files, and refuses to write anywhere but below the folder that the user named.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rhumb::object::{Object, ObjectSet};
use rhumb::yaml::{Dialect, Emitter};

use crate::args::ManifestFormat;
use crate::disk::reason;
use crate::output::Failure;

/// Returns an object as `rhumb render` prints it: keys in the template's order.
pub(crate) fn yaml(object: &Object) -> String {
    Emitter { dialect: Dialect::Sigs, sort_keys: false }.write(&*object.node)
}

/// Writes each object into a file of its own and returns the files' paths.
///
/// Names come from a package and may be hostile: a file is called after kind and name with nothing left in them that
/// could climb out of the folder, links are never followed, and a file appears whole or not at all.
///
/// # Errors
/// When a folder or file cannot be written, or a link stands where one is to be.
pub(crate) fn objects(set: &ObjectSet, folder: &Path, format: ManifestFormat) -> Result<Vec<PathBuf>, Failure> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let mut taken = BTreeSet::new();
    let mut written = Vec::new();
    for object in set.objects() {
        let name = free_name(object, format, &mut taken);
        let path = folder.join(&name);
        if let Some(parent) = name.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            make_folder(&folder.join(parent))?;
        }
        let text = match format {
            ManifestFormat::Yaml => yaml(object),
            ManifestFormat::Json => format!("{:#}\n", serde_json::json!(object.node.to_value())),
        };
        replace_file(&path, text.as_bytes()).map_err(|error| unwritable(&path, &error))?;
        written.push(path);
    }
    Ok(written)
}

/// Writes a file whole or not at all, in the place of what is there; a link there is replaced, not followed.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, fs::OpenOptions::new().write(true).create_new(true))
}

/// Writes a file as [`replace_file`] does, which nobody but its owner may read.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn replace_secret_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    replace(path, content, &options)
}

fn replace(path: &Path, content: &[u8], options: &fs::OpenOptions) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = path.with_file_name(format!(".{name}.rhumb-{}", std::process::id()));
    let write = || {
        let mut file = options.open(&draft)?;
        io::Write::write_all(&mut file, content)?;
        drop(file);
        fs::rename(&draft, path)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&draft);
    })
}

// One level, and only where no link stands.
fn make_folder(path: &Path) -> Result<(), Failure> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => Ok(()),
        Ok(_) => Err(Failure::new("cli-output", format!("`{}` is in the way and is no folder", path.display()))),
        Err(_) => fs::create_dir(path).map_err(|error| unwritable(path, &error)),
    }
}

fn free_name(object: &Object, format: ManifestFormat, taken: &mut BTreeSet<PathBuf>) -> PathBuf {
    let extension = match format {
        ManifestFormat::Yaml => "yaml",
        ManifestFormat::Json => "json",
    };
    let kind = object.gvk.kind.to_lowercase();
    let stem = safe(&format!("{kind}-{}", object.name().unwrap_or("unnamed")));
    let folder = object.namespace().filter(|name| !name.is_empty()).map(safe).unwrap_or_default();
    let candidates = (1_usize..).map(|n| match n {
        1 => Path::new(&folder).join(format!("{stem}.{extension}")),
        n => Path::new(&folder).join(format!("{stem}-{n}.{extension}")),
    });
    candidates.into_iter().find(|name| taken.insert(name.clone())).expect("the numbers do not end")
}

// Letters, digits, dots inside, dashes: no separators, nothing hidden, nothing reserved.
fn safe(text: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' };
    let text: String = text.chars().take(200).map(keep).collect();
    if text.starts_with('.') { format!("_{text}") } else { text }
}

/// Returns that a file cannot be written.
pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new("cli-output", format!("cannot write `{}`: {}", path.display(), reason(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rhumb::source::{FileId, Limits};
    use rhumb::yaml::Rules;

    fn set(objects: &[(&str, &str)]) -> ObjectSet {
        let mut set = ObjectSet::new();
        for (namespace, name) in objects {
            let text =
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name:?}, namespace: {namespace:?}}}\n");
            let limits = Limits::default();
            let document = rhumb::yaml::parse(&text, FileId::NONE, &limits).value.remove(0);
            let node = rhumb::yaml::normalize(document.root.unwrap(), Rules::Kubectl, &limits).value;
            set.push_object(Object::new(node, "x".into()).unwrap());
        }
        set
    }

    #[test]
    fn hostile_names_stay_in_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let set = set(&[("../..", "../../etc/passwd"), ("", "a"), ("", "a"), ("", "A/b")]);
        let written = objects(&set, dir.path(), ManifestFormat::Yaml).unwrap();
        let names: Vec<_> =
            written.iter().map(|path| path.strip_prefix(dir.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(
            names,
            ["_.._../configmap-.._.._etc_passwd.yaml", "configmap-a.yaml", "configmap-a-2.yaml", "configmap-A_b.yaml"]
        );
        assert!(written.iter().all(|path| path.is_file()));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_replaced_and_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (out, other) = (dir.path().join("out"), dir.path().join("other"));
        fs::create_dir_all(&out).unwrap();
        fs::create_dir_all(&other).unwrap();
        fs::write(other.join("kept"), "kept").unwrap();
        std::os::unix::fs::symlink("../other/kept", out.join("configmap-a.yaml")).unwrap();
        std::os::unix::fs::symlink("../other", out.join("ns")).unwrap();
        objects(&set(&[("", "a")]), &out, ManifestFormat::Yaml).unwrap();
        assert_eq!(fs::read_to_string(other.join("kept")).unwrap(), "kept");
        assert!(objects(&set(&[("ns", "a")]), &out, ManifestFormat::Yaml).is_err());
    }
}
