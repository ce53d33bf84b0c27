//! Several walkers of a small system in lanes: one walker an element.

use super::Integrator;
use super::segment::{Advance, KickWork};
use super::trajectory_steps;
use crate::chain::walker::{Environment, Walker};
use crate::chain::{Change, OnReject, Proposal};
use crate::random::normals::LaneStreams;
use mcflow_base::{Aligned, Kernel, Lane, dispatch};
use mcflow_potentials::{Block, Cell, PotentialSum, Precision, Vectors};

/// The states of a group of walkers in one fixed cell, number `k` of walker `l` at `k * width + l`, and the buffer proposals are made in.
///
/// While a walker is in here its own state lags behind, but for the energy. Each walker draws from its own stream what it would draw
/// alone, in the same order, so what becomes of it does not depend on its company but for rounding. Elements beyond the last walker
/// repeat it and are discarded. Forces are f64 here, whatever precision is asked for: f32 would not fill wider lanes.
pub struct Replicas {
    state: Phase,
    other: Phase,
    coordinates: Coordinates,
    streams: LaneStreams,
    /// A normal number a coordinate and walker.
    noise: Vec<f64>,
    /// Change of kinetic energy by the kicks, [`KickWork::SUMS`] sums a walker.
    kinetic: Vec<f64>,
    /// 1 for walkers whose proposal was accepted, else 0.
    accepted: Vec<f64>,
}

/// What an [`Integrator`] knows of each coordinate, repeated for each walker.
struct Coordinates {
    inverse_masses: Vec<f64>,
    spreads: Vec<f64>,
}

/// Points of phase space side by side.
struct Phase {
    /// Positions, energies and gradients.
    block: Block,
    momenta: Aligned,
    /// Whether the gradients belong to the positions.
    current: bool,
}

impl Phase {
    fn new(potential: &PotentialSum) -> Self {
        let block = potential.block(true);
        Self { momenta: Aligned::zeros(block.positions.len()), block, current: false }
    }

    fn copy_from(&mut self, other: &Self) {
        self.block.positions.copy_from_slice(&other.block.positions);
        self.block.gradients.copy_from_slice(&other.block.gradients);
        self.momenta.copy_from_slice(&other.momenta);
        self.current = other.current;
    }

    fn evaluate(&mut self, potential: &PotentialSum, cell: &Cell, energies: bool) {
        self.block.wants_energies = energies;
        potential.evaluate_block(cell, &mut self.block);
        self.current = true;
    }
}

impl Replicas {
    /// Walkers of a group on this processor.
    pub fn width() -> usize {
        dispatch(Width)
    }

    /// Whether `walkers` of a group are faster together than one after the other.
    ///
    /// Together they cost what a full group costs, at all pairs. Alone, lanes go to partners: half as well used for few particles, and
    /// with a cutoff only near pairs are looked at. Measured: Lennard-Jones, 13 particles in open space and 108 with a cutoff of 2.5.
    pub fn pay(walkers: usize, potential: &PotentialSum, n: usize) -> bool {
        2 * walkers >= Self::width() && (potential.cutoff().is_none() || 30 * walkers >= n)
    }

    /// Room for a group of walkers.
    pub fn new(environment: &Environment, integrator: &Integrator) -> Self {
        let (state, other) = (Phase::new(&environment.potential), Phase::new(&environment.potential));
        let width = state.block.width;
        let repeated = |values: &[f64]| values.iter().flat_map(|&value| std::iter::repeat_n(value, width)).collect();
        let coordinates = Coordinates { inverse_masses: repeated(&integrator.inverse_masses), spreads: repeated(&integrator.spreads) };
        let (streams, noise) = (LaneStreams::new(width), vec![0.0; state.momenta.len()]);
        Self { coordinates, streams, noise, kinetic: vec![0.0; width * KickWork::SUMS], accepted: vec![0.0; width], state, other }
    }

    /// Plain dynamics: `steps` steps of each walker.
    pub fn run(&mut self, integrator: &Integrator, steps: usize, walkers: &mut [Walker], environment: &Environment) {
        self.gather(integrator, walkers, environment);
        self.state.advance(integrator, steps, &self.coordinates, &mut self.streams, &mut self.noise, None, walkers, environment);
        for (walker, &energy) in walkers.iter_mut().zip(&self.state.block.energies[..]) {
            walker.state.energy = energy;
        }
        self.scatter(walkers);
    }

