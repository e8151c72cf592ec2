//! One kustomization: what it gathers, generates and changes, in kustomize's order.
//!
//! See `internal/target/kusttarget.go` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use std::collections::HashMap;
use std::sync::Arc;

use ecow::EcoString;

use super::accumulator::Accumulator;
use super::config::{self, Config};
use super::decode::{self, Kustomization, Mode, TransformerConfigFile, read_kustomization};
use super::error::{Cause, Error, Result, Wrap};
use super::factory;
use super::generators::{self, Generation};
use super::go;
use super::loader::Loader;
use super::origin::{self, Origin};
use super::place::{self, Place};
use super::plugins;
use super::resid::ResId;
use super::resmap::ResMap;
use super::resource::Resource;
use super::schema;
use super::session::Session;
use super::transformers::{self, Step};
use crate::source::FileId;

/// The names that a kustomization file may have.
pub(super) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A longer message of a component is not quoted.
const LONGEST_QUOTED: usize = 64 << 10;

/// A kustomization with its folder.
pub(super) struct Target {
    // Kustomizations refer to each other, and so do calls: what they hold is kept off the stack.
    pub(super) kustomization: Box<Kustomization>,
    pub(super) file: &'static str,
    source: FileId,
    pub(super) loader: Loader,
    /// Where it is seen from the one that is built, when somebody wants to know.
    pub(super) origin: Option<Origin>,
    /// The namespace that charts get from the kustomizations around this one.
    helm_namespace: EcoString,
}

impl Target {
    /// Reads the kustomization file of a folder.
    ///
    /// # Errors
    /// When there is none, there are several, or it is wrong.
    pub(super) fn load(session: &mut Session<'_>, loader: Loader) -> Result<Target> {
        session.count_kustomization()?;
        let (text, file, source) = kustomization_file(session, &loader)?;
        let root = session.shown(loader.root());
        let mut warnings = Vec::new();
        let kustomization = read_kustomization(&text, &root, session.limits(), &mut |text| warnings.push(text));
        warnings.into_iter().for_each(|text| session.warn(text));
        Ok(Target {
            kustomization: Box::new(kustomization.map_err(|error| {
                let span = place::of_mistake(source, error.message(), &session.sources, session.limits());
                error.at(span)
            })?),
            file,
            source,
            loader,
            origin: None,
            helm_namespace: EcoString::new(),
        })
    }

    /// Returns the place of a field of the kustomization.
    pub(super) fn place(&self, field: &'static str) -> Place {
        Place::field(self.source, field)
    }

    /// Takes what `openapi` says.
    ///
    /// # Errors
    /// When the file or the version is not there, or the file is no OpenAPI document.
    pub(super) fn set_schema(&self, session: &mut Session<'_>, outermost: bool) -> Result<()> {
        let fields = &self.kustomization.openapi;
        let file = match fields.get("path") {
            Some(path) => Some(self.loader.load_text(session, path)?.0),
            None => None,
        };
        let compact = match file {
            // An empty file counts as none.
            Some(text) if !text.is_empty() => Some(compact(session, &text)?),
            _ => None,
        };
        session.schemas.set(fields.get("version").map(EcoString::as_str), compact, outermost).map_err(Error::new)
    }

    /// Builds the resources of the kustomization and of all that it refers to, up to but without what is done once at
    /// the end.
    ///
    /// # Errors
    /// Whatever is wrong first, in kustomize's words.
    pub(super) fn accumulate(&mut self, session: &mut Session<'_>, gathered: Accumulator) -> Result<Accumulator> {
        let mut gathered = self
            .accumulate_resources(session, gathered, &entries(&self.kustomization.resources), "resources")
            .wrap(|| "accumulating resources")?;
        let own = self.transformer_config(session);
        let own = own.map_err(|error| session.locate(error, self.place("configurations")))?;
        gathered.config = gathered.config.merged(&own)?;
        let crds = self.crds_config(session).map_err(|error| session.locate(error, self.place("crds")))?;
        gathered.config = gathered.config.merged(&crds)?;
        self.run_generators(session, &mut gathered)?;
        let components = self.kustomization.components.clone();
        let mut gathered =
            self.accumulate_components(session, gathered, &components).wrap(|| "accumulating components")?;
        self.run_transformers(session, &mut gathered)?;
        self.run_validators(session, &mut gathered)?;
        for (at, var) in self.kustomization.vars.iter().enumerate() {
            session.var_places.insert(var.name.clone(), self.place("vars").entry(at));
        }
        let added = gathered.add_vars(session, &self.kustomization.vars).wrap(|| {
            let vars: Vec<String> = self.kustomization.vars.iter().map(ToString::to_string).collect();
            format!("merging vars {}", go::list(&vars))
        });
        added.map_err(|error| session.locate(error, self.place("vars")))?;
        Ok(gathered)
    }

