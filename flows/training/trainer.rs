//! Training step by step, and the weights that are kept.

use super::adam::{Adam, norm};
use super::data::{Data, Ensemble, Split};
use super::report::{Evaluation, Progress, TrainingReport};
use super::settings::Training;
use super::stage::Stage;
use super::state::{TrainingError, TrainingState};
use crate::direction::Direction;
use crate::generator::Generator;
use crate::objectives::{Batch, EnergyOperation, Loss};
use crate::operation::{Operations, with_numbers};
use crate::prior::LatentLaw;
use candle_core::{Device, Tensor, Var};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::BTreeMap;
use std::time::Instant;

/// Fixed latents by which a stage is judged, and rows from which a typical energy is taken, at most.
const FIXED_LATENTS: usize = 512;
/// Skipped steps in a row after which the best weights come back and the step size is halved; and how often that may happen.
const SKIPS: usize = 10;
const HALVINGS: usize = 12;

/// A training that goes on step by step.
pub struct Trainer<'a> {
    data: Data<'a>,
    training: &'a Training,
    dim: usize,
    law: LatentLaw,
    operations: Operations,
    samples: Split,
    source: Split,
    /// Fixed rows to judge J_KL by: latents, or frames of the source.
    latents: Vec<f64>,
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
        let needs_energy =
            |stage: &Stage| stage.objectives().iter().any(|(weight, objective)| *weight > 0.0 && objective.needs().target_energy);
        if training.stages.iter().any(needs_energy) {
            trainer.state.reference = trainer.reference_energy(trainer.data.target)?;
        }
        if let Some(source) = data.source {
            trainer.state.source_reference = trainer.reference_energy(source)?;
        }
        trainer.begin_stage()?;
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
            law: generator.law.clone(),
            operations: Operations::new(generator.flow.clone()),
            samples,
            source,
            latents,
            state,
        })
    }

    /// u_0: the median energy of some rows of the ensemble, or the lowest of the flow's first draws.
    fn reference_energy(&mut self, ensemble: Ensemble) -> Result<f64, TrainingError> {
        let dim = self.dim;
        let n = ensemble.rows.len() / dim;
        let rows: Vec<f64> = if n > 0 {
            let stride = n.div_ceil(FIXED_LATENTS);
            ensemble.rows.chunks_exact(dim).step_by(stride).flatten().copied().collect()
        } else {
            let parameters = Tensor::from_slice(&self.state.parameters, self.state.parameters.len(), &Device::Cpu)?;
            let latents = Tensor::from_slice(&self.latents, (self.latents.len() / dim, dim), &Device::Cpu)?;
            let joined = parameters.apply_op2(&latents, self.operations.without_tape().operation(Direction::Forward))?;
            with_numbers(&joined, |rows| rows.chunks_exact(dim + 1).flat_map(|row| &row[..dim]).copied().collect())?
        };
        let (mut u, mut gradient) = (vec![0.0; rows.len() / dim], vec![0.0; rows.len()]);
        EnergyOperation::new(ensemble.law, None, 0.0).evaluate(&rows, dim, &mut u, &mut gradient);
        self.state.energy_evaluations += u.len() as u64;
        u.retain(|u| u.is_finite());
        u.sort_by(f64::total_cmp);
        let at = if n > 0 { u.len() / 2 } else { 0 };
        Ok(u.get(at).copied().unwrap_or(0.0))
    }

    /// A batch of these rows for one objective, with the energies at both ends, regularised as in a stage.
    fn batch(&self, stage: &Stage, samples: Option<Vec<f64>>, starts: Option<Vec<f64>>) -> Result<Batch<'_>, TrainingError> {
        let rows =
            |rows: Option<Vec<f64>>| rows.map(|rows| Tensor::from_vec(rows.clone(), (rows.len() / self.dim, self.dim), &Device::Cpu));
        let start_energy = match self.data.source {
            None => EnergyOperation::new(&self.law, None, 0.0),
            Some(source) => EnergyOperation::new(source.law, stage.energy_cap, self.state.source_reference),
        };
        let target_energy = EnergyOperation::new(self.data.target.law, stage.energy_cap, self.state.reference);
        Ok(Batch { samples: rows(samples).transpose()?, starts: rows(starts).transpose()?, start_energy, target_energy })
    }

    /// What a loss cost, in energies of ensembles.
    fn count(&mut self, loss: &Loss) {
        let starts = if self.data.source.is_some() { loss.start_energies } else { 0 };
        self.state.energy_evaluations += (starts + loss.target_energies) as u64;
    }

    /// The losses on the rows that are kept out of training: of the stage's objectives, and of those that need samples alone.
    fn evaluate(&mut self) -> Result<Evaluation, TrainingError> {
        let stage = self.training.stages[self.state.stage].clone();
        let operations = self.operations.without_tape();
        let parameters = Tensor::from_slice(&self.state.parameters, self.state.parameters.len(), &Device::Cpu)?;
        let mut objectives = BTreeMap::new();
        let mut held_out = 0.0;
        for (weight, objective) in stage.objectives() {
            let needs = objective.needs();
            let for_nothing = !needs.starts && !needs.target_energy;
            let has_rows = !needs.samples || !self.samples.held_out.is_empty();
            if !has_rows || (weight == 0.0 && !for_nothing) {
                continue;
            }
            let samples = needs.samples.then(|| self.samples.held_out.clone());
            let starts = needs.starts.then(|| self.latents.clone());
            let loss = objective.loss(&operations, &parameters, &self.batch(&stage, samples, starts)?)?;
            self.count(&loss);
            let value = loss.value.to_scalar::<f64>()?;
            objectives.insert(objective.name().to_string(), value);
            held_out += if weight > 0.0 { weight * value } else { 0.0 };
        }
        let train = (self.state.loss_count > 0).then(|| self.state.loss_sum / self.state.loss_count as f64);
        Ok(Evaluation { stage: self.state.stage, step: self.state.step, train, held_out, objectives })
    }

    /// Evaluates, remembers the best, and says what was found.
    fn judge(&mut self) -> Result<Evaluation, TrainingError> {
        let evaluation = self.evaluate()?;
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
        Ok(evaluation)
    }

    fn reset_moments(&mut self) {
        self.state.first.fill(0.0);
        self.state.second.fill(0.0);
        self.state.adam_step = 0;
    }

    fn begin_stage(&mut self) -> Result<(), TrainingError> {
        self.state.step = 0;
        (self.state.best_loss, self.state.best_step) = (f64::INFINITY, 0);
        self.state.best_parameters.copy_from_slice(&self.state.parameters);
        (self.state.skipped, self.state.skipped_in_row) = (0, 0);
        (self.state.bad_rows, self.state.rows) = (0, 0);
        (self.state.rate_factor, self.state.halvings) = (1.0, 0);
        self.reset_moments();
        self.judge()?;
        self.state.since_best = 0;
        Ok(())
    }

    fn end_stage(&mut self, stopped_early: bool) -> Result<(), TrainingError> {
        let state = &mut self.state;
        state.stages.push(state.stage_report(stopped_early));
        state.parameters.copy_from_slice(&state.best_parameters);
        state.stage += 1;
        if state.stage < self.training.stages.len() {
            self.begin_stage()?;
        } else {
            state.step = 0;
        }
        Ok(())
    }

    /// Rows to train on where the flow starts: of the source, or fresh ones of the prior.
    fn draw_starts(&mut self, count: usize) -> Vec<f64> {
        match self.data.source {
            Some(source) => self.source.draw(source.rows, self.dim, count, &mut self.state.rng),
            None => {
                let mut latents = vec![0.0; count * self.dim];
                self.law.draw(&mut self.state.rng, &mut latents);
                latents
            }
        }
    }

    /// Loss and gradient of one batch, each objective on rows of its own; no gradient where the loss is not finite.
    fn gradient(&mut self, stage: &Stage) -> Result<(f64, Vec<f64>), TrainingError> {
        let parameters = Var::from_slice(&self.state.parameters, self.state.parameters.len(), &Device::Cpu)?;
        let mut total: Option<Tensor> = None;
        for (weight, objective) in stage.objectives().into_iter().filter(|(weight, _)| *weight > 0.0) {
            let needs = objective.needs();
            let samples = needs.samples.then(|| self.samples.draw(self.data.target.rows, self.dim, stage.batch, &mut self.state.rng));
            let starts = needs.starts.then(|| self.draw_starts(stage.batch));
            let loss = objective.loss(&self.operations, &parameters, &self.batch(stage, samples, starts)?)?;
            self.count(&loss);
            self.state.bad_rows += loss.bad_rows as u64;
            self.state.rows += loss.rows as u64;
            let part = (loss.value * weight)?;
            total = Some(match total {
                Some(other) => (other + part)?,
                None => part,
            });
        }
        let Some(loss) = total else { return Ok((0.0, vec![0.0; self.state.parameters.len()])) };
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
        let evaluation = due.then(|| self.judge()).transpose()?;
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
            self.end_stage(!last)?;
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
            state.stages.push(state.stage_report(false));
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
