//! A map: a flow with its two ends, and the only code that runs one for a chain.

use crate::charts::{self, Cartesian, Chart, ChartChoice, Element, Entered, Symmetry, domain_by_text};
use crate::learned::configurations::Configurations;
use mcflow_flows::{Direction, Generator, Header, WeightsError};
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// How far a map may miss on its way back, relative to 1 + |value|, before a proposal is infeasible.
pub const ROUND_TRIP_TOLERANCE: f64 = 1e-6;

/// Rows that one task maps: enough to fill the lanes, few enough to share among cores.
const TASK: usize = 64;

/// One end of a map.
#[derive(Clone, Debug)]
pub enum End {
    /// The prior of the flow: rows are drawn.
    Prior,
    /// An ensemble of configurations: rows are those of a chart.
    Ensemble(Arc<dyn Chart>),
}

/// A flow as moves use it: what leads from one [`End`] to the other, and back.
///
/// Where a chart has fewer numbers than a row of the flow, the last ones are auxiliary: v, standard normal, drawn afresh for each attempt. The map is
/// then one between ensembles of (x, v), whose densities are those of x times N(v).
#[derive(Clone, Debug)]
pub struct Map {
    /// The bijection, with its prior.
    pub generator: Generator,
    start: End,
    end: Arc<dyn Chart>,
}

/// Configurations that were carried from one end of a map to the other.
#[derive(Debug)]
pub struct Passage {
    /// Where they arrived.
    pub to: Configurations,
    /// ln of the ratio of the probabilities of the way back and of the way here: of a bijection ln|det dx'/dx|; with auxiliary numbers v
    /// ln|det d(x', v')/d(x, v)| + ln N(v') - ln N(v).
    pub log_ratio: Vec<f64>,
    /// Whether the way back leads to the same configuration.
    pub feasible: Vec<bool>,
    /// What led each to the image that was carried; `None` where that is the configuration itself. Momenta go with it.
    pub elements: Vec<Option<Box<Element>>>,
}

/// Configurations as latent rows of the prior.
#[derive(Debug)]
pub struct Latents {
    /// z, `[n, dim]`.
    pub rows: Vec<f64>,
    /// ln|det dz/dx|, less ln N(v) where there are auxiliary numbers: what is added to ln p(z) for ln q(x).
    pub log_det: Vec<f64>,
    /// Whether the configuration has a row.
    pub known: Vec<bool>,
    /// Whether the way back leads to the same configuration.
    pub feasible: Vec<bool>,
    /// What led each to the image that has this row; `None` where that is the configuration itself.
    pub elements: Vec<Option<Box<Element>>>,
}

/// Configurations that were drawn.
#[derive(Debug)]
pub struct Drawn {
    /// They.
    pub to: Configurations,
    /// What comes back of the latent rows z that they were made from, `[n, dim]`.
    pub rows: Vec<f64>,
    /// ln|det dz/dx|, less ln N(v) where there are auxiliary numbers.
    pub log_det: Vec<f64>,
    /// Whether each is its own image and leads back to its latent row.
    pub feasible: Vec<bool>,
}

/// Draws auxiliary numbers, standard normal, for the configuration of this number.
pub type Noise<'a> = &'a mut dyn FnMut(usize, &mut [f64]);

/// Notes of a weights file that hold the references of the charts.
const REFERENCES: [&str; 2] = ["reference.from", "reference.to"];

impl From<Generator> for Map {
    /// Between positions as they are; from the prior unless it was trained between ensembles.
    fn from(generator: Generator) -> Self {
        let chart: Arc<dyn Chart> = Arc::new(Cartesian::new(generator.dim()));
        let start = if generator.is_between_ensembles() { End::Ensemble(chart.clone()) } else { End::Prior };
        Self { generator, start, end: chart }
    }
}

impl Map {
    /// The map by this flow that leads from `start` to the configurations of the chart `end`.
    ///
    /// # Panics
    /// If rows of a chart are longer than those of the flow.
    pub fn new(generator: Generator, start: End, end: Arc<dyn Chart>) -> Self {
        let map = Self { generator, start, end };
        let fits = |chart: &dyn Chart| chart.numbers() <= map.generator.dim();
        assert!(fits(&*map.end) && map.start().is_none_or(fits), "a chart of more numbers than the flow has");
        map
    }

    /// The chart of the configurations that it leads to.
    pub fn end(&self) -> &dyn Chart {
        &*self.end
    }

    /// The same, to be shared.
    pub(crate) fn end_chart(&self) -> Arc<dyn Chart> {
        self.end.clone()
    }

    /// The chart of the configurations that it starts from; `None` for a prior.
    pub fn start(&self) -> Option<&dyn Chart> {
        match &self.start {
            End::Prior => None,
            End::Ensemble(chart) => Some(&**chart),
        }
    }

