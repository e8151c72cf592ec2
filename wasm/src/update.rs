//! What a package renders to and what is wrong with it, told by what changed since an answer that the caller has.
//!
//! Large charts render to megabytes, of which a key changes a few lines: who shows them is to get these lines alone.

use std::collections::VecDeque;
use std::sync::Arc;

use rhumb::session::{Finding, RenderedFile, RenderedObject};
use serde_json::{Value, json};

use crate::answers;
use crate::edits::line_edits;

/// The answers that callers may have, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Updates {
    told: VecDeque<Told>,
    count: u64,
    run: String,
}

#[derive(Debug)]
struct Told {
    state: String,
    root: String,
    text: Arc<str>,
    objects: Vec<RenderedObject>,
    findings: Vec<Finding>,
}

// An answer may have been dropped on its way, because a newer edit came: then the one before it counts.
const KEPT: usize = 4;

impl Updates {
    /// Returns none yet. `run` tells the states of one session from those of another.
    pub(crate) fn new(run: String) -> Updates {
        Updates { run, ..Updates::default() }
    }

    /// Returns an answer: what is as it was in the state `since` is left out.
    pub(crate) fn tell(
        &mut self,
        root: &str,
        since: Option<&str>,
        rendered: RenderedFile,
        findings: Vec<Finding>,
    ) -> Value {
        let known = self.told.iter().rfind(|told| Some(told.state.as_str()) == since && told.root == root);
        self.count += 1;
        let state = format!("{}.{}", self.run, self.count);
        let mut answer = json!({ "state": state, "ok": rendered.ok, "notes": rendered.notes });
        let edits = known.and_then(|known| match Arc::ptr_eq(&known.text, &rendered.text) {
            true => Some(Vec::new()),
            false => line_edits(&known.text, &rendered.text),
        });
        match edits {
            Some(edits) => {
                let edits = edits.iter().map(|edit| json!({ "from": edit.from, "to": edit.to, "lines": edit.lines }));
                answer["edits"] = edits.collect();
            }
            None => answer["text"] = (*rendered.text).into(),
        }
        if known.is_none_or(|known| known.objects != rendered.objects) {
            answer["objects"] = answers::objects(&rendered.objects);
        }
        if known.is_none_or(|known| known.findings != findings) {
            answer["findings"] = answers::findings(&findings);
        }
        if self.told.len() >= KEPT {
            self.told.pop_front();
        }
        let RenderedFile { text, objects, .. } = rendered;
        self.told.push_back(Told { state, root: root.to_owned(), text, objects, findings });
        answer
    }
}
