//! What a weights file says of what it maps, and why it may not be read.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a weights file says about the system it was trained for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Unit system of the rows.
    pub units: String,
    /// Hash of the system whose samples or energies trained it.
    pub system_hash: String,
    /// How rows are made from a configuration.
    pub coordinates: String,
    /// What it starts from and what it leads to; `None` where the file does not say.
    pub ends: Option<[End; 2]>,
    /// The version of mcflow that wrote the file; empty until it is written.
    #[serde(default)]
    pub version: String,
    /// Further free text by key.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
}

/// One end of a flow: the law of the rows there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// What it is.
    pub kind: EndKind,
    /// The name of the state, where it is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What defines the law there, by key: the particles, the potential, the temperature and so on.
    pub law: BTreeMap<String, String>,
}

/// What an end of a flow is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndKind {
    /// The law of latent variables.
    #[default]
    Prior,
    /// All configurations.
    Target,
    /// Those of a state.
    State,
    /// Those of a rung of a ladder.
    Rung,
}

/// Why weights could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file could not be written or opened.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a safetensors file, or cut short.
    #[error("{}: found a damaged file ({reason}), expected flow weights in the safetensors format", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        reason: String,
    },
    /// Something in the file is not what it should be.
    #[error("{}: {what}: found {found}, expected {expected}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Which part.
        what: String,
        /// What is there.
        found: String,
        /// What would do.
        expected: String,
    },
}
