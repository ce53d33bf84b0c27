//! Standard normal numbers in bulk: the transform of Box and Muller in lanes.

use crate::random::Random;
use mcflow_base::{Elementary, Kernel, Lane, dispatch, polynomial};
use rand::{Rng, SeedableRng};

/// Fills `out` with independent standard normal numbers.
///
/// Two uniform numbers u in (0, 1] and v in [-1/2, 1/2), of 53 bits each, become r cos(2 pi v) and r sin(2 pi v) with r = sqrt(-2 ln u),
/// exactly normal but for rounding, out to sqrt(-2 ln 2^-53) = 8.57. The stream gives the u of all pairs, then the v of all pairs:
/// 2 ceil(len / 2) numbers in all, whatever the width of the lanes. An odd last number is the cosine of its pair.
///
/// Source: Box and Muller, Ann. Math. Statist. 29 (1958) 610.
pub fn fill_normals(random: &mut Random, out: &mut [f64]) {
    dispatch(OneStream { random, out });
}

/// The streams of several owners side by side, one a lane: the generator itself runs in lanes.
pub(crate) struct LaneStreams {
    /// The four words of each state, `[4, width]`, the last one before its rotation.
    words: Vec<u64>,
}

impl LaneStreams {
    /// Room for as many streams as a lane has elements.
    pub fn new(width: usize) -> Self {
        Self { words: vec![0; 4 * width] }
    }

    /// [`fill_normals`] for each stream: element `k * width + l` of `out` is number `k` of stream `l`. Lanes beyond the last owner repeat it.
    pub fn fill_normals<S>(&mut self, owners: &mut [S], stream: fn(&mut S) -> &mut Random, out: &mut [f64]) {
        let width = self.words.len() / 4;
        for l in 0..width {
            let owner = l.min(owners.len() - 1);
            let state = stream(&mut owners[owner]).state();
            let mut words: [u64; 4] = std::array::from_fn(|k| u64::from_le_bytes(std::array::from_fn(|b| state[8 * k + b])));
            words[3] = words[3].rotate_right(LAST_ROTATION);
            (0..4).for_each(|k| self.words[k * width + l] = words[k]);
        }
        dispatch(StreamsInLanes { words: &mut self.words, out });
        for (l, owner) in owners.iter_mut().enumerate() {
            let mut words: [u64; 4] = std::array::from_fn(|k| self.words[k * width + l]);
            words[3] = words[3].rotate_left(LAST_ROTATION);
            let mut state = [0; 32];
            state.chunks_exact_mut(8).zip(words).for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_le_bytes()));
            *stream(owner) = Random::from_seed(state);
        }
    }
}

struct OneStream<'a> {
    random: &'a mut Random,
    out: &'a mut [f64],
}

impl Kernel for OneStream<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        // The uniform numbers wait where the normal ones will be.
        let (cosines, sines) = self.out.split_at_mut(self.out.len().div_ceil(2));
        // A copy: its four words stay in registers.
        let mut random = self.random.clone();
        // Ahead of the transform: lanes read at once what single numbers have just written would wait for it.
        cosines.iter_mut().for_each(|u| *u = radius_uniform(random.next_u64()));
        sines.iter_mut().for_each(|v| *v = turn(random.next_u64()));
        let last = if cosines.len() > sines.len() { Some(turn(random.next_u64())) } else { None };
        *self.random = random;

        let pairs = sines.len();
        let full = pairs - pairs % L::WIDTH;
        for (cosines, sines) in cosines[..full].chunks_exact_mut(L::WIDTH).zip(sines[..full].chunks_exact_mut(L::WIDTH)) {
            let (c, s) = box_muller(L::load(cosines), L::load(sines));
            c.store(cosines);
            s.store(sines);
        }
        // The rest in one lane, with the cosine that has no sine as its last element.
        let (cosines, sines) = (&mut cosines[full..], &mut sines[full..]);
        if !cosines.is_empty() {
            let u = L::load_partial(cosines, cosines.len(), 1.0);
            let v = L::from_fn(|l| sines.get(l).copied().or(last).unwrap_or(0.0));
            let (c, s) = box_muller(u, v);
            c.store_partial(cosines, cosines.len());
            s.store_partial(sines, sines.len());
        }
    }
}

struct StreamsInLanes<'a> {
    words: &'a mut [u64],
    out: &'a mut [f64],
}

impl Kernel for StreamsInLanes<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        match L::WIDTH {
            8 => self.run_wide::<L, 8>(),
            4 => self.run_wide::<L, 4>(),
            _ => unreachable!("lanes have 4 or 8 elements"),
        }
    }
}

impl StreamsInLanes<'_> {
    #[inline(always)]
    fn run_wide<L: Lane, const W: usize>(self) {
        let Self { words, out } = self;
        let n = out.len() / W;
        let (cosines, sines) = out.split_at_mut(n.div_ceil(2) * W);
        uniforms_in_lanes::<W, true>(words, cosines);
        uniforms_in_lanes::<W, false>(words, sines);
        let paired = sines.len();
        for (cosines, sines) in cosines.chunks_exact_mut(W).zip(sines.chunks_exact_mut(W)) {
            let (c, s) = box_muller(L::load(cosines), L::load(sines));
            c.store(cosines);
            s.store(sines);
        }
        if n % 2 == 1 {
            let mut last = [0.0; W];
            uniforms_in_lanes::<W, false>(words, &mut last);
            let cosines = &mut cosines[paired..];
            box_muller(L::load(cosines), L::load(&last)).0.store(cosines);
        }
    }
}

