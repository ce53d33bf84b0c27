//! A learned rotation of numbers on lines: a product of reflections.

use super::AnyLayer;
use super::layer::Layer;
use super::part::{Part, Setting, place_problems};
use crate::axes::Axis;
use crate::direction::Direction;
use crate::prior::Prior;
use crate::tensor::NamedTensor;
use mcflow_base::{Lane, Problem};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// A learned orthogonal mixing of the axes that are lines, y = H_k ... H_1 x with H_i = 1 - 2 v_i v_i^T / |v_i|^2: what half updates change
/// together then need not lie along axes.
///
/// Source: Householder, J. ACM 5 (1958) 339; Tomczak and Welling, arXiv:1611.09630 (2016).
///
/// ```
/// use mcflow_flows::{Architecture, Generator, Householder, Prior};
///
/// let turn = Architecture::Householder(Householder { reflections: 2, on: None });
/// let mut generator = Generator::new(&turn, Prior::Gaussian, 2, 1);
/// // Reflections of x, then of the diagonal: a quarter turn, which leaves volumes as they are.
/// generator.set_parameters(&[1.0, 0.0, 1.0, 1.0]);
/// let (mut x, mut log_det) = ([0.0; 2], [1.0]);
/// generator.forward(&[2.0, 0.0], &mut x, &mut log_det);
/// assert!((x[0] - 0.0).abs() < 1e-15 && (x[1] - 2.0).abs() < 1e-15 && log_det == [0.0]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Householder {
    /// k, even: it starts with pairs of equal reflections, as the identity.
    pub reflections: usize,
    /// Axes that it mixes, by their place in a row; all that are lines unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Vec<usize>>,
}

impl Householder {
    fn places(&self, setting: &Setting) -> Vec<usize> {
        setting.free(self.on.as_deref()).into_iter().filter(|&place| setting.axes.get(place) == Some(&Axis::Line)).collect()
    }
}

impl Part for Householder {
    fn problems(&self, setting: &Setting) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !(2..=256).contains(&self.reflections) || !self.reflections.is_multiple_of(2) {
            problems.push(Problem::new("reflections", self.reflections, "an even number from 2 to 256"));
        }
        problems.extend(place_problems(self.on.as_deref(), setting.dim()));
        for (k, &place) in self.on.iter().flatten().enumerate() {
            if let Some(axis) = setting.axes.get(place).filter(|axis| **axis != Axis::Line) {
                problems.push(Problem::new(format!("on[{k}]"), format!("{place}, {axis:?}"), "axes that are lines"));
            }
        }
        if self.places(setting).len() < 2 {
            let found = format!("{} axes to mix", self.places(setting).len());
            problems.push(Problem::new("", found, "at least two axes that are lines and not fixed"));
        }
        if setting.prior == Prior::Uniform {
            let expected = "Householder with the Gaussian prior: a rotation does not map a box to itself";
            problems.push(Problem::new("", "Householder with the Uniform prior", expected));
        }
        problems
    }

    fn layers(&self, setting: &Setting) -> Vec<AnyLayer> {
        vec![Reflections { places: self.places(setting), count: self.reflections }.into()]
    }

    fn parameters_at_most(&self, setting: &Setting) -> f64 {
        self.reflections as f64 * setting.dim() as f64
    }

    fn numbers_of_a_row(&self, setting: &Setting) -> f64 {
        setting.dim() as f64
    }
}

/// The layer: its parameters are v_1 ... v_k, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Reflections {
    places: Vec<usize>,
    count: usize,
}

/// v / |v| of each reflection, one after the other, and 1 / |v|; zeros for a vector without a direction, which reflects nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnitVectors {
    units: Vec<f64>,
    inverse_lengths: Vec<f64>,
}

/// x - 2 (u.x) u in place; returns u.x.
#[inline(always)]
fn reflect(unit: &[f64], x: &mut [f64]) -> f64 {
    let mut along = 0.0;
    for (u, x) in unit.iter().zip(x.iter()) {
        along += u * x;
    }
    for (u, x) in unit.iter().zip(x.iter_mut()) {
        *x -= 2.0 * along * u;
    }
    along
}

impl Reflections {
    /// The place of step `step` among the reflections of a pass.
    #[inline(always)]
    fn at(&self, step: usize, direction: Direction) -> usize {
        if direction == Direction::Forward { step } else { self.count - 1 - step }
    }

