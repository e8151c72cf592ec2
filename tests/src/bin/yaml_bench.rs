//! Measures reading of YAML: `yaml_bench FILE|DIR…` prints MB/s of the raw events of granit-parser and of ours, of the
//! check without a tree and of the spanned tree, their ratios, and the bytes of memory for a node.

use std::path::Path;
use std::time::{Duration, Instant};

use rhumb::source::{FileId, Limits};
use rhumb::yaml::{self, Events, Node, NodeKind};

fn main() {
    let texts = collect(std::env::args().skip(1));
    let bytes: usize = texts.iter().map(String::len).sum();
    if bytes == 0 {
        eprintln!("usage: yaml_bench FILE|DIR...");
        std::process::exit(2);
    }
    let limits = Limits::default();
    let mut rounds = (0..7).map(|_| {
        [
            time(&texts, |text| granit_parser::Parser::new_from_str(text).map_while(Result::ok).count()),
            time(&texts, count_events),
            time(&texts, |text| yaml::check(text, FileId::NONE, &limits, &mut ()).len()),
            time(&texts, |text| yaml::parse(text, FileId::NONE, &limits).value.len()),
        ]
    });
    let first = rounds.next().unwrap_or_default();
    let best = rounds.fold(first, |best, round| std::array::from_fn(|i| best[i].min(round[i])));
    println!("{} files, {:.1} MB", texts.len(), bytes as f64 / 1e6);
    for (name, took) in ["granit events", "events", "check", "tree"].iter().zip(best) {
        let speed = |of: Duration| of.as_secs_f64() / took.as_secs_f64() * 100.0;
        println!(
            "{name:14} {:7.1} MB/s  {:5.0} % of granit  {:5.0} % of events",
            bytes as f64 / 1e6 / took.as_secs_f64(),
            speed(best[0]),
            speed(best[1]),
        );
    }
    let (nodes, heap) = texts.iter().map(|text| weigh_text(text, &limits)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    println!("{} bytes a node in place, {:.1} with all it holds", size_of::<Node>(), heap as f64 / nodes as f64);
}

fn collect(arguments: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts = Vec::new();
    for argument in arguments {
        for entry in walkdir::WalkDir::new(&argument).sort_by_file_name().into_iter().flatten() {
            let is_yaml = Path::new(entry.path()).extension().is_some_and(|e| e == "yaml" || e == "yml");
            if entry.file_type().is_file() && is_yaml {
                texts.extend(std::fs::read_to_string(entry.path()));
            }
        }
    }
    // Only texts that both parsers read to the end are compared.
    let limits = Limits::default();
    texts.retain(|text| {
        yaml::check(text, FileId::NONE, &limits, &mut ()).is_empty()
            && granit_parser::Parser::new_from_str(text).all(|event| event.is_ok())
    });
    texts
}

fn time(texts: &[String], read: impl Fn(&str) -> usize) -> Duration {
    let start = Instant::now();
    let seen: usize = texts.iter().map(|text| read(text)).sum();
    std::hint::black_box(seen);
    start.elapsed()
}

fn count_events(text: &str) -> usize {
    let mut events = Events::new(text);
    let mut count = 0;
    while let Ok(Some(_)) = events.next() {
        count += 1;
    }
    count
}

fn weigh_text(text: &str, limits: &Limits) -> (usize, usize) {
    let documents = yaml::parse(text, FileId::NONE, limits).value;
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
