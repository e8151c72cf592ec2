//! Holds traced runs of the chart corpus against plain ones: the same text, at most three times the time, no value read
//! that was not foreseen from the templates alone, every node of every document led back to a template, and none of the
//! values that the cases set unknown.
//!
//! `trace-corpus TREE [WORD]` runs the cases of a tree whose path has the word. With `UNREAD=1` it lists, chart by chart,
//! the default values that no template can read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rhumb::object::Origins;
use rhumb::render::helm::{OutputOptions, RenderedChart, sort_manifests, trace};
use rhumb::source::{FileId, FileTree, Limits, SourceMap, VPath};
use rhumb::value::{Value, ValuePath};
use rhumb::values::chart::{self, UserInput};
use rhumb::values::{ReadPaths, SetFlag};
use rhumb::yaml::{self, Node, NodeKind};
use rhumb_tests::charts::{Prepared, Request, UserValues, prepare};
use serde_json::Value as Json;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(tree) = arguments.next() else {
        eprintln!("usage: trace-corpus TREE [WORD]");
        return ExitCode::from(2);
    };
    let word = arguments.next().unwrap_or_default();
    let mut total = Total::default();
    let mut charts = BTreeSet::new();
    for folder in cases(Path::new(&tree)) {
        if !folder.to_string_lossy().contains(&word) {
            continue;
        }
        let Ok(text) = std::fs::read(folder.join("case.json")) else { continue };
        let Ok(case) = serde_json::from_slice::<Json>(&text) else { continue };
        if let Some((prepared, inputs)) = load(Path::new(&tree), &case) {
            let is_new = charts.insert(folder.parent().map(Path::to_path_buf));
            total.case(&folder, &prepared, &inputs, case["nondeterministic"] == true, is_new);
        }
    }
    total.print();
    ExitCode::from(u8::from(total.wrong > 0))
}

fn cases(tree: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(tree.join("cases")).min_depth(2).max_depth(2).sort_by_file_name();
    entries.into_iter().filter_map(Result::ok).map(walkdir::DirEntry::into_path).collect()
}

/// Loads the chart of a case with its values; nothing where Helm refuses it, or the case has arguments of another kind.
fn load(tree: &Path, case: &Json) -> Option<(Prepared, Vec<UserInput>)> {
    let mut words = case["args"].as_array()?.iter().filter_map(Json::as_str).skip(1);
    let mut request = Request {
        release: "release-name".to_owned(),
        namespace: "default".to_owned(),
        kube_version: None,
        api_versions: Vec::new(),
        is_upgrade: false,
        skip_schemas: true,
        output: OutputOptions::default(),
    };
    let (mut inputs, mut positional) = (Vec::new(), Vec::new());
    while let Some(word) = words.next() {
        let (flag, value) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
        let mut value = || value.or_else(|| words.next()).unwrap_or_default().to_owned();
        let set = match flag {
            "-n" | "--namespace" => {
                request.namespace = value();
                continue;
            }
            "--kube-version" => {
                request.kube_version = Some(value());
                continue;
            }
            "--api-versions" => {
                request.api_versions.extend(value().split(',').map(str::to_owned));
                continue;
            }
            "-f" | "--values" => {
                let name = value();
                let content = std::fs::read(tree.join(&name)).ok()?;
                inputs.push(UserInput::File { name, content });
                continue;
            }
            "--set" => SetFlag::Set,
            "--set-string" => SetFlag::String,
            "--set-json" => SetFlag::Json,
            "--set-literal" => SetFlag::Literal,
            flag if flag.starts_with('-') => continue,
            _ => {
                positional.push(word);
                continue;
            }
        };
        inputs.push(UserInput::Flag(set, value()));
    }
    let chart = positional.pop()?;
    if let Some(name) = positional.pop() {
        request.release = name.to_owned();
    }
    let unread = |name: &str| Err(format!("{name} is not read here"));
    let (files, folder) = (files_of(tree, chart)?, VPath::parse(chart).ok()?);
    let prepared = prepare(&files, &folder, UserValues::Inputs(&inputs, &unread), &request, &mut Vec::new());
    Some((prepared.ok()?, inputs))
}

/// Returns the files of a chart below their path from the tree.
fn files_of(tree: &Path, chart: &str) -> Option<FileTree> {
    let entries = walkdir::WalkDir::new(tree.join(chart)).follow_links(true).into_iter().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file()).map(|entry| {
        let path = entry.path().strip_prefix(tree).ok()?.to_string_lossy().into_owned();
        Some((path, std::fs::read(entry.path()).ok()?))
    });
    Some(files.collect::<Option<Vec<_>>>()?.into_iter().collect())
}

#[derive(Default)]
struct Total {
    cases: usize,
    wrong: usize,
    plain: Duration,
    traced: Duration,
    foreseen: Duration,
    /// The nodes of all documents.
    nodes: usize,
    /// How often everything can be read.
    everything: usize,
    ratios: Vec<(f64, String)>,
}

