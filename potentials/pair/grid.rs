//! A grid of cells for the energy of one particle in a large periodic system: the cost does not depend on the number of particles.
//!
//! What a cell holds is sorted by particle, so a sum depends on the positions alone, not on the moves that led to them.

use super::exclusions::Exclusions;
use super::form::{FAR_SQUARED, PairForm, PairTable, TableRow};
use crate::{Cell, Configuration};
use mcflow_base::{Kernel, Lane};

/// From this many particles on a grid is used where the cell allows it.
const SMALLEST_N: usize = 1500;
/// A coordinate so far out that it is beyond every cutoff from anywhere.
const FAR: f64 = 1e12;
/// No particle.
const NOBODY: u32 = u32::MAX;

/// How a periodic cell is cut; follows from the cell, the number of particles and the cutoff.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GridLayout {
    cell: Cell,
    n: usize,
    cutoff: f64,
    /// Cells in each direction.
    cells: [usize; 3],
    /// Cells that the cutoff spans in each direction.
    reach: [usize; 3],
    heights: [f64; 3],
}

impl GridLayout {
    /// The layout, where a grid can and should be used.
    pub(crate) fn new(configuration: &Configuration, cutoff: f64) -> Option<Self> {
        let (n, cell) = (configuration.positions.n(), &configuration.cell);
        if n < SMALLEST_N || cutoff == 0.0 {
            return None;
        }
        let dimension = cell.dimension();
        let spacing = (cell.volume()? / n as f64).powf(1.0 / dimension as f64);
        let (mut cells, mut reach, mut heights) = ([1; 3], [0; 3], [1.0; 3]);
        heights[..dimension].copy_from_slice(&cell.heights()?);
        for k in 0..dimension {
            cells[k] = (heights[k] / spacing.max(0.5 * cutoff)) as usize;
            reach[k] = (cutoff * cells[k] as f64 / heights[k]).ceil() as usize;
            if cells[k] < 2 * reach[k] + 1 || reach[k] > 2 {
                return None;
            }
        }
        Some(Self { cell: cell.clone(), n, cutoff, cells, reach, heights })
    }

    /// The place inside the cell, its fractional coordinates, and the index of the grid's cell in each direction.
    #[inline(always)]
    fn locate(&self, at: [f64; 3]) -> ([f64; 3], [f64; 3], [usize; 3]) {
        let inside = self.cell.wrap(at);
        let inverse = self.cell.inverse_vectors().unwrap_or_default();
        let s: [f64; 3] = std::array::from_fn(|k| inverse[k][0] * inside[0] + inverse[k][1] * inside[1] + inverse[k][2] * inside[2]);
        (inside, s, std::array::from_fn(|k| ((s[k] * self.cells[k] as f64) as usize).min(self.cells[k] - 1)))
    }

    fn index(&self, [a, b, c]: [usize; 3]) -> usize {
        (a * self.cells[1] + b) * self.cells[2] + c
    }
}

/// Positions by cell, in blocks of one lane.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    layout: Option<GridLayout>,
    width: usize,
    /// Slots of a cell, a multiple of the width.
    capacity: usize,
    counts: Vec<u32>,
    /// Cell of each particle.
    cell_of: Vec<u32>,
    particles: Vec<u32>,
    types: Vec<u32>,
    positions: Vec<f64>,
}

impl Grid {
    pub(crate) fn is_current(&self, layout: &GridLayout) -> bool {
        self.layout.as_ref() == Some(layout)
    }

    pub(crate) fn forget(&mut self) {
        self.layout = None;
    }

    pub(crate) fn particle_moved(&mut self, i: usize, to: [f64; 3]) {
        let Some(layout) = &self.layout else { return };
        if !to.iter().all(|v| v.is_finite()) {
            self.layout = None;
            return;
        }
        let (inside, _, place) = layout.locate(to);
        let target = layout.index(place);
        let kind = self.remove(i);
        if !self.insert(i, target, inside, kind) {
            self.layout = None;
        }
    }

    fn position_index(&self, slot: usize) -> usize {
        slot / self.width * 3 * self.width + slot % self.width
    }

    fn copy_slot(&mut self, from: usize, to: usize) {
        self.particles[to] = self.particles[from];
        self.types[to] = self.types[from];
        let (a, b) = (self.position_index(from), self.position_index(to));
        for c in 0..3 {
            self.positions[b + c * self.width] = self.positions[a + c * self.width];
        }
    }

    fn write_slot(&mut self, slot: usize, particle: u32, kind: u32, at: [f64; 3]) {
        self.particles[slot] = particle;
        self.types[slot] = kind;
        let index = self.position_index(slot);
        for c in 0..3 {
            self.positions[index + c * self.width] = at[c];
        }
    }

    /// Takes a particle out; returns its type.
    fn remove(&mut self, i: usize) -> u32 {
        let cell = self.cell_of[i] as usize;
        let (first, count) = (cell * self.capacity, self.counts[cell] as usize);
        let place = self.particles[first..first + count].iter().position(|&p| p as usize == i).expect("a particle is in its cell");
        let kind = self.types[first + place];
        for slot in first + place..first + count - 1 {
            self.copy_slot(slot + 1, slot);
        }
        self.write_slot(first + count - 1, NOBODY, 0, [FAR; 3]);
        self.counts[cell] -= 1;
        kind
    }