    fn transformer_config(&self, session: &mut Session<'_>) -> Result<Arc<Config>> {
        let mut config = Config::defaults();
        let mut own = Arc::new(Config::default());
        for path in &self.kustomization.configurations {
            let (text, _) = self.loader.load_text(session, path)?;
            let file: TransformerConfigFile = decode::read(&text, Mode::Strict, session.limits())?;
            own = own.merged(&Arc::new(Config::from_file(&file)))?;
        }
        config = config.merged(&own)?;
        Ok(config)
    }

    fn crds_config(&self, session: &mut Session<'_>) -> Result<Arc<Config>> {
        let mut config = Arc::new(Config::default());
        let crds = &self.kustomization.crds;
        let failed = |error: Error| error.wrap(format!("loading CRDs {}", go::list(crds)));
        for path in crds {
            let (text, _) = self.loader.load_text(session, path).map_err(failed)?;
            let read = config::from_crds(&text, session.limits());
            let read = read.wrap(|| format!("unable to parse open API definition from '{path}'")).map_err(failed)?;
            config = config.merged(&Arc::new(read)).map_err(failed)?;
        }
        Ok(config)
    }

    /// Adds the resources of files and folders.
    ///
    /// # Errors
    /// When one is neither, or is wrong.
    pub(super) fn accumulate_resources(
        &mut self,
        session: &mut Session<'_>,
        mut gathered: Accumulator,
        paths: &[(usize, EcoString)],
        field: &'static str,
    ) -> Result<Accumulator> {
        for (at, path) in paths {
            let place = self.place(field).entry(*at);
            let added = self.accumulate_path(session, gathered, path, place);
            gathered = added.map_err(|error| session.locate(error, place))?;
        }
        Ok(gathered)
    }

    fn accumulate_path(
        &mut self,
        session: &mut Session<'_>,
        mut gathered: Accumulator,
        path: &EcoString,
        place: Place,
    ) -> Result<Accumulator> {
        let Err(as_file) = self.accumulate_file(session, &mut gathered, path, place) else { return Ok(gathered) };
        if as_file.cause() == Cause::Remote {
            return Err(as_file);
        }
        let loader = match self.loader.enter(session, path) {
            Ok(loader) => loader,
            Err(error) if error.cause() == Cause::Remote => return Err(error),
            Err(_) if as_file.is_malformed() => return Err(as_file),
            Err(error) => {
                return Err(error.wrap(format!("accumulation err='{as_file}'")).at(as_file.span()));
            }
        };
        self.accumulate_folder(session, gathered, loader, path, false).wrap(|| format!("accumulation err='{as_file}'"))
    }

    fn accumulate_file(
        &self,
        session: &mut Session<'_>,
        gathered: &mut Accumulator,
        path: &str,
        place: Place,
    ) -> Result<()> {
        let resources = factory::resmap_of_file(session, &self.loader, path)
            .wrap(|| format!("accumulating resources from '{path}'"))?;
        if let Some(origin) = &self.origin {
            let origin = origin.append(path).to_text();
            resources
                .annotate(session, super::resource::ORIGIN, &origin)
                .wrap(|| format!("cannot add path annotation for '{path}'"))?;
        }
        session.trace(resources.list(), "resources", place);
        gathered.map.append_all(session, resources).wrap(|| format!("merging resources from '{path}'"))
    }

    fn accumulate_components(
        &mut self,
        session: &mut Session<'_>,
        mut gathered: Accumulator,
        paths: &[EcoString],
    ) -> Result<Accumulator> {
        for (at, path) in paths.iter().enumerate() {
            let place = self.place("components").entry(at);
            let quoted = |what: &str, error: Error| match error.cause() {
                Cause::Remote => error,
                // Each level of quotes doubles the backslashes of those inside.
                _ if error.message().len() > LONGEST_QUOTED => error.wrap(what.trim_end_matches(':')),
                _ => Error::new(format!("{what} {}", go::quote(error.message()))).at(error.span()),
            };
            let loader =
                self.loader.enter(session, path).map_err(|error| session.locate(quoted("loader.New", error), place))?;
            gathered = self
                .accumulate_folder(session, gathered, loader, path, true)
                .map_err(|error| session.locate(quoted("accumulateDirectory:", error), place))?;
        }
        Ok(gathered)
    }

