//! What is known about the faults of a document, and the passes over its tree that find them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;

use super::fault::{Cause, Fault};
use super::reader::Reader;
use super::source::{Source, Span};
use super::tree::{Id, Tree};

/// After so many passes the user has enough to read.
const MOST_PASSES: usize = 1000;

/// One structural problem: a wrong type, an unknown, missing or repeated key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    pub node: Id,
    pub span: Span,
    pub key: String,
    pub found: String,
    pub expected: String,
    pub help: Option<String>,
}

impl Finding {
    fn missing_text(asked: &str, field: &str) -> String {
        format!("{asked}: the key `{field}` is missing")
    }

    fn is_missing(&self, field: &str) -> bool {
        self.expected == Self::missing_text("a value", field)
    }
}

/// What is wrong, and what is put in its place.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub findings: Vec<Finding>,
    /// The nodes that have findings.
    noted: BTreeSet<Id>,
    known: BTreeSet<(Span, String, String)>,
    /// Nodes whose value is not the one written.
    pub broken: BTreeSet<Id>,
    /// Nodes that are not looked into any more.
    pub holes: BTreeSet<Id>,
    /// Fields that a struct lacks.
    pub missing: BTreeSet<(Id, &'static str)>,
    /// Fields whose key is misspelled.
    pub misspelled: BTreeSet<(Id, &'static str)>,
}

impl State {
    /// Adds a finding, once.
    pub fn record(&mut self, finding: Finding) {
        self.noted.insert(finding.node);
        if self.known.insert((finding.span, finding.key.clone(), finding.found.clone())) {
            self.findings.push(finding);
        }
    }

    /// Whether a node of `ids` has a finding.
    pub fn is_noted(&self, ids: Range<Id>) -> bool {
        self.noted.range(ids).next().is_some()
    }

    /// Writes down what a missing field should hold.
    pub fn explain_missing(&mut self, node: Id, field: &str, asked: &str) {
        let known = self.findings.iter_mut().find(|finding| finding.node == node && finding.is_missing(field));
        if let Some(finding) = known
            && !asked.is_empty()
        {
            finding.expected = Finding::missing_text(asked, field);
        }
    }
}

/// One or more passes over a tree.
pub(super) struct Session<'t> {
    pub source: &'t Source,
    pub tree: &'t Tree,
    pub state: RefCell<&'t mut State>,
    /// How many stand-ins this pass has used.
    pub stand_ins: Cell<usize>,
}

impl<'t> Session<'t> {
    /// Reads the whole tree as a `T`, again and again with one more stand-in until it succeeds.
    ///
    /// `None` where no stand-in helps; at least one problem is recorded then.
    pub fn read<T: for<'de> Deserialize<'de>>(source: &'t Source, tree: &'t Tree, state: &'t mut State) -> Option<T> {
        let session = Session { source, tree, state: RefCell::new(state), stand_ins: Cell::new(0) };
        for _ in 0..MOST_PASSES {
            session.stand_ins.set(0);
            match T::deserialize(Reader::new(&session, Tree::ROOT)) {
                Ok(value) => return Some(value),
                Err(fault) => {
                    if !session.mend(fault.at(Tree::ROOT)) {
                        return None;
                    }
                }
            }
        }
        None
    }

    /// Records `fault` and puts a stand-in in its place; false where there is no place left.
    fn mend(&self, fault: Fault) -> bool {
        let state = &mut **self.state.borrow_mut();
        let id = fault.node.unwrap_or(Tree::ROOT);
        let node = self.tree.node(id);
        match fault.cause {
            Cause::Missing(field) => {
                if !fault.stand_in && state.missing.insert((id, field)) {
                    let key = if node.path.is_empty() { field.to_string() } else { format!("{}.{field}", node.path) };
                    let (found, expected) = ("nothing".to_string(), Finding::missing_text("a value", field));
                    state.record(Finding { node: id, span: node.head, key, found, expected, help: None });
                    return true;
                }
            }
            Cause::Refused(found, expected) => {
                if !(state.is_noted(id..node.end) || fault.stand_in && !state.findings.is_empty()) {
                    let found = found.unwrap_or_else(|| self.source.excerpt(node.span));
                    state.record(Finding { node: id, span: node.span, key: node.path.clone(), found, expected, help: None });
                }
            }
        }
        // Nothing below an outer hole is read, so that the innermost node outside of all holes is the next to give way.
        let mut place = Some(id);
        while let Some(id) = place {
            state.broken.insert(id);
            if state.holes.insert(id) {
                return true;
            }
            place = self.tree.node(id).parent;
        }
        false
    }
}
