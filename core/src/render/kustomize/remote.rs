//! Which paths lie on other machines: files behind `http` and `https`, and repositories as kustomize spells them.
//!
//! See `internal/git/repospec.go` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

/// Whether a path lies on another machine.
pub(super) fn is_remote(path: &str) -> bool {
    is_remote_file(path) || is_repository(path)
}

/// Whether a path is that of a file on another machine.
pub(super) fn is_remote_file(path: &str) -> bool {
    // What Go's net/url cannot read is no URL.
    let Some((scheme, rest)) = path.split_once(':') else { return false };
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
        && !rest.contains(|c: char| c.is_ascii_control())
}

/// Whether a path is that of a folder in a repository.
pub(super) fn is_repository(path: &str) -> bool {
    if path.starts_with('/') {
        return false;
    }
    let path = path.split('?').next().unwrap_or_default();
    let path = strip_prefix(path, "git::").unwrap_or(path);
    let scheme = ["ssh://", "https://", "http://", "file://"].into_iter().find(|s| strip_prefix(path, s).is_some());
    let rest = scheme.and_then(|scheme| strip_prefix(path, scheme)).unwrap_or(path);
    let (user, rest) = split_user(rest);
    let lower = rest.to_ascii_lowercase();
    let is_github = lower.starts_with("github.com/") || lower.starts_with("github.com:");
    let scp_style = scheme.is_none() && (user || is_github);
    if scheme.is_none() && !scp_style {
        return false;
    }
    if scheme == Some("file://") {
        return is_folder_of_repository(rest, false);
    }
    let slash = rest.find('/');
    let at = match (slash, rest.find(':').filter(|_| scp_style)) {
        (None, colon) => colon,
        (Some(slash), Some(colon)) if colon > 0 && colon < slash => Some(colon),
        (slash, _) => slash,
    };
    // Without a path there is no host, except for GitHub's.
    at.is_some_and(|at| is_folder_of_repository(&rest[at + 1..], true))
}

fn strip_prefix<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    let head = path.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &path[prefix.len()..])
}

fn split_user(path: &str) -> (bool, &str) {
    let Some((user, rest)) = path.split_once('@') else { return (false, path) };
    let fine = user.starts_with(|c: char| c.is_ascii_alphabetic())
        && user.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if fine { (true, rest) } else { (false, path) }
}

/// Splits the path of a repository from that of the folder in it, at a mark or after owner and name.
fn is_folder_of_repository(path: &str, owner_and_name: bool) -> bool {
    let (repository, folder) = if let Some(at) = path.find("_git/") {
        let rest = &path[at + "_git/".len()..];
        let end = rest.find('/').map_or(path.len(), |end| at + "_git/".len() + end);
        (&path[..end], path.get(end + 1..).unwrap_or(""))
    } else if let Some(at) = path.find("//") {
        (&path[..at], &path[at + 2..])
    } else if let Some(at) = path.find(".git") {
        path.split_at(at + ".git".len())
    } else if !owner_and_name {
        (path, "")
    } else {
        let mut slashes = path.match_indices('/').map(|(at, _)| at);
        match (slashes.next(), slashes.next()) {
            (None, _) => return false,
            (Some(_), None) => (path, ""),
            (Some(_), Some(end)) => (&path[..end], &path[end + 1..]),
        }
    };
    let folder = super::go::clean(folder.trim_start_matches('/'));
    !repository.is_empty() && folder.split('/').next() != Some("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_are_known_by_their_spelling() {
        for yes in [
            "https://github.com/org/repo",
            "github.com/org/repo//path?ref=v1",
            "git@github.com:org/repo.git",
            "ssh://git@host/org/repo.git/path",
            "https://dev.azure.com/org/project/_git/repo/path",
            "git::https://gitlab.com/org/repo",
            "https://host.example/org/repo/sub/folder?ref=main",
            "file:///srv/repo",
            "user@host:path/to/repo",
        ] {
            assert!(is_repository(yes), "{yes}");
        }
        for no in
            ["../base", "/abs/github.com/org/repo", "a/b", "https://host", "https://host/one", "git/hub.com", "a.git"]
        {
            assert!(!is_repository(no), "{no}");
        }
        assert!(!is_repository("https://github.com/org/repo//../x"));
    }

    #[test]
    fn files_are_known_by_their_scheme() {
        assert!(is_remote_file("HTTPS://host/a.yaml"));
        assert!(!is_remote_file("http.yaml"));
        assert!(!is_remote_file("ssh://host/a.yaml"));
    }
}
