//! Optional keys of an input: the value itself where the key is written, nothing where it is not.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Reads a value that is there.
pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Writes a value that is there (an absent one is skipped).
pub(crate) fn serialize<T: Serialize, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => value.serialize(serializer),
        None => serializer.serialize_none(),
    }
}
