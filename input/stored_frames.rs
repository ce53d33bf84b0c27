//! The frames of a file that an input names.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Frames of an XYZ or DCD file: `"trajectory.xyz"`, or `(path: "trajectory.dcd", frame: Last)`.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFrames {
    /// The file, as seen from the folder of the input.
    pub path: String,
    /// Which of its frames.
    pub frame: FrameChoice,
}

/// Which frames of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameChoice {
    /// All, in turn.
    #[default]
    All,
    /// The first.
    First,
    /// The last that is whole.
    Last,
    /// One by its number, from 0 as `mcflow energy` counts.
    Number(u64),
}

/// The name under which the deserializer of inputs takes a text for the first field of a struct.
pub(crate) const TEXT_OR_FIELDS: &str = "TextOrFields";

impl<'de> Deserialize<'de> for StoredFrames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            path: String,
            #[serde(default)]
            frame: FrameChoice,
        }

        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = StoredFrames;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("the name of a file in quotes, or `path: ..., frame: ...`")
            }

            fn visit_str<E: Error>(self, path: &str) -> Result<StoredFrames, E> {
                Ok(StoredFrames { path: path.to_string(), frame: FrameChoice::All })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<StoredFrames, A::Error> {
                let Fields { path, frame } = Fields::deserialize(MapAccessDeserializer::new(map))?;
                Ok(StoredFrames { path, frame })
            }
        }

        deserializer.deserialize_struct(TEXT_OR_FIELDS, &["path", "frame"], Form)
    }
}

impl Serialize for StoredFrames {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.frame == FrameChoice::All {
            return serializer.serialize_str(&self.path);
        }
        let mut fields = serializer.serialize_struct("StoredFrames", 2)?;
        fields.serialize_field("path", &self.path)?;
        fields.serialize_field("frame", &self.frame)?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for FrameChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl Visitor<'_> for Form {
            type Value = FrameChoice;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("First, Last, All or the number of a frame, from 0")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<FrameChoice, E> {
                Ok(FrameChoice::Number(number))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<FrameChoice, E> {
                match name {
                    "All" => Ok(FrameChoice::All),
                    "First" => Ok(FrameChoice::First),
                    "Last" => Ok(FrameChoice::Last),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(name), &self)),
                }
            }

            /// What stands in for a choice that is none.
            fn visit_unit<E: Error>(self) -> Result<FrameChoice, E> {
                Ok(FrameChoice::All)
            }
        }

        deserializer.deserialize_any(Form)
    }
}

impl Serialize for FrameChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_unit_variant("FrameChoice", 0, "All"),
            Self::First => serializer.serialize_unit_variant("FrameChoice", 1, "First"),
            Self::Last => serializer.serialize_unit_variant("FrameChoice", 2, "Last"),
            Self::Number(number) => serializer.serialize_u64(*number),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::document::Document;
    use crate::schema::Start;

    fn read(text: &str) -> Result<Start, String> {
        let mut document = Document::parse("system.ron", text).unwrap();
        let start: Option<Start> = document.read();
        document.finish(start).map_err(|report| report.to_string())
    }

    #[test]
    fn a_file_alone_or_with_a_choice_of_frame() {
        for (text, written) in [
            (r#"File("a.xyz")"#, r#"File("a.xyz")"#),
            (r#"File(path: "a.xyz")"#, r#"File("a.xyz")"#),
            (r#"File(path: "a.dcd", frame: Last)"#, r#"File((path:"a.dcd",frame:Last))"#),
            (r#"File((path: "a.dcd", frame: First))"#, r#"File((path:"a.dcd",frame:First))"#),
            (r#"File(frame: 7, path: "a.dcd")"#, r#"File((path:"a.dcd",frame:7))"#),
        ] {
            let start = read(text).unwrap();
            assert_eq!(ron::to_string(&start).unwrap(), written, "{text}");
            // What is written is read.
            assert_eq!(read(written).unwrap(), start);
        }
    }

    #[test]
    fn mistakes_have_places() {
        for (text, words) in [
            ("File(a.xyz)", vec!["1:"]),
            ("File(7)", vec!["1:6", "a text in quotes", "write \"7\""]),
            ("File()", vec!["`path`"]),
            ("File(frame: Last)", vec!["path"]),
            (r#"File(path: "a", fram: Last)"#, vec!["1:17", "unknown key `fram`", "did you mean `frame`"]),
            (r#"File(path: "a", frame: Lats)"#, vec!["1:24", "frame", "found Lats", "First, Last, All or the number"]),
            (r#"File(path: "a", frame: -1)"#, vec!["1:24", "found -1", "First, Last, All or the number"]),
            (r#"File(path: "a", frame: 1.5)"#, vec!["1:24", "found 1.5", "First, Last, All or the number"]),
        ] {
            let report = match Document::parse("system.ron", text) {
                Ok(_) => read(text).unwrap_err(),
                Err(report) => report.to_string(),
            };
            words.iter().for_each(|word| assert!(report.contains(word), "{text}: no `{word}` in {report}"));
            assert!(report.contains("1 problem"), "{text}: {report}");
        }
    }
}
