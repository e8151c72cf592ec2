//! Addresses of objects below the server.

use rhumb::object::Scope;
use rhumb::plan::ApiKind;

/// Returns a text as one part of a path: everything but letters, digits and `-._~` is written as `%XX`.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => out.push(char::from(byte)),
            false => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Whether a text can stand in a path at all: the server takes no others for names.
pub(crate) fn is_part(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '%'])
}

/// Returns the path of the objects of a kind: in a namespace, or in all where that is empty.
pub(crate) fn collection(kind: &ApiKind, namespace: &str) -> String {
    let mut path = match kind.gvk.group.as_str() {
        "" => format!("/api/{}", encode(&kind.gvk.version)),
        group => format!("/apis/{}/{}", encode(group), encode(&kind.gvk.version)),
    };
    if kind.scope == Scope::Namespaced && !namespace.is_empty() {
        path.push_str(&format!("/namespaces/{}", encode(namespace)));
    }
    path.push('/');
    path.push_str(&encode(&kind.plural));
    path
}

/// Returns the path of an object.
pub(crate) fn object(kind: &ApiKind, namespace: &str, name: &str) -> String {
    format!("{}/{}", collection(kind, namespace), encode(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rhumb::object::Gvk;

    #[test]
    fn objects_have_the_addresses_that_the_server_gives_them() {
        let kind = |api: &str, kind: &str, plural: &str, scope| ApiKind {
            gvk: Gvk::new(api, kind),
            plural: plural.into(),
            scope,
            verbs: Vec::new(),
        };
        let role = kind("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", Scope::Cluster);
        assert_eq!(object(&role, "", "system:a"), "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aa");
        let pod = kind("v1", "Pod", "pods", Scope::Namespaced);
        assert_eq!(object(&pod, "a b", "x"), "/api/v1/namespaces/a%20b/pods/x");
        assert_eq!(collection(&pod, ""), "/api/v1/pods");
        assert!(is_part("a") && !is_part("..") && !is_part("a/b") && !is_part(""));
    }
}
