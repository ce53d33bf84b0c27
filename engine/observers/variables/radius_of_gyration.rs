//! The radius of gyration of a group of particles.

use super::geometry::{GradientRow, between, dot};
use super::{CollectiveVariable, Variable, no_such_particles};
use crate::observers::{Label, Subject, Unit};
use mcflow_base::Problem;
use mcflow_potentials::Configuration;
use serde::{Deserialize, Serialize};

/// The radius of gyration of a group of particles, weighted by mass: R_g^2 = sum m |r - R|^2 / sum m, R being the centre of mass.
///
/// In a periodic cell each particle is taken beside the one that a bond ties it to, from the first of the group on, so that a chain longer than the
/// cell has its own size; a group that bonds do not hold together is refused there, as its images would be a matter of choice. It reads masses
/// and bonds as it is bound to its particles, and is 0 before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RadiusOfGyration {
    /// The group; all particles unless given.
    #[serde(default)]
    pub particles: Option<Vec<usize>>,
    /// The group and what its bonds lead through, each after the one that it is placed beside.
    #[serde(skip)]
    walk: Vec<Step>,
}

/// A particle of the walk along the bonds of a group.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    particle: usize,
    /// Its mass; 0 of a particle that only leads to others of the group.
    mass: f64,
    /// The place in the walk of the one it is beside; its own place for the first.
    beside: usize,
}

impl RadiusOfGyration {
    /// Of a group of particles; of all unless given.
    pub fn of(particles: Option<Vec<usize>>) -> Self {
        Self { particles, walk: Vec::new() }
    }

    fn group(&self, subject: &Subject) -> Vec<usize> {
        self.particles.clone().unwrap_or_else(|| (0..subject.n()).collect())
    }

    /// The walk from the first of the group along bonds, breadth first, and those of the group that it had to start at: what bonds do not reach
    /// from the first is beside it.
    fn walk(group: &[usize], subject: &Subject) -> (Vec<Step>, Vec<usize>) {
        let n = subject.n();
        let (mut partners, mut place) = (vec![Vec::new(); n], vec![None; n]);
        for &[a, b] in subject.bonds.iter().filter(|bond| bond.iter().all(|&i| i < n)) {
            partners[a].push(b);
            partners[b].push(a);
        }
        let mut mass = vec![0.0; n];
        group.iter().for_each(|&i| mass[i] = subject.particles.masses[i]);
        let (mut walk, mut starts): (Vec<Step>, Vec<usize>) = (Vec::new(), Vec::new());
        let step = |particle: usize, beside: usize| Step { particle, mass: mass[particle], beside };
        for &start in group {
            if place[start].is_some() {
                continue;
            }
            place[start] = Some(walk.len());
            starts.push(start);
            let mut next = walk.len();
            walk.push(step(start, 0));
            while next < walk.len() {
                for &partner in &partners[walk[next].particle] {
                    if place[partner].is_none() {
                        place[partner] = Some(walk.len());
                        walk.push(step(partner, next));
                    }
                }
                next += 1;
            }
        }
        (walk, starts)
    }

    /// Vectors from the first of the group to each particle of the walk, and from the first to the centre of mass.
    fn places(&self, configuration: &Configuration) -> (Vec<[f64; 3]>, [f64; 3]) {
        let mut places: Vec<[f64; 3]> = Vec::with_capacity(self.walk.len());
        let (mut centre, mut total) = ([0.0; 3], 0.0);
        for (k, step) in self.walk.iter().enumerate() {
            let beside = &self.walk[step.beside];
            let place = if step.beside == k {
                [0.0; 3]
            } else {
                let (from, apart) = (places[step.beside], between(configuration, beside.particle, step.particle));
                std::array::from_fn(|c| from[c] + apart[c])
            };
            (0..3).for_each(|c| centre[c] += step.mass * place[c]);
            total += step.mass;
            places.push(place);
        }
        (places, centre.map(|sum| sum / total))
    }
}

impl CollectiveVariable for RadiusOfGyration {
    fn problems(&self, subject: &Subject) -> Vec<Problem> {
        let group = self.group(subject);
        let mut problems = no_such_particles(&group, subject.n(), |k| format!("particles[{k}]"));
        let mut seen = vec![false; subject.n()];
        let twice = group.iter().enumerate().find(|(_, i)| seen.get_mut(**i).is_some_and(|seen| std::mem::replace(seen, true)));
        problems.extend(twice.map(|(k, i)| Problem::new(format!("particles[{k}]"), format!("particle {i} twice"), "each particle once")));
        if group.len() < 2 {
            let found = format!("the radius of gyration of {} particle(s)", group.len());
            problems.push(Problem::new("particles", found, "at least two particles"));
        }
        if problems.is_empty()
            && subject.cell.is_periodic()
            && let [first, apart, ..] = Self::walk(&group, subject).1[..]
        {
            let found = format!("particles {first} and {apart}, which no bonds connect, in a periodic cell");
            let expected = "a group that the bonds of the potential hold together, or an open cell";
            problems.push(Problem::new("particles", found, expected));
        }
        problems
    }

    fn bound(&self, subject: &Subject) -> Option<Variable> {
        let group: Vec<usize> = self.group(subject).into_iter().filter(|&i| i < subject.n()).collect();
        Some(Variable::RadiusOfGyration(Self { particles: self.particles.clone(), walk: Self::walk(&group, subject).0 }))
    }

