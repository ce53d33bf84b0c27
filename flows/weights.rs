//! Trained weights in a safetensors file: the layers are walked for their tensors, and `__metadata__` says what the list of layers follows from.

use crate::flow::{Flow, Placed, Shape, problems_of};
use crate::header::{End, Header, WeightsError};
use crate::layers::Layer;
use crate::tensor::{NamedTensor, Unfit};
use safetensors::SafeTensors;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Version of the layout of the file.
const FORMAT: &str = "mcflow-flow-3";
/// What all versions begin with.
const FORMATS: &str = "mcflow-flow-";

#[derive(Serialize)]
struct Entry {
    dtype: &'static str,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

/// Where a flow starts, as a file says it.
#[derive(Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum StartsFrom {
    Prior,
    Ensemble,
}

/// Names and shapes of the tensors of a layer, the number and the kind of the layer before the name of each.
fn tensors(k: usize, placed: &Placed) -> Vec<NamedTensor> {
    let way = if placed.reversed { ".reversed" } else { "" };
    let name = format!("{k:03}.{}{way}", placed.layer.name());
    placed.layer.tensors().into_iter().map(|tensor| tensor.within(&name)).collect()
}

/// The numbers of a layer in the order of its tensors.
fn numbers(placed: &Placed, parameters: &[f64]) -> Vec<f64> {
    let (fixed, trained) = (placed.layer.numbers(), &parameters[placed.parameters.clone()]);
    let (mut fixed, mut trained) = (&fixed[..], trained);
    let mut all = Vec::with_capacity(fixed.len() + trained.len());
    for tensor in placed.layer.tensors() {
        let source = if tensor.trained { &mut trained } else { &mut fixed };
        let (these, rest) = source.split_at(tensor.len());
        all.extend_from_slice(these);
        *source = rest;
    }
    all
}

