//! A deserializer that notes what is wrong and goes on.

use serde::de::{Deserializer, Visitor};

use super::access::{Elements, Entries, Pair, Variant};
use super::fault::Fault;
use super::nearest::{nearest, one_of};
use super::number::{self, Written};
use super::reader::{Reader, View};
use crate::stored_frames::TEXT_OR_FIELDS;

macro_rules! whole {
    ($($method:ident, $visit:ident, $type:ty, $wide:expr;)*) => {
        $(fn $method<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
            let value = match self.replaced() {
                Some(_) => None,
                None => self.whole(i128::try_from(<$type>::MIN).unwrap_or(0), i128::try_from(<$type>::MAX).unwrap_or(i128::MAX), $wide),
            };
            match value.and_then(|value| <$type>::try_from(value).ok()) {
                Some(value) => visitor.$visit(value),
                None => self.stand_in().$method(visitor),
            }
        })*
    };
}

macro_rules! replace {
    ($reader:ident . $method:ident($($argument:expr),*)) => {
        if let Some(stand_in) = $reader.replaced() {
            return stand_in.$method($($argument),*);
        }
    };
}

// The lifetime of the data does not matter, as nothing is borrowed from it; `'static` keeps the signatures short.
impl Deserializer<'static> for Reader<'_> {
    type Error = Fault;

    whole! {
        deserialize_i8, visit_i8, i8, false;
        deserialize_i16, visit_i16, i16, false;
        deserialize_i32, visit_i32, i32, false;
        deserialize_i64, visit_i64, i64, true;
        deserialize_i128, visit_i128, i128, true;
        deserialize_u8, visit_u8, u8, false;
        deserialize_u16, visit_u16, u16, false;
        deserialize_u32, visit_u32, u32, false;
        deserialize_u64, visit_u64, u64, true;
        deserialize_u128, visit_u128, u128, true;
    }

