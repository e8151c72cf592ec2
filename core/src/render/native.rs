//! A native package and its dependencies to objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::EcoString;

use super::jinja::{Access, Document, Engine, File, Functions, Scope};
use crate::diag::{Diagnostic, Diagnostics, Outcome};
use crate::object::{Item, Object, ObjectSet, Origins, Scope as Lives, TypeFacts, is_cluster_scoped_builtin};
use crate::source::{FileId, Limits, SourceMap, Span, VPath};
use crate::value::{Map, Value, ValuePath};
use crate::yaml::{Node, NodeKind, Rules, normalize, parse};

/// What of a native package is rendered.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The package's name.
    pub name: EcoString,
    /// Its version.
    pub version: EcoString,
    /// The version of what it installs.
    pub app_version: EcoString,
    /// Its description.
    pub description: EcoString,
    /// The files below `templates/`, with paths that start there.
    pub templates: Vec<(VPath, FileId)>,
    /// The files below `crds/`.
    pub crds: Vec<(VPath, FileId)>,
    /// The files below `files/`, with paths that count from there.
    pub files: Vec<(VPath, Arc<[u8]>)>,
    /// The dependencies, each under the key of its values.
    pub dependencies: Vec<(EcoString, Sources)>,
}

/// The values of one package of a tree.
pub trait ScopeValues {
    /// Returns the values.
    fn value(&self) -> &Value;

    /// Returns where a value was set; [`Span::NONE`] where no file did.
    fn span(&self, path: &ValuePath) -> Span;

    /// Returns the values of a dependency, by its place in [`Sources::dependencies`]; `None` where it is switched off.
    fn dependency(&self, index: usize) -> Option<Box<dyn ScopeValues + '_>>;
}

/// What the cluster that is rendered for can do.
#[derive(Clone)]
pub struct Kube {
    /// Its version, such as `1.34.0`.
    pub version: EcoString,
    /// Whether it has an API, asked as `apps/v1` or `apps/v1/Deployment`.
    pub has: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl std::fmt::Debug for Kube {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kube {}", self.version)
    }
}

/// What a package is rendered with.
#[derive(Clone, Copy)]
pub struct RenderInput<'a> {
    /// The composed values.
    pub values: &'a dyn ScopeValues,
    /// The name of the release.
    pub release: &'a str,
    /// The namespace; empty where none was chosen.
    pub namespace: &'a str,
    /// The cluster's version and APIs.
    pub kube: &'a Kube,
    /// Which types live in namespaces.
    pub facts: &'a dyn TypeFacts,
    /// Whether origins are wanted.
    pub trace: bool,
}

/// What a package renders to.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// CRDs of `crds/` first, then everything else in install order, then file order.
    pub objects: ObjectSet,
    /// What stands behind the nodes; empty unless the run was traced.
    pub origins: Origins,
}

/// One step of a path that templates can read below `values`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadStep {
    /// This key.
    Key(EcoString),
    /// Any key or index.
    Any,
}

/// A path that some branch of a package's templates can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadPath {
    /// The steps below `values`.
    pub steps: Vec<ReadStep>,
    /// Whether everything below is read too.
    pub whole: bool,
}

/// The templates of a package and its dependencies, compiled once.
#[derive(Debug)]
pub struct Templates {
    engine: Engine,
    package: Value,
    crds: Vec<(VPath, FileId)>,
    files: Arc<BTreeMap<String, Arc<[u8]>>>,
    dependencies: Vec<Templates>,
    limits: Limits,
}

impl Templates {
    /// Compiles all templates; reports the syntax errors of all files.
    pub fn compile(
        package: &Sources,
        sources: &SourceMap,
        functions: &Functions,
        limits: &Limits,
    ) -> Outcome<Templates> {
        let mut findings = Diagnostics::new();
        let templates = compile(package, sources, functions, limits, &mut findings);
        findings.sort();
        Outcome { value: templates, diagnostics: findings }
    }

