//! Coordinates in blocks of one lane, and one step of the kernel on them.

use super::form::{FAR_SQUARED, PairForm, TableRow};
use crate::Evaluation;
use crate::image::Imaging;
use mcflow_base::Lane;

/// A coordinate so far out that it is beyond every cutoff from anywhere.
pub(crate) const FAR: f64 = 1e12;

/// Index of component `c` of slot `s`: blocks of `width` slots, x then y then z of a block.
#[inline(always)]
pub(crate) fn position_index(width: usize, s: usize, c: usize) -> usize {
    (s / width * 3 + c) * width + s % width
}

/// Positions, forces and types in blocks.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    pub positions: Vec<f64>,
    pub forces: Vec<f64>,
    pub types: Vec<u32>,
    /// Memory of [`Sums`].
    pub sums: Vec<f64>,
    /// [`mask_table`] of the width.
    pub masks: Vec<f64>,
}

impl Packed {
    /// Scratch for lanes of `width`.
    pub(crate) fn reserve(&mut self, width: usize) {
        if self.sums.len() != Sums::COUNT * width {
            self.sums = vec![0.0; Sums::COUNT * width];
            self.masks = mask_table(width);
        }
    }
}

/// What a particle gathers over its partners, in memory: energy, virial and the force's three components, `width` elements each.
///
/// Kept in memory on purpose: the compiler vectorises sums that are loaded and stored, but splits those it keeps in scalar registers.
pub(crate) struct Sums<'a>(pub &'a mut [f64]);

impl Sums<'_> {
    /// Lanes gathered.
    pub(crate) const COUNT: usize = 5;

    #[inline(always)]
    fn add<L: Lane>(&mut self, k: usize, value: L) {
        let target = &mut self.0[k * L::WIDTH..][..L::WIDTH];
        (L::load(target) + value).store(target);
    }

    /// Sets all to 0.
    #[inline(always)]
    pub(crate) fn clear(&mut self) {
        self.0.fill(0.0);
    }

    /// The force, which is then set to 0.
    #[inline(always)]
    pub(crate) fn take_force<L: Lane>(&mut self) -> [f64; 3] {
        std::array::from_fn(|c| {
            let target = &mut self.0[(2 + c) * L::WIDTH..][..L::WIDTH];
            let sum = L::load(target).sum();
            target.fill(0.0);
            sum
        })
    }

    /// Energy and virial.
    #[inline(always)]
    pub(crate) fn evaluation<L: Lane>(&self) -> Evaluation {
        Evaluation { energy: L::load(self.0).sum(), virial: L::load(&self.0[L::WIDTH..]).sum() }
    }
}

/// One number an element for every set of elements, bit by bit: 1 where the bit is set, else 0.
pub(crate) fn mask_table(width: usize) -> Vec<f64> {
    (0..1usize << width).flat_map(|mask| (0..width).map(move |l| f64::from(mask as u32 >> l & 1))).collect()
}

/// One particle at `r` against a block: adds to `sums`, and with `FORCES` takes the opposite forces into `forces_j`.
///
/// Elements whose number in `mask` is 0 do not interact.
#[inline(always)]
pub(crate) fn step<L: Lane, F: PairForm, R: TableRow, I: Imaging, const FORCES: bool>(
    form: F,
    row: R,
    image: I,
    r: [L; 3],
    positions_j: &[f64],
    forces_j: &mut [f64],
    types_j: &[u32],
    mask: Option<&[f64]>,
    sums: &mut Sums,
) {
    let w = L::WIDTH;
    let d = image.apply([r[0] - L::load(positions_j), r[1] - L::load(&positions_j[w..]), r[2] - L::load(&positions_j[2 * w..])]);
    let mut r2 = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
    if let Some(mask) = mask {
        r2 = L::load(mask).select_lt(L::splat(0.5), L::splat(FAR_SQUARED), r2);
    }
    let (u, f) = form.evaluate(r2, &row.lanes(types_j));
    sums.add(0, u);
    sums.add(1, f * r2);
    if FORCES {
        for c in 0..3 {
            let force = f * d[c];
            sums.add(2 + c, force);
            let target = &mut forces_j[c * w..];
            (L::load(target) - force).store(target);
        }
    }
}
