//! `rhumb new`: a package of one's own, from a ready-made one.

use std::fs;
use std::path::Path;

use crate::args::NewArgs;
use crate::disk::reason;
use crate::output::{Exit, Failure, Output};
use crate::ready_made;

pub(super) fn run(args: &NewArgs, output: &mut Output) -> Result<Exit, Failure> {
    let name = args.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !is_package_name(&name) {
        return Err(Failure::new("cli-name", format!("`{name}` is no name for a package"))
            .help("use small letters, digits and dashes, a letter first, at most 53 characters"));
    }
    if fs::symlink_metadata(&args.folder).is_ok() {
        return Err(Failure::new("cli-exists", format!("`{}` is there already", args.folder.display()))
            .help("choose another name, or remove it first"));
    }
    let files = ready_made::files(&args.from).unwrap_or_default();
    for (path, content) in files {
        let content = if name == args.from { (*content).to_owned() } else { renamed(path, content, &args.from, &name) };
        write(&args.folder.join(path), &content)?;
    }
    // The snapshots bear the new name too, so that the package passes its own tests from the start.
    super::test::update(&args.folder)?;
    output.result(&format!("{}\n", args.folder.display()));
    output.say(&format!("next: rhumb render {0}\n      rhumb test {0}", args.folder.display()));
    Ok(Exit::Fine)
}

// The longest release name that Helm takes, and a label of DNS: Services are called after it.
fn is_package_name(name: &str) -> bool {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 53
        && name.chars().all(fine)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
}

fn renamed(path: &str, content: &str, from: &str, to: &str) -> String {
    match path {
        "rhumb.yaml" => content.replacen(&format!("name: {from}\n"), &format!("name: {to}\n"), 1),
        "README.md" => content.replace(&format!("packages/{from}"), to).replace(from, to),
        "values.yaml" => {
            let image = content.replacen(&format!("repository: {from}\n"), &format!("repository: {to}\n"), 1);
            image
                .replace(&format!("{from}.example.com"), &format!("{to}.example.com"))
                .replace(&format!("{from}-tls"), &format!("{to}-tls"))
        }
        path if path.ends_with("overlay.yaml") => content.replace(&format!("{from}."), &format!("{to}.")),
        _ => content.to_owned(),
    }
}

fn write(path: &Path, content: &str) -> Result<(), Failure> {
    let parent = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(parent).and_then(|()| fs::write(path, content));
    written
        .map_err(|error| Failure::new("cli-output", format!("cannot write `{}`: {}", path.display(), reason(&error))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_labels_of_dns() {
        assert!(is_package_name("shop-2"));
        for bad in ["", "Shop", "2shop", "shop-", "a b", "..", &"a".repeat(54)] {
            assert!(!is_package_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn the_name_changes_where_it_is_a_name() {
        let values = ready_made::files("ml-model").unwrap().iter().find(|(path, _)| *path == "values.yaml").unwrap().1;
        let values = renamed("values.yaml", values, "ml-model", "ranker");
        assert!(values.contains("repository: ranker\n") && !values.contains("ml-model"), "{values}");
    }
}
