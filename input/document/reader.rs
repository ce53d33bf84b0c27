//! One value of the tree, as it is being read.

use serde::de::{Deserializer, Visitor};

use super::access::{Elements, Entries};
use super::fault::{Fault, values};
use super::nearest::keys;
use super::number::{self, Range, Written};
use super::session::{Finding, Session};
use super::source::Span;
use super::stand_in::StandIn;
use super::tree::{Body, Field, Id, Kind, Node};

/// One value of the tree.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r> {
    pub session: &'r Session<'r>,
    pub node: Id,
    /// Whether the name of the value is read already and only what its brackets hold remains.
    inside: bool,
}

/// A value as it presents itself to the deserializer.
#[derive(Clone, Copy)]
pub(super) enum View<'r> {
    Bool(bool),
    Number(&'r str),
    Text(&'r str),
    Char(char),
    Bytes(&'r [u8]),
    Nothing,
    Some(Id),
    List(&'r [Id]),
    Map(&'r [(Id, Id)]),
    Values(&'r [Id]),
    Fields(&'r [Field]),
    Named(&'r str),
}

impl<'r> Reader<'r> {
    pub fn new(session: &'r Session<'r>, node: Id) -> Self {
        Self { session, node, inside: false }
    }

    /// What the brackets behind the name hold.
    pub fn inside(self) -> Self {
        Self { inside: true, ..self }
    }

    pub fn data(self) -> &'r Node {
        self.session.tree.node(self.node)
    }

    pub fn view(self) -> View<'r> {
        match &self.data().kind {
            Kind::Bool(value) => View::Bool(*value),
            Kind::Number(text) => View::Number(text),
            Kind::Text(text) => View::Text(text),
            Kind::Char(value) => View::Char(*value),
            Kind::Bytes(bytes) => View::Bytes(bytes),
            Kind::Nothing => View::Nothing,
            Kind::Some(value) => View::Some(*value),
            Kind::List(items) => View::List(items),
            Kind::Map(entries) => View::Map(entries),
            Kind::Named(name, _) if !self.inside => View::Named(name),
            Kind::Bare(body) | Kind::Named(_, body) => match body {
                Body::Absent => View::Values(&[]),
                Body::Values(values) => View::Values(values),
                Body::Fields(fields) => View::Fields(fields),
            },
        }
    }

    /// The value without its name, where that is `name`.
    pub fn without(self, name: &str) -> Self {
        match self.view() {
            View::Named(written) if written == name => self.inside(),
            _ => self,
        }
    }

    pub fn excerpt(self) -> String {
        self.session.source.excerpt(self.data().span)
    }

    /// Notes a problem at `span`.
    pub fn record(self, span: Span, key: String, found: String, expected: String, help: Option<String>) {
        self.session.state.borrow_mut().record(Finding { node: self.node, span, key, found, expected, help });
    }

    /// Notes that this value does not do; what to read in its place.
    pub fn mismatch(self, expected: impl Into<String>, help: Option<String>) -> StandIn<'r> {
        self.record(self.data().span, self.data().path.clone(), self.excerpt(), expected.into(), help);
        self.session.state.borrow_mut().broken.insert(self.node);
        self.stand_in()
    }

    pub fn stand_in(self) -> StandIn<'r> {
        StandIn::new(&self.session.stand_ins)
    }

    /// What to read in place of a value that is given up.
    pub fn replaced(self) -> Option<StandIn<'r>> {
        (!self.inside && self.session.state.borrow().holes.contains(&self.node)).then(|| self.stand_in())
    }

    /// The whole number written here, if it lies between `least` and `most`.
    pub fn whole(self, least: i128, most: i128, wide: bool) -> Option<i128> {
        let range = Range { least, most, wide };
        let View::Number(text) = self.view() else {
            self.mismatch(range.describe(false), None);
            return None;
        };
        let checked = range.check(number::parse(text));
        checked.map_err(|(expected, help)| self.mismatch(expected, help)).ok()
    }

    /// The finite number written here, if its size is at most `most`.
    pub fn real(self, most: f64) -> Option<f64> {
        let written = match self.view() {
            View::Number(text) => number::parse(text),
            View::Text(text) if !matches!(number::parse(text), Written::Malformed) => {
                self.mismatch("a number", Some(format!("write {text} without quotes")));
                return None;
            }
            _ => Written::Malformed,
        };
        let value = match written {
            Written::Real(value) => value,
            Written::Whole(value) => value as f64,
            Written::Vast => f64::INFINITY,
            Written::Malformed => {
                self.mismatch("a number", None);
                return None;
            }
        };
        if value.is_finite() && value.abs() <= most {
            return Some(value);
        }
        self.mismatch("a finite number", None);
        None
    }

    /// The text written here.
    pub fn text(self) -> Option<&'r str> {
        let help = match self.view() {
            View::Text(text) => return Some(text),
            View::Named(name) if self.data().span == self.data().head => Some(format!("write \"{name}\", in quotes")),
            View::Number(text) => Some(format!("write \"{text}\", in quotes")),
            _ => None,
        };
        self.mismatch("a text in quotes", help);
        None
    }

    /// Exactly `len` values for a tuple.
    pub fn tuple<V: Visitor<'static>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        let (View::List(items) | View::Values(items)) = self.view() else {
            return self.mismatch(format!("{} in brackets", values(len)), None).deserialize_tuple(len, visitor);
        };
        if items.len() != len {
            let node = self.data();
            self.record(node.span, node.path.clone(), values(items.len()), values(len), None);
            self.session.state.borrow_mut().broken.insert(self.node);
        }
        visitor.visit_seq(Elements::new(self, items.iter().copied(), Some(len)))
    }

    /// The fields of a struct or struct variant.
    pub fn fields<V: Visitor<'static>>(self, known: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        match self.view() {
            View::Fields(fields) => visitor.visit_map(Entries::of_struct(self, fields, known)),
            View::Values([]) => visitor.visit_map(Entries::of_struct(self, &[], known)),
            _ => self.mismatch(keys(known), None).deserialize_struct("", known, visitor),
        }
    }

    /// All elements of a list or tuple.
    pub fn sequence<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.view() {
            View::List(items) | View::Values(items) => visitor.visit_seq(Elements::new(self, items.iter().copied(), None)),
            _ => visitor.visit_seq(Elements::new(self, std::iter::empty::<Id>(), None)),
        }
    }
}
