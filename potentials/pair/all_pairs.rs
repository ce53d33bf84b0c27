//! Every pair of a configuration, by nearest image: for few particles, and for interactions without cutoff.

use super::exclusions::Exclusions;
use super::form::{PairForm, PairTable};
use super::packed::{Packed, Sums, position_index, step};
use crate::image::{Image, Imaging, WithImage, with_image};
use crate::{Configuration, Evaluation, Vectors};
use mcflow_base::{Kernel, Lane};

/// The sum over all pairs i < j; j in lanes.
pub(crate) struct AllPairs<'a, F, T, const FORCES: bool> {
    pub form: F,
    pub table: &'a T,
    pub types: &'a [u32],
    pub exclusions: &'a Exclusions,
    pub configuration: &'a Configuration,
    pub packed: &'a mut Packed,
    pub forces: Option<&'a mut Vectors>,
}

impl<F: PairForm, T: PairTable, const FORCES: bool> Kernel for AllPairs<'_, F, T, FORCES> {
    type Output = Evaluation;
    #[inline(always)]
    fn run<L: Lane>(self) -> Evaluation {
        let image = Image::new(&self.configuration.cell);
        with_image::<L, _>(image, self)
    }
}

impl<F: PairForm, T: PairTable, const FORCES: bool> WithImage for AllPairs<'_, F, T, FORCES> {
    type Output = Evaluation;
    #[inline(always)]
    fn run<L: Lane, I: Imaging>(self, image: I) -> Evaluation {
        let w = L::WIDTH;
        let positions = &self.configuration.positions;
        let (n, dimension) = (positions.n(), positions.dimension());
        let blocks = n.div_ceil(w);
        pack(self.packed, positions, self.types, w);
        let Packed { positions: packed, forces, types, sums, masks } = self.packed;
        let (packed, forces, types, masks) = (&packed[..], &mut forces[..], &types[..], &masks[..]);
        let mut sums = Sums(&mut sums[..Sums::COUNT * w]);
        sums.clear();
        for i in 0..n {
            let row = self.table.row(types[i]);
            let r = std::array::from_fn(|c| L::splat(packed[position_index(w, i, c)]));
            let excluded = self.exclusions.of(i);
            // The first block holds i itself or begins after it; the last one may be short; excluded partners may be anywhere.
            let first = (i + 1) / w;
            let mut block = first;
            while block < blocks {
                let plain_end = if excluded.is_empty() && block > first { n / w } else { block };
                for block in block..plain_end {
                    let at = block * 3 * w;
                    let forces_j = if FORCES { &mut forces[at..at + 3 * w] } else { &mut [][..] };
                    let (positions_j, types_j) = (&packed[at..at + 3 * w], &types[block * w..][..w]);
                    step::<L, _, _, _, FORCES>(self.form, row, image, r, positions_j, forces_j, types_j, None, &mut sums);
                }
                block = block.max(plain_end);
                if block < blocks {
                    let mut mask = 0;
                    for l in 0..w {
                        let j = block * w + l;
                        mask |= usize::from(j > i && j < n && !excluded.contains(&(j as u32))) << l;
                    }
                    let at = block * 3 * w;
                    let forces_j = if FORCES { &mut forces[at..at + 3 * w] } else { &mut [][..] };
                    let (positions_j, types_j) = (&packed[at..at + 3 * w], &types[block * w..][..w]);
                    let mask = Some(&masks[mask * w..][..w]);
                    step::<L, _, _, _, FORCES>(self.form, row, image, r, positions_j, forces_j, types_j, mask, &mut sums);
                    block += 1;
                }
            }
            if FORCES {
                for (c, force) in sums.take_force::<L>().into_iter().enumerate() {
                    forces[position_index(w, i, c)] += force;
                }
            }
        }
        if let Some(target) = self.forces {
            for c in 0..dimension {
                for (i, f) in target.component_mut(c).iter_mut().enumerate() {
                    *f += forces[position_index(w, i, c)];
                }
            }
        }
        sums.evaluation::<L>()
    }
}

#[inline(always)]
fn pack(packed: &mut Packed, positions: &Vectors, types: &[u32], width: usize) {
    let n = positions.n();
    let slots = n.div_ceil(width) * width;
    packed.reserve(width);
    if packed.types.len() != slots {
        packed.types = types.to_vec();
        packed.types.resize(slots, 0);
        packed.positions = vec![0.0; 3 * slots];
        packed.forces = vec![0.0; 3 * slots];
    }
    for c in 0..positions.dimension() {
        for (i, &value) in positions.component(c).iter().enumerate() {
            packed.positions[position_index(width, i, c)] = value;
        }
    }
    packed.forces.fill(0.0);
}
