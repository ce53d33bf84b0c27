//! Starting configurations made by the program: lattices, and random points without overlap.

use crate::random::Random;
use mcflow_potentials::{Cell, Vectors};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// A lattice of sites in fractional coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lattice {
    /// One site a cubic (square, line) unit cell.
    SimpleCubic,
    /// Two sites a cubic unit cell; 3 dimensions.
    BodyCentredCubic,
    /// Four sites a cubic unit cell; 3 dimensions.
    FaceCentredCubic,
    /// Two sites a rectangular unit cell of sides 1 : sqrt(3); 2 dimensions.
    Hexagonal,
}

impl Lattice {
    /// The dimension it needs, if only one will do.
    pub fn dimension(self) -> Option<usize> {
        match self {
            Self::SimpleCubic => None,
            Self::BodyCentredCubic | Self::FaceCentredCubic => Some(3),
            Self::Hexagonal => Some(2),
        }
    }

    fn basis(self) -> &'static [[f64; 3]] {
        match self {
            Self::SimpleCubic => &[[0.0; 3]],
            Self::BodyCentredCubic => &[[0.0; 3], [0.5; 3]],
            Self::FaceCentredCubic => &[[0.0; 3], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]],
            Self::Hexagonal => &[[0.0; 3], [0.5, 0.5, 0.0]],
        }
    }

    /// `n` sites in the periodic `cell`: the fewest unit cells with sites enough, as near to cubic as the cell allows, sites left out evenly.
    pub fn positions(self, n: usize, cell: &Cell) -> Vectors {
        let dimension = cell.dimension();
        let vectors = cell.vectors().expect("a lattice fills a periodic cell");
        let lengths: Vec<f64> = (0..dimension).map(|k| vectors[k].iter().map(|v| v * v).sum::<f64>().sqrt()).collect();
        let stretch = |k: usize| if self == Self::Hexagonal && k == 1 { 3f64.sqrt() } else { 1.0 };
        let basis = self.basis();
        let mut repeats = vec![1usize; dimension];
        while repeats.iter().product::<usize>() * basis.len() < n {
            // Divide the direction whose unit cell is longest.
            let longest = (0..dimension)
                .max_by(|&a, &b| (lengths[a] / stretch(a) / repeats[a] as f64).total_cmp(&(lengths[b] / stretch(b) / repeats[b] as f64)))
                .expect("at least one direction");
            repeats[longest] += 1;
        }
        let total = repeats.iter().product::<usize>() * basis.len();
        let mut positions = Vectors::zeros(dimension, n);
        for i in 0..n {
            let site = i * total / n;
            let mut unit = site / basis.len();
            let mut fractional = [0.0; 3];
            // The last direction first, along which lists sort: particles with numbers next to each other are near in memory.
            for k in (0..dimension).rev() {
                fractional[k] = ((unit % repeats[k]) as f64 + basis[site % basis.len()][k] + 0.25) / repeats[k] as f64;
                unit /= repeats[k];
            }
            positions.set(i, std::array::from_fn(|c| (0..dimension).map(|k| fractional[k] * vectors[k][c]).sum()));
        }
        positions
    }
}

/// `n` points uniform in the periodic `cell`, no two nearer than `minimum_distance`, by random sequential addition.
///
/// # Errors
/// The number of points that found a place when a further one did not in 100,000 trials.
pub fn random_positions(n: usize, cell: &Cell, minimum_distance: f64, random: &mut Random) -> Result<Vectors, usize> {
    let dimension = cell.dimension();
    let vectors = cell.vectors().expect("random points fill a periodic cell");
    let mut positions = Vectors::zeros(dimension, n);
    for i in 0..n {
        let mut placed = false;
        for _ in 0..100_000 {
            let fractional: [f64; 3] = std::array::from_fn(|k| if k < dimension { random.random() } else { 0.0 });
            let point: [f64; 3] = std::array::from_fn(|c| (0..dimension).map(|k| fractional[k] * vectors[k][c]).sum());
            let free = (0..i).all(|j| {
                let other = positions.get(j);
                let d = cell.minimum_image(std::array::from_fn(|c| point[c] - other[c]));
                d.iter().map(|v| v * v).sum::<f64>() >= minimum_distance * minimum_distance
            });
            if free {
                positions.set(i, point);
                placed = true;
                break;
            }
        }
        if !placed {
            return Err(i);
        }
    }
    Ok(positions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::streams;

    fn nearest(positions: &Vectors, cell: &Cell) -> f64 {
        let mut least = f64::INFINITY;
        for i in 0..positions.n() {
            for j in 0..i {
                let (a, b) = (positions.get(i), positions.get(j));
                let d = cell.minimum_image(std::array::from_fn(|c| a[c] - b[c]));
                least = least.min(d.iter().map(|v| v * v).sum::<f64>().sqrt());
            }
        }
        least
    }

    #[test]
    fn lattices_have_their_distances() {
        let cell = Cell::orthorhombic(&[8.0, 8.0, 8.0]).unwrap();
        let fcc = Lattice::FaceCentredCubic.positions(256, &cell);
        assert!((nearest(&fcc, &cell) - 2.0 / 2f64.sqrt()).abs() < 1e-12);
        let some = Lattice::FaceCentredCubic.positions(200, &cell);
        assert!(nearest(&some, &cell) > 1.4);
        let square = Cell::orthorhombic(&[4.0, 4.0 * 3f64.sqrt()]).unwrap();
        assert!((nearest(&Lattice::Hexagonal.positions(32, &square), &square) - 1.0).abs() < 1e-12);
        let line = Cell::orthorhombic(&[5.0]).unwrap();
        assert!((nearest(&Lattice::SimpleCubic.positions(5, &line), &line) - 1.0).abs() < 1e-12);
        let bcc = Lattice::BodyCentredCubic.positions(54, &cell);
        assert!((nearest(&bcc, &cell) - 8.0 / 3.0 * 0.75f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn random_points_do_not_overlap() {
        let cell = Cell::triclinic(3, [[6.0, 0.0, 0.0], [1.0, 6.0, 0.0], [0.5, -1.0, 6.0]]).unwrap();
        let mut random = streams(3, 1).remove(0);
        let positions = random_positions(100, &cell, 0.8, &mut random).unwrap();
        assert!(nearest(&positions, &cell) >= 0.8);
        assert!(random_positions(100, &cell, 3.0, &mut random).unwrap_err() < 100);
    }
}
