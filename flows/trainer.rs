//! Training step by step, and the weights that are kept.

use crate::adam::{Adam, norm};
use crate::architecture::Prior;
use crate::flow::{Direction, Packed, Pool, Tape};
use crate::generator::{Generator, log_prior};
use crate::objective::{EnergyCap, EnergyOperation, Start, Target, maximum_likelihood, reverse_kl};
use crate::operation::{Operations, with_numbers};
use crate::state::{TrainingError, TrainingState};
use crate::training::{Evaluation, Progress, Stage, StageReport, Training, TrainingReport};
use candle_core::{Device, Tensor, Var};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::time::Instant;

/// Held-out samples and fixed latents by which a stage is judged, at most.
const HELD_OUT_ROWS: usize = 2048;
const FIXED_LATENTS: usize = 512;
/// Skipped steps in a row after which the best weights come back and the step size is halved; and how often that may happen.
const SKIPS: usize = 10;
const HALVINGS: usize = 12;

/// Rows `[n, dim]` of an ensemble, and its law.
#[derive(Clone, Copy)]
pub struct Ensemble<'a> {
    /// Rows; empty where no stage needs them.
    pub rows: &'a [f64],
    /// The law they follow.
    pub law: &'a dyn Target,
}

/// What a flow learns from: the ensemble it leads to, and the one it starts from where that is not its prior.
///
/// Both losses have the same form either way: J_KL = E[u(f(z)) - ln|det df/dz|] with z from the prior or from the frames of the source,
/// J_ML = E[u_0(f^-1(x)) - ln|det df^-1/dx|] over samples x, with u_0 = -ln p of the prior or the reduced energy of the source. With
/// both weights above 0 a map between two ensembles is trained from both sides.
#[derive(Clone, Copy)]
pub struct Data<'a> {
    /// Where the flow leads.
    pub target: Ensemble<'a>,
    /// Where it starts; `None` for its prior.
    pub source: Option<Ensemble<'a>>,
}

impl<'a> Data<'a> {
    /// For a generator: samples of the target (empty where no stage uses J_ML), and its law.
    pub fn generator(samples: &'a [f64], law: &'a dyn Target) -> Self {
        Self { target: Ensemble { rows: samples, law }, source: None }
    }
}

/// Rows of an ensemble, in part kept out of training.
#[derive(Default)]
struct Split {
    training: Vec<usize>,
    held_out: Vec<f64>,
}

impl Split {
    fn new(rows: &[f64], dim: usize, held_out: f64, rng: &mut Xoshiro256PlusPlus) -> Result<Self, TrainingError> {
        if !rows.len().is_multiple_of(dim) {
            let found = format!("{} numbers", rows.len() % dim);
            return Err(TrainingError::Sample { row: rows.len() / dim, found, expected: format!("{dim} numbers") });
        }
        if let Some(i) = rows.iter().position(|v| !v.is_finite()) {
            return Err(TrainingError::Sample { row: i / dim, found: rows[i].to_string(), expected: "finite numbers".into() });
        }
        let n = rows.len() / dim;
        if n == 1 {
            return Err(TrainingError::TooFewSamples { found: n });
        }
        let mut training: Vec<usize> = (0..n).collect();
        training.shuffle(rng);
        let kept_out = if n == 0 { 0 } else { ((n as f64 * held_out).round() as usize).clamp(1, n - 1) };
        let held_rows = training.split_off(n - kept_out);
        let held_out = held_rows.iter().take(HELD_OUT_ROWS).flat_map(|&r| &rows[r * dim..(r + 1) * dim]).copied().collect();
        Ok(Self { training, held_out })
    }

    /// Some training rows, drawn with replacement.
    fn draw(&self, rows: &[f64], dim: usize, count: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        let mut drawn = Vec::with_capacity(count * dim);
        for _ in 0..count {
            let row = self.training[rng.random_range(0..self.training.len())];
            drawn.extend_from_slice(&rows[row * dim..(row + 1) * dim]);
        }
        drawn
    }
}

/// A training that goes on step by step.
pub struct Trainer<'a> {
    data: Data<'a>,
    training: &'a Training,
    dim: usize,
    prior: Prior,
    bound: f64,
    operations: Operations,
    samples: Split,
    source: Split,
    /// Fixed rows to judge J_KL by: latents, or frames of the source.
    latents: Vec<f64>,
    prototype: Generator,
    packed: Packed,
    pool: Pool<Tape>,
    state: TrainingState,
}