    /// Carries configurations from one end to the other, or back.
    pub fn carry(&self, from: &Configurations, direction: Direction, noise: Noise) -> Passage {
        let forward = direction == Direction::Forward;
        let Some(start) = self.start() else {
            // There is no configuration at the other end.
            let n = from.len();
            return Passage { to: from.clone(), log_ratio: vec![0.0; n], feasible: vec![false; n], elements: vec![None; n] };
        };
        let (here, there) = if forward { (start, self.end()) } else { (self.end(), start) };
        let returns = |row: &[f64], back: &[f64]| if forward { self.returns_latent(row, back) } else { self.returns(row, back) };
        let back = if forward { Direction::Inverse } else { Direction::Forward };
        let (rows, entered) = self.enter(here, from, noise);
        let (arrived, mut log_ratio) = self.flow(direction, &rows);
        let Landing { to, rows: again, log_det, feasible: mut lands, .. } = self.land(there, &arrived, from.clone());
        let (returned, _) = self.flow(back, &again);
        lands
            .par_iter_mut()
            .zip(rows.par_chunks(self.dim()))
            .zip(returned.par_chunks(self.dim()))
            .zip(&entered)
            .for_each(|(((lands, row), back), entered)| *lands = *lands && entered.feasible && returns(row, back));
        for ((log_ratio, entered), log_det) in log_ratio.iter_mut().zip(&entered).zip(&log_det) {
            *log_ratio += entered.log_det + log_det;
        }
        self.add_auxiliary(here, &rows, -1.0, &mut log_ratio);
        self.add_auxiliary(there, &arrived, 1.0, &mut log_ratio);
        Passage { to, log_ratio, feasible: lands, elements: entered.into_iter().map(|entered| entered.element).collect() }
    }

    /// Configurations from latent rows `[n, dim]`; `frames` are those that the draws belong to, where a chart says nothing of some particles.
    pub fn draw(&self, latents: &[f64], frames: Configurations) -> Drawn {
        let (rows, _) = self.flow(Direction::Forward, latents);
        let Landing { to, rows, entered, feasible: mut lands, .. } = self.land(self.end(), &rows, frames);
        let (back, mut log_det) = self.flow(Direction::Inverse, &rows);
        log_det.iter_mut().zip(&entered).for_each(|(log_det, entered)| *log_det += entered.log_det);
        self.add_auxiliary(self.end(), &rows, -1.0, &mut log_det);
        lands
            .par_iter_mut()
            .zip(latents.par_chunks(self.dim()))
            .zip(back.par_chunks(self.dim()))
            .for_each(|((lands, row), back)| *lands = *lands && self.returns_latent(row, back));
        Drawn { to, rows: back, log_det, feasible: lands }
    }

    /// Configurations as latent rows.
    pub fn latents(&self, of: &Configurations, noise: Noise) -> Latents {
        let (rows, entered) = self.enter(self.end(), of, noise);
        let (latents, mut log_det) = self.flow(Direction::Inverse, &rows);
        let (back, _) = self.flow(Direction::Forward, &latents);
        log_det.iter_mut().zip(&entered).for_each(|(log_det, entered)| *log_det += entered.log_det);
        self.add_auxiliary(self.end(), &rows, -1.0, &mut log_det);
        let known: Vec<bool> = entered.iter().map(|entered| entered.feasible).collect();
        let returned = rows.par_chunks(self.dim()).zip(back.par_chunks(self.dim())).zip(&known);
        let feasible = returned.map(|((row, back), known)| *known && self.returns(row, back)).collect();
        Latents { rows: latents, log_det, known, feasible, elements: entered.into_iter().map(|entered| entered.element).collect() }
    }

    /// ln q(x) = ln p(z) + ln|det dz/dx| of configurations by their latent rows z `[n, dim]` and the ln|det dz/dx| of these.
    pub fn log_density(&self, latents: &[f64], log_det: &[f64]) -> Vec<f64> {
        let mut log_density = vec![0.0; log_det.len()];
        let tasks = log_density.par_chunks_mut(TASK).zip(latents.par_chunks(TASK * self.dim())).zip(log_det.par_chunks(TASK));
        tasks.for_each(|((log_density, rows), log_det)| {
            self.generator.log_prior(rows, log_density);
            log_density.iter_mut().zip(log_det).for_each(|(log_q, log_det)| *log_q += log_det);
        });
        log_density
    }

    /// Length of a row of the flow.
    pub fn dim(&self) -> usize {
        self.generator.dim()
    }

    /// Rows of the flow of configurations at an end, auxiliary numbers drawn.
    fn enter(&self, chart: &dyn Chart, of: &Configurations, noise: Noise) -> (Vec<f64>, Vec<Entered>) {
        let (rows, entered) = charts::enter(chart, &of.positions);
        let auxiliary = self.dim() - chart.numbers();
        if auxiliary == 0 {
            return (rows, entered);
        }
        let mut extended = vec![0.0; entered.len() * self.dim()];
        for (k, (row, numbers)) in extended.chunks_exact_mut(self.dim()).zip(rows.chunks_exact(chart.numbers())).enumerate() {
            row[..chart.numbers()].copy_from_slice(numbers);
            noise(k, &mut row[chart.numbers()..]);
        }
        (extended, entered)
    }

