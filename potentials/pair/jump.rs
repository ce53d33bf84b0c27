//! Where the energy of pairs jumps, and the pairs that are near there.

use super::by_particle::ByParticle;
use super::exclusions::Exclusions;
use super::form::Coefficients;
use crate::interface::{Jump, PairAtJump, Shell};
use crate::space::image::{Image, Imaging};
use crate::space::{Cell, Configuration};
use mcflow_base::{Kernel, Lane, dispatch};

/// A pair interaction that is cut where it is not 0 (plain truncation).
#[derive(Clone, Debug)]
pub(super) struct JumpAtCutoff {
    /// The cutoff.
    at: f64,
    table: JumpTable,
    exclusions: Exclusions,
}

/// The interactions of all pairs, as if they had no cutoff.
#[derive(Clone, Debug)]
pub(super) enum JumpTable {
    /// Of all pairs of types, row by row, and the type of each particle.
    ByType { table: Vec<Coefficients<f64>>, types: Vec<usize>, n_types: usize },
    /// By a combination rule.
    ByParticle(ByParticle),
}

impl JumpTable {
    fn of(&self, i: usize, j: usize) -> Coefficients<f64> {
        match self {
            Self::ByType { table, types, n_types } => table[types[i] * n_types + types[j]],
            Self::ByParticle(table) => table.bare(i, j),
        }
    }
}

impl JumpAtCutoff {
    pub(super) fn new(at: f64, table: JumpTable, n: usize, exclude: &[(usize, usize)]) -> Self {
        Self { at, table, exclusions: Exclusions::new(n, exclude) }
    }
}

impl Jump for JumpAtCutoff {
    fn shell(&self, configuration: &Configuration, width: f64, factor: f64) -> Shell {
        let outer = self.at * (1.0 + width);
        let is_whole = 2.0 * outer <= configuration.cell.smallest_height();
        let (inner, outer) = if is_whole { (self.at * (1.0 - width), outer) } else { (self.at * (1.0 - 2.0 * width), self.at) };
        let mut pairs = Vec::new();
        for (i, j, distance) in pairs_between(configuration, inner, outer) {
            let coefficients = self.table.of(i, j);
            let [energy, lost] = [distance, self.at].map(|r| factor * coefficients.full(r).0);
            if lost != 0.0 && !self.exclusions.of(i).contains(&(j as u32)) {
                pairs.push(PairAtJump { distance, energy, lost });
            }
        }
        Shell { at: self.at, inner, outer, pairs }
    }
}

/// All pairs whose nearest images are more than `from` and less than `to` apart, `to` being at most half the smallest height of the cell.
fn pairs_between(configuration: &Configuration, from: f64, to: f64) -> Vec<(usize, usize, f64)> {
    let grid = Grid::new(configuration, to);
    let mut found = Vec::new();
    dispatch(Search { grid: &grid, image: Image::new(&configuration.cell), squares: [from * from, to * to], found: &mut found });
    found
}

/// Particles by the boxes of a grid, boxes no lower than the reach where there are several.
struct Grid {
    /// Boxes along each direction: 1, or at least 3.
    boxes: [usize; 3],
    /// Where the particles of each box begin in `order`.
    starts: Vec<usize>,
    order: Vec<usize>,
    /// Components of the positions, in that order.
    positions: [Vec<f64>; 3],
}

impl Grid {
    fn new(configuration: &Configuration, reach: f64) -> Self {
        let Configuration { positions, cell } = configuration;
        let n = positions.n();
        let boxes = boxes(cell, reach, n);
        let inverse = cell.inverse_vectors().unwrap_or_default();
        let of = |i: usize| {
            let r = positions.get(i);
            (0..3).fold(0, |number, k| {
                let fractional: f64 = (0..3).map(|c| r[c] * inverse[k][c]).sum();
                let place = (fractional - fractional.floor()) * boxes[k] as f64;
                number * boxes[k] + (place as usize).min(boxes[k] - 1)
            })
        };
        let numbers: Vec<usize> = (0..n).map(of).collect();
        let mut starts = vec![0; boxes.iter().product::<usize>() + 1];
        numbers.iter().for_each(|&number| starts[number + 1] += 1);
        (1..starts.len()).for_each(|k| starts[k] += starts[k - 1]);
        let mut next = starts.clone();
        let mut order = vec![0; n];
        for (i, &number) in numbers.iter().enumerate() {
            order[next[number]] = i;
            next[number] += 1;
        }
        let sorted = std::array::from_fn(|c| order.iter().map(|&i| positions.get(i)[c]).collect());
        Self { boxes, starts, order, positions: sorted }
    }

