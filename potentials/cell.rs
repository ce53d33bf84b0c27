//! The space particles live in: open, or periodic in all its directions.

use nalgebra::Matrix3;
use serde::{Deserialize, Serialize};

/// Open space or a periodic cell, in 1 to 3 dimensions.
///
/// Cell vectors are the rows **a**, **b**, **c** of a lower-triangular matrix with positive diagonal: **a** along x, **b** in the xy
/// plane (the orientation that LAMMPS, GROMACS and OpenMM use, and the only one that lengths and angles can express).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    dimension: usize,
    periodic: Option<Lattice>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Lattice {
    /// Rows a, b, c; unit vectors in the directions that do not exist.
    vectors: [[f64; 3]; 3],
    /// Columns of the inverse: fractional s_k = r . inverse[k].
    inverse: [[f64; 3]; 3],
    orthorhombic: bool,
}

impl Cell {
    /// Open space.
    pub fn open(dimension: usize) -> Self {
        assert!((1..=3).contains(&dimension), "1 to 3 dimensions");
        Self { dimension, periodic: None }
    }

    /// A periodic cell with right angles; as many lengths as dimensions.
    ///
    /// # Errors
    /// Says which length is not a finite number above 0, or that there are not 1 to 3.
    pub fn orthorhombic(lengths: &[f64]) -> Result<Self, String> {
        let mut vectors = IDENTITY;
        if !(1..=3).contains(&lengths.len()) {
            return Err(format!("{} lengths where 1 to 3 are possible", lengths.len()));
        }
        for (c, &length) in lengths.iter().enumerate() {
            vectors[c][c] = length;
        }
        Self::triclinic(lengths.len(), vectors)
    }

    /// A periodic cell from the rows **a**, **b**, **c** (those of the first `dimension` directions are read).
    ///
    /// # Errors
    /// Says what is wrong with the matrix: not finite, not lower-triangular, or not of positive diagonal (left-handed, or without volume).
    pub fn triclinic(dimension: usize, rows: [[f64; 3]; 3]) -> Result<Self, String> {
        assert!((1..=3).contains(&dimension), "1 to 3 dimensions");
        let mut vectors = IDENTITY;
        for r in 0..dimension {
            for c in 0..dimension {
                let value = rows[r][c];
                if !value.is_finite() {
                    return Err(format!(
                        "component {} of cell vector {} is {value}",
                        "xyz".as_bytes()[c] as char,
                        "abc".as_bytes()[r] as char
                    ));
                }
                if c > r && value != 0.0 {
                    return Err(format!(
                        "cell vector {} has a component {value} along {}; turn the cell so that a lies along x and b in the xy plane",
                        "abc".as_bytes()[r] as char,
                        "xyz".as_bytes()[c] as char
                    ));
                }
                vectors[r][c] = value;
            }
            if vectors[r][r] <= 0.0 {
                return Err(format!(
                    "cell vector {} has the component {} along {}, which must be above 0 (else the cell is left-handed or has no volume)",
                    "abc".as_bytes()[r] as char,
                    vectors[r][r],
                    "xyz".as_bytes()[r] as char
                ));
            }
        }
        let matrix = Matrix3::from_fn(|r, c| vectors[r][c]);
        let Some(inverse) = matrix.try_inverse() else {
            return Err("the cell vectors enclose no volume".to_string());
        };
        let inverse = std::array::from_fn(|k| std::array::from_fn(|c| inverse[(c, k)]));
        let orthorhombic = (0..3).all(|r| (0..r).all(|c| vectors[r][c] == 0.0));
        Ok(Self { dimension, periodic: Some(Lattice { vectors, inverse, orthorhombic }) })
    }

    /// A three-dimensional cell from lengths a, b, c and angles alpha (b, c), beta (a, c), gamma (a, b) in degrees.
    ///
    /// # Errors
    /// As [`Cell::triclinic`]; also when the three angles enclose no volume.
    pub fn from_lengths_and_angles(lengths: [f64; 3], degrees: [f64; 3]) -> Result<Self, String> {
        if degrees.iter().any(|d| !d.is_finite() || *d <= 0.0 || *d >= 180.0) {
            return Err(format!("angles {degrees:?} degrees, each of which must lie between 0 and 180"));
        }
        // Exactly 90 degrees must give exactly 0.
        let cosine = |d: f64| if d == 90.0 { 0.0 } else { d.to_radians().cos() };
        let [ca, cb, cg] = degrees.map(cosine);
        let sg = (1.0 - cg * cg).sqrt();
        let y = (ca - cb * cg) / sg;
        let z = 1.0 - cb * cb - y * y;
        // Rounding leaves some 1e-16 where there is nothing.
        if z.is_nan() || z < 1e-12 {
            return Err(format!("angles {degrees:?} degrees enclose no volume"));
        }
        let [a, b, c] = lengths;
        Self::triclinic(3, [[a, 0.0, 0.0], [b * cg, b * sg, 0.0], [c * cb, c * y, c * z.sqrt()]])
    }

