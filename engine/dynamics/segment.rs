//! What happens to each coordinate alone, between two evaluations of forces: one pass over memory, in lanes.

use mcflow_base::{Kernel, Lane};

/// A part of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    /// x += h p / m.
    Drift(f64),
    /// p += h f.
    Kick(f64),
    /// p = keep p + add sqrt(m kT) xi.
    Noise { keep: f64, add: f64 },
}

/// Parts done in one pass, in this order: kick, drift, noise, drift. What is not there is `None` or 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Segment {
    pub kick: Option<f64>,
    pub drift: f64,
    /// (keep, add)
    pub noise: Option<(f64, f64)>,
    pub drift_after: f64,
}

impl Segment {
    /// Takes `part` in at the end, if the order allows; parts of the same kind in succession become one.
    pub fn take(&mut self, part: Part) -> bool {
        match part {
            Part::Kick(h) if self.drift == 0.0 && self.noise.is_none() => self.kick = Some(self.kick.unwrap_or(0.0) + h),
            Part::Drift(h) if self.noise.is_none() => self.drift += h,
            Part::Drift(h) => self.drift_after += h,
            Part::Noise { keep, add } if self.noise.is_none() => self.noise = Some((keep, add)),
            // Two O parts in succession stay two: each has its own random numbers.
            _ => return false,
        }
        true
    }
}

/// One segment for all coordinates.
pub(super) struct Advance<'a> {
    pub segment: Segment,
    /// Times forces in a kick: 1 where `forces` holds forces, -1 where it holds gradients.
    pub sign: f64,
    /// Whether each coordinate is as wide as a lane (one walker an element), or a lane holds successive coordinates of one walker.
    pub replicas: bool,
    pub positions: &'a mut [f64],
    pub momenta: &'a mut [f64],
    pub forces: &'a [f64],
    /// Standard normal numbers, where the segment has noise.
    pub noise: &'a [f64],
    /// 1 / m, one a coordinate.
    pub inverse_masses: &'a [f64],
    /// sqrt(m kT), one a coordinate.
    pub spreads: &'a [f64],
    /// Where the change of kinetic energy by the kick is added, element by element of the lane, if it is wanted.
    pub kinetic: Option<&'a mut [f64]>,
}

impl Kernel for Advance<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        match (self.segment.kick.is_some(), self.segment.noise.is_some(), self.kinetic.is_some()) {
            (false, false, _) => self.pass::<L, false, false, false>(),
            (false, true, _) => self.pass::<L, false, true, false>(),
            (true, false, false) => self.pass::<L, true, false, false>(),
            (true, true, false) => self.pass::<L, true, true, false>(),
            (true, false, true) => self.pass::<L, true, false, true>(),
            (true, true, true) => self.pass::<L, true, true, true>(),
        }
    }
}

impl Advance<'_> {
    #[inline(always)]
    fn pass<L: Lane, const KICK: bool, const NOISE: bool, const KINETIC: bool>(mut self) {
        let (n, w) = (self.inverse_masses.len(), L::WIDTH);
        if self.replicas {
            for k in 0..n {
                let (inverse_mass, spread) = (L::splat(self.inverse_masses[k]), L::splat(self.spreads[k]));
                self.coordinates::<L, KICK, NOISE, KINETIC>(k * w, inverse_mass, spread);
            }
        } else {
            let full = n - n % w;
            for k in (0..full).step_by(w) {
                let (inverse_mass, spread) = (L::load(&self.inverse_masses[k..]), L::load(&self.spreads[k..]));
                self.coordinates::<L, KICK, NOISE, KINETIC>(k, inverse_mass, spread);
            }
            for k in full..n {
                self.coordinates::<f64, KICK, NOISE, KINETIC>(k, self.inverse_masses[k], self.spreads[k]);
            }
        }
    }

    #[inline(always)]
    fn coordinates<L: Lane, const KICK: bool, const NOISE: bool, const KINETIC: bool>(&mut self, at: usize, inverse_mass: L, spread: L) {
        let segment = self.segment;
        let mut x = L::load(&self.positions[at..]);
        let mut p = L::load(&self.momenta[at..]);
        if KICK {
            let kick = L::splat(self.sign * segment.kick.unwrap_or(0.0)) * L::load(&self.forces[at..]);
            if KINETIC && let Some(kinetic) = &mut self.kinetic {
                // ((p + kick)^2 - p^2) / 2m, gathered in memory: sums over a loop that the compiler keeps in registers it takes apart.
                let change = kick * inverse_mass * kick.mul_add(L::splat(0.5), p);
                (L::load(kinetic) + change).store(kinetic);
            }
            p += kick;
        }
        x = (p * L::splat(segment.drift)).mul_add(inverse_mass, x);
        if NOISE && let Some((keep, add)) = segment.noise {
            p = (L::splat(add) * spread).mul_add(L::load(&self.noise[at..]), L::splat(keep) * p);
            x = (p * L::splat(segment.drift_after)).mul_add(inverse_mass, x);
        }
        x.store(&mut self.positions[at..]);
        p.store(&mut self.momenta[at..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_a_pass_where_their_order_allows() {
        let noise = Part::Noise { keep: 0.9, add: 0.1 };
        let mut segment = Segment::default();
        for part in [Part::Kick(0.5), Part::Kick(0.5), Part::Drift(0.5), noise, Part::Drift(0.25)] {
            assert!(segment.take(part));
        }
        assert_eq!(segment, Segment { kick: Some(1.0), drift: 0.5, noise: Some((0.9, 0.1)), drift_after: 0.25 });
        assert!(!segment.take(noise) && !segment.take(Part::Kick(1.0)));
    }
}