    /// The boxes that touch a box, itself among them, each once.
    fn around(&self, number: usize) -> Vec<usize> {
        let [_, b, c] = self.boxes;
        let place = [number / (b * c), number / c % b, number % c];
        let along = |k: usize| -> Vec<usize> {
            let boxes = self.boxes[k];
            if boxes == 1 { vec![0] } else { vec![(place[k] + boxes - 1) % boxes, place[k], (place[k] + 1) % boxes] }
        };
        let mut around = vec![0];
        for k in 0..3 {
            let along = along(k);
            around = around.iter().flat_map(|before| along.iter().map(move |x| before * self.boxes[k] + x)).collect();
        }
        around
    }
}

/// Boxes along each direction: not many more than particles.
fn boxes(cell: &Cell, reach: f64, n: usize) -> [usize; 3] {
    let most = (n as f64).powf(1.0 / cell.dimension() as f64).ceil() as usize;
    let heights = cell.heights().unwrap_or_default();
    std::array::from_fn(|k| {
        let boxes = heights.get(k).map_or(1, |height| ((height / reach) as usize).min(most));
        if boxes < 3 { 1 } else { boxes }
    })
}

struct Search<'a> {
    grid: &'a Grid,
    image: Image,
    /// Of the least and the largest distance.
    squares: [f64; 2],
    found: &'a mut Vec<(usize, usize, f64)>,
}

impl Kernel for Search<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let Grid { starts, order, positions, .. } = self.grid;
        let (from, to) = (L::splat(self.squares[0]), L::splat(self.squares[1]));
        let mut squares = [0.0; 16];
        for number in 0..starts.len() - 1 {
            let around = self.grid.around(number);
            for i in starts[number]..starts[number + 1] {
                let at = [0, 1, 2].map(|c| positions[c][i]);
                for &other in &around {
                    // Each pair once: in the order of the grid.
                    let mut j = starts[other].max(i + 1);
                    let end = starts[other + 1];
                    while j < end {
                        let count = (end - j).min(L::WIDTH);
                        let mut d = [L::default(); 3];
                        for c in 0..3 {
                            d[c] = L::splat(at[c]) - L::load_partial(&positions[c][j..], count, at[c]);
                        }
                        let d = self.image.apply(d);
                        let square = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
                        let mut bits = from.bits_lt(square) & square.bits_lt(to) & ((1u32 << count) - 1);
                        if bits != 0 {
                            square.store(&mut squares);
                        }
                        while bits != 0 {
                            let l = bits.trailing_zeros() as usize;
                            self.found.push((order[i], order[j + l], squares[l].sqrt()));
                            bits &= bits - 1;
                        }
                        j += L::WIDTH;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Vectors;

    #[test]
    fn pairs_are_those_of_a_double_loop() {
        let tilted = Cell::triclinic(3, [[9.0, 0.0, 0.0], [2.0, 11.0, 0.0], [-1.5, 1.0, 4.5]]).unwrap();
        for cell in [tilted, Cell::orthorhombic(&[7.0, 20.0]).unwrap(), Cell::orthorhombic(&[40.0]).unwrap()] {
            let dimension = cell.dimension();
            let mut positions = Vectors::zeros(dimension, 120);
            for (k, x) in positions.row_mut().iter_mut().enumerate() {
                *x = 60.0 * ((k + 1) as f64 * 0.618_033_988_749_895).fract() - 20.0;
            }
            let configuration = Configuration { positions, cell };
            let (from, to) = (1.2, 2.0);
            let mut expected = Vec::new();
            for j in 0..120 {
                for i in 0..j {
                    let (a, b) = (configuration.positions.get(i), configuration.positions.get(j));
                    let d = configuration.cell.minimum_image([a[0] - b[0], a[1] - b[1], a[2] - b[2]]);
                    let r = (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt();
                    if from < r && r < to {
                        expected.push((i, j, (r * 1e9).round()));
                    }
                }
            }
            let found = pairs_between(&configuration, from, to).into_iter();
            let mut found: Vec<_> = found.map(|(i, j, r)| (i.min(j), i.max(j), (r * 1e9).round())).collect();
            expected.sort_by(|a, b| a.partial_cmp(b).unwrap());
            found.sort_by(|a, b| a.partial_cmp(b).unwrap());
            assert!(expected.len() > 20, "{dimension} dimensions: {} pairs", expected.len());
            assert_eq!(found, expected, "{dimension} dimensions");
        }
    }
}
