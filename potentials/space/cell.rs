//! The space particles live in: open, or periodic in all its directions.

use super::lattice_reduction::{FACES, Face, voronoi_faces};
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
    /// What bounds the nearest images of a point, where angles are not right.
    faces: [Face; FACES],
    /// Square of half the smallest height: what is nearer than that is a nearest image. 0 where angles are right and nothing else is.
    sure_squared: f64,
}

impl Lattice {
    /// Completes vectors and their inverse, for the first `dimension` directions.
    fn new(dimension: usize, vectors: [[f64; 3]; 3], inverse: [[f64; 3]; 3]) -> Self {
        let orthorhombic = (0..3).all(|r| (0..r).all(|c| vectors[r][c] == 0.0));
        if orthorhombic {
            return Self { vectors, inverse, orthorhombic, faces: Default::default(), sure_squared: 0.0 };
        }
        let largest = inverse[..dimension].iter().map(|row| row.iter().map(|v| v * v).sum::<f64>()).fold(0.0, f64::max);
        Self { vectors, inverse, orthorhombic, faces: voronoi_faces(dimension, &vectors), sure_squared: 0.25 / largest }
    }
}

impl Cell {
    /// Makes open space of 1 to 3 dimensions.
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
        Ok(Self { dimension, periodic: Some(Lattice::new(dimension, vectors, inverse)) })
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

    /// Returns the number of dimensions: 1 to 3.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Tells whether the cell repeats (in all its directions).
    pub fn is_periodic(&self) -> bool {
        self.periodic.is_some()
    }

    /// Tells whether the cell is open or has right angles.
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

    /// Components of **a** along x, **b** along y, **c** along z, whose product is the volume; `None` in open space.
    pub fn diagonal(&self) -> Option<Vec<f64>> {
        self.periodic.map(|lattice| (0..self.dimension).map(|k| lattice.vectors[k][k]).collect())
    }

    /// The largest of [`Cell::diagonal`] over the smallest; 1 in open space.
    pub fn aspect(&self) -> f64 {
        self.diagonal()
            .map_or(1.0, |lengths| lengths.iter().copied().fold(0.0, f64::max) / lengths.iter().copied().fold(f64::INFINITY, f64::min))
    }

    /// Distances between opposite faces: h_k = 1 / |row k of the inverse|; `None` in open space.
    pub fn heights(&self) -> Option<Vec<f64>> {
        self.periodic
            .map(|lattice| (0..self.dimension).map(|k| 1.0 / lattice.inverse[k].iter().map(|v| v * v).sum::<f64>().sqrt()).collect())
    }