pub(crate) fn save(shape: &Shape, flow: &Flow, parameters: &[f64], path: &Path, header: &Header) -> Result<(), WeightsError> {
    let starts_from = if shape.between_ensembles { StartsFrom::Ensemble } else { StartsFrom::Prior };
    let metadata: BTreeMap<&str, String> = BTreeMap::from([
        ("format", FORMAT.to_string()),
        ("version", env!("CARGO_PKG_VERSION").to_string()),
        ("from", json(&header.ends.as_ref().map(|ends| &ends[0]))),
        ("to", json(&header.ends.as_ref().map(|ends| &ends[1]))),
        ("dimension", flow.dim.to_string()),
        ("architecture", json(&shape.architecture)),
        ("prior", json(&shape.prior)),
        ("axes", json(&shape.axes)),
        ("fixed", json(&shape.fixed)),
        ("starts_from", json(&starts_from)),
        ("covariance", json(&shape.covariance)),
        ("units", header.units.clone()),
        ("system_hash", header.system_hash.clone()),
        ("coordinates", header.coordinates.clone()),
        ("notes", json(&header.notes)),
    ]);
    let mut text = format!("{{\"__metadata__\":{}", json(&metadata));
    let mut offset = 0;
    for NamedTensor { name, shape, .. } in flow.layers.iter().enumerate().flat_map(|(k, placed)| tensors(k, placed)) {
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
    for v in flow.layers.iter().flat_map(|placed| numbers(placed, parameters)) {
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

/// The entries of `__metadata__`, with the file that errors name.
struct Metadata<'a> {
    path: &'a Path,
    entries: HashMap<String, String>,
}

impl Metadata<'_> {
    fn error(&self, what: &str, found: impl ToString, expected: impl ToString) -> WeightsError {
        let (found, expected) = (found.to_string(), expected.to_string());
        WeightsError::Content { path: self.path.to_path_buf(), what: what.to_string(), found, expected }
    }

    fn text(&self, key: &str) -> Result<String, WeightsError> {
        self.entries.get(key).cloned().ok_or_else(|| self.error(&format!("metadata `{key}`"), "nothing", "an entry"))
    }

    fn value<T: DeserializeOwned>(&self, key: &str) -> Result<T, WeightsError> {
        serde_json::from_str(&self.text(key)?).map_err(|e| self.error(&format!("metadata `{key}`"), e, format!("a valid {key}")))
    }

    /// Refuses files of other versions.
    fn format(&self) -> Result<(), WeightsError> {
        let found = self.text("format")?;
        if found == FORMAT {
            return Ok(());
        }
        let mut expected = format!("`{FORMAT}`");
        if found.starts_with(FORMATS) {
            expected += ": the layers of other versions are not those of this one, and the flow must be trained again";
        }
        let version = self.entries.get("version").map_or(String::new(), |version| format!(", written by mcflow {version}"));
        Err(self.error("metadata `format`", format!("`{found}`{version}"), expected))
    }

    fn header(&self) -> Result<Header, WeightsError> {
        let ends = self.value::<Option<End>>("from")?.zip(self.value::<Option<End>>("to")?);
        Ok(Header {
            units: self.text("units")?,
            system_hash: self.text("system_hash")?,
            coordinates: self.text("coordinates")?,
            ends: ends.map(|(from, to)| [from, to]),
            version: self.text("version")?,
            notes: self.value("notes")?,
        })
    }

    fn shape(&self) -> Result<Shape, WeightsError> {
        let shape = Shape {
            architecture: self.value("architecture")?,
            prior: self.value("prior")?,
            axes: self.value("axes")?,
            fixed: self.value("fixed")?,
            between_ensembles: self.value::<StartsFrom>("starts_from")? == StartsFrom::Ensemble,
            covariance: self.value("covariance")?,
        };
        let dimension: usize = self.value("dimension")?;
        if shape.axes.len() != dimension {
            return Err(self.error(
                "metadata `axes`",
                format!("{} axes", shape.axes.len()),
                format!("{dimension}, the dimension of the rows"),
            ));
        }
        if let Some(problem) = problems_of(&shape.architecture, &shape.setting()).into_iter().next() {
            return Err(self.error(&format!("architecture, {}", problem.key), problem.found, problem.expected));
        }
        Ok(shape)
    }
}

/// What [`save`] wrote: the shape of the flow, its layers with their numbers, the parameters, and the header.
pub(crate) fn load(path: &Path) -> Result<(Shape, Flow, Vec<f64>, Header), WeightsError> {
    let damaged = |reason: String| WeightsError::Damaged { path: path.to_path_buf(), reason };
    let bytes = std::fs::read(path).map_err(|source| WeightsError::File { path: path.to_path_buf(), source })?;
    let (_, head) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(e.to_string()))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| damaged(e.to_string()))?;
    let metadata = Metadata { path, entries: head.metadata().clone().unwrap_or_default() };
    metadata.format()?;
    let (header, shape) = (metadata.header()?, metadata.shape()?);
    let mut flow = Flow::new(&shape);
    let mut parameters = Vec::with_capacity(flow.n_parameters);
    for (k, placed) in flow.layers.iter_mut().enumerate() {
        let mut fixed = Vec::new();
        let names = tensors(k, placed);
        for tensor in &names {
            read(&file, tensor, &metadata, if tensor.trained { &mut parameters } else { &mut fixed })?;
        }
        placed.layer.set_numbers(&fixed).map_err(|Unfit { tensor, found, expected }| {
            let name = names.iter().find(|named| named.name.ends_with(&tensor)).map_or(tensor.as_str(), |named| named.name.as_str());
            metadata.error(&format!("tensor `{name}`"), found, expected)
        })?;
    }
    Ok((shape, flow, parameters, header))
}

/// Appends the numbers of a tensor of the file, which must be finite.
fn read(file: &SafeTensors, expected: &NamedTensor, metadata: &Metadata, numbers: &mut Vec<f64>) -> Result<(), WeightsError> {
    let NamedTensor { name, shape, .. } = expected;
    let what = format!("tensor `{name}`");
    let tensor = file.tensor(name).map_err(|_| metadata.error(&what, "nothing", format!("shape {shape:?}")))?;
    if tensor.shape() != shape || tensor.dtype() != safetensors::Dtype::F64 {
        let found = format!("{:?} of shape {:?}", tensor.dtype(), tensor.shape());
        return Err(metadata.error(&what, found, format!("F64 of shape {shape:?}")));
    }
    for (i, word) in tensor.data().chunks_exact(8).enumerate() {
        let value = f64::from_le_bytes(word.try_into().expect("chunks of 8 bytes"));
        if !value.is_finite() {
            return Err(metadata.error(&what, format!("{value} at element {i}"), "finite numbers"));
        }
        numbers.push(value);
    }
    Ok(())
}
