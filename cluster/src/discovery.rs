//! What a server has: its version, its API versions and its kinds.
//!
//! Two requests tell all of it in the aggregated form (<https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery>);
//! a server that does not know that form is asked for each group. What is known from before is only asked for again
//! where it has changed. A group whose own server is gone is left out with the
//! reason, so that the rest can be worked with.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;
use rhumb::object::{Gvk, Scope};
use rhumb::plan::ApiKind;
use rhumb::value::Value;

use crate::client::{Call, Client};
use crate::error::RequestError;
use crate::parallel;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// What a server has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Discovery {
    /// The server's version, such as `v1.37.2`.
    pub version: EcoString,
    /// The kinds, those of the core group first.
    pub kinds: Vec<ApiKind>,
    /// The API versions as charts know them: `apps/v1`, and then `apps/v1/Deployment`.
    pub api_versions: Vec<EcoString>,
    /// The group versions that could not be asked, with the reason.
    pub unknown: BTreeMap<EcoString, String>,
}

impl Discovery {
    /// Asks a server.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn read(client: &Client) -> Result<Discovery, RequestError> {
        let cache = client.cache();
        let version = client.send(&Call::get("/version"))?;
        let mut found = Found::default();
        for (path, file) in [("/api", "api.json"), ("/apis", "apis.json")] {
            let answer = cache.get(client, &Call { accept: AGGREGATED, ..Call::get(path) }, file)?;
            match answer.get("kind").and_then(Value::as_str) {
                Some("APIGroupDiscoveryList") => found.aggregated(&answer),
                _ => found.one_by_one(client, path, &answer)?,
            }
        }
        Ok(found.discovery(text(&version, "gitVersion")))
    }

    /// Returns what is known of a type.
    pub fn kind(&self, gvk: &Gvk) -> Option<&ApiKind> {
        self.kinds.iter().find(|kind| kind.gvk == *gvk)
    }
}

#[derive(Default)]
struct Found {
    versions: Vec<EcoString>,
    kinds: Vec<ApiKind>,
    // `apps/v1/Deployment`, those of subresources (`apps/v1/Scale`) among them, as Helm lists them.
    listed: Vec<EcoString>,
    unknown: BTreeMap<EcoString, String>,
}

impl Found {
    fn aggregated(&mut self, list: &Value) {
        for group in items(list, "items") {
            let name = group.get("metadata").map(|metadata| text(metadata, "name")).unwrap_or_default();
            for version in items(group, "versions") {
                let api = api_version(&name, &text(version, "version"));
                self.versions.push(api.clone());
                if version.get("freshness").and_then(Value::as_str) == Some("Stale") {
                    self.unknown.insert(api.clone(), "the server behind it does not answer".to_owned());
                }
                for resource in items(version, "resources") {
                    let kind = resource.get("responseKind").map(|kind| text(kind, "kind")).unwrap_or_default();
                    let scope = text(resource, "scope");
                    self.add(&api, &kind, &text(resource, "resource"), scope == "Namespaced", verbs(resource));
                    for subresource in items(resource, "subresources") {
                        let kind = subresource.get("responseKind").map(|kind| text(kind, "kind")).unwrap_or_default();
                        self.list(&api, &kind);
                    }
                }
            }
        }
    }

    fn one_by_one(&mut self, client: &Client, path: &str, answer: &Value) -> Result<(), RequestError> {
        let core = items(answer, "versions").filter_map(|version| version.as_str().map(EcoString::from));
        let groups = items(answer, "groups").flat_map(|group| items(group, "versions"));
        let apis: Vec<EcoString> = core.chain(groups.map(|version| text(version, "groupVersion"))).collect();
        let lists = parallel::each(&apis, |api| client.send(&Call::get(format!("{path}/{api}"))));
        for (api, list) in apis.iter().zip(lists) {
            self.versions.push(api.clone());
            match list {
                Ok(list) => items(&list, "resources").for_each(|resource| self.resource(api, resource)),
                // Group by group, what is refused or broken is left out; without an answer there is nothing to go on.
                Err(error) if error.refusal().is_some() => drop(self.unknown.insert(api.clone(), error.to_string())),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn resource(&mut self, api: &EcoString, resource: &Value) {
        let (name, kind) = (text(resource, "name"), text(resource, "kind"));
        if name.contains('/') {
            return self.list(api, &kind);
        }
        let namespaced = resource.get("namespaced").and_then(Value::as_bool) == Some(true);
        self.add(api, &kind, &name, namespaced, verbs(resource));
    }

    fn add(&mut self, api: &EcoString, kind: &EcoString, plural: &EcoString, namespaced: bool, verbs: Vec<EcoString>) {
        self.list(api, kind);
        self.kinds.push(ApiKind {
            gvk: Gvk::new(api, kind),
            plural: plural.clone(),
            scope: if namespaced { Scope::Namespaced } else { Scope::Cluster },
            verbs,
        });
    }

    fn list(&mut self, api: &EcoString, kind: &EcoString) {
        if !kind.is_empty() {
            self.listed.push(ecow::eco_format!("{api}/{kind}"));
        }
    }

    fn discovery(self, version: EcoString) -> Discovery {
        let mut seen = BTreeSet::new();
        let api_versions =
            self.versions.into_iter().chain(self.listed).filter(|api| seen.insert(api.clone())).collect();
        Discovery { version, kinds: self.kinds, api_versions, unknown: self.unknown }
    }
}

fn api_version(group: &str, version: &str) -> EcoString {
    if group.is_empty() { version.into() } else { ecow::eco_format!("{group}/{version}") }
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_seq).unwrap_or_default().iter()
}

fn text(value: &Value, key: &str) -> EcoString {
    value.get(key).and_then(Value::as_str).unwrap_or_default().into()
}

fn verbs(resource: &Value) -> Vec<EcoString> {
    items(resource, "verbs").filter_map(|verb| verb.as_str().map(EcoString::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn both_forms_tell_the_same() {
        let mut aggregated = Found::default();
        aggregated.aggregated(&json(
            r#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"apps"},"versions":[{"version":"v1","freshness":"Current",
            "resources":[{"resource":"deployments","responseKind":{"group":"apps","version":"v1","kind":"Deployment"},"scope":"Namespaced",
            "verbs":["get","patch"],"subresources":[{"subresource":"scale","responseKind":{"group":"autoscaling","version":"v1","kind":"Scale"}}]}]}]}]}"#,
        ));
        let mut single = Found { versions: vec!["apps/v1".into()], ..Found::default() };
        for resource in [
            r#"{"name":"deployments","kind":"Deployment","namespaced":true,"verbs":["get","patch"]}"#,
            r#"{"name":"deployments/scale","kind":"Scale","namespaced":true,"verbs":["get"]}"#,
        ] {
            single.resource(&"apps/v1".into(), &json(resource));
        }
        let (aggregated, single) = (aggregated.discovery("v1".into()), single.discovery("v1".into()));
        assert_eq!(aggregated, single);
        assert_eq!(single.api_versions, ["apps/v1", "apps/v1/Deployment", "apps/v1/Scale"]);
        assert_eq!(single.kind(&Gvk::new("apps/v1", "Deployment")).map(|kind| kind.scope), Some(Scope::Namespaced));
    }

    #[test]
    fn a_group_without_its_server_is_known_to_be_unknown() {
        let mut found = Found::default();
        found.aggregated(&json(
            r#"{"items":[{"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1beta1","freshness":"Stale"}]}]}"#,
        ));
        assert!(found.discovery("v1".into()).unknown.contains_key("metrics.k8s.io/v1beta1"));
    }
}
