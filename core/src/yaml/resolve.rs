//! What a node is under one of Go's two sets of rules.
//!
//! The order of decisions is that of go-yaml's decoder, so that the first error is Go's first error:
//! <https://github.com/yaml/go-yaml/blob/v2.4.4/decode.go>.

use std::collections::{HashMap, HashSet};

use ecow::{EcoString, eco_format};

use super::gosyntax::{go_syntax, go_value};
use super::mapping::{Entries, Index};
use super::node::{Node, NodeKind, Scalar, ScalarKind, ScalarStyle};
use super::number::{json_float, key_float};
use super::scalar::{Resolved, old_bool, resolve_hinted, resolve_plain};
use crate::diag::{Diagnostic, Diagnostics, Outcome};
use crate::source::{Limits, Span};
use crate::value::Value;

/// The rules by which scalars and maps are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// As sigs.k8s.io/yaml has it, so as kubectl and Helm read: YAML 1.1 made JSON, `yes` and `on` are booleans also
    /// as keys, the last of two equal keys counts. The JSON is read with integers kept exact to 64 bits.
    Kubectl,
    /// As yaml.v3 has it: YAML 1.2 booleans, duplicate keys are errors.
    V3,
}

/// Returns the value of an unresolved tree: `normalize` and then [`Node::to_value`].
///
/// # Errors
/// What Go refuses under these rules, at its place.
pub fn resolve(node: &Node, rules: Rules, limits: &Limits) -> Result<Value, Diagnostic> {
    let outcome = normalize(node.clone(), rules, limits);
    match outcome.diagnostics.into_iter().find(Diagnostic::is_error) {
        Some(error) => Err(error),
        None => Ok(outcome.value.to_value()),
    }
}

/// Returns a normalized tree: aliases expanded within `limits.alias_nodes`, merge keys applied, of two equal keys the
/// last, keys texts, scalars typed with their JSON text, tags obeyed and dropped. Findings are errors for what Go
/// refuses and warnings (`yaml-duplicate-key`, `yaml-ambiguous-bool`, `yaml-octal`) for what it reads in a way that
/// surprises; the caller drops warnings where they are not wanted.
pub fn normalize(node: Node, rules: Rules, limits: &Limits) -> Outcome<Node> {
    let mut walker = Walker::new(rules, limits);
    let value = walker.run(node);
    Outcome { value, diagnostics: walker.findings }
}

/// The step of sigs.k8s.io/yaml at which an error comes up; it reports the first of the earliest step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Decode,
    Keys,
    Json,
}

/// A finished anchored node: its tree, how many decoding steps Go needs for it, and its height.
struct Anchored {
    node: Node,
    steps: u64,
    nodes: usize,
    height: usize,
}

enum Anchor {
    Open(usize),
    Done(Box<Anchored>),
}

pub(super) struct Walker<'l> {
    rules: Rules,
    limits: &'l Limits,
    pub(super) findings: Diagnostics,
    /// The errors in Go's words, with their places.
    pub(super) go_errors: Vec<(Phase, String, Span)>,
    // Whether a float that JSON writes as an integer stays a float, for readers that make a text of it as Go does.
    keep_floats: bool,
    used: HashSet<EcoString>,
    anchors: HashMap<EcoString, Anchor>,
    opened: usize,
    steps: u64,
    alias_steps: u64,
    nodes: usize,
    budget: usize,
    stopped: bool,
    depth: usize,
}

impl<'l> Walker<'l> {
    pub(super) fn new(rules: Rules, limits: &'l Limits) -> Walker<'l> {
        Walker {
            rules,
            limits,
            findings: Diagnostics::new(),
            go_errors: Vec::new(),
            keep_floats: false,
            used: HashSet::new(),
            anchors: HashMap::new(),
            opened: 0,
            steps: 0,
            alias_steps: 0,
            nodes: 0,
            budget: limits.alias_nodes,
            stopped: false,
            depth: 0,
        }
    }

    /// Leaves a float a float that JSON writes as an integer.
    pub(super) fn keeping_floats(mut self) -> Walker<'l> {
        self.keep_floats = true;
        self
    }

    pub(super) fn run(&mut self, mut node: Node) -> Node {
        collect_aliases(&node, &mut self.used);
        self.walk(&mut node);
        node
    }

    fn fail(&mut self, phase: Phase, go: String, finding: Diagnostic) {
        self.go_errors.push((phase, go, finding.span()));
        if self.findings.len() < self.limits.findings {
            self.findings.push(finding);
        }
    }

