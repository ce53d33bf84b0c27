//! What a broken or missing value is read as, so that the reading can go on.

use std::cell::{Cell, RefCell};

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::fault::{Fault, values};
use super::nearest::{keys, one_of};

/// How many stand-ins one reading may use: types that hold themselves would go on for ever.
const MOST: usize = 10_000;
/// How deep stand-ins may be nested.
const DEEPEST: usize = 64;
/// From which depth on other variants than the first are tried, in the hope of one that ends the nesting.
const DEEP: usize = 8;

/// A value that fits any type and does no harm: 1, an empty text, an empty list, nothing, the first variant.
#[derive(Clone, Copy)]
pub(super) struct StandIn<'s> {
    used: &'s Cell<usize>,
    depth: usize,
    /// Where to write down what is asked for.
    asked: Option<&'s RefCell<String>>,
}

impl<'s> StandIn<'s> {
    /// A stand-in that counts itself in `used`.
    pub fn new(used: &'s Cell<usize>) -> Self {
        Self { used, depth: 0, asked: None }
    }

    /// The same, which writes what it is asked for, in words, into `asked`.
    pub fn noting(self, asked: &'s RefCell<String>) -> Self {
        Self { asked: Some(asked), ..self }
    }

    fn note(&self, words: impl FnOnce() -> String) {
        if let Some(asked) = self.asked {
            *asked.borrow_mut() = words();
        }
    }

    fn deeper(self) -> Result<Self, Fault> {
        self.used.set(self.used.get() + 1);
        if self.used.get() > MOST || self.depth == DEEPEST {
            return Err(Fault::custom("a type of finite size").of_stand_in());
        }
        Ok(Self { depth: self.depth + 1, asked: None, ..self })
    }
}

macro_rules! stand_in {
    ($($method:ident => $visit:ident($($value:expr)?), $words:literal;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.note(|| $words.to_string());
            visitor.$visit($($value)?).map_err(Fault::of_stand_in)
        })*
    };
}

impl<'de> Deserializer<'de> for StandIn<'_> {
    type Error = Fault;

    stand_in! {
        deserialize_any => visit_unit(), "a value";
        deserialize_ignored_any => visit_unit(), "a value";
        deserialize_unit => visit_unit(), "`()`";
        deserialize_bool => visit_bool(false), "true or false";
        deserialize_i8 => visit_i8(1), "a whole number";
        deserialize_i16 => visit_i16(1), "a whole number";
        deserialize_i32 => visit_i32(1), "a whole number";
        deserialize_i64 => visit_i64(1), "a whole number";
        deserialize_i128 => visit_i128(1), "a whole number";
        deserialize_u8 => visit_u8(1), "a whole number of at least 0";
        deserialize_u16 => visit_u16(1), "a whole number of at least 0";
        deserialize_u32 => visit_u32(1), "a whole number of at least 0";
        deserialize_u64 => visit_u64(1), "a whole number of at least 0";
        deserialize_u128 => visit_u128(1), "a whole number of at least 0";
        deserialize_f32 => visit_f32(1.0), "a number";
        deserialize_f64 => visit_f64(1.0), "a number";
        deserialize_char => visit_char(' '), "one character in quotes";
        deserialize_str => visit_str(""), "a text in quotes";
        deserialize_string => visit_str(""), "a text in quotes";
        deserialize_identifier => visit_str(""), "a name";
        deserialize_bytes => visit_bytes(&[]), "bytes, `b\"...\"`";
        deserialize_byte_buf => visit_bytes(&[]), "bytes, `b\"...\"`";
        deserialize_option => visit_none(), "a value";
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit().map_err(Fault::of_stand_in)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        let inner = Self { asked: self.asked, ..self.deeper()? };
        visitor.visit_newtype_struct(inner).map_err(Fault::of_stand_in)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.note(|| "a list in `[ ]`".to_string());
        Self { asked: None, ..self }.deserialize_tuple(0, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.note(|| format!("{} in brackets", values(len)));
        visitor.visit_seq(Members { stand_in: self.deeper()?, names: &[], left: len }).map_err(Fault::of_stand_in)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.note(|| "`{ key: value, ... }`".to_string());
        Self { asked: None, ..self }.deserialize_struct("", &[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.note(|| keys(fields));
        visitor.visit_map(Members { stand_in: self.deeper()?, names: fields, left: 0 }).map_err(Fault::of_stand_in)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, variants: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.note(|| one_of(variants));
        let stand_in = self.deeper()?;
        let choice = if self.depth < DEEP { 0 } else { self.depth % variants.len().max(1) };
        let name = variants.get(choice).ok_or_else(|| Fault::custom("a type with a value").of_stand_in())?;
        visitor.visit_enum(Variant { stand_in, name }).map_err(Fault::of_stand_in)
    }
}

/// The elements of a tuple or the fields of a struct.
struct Members<'s> {
    stand_in: StandIn<'s>,
    names: &'static [&'static str],
    left: usize,
}

impl<'de> SeqAccess<'de> for Members<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(self.stand_in).map(Some)
    }
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((name, rest)) = self.names.split_first() else { return Ok(None) };
        self.names = rest;
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self.stand_in)
    }
}

struct Variant<'s> {
    stand_in: StandIn<'s>,
    name: &'static str,
}

impl<'de, 's> EnumAccess<'de> for Variant<'s> {
    type Error = Fault;
    type Variant = StandIn<'s>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, StandIn<'s>), Fault> {
        Ok((seed.deserialize(StrDeserializer::new(self.name))?, self.stand_in))
    }
}

impl<'de> VariantAccess<'de> for StandIn<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_struct("", fields, visitor)
    }
}
