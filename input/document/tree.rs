//! A document as a tree of nodes with places and keys.

use std::collections::HashMap;

use ron2::ast::{Expr, StructBody, StructField, TupleElement};

use super::source::{Source, Span};

/// The number of a node. A node's descendants have the numbers after its own, without a gap.
pub(super) type Id = usize;

/// One value of the document.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// All of the value.
    pub span: Span,
    /// Where the value begins: its name or opening bracket, or all of it where it has neither.
    pub head: Span,
    /// The full key, `system.potential[0].cutoff`.
    pub path: String,
    pub parent: Option<Id>,
    /// The number after the last descendant's.
    pub end: Id,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    Char(char),
    Bytes(Vec<u8>),
    Nothing,
    Some(Id),
    List(Vec<Id>),
    Map(Vec<(Id, Id)>),
    /// A value in round brackets without a name.
    Bare(Body),
    /// A name, alone or with round brackets.
    Named(String, Body),
}

/// What stands in round brackets.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// No brackets at all.
    Absent,
    Values(Vec<Id>),
    Fields(Vec<Field>),
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub name: String,
    pub span: Span,
    pub value: Id,
}

/// A key that occurs twice.
#[derive(Clone, Debug)]
pub(super) struct Duplicate {
    pub node: Id,
    pub path: String,
    pub key: String,
    pub first: Span,
    pub second: Span,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// The innermost node of each key.
    places: HashMap<String, Id>,
    pub duplicates: Vec<Duplicate>,
}

impl Tree {
    pub const ROOT: Id = 0;

    /// The tree of `expression`, which is part of `source`.
    pub fn new(source: &Source, expression: &Expr<'_>) -> Self {
        let mut tree = Self::default();
        tree.insert(source, expression, None, String::new(), true);
        tree
    }

    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    /// The innermost node at `path`, or else the nearest one above it, with the bytes of `path` that lead there.
    pub fn locate(&self, path: &str) -> (Id, usize) {
        let mut length = path.len();
        loop {
            if let Some(&id) = self.places.get(&path[..length]) {
                return (id, length);
            }
            if length == 0 {
                return (Self::ROOT, 0);
            }
            length = parent_length(&path[..length]);
        }
    }

    fn insert(&mut self, source: &Source, expression: &Expr<'_>, parent: Option<Id>, path: String, keyed: bool) -> Id {
        let id = self.nodes.len();
        let span = narrow(expression.span());
        self.nodes.push(Node { span, head: span, path: path.clone(), parent, end: id + 1, kind: Kind::Nothing });
        if keyed {
            self.places.insert(path.clone(), id);
        }
        let bracket = Span { start: span.start, end: span.start + 1 };
        let (head, kind) = match expression {
            Expr::Unit(_) => (span, Kind::Bare(Body::Values(Vec::new()))),
            Expr::Bool(bool) => (span, Kind::Bool(bool.value)),
            Expr::Char(character) => (span, Kind::Char(character.value)),
            Expr::Byte(byte) => (span, Kind::Number(byte.value.to_string())),
            Expr::Number(number) => (span, Kind::Number(number.raw.to_string())),
            Expr::String(text) => (span, Kind::Text(text.value.clone())),
            Expr::Bytes(bytes) => (span, Kind::Bytes(bytes.value.clone())),
            Expr::Option(option) => match &option.value {
                Some(value) => (span, Kind::Some(self.insert(source, &value.expr, Some(id), path, keyed))),
                None => (span, Kind::Nothing),
            },
            Expr::Seq(list) => {
                let items = list.items.iter().enumerate();
                (
                    bracket,
                    Kind::List(items.map(|(i, item)| self.insert(source, &item.expr, Some(id), format!("{path}[{i}]"), keyed)).collect()),
                )
            }
            Expr::Map(map) => {
                let mut entries = Vec::new();
                let mut seen: HashMap<String, Span> = HashMap::new();
                for entry in &map.entries {
                    let span = narrow(entry.key.span());
                    let label = match &entry.key {
                        Expr::String(text) => format!("{:?}", text.value),
                        _ => source.slice(span).split_whitespace().collect::<Vec<_>>().join(" "),
                    };
                    let path = format!("{path}[{label}]");
                    let first = *seen.entry(label).or_insert(span);
                    let key = self.insert(source, &entry.key, Some(id), path.clone(), false);
                    if first != span {
                        self.duplicate(id, &path, source.excerpt(span), first, span);
                    }
                    let value = self.insert(source, &entry.value, Some(id), path, keyed && first == span);
                    if first == span {
                        entries.push((key, value));
                    }
                }
                (bracket, Kind::Map(entries))
            }
            Expr::Tuple(tuple) => (bracket, Kind::Bare(Body::Values(self.insert_values(source, &tuple.elements, id, &path, keyed, false)))),
            Expr::AnonStruct(fields) => (bracket, Kind::Bare(Body::Fields(self.insert_fields(source, &fields.fields, id, &path, keyed)))),
            Expr::Struct(named) => {
                let body = match &named.body {
                    None => Body::Absent,
                    Some(StructBody::Tuple(tuple)) => {
                        Body::Values(self.insert_values(source, &tuple.elements, id, &path, keyed, tuple.elements.len() == 1))
                    }
                    Some(StructBody::Fields(fields)) => Body::Fields(self.insert_fields(source, &fields.fields, id, &path, keyed)),
                };
                (narrow(&named.name.span), Kind::Named(plain_name(&named.name.name), body))
            }
            Expr::Error(_) => (span, Kind::Nothing), // a syntax error, reported before
        };
        let end = self.nodes.len();
        let node = &mut self.nodes[id];
        (node.head, node.kind, node.end) = (head, kind, end);
        id
    }

