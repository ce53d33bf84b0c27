//! A list of near pairs, and the sum over it.
//!
//! Particles are sorted in space and cut into blocks of one lane. A row of the list is one particle, moved by a lattice vector, with
//! the blocks that have a particle within reach of it; each pair of particles is in one row. The kernel then needs no nearest
//! image: a row's lattice vector is added once.

use super::form::{PairForm, PairTable};
use super::packed::{Packed, Sums, step};
use crate::image::Direct;
use crate::{Configuration, Evaluation, Vectors};
use mcflow_base::{Kernel, Lane};

/// From this many particles on a list is used where a cutoff allows it.
const SMALLEST_N: usize = 64;

/// The list, valid while no particle is further than half the skin from where it was at the build, in the same cell.
#[derive(Debug, Default)]
pub(crate) struct ClusterList {
    pub(super) reference: Option<Configuration>,
    /// Square of half the skin.
    pub(super) allowed_squared: f64,
    /// For each particle the index of its x in the packed positions.
    pub(super) slots: Vec<u32>,
    /// For each particle the lattice vector that brought it into the cell at the build, by component.
    pub(super) translations: [Vec<f64>; 3],
    pub(super) packed: Packed,
    /// Lattice vectors of rows.
    pub(super) images: Vec<[f64; 3]>,
    pub(super) rows: Vec<Row>,
    /// Blocks whose particles all interact.
    pub(super) blocks: Vec<u32>,
    /// Blocks and the particles in them that interact, one a bit.
    pub(super) masked: Vec<(u32, u32)>,
}

/// A particle and its partners: ranges of `blocks` and `masked` begin where those of the row before end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub slot: u32,
    pub image: u32,
    pub blocks_end: u32,
    pub masked_end: u32,
}

impl ClusterList {
    pub(crate) fn reference(&self) -> Option<&Configuration> {
        self.reference.as_ref()
    }
}

/// Cutoff plus skin, where a list can and should be used.
///
/// The skin depends on density and cutoff alone. A list is right while its reach is below the smallest height of the cell: then all
/// images within reach are among the nearest 3^d.
pub(crate) fn list_reach(configuration: &Configuration, cutoff: f64) -> Option<f64> {
    let n = configuration.positions.n();
    if n < SMALLEST_N || cutoff == 0.0 {
        return None;
    }
    let cell = &configuration.cell;
    let spacing = cell.volume().map_or(cutoff / 2.5, |volume| (volume / n as f64).powf(1.0 / cell.dimension() as f64));
    let reach = cutoff + SKIN * spacing.min(cutoff);
    (reach < 0.999 * cell.smallest_height()).then_some(reach)
}

/// Skin in units of the mean distance of neighbours.
const SKIN: f64 = 0.3;

/// Whether a list may be used for a configuration.
pub(crate) struct StillValid<'a> {
    pub configuration: &'a Configuration,
    pub list: &'a ClusterList,
}

impl Kernel for StillValid<'_> {
    type Output = bool;
    #[inline(always)]
    fn run<L: Lane>(self) -> bool {
        let Some(reference) = &self.list.reference else { return false };
        let (now, then) = (&self.configuration.positions, &reference.positions);
        if now.n() != then.n() || self.configuration.cell != reference.cell {
            return false;
        }
        let (n, dimension) = (now.n(), now.dimension());
        let mut largest = L::default();
        let mut first = 0;
        while first < n {
            let end = (first + L::WIDTH).min(n);
            let mut squared = L::default();
            for c in 0..dimension {
                let (a, b) = (&now.component(c)[first..end], &then.component(c)[first..end]);
                let d = if end - first == L::WIDTH {
                    L::load(a) - L::load(b)
                } else {
                    L::load_partial(a, a.len(), 0.0) - L::load_partial(b, b.len(), 0.0)
                };
                squared = d.mul_add(d, squared);
            }
            largest = squared.max(largest);
            first = end;
        }
        (0..L::WIDTH).all(|l| largest.get(l) <= self.list.allowed_squared)
    }
}

/// The sum over the pairs of a valid list.
pub(crate) struct NearPairs<'a, F, T, const FORCES: bool> {
    pub form: F,
    pub table: &'a T,
    pub configuration: &'a Configuration,
    pub list: &'a mut ClusterList,
    pub forces: Option<&'a mut Vectors>,
}

impl<F: PairForm, T: PairTable, const FORCES: bool> Kernel for NearPairs<'_, F, T, FORCES> {
    type Output = Evaluation;
    #[inline(always)]
    fn run<L: Lane>(self) -> Evaluation {
        let w = L::WIDTH;
        let positions = &self.configuration.positions;
        let ClusterList {
            slots,
            translations,
            packed: Packed { positions: packed, forces, types, sums, masks },
            images,
            rows,
            blocks,
            masked,
            ..
        } = self.list;
        // Slices, not vectors: their addresses stay in registers whatever is written.
        let (packed, forces, types, masks) = (&mut packed[..], &mut forces[..], &types[..], &masks[..]);
        for c in 0..positions.dimension() {
            for ((&slot, &r), &t) in slots.iter().zip(positions.component(c)).zip(&translations[c]) {
                packed[slot as usize + c * w] = r + t;
            }
        }
        if FORCES {
            forces.fill(0.0);
        }
        let mut sums = Sums(&mut sums[..Sums::COUNT * w]);
        sums.clear();
        let (mut first_block, mut first_masked) = (0, 0);
        for row in rows.iter() {
            let i = (row.slot as usize / w * 3) * w + row.slot as usize % w;
            let image = images[row.image as usize];
            let r = std::array::from_fn(|c| L::splat(packed[i + c * w] + image[c]));
            let coefficients = self.table.row(types[row.slot as usize]);
            for &(block, mask) in &masked[first_masked..row.masked_end as usize] {
                let at = block as usize * 3 * w;
                let (positions_j, types_j) = (&packed[at..at + 3 * w], &types[block as usize * w..][..w]);
                let forces_j = if FORCES { &mut forces[at..at + 3 * w] } else { &mut [][..] };
                step::<L, _, _, _, FORCES>(
                    self.form,
                    coefficients,
                    Direct,
                    r,
                    positions_j,
                    forces_j,
                    types_j,
                    Some(&masks[mask as usize * w..][..w]),
                    &mut sums,
                );
            }
            for &block in &blocks[first_block..row.blocks_end as usize] {
                let at = block as usize * 3 * w;
                let (positions_j, types_j) = (&packed[at..at + 3 * w], &types[block as usize * w..][..w]);
                let forces_j = if FORCES { &mut forces[at..at + 3 * w] } else { &mut [][..] };
                step::<L, _, _, _, FORCES>(self.form, coefficients, Direct, r, positions_j, forces_j, types_j, None, &mut sums);
            }
            first_block = row.blocks_end as usize;
            first_masked = row.masked_end as usize;
            if FORCES {
                for (c, force) in sums.take_force::<L>().into_iter().enumerate() {
                    forces[i + c * w] += force;
                }
            }
        }
        if let Some(target) = self.forces {
            for c in 0..positions.dimension() {
                for (&slot, f) in slots.iter().zip(target.component_mut(c)) {
                    *f += forces[slot as usize + c * w];
                }
            }
        }
        sums.evaluation::<L>()
    }
}
