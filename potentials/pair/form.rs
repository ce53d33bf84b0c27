//! The arithmetic of a pair interaction, written once for all loops.

use mcflow_base::{Element, Lane};
use std::fmt::Debug;

/// Squared distance of pairs that do not interact: beyond every cutoff.
/// Finite in f32 too.
pub(crate) const FAR_SQUARED: f64 = 1e36;
/// Squared cutoff of interactions that have none: beyond every real distance, below [`FAR_SQUARED`].
pub(crate) const UNBOUNDED_SQUARED: f64 = 1e30;

/// The numbers of one pair of types.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Coefficients<L> {
    /// 4 epsilon sigma^12.
    pub c12: L,
    /// 4 epsilon sigma^6.
    pub c6: L,
    /// What is subtracted from the energy.
    pub shift: L,
    /// U'(cutoff), for the linear force shift.
    pub slope: L,
    /// Square of the cutoff.
    pub cutoff_squared: L,
}

impl Coefficients<f64> {
    #[inline(always)]
    pub(crate) fn map<L>(self, f: impl Fn(f64) -> L) -> Coefficients<L> {
        Coefficients {
            c12: f(self.c12),
            c6: f(self.c6),
            shift: f(self.shift),
            slope: f(self.slope),
            cutoff_squared: f(self.cutoff_squared),
        }
    }

    /// U(r) = c12 / r^12 - c6 / r^6 and U'(r), without truncation.
    pub(crate) fn full(&self, r: f64) -> (f64, f64) {
        let s6 = r.powi(-6);
        (s6 * (self.c12 * s6 - self.c6), (6.0 * self.c6 - 12.0 * self.c12 * s6) * s6 / r)
    }
}

/// How the interaction depends on the distance, and how it ends.
pub(crate) trait PairForm: Copy + Debug + Send + Sync {
    /// Whether the energy grows without bound with the distance.
    const BINDS: bool = false;
    /// Energy U and -U'(r) / r at the squared distance `r2`, 0 beyond the cutoff, NaN for NaN.
    fn evaluate<T: Element, L: Lane<T>>(self, r2: L, p: &Coefficients<L>) -> (L, L);
}

/// What a term keeps of its form: the form itself where that is a few numbers, what it looks into where it is a table.
pub(crate) trait FormOwner: Debug + Send + Sync + 'static {
    type Form<'a>: PairForm;
    /// The form as kernels use it.
    fn form(&self) -> Self::Form<'_>;
}

impl<F: PairForm + 'static> FormOwner for F {
    type Form<'a> = F;
    fn form(&self) -> F {
        *self
    }
}

/// U = c12 / r^12 - c6 / r^6 and -U' / r, with 1 / r^2.
#[inline(always)]
fn lennard_jones<T: Element, L: Lane<T>>(r2: L, p: &Coefficients<L>) -> (L, L, L) {
    let inverse = r2.reciprocal();
    let s6 = inverse * inverse * inverse;
    // Multiples of the coefficients do not change from pair to pair, where those do not.
    let force = (L::splat(12.0) * p.c12).mul_add(s6, L::splat(-6.0) * p.c6);
    (s6 * p.c12.mul_add(s6, -p.c6), inverse * s6 * force, inverse)
}

/// Zero beyond the cutoff. The comparison is false for NaN, so NaN stays.
#[inline(always)]
pub(crate) fn cut<T: Element, L: Lane<T>>(r2: L, p: &Coefficients<L>, u: L, f: L) -> (L, L) {
    (p.cutoff_squared.select_lt(r2, L::splat(0.0), u), p.cutoff_squared.select_lt(r2, L::splat(0.0), f))
}

/// U(r) - shift: full, truncated, shifted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut;

impl PairForm for Cut {
    #[inline(always)]
    fn evaluate<T: Element, L: Lane<T>>(self, r2: L, p: &Coefficients<L>) -> (L, L) {
        let (u, f, _) = lennard_jones(r2, p);
        cut(r2, p, u - p.shift, f)
    }
}