    fn fail_as_go(&mut self, code: &'static str, message: String, place: Span) {
        self.fail(Phase::Decode, format!("yaml: {message}"), Diagnostic::error(code, message).at(place));
    }

    fn warn(&mut self, finding: impl FnOnce() -> Diagnostic) {
        if self.findings.len() < self.limits.findings {
            self.findings.push(finding());
        }
    }

    /// Normalizes a node where it stands and returns its height.
    fn walk(&mut self, node: &mut Node) -> usize {
        let (steps, nodes) = (self.steps, self.nodes);
        let id = self.count();
        let props = node.props.take();
        let anchor = props.as_ref().and_then(|p| p.anchor.clone()).filter(|a| self.used.contains(a));
        if let Some(anchor) = &anchor {
            self.anchors.insert(anchor.clone(), Anchor::Open(id));
        }
        let span = node.span;
        self.depth += 1;
        let height = match &mut node.kind {
            NodeKind::Scalar(scalar) => {
                let tag = props.as_ref().and_then(|p| p.tag.as_deref());
                self.scalar(scalar, tag, span);
                0
            }
            NodeKind::Seq(items) => items.iter_mut().fold(0, |height, item| height.max(self.walk(item) + 1)),
            NodeKind::Map(entries) => self.map(entries),
            NodeKind::Alias(name) => {
                let name = std::mem::take(name);
                let (expanded, height) = self.alias(&name, span);
                self.depth -= 1;
                *node = expanded;
                return height;
            }
        };
        self.depth -= 1;
        if let Some(anchor) = anchor
            && matches!(self.anchors.get(&anchor), Some(Anchor::Open(open)) if *open == id)
        {
            let (steps, nodes) = (self.steps - steps, self.nodes - nodes);
            if self.spend(nodes, span) {
                let done = Anchored { node: node.clone(), steps, nodes, height };
                self.anchors.insert(anchor, Anchor::Done(Box::new(done)));
            }
        }
        height
    }

    /// Counts a node that is walked and returns its number.
    fn count(&mut self) -> usize {
        self.steps += 1;
        self.nodes += 1;
        self.opened += 1;
        self.opened
    }

    /// Normalizes a map. Its entries stay where they are until one has to be left out, replaced or merged.
    fn map(&mut self, entries: &mut Vec<(Node, Node)>) -> usize {
        let mut height = 0;
        let mut index = Index::default();
        for at in 0..entries.len() {
            let (before, rest) = entries.split_at_mut(at);
            let Some((key, value)) = rest.first_mut() else { break };
            let mut is_text = None;
            if !is_merge(key) {
                is_text = Some(self.key(key, value));
                height = height.max(self.walk(value) + 1);
                if is_text == Some(true) && index.find(before, key).is_none() {
                    index.add(key, before);
                    continue;
                }
            }
            let rest = entries.split_off(at);
            let mut out = Entries::new(std::mem::take(entries), index);
            height = height.max(self.uneven(rest, is_text, &mut out));
            *entries = out.finish();
            break;
        }
        height
    }

    /// Normalizes the rest of a map entry by entry. `is_text` is there where the first entry has been walked; it says
    /// whether its key is a text.
    fn uneven(&mut self, rest: Vec<(Node, Node)>, mut is_text: Option<bool>, out: &mut Entries) -> usize {
        let mut height = 0;
        for (mut key, mut value) in rest {
            let is_text = match is_text.take() {
                Some(walked) => walked,
                None if is_merge(&key) => {
                    height = height.max(self.merge(value, out));
                    continue;
                }
                None => {
                    let is_text = self.key(&mut key, &value);
                    height = height.max(self.walk(&mut value) + 1);
                    is_text
                }
            };
            if !is_text {
                continue;
            }
            if let Some(first) = out.insert(key.clone(), value) {
                self.duplicate(&key, first);
            }
        }
        height
    }

    fn duplicate(&mut self, key: &Node, first: Span) {
        let name = key.as_str().unwrap_or_default();
        let message = format!("the key `{name}` is there twice");
        let labelled = |d: Diagnostic| {
            let help = "the last one counts for kubectl and Helm; remove the other";
            d.label(key.span, name.len(), "").label(first, name.len(), "first here").help(help)
        };
        match self.rules {
            Rules::Kubectl => self.warn(|| labelled(Diagnostic::warning("yaml-duplicate-key", message))),
            Rules::V3 => {
                let finding = labelled(Diagnostic::error("yaml-duplicate-key", message));
                self.fail(Phase::Decode, format!("yaml: mapping key {name:?} already defined"), finding);
            }
        }
    }

