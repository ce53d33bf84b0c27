//! The loops over particles and configurations that all external terms share.

use crate::interface::{Block, Evaluation, Hold, Holds, Local, Memory, Moved, Potential};
use crate::space::image::Nearest;
use crate::space::{Cell, Configuration, Vectors};
use mcflow_base::{InstructionSet, Kernel, Lane, dispatch_with};
use std::fmt::Debug;

/// The sites whose energy is asked for, in the elements of a lane.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sites {
    /// Sites `first`, `first + 1`, ..., the last one repeated where there are no more.
    From(usize),
    /// One site in all elements.
    One(usize),
}

/// An energy that is a sum over sites, each of which acts on one particle; written once for lanes of particles and of configurations.
pub(crate) trait SiteForm: Debug + Send + Sync + 'static {
    fn name(&self) -> &'static str;
    /// Whether the energy jumps somewhere.
    fn is_discontinuous(&self) -> bool {
        false
    }
    /// Whether the energy of a site grows without bound, or is infinite, as its particle goes far away.
    fn holds(&self) -> bool {
        true
    }
    /// Number of sites for `n` particles: each particle is one, unless the form says otherwise.
    fn sites(&self, n: usize) -> usize {
        n
    }
    /// The particle that site `k` acts on.
    #[inline(always)]
    fn particle(&self, k: usize) -> usize {
        k
    }
    /// The site that acts on particle `i`.
    #[inline(always)]
    fn site(&self, i: usize) -> Option<usize> {
        Some(i)
    }
    /// Energy and gradient at positions `r`, in lanes.
    fn evaluate<L: Lane>(&self, sites: Sites, r: [L; 3], image: Nearest) -> (L, [L; 3]);
    /// Whether it has a virial, sum of r . f: that of terms which periodic cells allow.
    const HAS_VIRIAL: bool = false;
    /// The image of the place `r` that the forces of a virial act at.
    #[inline(always)]
    fn image_of<L: Lane>(&self, _sites: Sites, r: [L; 3], _image: Nearest) -> [L; 3] {
        r
    }
    /// Whether the energy is infinite beyond an edge.
    const HAS_EDGE: bool = false;
    /// The same as it goes on beyond the edge when softened by K = `edge`.
    #[inline(always)]
    fn evaluate_softened<L: Lane>(&self, _edge: f64, sites: Sites, r: [L; 3], image: Nearest) -> (L, [L; 3]) {
        self.evaluate(sites, r, image)
    }
}

/// A form as a potential.
#[derive(Debug)]
pub(crate) struct SumOverSites<F>(pub F);

impl<F: SiteForm> Potential for SumOverSites<F> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn has_discontinuous_energy(&self) -> bool {
        self.0.is_discontinuous()
    }

    fn note_holds(&self, n: usize, holds: &mut Holds) {
        if self.0.holds() {
            (0..self.0.sites(n)).for_each(|k| holds.add(Hold::InPlace, &[self.0.particle(k)]));
        }
    }

    fn evaluate(&self, configuration: &Configuration, memory: &mut Memory, forces: Option<&mut Vectors>) -> Evaluation {
        dispatch_with(memory.set(), OverParticles { form: &self.0, configuration, forces })
    }

    fn change(&self, configuration: &Configuration, memory: &mut Memory, moved: &[Moved]) -> f64 {
        let [before, after] = self.before_and_after(configuration, memory, moved);
        after - before
    }

    fn evaluate_block(&self, set: InstructionSet, cell: &Cell, block: &mut Block) {
        dispatch_with(set, OverConfigurations { form: &self.0, image: Nearest::new(cell), block });
    }
}

impl<F: SiteForm> Local for SumOverSites<F> {
    fn before_and_after(&self, configuration: &Configuration, memory: &mut Memory, moved: &[Moved]) -> [f64; 2] {
        dispatch_with(memory.set(), OfMoved { form: &self.0, configuration, moved })
    }
}

