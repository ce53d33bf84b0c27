//! A trained flow with the domains of its two ends, and rows through it.

use crate::moves::{forward_rows, inverse_rows, returns};
use crate::symmetry::Symmetry;
use crate::symmetry::{Domain, Element};
use mcflow_flows::{Generator, Header, WeightsError};
use rayon::prelude::*;
use std::path::Path;

/// A flow as moves use it.
#[derive(Clone, Debug)]
pub struct TrainedFlow {
    /// The bijection, with its prior.
    pub generator: Generator,
    /// The domain that rows are in where it starts; `None` for a prior, and for systems without a declared symmetry.
    pub from: Option<Domain>,
    /// The domain that rows are in where it leads.
    pub to: Option<Domain>,
}

impl From<Generator> for TrainedFlow {
    fn from(generator: Generator) -> Self {
        Self { generator, from: None, to: None }
    }
}

/// Rows and their images under a flow.
pub(crate) struct Images {
    /// What led the rows into the domain where they start; `None` without a symmetry.
    pub elements: Vec<Option<Element>>,
    /// Their images.
    pub rows: Vec<f64>,
    /// ln|det dx'/dx|.
    pub log_det: Vec<f64>,
    /// Whether the way back leads to the same row: the map comes back within its tolerance, and the image is in the domain of its end.
    pub feasible: Vec<bool>,
}

/// Notes of a weights file that hold the references of the domains.
const REFERENCES: [&str; 2] = ["reference.from", "reference.to"];

impl TrainedFlow {
    /// Writes the weights, the references of the domains among the notes of `header`.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path, mut header: Header) -> Result<(), WeightsError> {
        for (name, domain) in REFERENCES.iter().zip([&self.from, &self.to]) {
            if let Some(domain) = domain {
                let numbers: Vec<String> = domain.reference().iter().map(|v| format!("{v:?}")).collect();
                header.notes.insert((*name).to_string(), numbers.join(" "));
            }
        }
        self.generator.save(path, &header)
    }

    /// What [`TrainedFlow::save`] wrote, for a system with this symmetry.
    ///
    /// # Errors
    /// What is wrong: references without a symmetry, or of another length.
    pub fn restored(generator: Generator, header: &Header, symmetry: Option<&Symmetry>) -> Result<Self, String> {
        let dim = generator.dim();
        let domain = |name: &str| -> Result<Option<Domain>, String> {
            let Some(text) = header.notes.get(name) else { return Ok(None) };
            let symmetry = symmetry.ok_or("weights of a system with a declared symmetry, for one without")?;
            let reference: Vec<f64> = text.split(' ').filter_map(|number| number.parse().ok()).filter(|v: &f64| v.is_finite()).collect();
            if reference.len() != dim {
                return Err(format!("a reference of {} numbers in `{name}`, not {dim}", reference.len()));
            }
            Ok(Some(Domain::new(symmetry, reference)))
        };
        Ok(Self { from: domain(REFERENCES[0])?, to: domain(REFERENCES[1])?, generator })
    }

    /// The domain that a row is folded into before it is mapped.
    pub(crate) fn start(&self, backwards: bool) -> Option<&Domain> {
        if backwards { self.to.as_ref() } else { self.from.as_ref() }
    }

    /// Rows through the flow, one way or the other.
    pub(crate) fn images(&self, rows: &[f64], backwards: bool) -> Images {
        let dim = self.generator.dim();
        let (start, end) = if backwards { (&self.to, &self.from) } else { (&self.from, &self.to) };
        let (there, back) =
            if backwards { (inverse_rows as Rows, forward_rows as Rows) } else { (forward_rows as Rows, inverse_rows as Rows) };
        let (folded, elements, mut feasible) = fold(start.as_ref(), rows, dim);
        let (images, log_det) = there(&self.generator, &folded);
        let (returned, _) = back(&self.generator, &images);
        feasible.par_iter_mut().enumerate().for_each(|(k, feasible)| {
            let row = k * dim..(k + 1) * dim;
            *feasible = *feasible
                && returns(&folded[row.clone()], &returned[row.clone()])
                && end.as_ref().is_none_or(|domain| domain.holds(&images[row]));
        });
        Images { elements, rows: images, log_det, feasible }
    }
}

/// A flow on rows, one way or the other.
type Rows = fn(&Generator, &[f64]) -> (Vec<f64>, Vec<f64>);

/// Rows, each replaced by its image in a domain, without a second copy of all; a row without an image stays.
pub(crate) fn fold_in_place(domain: &Domain, rows: &mut [f64], dim: usize) {
    rows.par_chunks_mut(dim).for_each(|row| {
        if let Some((image, _)) = domain.fold(row) {
            row.copy_from_slice(&image);
        }
    });
}

/// Rows in a domain, what led there, and whether they have an image there at all.
pub(crate) fn fold(domain: Option<&Domain>, rows: &[f64], dim: usize) -> (Vec<f64>, Vec<Option<Element>>, Vec<bool>) {
    let n = rows.len() / dim;
    let Some(domain) = domain else { return (rows.to_vec(), vec![None; n], vec![true; n]) };
    let folded: Vec<Option<(Vec<f64>, Element)>> = rows.par_chunks(dim).map(|row| domain.fold(row)).collect();
    let (mut all, mut elements, mut feasible) = (Vec::with_capacity(rows.len()), Vec::with_capacity(n), Vec::with_capacity(n));
    for (row, image) in rows.chunks(dim).zip(folded) {
        feasible.push(image.is_some());
        match image {
            Some((image, element)) => {
                all.extend(image);
                elements.push(Some(element));
            }
            None => {
                all.extend_from_slice(row);
                elements.push(None);
            }
        }
    }
    (all, elements, feasible)
}
