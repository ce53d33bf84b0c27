//! Trained weights in a safetensors file, with all that is needed to use them in its `__metadata__`.

use crate::architecture::{Architecture, Prior};
use crate::coordinates::Coordinates;
use crate::flow::{Flow, Standard};
use crate::generator::Generator;
use crate::linear::Linear;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Version of the layout of the file.
const FORMAT: &str = "mcflow-flow-2";
/// The version before, whose files do not say what they map.
const FORMAT_WITHOUT_ENDS: &str = "mcflow-flow-1";
/// Entry of `last_layer` for one with a matrix.
const LINEAR: &str = "linear";
/// Entry of `starts_from` for a map from one ensemble to another; anything else is a generator.
const ENSEMBLE: &str = "ensemble";

/// What a weights file says about the system it was trained for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Unit system of the rows.
    pub units: String,
    /// Hash of the system whose samples or energies trained it.
    pub system_hash: String,
    /// How rows are made from a configuration.
    pub coordinates: String,
    /// What it starts from and what it leads to; `None` in files of the first version.
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

#[derive(Serialize)]
struct Entry {
    dtype: &'static str,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

/// Names and shapes of all tensors in the order of the file.
fn tensors(flow: &Flow) -> Vec<(String, Vec<usize>)> {
    let mut list = vec![("standardise.mean".to_string(), vec![flow.dim]), ("standardise.spread".to_string(), vec![flow.dim])];
    if flow.source.is_some() {
        list.extend([("source.mean".to_string(), vec![flow.dim]), ("source.spread".to_string(), vec![flow.dim])]);
    }
    if flow.linear.is_some() {
        list.push(("standardise.linear".to_string(), vec![flow.dim, flow.dim]));
    }
    for (c, coupling) in flow.couplings.iter().enumerate() {
        for (l, w) in coupling.network.widths.windows(2).enumerate() {
            list.push((format!("couplings.{c:03}.layers.{l:02}.weight"), vec![w[0], w[1]]));
            list.push((format!("couplings.{c:03}.layers.{l:02}.bias"), vec![w[1]]));
        }
    }
    list
}

pub(crate) fn save(generator: &Generator, path: &Path, header: &Header) -> Result<(), WeightsError> {
    let metadata: BTreeMap<&str, String> = BTreeMap::from([
        ("format", FORMAT.to_string()),
        ("version", env!("CARGO_PKG_VERSION").to_string()),
        ("from", json(&header.ends.as_ref().map(|ends| &ends[0]))),
        ("to", json(&header.ends.as_ref().map(|ends| &ends[1]))),
        ("dimension", generator.dim().to_string()),
        ("architecture", json(generator.architecture())),
        ("prior", json(&generator.prior())),
        ("starts_from", if generator.is_between_ensembles() { ENSEMBLE } else { "prior" }.to_string()),
        ("bonds", json(generator.coordinates())),
        ("last_layer", if generator.flow().linear.is_some() { LINEAR } else { "diagonal" }.to_string()),
        ("units", header.units.clone()),
        ("system_hash", header.system_hash.clone()),
        ("coordinates", header.coordinates.clone()),
        ("notes", json(&header.notes)),
    ]);
    let mut text = format!("{{\"__metadata__\":{}", json(&metadata));
    let mut offset = 0;
    for (name, shape) in tensors(generator.flow()) {
        let end = offset + 8 * shape.iter().product::<usize>();
        text += &format!(",{}:{}", json(&name), json(&Entry { dtype: "F64", shape, data_offsets: (offset, end) }));
        offset = end;
    }
    text.push('}');
    while text.len() % 8 != 0 {
        text.push(' ');
    }
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(text.as_bytes());
    let source = generator.flow().source.iter().flat_map(|source| source.mean.iter().chain(&source.spread));
    let linear = generator.flow().linear.iter().flat_map(Linear::matrix);
    for v in generator.mean().iter().chain(generator.spread()).chain(source).chain(linear).chain(generator.parameters()) {
        bytes.extend_from_slice(&v.to_le_bytes());
    }
    let failed = |source| WeightsError::File { path: path.to_path_buf(), source };
    let mut aside = path.as_os_str().to_owned();
    aside.push(".tmp");
    std::fs::write(&aside, bytes).map_err(failed)?;
    std::fs::rename(&aside, path).map_err(failed)
}

/// JSON text of a value whose serialization cannot fail.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("strings, numbers and lists always have a JSON form")
}

