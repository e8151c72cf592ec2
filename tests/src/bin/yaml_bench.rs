//! Measures reading of YAML: `yaml_bench FILE|DIR…` prints MB/s of the raw events of granit-parser and of ours, of the
//! check without a tree and of the spanned tree, their ratios, and the bytes of memory for a node.
//!
//! `yaml_bench --pass NAME FILE|DIR…` makes one pass only, for a profiler.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rhumb::source::{FileId, Limits};
use rhumb::yaml::{self, Node, NodeKind};
use rhumb_tests::yaml_speed::Pass;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name, ..] = &arguments[..]
        && flag == "--pass"
    {
        let pass = Pass::named(name);
        arguments.drain(..2);
        return match pass {
            Some(pass) => {
                let seen: usize = texts(&arguments).iter().map(|text| pass.run(text)).sum();
                println!("{}: {seen}", pass.name());
                ExitCode::SUCCESS
            }
            None => usage(),
        };
    }
    let texts = comparable(texts(&arguments));
    if texts.is_empty() {
        return usage();
    }
    compare(&texts);
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    let names: Vec<&str> = Pass::ALL.iter().map(|pass| pass.name()).collect();
    eprintln!("usage: yaml_bench [--pass {}] FILE|DIR...", names.join("|"));
    ExitCode::from(2)
}

fn compare(texts: &[String]) {
    let passes = [Pass::Granit, Pass::Events, Pass::Check, Pass::Tree];
    // The fastest of some rounds: other work on the machine only ever makes a round slower.
    let mut rounds = (0..7).map(|_| passes.map(|pass| time(texts, pass)));
    let first = rounds.next().unwrap_or_default();
    let best = rounds.fold(first, |best, round| std::array::from_fn(|i| best[i].min(round[i])));
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("{} files, {:.1} MB", texts.len(), bytes as f64 / 1e6);
    for (pass, took) in passes.iter().zip(best) {
        let speed = |of: Duration| of.as_secs_f64() / took.as_secs_f64() * 100.0;
        println!(
            "{:8} {:7.1} MB/s  {:5.0} % of granit  {:5.0} % of events",
            pass.name(),
            bytes as f64 / 1e6 / took.as_secs_f64(),
            speed(best[0]),
            speed(best[1]),
        );
    }
    let (nodes, heap) = texts.iter().map(|text| weigh_text(text)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    println!("{} bytes a node in place, {:.1} with all it holds", size_of::<Node>(), heap as f64 / nodes as f64);
}

fn texts(paths: &[String]) -> Vec<String> {
    let mut texts = Vec::new();
    for path in paths {
        for entry in walkdir::WalkDir::new(path).sort_by_file_name().into_iter().flatten() {
            let is_yaml = Path::new(entry.path()).extension().is_some_and(|e| e == "yaml" || e == "yml");
            if entry.file_type().is_file() && is_yaml {
                texts.extend(std::fs::read_to_string(entry.path()));
            }
        }
    }
    texts
}

// Only texts that both parsers read to the end are compared.
fn comparable(mut texts: Vec<String>) -> Vec<String> {
    texts.retain(|text| {
        Pass::Check.run(text) == 0 && granit_parser::Parser::new_from_str(text).all(|event| event.is_ok())
    });
    texts
}

fn time(texts: &[String], pass: Pass) -> Duration {
    let start = Instant::now();
    let seen: usize = texts.iter().map(|text| pass.run(text)).sum();
    std::hint::black_box(seen);
    start.elapsed()
}

fn weigh_text(text: &str) -> (usize, usize) {
    let documents = yaml::parse(text, FileId::NONE, &Limits::default()).value;
    documents
        .iter()
        .filter_map(|document| document.root.as_ref())
        .map(weigh)
        .fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
}

/// Returns how many nodes a tree has and the bytes they take.
fn weigh(node: &Node) -> (usize, usize) {
    let add = |a: (usize, usize), b: (usize, usize)| (a.0 + b.0, a.1 + b.1);
    let own = (1, size_of::<Node>());
    match &node.kind {
        // Texts of up to 15 bytes lie in the node; longer ones have a header of two words.
        NodeKind::Scalar(scalar) if scalar.text.len() > 15 => add(own, (0, scalar.text.len() + 16)),
        NodeKind::Scalar(_) | NodeKind::Alias(_) => own,
        NodeKind::Seq(items) => items.iter().map(weigh).fold(own, add),
        NodeKind::Map(entries) => entries.iter().map(|(k, v)| add(weigh(k), weigh(v))).fold(own, add),
    }
}