    fn value(&self, configuration: &Configuration) -> f64 {
        let (places, centre) = self.places(configuration);
        let (mut sum, mut total) = (0.0, 0.0);
        for (step, place) in self.walk.iter().zip(places) {
            let from_centre: [f64; 3] = std::array::from_fn(|c| place[c] - centre[c]);
            sum += step.mass * dot(from_centre, from_centre);
            total += step.mass;
        }
        if total > 0.0 { (sum / total).sqrt() } else { 0.0 }
    }

    /// d R_g / d r_i = m_i (r_i - R) / (R_g sum m): that of R adds up to 0.
    fn add_gradient(&self, configuration: &Configuration, factor: f64, row: &mut GradientRow) {
        let (places, centre) = self.places(configuration);
        let total: f64 = self.walk.iter().map(|step| step.mass).sum();
        let scale = factor / (self.value(configuration) * total);
        for (step, place) in self.walk.iter().zip(places).filter(|(step, _)| step.mass > 0.0) {
            row.add(step.particle, scale * step.mass, std::array::from_fn(|c| place[c] - centre[c]));
        }
    }

    fn noun(&self) -> &'static str {
        "a radius of gyration"
    }

    fn label(&self) -> Option<Label> {
        Some(Label::new("radius of gyration", Unit::Length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{normal, streams};
    use mcflow_potentials::{Cell, Particles, Vectors};

    /// Beads of the ideal chain, and their masses.
    const MASSES: [f64; 8] = [1.0, 4.0, 1.0, 1.0, 2.0, 1.0, 1.0, 0.5];
    /// Spread of each component of a bond.
    const SPREAD: f64 = 0.5;

    /// The exact mean of R_g^2 over an ideal chain: sum over pairs i < j of m_i m_j <r_ij^2> / M^2, with <r_ij^2> = 3 |i - j| spread^2.
    fn expected(masses: &[f64]) -> f64 {
        let total: f64 = masses.iter().sum();
        let pair = |i: usize, j: usize| masses[i] * masses[j] * 3.0 * (j - i) as f64 * SPREAD * SPREAD;
        (0..masses.len()).flat_map(|j| (0..j).map(move |i| pair(i, j))).sum::<f64>() / (total * total)
    }

    /// z-score of the mean of R_g^2 over independent ideal chains, against the exact one of chains of mass `masses`.
    fn z_score(variable: &Variable, cell: &Cell, masses: &[f64]) -> f64 {
        let mut random = streams(3, 1).remove(0);
        let n = 20_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            let mut at = [0.0; 3];
            let points = MASSES.map(|_| {
                at = at.map(|v| v + SPREAD * normal(&mut random));
                cell.wrap(at)
            });
            let value = variable.value(&Configuration { positions: Vectors::from_points(3, &points), cell: cell.clone() }).powi(2);
            (sum, squares) = (sum + value, squares + value * value);
        }
        let mean = sum / f64::from(n);
        let error = ((squares / f64::from(n) - mean * mean) / f64::from(n)).sqrt();
        (mean - expected(masses)) / error
    }

    #[test]
    fn an_ideal_chain_across_the_faces_of_its_cell_has_its_exact_size() {
        let particles = Particles { type_names: vec!["A".to_string()], types: vec![0; 8], masses: MASSES.to_vec() };
        // A bond beyond half the cell is one of six of its standard deviations; the chain is often longer.
        for cell in [Cell::open(3), Cell::orthorhombic(&[6.0; 3]).expect("a cell")] {
            let bonds = (1..8).map(|i| [i - 1, i]).collect();
            let subject = Subject { bonds, ..Subject::new(&particles, &cell) };
            let bound = |subject: &Subject| Variable::RadiusOfGyration(RadiusOfGyration::of(None)).bound_to(subject);
            let variable = bound(&subject);
            assert!(variable.problems(&subject).is_empty());
            let z = z_score(&variable, &cell, &MASSES);
            assert!(z.abs() < 4.0, "{z} in {cell:?}");
            // What would be wrong is seen: equal masses, and images nearest to the first particle.
            assert!(z_score(&variable, &cell, &[1.0; 8]).abs() > 6.0);
            let loose = Subject { bonds: Vec::new(), ..subject.clone() };
            let z = z_score(&bound(&loose), &cell, &MASSES);
            assert_eq!(z.abs() > 6.0, cell.is_periodic(), "{z} in {cell:?}");
            assert_eq!(variable.problems(&loose).len(), usize::from(cell.is_periodic()));
        }
    }

    #[test]
    fn two_particles_are_half_their_distance_and_wrong_groups_are_refused() {
        let (particles, cell) = (Particles::alike("A", 4, 1.0), Cell::open(2));
        let subject = Subject { bonds: vec![[0, 1]], ..Subject::new(&particles, &cell) };
        let points = [[0.0; 3], [3.0, 4.0, 0.0], [9.0, 9.0, 0.0], [7.0, 0.0, 0.0]];
        let configuration = Configuration { positions: Vectors::from_points(2, &points), cell: cell.clone() };
        let of = |particles: &[usize]| Variable::RadiusOfGyration(RadiusOfGyration::of(Some(particles.to_vec()))).bound_to(&subject);
        assert!((of(&[1, 0]).value(&configuration) - 2.5).abs() < 1e-12);
        assert!((of(&[0, 3]).value(&configuration) - 3.5).abs() < 1e-12);
        for (group, count) in [(vec![], 1), (vec![2], 1), (vec![0, 1, 0], 1), (vec![0, 4], 1), (vec![0, 3], 0)] {
            assert_eq!(of(&group).problems(&subject).len(), count, "{group:?}");
        }
    }
}
