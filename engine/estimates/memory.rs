//! How much memory a run takes, known before it starts.

use crate::plan::{FlowSource, Plan, Samples};
use mcflow_flows::Training;

/// Bytes that a run holds, by what holds them: walkers all the time, frames and training before production, series after it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Memory {
    /// The program itself, and small things.
    pub program: f64,
    /// States of walkers, their second buffers, neighbour lists, and accumulated functions.
    pub walkers: f64,
    /// Frames for training.
    pub frames: f64,
    /// The rows of both ends and what training computes with, of the flow that takes most.
    pub training: f64,
    /// Draws of moves and of judgements, with the rows that come back.
    pub draws: f64,
    /// One column of one rung while it is judged.
    pub series: f64,
}

/// Bytes of the program as it starts.
const PROGRAM: f64 = 25e6;
/// Bytes of a walker beside its coordinates.
const WALKER: f64 = 2000.0;
/// Bytes of a particle in neighbour lists, where pairs have a cutoff.
const LISTS: f64 = 1000.0;
/// Numbers a coordinate in a walker: the start, positions, momenta and forces of both buffers, noise.
const VECTORS: f64 = 8.0;
/// Copies of the parameters of a flow while it is trained: weights, moments, the best, the gradient, packed ones, those of a checkpoint.
const COPIES_OF_PARAMETERS: f64 = 24.0;
/// Numbers a coordinate of a draw: latents, rows, positions, rows of these, rows that come back, their energies.
const COPIES_OF_DRAWS: f64 = 8.0;
/// Bytes of a value while its column is judged: the series, its ranks and what is sorted; the transform of a walker beside.
const SERIES: f64 = 60.0;
const TRANSFORM: f64 = 160.0;

/// Bytes of `walkers` walkers of `n` particles in `dimension` dimensions, with neighbour lists where `lists`.
pub fn bytes_of_walkers(walkers: usize, n: usize, dimension: usize, lists: bool) -> f64 {
    let particle = VECTORS * 8.0 * dimension as f64 + if lists { LISTS } else { 0.0 };
    walkers as f64 * (WALKER + n as f64 * particle)
}

impl Memory {
    /// What a run of `plan` takes.
    pub fn of(plan: &Plan) -> Self {
        let cell = &plan.starts[0].cell;
        let (n, walkers) = (plan.particles.n(), plan.starts.len());
        let dim = (n * cell.dimension()) as f64;
        let lists = plan.potential.cutoff().is_some() && cell.is_periodic();
        let subject = plan.subject();
        let functions: f64 = plan.functions.iter().map(|function| function.numbers(&subject)).sum();
        // Checkpoints copy the walkers and write them out.
        let walkers_alone = bytes_of_walkers(walkers, n, cell.dimension(), lists);
        let mut memory =
            Self { program: PROGRAM, walkers: walkers_alone * 1.5 + functions * walkers as f64 * 8.0 * 3.0, ..Self::default() };
        let most = plan.rungs.iter().map(|rung| rung.walkers).max().unwrap_or(1) as f64;
        let samples = (plan.lengths.production / plan.lengths.record_every.max(1)) as f64;
        let states = if plan.states.is_empty() { 0.0 } else { 40.0 };
        memory.series = samples * (most * (SERIES + states) + TRANSFORM);
        let collected: Vec<f64> = plan.outlook().frames.iter().map(|&frames| frames as f64).collect();
        memory.frames = collected.iter().sum::<f64>() * (dim * 8.0 + 16.0);
        for flow in &plan.flows {
            let draws = flow.assessment_draws as f64 * dim * 8.0 * COPIES_OF_DRAWS;
            memory.draws = memory.draws.max(draws);
            let FlowSource::Train { shape, training, samples, .. } = &flow.source else { continue };
            let frames = match samples {
                Samples::FromRun { .. } | Samples::Collected => flow.ends.ensembles().map(|ensemble| collected[ensemble.rung]).sum(),
                Samples::Rows(rows) => {
                    memory.frames += rows.len() as f64 * 8.0;
                    rows.len() as f64 / dim
                }
            };
            let chart = shape.chart.chart(n, cell.dimension(), None);
            let axes = chart.axes();
            let parameters = shape.architecture.parameters_at_most(axes);
            // Frames are copied and written as rows of the chart; what is copied is held by halves once more while it is standardised (measured).
            let copied = 1.6;
            let rows = frames * (copied * dim * 8.0 + 8.0);
            memory.training = memory
                .training
                .max(rows + parameters * 8.0 * COPIES_OF_PARAMETERS + tapes(training, shape.architecture.numbers_of_a_row(axes)));
        }
        for entry in plan.entries.iter().filter(|entry| entry.flow().is_some()) {
            let rows = entry.steps(n) as f64 * most;
            memory.draws = memory.draws.max(rows * dim * 8.0 * COPIES_OF_DRAWS);
        }
        memory
    }

    /// The most that is held at once.
    pub fn peak(&self) -> f64 {
        let before = self.frames + self.training.max(self.draws);
        self.program + self.walkers + before.max(self.draws).max(self.series)
    }

    /// The part that has most of it, and what makes it smaller.
    pub fn largest(&self) -> (&'static str, f64, &'static str) {
        let parts = [
            ("walkers", self.walkers, "fewer walkers or particles"),
            ("frames for training", self.frames, "fewer `frames` in `samples`"),
            ("training", self.training, "fewer `frames`, a smaller `batch` or smaller `layers`"),
            ("draws", self.draws, "fewer draws at once (`count`, `tries`, `assessment_draws`)"),
            ("a column of samples", self.series, "a larger `run.record_every`, or a shorter production"),
        ];
        parts.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("parts")
    }
}

/// What the passes of a step of training keep, of both losses, with the largest batch.
fn tapes(training: &Training, numbers_of_a_row: f64) -> f64 {
    let batch = training.stages.iter().map(|stage| stage.batch).max().unwrap_or(0) as f64;
    2.0 * batch * numbers_of_a_row * 8.0
}
