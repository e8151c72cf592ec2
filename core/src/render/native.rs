//! A native package and its dependencies to objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::EcoString;

use super::jinja::{Access, Document, Engine, File, Functions, Scope};
use crate::diag::{Diagnostic, Diagnostics, Outcome};
use crate::object::{Item, Object, ObjectSet, Origins, Scope as Lives, TypeFacts, is_cluster_scoped_builtin};
use crate::package::{Dependency, Package, TextFile};
use crate::source::{FileId, Limits, SourceMap, Span};
use crate::value::{Map, Value, ValuePath};
use crate::values::{ReadPaths, ReadStep, Values, enabled};
use crate::yaml::{Node, NodeKind, Rules, normalize, parse};

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
    pub values: &'a Values,
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

/// The templates of a package and its dependencies, compiled once.
#[derive(Debug)]
pub struct Templates {
    engine: Engine,
    package: Value,
    crds: Vec<FileId>,
    files: Arc<BTreeMap<String, Arc<[u8]>>>,
    dependencies: Vec<(Dependency, Templates)>,
    limits: Limits,
}

impl Templates {
    /// Compiles all templates; reports the syntax errors of all files.
    pub fn compile(
        package: &Package,
        sources: &SourceMap,
        functions: &Functions,
        limits: &Limits,
    ) -> Outcome<Templates> {
        let mut findings = Diagnostics::new();
        let templates = compile(package, sources, functions, limits, &mut findings);
        findings.sort();
        Outcome { value: templates, diagnostics: findings }
    }

    /// Returns what the templates of this package, without its dependencies, can read below `values`.
    pub fn reads(&self) -> ReadPaths {
        let mut reads = ReadPaths::new();
        let Some(paths) = self.engine.reads() else {
            reads.set_unknowable();
            return reads;
        };
        let step = |step: &Access| match step {
            Access::Key(key) => ReadStep::Key(key.as_str().into()),
            Access::Any => ReadStep::Any,
        };
        for (path, whole) in paths {
            reads.add(&path.iter().map(step).collect::<Vec<_>>(), whole);
        }
        reads
    }

