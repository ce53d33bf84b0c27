//! How much walkers remember of where they started: whether those that start alike have become independent.

use crate::build::Built;
use mcflow_engine::observers::state_of;
use mcflow_engine::{Neighbourhood, Simulation};
use mcflow_potentials::{Configuration, Term};
use serde::Serialize;

/// Walkers of a rung that are looked at, at most.
const MOST_WALKERS: usize = 16;
/// Above this, two starts are the same arrangement.
const ALIKE: f64 = 0.8;

/// The memory of the walkers of a rung at the end of production.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StartMemory {
    /// Walkers looked at.
    pub walkers: usize,
    /// Mean over them of the neighbours in the start that are neighbours still, beyond those by chance: 1 for all, 0 for an arrangement that
    /// knows nothing of the first ([`Neighbourhood::kept`]).
    pub neighbours_kept: f64,
    /// Whether all of them that started in one state started in one arrangement.
    pub started_alike: bool,
}

/// The memory of each rung; empty for systems whose particles are held in place, or do not wander among each other at all.
pub fn start_memory(built: &Built, simulation: &Simulation) -> Vec<StartMemory> {
    let plan = simulation.plan();
    let Some(wanderers) = Wanderers::of(built) else { return Vec::new() };
    let replicas = &simulation.ladder().exchanges.replicas;
    let walkers: Vec<&Configuration> = simulation.ladder().walkers().map(|walker| &walker.state.configuration).collect();
    let of = |rung: usize| {
        let place = plan.walkers(rung);
        let stride = place.len().div_ceil(MOST_WALKERS).max(1);
        // The neighbours of each start that differs from those before it, with the state it is in.
        let mut starts: Vec<(&Configuration, Option<usize>, Neighbourhood)> = Vec::new();
        let (mut kept, mut count, mut alike) = (0.0, 0, true);
        for walker in place.step_by(stride) {
            // A replica takes its history along when it changes the rung.
            let start = &plan.starts[replicas[walker] as usize];
            let known = match starts.iter().position(|(known, ..)| *known == start) {
                Some(known) => known,
                None => {
                    let state = state_of(&plan.states, start);
                    let neighbourhood = wanderers.neighbourhood(start)?;
                    alike &= starts.iter().filter(|(_, of, _)| *of == state).all(|(_, _, other)| other.kept(start) > ALIKE);
                    starts.push((start, state, neighbourhood));
                    starts.len() - 1
                }
            };
            kept += starts[known].2.kept(walkers[walker]);
            count += 1;
        }
        Some(StartMemory { walkers: count, neighbours_kept: kept / f64::from(count as u32), started_alike: alike })
    };
    (0..plan.rungs.len()).map(of).collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// Particles that are free to change places with others.
struct Wanderers {
    particles: Vec<usize>,
    /// The molecule of each particle: what is bound to each other never parts.
    molecule: Vec<usize>,
}

impl Wanderers {
    /// Those of an input; `None` where particles have no one to wander among (no interaction of all pairs, a line, a few of them) or belong to
    /// fixed places (restraints, landscapes of single particles).
    fn of(built: &Built) -> Option<Self> {
        let n = built.plan.particles.n();
        let mut molecule: Vec<usize> = (0..n).collect();
        let mut restrained = vec![false; n];
        let mut pairs = false;
        for term in &built.input.system.potential {
            match term {
                Term::LennardJones(_) | Term::Wca(_) | Term::SoftRepulsion(_) | Term::TabulatedPair(_) => pairs = true,
                Term::HarmonicRestraint(term) => match &term.particles {
                    Some(particles) => particles.iter().for_each(|&i| restrained[i] = true),
                    None => return None,
                },
                Term::HarmonicBonds(term) => term.bonds.iter().for_each(|bond| bind(&mut molecule, *bond)),
                Term::FeneBonds(term) => term.bonds.iter().for_each(|bond| bind(&mut molecule, *bond)),
                Term::BistableDimer(term) => bind(&mut molecule, term.particles),
                Term::Walls(_) | Term::SphericalWall(_) | Term::CentreTether(_) => {}
                Term::HarmonicAngles(_) | Term::PeriodicDihedrals(_) | Term::DoubleWellPair(_) => {}
                Term::DoubleWell(_) | Term::MuellerBrown(_) | Term::WolfeQuapp(_) | Term::TripleWell(_) => return None,
                Term::CoupledWells(_) | Term::Ring(_) | Term::PhiFourChain(_) => return None,
            }
        }
        for particle in 0..n {
            molecule[particle] = root(&mut molecule, particle);
        }
        let particles = (0..n).filter(|&i| !restrained[i]).collect();
        // On a line nobody passes anybody, whatever the sampling.
        (pairs && built.plan.starts[0].cell.dimension() > 1).then_some(Self { particles, molecule })
    }

    fn neighbourhood(&self, start: &Configuration) -> Option<Neighbourhood> {
        Neighbourhood::of(start, &self.particles, |i, j| self.molecule[i] == self.molecule[j])
    }
}

/// Makes two molecules one: each is a tree of particles that know one nearer to its root.
fn bind(molecule: &mut [usize], [first, second]: [usize; 2]) {
    let roots = [first, second].map(|particle| root(molecule, particle));
    molecule[roots[0].max(roots[1])] = roots[0].min(roots[1]);
}

fn root(molecule: &mut [usize], mut particle: usize) -> usize {
    while molecule[particle] != particle {
        molecule[particle] = molecule[molecule[particle]];
        particle = molecule[particle];
    }
    particle
}
