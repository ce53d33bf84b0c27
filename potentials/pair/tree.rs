//! Particles in a tree of boxes, for the energy of one particle: the cost hardly depends on their number.
//!
//! Particles are sorted in space and cut into clusters of four, sixteen clusters make a node, sixteen nodes a node of the next level.
//! Each has a box that holds its particles. A particle that moves stays in its cluster and stretches the boxes above it, so a tree is
//! right for any moves, and is made anew when boxes have grown so much that too many are visited.
//!
//! Boxes are in slanted coordinates: along each direction the distance from a face of the cell, which in a cell with right angles is
//! the position itself. Gaps along different directions are perpendicular only there.

use super::exclusions::Exclusions;
use crate::interface::Moved;
use crate::space::{Cell, Configuration};
use mcflow_base::{Element, Kernel, Lane, Quads};

/// Clusters of a node, nodes of a node of the next level.
const BRANCHES: usize = 16;

/// The tree, with the energies of the particles as far as they are known.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// `None`: no tree.
    frame: Option<Frame>,
    n: usize,
    /// The particle in each slot; slots beyond the last particle repeat it.
    order: Vec<u32>,
    slots: Vec<u32>,
    pub(super) types: Vec<[u32; 4]>,
    pub(super) positions: Vec<Quads<f64>>,
    /// Energy of each particle with all others, NaN where it is not known.
    pub(super) energies: Vec<[f64; 4]>,
    /// From clusters upwards.
    levels: Vec<Level>,
    /// Largest size of a coordinate.
    farthest: f64,
    /// Clusters that the last query found near; clusters with partners that do not count, and a bit for each that does.
    near: Vec<u32>,
    near_count: usize,
    pub(super) special: Vec<(u32, u32)>,
    /// For each cluster its place among the special ones, counted from 1; 0 for all others, and between queries.
    marks: Vec<u32>,
    /// Pair energies of the last trial, lane by lane in the order of `near` and `special`, and what was tried.
    pub(super) values: Vec<f64>,
    pub(super) trial: Option<Trial>,
    /// Queries since the tree was made, the clusters they found, and those that the first found.
    queries: u64,
    found: u64,
    found_first: u64,
}

/// A place that was tried for a particle, and its energy there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Trial {
    pub i: usize,
    pub to: [f64; 3],
    pub energy: f64,
}

/// Boxes of one level.
#[derive(Debug, Default)]
struct Level {
    low: [Vec<f32>; 3],
    high: [Vec<f32>; 3],
}

/// Slanted coordinates of a cell.
#[derive(Clone, Debug)]
struct Frame {
    cell: Cell,
    dimension: usize,
    right_angles: bool,
    /// Coordinate k is r . rows[k].
    rows: [[f64; 3]; 3],
    /// After this much a coordinate repeats, and its inverse; infinite and 0 in open space.
    periods: [f64; 3],
    inverse: [f64; 3],
}

impl Frame {
    fn new(cell: &Cell) -> Self {
        let dimension = cell.dimension();
        let mut frame = Self {
            cell: cell.clone(),
            dimension,
            right_angles: cell.is_orthorhombic(),
            rows: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            periods: [0.0; 3],
            inverse: [0.0; 3],
        };
        if let (Some(inverse), Some(heights)) = (cell.inverse_vectors(), cell.heights()) {
            for k in 0..dimension {
                frame.rows[k] = inverse[k].map(|v| v * heights[k]);
                frame.periods[k] = heights[k];
                frame.inverse[k] = 1.0 / heights[k];
            }
        }
        frame
    }

    /// Slanted coordinates of a place.
    #[inline(always)]
    fn place(&self, r: [f64; 3]) -> [f64; 3] {
        let mut place = [0.0; 3];
        for k in 0..self.dimension {
            place[k] = r[0] * self.rows[k][0] + r[1] * self.rows[k][1] + r[2] * self.rows[k][2];
        }
        place
    }
}

impl Tree {
    /// Whether the tree may be used for this cell and number of particles.
    pub(crate) fn is_current(&self, configuration: &Configuration) -> bool {
        // A tree whose boxes have grown finds half as many again as it did at first.
        let worn = self.queries > 64 && 2 * self.found * 8 > 3 * self.found_first * self.queries;
        self.n == configuration.positions.n() && !worn && self.frame.as_ref().is_some_and(|frame| frame.cell == configuration.cell)
    }