    fn accumulate_folder(
        &mut self,
        session: &mut Session<'_>,
        mut gathered: Accumulator,
        loader: Loader,
        path: &str,
        is_component: bool,
    ) -> Result<Accumulator> {
        let root = session.shown(loader.root());
        let mut inner = Target::load(session, loader).wrap(|| format!("couldn't make target for path '{root}'"))?;
        inner.kustomization.build_metadata.clone_from(&self.kustomization.build_metadata);
        inner.origin = self.origin.as_ref().map(|origin| origin.append(path));
        inner.helm_namespace = match &self.kustomization.namespace {
            none if none.is_empty() => self.helm_namespace.clone(),
            namespace => namespace.clone(),
        };
        inner.set_schema(session, false)?;
        let kind = &inner.kustomization.kind;
        if is_component && !inner.kustomization.is_component() {
            return Err(Error::new(format!("expected kind 'Component' for path '{root}' but got '{kind}'")));
        }
        if !is_component && inner.kustomization.is_component() {
            return Err(Error::new(format!("expected kind != 'Component' for path '{root}'")));
        }
        // A component goes on with what is gathered; a kustomization starts anew and is added.
        let start = if is_component { std::mem::take(&mut gathered) } else { Accumulator::default() };
        let made = inner.accumulate(session, start).wrap(|| format!("recursed accumulation of path '{root}'"))?;
        gathered.merge(session, made).wrap(|| format!("recursed merging from path '{root}'"))?;
        Ok(gathered)
    }

    fn run_generators(&mut self, session: &mut Session<'_>, gathered: &mut Accumulator) -> Result<()> {
        let mut all = generators::of_kustomization(session, self, &self.helm_namespace)?;
        let external = self.external(session, &self.kustomization.generators.clone(), "generator", "generators")?;
        let place = self.place("generators");
        let external = external.and_then(|map| plugins::generators(session, &self.loader, &map, place));
        let external = external.wrap(|| "loading generator plugins");
        all.extend(external.map_err(|error| session.locate(error, place))?);
        for Generation { generator, origin, place } in all {
            let made = generator.generate(session).map_err(|error| session.locate(error, place))?;
            if let Some(origin) = &origin {
                for resource in made.list() {
                    if origin::of(&session.tree, resource, session.limits()).is_ok_and(|known| known.is_none()) {
                        origin::set(&mut session.tree, resource, Some(origin))?;
                    }
                }
            }
            let lays_over = made.list().iter().any(Resource::lays_over);
            if !lays_over {
                session.trace(made.list(), place.field, place);
            }
            let since = session.missed_so_far();
            session.step = place;
            let absorbed = gathered.map.absorb(session, made).wrap(|| "merging from generator &{0xc000000000 <nil>}");
            absorbed.map_err(|error| session.fail(error, place, since))?;
            if lays_over {
                session.trace(gathered.map.list(), place.field, place);
            }
        }
        Ok(())
    }

    /// Reads the configurations of plugins, which are written into the kustomization, or files and folders that it
    /// names. The inner result is kept apart because kustomize wraps the two differently.
    fn external(
        &mut self,
        session: &mut Session<'_>,
        entries: &[EcoString],
        what: &str,
        field: &'static str,
    ) -> Result<Result<ResMap>> {
        let mut gathered = Accumulator::default();
        let mut paths = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let Ok(inline) = inline(session, entry) else {
                paths.push((at, entry.clone()));
                continue;
            };
            if let Some(origin) = &self.origin {
                let origin = origin.append(self.file);
                for resource in inline.list() {
                    origin::set(&mut session.tree, resource, Some(&origin))?;
                }
            }
            let added = gathered.map.append_all(session, inline);
            if let Err(error) = added {
                return Ok(Err(error.wrap(format!("configuring external {what}"))));
            }
        }
        Ok(self.accumulate_resources(session, gathered, &paths, field).map(|gathered| gathered.map))
    }

    fn run_transformers(&mut self, session: &mut Session<'_>, gathered: &mut Accumulator) -> Result<()> {
        let mut steps = transformers::of_kustomization(session, self, &gathered.config)?;
        steps.extend(self.external_steps(session, &self.kustomization.transformers.clone(), "transformers")?);
        transformers::run(session, &mut gathered.map, &steps)
    }

    fn external_steps(
        &mut self,
        session: &mut Session<'_>,
        entries: &[EcoString],
        field: &'static str,
    ) -> Result<Vec<Step>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let map = self.external(session, entries, "transformer", field)??;
        let place = self.place(field);
        let steps = plugins::transformers(session, &self.loader, &map, place);
        steps.map_err(|error| session.locate(error, place))
    }

    fn run_validators(&mut self, session: &mut Session<'_>, gathered: &mut Accumulator) -> Result<()> {
        let steps = self.external_steps(session, &self.kustomization.validators.clone(), "validators")?;
        for step in &steps {
            let (before, ids) = (texts(session, &gathered.map), ids(session, &gathered.map));
            let done = step.transformer.transform(session, &mut gathered.map);
            done.map_err(|error| session.locate(error, step.place))?;
            if before != texts(session, &gathered.map) {
                let error = changed_by_validator(&ids, &self::ids(session, &gathered.map));
                return Err(session.locate(error, step.place));
            }
        }
        Ok(())
    }
}