    /// Returns what the templates of this package can read below `values`; `None` where that cannot be known.
    pub fn reads(&self) -> Option<Vec<ReadPath>> {
        let step = |step: &Access| match step {
            Access::Key(key) => ReadStep::Key(key.as_str().into()),
            Access::Any => ReadStep::Any,
        };
        let path = |(steps, whole): (&[Access], bool)| ReadPath { steps: steps.iter().map(step).collect(), whole };
        Some(self.engine.reads()?.map(path).collect())
    }

    /// Returns the compiled dependencies, in the order of [`Sources::dependencies`].
    pub fn dependencies(&self) -> &[Templates] {
        &self.dependencies
    }

    /// Renders the package and its dependencies. A template that fails does not hide the errors of the others.
    pub fn render(&self, input: &RenderInput<'_>, sources: &SourceMap) -> Outcome<Rendered> {
        let mut run =
            Run { input, sources, crds: ObjectSet::new(), objects: ObjectSet::new(), origins: Origins::new() };
        let mut findings = Diagnostics::new();
        run.package(self, input.values, &mut findings);
        run.objects.sort_for_install();
        let mut objects = run.crds;
        objects.extend(run.objects);
        findings.sort();
        Outcome { value: Rendered { objects, origins: run.origins }, diagnostics: findings }
    }
}

fn compile(
    package: &Sources,
    sources: &SourceMap,
    functions: &Functions,
    limits: &Limits,
    findings: &mut Diagnostics,
) -> Templates {
    let file = |(path, file): &(VPath, FileId)| {
        let text = sources.get(*file).map(|file| file.text().clone()).unwrap_or_default();
        File { name: path.as_str().to_owned(), file: *file, text }
    };
    let mut files: Vec<File> = package.templates.iter().map(file).collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let engine = Engine::compile(files, functions.clone(), limits).into_value(findings);
    let below = package.dependencies.iter();
    let dependencies = below.map(|(_, package)| compile(package, sources, functions, limits, findings)).collect();
    let about = [
        ("name", &package.name),
        ("version", &package.version),
        ("appVersion", &package.app_version),
        ("description", &package.description),
    ];
    let about: Map = about.into_iter().map(|(key, text)| (key, Value::from(text.clone()))).collect();
    let mut crds = package.crds.clone();
    crds.sort();
    Templates {
        engine,
        package: about.into(),
        crds,
        files: Arc::new(package.files.iter().map(|(path, bytes)| (path.to_string(), bytes.clone())).collect()),
        dependencies,
        limits: limits.clone(),
    }
}

struct Run<'a> {
    input: &'a RenderInput<'a>,
    sources: &'a SourceMap,
    crds: ObjectSet,
    objects: ObjectSet,
    origins: Origins,
}