    pub(crate) fn is_planted(&self) -> bool {
        self.frame.is_some()
    }

    pub(crate) fn forget(&mut self) {
        self.frame = None;
        self.trial = None;
    }

    /// Makes the tree for a configuration.
    pub(crate) fn plant(&mut self, configuration: &Configuration, types: &[u32]) {
        let positions = &configuration.positions;
        let n = positions.n();
        let frame = Frame::new(&configuration.cell);
        let inside: Vec<[f64; 3]> = (0..n).map(|i| configuration.cell.wrap(positions.get(i))).collect();
        let places: Vec<[f64; 3]> = inside.iter().map(|&r| frame.place(r)).collect();
        self.order = sorted_in_space(&places, frame.dimension);
        self.n = n;
        self.slots = vec![0; n];
        self.order.iter().enumerate().for_each(|(slot, &i)| self.slots[i as usize] = slot as u32);
        let last = *self.order.last().unwrap_or(&0);
        self.order.resize(n.next_multiple_of(4), last);
        let clusters = self.order.len() / 4;
        self.types = self.order.chunks_exact(4).map(|quad| [0, 1, 2, 3].map(|l| types[quad[l] as usize])).collect();
        self.near = vec![0; clusters + BRANCHES];
        self.marks = vec![0; clusters];
        self.near_count = 0;
        self.positions = vec![Quads::default(); clusters];
        self.energies = vec![[f64::NAN; 4]; clusters];
        self.farthest = 0.0;
        self.levels.clear();
        self.levels.push(Level::empty(clusters));
        for (slot, &i) in self.order.iter().enumerate() {
            let (at, place) = (inside[i as usize], places[i as usize]);
            for c in 0..3 {
                self.positions[slot / 4][c][slot % 4] = at[c];
            }
            self.levels[0].stretch(slot / 4, place);
            self.farthest = place.iter().fold(self.farthest, |far, p| far.max(p.abs()));
        }
        while self.levels[self.levels.len() - 1].len() > BRANCHES {
            let below = &self.levels[self.levels.len() - 1];
            let above = below.above();
            self.levels.push(above);
        }
        (self.queries, self.found, self.found_first) = (0, 0, 0);
        self.trial = None;
        self.frame = Some(frame);
    }

    /// Puts particle `i` where it is now.
    pub(crate) fn move_to(&mut self, i: usize, to: [f64; 3]) {
        let Some(frame) = &self.frame else { return };
        if !to.iter().all(|v| v.is_finite()) {
            self.frame = None;
            return;
        }
        // The image nearest to the particle's cluster, so that its box grows as little as it can.
        let slot = self.slots[i] as usize;
        let old = [0, 1, 2].map(|c| self.positions[slot / 4][c][slot % 4]);
        let step = frame.cell.minimum_image([0, 1, 2].map(|c| to[c] - old[c]));
        let at = [0, 1, 2].map(|c| old[c] + step[c]);
        let place = frame.place(at);
        self.farthest = place.iter().fold(self.farthest, |far, p| far.max(p.abs()));
        let mut node = slot / 4;
        for c in 0..3 {
            self.positions[node][c][slot % 4] = at[c];
        }
        // Slots beyond the last particle repeat it.
        if slot + 1 == self.n {
            for l in slot % 4 + 1..4 {
                for c in 0..3 {
                    self.positions[node][c][l] = at[c];
                }
            }
        }
        for level in &mut self.levels {
            level.stretch(node, place);
            node /= BRANCHES;
        }
    }

    /// The energy of particle `i` as far as it is known.
    pub(crate) fn known_energy(&mut self, i: usize) -> &mut f64 {
        let slot = self.slots[i] as usize;
        &mut self.energies[slot / 4][slot % 4]
    }

    /// Notes the clusters without special partners of particle `i` at `at` whose boxes are within `cutoff`, and the special ones; then
    /// counts the query.
    fn begin_query(&mut self, i: usize, exclusions: &Exclusions, apart: &[Moved]) {
        self.special.clear();
        let mut leave_out = |slot: u32| {
            let (cluster, bit) = (slot / 4, 1 << (slot % 4));
            match &mut self.marks[cluster as usize] {
                0 => {
                    self.special.push((cluster, 15 & !bit));
                    self.marks[cluster as usize] = self.special.len() as u32;
                }
                mark => self.special[*mark as usize - 1].1 &= !bit,
            }
        };
        leave_out(self.slots[i]);
        exclusions.of(i).iter().for_each(|&j| leave_out(self.slots[j as usize]));
        apart.iter().for_each(|one| leave_out(self.slots[one.particle]));
        (self.n as u32..self.order.len() as u32).for_each(leave_out);
    }