    /// Applies `<<`: a map or a list of maps, of which the first that has a key gives it.
    fn merge(&mut self, value: Node, out: &mut Entries) -> usize {
        let place = value.span;
        let sources = match value.kind {
            NodeKind::Seq(items) => items.into_iter().rev().collect(),
            _ => vec![value],
        };
        let mut height = 0;
        for mut source in sources {
            let is_map = match &source.kind {
                NodeKind::Map(_) => true,
                // A map that holds this very place is refused as such, when the alias is followed.
                NodeKind::Alias(name) => match self.anchors.get(name) {
                    Some(Anchor::Done(done)) => done.node.as_map().is_some(),
                    _ => true,
                },
                _ => false,
            };
            if !is_map {
                let message = "map merge requires map or sequence of maps as the value";
                self.fail_as_go("yaml-merge", message.to_owned(), place);
                return height;
            }
            height = height.max(self.walk(&mut source));
            if let NodeKind::Map(entries) = source.kind {
                entries.into_iter().for_each(|(key, value)| out.merge(key, value, self.rules == Rules::V3));
            }
        }
        height
    }

    fn alias(&mut self, name: &EcoString, place: Span) -> (Node, usize) {
        let null = || (Node::scalar("null", ScalarKind::Null, place), 0);
        if self.stopped {
            return null();
        }
        let (steps, nodes, height) = match self.anchors.get(name) {
            Some(Anchor::Done(done)) => (done.steps, done.nodes, done.height),
            Some(Anchor::Open(_)) => {
                self.fail_as_go("yaml-alias-loop", format!("anchor '{name}' value contains itself"), place);
                return null();
            }
            None => {
                self.fail_as_go("yaml-unknown-anchor", format!("unknown anchor '{name}' referenced"), place);
                return null();
            }
        };
        self.steps = self.steps.saturating_add(steps);
        self.alias_steps = self.alias_steps.saturating_add(steps);
        if is_excessive(self.alias_steps, self.steps) {
            self.stopped = true;
            self.fail_as_go("yaml-aliases", "document contains excessive aliasing".to_owned(), place);
            return null();
        }
        if self.depth + height > self.limits.depth {
            self.stopped = true;
            let message = format!("nested more than {} levels deep", self.limits.depth);
            self.fail_as_go("yaml-too-deep", message, place);
            return null();
        }
        if !self.spend(nodes, place) {
            return null();
        }
        self.nodes += nodes;
        match self.anchors.get(name) {
            Some(Anchor::Done(done)) => (done.node.clone(), height),
            _ => null(),
        }
    }

    /// Takes nodes from the budget for copies; stops following aliases when there are none left.
    fn spend(&mut self, nodes: usize, place: Span) -> bool {
        if self.stopped {
            return false;
        }
        match self.budget.checked_sub(nodes) {
            Some(left) => self.budget = left,
            None => {
                self.stopped = true;
                self.fail_as_go("yaml-aliases", "document contains excessive aliasing".to_owned(), place);
            }
        }
        !self.stopped
    }

    /// Makes the key a text; `false` where it cannot be one.
    fn key(&mut self, key: &mut Node, value: &Node) -> bool {
        // Nearly every key is a text already.
        if key.props.is_none()
            && let NodeKind::Scalar(scalar) = &mut key.kind
            && self.is_text(scalar)
        {
            self.count();
            (scalar.style, scalar.kind) = (ScalarStyle::Plain, ScalarKind::Str);
            key.origin = None;
            return true;
        }
        let span = key.span;
        let odd = std::mem::replace(key, Node::map(span));
        let text = self.key_text(odd, value);
        text.map(|text| *key = Node::string(text, span)).is_some()
    }

    /// Whether a scalar without a tag is a text and nothing else.
    fn is_text(&self, scalar: &Scalar) -> bool {
        scalar.style != ScalarStyle::Plain || matches!(resolve_plain(&scalar.text, self.rules), Resolved::Str)
    }