/// U(r) - U(rc) - (r - rc) U'(rc); `shift` is U(rc) - rc U'(rc).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForceShifted;

impl PairForm for ForceShifted {
    #[inline(always)]
    fn evaluate<T: Element, L: Lane<T>>(self, r2: L, p: &Coefficients<L>) -> (L, L) {
        let (u, f, inverse) = lennard_jones(r2, p);
        let r = r2.sqrt();
        cut(r2, p, (-p.slope).mul_add(r, u - p.shift), (p.slope * r).mul_add(inverse, f))
    }
}

/// S U with S = 1 - 10 t^3 + 15 t^4 - 6 t^5, t = (r - from) / (cutoff - from), 1 below `from`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Switched {
    pub from: f64,
    /// 1 / (cutoff - from).
    pub inverse_width: f64,
}

impl Switched {
    /// From `from` to `cutoff`.
    pub(crate) fn new(from: f64, cutoff: f64) -> Self {
        Self { from, inverse_width: 1.0 / (cutoff - from) }
    }

    /// S and dS/dr.
    #[inline(always)]
    pub(crate) fn switch<T: Element, L: Lane<T>>(self, r: L) -> (L, L) {
        let one = L::splat(1.0);
        let raw = (r - L::splat(self.from)) * L::splat(self.inverse_width);
        let t = raw.select_lt(L::splat(0.0), L::splat(0.0), one.select_lt(raw, one, raw));
        let square = t * t;
        let s = (square * t).mul_add(t.mul_add(t.mul_add(L::splat(-6.0), L::splat(15.0)), L::splat(-10.0)), one);
        let rest = one - t;
        (s, L::splat(-30.0 * self.inverse_width) * square * rest * rest)
    }
}

impl PairForm for Switched {
    #[inline(always)]
    fn evaluate<T: Element, L: Lane<T>>(self, r2: L, p: &Coefficients<L>) -> (L, L) {
        let (u, f, inverse) = lennard_jones(r2, p);
        let r = r2.sqrt();
        let (s, slope) = self.switch(r);
        cut(r2, p, s * u, s * f - u * slope * r * inverse)
    }
}

/// S(r) [U(r) - shift - r slope]: every way to end, by numbers that make the others vanish. What it costs more than each of them alone (a root)
/// is little beside a table by particle, for which it saves two thirds of the kernels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnyEnd(Switched);

impl AnyEnd {
    /// With S from `from` to the cutoff where there is one, else S = 1.
    pub(crate) fn new(switched: Option<Switched>) -> Self {
        Self(switched.unwrap_or(Switched { from: 0.0, inverse_width: 0.0 }))
    }
}

impl PairForm for AnyEnd {
    #[inline(always)]
    fn evaluate<T: Element, L: Lane<T>>(self, r2: L, p: &Coefficients<L>) -> (L, L) {
        let (u, f, inverse) = lennard_jones(r2, p);
        let r = r2.sqrt();
        let (u, f) = ((-p.slope).mul_add(r, u - p.shift), (p.slope * r).mul_add(inverse, f));
        let (s, slope) = self.0.switch(r);
        cut(r2, p, s * u, s * f - u * slope * r * inverse)
    }
}

/// The coefficients of all pairs of types.
pub(crate) trait PairTable: Debug + Send + Sync + 'static {
    type Row<'a>: TableRow;
    /// The pairs of one type.
    fn row(&self, type_i: u32) -> Self::Row<'_>;
    type InLanes<'a, T: Element, L: Lane<T>>: LaneTable<T, L>;
    /// The table as kernels use it.
    fn in_lanes<T: Element, L: Lane<T>>(&self) -> Self::InLanes<'_, T, L>;
}

