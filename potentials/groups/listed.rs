//! Groups of particles as users list them: `(0, 1)`, or `(particles: (0, 1), stiffness: 100.0)` with numbers of their own.

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeOwned, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::{Formatter, Result as Written};
use std::marker::PhantomData;

/// A group that may have numbers of its own; read and written by the functions of this module.
pub(super) trait Listed: DeserializeOwned + Serialize {
    /// `[usize; SIZE]`.
    type Particles: DeserializeOwned + Serialize + Default;
    /// The group without numbers of its own.
    fn plain(particles: Self::Particles) -> Self;
    /// The particles, where there are no such numbers.
    fn as_plain(&self) -> Option<Self::Particles>;
}

/// Reads a list of groups, each in one of its two forms.
pub(super) fn deserialize<'de, G: Listed, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<G>, D::Error> {
    let groups = Vec::<Entry<G>>::deserialize(deserializer)?;
    Ok(groups.into_iter().map(|entry| entry.0).collect())
}

/// Writes a list of groups, each in the shortest form.
pub(super) fn serialize<G: Listed, S: Serializer>(groups: &[G], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(groups.len()))?;
    for group in groups {
        match group.as_plain() {
            Some(particles) => list.serialize_element(&particles)?,
            None => list.serialize_element(group)?,
        }
    }
    list.end()
}

struct Entry<G>(G);

impl<'de, G: Listed> Deserialize<'de> for Entry<G> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Form(PhantomData)).map(Self)
    }
}

struct Form<G>(PhantomData<G>);

impl<'de, G: Listed> Visitor<'de> for Form<G> {
    type Value = G;

    fn expecting(&self, formatter: &mut Formatter) -> Written {
        formatter.write_str("particles, (0, 1), or particles with numbers of their own, (particles: (0, 1), ...)")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<G, A::Error> {
        let particles = G::Particles::deserialize(SeqAccessDeserializer::new(&mut list))?;
        if list.next_element::<IgnoredAny>()?.is_some() {
            return Err(A::Error::custom(format_args!("more than {} particles", size_of::<G::Particles>() / size_of::<usize>())));
        }
        Ok(G::plain(particles))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<G, A::Error> {
        G::deserialize(MapAccessDeserializer::new(fields))
    }

    /// What a reader that goes on after a mistake puts in its place.
    fn visit_unit<E: Error>(self) -> Result<G, E> {
        Ok(G::plain(G::Particles::default()))
    }
}