    /// The elements of a tuple; `alone`: the one value of a variant, which adds no level to the key.
    fn insert_values(&mut self, source: &Source, elements: &[TupleElement<'_>], id: Id, path: &str, keyed: bool, alone: bool) -> Vec<Id> {
        let path = |i: usize| if alone { path.to_string() } else { format!("{path}[{i}]") };
        elements.iter().enumerate().map(|(i, element)| self.insert(source, &element.expr, Some(id), path(i), keyed)).collect()
    }

    fn insert_fields(&mut self, source: &Source, fields: &[StructField<'_>], id: Id, path: &str, keyed: bool) -> Vec<Field> {
        let mut seen: HashMap<String, Span> = HashMap::new();
        let mut kept = Vec::new();
        for field in fields {
            let name = plain_name(&field.name.name);
            let span = narrow(&field.name.span);
            let first = *seen.entry(name.clone()).or_insert(span);
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if first != span {
                self.duplicate(id, &path, name.clone(), first, span);
            }
            let value = self.insert(source, &field.value, Some(id), path, keyed && first == span);
            if first == span {
                kept.push(Field { name, span, value });
            }
        }
        kept
    }

    fn duplicate(&mut self, node: Id, path: &str, key: String, first: Span, second: Span) {
        self.duplicates.push(Duplicate { node, path: path.to_string(), key, first, second });
    }
}

fn narrow(span: &ron2::Span) -> Span {
    Span { start: span.start_offset, end: span.end_offset }
}

/// `type` for the raw identifier `r#type`.
fn plain_name(name: &str) -> String {
    name.strip_prefix("r#").unwrap_or(name).to_string()
}

/// How long `path` is without its last segment: `a.b` and `a["b"]` become `a`.
fn parent_length(path: &str) -> usize {
    if let Some(quoted) = path.strip_suffix("\"]") {
        // A quoted key may hold any character; its opening quote is the last `["`, as quotes within it follow a backslash.
        return quoted.rfind("[\"").unwrap_or(0);
    }
    if path.ends_with(']') {
        return path.rfind('[').unwrap_or(0);
    }
    // A dot inside a quoted key belongs to a path that ends in a bracket, so that a quote after it shows it is not a separator.
    path.rfind('.').unwrap_or(0)
}
