//! A lattice that f32 holds exactly.
//!
//! In f32 a lattice vector is rounded, and so is each sum of two. A particle that leaves the cell then meets its neighbours at distances
//! that jump by that rounding when it is brought back to the other side, always at the cost of the same sign (it is brought back after it
//! has moved on, while its neighbours pull it back): an energy that drifts by 2e-4 per particle in 1e5 steps. So the cell is stretched, by
//! less than a rounding, to one whose lattice vectors and their sums f32 holds exactly, and positions are stretched with it.

use crate::space::Cell;

/// How positions are stretched: y = x + D x.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct RoundedLattice {
    /// D, row by row.
    stretch: [[f64; 3]; 3],
}

impl RoundedLattice {
    /// The nearest one; nothing is stretched in open space.
    pub(crate) fn new(cell: &Cell) -> Self {
        let (Some(vectors), Some(inverse)) = (cell.vectors(), cell.inverse_vectors()) else { return Self::default() };
        let mut stretch = [[0.0; 3]; 3];
        for (c, row) in stretch.iter_mut().enumerate() {
            // Component c of a sum of lattice vectors, each once at most, is a multiple of this, and less than 2^24 of it.
            let largest: f64 = vectors.iter().map(|vector| vector[c].abs()).sum();
            let unit = (largest.log2().floor() + 1.0 - f64::from(f32::MANTISSA_DIGITS)).exp2();
            for (vector, inverse) in vectors.iter().zip(&inverse) {
                let added = (vector[c] / unit).round() * unit - vector[c];
                (0..3).filter(|_| added.is_finite()).for_each(|d| row[d] += added * inverse[d]);
            }
        }
        Self { stretch }
    }

    /// Four positions, component by component.
    #[inline(always)]
    pub(crate) fn stretch(&self, r: &[[f64; 4]; 3]) -> [[f64; 4]; 3] {
        let mut stretched = *r;
        for c in 0..3 {
            for d in 0..3 {
                for l in 0..4 {
                    stretched[c][l] += self.stretch[c][d] * r[d][l];
                }
            }
        }
        stretched
    }

    /// A lattice vector.
    pub(crate) fn stretch_one(&self, r: [f64; 3]) -> [f64; 3] {
        self.stretch(&r.map(|x| [x; 4])).map(|component| component[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_lattice_vectors_are_exact_in_f32() {
        for cell in [
            Cell::orthorhombic(&[8.397980956912535, 100.1, 3.3]).unwrap(),
            Cell::triclinic(3, [[8.397980956912535, 0.0, 0.0], [-1.234567, 7.7654321, 0.0], [3.21, -2.3456789, 9.87654321]]).unwrap(),
            Cell::orthorhombic(&[5.1, 6.7]).unwrap(),
        ] {
            let rounded = RoundedLattice::new(&cell);
            let vectors = cell.vectors().unwrap();
            let stretched = vectors.map(|v| rounded.stretch_one(v).map(|x| x as f32));
            for (a, b, c) in (0..27).map(|k| (k % 3 - 1, k / 3 % 3 - 1, k / 9 - 1)) {
                let n = [a, b, c].map(f64::from);
                let image: [f64; 3] = std::array::from_fn(|x| (0..3).map(|k| n[k] * vectors[k][x]).sum());
                let exact = rounded.stretch_one(image);
                for x in 0..3 {
                    // A sum in f32, with no rounding.
                    let sum: f32 = (0..3).map(|k| n[k] as f32 * stretched[k][x]).sum();
                    assert!((exact[x] - f64::from(sum)).abs() < 1e-13, "{exact:?}: {sum} in direction {x}");
                    assert!((exact[x] - image[x]).abs() <= 4e-7 * image[x].abs().max(vectors[x][x]), "{image:?} became {exact:?}");
                }
            }
        }
    }
}