impl Run<'_> {
    fn package(&mut self, templates: &Templates, values: &dyn ScopeValues, findings: &mut Diagnostics) {
        for (_, file) in &templates.crds {
            self.crd(*file, &templates.limits, findings);
        }
        let release = [("name", self.input.release), ("namespace", self.input.namespace)];
        let release: Map = release.into_iter().map(|(key, text)| (key, Value::from(text))).collect();
        let set_at = |path: &ValuePath| values.span(path);
        let scope = Scope {
            values: values.value(),
            set_at: &set_at,
            release: release.into(),
            package: templates.package.clone(),
            kube_version: &self.input.kube.version,
            has: self.input.kube.has.clone(),
            files: templates.files.clone(),
            trace: self.input.trace,
        };
        let rendered = templates.engine.render(&scope, &mut self.origins).into_value(findings);
        for file in rendered {
            let name = self.sources.get(file.file).map_or_else(|| Arc::from(file.name.as_str()), |f| f.name().clone());
            for document in file.documents {
                self.document(document, &name, findings);
            }
        }
        for (index, dependency) in templates.dependencies.iter().enumerate() {
            if let Some(values) = values.dependency(index) {
                self.package(dependency, &*values, findings);
            }
        }
    }

    fn crd(&mut self, file: FileId, limits: &Limits, findings: &mut Diagnostics) {
        let Some(source) = self.sources.get(file) else { return };
        let documents = parse(source.text(), file, limits).into_value(findings);
        for document in documents {
            let Some(root) = document.root else { continue };
            let node = normalize(root, Rules::Kubectl, limits).into_value(findings);
            self.crds.push(item(node, document.span, source.name()));
        }
    }

    fn document(&mut self, document: Document, source: &Arc<str>, findings: &mut Diagnostics) {
        match document.node.kind {
            // A list of objects that one expression gave.
            NodeKind::Seq(items) if document.from_value => {
                items.into_iter().for_each(|node| self.object(node, document.span, source));
            }
            NodeKind::Map(_) => self.object(document.node, document.span, source),
            // Nothing but comments, or an expression that gave nothing.
            _ if document.node.is_null() => {}
            _ => {
                let kind = document.node.kind_name();
                let finding =
                    Diagnostic::error("template-no-object", format!("the document is a {kind}, not an object"))
                        .at(document.node.span)
                        .help("an object is a map with `apiVersion` and `kind`");
                findings.push(finding);
            }
        }
    }

    fn object(&mut self, node: Node, span: Span, source: &Arc<str>) {
        let mut item = item(node, span, source);
        if let Item::Object(object) = &mut item {
            self.fill_namespace(object);
        }
        self.objects.push(item);
    }

    fn fill_namespace(&self, object: &mut Object) {
        let namespace = self.input.namespace;
        let cluster = match self.input.facts.scope(&object.gvk) {
            Some(scope) => scope == Lives::Cluster,
            None => is_cluster_scoped_builtin(&object.gvk.group, &object.gvk.kind),
        };
        if namespace.is_empty() || cluster || object.namespace().is_some_and(|own| !own.is_empty()) {
            return;
        }
        let span = object.node.span;
        if object.node.get("metadata").is_none_or(Node::is_null) {
            object.node.set("metadata", Node::map(span));
        }
        if let Some(metadata) = object.node.get_mut("metadata") {
            let place = metadata.span;
            metadata.set("namespace", Node::string(namespace, place));
        }
    }
}