    fn deserialize_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_any(visitor));
        match self.view() {
            View::Bool(value) => visitor.visit_bool(value),
            View::Number(text) => match number::parse(text) {
                Written::Whole(value) => match (u64::try_from(value), i64::try_from(value)) {
                    (Ok(value), _) => visitor.visit_u64(value),
                    (_, Ok(value)) => visitor.visit_i64(value),
                    _ => visitor.visit_i128(value),
                },
                _ => self.deserialize_f64(visitor),
            },
            View::Text(text) => visitor.visit_str(text),
            View::Char(value) => visitor.visit_char(value),
            View::Bytes(bytes) => visitor.visit_bytes(bytes),
            View::Nothing => visitor.visit_none(),
            View::Some(value) => visitor.visit_some(Reader::new(self.session, value)),
            View::Values([]) => visitor.visit_unit(),
            View::List(_) | View::Values(_) => self.sequence(visitor),
            View::Map(_) | View::Fields(_) => self.deserialize_map(visitor),
            View::Named(name) if self.data().span == self.data().head => visitor.visit_str(name),
            View::Named(name) => visitor.visit_enum(Variant::new(self.inside(), name)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_bool(visitor));
        match self.view() {
            View::Bool(value) => visitor.visit_bool(value),
            View::Named(name) | View::Text(name) => {
                let help = nearest(name, &["true", "false"]).map(|name| format!("did you mean `{name}`?"));
                self.mismatch("true or false", help).deserialize_bool(visitor)
            }
            _ => self.mismatch("true or false", None).deserialize_bool(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_f32(visitor));
        match self.real(f64::from(f32::MAX)) {
            Some(value) => visitor.visit_f32(value as f32),
            None => self.stand_in().deserialize_f32(visitor),
        }
    }

    fn deserialize_f64<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_f64(visitor));
        match self.real(f64::MAX) {
            Some(value) => visitor.visit_f64(value),
            None => self.stand_in().deserialize_f64(visitor),
        }
    }

    fn deserialize_char<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_char(visitor));
        match self.view() {
            View::Char(value) => visitor.visit_char(value),
            View::Text(text) if text.chars().count() == 1 => visitor.visit_str(text),
            _ => self.mismatch("one character in quotes", None).deserialize_char(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_str(visitor));
        match self.text() {
            Some(text) => visitor.visit_str(text),
            None => self.stand_in().deserialize_str(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.view() {
            View::Named(name) => visitor.visit_str(name),
            _ => self.deserialize_str(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_bytes(visitor));
        match self.view() {
            View::Bytes(bytes) => visitor.visit_bytes(bytes),
            View::Text(text) => visitor.visit_bytes(text.as_bytes()),
            _ => self.mismatch("bytes, `b\"...\"`", None).deserialize_bytes(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_option(visitor));
        match self.view() {
            View::Nothing => visitor.visit_none(),
            View::Some(value) => visitor.visit_some(Reader::new(self.session, value)).map_err(|fault| fault.at(value)),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_unit(visitor));
        match self.view() {
            View::Values([]) => visitor.visit_unit(),
            _ => self.mismatch("`()`", None).deserialize_unit(visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'static>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.without(name).deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_newtype_struct(name, visitor));
        match (self.view(), self.without(name).view()) {
            (View::Named(_), View::Values([value])) => {
                visitor.visit_newtype_struct(Reader::new(self.session, *value)).map_err(|fault| fault.at(*value))
            }
            _ => visitor.visit_newtype_struct(self.without(name)),
        }
    }

    fn deserialize_seq<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_seq(visitor));
        let help = match self.view() {
            View::List(_) => return self.sequence(visitor),
            View::Map(entries) => {
                return visitor.visit_seq(Elements::new(self, entries.iter().map(|&(key, value)| Pair { key, value }), None));
            }
            View::Values([]) => Some("an empty list is written []".to_string()),
            View::Values(_) | View::Fields(_) | View::Nothing | View::Some(_) => None,
            _ => Some(self.excerpt()).filter(|text| !text.ends_with("...")).map(|text| format!("a list of one is written [{text}]")),
        };
        self.mismatch("a list in `[ ]`", help).deserialize_seq(visitor)
    }

    fn deserialize_tuple<V: Visitor<'static>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_tuple(len, visitor));
        self.tuple(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'static>>(self, name: &'static str, len: usize, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_tuple_struct(name, len, visitor));
        self.without(name).tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Fault> {
        replace!(self.deserialize_map(visitor));
        match self.view() {
            View::Map(entries) => visitor.visit_map(Entries::of_map(self, entries)),
            View::Fields(fields) => visitor.visit_map(Entries::of_fields(self, fields)),
            View::Values([]) => visitor.visit_map(Entries::of_fields(self, &[])),
            _ => self.mismatch("`{ key: value, ... }`", None).deserialize_map(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        replace!(self.deserialize_struct(name, fields, visitor));
        if name == TEXT_OR_FIELDS && !matches!(self.view(), View::Fields(_) | View::Values([])) {
            return self.deserialize_str(visitor);
        }
        match self.without(name).view() {
            View::Named(other) if self.data().span != self.data().head => {
                let node = self.data();
                self.record(node.head, node.path.clone(), format!("the name `{other}`"), "`(` without a name".to_string(), None);
                self.inside().fields(fields, visitor)
            }
            _ => self.without(name).fields(fields, visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'static>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        replace!(self.deserialize_enum(name, variants, visitor));
        let node = self.data();
        let (written, quoted) = match self.view() {
            View::Named(written) => (written, false),
            View::Nothing => ("None", false),
            View::Some(_) => ("Some", false),
            View::Text(written) => (written, true),
            _ => return self.mismatch(one_of(variants), None).deserialize_enum(name, variants, visitor),
        };
        let known = variants.iter().find(|&&variant| variant == written);
        let meant = known.copied().or_else(|| variants.iter().copied().find(|variant| Some(*variant) == nearest(written, variants)));
        if quoted || known.is_none() {
            let help = meant.map(|meant| if quoted { format!("write {meant} without quotes") } else { format!("did you mean `{meant}`?") });
            self.record(node.head, node.path.clone(), self.session.source.excerpt(node.head), one_of(variants), help);
            self.session.state.borrow_mut().broken.insert(self.node);
        }
        match meant {
            Some(meant) if !quoted => visitor.visit_enum(Variant::new(self.inside(), meant)),
            _ => self.stand_in().deserialize_enum(name, variants, visitor),
        }
    }
}