    /// Metropolized steps: [`MetropolizedStep`](crate::moves::MetropolizedStep), `attempts` times in each walker.
    pub fn metropolized(
        &mut self,
        integrator: &Integrator,
        attempts: usize,
        walkers: &mut [Walker],
        entry: usize,
        environment: &Environment,
    ) {
        self.gather(integrator, walkers, environment);
        for _ in 0..attempts {
            self.other.copy_from(&self.state);
            self.propose(integrator, 1, walkers, environment);
            self.decide(OnReject::FlipMomenta, walkers, entry, environment);
        }
        self.scatter(walkers);
    }

    /// Trajectories with fresh momenta: [`Hmc`](crate::moves::HmcTrajectory), `attempts` times in each walker, of `steps` steps in the mean.
    pub fn hmc(
        &mut self,
        integrator: &Integrator,
        steps: usize,
        attempts: usize,
        walkers: &mut [Walker],
        entry: usize,
        environment: &Environment,
    ) {
        self.gather(integrator, walkers, environment);
        for _ in 0..attempts {
            self.other.copy_from(&self.state);
            self.streams.fill_normals(walkers, |walker| &mut walker.random, &mut self.other.momenta);
            self.other.momenta.iter_mut().zip(&self.coordinates.spreads).for_each(|(p, spread)| *p *= spread);
            // Walkers of a rung have tried equally often.
            let steps = trajectory_steps(steps, entry, walkers[0].tallies[entry].attempted);
            self.propose(integrator, steps, walkers, environment);
            // The momenta of the state take no part.
            self.other.momenta.copy_from_slice(&self.state.momenta);
            self.decide(OnReject::Keep, walkers, entry, environment);
        }
        self.scatter(walkers);
    }

    fn propose(&mut self, integrator: &Integrator, steps: usize, walkers: &mut [Walker], environment: &Environment) {
        self.kinetic.fill(0.0);
        let Self { other, coordinates, streams, noise, kinetic, .. } = self;
        other.advance(integrator, steps, coordinates, streams, noise, Some(kinetic), walkers, environment);
    }

    /// Lets each walker judge its element of `other`, then takes the accepted ones over.
    ///
    /// A position can only become infinite after a momentum, hence after a kick, whose infinite change of kinetic energy rejects.
    fn decide(&mut self, on_reject: OnReject, walkers: &mut [Walker], entry: usize, environment: &Environment) {
        let beta = environment.thermodynamic_state.beta;
        for (lane, walker) in walkers.iter_mut().enumerate() {
            if environment.mutant.is_some() {
                // A mutant may look at all of the state.
                self.state.store(lane, walker);
            }
            let kinetic_change: f64 = self.kinetic[lane..].iter().step_by(self.accepted.len()).sum();
            let log_q_ratio = -beta * kinetic_change;
            let mut proposal = Proposal { change: Change::Whole, energy: self.other.block.energies[lane], log_q_ratio, on_reject };
            let volume = walker.state.volume();
            let accepted = walker.judge(&mut proposal, (volume, volume), entry, environment);
            if accepted {
                walker.state.energy = proposal.energy;
            }
            self.accepted[lane] = f64::from(u8::from(accepted));
        }
        let last = walkers.len() - 1;
        let repeated = self.accepted[last];
        self.accepted[last..].fill(repeated);
        if self.accepted.iter().all(|&accepted| accepted == 1.0) {
            std::mem::swap(&mut self.state, &mut self.other);
            return;
        }
        let sign_rejected = if on_reject == OnReject::FlipMomenta { -1.0 } else { 1.0 };
        let (state, other) = (&mut self.state, &self.other);
        // Of two points with different knowledge only what both know is kept.
        state.current &= other.current;
        let pairs = [
            (&mut state.block.positions, &other.block.positions, 1.0),
            (&mut state.block.gradients, &other.block.gradients, 1.0),
            (&mut state.momenta, &other.momenta, sign_rejected),
        ];
        for (target, source, sign_rejected) in pairs {
            dispatch(Take { accepted: &self.accepted, target, source, sign_rejected });
        }
    }