    fn key_text(&mut self, mut key: Node, value: &Node) -> Option<EcoString> {
        let span = key.span;
        let resolved = match &key.kind {
            NodeKind::Scalar(scalar) => {
                let tag = key.props.as_ref().and_then(|p| p.tag.as_deref());
                Some((self.resolved(scalar, tag, span)?, scalar.text.clone()))
            }
            NodeKind::Alias(_) => None,
            NodeKind::Seq(_) | NodeKind::Map(_) => {
                let printed = go_syntax(&key, self.rules);
                self.walk(&mut key);
                self.refuse_collection(&printed, span);
                return None;
            }
        };
        let original = value;
        let plain = key.as_scalar().is_some_and(|s| s.style == ScalarStyle::Plain) && key.props.is_none();
        let node = self.walk_key(key);
        Some(match resolved {
            Some((Resolved::Float(f), _)) if self.rules == Rules::Kubectl => key_float(f).into(),
            Some((Resolved::Null | Resolved::UInt(_), _)) if self.rules == Rules::Kubectl => {
                self.refuse_key(&node, original);
                return None;
            }
            Some((Resolved::Str | Resolved::Timestamp, _)) => node.as_str()?.into(),
            Some((_, text)) if self.rules == Rules::V3 => text,
            Some((resolved, text)) => {
                if plain {
                    self.warn_surprise(&text, resolved, span);
                }
                node.as_scalar()?.text.clone()
            }
            None => match node.as_scalar() {
                Some(scalar) if scalar.kind != ScalarKind::Null => scalar.text.clone(),
                None => {
                    self.refuse_collection(&go_syntax(&node, self.rules), span);
                    return None;
                }
                _ => {
                    self.refuse_key(&node, original);
                    return None;
                }
            },
        })
    }

    /// Walks a key as any node, for its anchor and its steps, without warnings and without JSON's limits.
    fn walk_key(&mut self, mut key: Node) -> Node {
        let findings = self.findings.len();
        let errors = self.go_errors.len();
        let is_scalar = key.as_scalar().is_some();
        self.walk(&mut key);
        if is_scalar {
            self.go_errors.truncate(errors);
            self.findings = std::mem::take(&mut self.findings).into_iter().take(findings).collect();
        }
        key
    }

    fn refuse_collection(&mut self, printed: &str, place: Span) {
        let finding = Diagnostic::error("yaml-key", "a key must be a text, not a list or map")
            .at(place)
            .help("quote it; a template expression in the place of a value needs quotes or braces of its own");
        self.fail(Phase::Decode, format!("yaml: invalid map key: {printed}"), finding);
    }

    fn refuse_key(&mut self, key: &Node, value: &Node) {
        let go = match key.as_scalar() {
            Some(scalar) if scalar.kind == ScalarKind::Int => format!(
                "unsupported map key of type: uint64, key: {:#x}, value: {}",
                scalar.text.parse::<u64>().unwrap_or(0),
                go_value(value, self.rules)
            ),
            _ => {
                format!("unsupported map key of type: %!s(<nil>), key: <nil>, value: {}", go_value(value, self.rules))
            }
        };
        let finding = Diagnostic::error("yaml-key", format!("a key must be a text, not {}", key.kind_name()))
            .at(key.span)
            .help("quote it");
        self.fail(Phase::Keys, go, finding);
    }

    /// Returns what a scalar is; `None` after the error that its tag does not fit.
    fn resolved(&mut self, scalar: &Scalar, tag: Option<&str>, place: Span) -> Option<Resolved> {
        let Some(tag) = tag else {
            let plain = scalar.style == ScalarStyle::Plain;
            return Some(if plain { resolve_plain(&scalar.text, self.rules) } else { Resolved::Str });
        };
        let short = tag.strip_prefix("tag:yaml.org,2002:").unwrap_or("");
        if !matches!(short, "bool" | "int" | "float" | "null" | "timestamp") {
            return Some(Resolved::Str);
        }
        let found = resolve_hinted(&scalar.text, self.rules, short == "timestamp");
        match found {
            _ if found.tag().strip_prefix("!!") == Some(short) => Some(found),
            Resolved::Int(i) if short == "float" => Some(Resolved::Float(i as f64)),
            _ => {
                let message = format!("cannot decode {} `{}` as a !!{short}", found.tag(), scalar.text);
                self.fail_as_go("yaml-tag", message, place);
                None
            }
        }
    }