    /// 1 to 3.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Whether the cell repeats (in all its directions).
    pub fn is_periodic(&self) -> bool {
        self.periodic.is_some()
    }

    /// Whether the cell is open or has right angles.
    pub fn is_orthorhombic(&self) -> bool {
        self.periodic.is_none_or(|lattice| lattice.orthorhombic)
    }

    /// Rows **a**, **b**, **c** (unit vectors in directions that do not exist); `None` in open space.
    pub fn vectors(&self) -> Option<[[f64; 3]; 3]> {
        self.periodic.map(|lattice| lattice.vectors)
    }

    /// Rows of the matrix that gives fractional coordinates: s_k = r . row k; `None` in open space.
    pub fn inverse_vectors(&self) -> Option<[[f64; 3]; 3]> {
        self.periodic.map(|lattice| lattice.inverse)
    }

    /// Volume (area, length in 2, 1 dimensions); `None` in open space.
    pub fn volume(&self) -> Option<f64> {
        self.periodic.map(|lattice| (0..self.dimension).map(|k| lattice.vectors[k][k]).product())
    }

    /// Distances between opposite faces: h_k = 1 / |row k of the inverse|; `None` in open space.
    pub fn heights(&self) -> Option<Vec<f64>> {
        self.periodic
            .map(|lattice| (0..self.dimension).map(|k| 1.0 / lattice.inverse[k].iter().map(|v| v * v).sum::<f64>().sqrt()).collect())
    }

    /// The smallest height. Minimum image is right for distances up to half of it; infinite in open space.
    pub fn smallest_height(&self) -> f64 {
        self.heights().map_or(f64::INFINITY, |h| h.into_iter().fold(f64::INFINITY, f64::min))
    }

    /// Lengths a, b, c and angles alpha, beta, gamma in degrees; 0 lengths and right angles where a direction does not exist.
    pub fn lengths_and_angles(&self) -> ([f64; 3], [f64; 3]) {
        let Some(lattice) = self.periodic else { return ([0.0; 3], [90.0; 3]) };
        let dot = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let mut lengths = [0.0; 3];
        for k in 0..self.dimension {
            lengths[k] = dot(lattice.vectors[k], lattice.vectors[k]).sqrt();
        }
        let angle = |a: usize, b: usize| {
            let product = dot(lattice.vectors[a], lattice.vectors[b]);
            if product == 0.0 { 90.0 } else { (product / (lengths[a] * lengths[b])).acos().to_degrees() }
        };
        (lengths, [angle(1, 2), angle(0, 2), angle(0, 1)])
    }

    /// [`Cell::lengths_and_angles`] of a periodic cell for programs that know three directions only: unit lengths where a direction does not
    /// exist, as in [`Cell::vectors`].
    pub fn periodic_lengths_and_angles(&self) -> ([f64; 3], [f64; 3]) {
        let (mut lengths, angles) = self.lengths_and_angles();
        lengths[self.dimension..].fill(1.0);
        (lengths, angles)
    }