    /// Puts a particle at its place in a cell; false where the cell is full.
    fn insert(&mut self, i: usize, cell: usize, at: [f64; 3], kind: u32) -> bool {
        let (first, count) = (cell * self.capacity, self.counts[cell] as usize);
        if count == self.capacity {
            return false;
        }
        let mut slot = first + count;
        while slot > first && self.particles[slot - 1] as usize > i {
            self.copy_slot(slot - 1, slot);
            slot -= 1;
        }
        self.write_slot(slot, i as u32, kind, at);
        self.counts[cell] += 1;
        self.cell_of[i] = cell as u32;
        true
    }
}

/// Fills a grid with a configuration.
pub(crate) struct Fill<'a> {
    pub configuration: &'a Configuration,
    pub types: &'a [u32],
    pub layout: GridLayout,
    pub grid: &'a mut Grid,
}

impl Kernel for Fill<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let Self { configuration, types, layout, grid } = self;
        let n = layout.n;
        let cells = layout.cells.iter().product();
        let mut counts = vec![0u32; cells];
        let mut places = Vec::with_capacity(n);
        for i in 0..n {
            let (inside, _, place) = layout.locate(configuration.positions.get(i));
            let cell = layout.index(place);
            counts[cell] += 1;
            places.push((cell, inside));
        }
        let fullest = counts.iter().copied().max().unwrap_or(0) as usize;
        grid.width = L::WIDTH;
        grid.capacity = (fullest + 1).next_multiple_of(L::WIDTH);
        let slots = cells * grid.capacity;
        grid.counts = vec![0; cells];
        grid.cell_of = vec![0; n];
        grid.particles = vec![NOBODY; slots];
        grid.types = vec![0; slots];
        grid.positions = vec![FAR; 3 * slots];
        for (i, &(cell, inside)) in places.iter().enumerate() {
            grid.insert(i, cell, inside, types[i]);
        }
        grid.layout = Some(layout);
    }
}

/// The energy of particle `i` at `at` with all others in the grid.
pub(crate) struct InGrid<'a, F, T> {
    pub form: F,
    pub table: &'a T,
    pub types: &'a [u32],
    pub exclusions: &'a Exclusions,
    pub grid: &'a Grid,
    pub i: usize,
    pub at: [f64; 3],
}

/// A row of cells seen from a place: where it is, how far it begins, and the lattice vector to it.
#[derive(Clone, Copy, Default)]
struct Seen {
    index: usize,
    gap_squared: f64,
    turns: f64,
}

impl<F: PairForm, T: PairTable> Kernel for InGrid<'_, F, T> {
    type Output = f64;
    #[inline(always)]
    fn run<L: Lane>(self) -> f64 {
        let w = L::WIDTH;
        let grid = self.grid;
        let Some(layout) = &grid.layout else { return f64::NAN };
        let (at, s, place) = layout.locate(self.at);
        let vectors = layout.cell.vectors().unwrap_or_default();
        let mut seen = [[Seen::default(); 5]; 3];
        for k in 0..3 {
            let (reach, cells) = (layout.reach[k] as isize, layout.cells[k] as isize);
            for o in -reach..=reach {
                let raw = place[k] as isize + o;
                let turns = isize::from(raw >= cells) - isize::from(raw < 0);
                let width = layout.heights[k] / cells as f64;
                let from_low = s[k] * layout.heights[k] - raw as f64 * width;
                let gap = (-from_low).max(from_low - width).max(0.0);
                seen[k][(o + reach) as usize] = Seen { index: (raw - turns * cells) as usize, gap_squared: gap * gap, turns: turns as f64 };
            }
        }
        // Gaps along different directions are perpendicular only in a cell with right angles.
        let right_angles = layout.cell.is_orthorhombic();
        let limit = layout.cutoff * layout.cutoff * (1.0 + 1e-9);
        let row = self.table.row(self.types[self.i]);
        let excluded = self.exclusions.of(self.i);
        let own = grid.cell_of[self.i] as usize;
        let mut energy = L::default();
        for a in &seen[0][..2 * layout.reach[0] + 1] {
            for b in &seen[1][..2 * layout.reach[1] + 1] {
                for c in &seen[2][..2 * layout.reach[2] + 1] {
                    let gap = if right_angles {
                        a.gap_squared + b.gap_squared + c.gap_squared
                    } else {
                        a.gap_squared.max(b.gap_squared).max(c.gap_squared)
                    };
                    let cell = layout.index([a.index, b.index, c.index]);
                    let count = grid.counts[cell] as usize;
                    if gap > limit || count == 0 {
                        continue;
                    }
                    let r: [L; 3] = std::array::from_fn(|x| {
                        L::splat(at[x] - (a.turns * vectors[0][x] + b.turns * vectors[1][x] + c.turns * vectors[2][x]))
                    });
                    for block in 0..count.div_ceil(w) {
                        let first = cell * grid.capacity + block * w;
                        let theirs = &grid.positions[3 * first..3 * first + 3 * w];
                        let d = [r[0] - L::load(theirs), r[1] - L::load(&theirs[w..]), r[2] - L::load(&theirs[2 * w..])];
                        let mut r2 = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
                        if cell == own || !excluded.is_empty() {
                            let particles = &grid.particles[first..first + w];
                            let keep = |l: usize| particles[l] as usize != self.i && !excluded.contains(&particles[l]);
                            r2 = L::from_fn(|l| if keep(l) { r2.get(l) } else { FAR_SQUARED });
                        }
                        energy += self.form.evaluate(r2, &row.lanes(&grid.types[first..first + w])).0;
                    }
                }
            }
        }
        energy.sum()
    }
}