    fn scalar(&mut self, scalar: &mut Scalar, tag: Option<&str>, place: Span) {
        if tag.is_none() && self.is_text(scalar) {
            scalar.kind = ScalarKind::Str;
            return;
        }
        if tag == Some("tag:yaml.org,2002:binary") {
            match decode_base64(&scalar.text) {
                Some(text) => scalar.text = text,
                None => {
                    let message = "!!binary value contains invalid base64 data";
                    self.fail_as_go("yaml-tag", message.to_owned(), place);
                }
            }
        }
        let Some(resolved) = self.resolved(scalar, tag, place) else { return };
        if tag.is_none() && scalar.style == ScalarStyle::Plain {
            self.warn_surprise(&scalar.text, resolved, place);
        }
        let text = std::mem::take(&mut scalar.text);
        (scalar.kind, scalar.text) = match resolved {
            Resolved::Str | Resolved::Timestamp => (ScalarKind::Str, text),
            Resolved::Null => (ScalarKind::Null, "null".into()),
            Resolved::Bool(b) => (ScalarKind::Bool, if b { "true" } else { "false" }.into()),
            Resolved::Int(i) => (ScalarKind::Int, eco_format!("{i}")),
            Resolved::UInt(u) => (ScalarKind::Int, eco_format!("{u}")),
            Resolved::Float(f) => self.float(f, place),
        };
    }

    fn float(&mut self, f: f64, place: Span) -> (ScalarKind, EcoString) {
        let Some(json) = json_float(f) else {
            if self.rules == Rules::Kubectl {
                let go = format!("json: unsupported value: {}", super::emit::unsupported(f));
                let finding = Diagnostic::error("yaml-number", "JSON has no such number").at(place).help("quote it");
                self.fail(Phase::Json, go, finding);
            }
            return (ScalarKind::Float, eco_format!("{f:?}"));
        };
        // What JSON writes without a point is read from it as an integer.
        let integer = self.rules == Rules::Kubectl
            && !self.keep_floats
            && (json.parse::<i64>().is_ok() || json.parse::<u64>().is_ok());
        (if integer { ScalarKind::Int } else { ScalarKind::Float }, json.into())
    }

    fn warn_surprise(&mut self, text: &str, resolved: Resolved, place: Span) {
        match resolved {
            Resolved::Bool(b) if old_bool(text).is_some() => self.warn(|| {
                Diagnostic::warning("yaml-ambiguous-bool", format!("`{text}` is read as {b}"))
                    .label(place, text.len(), "")
                    .help(format!("write `{b}`, or `\"{text}\"` for the text"))
            }),
            Resolved::Int(i) if is_old_octal(text) => self.warn(|| {
                Diagnostic::warning("yaml-octal", format!("`{text}` is read as the octal number {i}"))
                    .label(place, text.len(), "")
                    .help(format!("write `{i}`, or `\"{text}\"` for the text"))
            }),
            _ => {}
        }
    }
}

/// Whether a text is a number in base 8 only by its leading zero.
fn is_old_octal(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']).as_bytes();
    matches!(digits, [b'0', b'0'..=b'9' | b'_', ..])
}

fn is_merge(key: &Node) -> bool {
    let tag = key.props.as_ref().and_then(|p| p.tag.as_deref());
    key.as_scalar().is_some_and(|scalar| {
        scalar.text == "<<"
            && match tag {
                None => scalar.style == ScalarStyle::Plain,
                Some(tag) => tag == "!" || tag == "tag:yaml.org,2002:merge",
            }
    })
}

fn collect_aliases(node: &Node, names: &mut HashSet<EcoString>) {
    match &node.kind {
        NodeKind::Alias(name) => drop(names.insert(name.clone())),
        NodeKind::Seq(items) => items.iter().for_each(|item| collect_aliases(item, names)),
        NodeKind::Map(entries) => entries.iter().for_each(|(key, value)| {
            collect_aliases(key, names);
            collect_aliases(value, names);
        }),
        NodeKind::Scalar(_) => {}
    }
}

/// go-yaml's bound for the share of steps that aliases cause: 99 % in small documents, down to 10 % in large ones.
fn is_excessive(alias_steps: u64, steps: u64) -> bool {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    let all = steps as f64;
    let allowed = 0.99 - 0.89 * ((all - LOW) / (HIGH - LOW)).clamp(0.0, 1.0);
    alias_steps > 100 && steps > 1000 && alias_steps as f64 / all > allowed
}

/// Decodes base64 as Go does: line breaks are skipped, padding is required; bytes that are no UTF-8 become U+FFFD.
fn decode_base64(text: &str) -> Option<EcoString> {
    let digits: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let body = digits.len() - digits.iter().rev().take(2).take_while(|b| **b == b'=').count();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::with_capacity(body);
    let (mut bits, mut count) = (0_u32, 0);
    for b in &digits[..body] {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    let mut out = EcoString::new();
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|_| out.push('\u{fffd}'));
    }
    Some(out)
}
