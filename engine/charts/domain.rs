//! The domain of a reference: one image of each configuration.

use super::symmetry::{Element, Symmetry};
use pathfinding::prelude::{Matrix, kuhn_munkres_min};
use rayon::prelude::*;

/// One unit of the integers in which squared distances are compared: relative to the reference's own extent, far below any difference that matters.
const UNITS: f64 = 1e12;

/// The domain of a reference: of all images of a configuration under the group the one with the least summed squared distance to the reference.
///
/// Found by optimal assignment of identical particles for each operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    symmetry: Symmetry,
    reference: Vec<f64>,
    unit: f64,
}

impl Domain {
    /// That of `reference`, a row.
    pub fn new(symmetry: &Symmetry, reference: Vec<f64>) -> Self {
        let extent = reference.iter().map(|v| v * v).sum::<f64>().max(f64::MIN_POSITIVE);
        Self { symmetry: symmetry.clone(), unit: UNITS / extent, reference }
    }

    /// The element that leads into the domain; `None` where a coordinate is not finite or too far away.
    pub fn element(&self, row: &[f64]) -> Option<Element> {
        if !row.iter().all(|v| v.is_finite()) {
            return None;
        }
        let n = self.symmetry.operations[0].particle.len();
        // The number of the operation, the particles in their places, and the squared distance then.
        let mut best: Option<(usize, Vec<usize>, i64)> = None;
        for (number, operation) in self.symmetry.operations.iter().enumerate() {
            let mut particle = operation.particle.clone();
            // Squared distance of the image of particle i to the place j of the reference.
            let apart = |i: usize, j: usize| -> Option<i64> {
                let square: f64 = operation
                    .axis
                    .iter()
                    .zip(&operation.sign)
                    .enumerate()
                    .map(|(k, (axis, sign))| (sign * row[axis * n + i] - self.reference[k * n + j]).powi(2))
                    .sum();
                let scaled = square * self.unit;
                (scaled < 1e15).then_some(scaled.round() as i64)
            };
            let mut total = 0;
            for j in (0..n).filter(|j| !self.symmetry.identical.iter().any(|set| set.contains(j))) {
                total += apart(particle[j], j)?;
            }
            for set in &self.symmetry.identical {
                let m = set.len();
                let mut costs = Vec::with_capacity(m * m);
                for &j in set {
                    for &place in set {
                        costs.push(apart(particle[place], j)?);
                    }
                }
                let least: i64 = costs.chunks(m).map(|row| row.iter().min().expect("a particle")).sum();
                if best.as_ref().is_some_and(|(.., found)| total + least >= *found) {
                    total = i64::MAX;
                    break;
                }
                let (cost, assigned) = kuhn_munkres_min(&Matrix::from_vec(m, m, costs).expect("a square matrix"));
                total += cost;
                let before = particle.clone();
                for (&j, &to) in set.iter().zip(&assigned) {
                    particle[j] = before[set[to]];
                }
            }
            if best.as_ref().is_none_or(|(.., found)| total < *found) {
                best = Some((number, particle, total));
            }
        }
        best.map(|(number, particle, _)| self.symmetry.element(number, particle))
    }

    /// Whether a row is its own image in the domain. Where two images are equally near, neither need be: such rows have no volume.
    pub fn holds(&self, row: &[f64]) -> bool {
        self.element(row).is_some_and(|element| element.is_identity())
    }

    /// The image in the domain and the element that leads to it.
    pub fn fold(&self, row: &[f64]) -> Option<(Vec<f64>, Element)> {
        let element = self.element(row)?;
        Some((element.image(row), element))
    }

    /// `price` times how much farther the row x is from the reference x_0 than its image g x, whose derivatives by x are added to `by_row`.
    ///
    /// |x - x_0|^2 - |g x - x_0|^2 = 2 x . (g^-1 x_0 - x_0), for g leaves lengths as they are.
    pub fn add_excess(&self, row: &[f64], price: f64, by_row: &mut [f64]) -> f64 {
        let Some(element) = self.element(row).filter(|element| !element.is_identity()) else { return 0.0 };
        let moved = element.inverse_image(&self.reference);
        let mut excess = 0.0;
        for ((x, (there, here)), by) in row.iter().zip(moved.iter().zip(&self.reference)).zip(by_row) {
            let slope = 2.0 * price * (there - here);
            excess += slope * x;
            *by += slope;
        }
        // What is left below 0 is rounding.
        excess.max(0.0)
    }