/// A table with all that does not change from pair to pair in registers.
pub(crate) trait LaneTable<T: Element, L: Lane<T>>: Copy {
    /// Coefficients of a lane of a pair of clusters: element `l` is type `types_i[l / 4]` with type `types_j[l % 4]`.
    fn quads(self, types_i: &[u32], types_j: &[u32; 4]) -> Coefficients<L>;
}

/// The pairs of one type with all types.
pub(crate) trait TableRow: Copy {
    /// Whether the types of partners matter.
    const NEEDS_TYPES: bool;
    /// With one type in all elements.
    fn one<T: Element, L: Lane<T>>(self, type_j: u32) -> Coefficients<L>;
    /// With the type of each element.
    fn lanes<T: Element, L: Lane<T>>(self, types_j: &[u32]) -> Coefficients<L>;
}

/// All particles alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uniform(pub Coefficients<f64>);

impl PairTable for Uniform {
    type Row<'a> = Self;
    #[inline(always)]
    fn row(&self, _: u32) -> Self {
        *self
    }
    type InLanes<'a, T: Element, L: Lane<T>> = Coefficients<L>;
    #[inline(always)]
    fn in_lanes<T: Element, L: Lane<T>>(&self) -> Coefficients<L> {
        self.0.map(L::splat)
    }
}

impl TableRow for Uniform {
    const NEEDS_TYPES: bool = false;
    #[inline(always)]
    fn one<T: Element, L: Lane<T>>(self, _: u32) -> Coefficients<L> {
        self.0.map(L::splat)
    }
    #[inline(always)]
    fn lanes<T: Element, L: Lane<T>>(self, _: &[u32]) -> Coefficients<L> {
        self.0.map(L::splat)
    }
}

/// A square table, row by row.
#[derive(Clone, Debug)]
pub(crate) struct ByType {
    pub types: usize,
    pub coefficients: Vec<Coefficients<f64>>,
}

impl PairTable for ByType {
    type Row<'a> = &'a [Coefficients<f64>];
    #[inline(always)]
    fn row(&self, type_i: u32) -> &[Coefficients<f64>] {
        &self.coefficients[type_i as usize * self.types..][..self.types]
    }
    type InLanes<'a, T: Element, L: Lane<T>> = &'a Self;
    #[inline(always)]
    fn in_lanes<T: Element, L: Lane<T>>(&self) -> &Self {
        self
    }
}

impl<T: Element, L: Lane<T>> LaneTable<T, L> for Coefficients<L> {
    #[inline(always)]
    fn quads(self, _: &[u32], _: &[u32; 4]) -> Coefficients<L> {
        self
    }
}

impl<T: Element, L: Lane<T>> LaneTable<T, L> for &ByType {
    #[inline(always)]
    fn quads(self, types_i: &[u32], types_j: &[u32; 4]) -> Coefficients<L> {
        from_entries(|l| &self.coefficients[types_i[l / 4] as usize * self.types + types_j[l % 4] as usize])
    }
}

impl TableRow for &[Coefficients<f64>] {
    const NEEDS_TYPES: bool = true;
    #[inline(always)]
    fn one<T: Element, L: Lane<T>>(self, type_j: u32) -> Coefficients<L> {
        self[type_j as usize].map(L::splat)
    }
    #[inline(always)]
    fn lanes<T: Element, L: Lane<T>>(self, types_j: &[u32]) -> Coefficients<L> {
        from_entries(|l| &self[types_j[l] as usize])
    }
}

/// One entry an element.
#[inline(always)]
fn from_entries<'a, T: Element, L: Lane<T>>(entry: impl Fn(usize) -> &'a Coefficients<f64>) -> Coefficients<L> {
    let gather = |f: fn(&Coefficients<f64>) -> f64| L::from_fn(|l| T::from_f64(f(entry(l))));
    Coefficients {
        c12: gather(|e| e.c12),
        c6: gather(|e| e.c6),
        shift: gather(|e| e.shift),
        slope: gather(|e| e.slope),
        cutoff_squared: gather(|e| e.cutoff_squared),
    }
}