fn item(node: Node, span: Span, source: &Arc<str>) -> Item {
    match Object::new(node.clone(), source.clone()) {
        Some(object) => Item::Object(object),
        None => Item::Other { node: Some(node), span, source: source.clone() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::NoFacts;

    struct Plain(Value, Vec<Option<Value>>);

    impl ScopeValues for Plain {
        fn value(&self) -> &Value {
            &self.0
        }

        fn span(&self, _: &ValuePath) -> Span {
            Span::NONE
        }

        fn dependency(&self, index: usize) -> Option<Box<dyn ScopeValues + '_>> {
            let value = self.1.get(index)?.clone()?;
            Some(Box::new(Plain(value, Vec::new())))
        }
    }

    fn json(text: &str) -> Value {
        serde_json::from_str(text).expect("valid JSON in a test")
    }

    fn package(files: &[(&str, &str)], sources: &mut SourceMap) -> Sources {
        let mut package = Sources { name: "web".into(), version: "1.0.0".into(), ..Sources::default() };
        for (path, text) in files {
            let file = sources.add(*path, *text);
            let path = VPath::parse(path).expect("fine");
            let list = if path.as_str().starts_with("crds/") { &mut package.crds } else { &mut package.templates };
            list.push((path, file));
        }
        package
    }

    fn keys(package: &Sources, sources: &SourceMap, values: &Plain) -> Vec<String> {
        let templates = Templates::compile(package, sources, &Functions::new(), &Limits::default());
        let kube = Kube { version: "1.34.0".into(), has: Arc::new(|_| false) };
        let input =
            RenderInput { values, release: "web", namespace: "prod", kube: &kube, facts: &NoFacts, trace: false };
        let outcome = templates.value.render(&input, sources);
        assert_eq!(outcome.diagnostics.iter().map(|d| d.message.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
        outcome.value.objects.objects().map(|object| object.key().to_string()).collect()
    }

    #[test]
    fn objects_come_in_install_order_after_crds_with_their_namespace() {
        let mut sources = SourceMap::new();
        let mut parent = package(
            &[
                ("templates/b.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: b}\n---\n# nothing\n"),
                (
                    "templates/a.yaml",
                    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ns}\n",
                ),
                ("templates/_p.yaml", "x: 1\n"),
                ("templates/c.yaml", "{{ values.extra }}\n"),
                (
                    "crds/c.yaml",
                    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: c}\n",
                ),
            ],
            &mut sources,
        );
        let child = package(
            &[(
                "templates/d.yaml",
                "apiVersion: v1\nkind: Secret\nmetadata: {name: {{ values.name }}, namespace: own}\n",
            )],
            &mut sources,
        );
        parent.dependencies = vec![("one".into(), child.clone()), ("off".into(), child)];
        let extra = r#"{"extra":[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"e"}}]}"#;
        let values = Plain(json(extra), vec![Some(json(r#"{"name":"d"}"#)), None]);
        assert_eq!(
            keys(&parent, &sources, &values),
            [
                "CustomResourceDefinition/c",
                "Namespace/ns",
                "own/Secret/d",
                "prod/ConfigMap/e",
                "prod/Service/b",
                "prod/Deployment/a"
            ]
        );
    }

    #[test]
    fn paths_of_every_branch_are_known() {
        let reads = |text: &str| {
            let mut sources = SourceMap::new();
            let package = package(&[("templates/a.yaml", text)], &mut sources);
            let templates = Templates::compile(&package, &sources, &Functions::new(), &Limits::default()).value;
            let step = |step: &ReadStep| match step {
                ReadStep::Key(key) => key.to_string(),
                ReadStep::Any => "*".to_owned(),
            };
            let show = |path: &ReadPath| {
                let steps: Vec<String> = path.steps.iter().map(step).collect();
                format!("{}{}", steps.join("."), if path.whole { "!" } else { "" })
            };
            let mut paths: Vec<String> = templates.reads()?.iter().map(show).collect();
            paths.sort();
            paths.dedup();
            Some(paths.join(" "))
        };
        assert_eq!(reads("{% if values.a.b %}x: {{ values['c'].d }}{% endif %}\n").unwrap(), "a.b! c.d!");
        assert_eq!(reads("{% set v = values.a %}\nx: {{ v.b }}\n").unwrap(), "a.b!");
        assert_eq!(reads("{% for c in values.l %}\n- {{ c.n }}\n{% endfor %}\n").unwrap(), "l l.*.n!");
        assert_eq!(reads("a: {{ values.x is defined }}\nb: {{ values.y|default(values.z) }}\n").unwrap(), "x y! z!");
        assert_eq!(reads("{% macro m(v) %}{{ v.x }}{% endmacro %}\na: {{ m(values) }}\n"), None);
        assert_eq!(reads("{% macro m(v) %}{{ v.x }}{% endmacro %}\na: {{ m(values.k) }}\n").unwrap(), "k!");
    }

    #[test]
    fn cost_grows_linearly() {
        let render = |count: usize| {
            let mut sources = SourceMap::new();
            let text = "{% for i in range(values.n) %}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c{{ i }}\ndata: {{ values.data }}\n{% endfor %}\n";
            let package = package(&[("templates/a.yaml", text)], &mut sources);
            let values = Plain(json(&format!(r#"{{"n":{count},"data":{{"a":"b"}}}}"#)), Vec::new());
            keys(&package, &sources, &values).len()
        };
        assert_eq!(render(10_000), 10_000);
    }
}
