//! A walker: one Markov chain's state, and the only way to change it.

use crate::chain::accept::metropolis_hastings;
use crate::chain::microstate::Microstate;
use crate::chain::thermodynamics::ThermodynamicState;
use crate::charts::Element;
use crate::moves::{Change, Move, OnReject, Proposal, Tally};
use crate::random::Random;
use mcflow_potentials::{Evaluation, Moved, Particles, PotentialSum, Workspace, WorkspaceState};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What all walkers of a rung share.
#[derive(Clone)]
pub struct Environment {
    /// The potential energy.
    pub potential: Arc<PotentialSum>,
    /// What the particles are.
    pub particles: Arc<Particles>,
    /// The target distribution.
    pub thermodynamic_state: ThermodynamicState,
    /// The longest edge of a cell over its shortest, the largest of those in which walkers start; infinite where it bounds nothing.
    pub start_aspect: f64,
    /// Breaks every proposal before it is decided: how tests make mutants of all moves alike. `None` in every run.
    pub mutant: Option<fn(&mut Proposal, &Microstate)>,
}

impl Environment {
    /// What walkers share that sample exp(-beta (U + p V)) of this potential energy, with beta and p of `thermodynamic_state`.
    pub fn new(potential: &PotentialSum, particles: &Particles, thermodynamic_state: ThermodynamicState) -> Self {
        Self {
            potential: Arc::new(potential.clone()),
            particles: Arc::new(particles.clone()),
            thermodynamic_state,
            start_aspect: f64::INFINITY,
            mutant: None,
        }
    }

    /// The same, with every proposal broken by `mutant` before it is decided: for tests of tests.
    #[must_use]
    pub fn with_mutant(mut self, mutant: Option<fn(&mut Proposal, &Microstate)>) -> Self {
        self.mutant = mutant;
        self
    }
}

/// Everything a move may change while it proposes: the second buffer, the lists of the potential, the random numbers.
pub struct Scratch<'a> {
    /// The other phase-space point; a [`Change::Whole`] says that it holds the proposal.
    pub other: &'a mut Microstate,
    /// Neighbour lists and the like.
    pub workspace: &'a mut Workspace,
    /// The walker's stream.
    pub random: &'a mut Random,
    /// Room for a normal number a coordinate.
    pub noise: &'a mut [f64],
    /// Particles and places; a [`Change::Some`] says that they are the proposal.
    pub moved: &'a mut Vec<Moved>,
}

/// One chain: its state, a second buffer of the same shape, the workspace of its potential, its random numbers and its counts.
pub struct Walker {
    /// The state of the chain.
    pub state: Microstate,
    /// The buffer proposals are made in.
    pub other: Microstate,
    /// What the potential remembers for this walker.
    pub workspace: Workspace,
    /// This walker's stream of random numbers.
    pub random: Random,
    /// Counts of each entry of the sweep.
    pub tallies: Vec<Tally>,
    /// Counts of each entry by the way that it went, where it has several; an entry makes room for them when it first goes one.
    pub ways: Vec<Vec<Tally>>,
    /// Room for a normal number a coordinate; what it holds means nothing between moves.
    pub noise: Vec<f64>,
    /// Room for particles that are to move together; what it holds means nothing between moves.
    pub moved: Vec<Moved>,
}

/// A walker as a checkpoint stores it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WalkerState {
    state: Microstate,
    workspace: WorkspaceState,
    random: Random,
    tallies: Vec<Tally>,
    ways: Vec<Vec<Tally>>,
}

impl Walker {
    /// A walker at `state`, whose energy is computed here; `tallies` is the number of entries of its sweep.
    pub fn new(mut state: Microstate, random: Random, tallies: usize, potential: &PotentialSum) -> Self {
        let mut workspace = potential.workspace();
        state.evaluate_energy(potential, &mut workspace);
        let noise = vec![0.0; state.degrees_of_freedom()];
        Self {
            other: state.clone(),
            state,
            workspace,
            random,
            tallies: vec![Tally::default(); tallies],
            ways: vec![Vec::new(); tallies],
            noise,
            moved: Vec::new(),
        }
    }

    /// Proposes once by `a_move`, decides, and counts under `entry`.
    #[inline]
    pub fn attempt(&mut self, a_move: &impl Move, entry: usize, environment: &Environment) {
        let Self { other, workspace, random, noise, moved, .. } = self;
        let mut scratch = Scratch { other, workspace, random, noise, moved };
        let proposal = a_move.propose(&self.state, environment, &mut scratch);
        self.decide(proposal, entry, environment);
    }

    /// Accepts or rejects `proposal` (`None` is infeasible and counts as a rejection) and counts under `entry`.
    ///
    /// Returns whether it was accepted.
    pub fn decide(&mut self, proposal: Option<Proposal>, entry: usize, environment: &Environment) -> bool {
        let Some(mut proposal) = proposal else {
            let tally = &mut self.tallies[entry];
            tally.count(0.0);
            tally.infeasible += 1;
            return false;
        };
        let volume = self.state.volume();
        let volume_after = if let Change::Whole = proposal.change { self.other.volume() } else { volume };
        let accepted = self.judge(&mut proposal, (volume, volume_after), entry, environment);
        if accepted {
            self.apply(proposal, &environment.potential);
        } else if proposal.on_reject == OnReject::FlipMomenta {
            self.state.flip_momenta();
        }
        accepted
    }