struct OverParticles<'a, F> {
    form: &'a F,
    configuration: &'a Configuration,
    forces: Option<&'a mut Vectors>,
}

impl<F: SiteForm> Kernel for OverParticles<'_, F> {
    type Output = Evaluation;
    #[inline(always)]
    fn run<L: Lane>(mut self) -> Evaluation {
        let positions = &self.configuration.positions;
        let (n, dimension) = (positions.n(), positions.dimension());
        let image = Nearest::new(&self.configuration.cell);
        let sites = self.form.sites(n);
        let (mut energy, mut virial) = (L::default(), L::default());
        let mut first = 0;
        while first < sites {
            let count = (sites - first).min(L::WIDTH);
            let mut r = [L::default(); 3];
            for (c, r) in r.iter_mut().enumerate().take(dimension) {
                let component = positions.component(c);
                *r = L::from_fn(|l| component[self.form.particle(first + l.min(count - 1))]);
            }
            let (u, gradient) = self.form.evaluate(Sites::From(first), r, image);
            energy += if count == L::WIDTH { u } else { L::from_fn(|l| if l < count { u.get(l) } else { 0.0 }) };
            if F::HAS_VIRIAL {
                let at = self.form.image_of(Sites::From(first), r, image);
                let sum = at[0].mul_add(gradient[0], at[1].mul_add(gradient[1], at[2] * gradient[2]));
                virial -= L::select_bits((1 << count) - 1, sum, L::default());
            }
            if let Some(forces) = &mut self.forces {
                for (c, gradient) in gradient.iter().enumerate().take(dimension) {
                    let component = forces.component_mut(c);
                    for l in 0..count {
                        component[self.form.particle(first + l)] -= gradient.get(l);
                    }
                }
            }
            first += count;
        }
        Evaluation { energy: energy.sum(), virial: virial.sum() }
    }
}

/// The energies of the sites of some particles, before and after these are moved.
struct OfMoved<'a, F> {
    form: &'a F,
    configuration: &'a Configuration,
    moved: &'a [Moved],
}

impl<F: SiteForm> Kernel for OfMoved<'_, F> {
    type Output = [f64; 2];
    #[inline(always)]
    fn run<L: Lane>(self) -> [f64; 2] {
        let image = Nearest::new(&self.configuration.cell);
        let mut sums = [0.0; 2];
        for one in self.moved {
            if let Some(k) = self.form.site(one.particle) {
                let places = [self.configuration.positions.get(one.particle), one.to];
                for (sum, [x, y, z]) in sums.iter_mut().zip(places) {
                    let at = [L::splat(x), L::splat(y), L::splat(z)];
                    *sum += self.form.evaluate(Sites::One(k), at, image).0.get(0);
                }
            }
        }
        sums
    }
}

struct OverConfigurations<'a, F> {
    form: &'a F,
    image: Nearest<'a>,
    block: &'a mut Block,
}

impl<F: SiteForm> Kernel for OverConfigurations<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let Block { dimension, n, positions, energies, gradients, softening, .. } = self.block;
        let mut energy = L::load(energies);
        for k in 0..self.form.sites(*n) {
            let i = self.form.particle(k);
            let mut r = [L::default(); 3];
            for (c, r) in r.iter_mut().enumerate().take(*dimension) {
                *r = L::load(&positions[(c * *n + i) * L::WIDTH..]);
            }
            let (u, gradient) = if F::HAS_EDGE && softening.edge > 0.0 {
                self.form.evaluate_softened(softening.edge, Sites::One(k), r, self.image)
            } else {
                self.form.evaluate(Sites::One(k), r, self.image)
            };
            energy += u;
            if !gradients.is_empty() {
                for (c, gradient) in gradient.iter().enumerate().take(*dimension) {
                    let target = &mut gradients[(c * *n + i) * L::WIDTH..];
                    (L::load(target) + *gradient).store(target);
                }
            }
        }
        energy.store(energies);
    }
}