    /// Returns the dependencies with their templates, in the order of the package.
    pub fn dependencies(&self) -> impl Iterator<Item = (&Dependency, &Templates)> {
        self.dependencies.iter().map(|(dependency, templates)| (dependency, templates))
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
    package: &Package,
    sources: &SourceMap,
    functions: &Functions,
    limits: &Limits,
    findings: &mut Diagnostics,
) -> Templates {
    let file = |template: &TextFile| {
        let text = sources.get(template.file).map(|file| file.text().clone()).unwrap_or_default();
        File { name: template.path.as_str().to_owned(), file: template.file, text }
    };
    let mut files: Vec<File> = package.templates.iter().map(file).collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let engine = Engine::compile(files, functions.clone(), limits).into_value(findings);
    let mut dependencies = Vec::with_capacity(package.dependencies.len());
    for dependency in &package.dependencies {
        let templates = compile(&dependency.package, sources, functions, limits, findings);
        dependencies.push((dependency.clone(), templates));
    }
    let about = [
        ("name", &package.manifest.name),
        ("version", &package.manifest.version),
        ("appVersion", &package.manifest.app_version),
        ("description", &package.manifest.description),
    ];
    let about: Map = about.into_iter().map(|(key, text)| (key, Value::from(text.clone()))).collect();
    let mut crds: Vec<&TextFile> = package.crds.iter().collect();
    crds.sort_by(|a, b| a.path.cmp(&b.path));
    let files = package.files.iter().map(|file| (file.path.as_str().to_owned(), file.content.clone())).collect();
    Templates {
        engine,
        package: about.into(),
        crds: crds.into_iter().map(|file| file.file).collect(),
        files: Arc::new(files),
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
    fn package(&mut self, templates: &Templates, values: &Values, findings: &mut Diagnostics) {
        for file in &templates.crds {
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
        for (dependency, templates) in &templates.dependencies {
            if enabled(dependency, values) {
                self.package(templates, &values.scope(dependency), findings);
            }
        }
    }

    fn crd(&mut self, file: FileId, limits: &Limits, findings: &mut Diagnostics) {
        let Some(source) = self.sources.get(file) else { return };
        let documents = parse(source.text(), file, limits).into_value(findings);
        for document in documents {
            let Some(root) = document.root else { continue };
            let node = normalize(root, Rules::Kubectl, limits).into_value(findings);
            self.crds.push(Item::of(node, document.span, source.name().clone()));
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
        let mut item = Item::of(node, span, source.clone());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::NoFacts;
    use crate::package::{Loaded, load};
    use crate::source::{FileTree, VPath};
    use crate::values::{Layer, compose};

    const MANIFEST: &str = "apiVersion: rhumb.dev/v1\nkind: Package\nname: web\nversion: 1.0.0\n";

    fn build(files: &[(&str, &str)], values: &str, trace: bool) -> (Vec<String>, Vec<String>, Templates) {
        let mut tree: FileTree = files.iter().copied().collect();
        if !files.iter().any(|(path, _)| *path == "rhumb.yaml") {
            tree.insert(VPath::parse("rhumb.yaml").unwrap(), MANIFEST.as_bytes().to_vec());
        }
        let mut sources = SourceMap::new();
        let limits = Limits::default();
        let mut findings = Diagnostics::new();
        let loaded = load(&tree, &VPath::root(), &mut sources, &limits).into_value(&mut findings);
        let Loaded::Package(package) = loaded else { panic!("no package: {findings:?}") };
        let layer = Layer::from_value("test", &serde_json::from_str(values).unwrap());
        let values = compose(&package, &[layer], &|_| Err(String::new()), &limits).into_value(&mut findings);
        let templates = Templates::compile(&package, &sources, &Functions::new(), &limits).into_value(&mut findings);
        let kube = Kube { version: "1.34.0".into(), has: Arc::new(|_| false) };
        let input =
            RenderInput { values: &values, release: "web", namespace: "prod", kube: &kube, facts: &NoFacts, trace };
        let rendered = templates.render(&input, &sources).into_value(&mut findings);
        let keys = rendered.objects.objects().map(|object| object.key().to_string()).collect();
        (keys, findings.iter().map(|d| d.message.to_string()).collect(), templates)
    }

    #[test]
    fn objects_come_in_install_order_after_crds_with_their_namespace() {
        let child = "apiVersion: rhumb.dev/v1\nkind: Package\nname: db\nversion: 1.0.0\n";
        let (keys, findings, _) = build(
            &[
                (
                    "rhumb.yaml",
                    &format!(
                        "{MANIFEST}dependencies:\n  - {{name: db, path: deps/db, condition: db.enabled}}\n  - {{name: db, path: deps/db, alias: spare, condition: spare.enabled}}\n"
                    ),
                ),
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
                ("deps/db/rhumb.yaml", child),
                ("deps/db/values.yaml", "name: d\n"),
                (
                    "deps/db/templates/d.yaml",
                    "apiVersion: v1\nkind: Secret\nmetadata: {name: {{ values.name }}-{{ values.global.x }}, namespace: own}\n",
                ),
            ],
            r#"{"extra":[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"e"}}],"global":{"x":"g"},"spare":{"enabled":false}}"#,
            false,
        );
        assert_eq!(findings, Vec::<String>::new());
        assert_eq!(
            keys,
            [
                "CustomResourceDefinition/c",
                "Namespace/ns",
                "own/Secret/d-g",
                "prod/ConfigMap/e",
                "prod/Service/b",
                "prod/Deployment/a"
            ]
        );
    }

    #[test]
    fn paths_of_every_branch_are_known() {
        // What is not read is reported, so the findings tell which paths are known.
        let unread = |text: &str, values: &str| {
            let (_, _, templates) = build(&[("templates/a.yaml", text)], values, false);
            let reads = templates.engine.reads()?;
            let show = |(path, whole): (&[Access], bool)| {
                let step = |step: &Access| match step {
                    Access::Key(key) => key.clone(),
                    Access::Any => "*".to_owned(),
                };
                format!("{}{}", path.iter().map(step).collect::<Vec<_>>().join("."), if whole { "!" } else { "" })
            };
            let mut paths: Vec<String> = reads.map(show).collect();
            paths.sort();
            paths.dedup();
            Some(paths.join(" "))
        };
        let reads = |text| unread(text, "{}");
        assert_eq!(reads("{% if values.a.b %}x: {{ values['c'].d }}{% endif %}\n").unwrap(), "a.b! c.d!");
        assert_eq!(reads("{% set v = values.a %}\nx: {{ v.b }}\n").unwrap(), "a.b!");
        assert_eq!(reads("{% for c in values.l %}\n- {{ c.n }}\n{% endfor %}\n").unwrap(), "l l.*.n!");
        assert_eq!(reads("a: {{ values.x is defined }}\nb: {{ values.y|default(values.z) }}\n").unwrap(), "x y! z!");
        assert_eq!(reads("{% macro m(v) %}{{ v.x }}{% endmacro %}\na: {{ m(values) }}\n"), None);
        assert_eq!(reads("{% macro m(v) %}{{ v.x }}{% endmacro %}\na: {{ m(values.k) }}\n").unwrap(), "k!");
    }

    #[test]
    fn ten_thousand_objects_of_one_template_are_rendered() {
        let text = "{% for i in range(values.n) %}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c{{ i }}\ndata: {{ values.data }}\n{% endfor %}\n";
        let (keys, findings, _) = build(&[("templates/a.yaml", text)], r#"{"n":10000,"data":{"a":"b"}}"#, false);
        assert_eq!(findings, Vec::<String>::new());
        assert_eq!(keys.len(), 10_000);
        assert_eq!(keys[9_999], "prod/ConfigMap/c9999");
    }
}