impl Total {
    fn case(&mut self, folder: &Path, prepared: &Prepared, inputs: &[UserInput], changes: bool, is_new: bool) {
        self.cases += 1;
        let name = folder.display().to_string();
        let input = prepared.input();
        let start = Instant::now();
        let plain = prepared.templates.render(&input);
        let plain_time = start.elapsed();
        let start = Instant::now();
        let (traced, trace) = prepared.templates.trace(&input);
        let traced_time = start.elapsed();
        self.plain += plain_time;
        self.traced += traced_time;
        self.ratios.push((traced_time.as_secs_f64() / plain_time.as_secs_f64(), name.clone()));
        let text = |rendered: &RenderedChart| rendered.files.clone();
        match (&plain, &traced) {
            (Ok(plain), Ok(traced)) if changes || text(plain) == text(traced) => {}
            (Err(plain), Err(traced)) if plain.message == traced.message => {}
            _ => self.complain(&format!("{name}: the traced run differs")),
        }
        let start = Instant::now();
        let reads = trace::reads(&prepared.templates, &prepared.loaded, &prepared.values);
        self.foreseen += start.elapsed();
        self.everything += usize::from(reads.is_unknowable());
        for path in trace.values_read().filter(|path| !reads.may_read(path)) {
            self.complain(&format!("{name}: {path} is read, but was not foreseen"));
        }
        let mut sources = SourceMap::new();
        let unread_file = |name: &str| Err(format!("{name} is not read here"));
        let limits = Limits::default();
        let values = chart::trace(&prepared.loaded, inputs, &unread_file, &mut sources, &limits).ok();
        if let Some(values) = &values {
            for finding in &chart::unknown_keys(prepared.templates.chart(), values, &reads, &limits) {
                self.complain(&format!("{name}: {}", finding.message));
            }
        }
        if let Ok(rendered) = &traced {
            let mut places = trace::Places::new(&trace, prepared.templates.chart(), values.as_ref());
            self.led_back(&name, rendered, &mut places, &mut sources);
        }
        if is_new && std::env::var_os("UNREAD").is_some() {
            unread(&name, &prepared.values, &reads);
        }
    }

    /// Counts the nodes of a chart's documents that lead to no template.
    fn led_back(
        &mut self,
        name: &str,
        rendered: &RenderedChart,
        places: &mut trace::Places<'_>,
        sources: &mut SourceMap,
    ) {
        let limits = Limits::default();
        let Ok(sorted) = sort_manifests(&rendered.files, &limits, &mut Vec::new()) else { return };
        for manifest in &sorted.manifests {
            let text = manifest.content.text();
            let file = sources.add("rendered", text.as_str());
            let Some(mut node) = yaml::parse(&text, file, &limits).value.into_iter().find_map(|one| one.root) else {
                continue;
            };
            let of = trace::Document { path: &manifest.path, text: &text, start: manifest.content.range().start };
            places.attribute(&mut node, of, sources, &mut Origins::new());
            let lost = lost(&node, file, &mut self.nodes);
            if lost > 0 {
                self.complain(&format!("{name}: {lost} nodes of {} lead to no template", manifest.path));
            }
        }
    }

    fn complain(&mut self, what: &str) {
        self.wrong += 1;
        println!("{what}");
    }

    fn print(&mut self) {
        self.ratios.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (ratio, name) in self.ratios.iter().take(5) {
            println!("{ratio:.2} {name}");
        }
        let logs: f64 = self.ratios.iter().map(|(ratio, _)| ratio.ln()).sum();
        let mean = (logs / self.ratios.len().max(1) as f64).exp();
        println!(
            "{} cases, {} nodes, {} complaints; plain {:?}, traced {:?} ({mean:.2} times on average), foreseeing {:?}; everything can be \
             read in {}",
            self.cases, self.nodes, self.wrong, self.plain, self.traced, self.foreseen, self.everything
        );
    }
}

/// Returns how many nodes of a tree stand in the rendered text still.
fn lost(node: &Node, rendered: FileId, nodes: &mut usize) -> usize {
    *nodes += 1;
    let below = match &node.kind {
        NodeKind::Seq(items) => items.iter().map(|item| lost(item, rendered, nodes)).sum(),
        NodeKind::Map(entries) => {
            entries.iter().map(|(key, value)| lost(key, rendered, nodes) + lost(value, rendered, nodes)).sum()
        }
        NodeKind::Scalar(_) | NodeKind::Alias(_) => 0,
    };
    usize::from(node.span.file == rendered) + below
}

/// Lists the values that no template can read.
fn unread(name: &str, values: &Value, reads: &ReadPaths) {
    let mut work = vec![(ValuePath::root(), values)];
    while let Some((path, value)) = work.pop() {
        if !reads.may_read(&path) {
            println!("unread {name}: {path}");
            continue;
        }
        match value {
            Value::Map(map) => work.extend(map.iter().map(|(key, value)| (path.key(key.clone()), value))),
            Value::Seq(items) => work.extend(items.iter().enumerate().map(|(at, item)| (path.index(at), item))),
            _ => {}
        }
    }
}