    /// Configurations of rows of the flow at an end, and the rows that entering finds of them; `to` holds the configurations that the rows belong to.
    fn land(&self, chart: &dyn Chart, rows: &[f64], mut to: Configurations) -> Landing {
        let (dim, numbers) = (self.dim(), chart.numbers());
        let cut: Vec<f64>;
        let own = if numbers == dim {
            rows
        } else {
            cut = rows.chunks_exact(dim).flat_map(|row| &row[..numbers]).copied().collect();
            &cut
        };
        let left = charts::leave(chart, own, &mut to.positions);
        let (again, entered) = charts::enter(chart, &to.positions);
        let again = if numbers == dim {
            again
        } else {
            let with_auxiliary = again.chunks_exact(numbers).zip(rows.chunks_exact(dim));
            with_auxiliary.flat_map(|(own, row)| own.iter().chain(&row[numbers..])).copied().collect()
        };
        let feasible = left.iter().zip(&entered).map(|(left, entered)| left.feasible && entered.feasible && entered.element.is_none());
        Landing { feasible: feasible.collect(), log_det: left.iter().map(|left| left.log_det).collect(), to, rows: again, entered }
    }

    /// Adds `factor` ln N(v) of the auxiliary numbers of rows at an end.
    fn add_auxiliary(&self, chart: &dyn Chart, rows: &[f64], factor: f64, log_ratio: &mut [f64]) {
        let numbers = chart.numbers();
        if numbers == self.dim() {
            return;
        }
        for (log_ratio, row) in log_ratio.iter_mut().zip(rows.chunks_exact(self.dim())) {
            let square: f64 = row[numbers..].iter().map(|v| v * v).sum();
            *log_ratio -= factor * 0.5 * (square + (self.dim() - numbers) as f64 * std::f64::consts::TAU.ln());
        }
    }

    /// Whether a row where the flow leads came back from a round trip.
    fn returns(&self, row: &[f64], back: &[f64]) -> bool {
        self.generator.returns(row, back, ROUND_TRIP_TOLERANCE)
    }

    /// Whether a row where it starts did.
    fn returns_latent(&self, row: &[f64], back: &[f64]) -> bool {
        self.generator.returns_latent(row, back, ROUND_TRIP_TOLERANCE)
    }

    /// Rows through the flow with ln|det|, in tasks over threads.
    fn flow(&self, direction: Direction, rows: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let dim = self.dim();
        let mut mapped = vec![0.0; rows.len()];
        let mut log_det = vec![0.0; rows.len() / dim];
        let tasks = mapped.par_chunks_mut(TASK * dim).zip(rows.par_chunks(TASK * dim)).zip(log_det.par_chunks_mut(TASK));
        tasks.for_each(|((mapped, rows), log_det)| match direction {
            Direction::Forward => self.generator.forward(rows, mapped, log_det),
            Direction::Inverse => self.generator.inverse(rows, mapped, log_det),
        });
        (mapped, log_det)
    }

    /// Writes the weights, and among the notes of `header` what makes the charts again.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path, mut header: Header) -> Result<(), WeightsError> {
        for (name, chart) in REFERENCES.iter().zip([self.start(), Some(self.end())]) {
            if let Some(reference) = chart.and_then(Chart::reference) {
                let numbers: Vec<String> = reference.iter().map(|v| format!("{v:?}")).collect();
                header.notes.insert((*name).to_string(), numbers.join(" "));
            }
        }
        self.generator.save(path, &header)
    }

    /// What [`Map::save`] wrote, for `n` particles in `dimension` dimensions with this symmetry.
    ///
    /// # Errors
    /// What is wrong: a chart that does not fit, references without a symmetry, or of another length.
    pub fn restored(
        generator: Generator,
        header: &Header,
        symmetry: Option<&Symmetry>,
        (n, dimension): (usize, usize),
    ) -> Result<Self, String> {
        let choice = ChartChoice::noted(header, n, dimension)?;
        let chart = |name: &str| -> Result<Arc<dyn Chart>, String> {
            let domain = header.notes.get(name).map(|text| domain_by_text(text, name, n * dimension, symmetry)).transpose()?;
            let chart = choice.chart(n, dimension, domain);
            if chart.axes() == generator.axes() {
                Ok(chart)
            } else {
                Err(format!("rows of {} numbers whose ranges are not those of their chart", generator.dim()))
            }
        };
        let start = if generator.is_between_ensembles() { End::Ensemble(chart(REFERENCES[0])?) } else { End::Prior };
        let end = chart(REFERENCES[1])?;
        Ok(Self::new(generator, start, end))
    }
}

/// Configurations where rows of a flow end.
struct Landing {
    to: Configurations,
    /// The rows of the flow that entering finds of them.
    rows: Vec<f64>,
    entered: Vec<Entered>,
    /// ln|det d positions / d row| of leaving.
    log_det: Vec<f64>,
    /// Whether there is a configuration, which is its own image.
    feasible: Vec<bool>,
}