impl<'a> Trainer<'a> {
    /// Begins to train a copy of `generator`'s weights on `data`.
    ///
    /// # Errors
    ///
    /// If settings or samples cannot be used.
    pub fn new(generator: &Generator, data: Data<'a>, training: &'a Training, seed: u64) -> Result<Self, TrainingError> {
        let state = TrainingState::new(generator, seed);
        let mut trainer = Self::assemble(generator, data, training, state)?;
        let begun = Instant::now();
        if training.stages.iter().any(|s| s.reverse_kl > 0.0) {
            trainer.state.reference = trainer.reference_energy(trainer.data.target);
        }
        if let Some(source) = data.source {
            trainer.state.source_reference = trainer.reference_energy(source);
        }
        trainer.begin_stage();
        trainer.state.seconds += begun.elapsed().as_secs_f64();
        Ok(trainer)
    }

    /// Goes on from `state`, with the same generator (architecture and standardisation), data and settings as before.
    ///
    /// # Errors
    ///
    /// If the state does not fit them.
    pub fn resume(generator: &Generator, data: Data<'a>, training: &'a Training, state: TrainingState) -> Result<Self, TrainingError> {
        let n = generator.n_parameters();
        if [&state.parameters, &state.first, &state.second, &state.best_parameters].iter().any(|v| v.len() != n) {
            let found = format!("{} parameters", state.parameters.len());
            return Err(TrainingError::State { found, expected: format!("{n} parameters") });
        }
        let stages = training.stages.len();
        if state.stage > stages || (state.stage < stages && state.step >= training.stages[state.stage].steps) {
            let found = format!("stage {}, step {}", state.stage, state.step);
            return Err(TrainingError::State { found, expected: format!("a step of the {stages} stages") });
        }
        Self::assemble(generator, data, training, state)
    }

    fn assemble(generator: &Generator, data: Data<'a>, training: &'a Training, state: TrainingState) -> Result<Self, TrainingError> {
        let dim = generator.dim();
        if let Some(p) = training.problems(!data.target.rows.is_empty()).into_iter().next() {
            return Err(TrainingError::Settings { key: p.key, found: p.found, expected: p.expected });
        }
        // A stream of its own, so that the split does not depend on where the training is.
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(state.seed);
        rng.jump();
        let samples = Split::new(data.target.rows, dim, training.held_out, &mut rng)?;
        let source = data.source.map_or(Ok(Split::default()), |source| Split::new(source.rows, dim, training.held_out, &mut rng))?;
        if data.source.is_some() && source.training.is_empty() {
            return Err(TrainingError::TooFewSamples { found: 0 });
        }
        let latents = if data.source.is_some() {
            source.held_out.clone()
        } else {
            let mut latents = vec![0.0; FIXED_LATENTS * dim];
            generator.draw_latent(&mut rng, &mut latents);
            latents
        };
        Ok(Self {
            data,
            training,
            dim,
            prior: generator.prior(),
            bound: generator.architecture().bound(),
            operations: Operations::new(generator.flow().clone()),
            samples,
            source,
            latents,
            prototype: generator.clone(),
            packed: Packed::default(),
            pool: Pool::default(),
            state,
        })
    }

    /// u_0: the median energy of some rows of the ensemble, or the lowest of the flow's first draws.
    fn reference_energy(&mut self, ensemble: Ensemble) -> f64 {
        let dim = self.dim;
        let n = ensemble.rows.len() / dim;
        let rows: Vec<f64> = if n > 0 {
            let stride = n.div_ceil(FIXED_LATENTS);
            ensemble.rows.chunks_exact(dim).step_by(stride).flatten().copied().collect()
        } else {
            self.transform(Direction::Forward, &self.latents.clone()).0
        };
        let (mut u, mut gradient) = (vec![0.0; rows.len() / dim], vec![0.0; rows.len()]);
        EnergyOperation::new(ensemble.law, None, 0.0).evaluate(&rows, dim, &mut u, &mut gradient);
        self.state.energy_evaluations += u.len() as u64;
        u.retain(|u| u.is_finite());
        u.sort_by(f64::total_cmp);
        let at = if n > 0 { u.len() / 2 } else { 0 };
        u.get(at).copied().unwrap_or(0.0)
    }