    fn end_query(&mut self) {
        self.special.iter().for_each(|&(cluster, _)| self.marks[cluster as usize] = 0);
        self.queries += 1;
        self.found += self.near_count as u64;
        if self.queries <= 8 {
            self.found_first += self.near_count as u64;
        }
    }

    /// The clusters that the last query found, special ones apart.
    pub(super) fn near(&self) -> &[u32] {
        &self.near[..self.near_count]
    }
}

/// Finds the clusters near a place.
pub(crate) struct Query<'a> {
    pub tree: &'a mut Tree,
    pub exclusions: &'a Exclusions,
    pub i: usize,
    pub at: [f64; 3],
    /// Particles that are left out.
    pub apart: &'a [Moved],
    /// `None`: everybody is near.
    pub cutoff: Option<f64>,
}

impl Kernel<f32> for Query<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane<f32>>(self) {
        let Self { tree, exclusions, i, at, apart, cutoff } = self;
        tree.begin_query(i, exclusions, apart);
        let Tree { frame: Some(frame), levels, near, near_count, special, marks, farthest, positions, .. } = &mut *tree else { return };
        let own = special[0].0;
        match cutoff {
            None => {
                *near_count = 0;
                for cluster in (0..positions.len() as u32).filter(|&cluster| cluster != own) {
                    near[*near_count] = cluster;
                    *near_count += 1;
                }
            }
            Some(cutoff) => {
                let at = frame.cell.wrap(at);
                let place = frame.place(at);
                // In f32: everything is rounded a few times by less than the largest number that occurs.
                let largest = place.iter().chain(&frame.periods).fold(*farthest, |far, p| far.max(p.abs()));
                let search = Search::<L> {
                    place: [L::splat(place[0]), L::splat(place[1]), L::splat(place[2])],
                    periods: [L::splat(frame.periods[0]), L::splat(frame.periods[1]), L::splat(frame.periods[2])],
                    inverse: [L::splat(frame.inverse[0]), L::splat(frame.inverse[1]), L::splat(frame.inverse[2])],
                    limit: L::splat((cutoff + 16.0 * f32::ROUNDING * largest).powi(2)),
                    right_angles: frame.right_angles,
                    own: own as usize,
                };
                *near_count = search.descend(levels, near);
            }
        }
        if special.len() > 1 {
            let mut kept = 0;
            for k in 0..*near_count {
                near[kept] = near[k];
                kept += usize::from(marks[near[k] as usize] == 0);
            }
            *near_count = kept;
        }
        tree.end_query();
    }
}

struct Search<L> {
    place: [L; 3],
    periods: [L; 3],
    inverse: [L; 3],
    limit: L,
    right_angles: bool,
    /// A cluster to leave out.
    own: usize,
}

impl<L: Lane<f32>> Search<L> {
    /// Writes the clusters of all boxes within the cutoff; returns how many there are.
    #[inline(always)]
    fn descend(&self, levels: &[Level], near: &mut [u32]) -> usize {
        // Boxes that wait to be visited, by level: recursion could not be inlined. Eight levels hold as many particles as u32 can count.
        let (mut pending, mut firsts) = ([0u32; 8], [0usize; 8]);
        let top = levels.len() - 1;
        let (mut level, mut first) = (top, 0);
        let mut count = 0;
        loop {
            let bits = self.near_boxes(&levels[level], first);
            if level == 0 {
                let own = self.own.wrapping_sub(first);
                let bits = if own < BRANCHES { bits & !(1 << own) } else { bits };
                count += L::store_indices(bits, first as u32, &mut near[count..]);
            } else {
                (pending[level], firsts[level]) = (bits, first);
            }
            // The next box that is waiting, from the lowest level up.
            let mut up = level.max(1);
            while up <= top && pending[up] == 0 {
                up += 1;
            }
            if up > top {
                return count;
            }
            let child = firsts[up] + pending[up].trailing_zeros() as usize;
            pending[up] &= pending[up] - 1;
            (level, first) = (up - 1, child * BRANCHES);
        }
    }

