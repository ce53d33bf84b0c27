//! The energies that a few particles have with each other.

use super::exclusions::Exclusions;
use super::form::{FAR_SQUARED, PairForm, PairTable, TableRow};
use crate::interface::Moved;
use crate::space::Configuration;
use crate::space::image::Imaging;
use mcflow_base::{Kernel, Lane};

/// Elements of the widest lane.
const WIDEST: usize = 16;

/// Some particles and their places, apart from all others.
pub(crate) struct Apart {
    particles: Vec<usize>,
    /// Component by component, filled up to whole lanes.
    places: [Vec<f64>; 3],
}

impl Apart {
    fn new(moved: &[Moved], place: impl Fn(&Moved) -> [f64; 3]) -> Self {
        let room = moved.len().next_multiple_of(WIDEST);
        let mut places = [vec![0.0; room], vec![0.0; room], vec![0.0; room]];
        for (k, one) in moved.iter().enumerate() {
            let at = place(one);
            (0..3).for_each(|c| places[c][k] = at[c]);
        }
        Self { particles: moved.iter().map(|one| one.particle).collect(), places }
    }

    /// The particles that move, where they are.
    pub(super) fn before(configuration: &Configuration, moved: &[Moved]) -> Self {
        Self::new(moved, |one| configuration.positions.get(one.particle))
    }

    /// The same where they go.
    pub(super) fn after(moved: &[Moved]) -> Self {
        Self::new(moved, |one| one.to)
    }
}

/// For each of these particles its energy with all others of them.
pub(super) struct Among<'a, F, T, I> {
    pub form: F,
    pub table: &'a T,
    pub image: I,
    pub types: &'a [u32],
    pub exclusions: &'a Exclusions,
    pub places: &'a Apart,
}

impl<F: PairForm, T: PairTable, I: Imaging> Kernel for Among<'_, F, T, I> {
    type Output = Vec<f64>;
    #[inline(always)]
    fn run<L: Lane>(self) -> Vec<f64> {
        let Self { form, table, image, types, exclusions, places: Apart { particles, places } } = self;
        let n = particles.len();
        let mut energies = vec![0.0; n];
        for a in 0..n {
            let (row, excluded) = (table.row(types[particles[a]]), exclusions.of(particles[a]));
            let mut energy = L::default();
            let mut first = 0;
            while first < n {
                let (mut interacts, mut types_b) = (0u32, [0; WIDEST]);
                for l in 0..(n - first).min(L::WIDTH) {
                    let b = particles[first + l];
                    types_b[l] = types[b];
                    interacts |= u32::from(first + l != a && !excluded.contains(&(b as u32))) << l;
                }
                let mut d = [L::default(); 3];
                for c in 0..3 {
                    d[c] = L::splat(places[c][a]) - L::load(&places[c][first..]);
                }
                let d = image.apply(d);
                let r2 = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
                let r2 = L::select_bits(interacts, r2, L::splat(FAR_SQUARED));
                energy += form.evaluate(r2, &row.lanes(&types_b[..L::WIDTH])).0;
                first += L::WIDTH;
            }
            energies[a] = energy.sum();
        }
        energies
    }
}
