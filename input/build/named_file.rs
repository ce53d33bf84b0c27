//! Files that an input names, which a run leaves alone.

use std::path::PathBuf;

/// A file that an input names, by the key that names it.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedFile {
    /// The key; `input` for the input itself.
    pub key: String,
    /// Where it is.
    pub path: PathBuf,
}