    /// The walkers' states into the elements.
    fn gather(&mut self, integrator: &Integrator, walkers: &[Walker], environment: &Environment) {
        let (width, state) = (self.accepted.len(), &mut self.state);
        state.current = walkers.iter().all(|walker| walker.state.current_forces == Some(Precision::Double));
        for lane in 0..width {
            let walker = &walkers[lane.min(walkers.len() - 1)].state;
            put(walker.configuration.positions.row(), 1.0, &mut state.block.positions, width, lane);
            put(walker.momenta.row(), 1.0, &mut state.momenta, width, lane);
            if state.current {
                put(walker.forces.row(), -1.0, &mut state.block.gradients, width, lane);
            }
        }
        if integrator.starts_with_forces() && !state.current {
            state.evaluate(&environment.potential, &walkers[0].state.configuration.cell, true);
        }
    }

    /// The elements back into the walkers' states.
    fn scatter(&mut self, walkers: &mut [Walker]) {
        for (lane, walker) in walkers.iter_mut().enumerate() {
            self.state.store(lane, walker);
            walker.workspace.positions_changed();
        }
    }
}

impl Phase {
    /// An element into a walker's state; the energy is the walker's business.
    fn store(&self, lane: usize, walker: &mut Walker) {
        let (width, state) = (self.block.width, &mut walker.state);
        take(&self.block.positions, width, lane, 1.0, &mut state.configuration.positions);
        take(&self.momenta, width, lane, 1.0, &mut state.momenta);
        state.current_forces = self.current.then_some(Precision::Double);
        if self.current {
            take(&self.block.gradients, width, lane, -1.0, &mut state.forces);
        }
        state.virial = None;
    }

    /// Steps of all walkers in place: the energies of the block are those of the end points afterwards.
    fn advance(
        &mut self,
        integrator: &Integrator,
        steps: usize,
        coordinates: &Coordinates,
        streams: &mut LaneStreams,
        noise: &mut [f64],
        mut kinetic: Option<&mut [f64]>,
        walkers: &mut [Walker],
        environment: &Environment,
    ) {
        let Coordinates { inverse_masses, spreads } = coordinates;
        let mut stages = integrator.stages(steps).peekable();
        while let Some(stage) = stages.next() {
            if stage.needs_forces && !self.current {
                // Only the last forces are those of the end point, where the energy is wanted.
                self.evaluate(&environment.potential, &walkers[0].state.configuration.cell, stages.peek().is_none());
            }
            for &segment in &stage.segments {
                if segment.noise.is_some() {
                    streams.fill_normals(walkers, |walker| &mut walker.random, noise);
                }
                let (positions, forces, momenta) = (&mut self.block.positions, &self.block.gradients, &mut self.momenta);
                if let (Some(kick), Some(sums)) = (segment.kick, kinetic.as_deref_mut()) {
                    dispatch(KickWork { kick: -kick, momenta, forces, inverse_masses, sums });
                }
                dispatch(Advance { segment, sign: -1.0, positions, momenta, forces, noise, inverse_masses, spreads });
            }
            self.current &= !stage.drifts;
        }
        if !self.current {
            self.evaluate(&environment.potential, &walkers[0].state.configuration.cell, true);
        }
    }
}

fn put(row: &[f64], sign: f64, block: &mut [f64], width: usize, lane: usize) {
    block[lane..].iter_mut().step_by(width).zip(row).for_each(|(target, value)| *target = sign * value);
}

fn take(block: &[f64], width: usize, lane: usize, sign: f64, vectors: &mut Vectors) {
    vectors.row_mut().iter_mut().zip(block[lane..].iter().step_by(width)).for_each(|(target, value)| *target = sign * value);
}

/// Elements of a lane.
struct Width;

impl Kernel for Width {
    type Output = usize;
    #[inline(always)]
    fn run<L: Lane>(self) -> usize {
        L::WIDTH
    }
}

/// `target` becomes `source` in the accepted elements, and itself with a sign in the others.
struct Take<'a> {
    accepted: &'a [f64],
    target: &'a mut [f64],
    source: &'a [f64],
    sign_rejected: f64,
}

impl Kernel for Take<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let (rejected, sign) = (L::splat(0.5), L::splat(self.sign_rejected));
        for (target, source) in self.target.chunks_exact_mut(L::WIDTH).zip(self.source.chunks_exact(L::WIDTH)) {
            let kept = L::load(target) * sign;
            L::load(self.accepted).select_lt(rejected, kept, L::load(source)).store(target);
        }
    }
}

#[cfg(test)]
#[path = "tests_replicas.rs"]
mod tests;