    /// Judges a feasible proposal by the accept rule and counts under `entry`; `volumes` are those before and after.
    ///
    /// Of the state only the energy is read, by the rule, and whatever a mutant looks at. The state is not changed: that is for the
    /// caller, [`Walker::decide`], or [`Replicas`](crate::dynamics) where the states of several walkers are in lanes.
    pub(crate) fn judge(&mut self, proposal: &mut Proposal, volumes: (f64, f64), entry: usize, environment: &Environment) -> bool {
        if let Some(mutate) = environment.mutant {
            mutate(proposal, &self.state);
        }
        let target = environment.thermodynamic_state;
        let delta_u = target.reduced_energy_change((self.state.energy, volumes.0), (proposal.energy, volumes.1));
        let verdict = metropolis_hastings(delta_u, proposal.log_q_ratio, &mut self.random);
        let tally = &mut self.tallies[entry];
        tally.count(verdict.probability);
        tally.non_finite += u64::from(!verdict.finite);
        tally.accepted += u64::from(verdict.accepted);
        verdict.accepted
    }

    /// Adds counts of an entry to those of one of its ways.
    pub(crate) fn count_way(&mut self, entry: usize, way: usize, counts: &Tally) {
        let ways = &mut self.ways[entry];
        if ways.len() <= way {
            ways.resize(way + 1, Tally::default());
        }
        ways[way].add(counts);
    }

    /// Forgets all counts.
    pub(crate) fn reset_tallies(&mut self) {
        self.tallies.fill(Tally::default());
        self.ways.iter_mut().for_each(|ways| ways.fill(Tally::default()));
    }

    /// Puts a row of positions into the other buffer, the rest of which becomes that of the state: a proposal that keeps cell and momenta.
    pub fn propose_positions(&mut self, row: &[f64]) {
        self.other.configuration.positions.row_mut().copy_from_slice(row);
        self.other.configuration.cell.clone_from(&self.state.configuration.cell);
        self.other.momenta.copy_from(&self.state.momenta);
        self.other.virial = None;
        self.other.current_forces = None;
    }

    /// Takes the momenta of the other buffer along to the image that positions were replaced by: the element that led these there acts on both.
    pub(crate) fn relabel_proposed_momenta(&mut self, element: Option<&Element>) {
        if let Some(element) = element {
            self.other.momenta.row_mut().copy_from_slice(&element.image(self.state.momenta.row()));
        }
    }

    /// Other positions, with their energy, in place of the present ones; momenta stay.
    pub(crate) fn take_positions(&mut self, row: &[f64], energy: f64) {
        self.state.configuration.positions.row_mut().copy_from_slice(row);
        self.state.energy = energy;
        self.state.virial = None;
        self.state.current_forces = None;
        self.workspace.positions_changed();
    }

    /// Another potential of the same terms, in which the present positions have this energy and virial. Energies of particles that the
    /// workspace keeps are forgotten: those of a term that was all but off here may have lost their digits.
    pub(crate) fn take_potential(&mut self, evaluation: Evaluation) {
        self.state.energy = evaluation.energy;
        self.state.virial = Some(evaluation.virial);
        self.state.current_forces = None;
        self.workspace.positions_changed();
    }

    fn apply(&mut self, proposal: Proposal, potential: &PotentialSum) {
        match proposal.change {
            Change::Particle { index, to } => {
                self.move_particles(&[Moved { particle: index, to }], proposal.energy, potential);
            }
            Change::Some => {
                let moved = std::mem::take(&mut self.moved);
                self.move_particles(&moved, proposal.energy, potential);
                self.moved = moved;
            }
            Change::Whole => {
                std::mem::swap(&mut self.state, &mut self.other);
                self.state.energy = proposal.energy;
                self.workspace.positions_changed();
            }
        }
    }

    /// Puts particles elsewhere, where the energy is then this one.
    fn move_particles(&mut self, moved: &[Moved], energy: f64, potential: &PotentialSum) {
        potential.moves(&self.state.configuration, &mut self.workspace, moved);
        moved.iter().for_each(|one| self.state.configuration.positions.set(one.particle, one.to));
        self.state.energy = energy;
        self.state.virial = None;
        self.state.current_forces = None;
    }

    /// Recomputes the energy and puts it in place of the running one; returns the relative difference of the two.
    ///
    /// Where the virial is known, the energy was computed with it, from these positions: then there is nothing to do.
    pub fn refresh_energy(&mut self, potential: &PotentialSum) -> f64 {
        if self.state.virial.is_some() {
            return 0.0;
        }
        let running = self.state.energy;
        self.state.evaluate_energy(potential, &mut self.workspace);
        (running - self.state.energy).abs() / self.state.energy.abs().max(1.0)
    }

    /// What a checkpoint needs.
    pub fn stored(&self) -> WalkerState {
        WalkerState {
            state: self.state.clone(),
            workspace: self.workspace.state(),
            random: self.random.clone(),
            tallies: self.tallies.clone(),
            ways: self.ways.clone(),
        }
    }

    /// The walker that [`Walker::stored`] described: it goes on to the same bytes.
    pub fn restored(stored: &WalkerState, potential: &PotentialSum) -> Self {
        let mut workspace = potential.workspace();
        workspace.restore(&stored.workspace, potential);
        Self {
            state: stored.state.clone(),
            other: stored.state.clone(),
            workspace,
            random: stored.random.clone(),
            tallies: stored.tallies.clone(),
            ways: stored.ways.clone(),
            noise: vec![0.0; stored.state.degrees_of_freedom()],
            moved: Vec::new(),
        }
    }
}