/// Returns the entries of a field with their places in it.
fn entries(list: &[EcoString]) -> Vec<(usize, EcoString)> {
    list.iter().cloned().enumerate().collect()
}

/// What a validator must leave as it is; the label by which validators sign does not count.
fn texts(session: &mut Session<'_>, map: &ResMap) -> Vec<String> {
    const SIGNATURE: &str = "validated-by";
    let mut text = |resource: &super::resource::Resource| {
        let root = session.tree.copy(resource.root);
        let mut labels = super::resource::labels(&session.tree, root);
        if labels.remove(SIGNATURE).is_some() {
            drop(super::resource::set_labels(&mut session.tree, root, labels));
        }
        session.tree.to_text(root)
    };
    map.list().iter().map(&mut text).collect()
}

fn ids(session: &Session<'_>, map: &ResMap) -> Vec<ResId> {
    map.list().iter().map(|resource| resource.id(&session.tree, &session.schemas)).collect()
}

/// The error for a validator that changed resources: says what became of the first that has another id.
fn changed_by_validator(before: &[ResId], after: &[ResId]) -> Error {
    let mut counts: HashMap<_, usize> = HashMap::new();
    after.iter().for_each(|id| *counts.entry(id.key()).or_default() += 1);
    let what = before.iter().find_map(|id| match counts.get(&id.key()) {
        _ if before.len() != after.len() => None,
        None => Some(format!(": id in self missing from other; id: {id}")),
        Some(1) => None,
        Some(count) => Some(format!(": id in self matches {count} in other; id: {id}")),
    });
    Error::new(format!("validator shouldn't modify the resource map{}", what.unwrap_or_default()))
}

fn inline(session: &mut Session<'_>, entry: &str) -> Result<ResMap> {
    factory::resmap(session, entry, FileId::NONE)
}

fn compact(session: &Session<'_>, text: &str) -> Result<String> {
    let invalid = |error: String| Error::new(format!("invalid schema file: {error}"));
    let value = if text.starts_with('{') {
        serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?
    } else {
        crate::yaml::unmarshal(text, crate::yaml::Numbers::Exact, session.limits()).map_err(invalid)?
    };
    if value.as_map().is_none() && !value.is_null() {
        return Err(invalid(format!("the document is a {}", value.kind())));
    }
    Ok(schema::compact_schema(&value))
}

/// Finds the one kustomization file of a folder.
pub(super) fn kustomization_file(session: &mut Session<'_>, loader: &Loader) -> Result<(String, &'static str, FileId)> {
    let mut found = None;
    for name in FILE_NAMES {
        let Ok(loaded) = loader.load(session, name) else { continue };
        if found.is_some() {
            let root = session.shown(loader.root());
            return Err(Error::new(format!("Found multiple kustomization files under: {root}\n")));
        }
        found = Some((loaded, name));
    }
    let Some((loaded, name)) = found else {
        let [first, second, third] = FILE_NAMES;
        let root = session.shown(loader.root());
        return Err(Error::new(format!(
            "unable to find one of '{first}', '{second}' or '{third}' in directory '{root}'"
        )));
    };
    let text = match crate::yaml::decode_input(&loaded.bytes) {
        Ok(text) => text.into_owned(),
        Err(error) => return Err(Error::new(format!("invalid Kustomization: {error}"))),
    };
    let source = session.add_source(&loaded.path, &text);
    Ok((text, name, source))
}
