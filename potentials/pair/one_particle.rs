//! One particle against all others, by nearest image.

use super::exclusions::Exclusions;
use super::form::{FAR_SQUARED, PairForm, PairTable, TableRow};
use crate::Configuration;
use crate::image::Imaging;
use mcflow_base::{Kernel, Lane};

/// The energy of particle `i` at `at` with all others, which are in lanes.
pub(crate) struct OneParticle<'a, F, T, I> {
    pub form: F,
    pub table: &'a T,
    pub image: I,
    pub types: &'a [u32],
    pub exclusions: &'a Exclusions,
    pub configuration: &'a Configuration,
    pub i: usize,
    pub at: [f64; 3],
}

impl<F: PairForm, T: PairTable, I: Imaging> Kernel for OneParticle<'_, F, T, I> {
    type Output = f64;
    #[inline(always)]
    fn run<L: Lane>(self) -> f64 {
        let image = self.image;
        let positions = &self.configuration.positions;
        let (n, w) = (positions.n(), L::WIDTH);
        let whole = n / w;
        // Components that do not exist repeat the first one, at the same place on both sides.
        let component = |c: usize| if c < positions.dimension() { positions.component(c) } else { positions.component(0) };
        let components = [component(0), component(1), component(2)];
        let exists: [f64; 3] = std::array::from_fn(|c| if c < positions.dimension() { 1.0 } else { 0.0 });
        let work =
            Part { form: self.form, row: self.table.row(self.types[self.i]), image, r: self.at, exists, components, types: self.types };
        let excluded = self.exclusions.of(self.i);
        let mut energy = L::default();
        // Blocks with partners that do not count stop the plain loop: the particle itself, excluded ones, the short last block.
        let mut next_excluded = 0;
        let mut block = 0;
        let mut own_is_ahead = true;
        while block * w < n {
            while next_excluded < excluded.len() && (excluded[next_excluded] as usize) < block * w {
                next_excluded += 1;
            }
            let mut stop = whole;
            if own_is_ahead {
                stop = stop.min(self.i / w);
            }
            if let Some(&j) = excluded.get(next_excluded) {
                stop = stop.min(j as usize / w);
            }
            energy += work.plain::<L>(block, stop);
            block = block.max(stop);
            if block * w < n {
                energy += work.masked::<L>(block, n, |j| j != self.i && !excluded.contains(&(j as u32)));
                own_is_ahead &= block < self.i / w;
                block += 1;
            }
        }
        energy.sum()
    }
}

struct Part<'a, F, R, I> {
    form: F,
    row: R,
    image: I,
    r: [f64; 3],
    /// 1 for components that exist, else 0.
    exists: [f64; 3],
    components: [&'a [f64]; 3],
    types: &'a [u32],
}

impl<F: PairForm, R: TableRow, I: Imaging> Part<'_, F, R, I> {
    /// All partners in blocks `from..to`.
    #[inline(always)]
    fn plain<L: Lane>(&self, from: usize, to: usize) -> L {
        let w = L::WIDTH;
        let mut energy = L::default();
        if from >= to {
            return energy;
        }
        let [x, y, z] = self.components.map(|component| &component[from * w..to * w]);
        let types = &self.types[from * w..to * w];
        let r = self.r.map(L::splat);
        let exists = self.exists.map(L::splat);
        for (((x, y), z), types) in x.chunks_exact(w).zip(y.chunks_exact(w)).zip(z.chunks_exact(w)).zip(types.chunks_exact(w)) {
            let d = [r[0] - L::load(x), (r[1] - L::load(y)) * exists[1], (r[2] - L::load(z)) * exists[2]];
            let d = self.image.apply(d);
            let r2 = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
            energy += self.form.evaluate(r2, &self.row.lanes(types)).0;
        }
        energy
    }

    /// Partners of one block, as far as there are any and `keep` allows.
    #[inline(always)]
    fn masked<L: Lane>(&self, block: usize, n: usize, keep: impl Fn(usize) -> bool) -> L {
        let first = block * L::WIDTH;
        let count = L::WIDTH.min(n - first);
        let mut d = [L::default(); 3];
        for c in 0..3 {
            let partial = L::load_partial(&self.components[c][first..], count, self.r[c]);
            d[c] = (L::splat(self.r[c]) - partial) * L::splat(self.exists[c]);
        }
        let d = self.image.apply(d);
        let r2 = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
        let r2 = L::from_fn(|l| if l < count && keep(first + l) { r2.get(l) } else { FAR_SQUARED });
        let mut types = [0; 16];
        types[..count].copy_from_slice(&self.types[first..first + count]);
        self.form.evaluate(r2, &self.row.lanes(&types[..L::WIDTH])).0
    }
}