    /// The smallest height. Whatever is nearer than half of it is a nearest image; infinite in open space.
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
            let (mut vectors, mut inverse) = (lattice.vectors, lattice.inverse);
            for k in 0..self.dimension {
                vectors[k] = lattice.vectors[k].map(|v| v * factor);
                inverse[k] = lattice.inverse[k].map(|v| v / factor);
            }
            Lattice::new(self.dimension, vectors, inverse)
        });
        Self { dimension: self.dimension, periodic }
    }

    /// The cell with component c of every vector multiplied by `factors[c]`; open space stays as it is.
    #[must_use]
    pub fn stretched(&self, factors: [f64; 3]) -> Self {
        let periodic = self.periodic.map(|lattice| {
            let (mut vectors, mut inverse) = (lattice.vectors, lattice.inverse);
            for k in 0..self.dimension {
                vectors[k] = std::array::from_fn(|c| lattice.vectors[k][c] * factors[c]);
                inverse[k] = std::array::from_fn(|c| lattice.inverse[k][c] / factors[c]);
            }
            Lattice::new(self.dimension, vectors, inverse)
        });
        Self { dimension: self.dimension, periodic }
    }

    /// The shortest image of the difference `d`, at any distance and in any cell.
    ///
    /// Fractional components rounded one by one give it where it is shorter than half the smallest height: then every |s_k| = |d . n_k| / h_k
    /// < 1/2. Where angles are not right a longer one is brought into the Voronoi cell of the lattice, face by face: with v a face it is
    /// beyond, d - v round(d . v / |v|^2) is shorter than d.
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
        if d[0] * d[0] + d[1] * d[1] + d[2] * d[2] <= lattice.sure_squared {
            return d;
        }
        for _ in 0..MOST_PASSES {
            let mut inside = true;
            for (face, dual) in &lattice.faces {
                let turns = (d[0] * dual[0] + d[1] * dual[1] + d[2] * dual[2]).round_ties_even();
                inside &= turns == 0.0;
                for c in 0..self.dimension {
                    d[c] -= turns * face[c];
                }
            }
            if inside {
                break;
            }
        }
        d
    }

    /// [`voronoi_faces`], where angles are not right.
    pub(crate) fn faces(&self) -> Option<&[Face; FACES]> {
        self.periodic.as_ref().filter(|lattice| !lattice.orthorhombic).map(|lattice| &lattice.faces)
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

/// Times that all faces are looked at: each shortens the vector or is the last, so the bound is for what rounding brings back and forth.
pub(crate) const MOST_PASSES: usize = 64;

const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

#[inline]
fn fractional(row: &[f64; 3], r: [f64; 3]) -> f64 {
    row[0] * r[0] + row[1] * r[1] + row[2] * r[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The length of the shortest of the images `-most..=most` cells away.
    fn shortest(cell: &Cell, d: [f64; 3], most: i32) -> f64 {
        let vectors = cell.vectors().unwrap();
        let turns = |k: usize| if k < cell.dimension() { -most..=most } else { 0..=0 };
        let mut least = f64::INFINITY;
        for n in turns(0).flat_map(|a| turns(1).flat_map(move |b| turns(2).map(move |c| [a, b, c].map(f64::from)))) {
            let r: f64 = (0..3).map(|c| (d[c] + (0..3).map(|k| n[k] * vectors[k][c]).sum::<f64>()).powi(2)).sum();
            least = least.min(r.sqrt());
        }
        least
    }

    /// A difference with components in `-size / 2..size / 2`, the same for each `i`.
    fn difference(i: usize, size: f64, dimension: usize) -> [f64; 3] {
        let irrational = [0.754_877_666_2, 0.569_840_290_9, 0.618_033_988_7];
        std::array::from_fn(|c| if c < dimension { ((i as f64 * irrational[c]).fract() - 0.5) * size } else { 0.0 })
    }

    #[test]
    fn minimum_image_is_the_shortest_of_all_images() {
        let cells = [
            Cell::triclinic(3, [[4.0, 0.0, 0.0], [3.1, 3.0, 0.0], [-2.5, 2.2, 5.0]]),
            Cell::triclinic(3, [[6.0, 0.0, 0.0], [2.9, 6.0, 0.0], [2.9, 2.9, 6.0]]),
            Cell::triclinic(3, [[3.0, 0.0, 0.0], [5.0, 2.0, 0.0], [-4.0, 3.0, 1.5]]),
            Cell::triclinic(2, [[3.0, 0.0, 0.0], [1.4, 3.0, 0.0], [0.0; 3]]),
            Cell::triclinic(2, [[2.0, 0.0, 0.0], [-7.3, 1.1, 0.0], [0.0; 3]]),
            Cell::from_lengths_and_angles([5.0, 5.0, 5.0], [60.0, 60.0, 60.0]),
            Cell::from_lengths_and_angles([5.0, 6.0, 7.0], [109.47, 109.47, 109.47]),
            Cell::from_lengths_and_angles([3.0, 3.0, 9.0], [45.0, 60.0, 35.0]),
            Cell::orthorhombic(&[3.0, 5.0, 4.0]),
        ];
        let rounded = |cell: &Cell, d: [f64; 3]| {
            let (vectors, inverse) = (cell.vectors().unwrap(), cell.inverse_vectors().unwrap());
            let turns: [f64; 3] = std::array::from_fn(|k| (0..3).map(|c| inverse[k][c] * d[c]).sum::<f64>().round());
            (0..3).map(|c| (d[c] - (0..3).map(|k| turns[k] * vectors[k][c]).sum::<f64>()).powi(2)).sum::<f64>().sqrt()
        };
        let mut by_rounding_alone = 0;
        for cell in cells.map(Result::unwrap) {
            for cell in [cell.stretched([1.3, 0.8, 1.1]), cell.scaled(2.0), cell] {
                for i in 0..60 {
                    let d = difference(i, 12.0, cell.dimension());
                    let image = cell.minimum_image(d);
                    let length = image.iter().map(|v| v * v).sum::<f64>().sqrt();
                    let expected = shortest(&cell, image, 8);
                    assert!((length - expected).abs() < 1e-12, "{cell:?}, {d:?}: {length} against {expected}");
                    by_rounding_alone += usize::from(rounded(&cell, d) > expected + 1e-9);
                    // It is an image: it differs by whole vectors.
                    let inverse = cell.inverse_vectors().unwrap();
                    for row in &inverse[..cell.dimension()] {
                        let turns: f64 = (0..3).map(|c| row[c] * (d[c] - image[c])).sum();
                        assert!((turns - turns.round()).abs() < 1e-12, "{cell:?}, {d:?}: {turns} turns");
                    }
                }
            }
        }
        assert!(by_rounding_alone > 100, "{by_rounding_alone}");
    }

    #[test]
    fn a_cell_of_any_skew_has_its_nearest_images() {
        // The lattice of a cube of edge 2, by vectors that are ever longer.
        for skew in [1.0, 17.0, 4096.0] {
            let cell = Cell::triclinic(3, [[2.0, 0.0, 0.0], [2.0 * skew, 2.0, 0.0], [-4.0 * skew, 6.0 * skew, 2.0]]).unwrap();
            let cube = Cell::orthorhombic(&[2.0; 3]).unwrap();
            for i in 0..200 {
                let d = difference(i, 11.0, 3);
                let square = |d: [f64; 3]| d.iter().map(|v| v * v).sum::<f64>();
                let (found, expected) = (square(cell.minimum_image(d)), square(cube.minimum_image(d)));
                assert!((found - expected).abs() < 1e-7, "skew {skew}, {d:?}: {found} against {expected}");
            }
        }
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
