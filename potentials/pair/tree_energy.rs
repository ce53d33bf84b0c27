//! The energy of one particle with the clusters that a query of the tree has found.

use super::form::{PairForm, PairTable, TableRow};
use super::tree::Tree;
use crate::space::image::Imaging;
use mcflow_base::{Kernel, Lane, Quads};

/// The energy of a particle of type `type_i` at `at` with its partners in the tree; the energy of each pair is left in `values`.
pub(crate) struct OfParticle<'a, F, T, I> {
    pub form: F,
    pub table: &'a T,
    pub image: I,
    pub type_i: u32,
    pub at: [f64; 3],
    pub tree: &'a mut Tree,
}

impl<F: PairForm, T: PairTable, I: Imaging> Kernel for OfParticle<'_, F, T, I> {
    type Output = f64;
    #[inline(always)]
    fn run<L: Lane>(self) -> f64 {
        let Self { form, table, image, type_i, at, tree } = self;
        let mut values = std::mem::take(&mut tree.values);
        let (near, Tree { positions, types, special, .. }) = (tree.near(), &*tree);
        let row = table.row(type_i);
        let groups = L::WIDTH / 4;
        // Four values a cluster, one cluster after the other; the last lane may write beyond.
        values.resize(4 * (near.len() + special.len()) + L::WIDTH, 0.0);
        let mut energy = L::default();
        let mut at_value = 0;
        for which in near.chunks(groups) {
            let mut padded = [which[0]; 4];
            padded[..which.len()].copy_from_slice(which);
            let u = pair_energies::<L, _, _, _>(form, row, image, at, positions, types, &padded[..groups]);
            let u = if which.len() == groups { u } else { L::select_bits(15, u, L::default()) };
            u.store(&mut values[at_value..]);
            at_value += 4 * which.len();
            energy += u;
        }
        for &(cluster, mask) in special.iter() {
            let u = pair_energies::<L, _, _, _>(form, row, image, at, positions, types, &[cluster; 4][..groups]);
            let u = L::select_bits(mask, u, L::default());
            u.store(&mut values[at_value..]);
            at_value += 4;
            energy += u;
        }
        tree.values = values;
        energy.sum()
    }
}

impl Tree {
    /// Adds the pair energies that [`OfParticle`] left, times `sign`, to the kept energies of the partners.
    pub(crate) fn spread(&mut self, sign: f64) {
        let mut energies = std::mem::take(&mut self.energies);
        let (near, Tree { special, values, .. }) = (self.near(), &*self);
        let mut values = values.chunks_exact(4);
        for (cluster, values) in near.iter().chain(special.iter().map(|(cluster, _)| cluster)).zip(&mut values) {
            add(&mut energies[*cluster as usize], values, sign);
        }
        self.energies = energies;
    }
}

/// Energies of a particle at `at` with the particles of a few clusters, one an element.
#[inline(always)]
fn pair_energies<L: Lane, F: PairForm, R: TableRow, I: Imaging>(
    form: F,
    row: R,
    image: I,
    at: [f64; 3],
    positions: &[Quads<f64>],
    types: &[[u32; 4]],
    which: &[u32],
) -> L {
    let mut d = [L::default(); 3];
    for c in 0..3 {
        d[c] = L::splat(at[c]) - L::join_quads(positions, which, c);
    }
    let d = image.apply(d);
    let r2 = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
    let mut types_j = [0; 16];
    if R::NEEDS_TYPES {
        for (target, &cluster) in types_j.chunks_exact_mut(4).zip(which) {
            target.copy_from_slice(&types[cluster as usize]);
        }
    }
    form.evaluate(r2, &row.lanes(&types_j[..L::WIDTH])).0
}

/// A change this much larger than the energy that remains has rounded too much of it away.
const CANCELLED: f64 = 1e6;

/// Adds to four kept energies; one that is left with rounding errors alone is not known any more.
#[inline(always)]
fn add(energies: &mut [f64; 4], values: &[f64], sign: f64) {
    for l in 0..4 {
        let change = sign * values[l];
        let sum = energies[l] + change;
        energies[l] = if change.abs() > CANCELLED * sum.abs() { f64::NAN } else { sum };
    }
}