    /// A bit for each of the boxes from `first` on that are within the cutoff.
    #[inline(always)]
    fn near_boxes(&self, level: &Level, first: usize) -> u32 {
        let mut bits = 0;
        for part in 0..BRANCHES / L::WIDTH {
            let from = first + part * L::WIDTH;
            let (mut sum, mut largest) = (L::default(), L::default());
            for c in 0..3 {
                let (low, high) = (L::load(&level.low[c][from..]), L::load(&level.high[c][from..]));
                let (centre, half) = ((low + high) * L::splat(0.5), (high - low) * L::splat(0.5));
                let d = centre - self.place[c];
                let d = (d * self.inverse[c]).round().negated_mul_add(self.periods[c], d);
                let gap = (d.abs() - half).max(L::default());
                let square = gap * gap;
                sum += square;
                largest = largest.max(square);
            }
            let distance = if self.right_angles { sum } else { largest };
            bits |= distance.bits_lt(self.limit) << (part * L::WIDTH);
        }
        bits
    }
}

/// A box that is never near: beyond everything that f32 can square.
const NOWHERE: f32 = 1e18;

impl Level {
    fn empty(boxes: usize) -> Self {
        let slots = boxes.next_multiple_of(BRANCHES);
        let mut level = Self::default();
        for c in 0..3 {
            level.low[c] = vec![NOWHERE; slots];
            level.high[c] = vec![-NOWHERE; slots];
        }
        level
    }

    fn len(&self) -> usize {
        self.low[0].len()
    }

    fn stretch(&mut self, node: usize, place: [f64; 3]) {
        for c in 0..3 {
            let at = place[c] as f32;
            let (low, high) = (&mut self.low[c][node], &mut self.high[c][node]);
            *low = if at < *low { at } else { *low };
            *high = if at > *high { at } else { *high };
        }
    }

    /// The boxes of sixteen boxes each.
    fn above(&self) -> Self {
        let mut above = Self::empty(self.len() / BRANCHES);
        for c in 0..3 {
            for (node, (low, high)) in self.low[c].chunks(BRANCHES).zip(self.high[c].chunks(BRANCHES)).enumerate() {
                above.low[c][node] = low.iter().copied().fold(NOWHERE, f32::min);
                above.high[c][node] = high.iter().copied().fold(-NOWHERE, f32::max);
            }
        }
        above
    }
}

/// The particles in an order in which neighbours are near in space: in columns, up and down, forth and back.
fn sorted_in_space(places: &[[f64; 3]], dimension: usize) -> Vec<u32> {
    let n = places.len();
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for place in places {
        for c in 0..dimension {
            low[c] = low[c].min(place[c]);
            high[c] = high[c].max(place[c]);
        }
    }
    let extent: [f64; 3] = [0, 1, 2].map(|c| if c < dimension { (high[c] - low[c]).max(1e-300) } else { 1.0 });
    // Sixteen clusters of a column are as high as the column is wide where that fits: boxes of nodes are then compact too.
    let side = (4.0 * extent[..dimension].iter().product::<f64>() / n as f64).powf(1.0 / dimension as f64);
    let columns = [0, 1, 2].map(|c| if c + 1 < dimension { ((extent[c] / side).round() as usize).clamp(1, n) } else { 1 });
    let along = dimension - 1;
    let mut keys: Vec<(u64, u32)> = (0..n)
        .map(|i| {
            let of = |c: usize| (((places[i][c] - low[c]) / extent[c] * columns[c] as f64) as usize).min(columns[c] - 1);
            let a = if dimension > 1 { of(0) } else { 0 };
            let mut b = if dimension > 2 { of(1) } else { 0 };
            if a % 2 == 1 {
                b = columns[1] - 1 - b;
            }
            let column = a * columns[1] + b;
            let mut place = ((places[i][along] - low[along]) / extent[along] * 4294967295.0) as u32;
            if column % 2 == 1 {
                place = u32::MAX - place;
            }
            ((column as u64) << 32 | u64::from(place), i as u32)
        })
        .collect();
    keys.sort_unstable();
    keys.into_iter().map(|(_, i)| i).collect()
}