    /// Mean square of the distance of the images of some of these rows to the reference, for each coordinate.
    pub fn spread(&self, rows: &[f64]) -> f64 {
        const FRAMES: usize = 500;
        let dim = self.reference.len();
        let stride = (rows.len() / dim).div_ceil(FRAMES).max(1);
        let images: Vec<Vec<f64>> =
            rows.par_chunks_exact(dim).step_by(stride).filter_map(|row| Some(self.element(row)?.image(row))).collect();
        let square = |image: &Vec<f64>| image.iter().zip(&self.reference).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        images.iter().map(square).sum::<f64>() / (images.len() * dim).max(1) as f64
    }

    /// The group.
    pub fn symmetry(&self) -> &Symmetry {
        &self.symmetry
    }

    /// The reference.
    pub fn reference(&self) -> &[f64] {
        &self.reference
    }
}

#[cfg(test)]
mod tests {
    use super::super::Operation;
    use super::*;
    use crate::random::{normal, streams};

    /// Three of one kind and two of another in the plane, with the group of a rectangle.
    fn group() -> Symmetry {
        let operations = ["-x, y", "x, -y"].map(|text| Operation::parse(text, &[], 5, 2).expect("an operation"));
        Symmetry::new(vec![vec![1, 2, 4], vec![0, 3]], &operations, 5, 2)
    }

    fn rows(count: usize) -> Vec<Vec<f64>> {
        let mut random = streams(5, 1).remove(0);
        (0..count).map(|_| (0..10).map(|_| normal(&mut random)).collect()).collect()
    }

    fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
    }

    /// All images, element by element.
    fn images(symmetry: &Symmetry, row: &[f64]) -> Vec<Vec<f64>> {
        let mut images = Vec::new();
        for operation in 0..symmetry.operations.len() {
            for three in [[1, 2, 4], [1, 4, 2], [2, 1, 4], [2, 4, 1], [4, 1, 2], [4, 2, 1]] {
                for two in [[0, 3], [3, 0]] {
                    let particle = vec![two[0], three[0], three[1], two[1], three[2]];
                    images.push(symmetry.element(operation, particle).image(row));
                }
            }
        }
        images
    }

    #[test]
    fn a_group_is_closed() {
        let symmetry = group();
        assert_eq!(symmetry.operations.len(), 4);
        assert!((symmetry.log_order() - 48f64.ln()).abs() < 1e-14);
        let square = ["-y, x", "-x, y"].map(|text| Operation::parse(text, &[], 1, 2).expect("an operation"));
        assert_eq!(Symmetry::new(Vec::new(), &square, 1, 2).operations.len(), 8);
        let cube = ["y, z, x", "-y, x, z", "-x, y, z"].map(|text| Operation::parse(text, &[], 1, 3).expect("an operation"));
        assert_eq!(Symmetry::new(Vec::new(), &cube, 1, 3).operations.len(), 48);
        for text in ["x", "x, x", "x, z", "-x, y, z", ""] {
            assert!(Operation::parse(text, &[], 1, 2).is_err(), "{text}");
        }
    }

    #[test]
    fn the_image_in_the_domain_is_the_nearest_of_all() {
        let symmetry = group();
        let reference = rows(1).remove(0);
        let domain = Domain::new(&symmetry, reference.clone());
        let mut own = 0;
        for row in rows(200).split_off(1) {
            let (folded, element) = domain.fold(&row).expect("finite numbers");
            assert_eq!(folded, element.image(&row));
            let all = images(&symmetry, &row);
            let least = all.iter().map(|image| squared_distance(image, &reference)).fold(f64::INFINITY, f64::min);
            assert!((squared_distance(&folded, &reference) - least).abs() < 1e-9, "{row:?}");
            // One image of each orbit, whichever of its members comes in.
            assert!(domain.holds(&folded));
            assert_eq!(all.iter().filter(|image| domain.holds(image)).count(), 1, "{row:?}");
            assert!(all.iter().all(|image| domain.fold(image).expect("finite numbers").0 == folded), "{row:?}");
            own += usize::from(domain.holds(&row));
        }
        assert!(own < 20, "{own} of 199 rows were in the domain, expected about 4");
        assert!(domain.fold(&[f64::NAN; 10]).is_none() && !domain.holds(&[1e300; 10]));
    }

    #[test]
    fn labels_change_places_with_an_operation() {
        // The ends of a rod change places when it is turned over: the rod is then as it was.
        let turn = Operation::parse("-x, y", &[(0, 1)], 2, 2).expect("an operation");
        let domain = Domain::new(&Symmetry::new(Vec::new(), &[turn], 2, 2), vec![-1.0, 1.0, 0.4, 0.0]);
        let (own, turned) = ([-0.9, 1.2, 0.3, 0.1], [-1.2, 0.9, 0.1, 0.3]);
        assert!(domain.holds(&own) && !domain.holds(&turned));
        assert_eq!(domain.fold(&turned).expect("finite numbers").0, own);
    }
}
