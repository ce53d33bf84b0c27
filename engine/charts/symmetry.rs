//! What leaves the energy as it is: permutations of identical particles and operations of a point group.

use mcflow_base::Problem;

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

/// An element of the whole group: component k of the image of the particle in place i is `sign[k]` times component `axis[k]` of particle `particle[i]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    pub(super) axis: Vec<usize>,
    pub(super) sign: Vec<f64>,
    pub(super) particle: Vec<usize>,
}

impl Element {
    /// Whether it leaves all as it is.
    pub fn is_identity(&self) -> bool {
        let in_order = |numbers: &[usize]| numbers.iter().enumerate().all(|(k, &number)| k == number);
        in_order(&self.axis) && in_order(&self.particle) && self.sign.iter().all(|sign| *sign == 1.0)
    }

    /// What has this row for its image.
    pub fn inverse_image(&self, row: &[f64]) -> Vec<f64> {
        let n = self.particle.len();
        let mut inverse = vec![0.0; row.len()];
        for (k, (axis, sign)) in self.axis.iter().zip(&self.sign).enumerate() {
            for (i, &particle) in self.particle.iter().enumerate() {
                inverse[axis * n + particle] = sign * row[k * n + i];
            }
        }
        inverse
    }

    /// The image of a row (all x, then all y, then all z) of positions or momenta.
    pub fn image(&self, row: &[f64]) -> Vec<f64> {
        let n = self.particle.len();
        let mut image = Vec::with_capacity(row.len());
        for (axis, sign) in self.axis.iter().zip(&self.sign) {
            image.extend(self.particle.iter().map(|&i| sign * row[axis * n + i]));
        }
        image
    }
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

    /// The operation of this number, the particle `particle[i]` in the place of i.
    pub fn element(&self, operation: usize, particle: Vec<usize>) -> Element {
        let Operation { axis, sign, .. } = &self.operations[operation];
        Element { axis: axis.clone(), sign: sign.clone(), particle }
    }
}