    /// The energies of the target, regularised.
    fn target_energy(&self, cap: Option<EnergyCap>) -> EnergyOperation<'a> {
        EnergyOperation::new(self.data.target.law, cap, self.state.reference)
    }

    /// The law of the rows that the flow starts from.
    fn start(&self, cap: Option<EnergyCap>) -> Start<'a> {
        match self.data.source {
            None => Start::Prior(self.prior, self.bound),
            Some(source) => Start::Ensemble(EnergyOperation::new(source.law, cap, self.state.source_reference)),
        }
    }

    /// Rows transformed with the parameters as they are, and log-determinants.
    fn transform(&mut self, direction: Direction, rows: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (mut out, mut log_det) = (rows.to_vec(), vec![0.0; rows.len() / self.dim]);
        self.operations.flow().pack(&self.state.parameters, false, &mut self.packed);
        self.operations.flow().apply(&self.packed, direction, &mut out, &mut log_det, &self.pool);
        (out, log_det)
    }

    fn evaluate(&mut self) -> Evaluation {
        let stage = self.training.stages[self.state.stage].clone();
        let mean = |values: &mut dyn Iterator<Item = f64>, n: usize| values.sum::<f64>() / n as f64;
        let likelihood = (!self.samples.held_out.is_empty()).then(|| {
            let (z, log_det) = self.transform(Direction::Inverse, &self.samples.held_out.clone());
            let mut energies = vec![0.0; log_det.len()];
            match self.start(stage.energy_cap) {
                Start::Prior(prior, bound) => {
                    log_prior(prior, bound, self.dim, &z, &mut energies);
                    energies.iter_mut().for_each(|e| *e = -*e);
                }
                Start::Ensemble(energy) => {
                    energy.evaluate(&z, self.dim, &mut energies, &mut vec![0.0; z.len()]);
                    self.state.energy_evaluations += energies.len() as u64;
                }
            }
            mean(&mut energies.iter().zip(&log_det).map(|(e, l)| e - l), log_det.len())
        });
        let divergence = (stage.reverse_kl > 0.0).then(|| {
            let (x, log_det) = self.transform(Direction::Forward, &self.latents.clone());
            let (mut u, mut gradient) = (vec![0.0; log_det.len()], vec![0.0; x.len()]);
            self.target_energy(stage.energy_cap).evaluate(&x, self.dim, &mut u, &mut gradient);
            self.state.energy_evaluations += u.len() as u64;
            mean(&mut u.iter().zip(&log_det).map(|(u, l)| u - l), u.len())
        });
        let part = |weight: f64, value: Option<f64>| if weight > 0.0 { weight * value.unwrap_or(f64::NAN) } else { 0.0 };
        Evaluation {
            stage: self.state.stage,
            step: self.state.step,
            train: (self.state.loss_count > 0).then(|| self.state.loss_sum / self.state.loss_count as f64),
            held_out: part(stage.maximum_likelihood, likelihood) + part(stage.reverse_kl, divergence),
            maximum_likelihood: likelihood,
            reverse_kl: divergence,
        }
    }

    /// Evaluates, remembers the best, and says what was found.
    fn judge(&mut self) -> Evaluation {
        let evaluation = self.evaluate();
        let state = &mut self.state;
        (state.loss_sum, state.loss_count) = (0.0, 0);
        // A comparison with NaN is false: such weights never count as best.
        if evaluation.held_out < state.best_loss {
            state.best_loss = evaluation.held_out;
            state.best_step = state.step;
            state.best_parameters.copy_from_slice(&state.parameters);
            state.since_best = 0;
        } else {
            state.since_best += 1;
        }
        state.losses.push(evaluation.clone());
        evaluation
    }

    fn reset_moments(&mut self) {
        self.state.first.fill(0.0);
        self.state.second.fill(0.0);
        self.state.adam_step = 0;
    }

    fn begin_stage(&mut self) {
        self.state.step = 0;
        (self.state.best_loss, self.state.best_step) = (f64::INFINITY, 0);
        self.state.best_parameters.copy_from_slice(&self.state.parameters);
        (self.state.skipped, self.state.skipped_in_row) = (0, 0);
        (self.state.rate_factor, self.state.halvings) = (1.0, 0);
        self.reset_moments();
        self.judge();
        self.state.since_best = 0;
    }

    fn end_stage(&mut self, stopped_early: bool) {
        let state = &mut self.state;
        state.stages.push(StageReport {
            steps: state.step,
            skipped: state.skipped,
            best_step: state.best_step,
            held_out_loss: state.best_loss,
            stopped_early,
        });
        state.parameters.copy_from_slice(&state.best_parameters);
        state.stage += 1;
        if state.stage < self.training.stages.len() {
            self.begin_stage();
        } else {
            state.step = 0;
        }
    }

    /// Loss and gradient of one batch.
    fn gradient(&mut self, stage: &Stage) -> Result<(f64, Vec<f64>), TrainingError> {
        let (dim, device) = (self.dim, Device::Cpu);
        let parameters = Var::from_slice(&self.state.parameters, self.state.parameters.len(), &device)?;
        let mut loss: Option<Tensor> = None;
        if stage.maximum_likelihood > 0.0 {
            let rows = self.samples.draw(self.data.target.rows, dim, stage.batch, &mut self.state.rng);
            let rows = Tensor::from_vec(rows, (stage.batch, dim), &device)?;
            let part = maximum_likelihood(&self.operations, &self.start(stage.energy_cap), &parameters, &rows)?;
            if self.data.source.is_some() {
                self.state.energy_evaluations += stage.batch as u64;
            }
            loss = Some((part * stage.maximum_likelihood)?);
        }
        if stage.reverse_kl > 0.0 {
            let latents = match self.data.source {
                Some(source) => self.source.draw(source.rows, dim, stage.batch, &mut self.state.rng),
                None => {
                    let mut latents = vec![0.0; stage.batch * dim];
                    self.prototype.draw_latent(&mut self.state.rng, &mut latents);
                    latents
                }
            };
            let latents = Tensor::from_vec(latents, (stage.batch, dim), &device)?;
            let energy = self.target_energy(stage.energy_cap);
            let part = (reverse_kl(&self.operations, &energy, &parameters, &latents)? * stage.reverse_kl)?;
            self.state.energy_evaluations += stage.batch as u64;
            loss = Some(match loss {
                Some(other) => (other + part)?,
                None => part,
            });
        }
        let Some(loss) = loss else { return Ok((0.0, vec![0.0; self.state.parameters.len()])) };
        let value = loss.to_scalar::<f64>()?;
        if !value.is_finite() {
            return Ok((value, Vec::new()));
        }
        let mut gradients = loss.backward()?;
        let gradient = match gradients.remove(&parameters) {
            Some(gradient) => with_numbers(&gradient, <[f64]>::to_vec)?,
            None => vec![0.0; self.state.parameters.len()],
        };
        Ok((value, gradient))
    }

    /// One optimiser step, with an evaluation where one is due; `None` when all stages are done.
    ///
    /// # Errors
    ///
    /// If losses stay infinite or NaN.
    pub fn step(&mut self) -> Result<Option<Progress>, TrainingError> {
        let Some(stage) = self.training.stages.get(self.state.stage).cloned() else { return Ok(None) };
        let begun = Instant::now();
        let (loss, gradient) = self.gradient(&stage)?;
        let length = norm(&gradient);
        let state = &mut self.state;
        if loss.is_finite() && length.is_finite() {
            state.adam_step += 1;
            Adam {
                parameters: &mut state.parameters,
                first: &mut state.first,
                second: &mut state.second,
                gradient: &gradient,
                factor: if length > stage.clip { stage.clip / length } else { 1.0 },
                rate: stage.rate(state.step) * state.rate_factor,
                step: state.adam_step,
            }
            .run();
            state.loss_sum += loss;
            state.loss_count += 1;
            state.skipped_in_row = 0;
        } else {
            state.skipped += 1;
            state.skipped_in_row += 1;
        }
        state.step += 1;
        state.steps += 1;
        if self.state.skipped_in_row >= SKIPS {
            self.step_back()?;
        }
        let last = self.state.step >= stage.steps;
        let due = last || self.state.step.is_multiple_of(self.training.evaluate_every);
        let evaluation = due.then(|| self.judge());
        let mut progress = Progress {
            stage: self.state.stage,
            stages: self.training.stages.len(),
            step: self.state.step,
            steps: stage.steps,
            loss,
            best: self.state.best_loss,
            evaluation,
        };
        if gradient.is_empty() {
            progress.loss = f64::NAN;
        }
        let patient = self.training.patience.is_none_or(|p| self.state.since_best < p);
        if last || !patient {
            self.end_stage(!last);
        }
        self.state.seconds += begun.elapsed().as_secs_f64();
        Ok(Some(progress))
    }

    fn step_back(&mut self) -> Result<(), TrainingError> {
        let state = &mut self.state;
        state.parameters.copy_from_slice(&state.best_parameters);
        state.rate_factor *= 0.5;
        state.halvings += 1;
        state.skipped_in_row = 0;
        if state.halvings > HALVINGS {
            return Err(TrainingError::Diverged { stage: state.stage, step: state.step, rate: state.rate_factor });
        }
        self.reset_moments();
        Ok(())
    }

    /// What is needed to go on later.
    pub fn state(&self) -> &TrainingState {
        &self.state
    }

    /// Gives the best weights to `generator` and tells how it went. Before the end it counts as interrupted.
    pub fn finish(mut self, generator: &mut Generator) -> TrainingReport {
        let interrupted = self.state.stage < self.training.stages.len();
        let state = &mut self.state;
        if interrupted {
            state.stages.push(StageReport {
                steps: state.step,
                skipped: state.skipped,
                best_step: state.best_step,
                held_out_loss: state.best_loss,
                stopped_early: false,
            });
        }
        generator.set_parameters(&state.best_parameters);
        TrainingReport {
            stages: std::mem::take(&mut state.stages),
            losses: std::mem::take(&mut state.losses),
            seconds: state.seconds,
            steps: state.steps,
            best_step: state.best_step,
            held_out_loss: state.best_loss,
            energy_evaluations: state.energy_evaluations,
            interrupted,
        }
    }
}