/// Uniform numbers of all streams, for radii or for angles, as many as `target` has room for.
#[inline(always)]
fn uniforms_in_lanes<const W: usize, const RADIUS: bool>(words: &mut [u64], target: &mut [f64]) {
    // Four steps between a load and a store of the state, whose way through memory takes longer than a step.
    let (fours, rest) = target.split_at_mut(target.len() / (4 * W) * (4 * W));
    for target in fours.chunks_exact_mut(4 * W) {
        steps_in_lanes::<W, 4, RADIUS>(words, target);
    }
    for target in rest.chunks_exact_mut(W) {
        steps_in_lanes::<W, 1, RADIUS>(words, target);
    }
}

/// `STEPS` steps of xoshiro256++ in all lanes. The state is loaded and stored, and each operation is a loop of its own, on purpose: that
/// the compiler vectorises, but not a state that it keeps in registers around a loop.
#[inline(always)]
fn steps_in_lanes<const W: usize, const STEPS: usize, const RADIUS: bool>(words: &mut [u64], target: &mut [f64]) {
    let (mut a, mut b) = (Words::<W>::load(words), Words::<W>::load(&words[W..]));
    let (mut c, mut d) = (Words::<W>::load(&words[2 * W..]), Words::<W>::load(&words[3 * W..]));
    for step in 0..STEPS {
        d = d.map(|word| word.rotate_left(LAST_ROTATION));
        let bits = a.zip(d, add).map(|sum| sum.rotate_left(23)).zip(a, add);
        let shifted = b.map(|word| word << 17);
        c = c.zip(a, xor);
        d = d.zip(b, xor);
        b = b.zip(c, xor);
        a = a.zip(d, xor);
        c = c.zip(shifted, xor);
        for (target, bits) in target[step * W..(step + 1) * W].iter_mut().zip(bits.0) {
            *target = if RADIUS { radius_uniform(bits) } else { turn(bits) };
        }
    }
    a.store(words);
    b.store(&mut words[W..]);
    c.store(&mut words[2 * W..]);
    d.store(&mut words[3 * W..]);
}

/// The rotation of the last word that ends a step. In lanes it begins the next step instead: a rotation whose result is only stored is
/// not vectorised.
const LAST_ROTATION: u32 = 45;

#[inline(always)]
fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}
#[inline(always)]
fn xor(a: u64, b: u64) -> u64 {
    a ^ b
}

/// A word of each stream.
#[derive(Clone, Copy)]
struct Words<const W: usize>([u64; W]);

impl<const W: usize> Words<W> {
    #[inline(always)]
    fn load(source: &[u64]) -> Self {
        let mut words = [0; W];
        words.copy_from_slice(&source[..W]);
        Self(words)
    }
    #[inline(always)]
    fn store(self, target: &mut [u64]) {
        target[..W].copy_from_slice(&self.0);
    }
    #[inline(always)]
    fn map(self, f: impl Fn(u64) -> u64) -> Self {
        let mut words = self.0;
        for l in 0..W {
            words[l] = f(words[l]);
        }
        Self(words)
    }
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        let mut words = self.0;
        for l in 0..W {
            words[l] = f(words[l], other.0[l]);
        }
        Self(words)
    }
}

const UNIT: f64 = 1.0 / (1u64 << 53) as f64;

/// Uniform in (0, 1], a multiple of 2^-53.
#[inline(always)]
fn radius_uniform(bits: u64) -> f64 {
    // Signed, because only that conversion is one instruction everywhere.
    ((bits >> 11) as i64 + 1) as f64 * UNIT
}

/// Uniform in [-1/2, 1/2), a multiple of 2^-53.
#[inline(always)]
fn turn(bits: u64) -> f64 {
    (bits as i64 >> 11) as f64 * UNIT
}

#[inline(always)]
fn box_muller<L: Lane>(u: L, v: L) -> (L, L) {
    let radius = (L::splat(-2.0) * u.ln()).sqrt();
    let (sine, cosine) = sin_cos_of_turns(v);
    (radius * cosine, radius * sine)
}

/// sin(2 pi v) and cos(2 pi v) for v in [-1/2, 1/2], to some 1e-15 of the circle's radius: a quarter of the angle lies within pi/4, where
/// the polynomials of fdlibm (`__kernel_sin`, `__kernel_cos`; Sun Microsystems, 1993) hold, and is doubled twice.
#[inline(always)]
fn sin_cos_of_turns<L: Lane>(v: L) -> (L, L) {
    const SINE: [f64; 6] = [
        -1.666_666_666_666_663_2e-1,
        8.333_333_333_322_49e-3,
        -1.984_126_982_985_795e-4,
        2.755_731_370_707_006_8e-6,
        -2.505_076_025_340_686_3e-8,
        1.589_690_995_211_55e-10,
    ];
    const COSINE: [f64; 6] = [
        4.166_666_666_666_66e-2,
        -1.388_888_888_887_411e-3,
        2.480_158_728_947_673e-5,
        -2.755_731_435_139_066_3e-7,
        2.087_572_321_298_175e-9,
        -1.135_964_755_778_819_5e-11,
    ];
    let angle = v * L::splat(std::f64::consts::FRAC_PI_2);
    let square = angle * angle;
    let sine = (angle * square).mul_add(polynomial(square, SINE), angle);
    let cosine = (square * square).mul_add(polynomial(square, COSINE), square.mul_add(L::splat(-0.5), L::splat(1.0)));
    let (sine, cosine) = doubled(sine, cosine);
    doubled(sine, cosine)
}

/// Sine and cosine of twice the angle.
#[inline(always)]
fn doubled<L: Lane>(s: L, c: L) -> (L, L) {
    ((s + s) * c, (s * s).mul_add(L::splat(-2.0), L::splat(1.0)))
}

#[cfg(test)]
#[path = "tests_normals.rs"]
mod tests;
