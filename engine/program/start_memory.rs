//! What a configuration remembers of another: neighbours that are neighbours still.

use crate::ladder::Ladder;
use crate::observers::state_of;
use crate::plan::{Plan, Wanderers};
use mcflow_potentials::Configuration;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Neighbours are pairs whose distance is at most this many times the distance to the nearest of all.
const NEIGHBOUR: f64 = 1.25;
/// They are so no longer beyond this many times the nearest distance: further than vibrations take them, nearer than the second shell.
const BROKEN: f64 = 1.4;
/// Particles looked at, at most, and distances computed for them.
const MOST_PARTICLES: usize = 256;
const MOST_DISTANCES: usize = 500_000;
/// Fewer pairs of neighbours say nothing.
const FEWEST_PAIRS: usize = 12;

/// Walkers of a rung that are looked at, at most, and starts that are compared.
const MOST_WALKERS: usize = 16;
const MOST_STARTS: usize = 64;
/// Above this, two starts are the same arrangement.
const ALIKE: f64 = 0.8;

/// What walkers remember of their start at a time of production.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// Sweeps of production before it.
    pub sweep: u64,
    /// By rung, the mean over its walkers of [`Neighbourhood::kept`].
    pub kept: Vec<f64>,
}

/// The arrangement that all walkers which start in the same state start from.
pub(crate) struct CommonStart {
    /// By state.
    neighbourhoods: Vec<(Option<usize>, Neighbourhood)>,
    /// The place in it of each walker's start.
    of_start: Vec<usize>,
}

impl CommonStart {
    /// That of a plan; `None` where walkers start from several arrangements, or particles do not wander among each other.
    pub fn of(plan: &Plan) -> Option<Self> {
        let Wanderers { particles, molecules } = plan.wanderers.as_ref()?;
        let mut neighbourhoods: Vec<(Option<usize>, Neighbourhood)> = Vec::new();
        let mut of_start = Vec::with_capacity(plan.starts.len());
        for (number, start) in plan.starts.iter().enumerate() {
            let state = state_of(&plan.states, start);
            let known = neighbourhoods.iter().position(|(of, _)| *of == state);
            of_start.push(known.unwrap_or(neighbourhoods.len()));
            match known {
                Some(known) if number < MOST_STARTS && neighbourhoods[known].1.kept(start) < ALIKE => return None,
                Some(_) => {}
                None => neighbourhoods.push((state, Neighbourhood::of(start, particles, |i, j| molecules[i] == molecules[j])?)),
            }
        }
        Some(Self { neighbourhoods, of_start })
    }

    /// What the walkers of each rung remember of it.
    pub fn remembered(&self, plan: &Plan, ladder: &Ladder, sweep: u64) -> Remembered {
        let of = |rung: usize| {
            let place = plan.walkers(rung);
            let stride = place.len().div_ceil(MOST_WALKERS).max(1);
            let walkers = &ladder.rungs[rung].walkers;
            // A replica takes its history along when it changes the rung.
            let kept = |walker: usize| {
                let start = self.of_start[ladder.exchanges.replicas[place.start + walker] as usize];
                self.neighbourhoods[start].1.kept(&walkers[walker].state.configuration)
            };
            let looked_at: Vec<usize> = (0..walkers.len()).step_by(stride).collect();
            let all: Vec<f64> = looked_at.into_par_iter().map(kept).collect();
            all.iter().sum::<f64>() / all.len() as f64
        };
        Remembered { sweep, kept: (0..plan.rungs.len()).map(of).collect() }
    }
}

/// The neighbours in a configuration.
#[derive(Clone, Debug)]
pub struct Neighbourhood {
    /// Edge of the volume of a particle, where the cell has a volume.
    edge: Option<f64>,
    particles: Vec<Neighbours>,
    /// Particles that count.
    members: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Neighbours {
    particle: usize,
    nearest: f64,
    others: Vec<usize>,
}

impl Neighbourhood {
    /// Who is next to whom among `members`, by pairs that are not `bound` to each other; `None` where there are too few such pairs.
    pub fn of(configuration: &Configuration, members: &[usize], bound: impl Fn(usize, usize) -> bool) -> Option<Self> {
        let most = (MOST_DISTANCES / members.len().max(1)).clamp(8, MOST_PARTICLES);
        let stride = members.len().div_ceil(most).max(1);
        let mut particles = Vec::new();
        for &particle in members.iter().step_by(stride) {
            let others = || members.iter().copied().filter(|&other| other != particle && !bound(particle, other));
            let nearest = others().map(|other| distance(configuration, particle, other)).fold(f64::INFINITY, f64::min);
            let near = others().filter(|&other| distance(configuration, particle, other) <= NEIGHBOUR * nearest);
            particles.push(Neighbours { particle, nearest, others: near.collect() });
        }
        let pairs: usize = particles.iter().map(|particle| particle.others.len()).sum();
        let found = Self { edge: edge(configuration), particles, members: members.to_vec() };
        (pairs >= FEWEST_PAIRS).then_some(found)
    }