    #[inline(always)]
    fn gather(&self, row: &[f64], x: &mut [f64]) {
        for (x, &place) in x.iter_mut().zip(&self.places) {
            *x = row[place];
        }
    }

    #[inline(always)]
    fn scatter(&self, x: &[f64], row: &mut [f64]) {
        for (x, &place) in x.iter().zip(&self.places) {
            row[place] = *x;
        }
    }
}

impl Layer for Reflections {
    type Packed = UnitVectors;
    /// Rows that came out, the axes that are mixed alone; afterwards room for the cotangents of one.
    type Tape = Vec<f64>;

    fn name(&self) -> &'static str {
        "householder"
    }

    fn tensors(&self) -> Vec<NamedTensor> {
        vec![NamedTensor::trained("vectors", &[self.count, self.places.len()])]
    }

    fn initialise(&self, rng: &mut Xoshiro256PlusPlus, parameters: &mut [f64]) {
        for pair in parameters.chunks_exact_mut(2 * self.places.len()) {
            let (first, second) = pair.split_at_mut(self.places.len());
            first.iter_mut().for_each(|v| *v = 2.0 * rng.random::<f64>() - 1.0);
            second.copy_from_slice(first);
        }
    }

    fn pack(&self, parameters: &[f64], _: bool, packed: &mut UnitVectors) {
        packed.units.clear();
        packed.inverse_lengths.clear();
        for vector in parameters.chunks_exact(self.places.len()) {
            let inverse = vector.iter().map(|v| v * v).sum::<f64>().sqrt().recip();
            let inverse = if inverse.is_finite() { inverse } else { 0.0 };
            packed.inverse_lengths.push(inverse);
            packed.units.extend(vector.iter().map(|v| v * inverse));
        }
    }

    #[inline(always)]
    fn apply<L: Lane, const RECORD: bool>(
        &self,
        direction: Direction,
        packed: &UnitVectors,
        rows: &mut [f64],
        dim: usize,
        log_det: &mut [f64],
        tape: &mut Vec<f64>,
    ) {
        let m = self.places.len();
        tape.resize((log_det.len() + 1) * m, 0.0);
        for (k, row) in rows.chunks_exact_mut(dim).enumerate() {
            let x = if RECORD { &mut tape[k * m..(k + 1) * m] } else { &mut tape[..m] };
            self.gather(row, x);
            for step in 0..self.count {
                let unit = self.at(step, direction) * m;
                reflect(&packed.units[unit..unit + m], x);
            }
            self.scatter(x, row);
        }
    }

    /// With y = x - 2 (u.x) u: dx = g - 2 (u.g) u, du = -2 ((u.g) x + (u.x) g), and dv = (du - (u.du) u) / |v|. x follows from y by the same reflection.
    #[inline(always)]
    fn vjp<L: Lane>(
        &self,
        direction: Direction,
        packed: &UnitVectors,
        rows: &mut [f64],
        dim: usize,
        log_det: &[f64],
        tape: &mut Vec<f64>,
        gradient: &mut [f64],
    ) {
        let m = self.places.len();
        let (outputs, g) = tape.split_at_mut(log_det.len() * m);
        gradient.fill(0.0);
        for (row, x) in rows.chunks_exact_mut(dim).zip(outputs.chunks_exact_mut(m)) {
            self.gather(row, g);
            for step in (0..self.count).rev() {
                let unit = self.at(step, direction) * m;
                let (u, target) = (&packed.units[unit..unit + m], &mut gradient[unit..unit + m]);
                // u.x changes its sign by the reflection, x is what came in from here on.
                let along = -reflect(u, x);
                for (target, g) in target.iter_mut().zip(g.iter()) {
                    *target -= 2.0 * along * g;
                }
                let slope = reflect(u, g);
                for (target, x) in target.iter_mut().zip(x.iter()) {
                    *target -= 2.0 * slope * x;
                }
            }
            self.scatter(g, row);
        }
        for ((target, u), inverse) in gradient.chunks_exact_mut(m).zip(packed.units.chunks_exact(m)).zip(&packed.inverse_lengths) {
            let mut along = 0.0;
            for (t, u) in target.iter().zip(u) {
                along += t * u;
            }
            for (t, u) in target.iter_mut().zip(u) {
                *t = (*t - along * u) * inverse;
            }
        }
    }
}
