//! The elements, entries and variants of the values of the tree.

use std::cell::RefCell;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::fault::Fault;
use super::nearest::{nearest, one_of};
use super::reader::{Reader, View};
use super::tree::{Field, Id};

/// Something that a list may hold.
pub(super) trait Element {
    fn read<T: DeserializeSeed<'static>>(self, list: Reader<'_>, seed: T) -> Result<T::Value, Fault>;
}

impl Element for Id {
    fn read<T: DeserializeSeed<'static>>(self, list: Reader<'_>, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(Reader::new(list.session, self)).map_err(|fault| fault.at(self))
    }
}

/// An entry of a map that is read as a list of pairs.
pub(super) struct Pair {
    pub key: Id,
    pub value: Id,
}

impl Element for Pair {
    fn read<T: DeserializeSeed<'static>>(self, list: Reader<'_>, seed: T) -> Result<T::Value, Fault> {
        let value = self.value;
        seed.deserialize(PairReader { list, pair: self }).map_err(|fault| fault.at(value))
    }
}

struct PairReader<'r> {
    list: Reader<'r>,
    pair: Pair,
}

impl Deserializer<'static> for PairReader<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(Elements::new(self.list, [self.pair.key, self.pair.value].into_iter(), Some(2)))
    }

    forward_to_deserialize_any! {
        <V: Visitor<'static>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

/// The elements of a list or tuple; of a tuple exactly as many as asked for.
pub(super) struct Elements<'r, I> {
    list: Reader<'r>,
    items: I,
    left: Option<usize>,
}

impl<'r, I> Elements<'r, I> {
    pub fn new(list: Reader<'r>, items: I, len: Option<usize>) -> Self {
        Self { list, items, left: len }
    }
}

impl<I: Iterator<Item: Element>> SeqAccess<'static> for Elements<'_, I> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'static>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        if self.left == Some(0) {
            return Ok(None);
        }
        self.left = self.left.map(|left| left - 1);
        match (self.items.next(), self.left) {
            (Some(item), _) => item.read(self.list, seed).map(Some),
            (None, Some(_)) => seed.deserialize(self.list.stand_in()).map(Some).map_err(Fault::of_stand_in),
            (None, None) => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.left.or(self.items.size_hint().1)
    }
}

enum Key<'r> {
    Name(&'r str),
    Node(Id),
}

/// The entries of a map or the fields of a struct; a value that is missing is made up.
pub(super) struct Entries<'r> {
    owner: Reader<'r>,
    entries: std::vec::IntoIter<(Key<'r>, Option<Id>)>,
    value: Option<Id>,
    /// The name of the field whose value is made up.
    missing: &'r str,
}

impl<'r> Entries<'r> {
    fn new(owner: Reader<'r>, entries: Vec<(Key<'r>, Option<Id>)>) -> Self {
        Self { owner, entries: entries.into_iter(), value: None, missing: "" }
    }

    pub fn of_map(owner: Reader<'r>, entries: &[(Id, Id)]) -> Self {
        Self::new(owner, entries.iter().map(|&(key, value)| (Key::Node(key), Some(value))).collect())
    }

    pub fn of_fields(owner: Reader<'r>, fields: &'r [Field]) -> Self {
        Self::new(owner, fields.iter().map(|field| (Key::Name(&field.name), Some(field.value))).collect())
    }

    /// The fields that a struct knows, the misspelled ones under the name that was meant; notes the unknown ones.
    pub fn of_struct(owner: Reader<'r>, fields: &'r [Field], known: &'static [&'static str]) -> Self {
        let node = owner.node;
        let mut free: Vec<&'static str> = known.iter().copied().filter(|known| fields.iter().all(|field| field.name != *known)).collect();
        let mut entries = Vec::new();
        for field in fields {
            if known.contains(&field.name.as_str()) {
                entries.push((Key::Name(&field.name), Some(field.value)));
                continue;
            }
            let meant = nearest(&field.name, &free).and_then(|meant| free.iter().position(|known| *known == meant));
            let meant = meant.map(|place| free.swap_remove(place));
            let help = meant.or_else(|| nearest(&field.name, known)).map(|meant| format!("did you mean `{meant}`?"));
            let expected = if known.is_empty() { "no keys here".to_string() } else { one_of(known) };
            let path = owner.session.tree.node(field.value).path.clone();
            owner.record(field.span, path, format!("an unknown key `{}`", field.name), expected, help);
            if let Some(meant) = meant {
                owner.session.state.borrow_mut().misspelled.insert((node, meant));
                entries.push((Key::Name(meant), Some(field.value)));
            }
        }
        for &(_, field) in owner.session.state.borrow().missing.range((node, "")..).take_while(|(id, _)| *id == node) {
            if free.contains(&field) {
                entries.push((Key::Name(field), None));
            }
        }
        Self::new(owner, entries)
    }
}

impl MapAccess<'static> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'static>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = value;
        match key {
            Key::Name(name) => {
                self.missing = name;
                seed.deserialize(StrDeserializer::new(name)).map(Some)
            }
            Key::Node(id) => id.read(self.owner, seed).map(Some),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'static>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        match self.value.take() {
            Some(id) => id.read(self.owner, seed),
            None => {
                let asked = RefCell::new(String::new());
                let value = seed.deserialize(self.owner.stand_in().noting(&asked)).map_err(Fault::of_stand_in);
                let state = &mut **self.owner.session.state.borrow_mut();
                state.explain_missing(self.owner.node, self.missing, &asked.borrow());
                value
            }
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A variant and what its brackets hold.
pub(super) struct Variant<'r> {
    body: Reader<'r>,
    name: &'r str,
}

impl<'r> Variant<'r> {
    pub fn new(body: Reader<'r>, name: &'r str) -> Self {
        Self { body, name }
    }
}

impl<'r> EnumAccess<'static> for Variant<'r> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'static>>(self, seed: T) -> Result<(T::Value, Self), Fault> {
        Ok((seed.deserialize(StrDeserializer::new(self.name))?, self))
    }
}

impl VariantAccess<'static> for Variant<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        if !matches!(self.body.view(), View::Values([]) | View::Nothing) {
            self.body.mismatch(format!("`{}` alone, without brackets", self.name), None);
        }
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'static>>(self, seed: T) -> Result<T::Value, Fault> {
        match self.body.view() {
            View::Values(&[value]) | View::Some(value) => value.read(self.body, seed),
            _ => seed.deserialize(self.body).map_err(|fault| fault.at(self.body.node)),
        }
    }

    fn tuple_variant<V: Visitor<'static>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.body.tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'static>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        if let View::Values(&[value]) = self.body.view() {
            let inner = Reader::new(self.body.session, value);
            if let View::Fields(_) = inner.view() {
                return inner.fields(fields, visitor).map_err(|fault| fault.at(value));
            }
        }
        self.body.fields(fields, visitor)
    }
}
