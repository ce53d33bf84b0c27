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

/// One segment for all coordinates, of one walker or of several side by side; all slices have the same length.
///
/// The loop is over single numbers and left to the compiler to vectorise: a loop over lanes of contiguous numbers it takes for one with
/// strides, and gathers.
pub(super) struct Advance<'a> {
    pub segment: Segment,
    /// Times forces in a kick: 1 where `forces` holds forces, -1 where it holds gradients.
    pub sign: f64,
    pub positions: &'a mut [f64],
    pub momenta: &'a mut [f64],
    pub forces: &'a [f64],
    /// Standard normal numbers, where the segment has noise.
    pub noise: &'a [f64],
    /// 1 / m.
    pub inverse_masses: &'a [f64],
    /// sqrt(m kT).
    pub spreads: &'a [f64],
}

impl Kernel for Advance<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        match (self.segment.kick.is_some(), self.segment.noise.is_some()) {
            (false, false) => self.pass::<false, false>(),
            (false, true) => self.pass::<false, true>(),
            (true, false) => self.pass::<true, false>(),
            (true, true) => self.pass::<true, true>(),
        }
    }
}

impl Advance<'_> {
    #[inline(always)]
    fn pass<const KICK: bool, const NOISE: bool>(self) {
        let Segment { kick, drift, noise, drift_after } = self.segment;
        let kick = self.sign * kick.unwrap_or(0.0);
        let (keep, add) = noise.unwrap_or_default();
        let n = self.positions.len();
        let (positions, momenta, inverse_masses) = (&mut self.positions[..n], &mut self.momenta[..n], &self.inverse_masses[..n]);
        let forces = if KICK { &self.forces[..n] } else { &[] };
        let (noise, spreads) = if NOISE { (&self.noise[..n], &self.spreads[..n]) } else { (&[][..], &[][..]) };
        for k in 0..n {
            let mut p = momenta[k];
            if KICK {
                p += kick * forces[k];
            }
            let mut x = positions[k] + drift * p * inverse_masses[k];
            if NOISE {
                p = keep * p + add * spreads[k] * noise[k];
                x += drift_after * p * inverse_masses[k];
            }
            positions[k] = x;
            momenta[k] = p;
        }
    }
}

/// Adds the change of kinetic energy that a kick will make, ((p + h f)^2 - p^2) / 2m, element by element of a lane.
pub(super) struct KickWork<'a> {
    /// h, times -1 where `forces` holds gradients.
    pub kick: f64,
    pub momenta: &'a [f64],
    pub forces: &'a [f64],
    /// 1 / m.
    pub inverse_masses: &'a [f64],
    /// [`KickWork::SUMS`] sums for each element of a lane.
    pub sums: &'a mut [f64],
}

impl KickWork<'_> {
    /// Sums that are gathered independently, so that none waits for the one before.
    pub const SUMS: usize = 4;
}

impl Kernel for KickWork<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let (n, w) = (self.momenta.len(), L::WIDTH);
        let full = n - n % w;
        let (h, half) = (L::splat(self.kick), L::splat(0.5));
        for k in (0..full).step_by(w) {
            let kick = h * L::load(&self.forces[k..]);
            let change = kick * L::load(&self.inverse_masses[k..]) * kick.mul_add(half, L::load(&self.momenta[k..]));
            // Gathered in memory: sums that the compiler keeps in registers around a loop it takes apart.
            let sums = &mut self.sums[k % (Self::SUMS * w)..][..w];
            (L::load(sums) + change).store(sums);
        }
        for k in full..n {
            let kick = self.kick * self.forces[k];
            self.sums[k - full] += kick * self.inverse_masses[k] * (self.momenta[k] + 0.5 * kick);
        }
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
