//! Every pair of a few configurations, one configuration a lane.

use super::exclusions::Exclusions;
use super::form::{Coefficients, PairForm, PairTable, TableRow};
use crate::interface::Block;
use crate::space::image::Imaging;
use mcflow_base::{Kernel, Lane};

/// The sum over all pairs i < j, configurations in lanes; with `CORE` below the soft core of the block along the tangent.
pub(crate) struct Configurations<'a, F, T, I, const ENERGY: bool, const FORCES: bool, const CORE: bool> {
    pub form: F,
    pub table: &'a T,
    pub types: &'a [u32],
    pub exclusions: &'a Exclusions,
    pub image: I,
    pub block: &'a mut Block,
}

impl<F: PairForm, T: PairTable, I: Imaging, const ENERGY: bool, const FORCES: bool, const CORE: bool> Kernel
    for Configurations<'_, F, T, I, ENERGY, FORCES, CORE>
{
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let Self { form, table, types, exclusions, image, block } = self;
        let Block { dimension, n, positions, energies, gradients, softening, .. } = block;
        let (n, shape) = (*n, Shape { dimension: *dimension, n: *n });
        let (mut energy, core) = (L::load(energies), softening.core);
        // Two particles at a time meet all that follow, so that those are loaded, and their gradients stored, half as often.
        let mut i = 0;
        while i < n {
            let both = i + 1 < n;
            let second = if both { i + 1 } else { i };
            let (row_a, row_b) = (table.row(types[i]), table.row(types[second]));
            let (out_a, out_b) = (exclusions.of(i), exclusions.of(second));
            let (r_a, r_b) = (shape.load::<L>(positions, i), shape.load::<L>(positions, second));
            let (mut gradient_a, mut gradient_b) = ([L::default(); 3], [L::default(); 3]);
            if both && !excludes(out_a, second) {
                let (u, force) = pair::<L, _, _, FORCES, CORE>(form, image, r_a, r_b, &row_a.one(types[second]), core);
                if ENERGY {
                    energy += u;
                }
                subtract::<L, FORCES>(&mut gradient_a, force);
                add::<L, FORCES>(&mut gradient_b, force);
            }
            for j in i + 2..n {
                let r = shape.load::<L>(positions, j);
                let mut gradient = [L::default(); 3];
                if !excludes(out_a, j) {
                    let (u, force) = pair::<L, _, _, FORCES, CORE>(form, image, r_a, r, &row_a.one(types[j]), core);
                    if ENERGY {
                        energy += u;
                    }
                    subtract::<L, FORCES>(&mut gradient_a, force);
                    add::<L, FORCES>(&mut gradient, force);
                }
                if !excludes(out_b, j) {
                    let (u, force) = pair::<L, _, _, FORCES, CORE>(form, image, r_b, r, &row_b.one(types[j]), core);
                    if ENERGY {
                        energy += u;
                    }
                    subtract::<L, FORCES>(&mut gradient_b, force);
                    add::<L, FORCES>(&mut gradient, force);
                }
                if FORCES {
                    shape.add(gradients, j, gradient);
                }
            }
            if FORCES {
                shape.add(gradients, i, gradient_a);
                if both {
                    shape.add(gradients, second, gradient_b);
                }
            }
            i += 2;
        }
        energy.store(energies);
    }
}

#[inline(always)]
fn excludes(excluded: &[u32], j: usize) -> bool {
    !excluded.is_empty() && excluded.contains(&(j as u32))
}

/// Energy of a pair in each configuration, and the force on the first: -U' / r times the difference.
#[inline(always)]
fn pair<L: Lane, F: PairForm, I: Imaging, const FORCES: bool, const CORE: bool>(
    form: F,
    image: I,
    a: [L; 3],
    b: [L; 3],
    coefficients: &Coefficients<L>,
    core: f64,
) -> (L, [L; 3]) {
    let d = image.apply([a[0] - b[0], a[1] - b[1], a[2] - b[2]]);
    let r2 = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
    let (u, f) = if CORE { along_tangent(form, r2, coefficients, core) } else { form.evaluate(r2, coefficients) };
    (u, if FORCES { [f * d[0], f * d[1], f * d[2]] } else { d })
}

/// U and -U' / r; where r is below `core`, U(core) + (r - core) U'(core) and -U'(core) / r.
#[inline(always)]
fn along_tangent<L: Lane, F: PairForm>(form: F, r2: L, coefficients: &Coefficients<L>, core: f64) -> (L, L) {
    let (core, square, least) = (L::splat(core), L::splat(core * core), L::splat(1e-12 * core * core));
    let (u, f) = form.evaluate(r2.select_lt(square, square, r2), coefficients);
    // The force has a direction only where the distance is not 0.
    let r = least.select_lt(r2, r2, least).sqrt();
    let slope = f * core;
    (r2.select_lt(square, slope.mul_add(core - r, u), u), r2.select_lt(square, slope * r.reciprocal(), f))
}

#[inline(always)]
fn add<L: Lane, const FORCES: bool>(gradient: &mut [L; 3], force: [L; 3]) {
    if FORCES {
        for c in 0..3 {
            gradient[c] += force[c];
        }
    }
}

#[inline(always)]
fn subtract<L: Lane, const FORCES: bool>(gradient: &mut [L; 3], force: [L; 3]) {
    if FORCES {
        for c in 0..3 {
            gradient[c] -= force[c];
        }
    }
}

/// How the vectors of a block lie.
#[derive(Clone, Copy)]
struct Shape {
    dimension: usize,
    n: usize,
}

impl Shape {
    /// Vector `i` of all configurations; components that do not exist are 0.
    #[inline(always)]
    fn load<L: Lane>(self, source: &[f64], i: usize) -> [L; 3] {
        let mut vector = [L::default(); 3];
        for (c, v) in vector.iter_mut().enumerate() {
            if c < self.dimension {
                *v = L::load(&source[(c * self.n + i) * L::WIDTH..]);
            }
        }
        vector
    }

    #[inline(always)]
    fn add<L: Lane>(self, target: &mut [f64], i: usize, vector: [L; 3]) {
        for (c, v) in vector.iter().enumerate() {
            if c < self.dimension {
                let target = &mut target[(c * self.n + i) * L::WIDTH..];
                (L::load(target) + *v).store(target);
            }
        }
    }
}
