//! Go's `filepath.Glob` on the disk, without hidden files: what `kustomize edit add resource '*.yaml'` stands for.

use std::path::Path;

use rhumb::package::chart::Glob;

/// Folders are listed only so deep, and only so many paths are found: patterns come from scripts.
const DEEPEST: usize = 64;

/// Returns the paths that a pattern fits, in order; a hidden file only where the pattern names one.
///
/// # Errors
/// When the pattern cannot be read.
pub(super) fn glob(pattern: &str) -> Result<Vec<String>, String> {
    let found = matches(pattern, 0)?;
    let is_hidden =
        |path: &str| path.trim_end_matches('/').rsplit('/').next().is_some_and(|name| name.starts_with('.'));
    let keep_hidden = is_hidden(pattern);
    Ok(found.into_iter().filter(|path| keep_hidden || !is_hidden(path)).collect())
}

fn matches(pattern: &str, depth: usize) -> Result<Vec<String>, String> {
    Glob::parse(pattern).map_err(|error| error.to_string())?;
    if !pattern.contains(['*', '?', '[', '\\']) {
        let there = std::fs::symlink_metadata(pattern).is_ok();
        return Ok(there.then(|| pattern.to_owned()).into_iter().collect());
    }
    let (folder, name) = match pattern.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((folder, name)) => (folder, name),
        None => (".", pattern),
    };
    let folders = if depth < DEEPEST && folder != "/" && folder.contains(['*', '?', '[', '\\']) {
        matches(folder, depth + 1)?
    } else {
        vec![folder.to_owned()]
    };
    let wanted = Glob::parse(name).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| wanted.matches(name)).collect();
        names.sort_unstable();
        found.extend(names.into_iter().map(|name| join(&folder, &name)));
    }
    Ok(found)
}

// As `filepath.Join`, which cleans the path.
fn join(folder: &str, name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.push(name);
    let joined = parts.join("/");
    if Path::new(folder).is_absolute() { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_this_crate_are_found() {
        assert_eq!(glob("src/ma[a-h]n.rs").expect("fine"), Vec::<String>::new());
        assert_eq!(glob("./src/mai?.rs").expect("fine"), ["src/main.rs"]);
        assert_eq!(glob("s*/m[a]in.rs").expect("fine"), ["src/main.rs"]);
        assert_eq!(glob("Cargo.toml").expect("fine"), ["Cargo.toml"]);
        assert!(glob("[").is_err());
    }
}