pub(crate) fn load(path: &Path) -> Result<(Generator, Header), WeightsError> {
    let content = |what: &str, found: String, expected: String| WeightsError::Content {
        path: path.to_path_buf(),
        what: what.to_string(),
        found,
        expected,
    };
    let damaged = |reason: String| WeightsError::Damaged { path: path.to_path_buf(), reason };
    let bytes = std::fs::read(path).map_err(|source| WeightsError::File { path: path.to_path_buf(), source })?;
    let (_, head) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(e.to_string()))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| damaged(e.to_string()))?;
    let metadata = head.metadata().clone().unwrap_or_default();
    let text =
        |key: &str| metadata.get(key).cloned().ok_or_else(|| content(&format!("metadata `{key}`"), "nothing".into(), "an entry".into()));
    let format = text("format")?;
    if format != FORMAT && format != FORMAT_WITHOUT_ENDS {
        return Err(content("metadata `format`", format!("`{format}`"), format!("`{FORMAT_WITHOUT_ENDS}` or `{FORMAT}`")));
    }
    let parse_error = |what: &str, e: serde_json::Error| content(&format!("metadata `{what}`"), e.to_string(), format!("a valid {what}"));
    let architecture: Architecture = serde_json::from_str(&text("architecture")?).map_err(|e| parse_error("architecture", e))?;
    let prior: Prior = serde_json::from_str(&text("prior")?).map_err(|e| parse_error("prior", e))?;
    let dimension = text("dimension")?;
    let dim: usize = dimension.parse().map_err(|_| content("metadata `dimension`", format!("`{dimension}`"), "a whole number".into()))?;
    if let Some(problem) = architecture.problems(dim, prior).into_iter().next() {
        return Err(content(&format!("architecture, {}", problem.key), problem.found, problem.expected));
    }
    let end = |key: &str| -> Result<Option<End>, WeightsError> {
        if format == FORMAT_WITHOUT_ENDS {
            return Ok(None);
        }
        serde_json::from_str(&text(key)?).map_err(|e| parse_error(key, e))
    };
    let header = Header {
        units: text("units")?,
        system_hash: text("system_hash")?,
        coordinates: text("coordinates")?,
        ends: end("from")?.zip(end("to")?).map(|(from, to)| [from, to]),
        version: text("version")?,
        notes: serde_json::from_str(&text("notes")?).map_err(|e| parse_error("notes", e))?,
    };
    // Files of earlier versions have neither.
    let coordinates: Coordinates = match metadata.get("bonds") {
        Some(text) => serde_json::from_str(text).map_err(|e| parse_error("bonds", e))?,
        None => Coordinates::default(),
    };
    if let Some(problem) = coordinates.problems(dim).into_iter().next() {
        return Err(content(&format!("bonds, {}", problem.key), problem.found, problem.expected));
    }
    let mut flow = Flow::new(&architecture, prior, dim, &coordinates);
    let has_linear = metadata.get("last_layer").is_some_and(|kind| kind == LINEAR);
    if has_linear {
        let unit: Vec<f64> = (0..dim * dim).map(|k| f64::from(u8::from(k % (dim + 1) == 0))).collect();
        flow.linear = Linear::new(dim, &unit);
    }
    if metadata.get("starts_from").is_some_and(|from| from == ENSEMBLE) {
        flow.source = Some(Standard { mean: vec![0.0; dim], spread: vec![1.0; dim] });
    }
    let mut numbers = Vec::with_capacity(2 * dim + flow.n_parameters);
    for (name, shape) in tensors(&flow) {
        let what = format!("tensor `{name}`");
        let tensor = file.tensor(&name).map_err(|_| content(&what, "nothing".into(), format!("shape {shape:?}")))?;
        if tensor.shape() != shape || tensor.dtype() != safetensors::Dtype::F64 {
            let found = format!("{:?} of shape {:?}", tensor.dtype(), tensor.shape());
            return Err(content(&what, found, format!("F64 of shape {shape:?}")));
        }
        for (i, word) in tensor.data().chunks_exact(8).enumerate() {
            let value = f64::from_le_bytes(word.try_into().expect("chunks of 8 bytes"));
            if !value.is_finite() {
                return Err(content(&what, format!("{value} at element {i}"), "finite numbers".into()));
            }
            numbers.push(value);
        }
    }
    let scales = [("standardise.spread", &mut flow.mean, &mut flow.spread)];
    let source = flow.source.iter_mut().map(|source| ("source.spread", &mut source.mean, &mut source.spread));
    let mut rest = &numbers[..];
    for (name, mean, spread) in scales.into_iter().chain(source) {
        mean.copy_from_slice(&rest[..dim]);
        spread.copy_from_slice(&rest[dim..2 * dim]);
        rest = &rest[2 * dim..];
        if let Some(j) = spread.iter().position(|&s| s <= 0.0) {
            return Err(content(&format!("tensor `{name}`"), format!("{} at element {j}", spread[j]), "numbers above 0".into()));
        }
    }
    if has_linear {
        let singular = || content("tensor `standardise.linear`", "a singular matrix".into(), "one with an inverse".into());
        flow.linear = Some(Linear::new(dim, &rest[..dim * dim]).ok_or_else(singular)?);
        rest = &rest[dim * dim..];
    }
    let parameters = rest.to_vec();
    Ok((Generator::assemble(architecture, prior, flow, parameters), header))
}
