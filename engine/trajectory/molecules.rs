//! Which particles are bound to each other: molecules are kept whole in files.

use mcflow_potentials::{Cell, Vectors};
use std::collections::VecDeque;

/// A walk through all particles, molecule by molecule, along their bonds.
#[derive(Clone, Debug, PartialEq)]
pub struct Molecules {
    /// Each particle with the one, earlier in the walk, that it is bound to; none for the first one of a molecule.
    walk: Vec<(usize, Option<usize>)>,
}

impl Molecules {
    /// The molecules of `n` particles with these bonds; bonds to particles that are not there are left out.
    pub fn new(n: usize, bonds: &[[usize; 2]]) -> Self {
        let mut partners = vec![Vec::new(); if bonds.is_empty() { 0 } else { n }];
        for &[a, b] in bonds.iter().filter(|bond| bond.iter().all(|&i| i < n)) {
            partners[a].push(b);
            partners[b].push(a);
        }
        let (mut walk, mut seen) = (Vec::with_capacity(n), vec![false; n]);
        let mut waiting = VecDeque::new();
        for first in 0..n {
            if !seen[first] {
                seen[first] = true;
                waiting.push_back((first, None));
            }
            while let Some((particle, from)) = waiting.pop_front() {
                walk.push((particle, from));
                for &next in partners.get(particle).into_iter().flatten() {
                    if !std::mem::replace(&mut seen[next], true) {
                        waiting.push_back((next, Some(particle)));
                    }
                }
            }
        }
        Self { walk }
    }

    /// The images of the particles with the first one of each molecule inside the cell, and each other one next to the one it is bound to.
    ///
    /// Single precision keeps no more than 7 digits, which the many cells that a particle may have passed would use up.
    pub fn in_cell(&self, positions: &Vectors, cell: &Cell) -> Vec<[f64; 3]> {
        let mut images: Vec<[f64; 3]> = (0..positions.n()).map(|i| positions.get(i)).collect();
        if cell.is_periodic() {
            for &(particle, from) in &self.walk {
                let at = images[particle];
                images[particle] = match from {
                    None => cell.wrap(at),
                    // Differences of the positions as they are: images of the other are as exact.
                    Some(from) => {
                        let other = positions.get(from);
                        let apart = cell.minimum_image(std::array::from_fn(|c| at[c] - other[c]));
                        std::array::from_fn(|c| images[from][c] + apart[c])
                    }
                };
            }
        }
        images
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn molecules_stay_whole_and_all_come_into_the_cell() {
        let cell = Cell::triclinic(3, [[4.0, 0.0, 0.0], [1.0, 5.0, 0.0], [0.5, -0.5, 6.0]]).unwrap();
        let points = [[3.8, 0.2, 0.3], [4.3 - 4000.0, 0.4, 0.1], [1e6 + 0.2, -3e5, 6.1], [4.9, 0.6, 0.2], [0.1, 0.1, 0.1]];
        let positions = Vectors::from_points(3, &points);
        let images = Molecules::new(5, &[[3, 1], [1, 0]]).in_cell(&positions, &cell);
        let inside = |r: [f64; 3]| cell.wrap(r).iter().zip(r).all(|(a, b)| (a - b).abs() < 1e-9);
        for i in [0, 2, 4] {
            assert!(inside(images[i]), "{images:?}");
        }
        for (a, b) in [(0, 1), (1, 3)] {
            let apart: f64 = (0..3).map(|c| (images[a][c] - images[b][c]).powi(2)).sum::<f64>().sqrt();
            assert!(apart < 0.8, "{images:?}");
        }
        // Every image is one of its particle.
        let rows = cell.inverse_vectors().unwrap();
        for (image, point) in images.iter().zip(points) {
            for row in rows {
                let shift: f64 = (0..3).map(|c| row[c] * (image[c] - point[c])).sum();
                assert!((shift - shift.round()).abs() < 1e-8, "{images:?}");
            }
        }
        assert_eq!(Molecules::new(5, &[]).in_cell(&positions, &Cell::open(3)), points);
    }
}
