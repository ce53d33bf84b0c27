//! Coefficients from numbers of single particles, by a combination rule: as many kinds as there are particles, no square table.

use super::form::{Coefficients, LaneTable, PairTable, TableRow, UNBOUNDED_SQUARED};
use super::lennard_jones::Truncation;
use super::parameters::{Mixing, TypeParameters};
use mcflow_base::{Element, Lane};

/// Elements of the widest lane.
const WIDEST: usize = 16;

/// epsilon and sigma of each particle, and how interactions end. Particles are their own types: type `i` is particle `i`.
///
/// sigma of a pair is a_i + a_j, a being half of sigma, or a_i a_j, a being its root; epsilon is b_i b_j, b being its root.
#[derive(Clone, Debug)]
pub(super) struct ByParticle {
    /// Whether both numbers of a pair are products.
    geometric: bool,
    /// a of each particle.
    lengths: Vec<f64>,
    /// b of each particle.
    roots: Vec<f64>,
    ending: Ending,
}

/// Shift and slope as sums over both coefficients, and the square of the cutoff: U and U' at a distance are linear in c12 and c6.
#[derive(Clone, Copy, Debug)]
struct Ending {
    shift: [f64; 2],
    slope: [f64; 2],
    cutoff_squared: f64,
}

impl Ending {
    fn new(cutoff: Option<f64>, truncation: Truncation) -> Self {
        let Some(cutoff) = cutoff else { return Self { shift: [0.0; 2], slope: [0.0; 2], cutoff_squared: UNBOUNDED_SQUARED } };
        let (u, slope) = ([cutoff.powi(-12), -cutoff.powi(-6)], [-12.0 * cutoff.powi(-13), 6.0 * cutoff.powi(-7)]);
        let (shift, slope) = match truncation {
            Truncation::Shifted => (u, [0.0; 2]),
            Truncation::LinearForceShift => ([0, 1].map(|k| u[k] - cutoff * slope[k]), slope),
            _ => ([0.0; 2], [0.0; 2]),
        };
        Self { shift, slope, cutoff_squared: cutoff * cutoff }
    }
}

impl ByParticle {
    /// The table of particles with these parameters.
    pub(super) fn new(parameters: &[TypeParameters], mixing: Mixing, cutoff: Option<f64>, truncation: Truncation) -> Self {
        let geometric = mixing == Mixing::Geometric;
        Self {
            geometric,
            lengths: parameters.iter().map(|p| if geometric { p.sigma.sqrt() } else { 0.5 * p.sigma }).collect(),
            roots: parameters.iter().map(|p| p.epsilon.sqrt()).collect(),
            ending: Ending::new(cutoff, truncation),
        }
    }

    /// The coefficients of two particles, lane by lane.
    #[inline(always)]
    fn combine<T: Element, L: Lane<T>>(&self, lengths: [L; 2], roots: [L; 2]) -> Coefficients<L> {
        let sigma = if self.geometric { lengths[0] * lengths[1] } else { lengths[0] + lengths[1] };
        let square = sigma * sigma;
        let s6 = square * square * square;
        let c6 = L::splat(4.0) * roots[0] * roots[1] * s6;
        let c12 = c6 * s6;
        let Ending { shift, slope, cutoff_squared } = self.ending;
        Coefficients {
            c12,
            c6,
            shift: L::splat(shift[0]).mul_add(c12, L::splat(shift[1]) * c6),
            slope: L::splat(slope[0]).mul_add(c12, L::splat(slope[1]) * c6),
            cutoff_squared: L::splat(cutoff_squared),
        }
    }

    /// c12 and c6 of two particles.
    pub(super) fn bare(&self, i: usize, j: usize) -> Coefficients<f64> {
        let (a, b) = (self.lengths[i], self.lengths[j]);
        let s6 = (if self.geometric { a * b } else { a + b }).powi(6);
        let c6 = 4.0 * self.roots[i] * self.roots[j] * s6;
        Coefficients { c12: c6 * s6, c6, shift: 0.0, slope: 0.0, cutoff_squared: UNBOUNDED_SQUARED }
    }

    /// The sum of c12 and c6 over all ordered pairs of particles, each with itself among them.
    pub(super) fn sum_of_all(&self) -> Coefficients<f64> {
        let mut sum = Coefficients { cutoff_squared: UNBOUNDED_SQUARED, ..Coefficients::default() };
        for i in 0..self.lengths.len() {
            for j in 0..self.lengths.len() {
                let one = self.bare(i, j);
                sum.c12 += one.c12;
                sum.c6 += one.c6;
            }
        }
        sum
    }
}

impl PairTable for ByParticle {
    type Row<'a> = OfOne<'a>;
    #[inline(always)]
    fn row(&self, type_i: u32) -> OfOne<'_> {
        OfOne { table: self, length: self.lengths[type_i as usize], root: self.roots[type_i as usize] }
    }
    type InLanes<'a, T: Element, L: Lane<T>> = &'a Self;
    #[inline(always)]
    fn in_lanes<T: Element, L: Lane<T>>(&self) -> &Self {
        self
    }
}

impl<T: Element, L: Lane<T>> LaneTable<T, L> for &ByParticle {
    #[inline(always)]
    fn quads(self, types_i: &[u32], types_j: &[u32; 4]) -> Coefficients<L> {
        let (mut lengths, mut roots) = ([[T::default(); 4]; 2], [[T::default(); 4]; 2]);
        for k in 0..L::WIDTH / 4 {
            lengths[0][k] = T::from_f64(self.lengths[types_i[k] as usize]);
            roots[0][k] = T::from_f64(self.roots[types_i[k] as usize]);
        }
        for k in 0..4 {
            lengths[1][k] = T::from_f64(self.lengths[types_j[k] as usize]);
            roots[1][k] = T::from_f64(self.roots[types_j[k] as usize]);
        }
        self.combine([L::spread_quads(&lengths[0]), L::repeat_quad(&lengths[1])], [L::spread_quads(&roots[0]), L::repeat_quad(&roots[1])])
    }
}

/// One particle with all others.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfOne<'a> {
    table: &'a ByParticle,
    length: f64,
    root: f64,
}

impl TableRow for OfOne<'_> {
    const NEEDS_TYPES: bool = true;
    #[inline(always)]
    fn one<T: Element, L: Lane<T>>(self, type_j: u32) -> Coefficients<L> {
        let Self { table, length, root } = self;
        let (other_length, other_root) = (table.lengths[type_j as usize], table.roots[type_j as usize]);
        table.combine([L::splat(length), L::splat(other_length)], [L::splat(root), L::splat(other_root)])
    }
    #[inline(always)]
    fn lanes<T: Element, L: Lane<T>>(self, types_j: &[u32]) -> Coefficients<L> {
        let Self { table, length, root } = self;
        let (mut lengths, mut roots) = ([T::default(); WIDEST], [T::default(); WIDEST]);
        for l in 0..L::WIDTH {
            lengths[l] = T::from_f64(table.lengths[types_j[l] as usize]);
            roots[l] = T::from_f64(table.roots[types_j[l] as usize]);
        }
        table.combine([L::splat(length), L::load(&lengths[..L::WIDTH])], [L::splat(root), L::load(&roots[..L::WIDTH])])
    }
}