    /// kappa = (f - f0) / (1 - f0): f is the fraction of the pairs of neighbours that are within reach of each other in `now`, f0 that of
    /// all pairs, which neighbours by chance have. 1: all of them; 0: as in an arrangement that knows nothing of the first, whether the
    /// particles have turned, moved together or changed places with others.
    ///
    /// Source: bonds that are kept, Yamamoto and Onuki, Phys. Rev. E 58 (1998) 3515; chance corrected as by Cohen, Educ. Psychol. Meas. 20
    /// (1960) 37.
    pub fn kept(&self, now: &Configuration) -> f64 {
        let stretch = self.edge.zip(edge(now)).map_or(1.0, |(before, now)| now / before);
        let (mut kept, mut pairs, mut near, mut all) = (0, 0, 0, 0);
        for Neighbours { particle, nearest, others } in &self.particles {
            let reach = BROKEN * nearest * stretch;
            kept += others.iter().filter(|&&other| distance(now, *particle, other) < reach).count();
            pairs += others.len();
            near += self.members.iter().filter(|&&other| other != *particle && distance(now, *particle, other) < reach).count();
            all += self.members.len() - 1;
        }
        let (kept, chance) = (kept as f64 / pairs as f64, near as f64 / all as f64);
        if chance < 1.0 { (kept - chance) / (1.0 - chance) } else { 0.0 }
    }
}

fn edge(configuration: &Configuration) -> Option<f64> {
    configuration.cell.volume().map(|volume| volume.powf(1.0 / configuration.cell.dimension() as f64))
}

fn distance(configuration: &Configuration, first: usize, second: usize) -> f64 {
    let (a, b) = (configuration.positions.get(first), configuration.positions.get(second));
    let d = configuration.cell.minimum_image([a[0] - b[0], a[1] - b[1], a[2] - b[2]]);
    d.iter().map(|v| v * v).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Lattice, random_positions};
    use crate::random::{normal, streams};
    use mcflow_potentials::Cell;

    #[test]
    fn a_crystal_remembers_and_a_gas_does_not() {
        let cell = Cell::orthorhombic(&[6.0; 3]).unwrap();
        let lattice = Configuration { positions: Lattice::FaceCentredCubic.positions(108, &cell), cell: cell.clone() };
        let members: Vec<usize> = (0..108).collect();
        let start = Neighbourhood::of(&lattice, &members, |_, _| false).unwrap();
        assert_eq!(start.kept(&lattice), 1.0);
        let mut random = streams(3, 1).remove(0);
        // Vibrations of a tenth of the nearest distance, in a cell that has grown meanwhile, all particles moved along.
        let mut warm = lattice.clone();
        warm.positions.row_mut().iter_mut().for_each(|x| *x += 0.1 * normal(&mut random));
        assert!(start.kept(&warm) > 0.95, "{}", start.kept(&warm));
        warm.cell = cell.scaled(1.2);
        warm.positions.row_mut().iter_mut().for_each(|x| *x = 1.2 * (*x + 0.3));
        assert!(start.kept(&warm) > 0.95, "{}", start.kept(&warm));
        // The same sites with other particles on them, and no sites at all.
        let mut permuted = lattice.clone();
        (0..108).for_each(|i| permuted.positions.set(i, lattice.positions.get((i * 37 + 5) % 108)));
        assert!(start.kept(&permuted).abs() < 0.2, "{}", start.kept(&permuted));
        let positions = random_positions(108, &cell, 0.8, &mut random).unwrap();
        assert!(start.kept(&Configuration { positions, cell }).abs() < 0.1);
    }

    #[test]
    fn bound_pairs_do_not_count() {
        let cell = Cell::orthorhombic(&[6.0; 2]).unwrap();
        let lattice = Configuration { positions: Lattice::SimpleCubic.positions(36, &cell), cell };
        let members: Vec<usize> = (0..36).collect();
        assert!(Neighbourhood::of(&lattice, &members, |_, _| true).is_none());
        assert!(Neighbourhood::of(&lattice, &members[..2], |_, _| false).is_none());
    }
}
