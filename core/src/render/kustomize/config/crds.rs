//! Field specs from the definitions of custom resources, where extensions mark the fields.
//!
//! See `internal/accumulator/loadconfigfromcrds.go` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use std::sync::Arc;

use super::merge::merge_specs;
use super::{BackReference, Config, Spec, Specs};
use crate::object::Gvk;
use crate::render::kustomize::error::{Error, Result};
use crate::source::Limits;
use crate::value::{Map, Value};
use crate::yaml::{Numbers, unmarshal};

/// References may nest this deep.
const DEPTH: usize = 50;

/// Returns the configuration that a file of definitions asks for.
///
/// # Errors
/// When the text is no map of definitions, or two fields disagree.
pub(in crate::render::kustomize) fn from_crds(text: &str, limits: &Limits) -> Result<Config> {
    if text.is_empty() {
        return Err(Error::new("unexpected end of JSON input"));
    }
    let value = if text.starts_with('{') {
        serde_json::from_str(text).map_err(|error| Error::new(error.to_string()))?
    } else {
        unmarshal(text, Numbers::Exact, limits).map_err(Error::new)?
    };
    let none = Map::new();
    let definitions = value.as_map().unwrap_or(&none);
    let mut all = Arc::new(Config::default());
    let mut names: Vec<_> = definitions.keys().collect();
    names.sort_unstable();
    for name in names {
        let is_kind = |properties: &Map| ["kind", "apiVersion", "metadata"].iter().all(|p| properties.contains_key(p));
        if properties(definitions, name).is_some_and(is_kind) {
            let kind = name.rsplit('.').next().unwrap_or(name);
            let gvk = Gvk { kind: kind.into(), ..Gvk::default() };
            let mut reader = Reader { definitions, gvk, config: Config::default(), path: Vec::new() };
            reader.read(name)?;
            all = all.merged(&Arc::new(reader.config))?;
        }
    }
    Ok(Arc::unwrap_or_clone(all))
}

fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.as_map()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn properties<'v>(definitions: &'v Map, name: &str) -> Option<&'v Map> {
    member(definitions.get(name)?, "schema")?.get("properties")?.as_map()
}

struct Reader<'v> {
    definitions: &'v Map,
    gvk: Gvk,
    config: Config,
    path: Vec<&'v str>,
}

impl<'v> Reader<'v> {
    fn read(&mut self, name: &str) -> Result<()> {
        if self.path.len() > DEPTH {
            return Ok(());
        }
        for (name, property) in properties(self.definitions, name).into_iter().flatten() {
            self.path.push(name);
            self.property(property)?;
            self.path.pop();
        }
        Ok(())
    }

    fn property(&mut self, property: &Value) -> Result<()> {
        let extension = |name: &str| member(property, name).and_then(Value::as_str);
        let spec = self.spec(None);
        let add = |specs: &mut Specs| -> Result<()> {
            *specs = merge_specs(specs, std::slice::from_ref(&spec))?;
            Ok(())
        };
        if extension("x-kubernetes-annotation").is_some() {
            add(&mut self.config.common_annotations)?;
        }
        if extension("x-kubernetes-label-selector").is_some() {
            add(&mut self.config.common_labels)?;
        }
        if extension("x-kubernetes-identity").is_some() {
            add(&mut self.config.name_prefix)?;
        }
        let version = extension("x-kubernetes-object-ref-api-version");
        if let (Some(version), Some(kind)) = (version, extension("x-kubernetes-object-ref-kind")) {
            let key = extension("x-kubernetes-object-ref-name-key").unwrap_or("name");
            let gvk = Gvk { group: "".into(), version: version.into(), kind: kind.into() };
            self.refer(gvk, self.spec(Some(key)))?;
        }
        match extension("$ref") {
            Some(reference) => self.read(reference),
            None => Ok(()),
        }
    }

    fn spec(&self, last: Option<&str>) -> Spec {
        let path: Vec<&str> = self.path.iter().copied().chain(last).collect();
        Spec::new(self.gvk.clone(), path.join("/"), false)
    }

    fn refer(&mut self, gvk: Gvk, spec: Spec) -> Result<()> {
        match self.config.name_reference.iter_mut().find(|known| known.gvk == gvk) {
            Some(known) => known.referrers = merge_specs(&known.referrers, &[spec])?,
            None => self.config.name_reference.push(BackReference { gvk, referrers: [spec].into() }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_mark_fields() {
        let text = "
example.com/v1.Bee:
  Schema:
    properties:
      kind: {type: string}
      apiVersion: {type: string}
      metadata: {}
      spec: {$ref: example.com/v1.BeeSpec}
example.com/v1.BeeSpec:
  Schema:
    properties:
      secretRef:
        x-kubernetes-object-ref-api-version: v1
        x-kubernetes-object-ref-kind: Secret
      again: {$ref: example.com/v1.BeeSpec}
      marks: {x-kubernetes-annotation: ''}
";
        let config = from_crds(text, &Limits::default()).unwrap();
        let reference = &config.name_reference[0];
        assert_eq!((&*reference.gvk.kind, &*reference.gvk.version), ("Secret", "v1"));
        assert_eq!(reference.referrers[0].path.as_str(), "spec/secretRef/name");
        assert_eq!(config.common_annotations[0].gvk.kind, "Bee");
    }
}
