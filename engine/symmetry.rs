//! What leaves the energy as it is: permutations of identical particles and operations of a point group; and the one image of a
//! configuration that lies in the domain of a reference.

use mcflow_base::Problem;
use pathfinding::prelude::{Matrix, kuhn_munkres_min};

/// The group of a system: all permutations within each set of identical particles, times a point group.
#[derive(Clone, Debug, PartialEq)]
pub struct Symmetry {
    /// Particles that may change places, set by set; each in one set at most.
    pub identical: Vec<Vec<usize>>,
    /// The elements of the point group, the identity first.
    pub operations: Vec<Operation>,
}

/// An operation about the origin: component k of the image of a particle is `sign[k]` times component `axis[k]` of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Which component becomes component k.
    pub axis: Vec<usize>,
    /// Its sign.
    pub sign: Vec<f64>,
    /// The particle that is put in the place of particle i, by i: those that are exchanged by the operation itself.
    pub particle: Vec<usize>,
}

/// An element of the whole group: an operation, and which particle comes to each place.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    operation: usize,
    particle: Vec<usize>,
}

impl Operation {
    /// Nothing changed, for `n` particles in `dimension` dimensions.
    pub fn identity(n: usize, dimension: usize) -> Self {
        Self { axis: (0..dimension).collect(), sign: vec![1.0; dimension], particle: (0..n).collect() }
    }

    /// By its coordinate triplet as in the International Tables for Crystallography, such as "-x, y, z" or "y, x"; `exchange` are pairs of particles
    /// that change places with it.
    ///
    /// # Errors
    /// If the text is no operation of this dimension.
    pub fn parse(text: &str, exchange: &[(usize, usize)], n: usize, dimension: usize) -> Result<Self, Problem> {
        let names = &["x", "y", "z"][..dimension];
        let expected =
            format!("each of {} once, with or without a minus, such as {:?}", names.join(", "), format!("-{}", names.join(", ")));
        let wrong = || Problem::new("", format!("{text:?}"), expected.clone());
        let mut operation = Self { axis: Vec::new(), sign: Vec::new(), particle: (0..n).collect() };
        for part in text.split(',') {
            let part = part.trim();
            let (sign, name) = part.strip_prefix('-').map_or((1.0, part), |rest| (-1.0, rest.trim()));
            let axis = names.iter().position(|known| *known == name).ok_or_else(wrong)?;
            if operation.axis.contains(&axis) {
                return Err(wrong());
            }
            operation.axis.push(axis);
            operation.sign.push(sign);
        }
        if operation.axis.len() != dimension {
            return Err(wrong());
        }
        for &(i, j) in exchange {
            operation.particle.swap(i, j);
        }
        Ok(operation)
    }

    /// The other after this one.
    fn then(&self, other: &Self) -> Self {
        Self {
            axis: other.axis.iter().map(|&k| self.axis[k]).collect(),
            sign: other.axis.iter().zip(&other.sign).map(|(&k, sign)| sign * self.sign[k]).collect(),
            particle: other.particle.iter().map(|&i| self.particle[i]).collect(),
        }
    }
}

impl Symmetry {
    /// The group that these sets and operations generate; `n` particles in `dimension` dimensions.
    pub fn new(identical: Vec<Vec<usize>>, generators: &[Operation], n: usize, dimension: usize) -> Self {
        let mut operations = vec![Operation::identity(n, dimension)];
        let mut next = 0;
        while next < operations.len() {
            for generator in generators {
                let product = operations[next].then(generator);
                if !operations.contains(&product) {
                    operations.push(product);
                }
            }
            next += 1;
        }
        Self { identical, operations }
    }

    /// ln of the number of elements: what ln Z gains over that of one domain.
    pub fn log_order(&self) -> f64 {
        let factorial = |n: usize| (2..=n).map(|k| (k as f64).ln()).sum::<f64>();
        self.identical.iter().map(|set| factorial(set.len())).sum::<f64>() + (self.operations.len() as f64).ln()
    }

    /// The image of a row (all x, then all y, then all z) of positions or momenta.
    pub fn image(&self, element: &Element, row: &[f64]) -> Vec<f64> {
        self.image_by(element.operation, &element.particle, row)
    }

    /// The image by the operation of this number, the particle `particle[i]` in the place of i.
    pub fn image_by(&self, operation: usize, particle: &[usize], row: &[f64]) -> Vec<f64> {
        let n = particle.len();
        let Operation { axis, sign, .. } = &self.operations[operation];
        let mut image = Vec::with_capacity(row.len());
        for (axis, sign) in axis.iter().zip(sign) {
            image.extend(particle.iter().map(|&i| sign * row[axis * n + i]));
        }
        image
    }
}

/// One unit of the integers in which squared distances are compared: relative to the reference's own extent, far below any difference that matters.
const UNITS: f64 = 1e12;

/// The domain of a reference: of all images of a configuration under the group the one with the least summed squared distance to the reference.
///
/// A flow move replaces (x, p) by the image (g x, g p) in the domain, which leaves the energy and the measure as they are, proposes y, and rejects
/// unless y is in the domain of its own reference: on orbits of the group it is the move that a system without symmetry would have. Right for all that
/// does not depend on labels.
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

    /// The element that leads into the domain, with the squared distance then; `None` where a coordinate is not finite or too far away.
    pub fn element(&self, row: &[f64]) -> Option<(Element, i64)> {
        if !row.iter().all(|v| v.is_finite()) {
            return None;
        }
        let n = self.symmetry.operations[0].particle.len();
        let mut best: Option<(Element, i64)> = None;
        for (number, operation) in self.symmetry.operations.iter().enumerate() {
            let mut element = Element { operation: number, particle: operation.particle.clone() };
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
                total += apart(element.particle[j], j)?;
            }
            for set in &self.symmetry.identical {
                let m = set.len();
                let mut costs = Vec::with_capacity(m * m);
                for &j in set {
                    for &place in set {
                        costs.push(apart(element.particle[place], j)?);
                    }
                }
                let least: i64 = costs.chunks(m).map(|row| row.iter().min().expect("a particle")).sum();
                if best.as_ref().is_some_and(|(_, found)| total + least >= *found) {
                    total = i64::MAX;
                    break;
                }
                let (cost, assigned) = kuhn_munkres_min(&Matrix::from_vec(m, m, costs).expect("a square matrix"));
                total += cost;
                let before = element.particle.clone();
                for (&j, &to) in set.iter().zip(&assigned) {
                    element.particle[j] = before[set[to]];
                }
            }
            if best.as_ref().is_none_or(|(_, found)| total < *found) {
                best = Some((element, total));
            }
        }
        best
    }

    /// Whether a row is its own image in the domain. Where two images are equally near, neither need be: such rows have no volume.
    pub fn holds(&self, row: &[f64]) -> bool {
        self.element(row).is_some_and(|(element, _)| element.operation == 0 && element.particle.iter().enumerate().all(|(k, &i)| k == i))
    }

    /// The image in the domain and the element that leads to it.
    pub fn fold(&self, row: &[f64]) -> Option<(Vec<f64>, Element)> {
        let (element, _) = self.element(row)?;
        Some((self.symmetry.image(&element, row), element))
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
                    images.push(symmetry.image(&Element { operation, particle }, row));
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
            assert_eq!(folded, symmetry.image(&element, &row));
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