    /// The cell with every vector multiplied by `factor`; open space stays as it is.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let periodic = self.periodic.map(|lattice| {
            let mut scaled = lattice;
            for k in 0..self.dimension {
                scaled.vectors[k] = lattice.vectors[k].map(|v| v * factor);
                scaled.inverse[k] = lattice.inverse[k].map(|v| v / factor);
            }
            scaled
        });
        Self { dimension: self.dimension, periodic }
    }

    /// The cell with component c of every vector multiplied by `factors[c]`; open space stays as it is.
    #[must_use]
    pub fn stretched(&self, factors: [f64; 3]) -> Self {
        let periodic = self.periodic.map(|lattice| {
            let mut stretched = lattice;
            for k in 0..self.dimension {
                stretched.vectors[k] = std::array::from_fn(|c| lattice.vectors[k][c] * factors[c]);
                stretched.inverse[k] = std::array::from_fn(|c| lattice.inverse[k][c] / factors[c]);
            }
            stretched
        });
        Self { dimension: self.dimension, periodic }
    }

    /// The image of the difference `d` whose fractional components lie in [-1/2, 1/2].
    ///
    /// It is the shortest image whenever that is shorter than half the smallest height: then every |s_k| = |d . n_k| / h_k < 1/2.
    #[inline]
    pub fn minimum_image(&self, mut d: [f64; 3]) -> [f64; 3] {
        let Some(lattice) = &self.periodic else { return d };
        if lattice.orthorhombic {
            for k in 0..self.dimension {
                d[k] -= lattice.vectors[k][k] * (d[k] * lattice.inverse[k][k]).round_ties_even();
            }
            return d;
        }
        let shift: [f64; 3] =
            std::array::from_fn(|k| if k < self.dimension { fractional(&lattice.inverse[k], d).round_ties_even() } else { 0.0 });
        for c in 0..self.dimension {
            for k in 0..self.dimension {
                d[c] -= shift[k] * lattice.vectors[k][c];
            }
        }
        d
    }

    /// The image of the point `r` inside the cell: fractional components in [0, 1).
    pub fn wrap(&self, mut r: [f64; 3]) -> [f64; 3] {
        let Some(lattice) = &self.periodic else { return r };
        let shift: [f64; 3] = std::array::from_fn(|k| if k < self.dimension { fractional(&lattice.inverse[k], r).floor() } else { 0.0 });
        for c in 0..self.dimension {
            for k in 0..self.dimension {
                r[c] -= shift[k] * lattice.vectors[k][c];
            }
        }
        r
    }
}

const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

#[inline]
fn fractional(row: &[f64; 3], r: [f64; 3]) -> f64 {
    row[0] * r[0] + row[1] * r[1] + row[2] * r[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minimum_image_is_the_shortest_of_all_images() {
        let cell = Cell::triclinic(3, [[4.0, 0.0, 0.0], [3.1, 3.0, 0.0], [-2.5, 2.2, 5.0]]).unwrap();
        let half = cell.smallest_height() / 2.0;
        let vectors = cell.vectors().unwrap();
        let mut found = 0;
        for i in 0..4000 {
            let d = [0.37, 0.61, 0.83].map(|s| ((i as f64 * s).fract() - 0.5) * 30.0);
            let image = cell.minimum_image(d);
            let mut shortest = f64::INFINITY;
            for n in (-12..=12).flat_map(|a| (-12..=12).flat_map(move |b| (-12..=12).map(move |c| [a as f64, b as f64, c as f64]))) {
                let r: f64 = (0..3).map(|c| (d[c] + (0..3).map(|k| n[k] * vectors[k][c]).sum::<f64>()).powi(2)).sum();
                shortest = shortest.min(r.sqrt());
            }
            if shortest < half {
                let length = image.iter().map(|v| v * v).sum::<f64>().sqrt();
                assert!((length - shortest).abs() < 1e-12, "{d:?}: {length} against {shortest}");
                found += 1;
            }
            if i > 60 && found > 10 {
                return;
            }
        }
        panic!("no pair within half the smallest height was tried");
    }

    #[test]
    fn lengths_and_angles_come_back() {
        let cell = Cell::from_lengths_and_angles([10.0, 11.0, 12.0], [75.0, 80.0, 100.0]).unwrap();
        let (lengths, angles) = cell.lengths_and_angles();
        for (found, expected) in lengths.iter().chain(&angles).zip([10.0, 11.0, 12.0, 75.0, 80.0, 100.0]) {
            assert!((found - expected).abs() < 1e-12);
        }
        let plane = Cell::orthorhombic(&[2.0, 3.0]).unwrap();
        assert_eq!(plane.volume(), Some(6.0));
        assert_eq!(plane.lengths_and_angles(), ([2.0, 3.0, 0.0], [90.0; 3]));
        assert_eq!(plane.periodic_lengths_and_angles(), ([2.0, 3.0, 1.0], [90.0; 3]));
    }

    #[test]
    fn refuses_cells_that_are_none() {
        assert!(Cell::orthorhombic(&[1.0, 0.0, 1.0]).unwrap_err().contains("above 0"));
        assert!(Cell::orthorhombic(&[1.0, f64::NAN]).unwrap_err().contains("NaN"));
        assert!(Cell::triclinic(3, [[1.0, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]).unwrap_err().contains("along y"));
        assert!(Cell::from_lengths_and_angles([1.0; 3], [10.0, 20.0, 170.0]).unwrap_err().contains("no volume"));
    }
}
