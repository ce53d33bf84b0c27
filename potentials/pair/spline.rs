//! Cubic splines: through rows of a table, and as a pair form on a grid of equal steps.

use super::form::{Coefficients, FormOwner, PairForm, UNBOUNDED_SQUARED, cut};
use mcflow_base::{Array, Element, Lane};

/// The cubic spline through rows (r, U), r increasing: twice continuously differentiable; the first two and the last two intervals have one
/// polynomial each ("not a knot"), so four rows at least are needed and nothing is assumed about the ends.
///
/// Source: de Boor, A Practical Guide to Splines, revised edition (2001), chapter IV.
#[derive(Clone, Debug)]
pub(super) struct Spline<'a> {
    rows: &'a [(f64, f64)],
    /// U' at each row.
    pub slopes: Vec<f64>,
}

impl<'a> Spline<'a> {
    pub(super) fn new(rows: &'a [(f64, f64)]) -> Self {
        let n = rows.len();
        let width = |i: usize| rows[i + 1].0 - rows[i].0;
        let rise = |i: usize| (rows[i + 1].1 - rows[i].1) / width(i);
        // Continuity of U' at the rows within, for the curvatures M = U'': h M- + 2 (h + k) M + k M+ = 6 (rise+ - rise-).
        // What is not a knot gives the curvature at an end by the next two: M0 = M1 - h / k (M2 - M1).
        let mut curvatures = vec![0.0; n];
        let mut above = vec![0.0; n];
        for i in 1..n - 1 {
            let (h, k) = (width(i - 1), width(i));
            let (mut lower, mut diagonal, mut upper) = (h, 2.0 * (h + k), k);
            if i == 1 {
                diagonal += h * (1.0 + h / k);
                upper -= h * h / k;
                lower = 0.0;
            }
            if i == n - 2 {
                diagonal += k * (1.0 + k / h);
                lower -= k * k / h;
                upper = 0.0;
            }
            let pivot = diagonal - lower * above[i - 1];
            above[i] = upper / pivot;
            curvatures[i] = (6.0 * (rise(i) - rise(i - 1)) - lower * curvatures[i - 1]) / pivot;
        }
        for i in (1..n - 2).rev() {
            curvatures[i] -= above[i] * curvatures[i + 1];
        }
        curvatures[0] = curvatures[1] - width(0) / width(1) * (curvatures[2] - curvatures[1]);
        curvatures[n - 1] = curvatures[n - 2] + width(n - 2) / width(n - 3) * (curvatures[n - 2] - curvatures[n - 3]);
        let slope = |i: usize| rise(i) - width(i) / 6.0 * (2.0 * curvatures[i] + curvatures[i + 1]);
        let mut slopes: Vec<f64> = (0..n - 1).map(slope).collect();
        slopes.push(rise(n - 2) + width(n - 2) / 6.0 * (curvatures[n - 2] + 2.0 * curvatures[n - 1]));
        Self { rows, slopes }
    }

    /// U and U' at `r`, between the rows `i` and `i + 1`.
    fn at(&self, i: usize, r: f64) -> (f64, f64) {
        let (from, to) = (self.rows[i], self.rows[i + 1]);
        let width = to.0 - from.0;
        let [c0, c1, c2, c3] = hermite(width, (from.1, self.slopes[i]), (to.1, self.slopes[i + 1]));
        let t = (r - from.0) / width;
        (c0 + t * (c1 + t * (c2 + t * c3)), (c1 + t * (2.0 * c2 + t * 3.0 * c3)) / width)
    }
}

/// Coefficients, by powers of the part of an interval that lies behind, of the cubic with these values and slopes at its ends.
fn hermite(width: f64, (u, slope): (f64, f64), (u_end, slope_end): (f64, f64)) -> [f64; 4] {
    let (m, m_end, rise) = (width * slope, width * slope_end, u_end - u);
    [u, m, 3.0 * rise - 2.0 * m - m_end, m + m_end - 2.0 * rise]
}

/// Most pieces of [`Cubics`]: two megabytes.
pub(super) const MOST_PIECES: usize = 65536;
/// Pieces for the narrowest interval of rows, where intervals differ.
const FINER: usize = 4;
/// Intervals that differ by less than this part of the table are alike.
const ALIKE: f64 = 1e-9;

/// Intervals of equal length that do justice to rows.
pub(super) fn pieces(rows: &[(f64, f64)]) -> usize {
    let intervals = rows.len() - 1;
    let (first, length) = (rows[0].0, rows[intervals].0 - rows[0].0);
    let even = |i: usize| first + length * i as f64 / intervals as f64;
    if (0..=intervals).all(|i| (rows[i].0 - even(i)).abs() < ALIKE * length) {
        return intervals;
    }
    let narrowest = rows.windows(2).map(|pair| pair[1].0 - pair[0].0).fold(length, f64::min);
    ((length / narrowest).round() as usize).saturating_mul(FINER)
}

/// Cubics on intervals of equal length, with continuous values and slopes; straight on below the first.
#[derive(Debug)]
pub(super) struct Cubics {
    /// Coefficients of the energy by powers of the part of an interval that lies behind. The first piece is the straight line below.
    pieces: Vec<[f64; 4]>,
    /// Where the second piece begins.
    first: f64,
    /// Pieces per length.
    density: f64,
}

impl Cubics {
    /// A spline: itself where its rows have equal distances, else with its values and slopes at points four times as dense as its
    /// nearest rows.
    pub(super) fn new(spline: &Spline) -> Self {
        let rows = spline.rows;
        let (first, last) = (rows[0].0, rows[rows.len() - 1].0);
        let pieces = pieces(rows).min(MOST_PIECES);
        let width = (last - first) / pieces as f64;
        let mut interval = 0;
        let points: Vec<(f64, f64)> = (0..=pieces)
            .map(|k| {
                let r = first + width * k as f64;
                while interval + 2 < rows.len() && rows[interval + 1].0 <= r {
                    interval += 1;
                }
                spline.at(interval, r)
            })
            .collect();
        let (u, slope) = points[0];
        let mut all = vec![[u - width * slope, width * slope, 0.0, 0.0]];
        all.extend(points.windows(2).map(|ends| hermite(width, ends[0], ends[1])));
        Self { pieces: all, first, density: 1.0 / width }
    }

    pub(super) fn is_finite(&self) -> bool {
        self.density.is_finite() && self.pieces.iter().flatten().all(|c| c.is_finite())
    }

    /// The energy at `r`, as kernels compute it.
    pub(super) fn energy(&self, r: f64) -> f64 {
        let all = Coefficients { cutoff_squared: UNBOUNDED_SQUARED, ..Coefficients::default() };
        let r2 = Array::<f64, 4>::splat(r * r);
        self.form().evaluate(r2, &all.map(Array::splat)).0.get(0)
    }
}

impl FormOwner for Cubics {
    type Form<'a> = OnGrid<'a>;
    fn form(&self) -> OnGrid<'_> {
        OnGrid { pieces: &self.pieces, first: self.first, density: self.density }
    }
}

/// U(r) - shift, U by [`Cubics`].
#[derive(Clone, Copy, Debug)]
pub(super) struct OnGrid<'a> {
    pieces: &'a [[f64; 4]],
    first: f64,
    density: f64,
}

/// Less than every squared distance that means something, but far from 0 in f32 too: two particles at one place have no force on each
/// other, instead of none at all.
const TINY: f64 = 1e-30;

impl PairForm for OnGrid<'_> {
    #[inline(always)]
    fn evaluate<T: Element, L: Lane<T>>(self, r2: L, p: &Coefficients<L>) -> (L, L) {
        // NaN stays, but has a piece.
        let least = L::splat(TINY).max(r2);
        let r = least.sqrt();
        let x = (r - L::splat(self.first)).mul_add(L::splat(self.density), L::splat(1.0));
        let number = x.floor().max(L::default()).min(L::splat((self.pieces.len() - 1) as f64));
        let t = x - number;
        // Element by element: no table is in registers.
        let mut numbers = [T::default(); 16];
        number.store(&mut numbers);
        let mut c = [[T::default(); 16]; 4];
        for l in 0..L::WIDTH {
            let piece = &self.pieces[numbers[l].to_f64() as usize];
            for power in 0..4 {
                c[power][l] = T::from_f64(piece[power]);
            }
        }
        let [c0, c1, c2, c3] = [L::load(&c[0]), L::load(&c[1]), L::load(&c[2]), L::load(&c[3])];
        let u = t.mul_add(t.mul_add(t.mul_add(c3, c2), c1), c0);
        let slope = t.mul_add(t.mul_add(L::splat(3.0) * c3, L::splat(2.0) * c2), c1);
        cut(r2, p, u - p.shift, L::splat(-self.density) * slope * r * least.reciprocal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distances that grow by ever more.
    fn rows(n: usize, u: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        let r = |i: usize| 0.7 + 0.05 * i as f64 + 0.001 * (i * i) as f64;
        (0..n).map(|i| (r(i), u(r(i)))).collect()
    }

    #[test]
    fn cubics_come_back() {
        let (u, slope) = (|r: f64| 2.0 - r + 3.0 * r * r - 0.7 * r.powi(3), |r: f64| -1.0 + 6.0 * r - 2.1 * r * r);
        for n in [4, 5, 6, 40] {
            let rows = rows(n, u);
            let spline = Spline::new(&rows);
            let cubics = Cubics::new(&spline);
            for (i, row) in rows.iter().enumerate() {
                assert!((spline.slopes[i] - slope(row.0)).abs() < 1e-12, "{n}");
            }
            for k in 0..=100 {
                let r = 0.7 + (rows[n - 1].0 - 0.7) * f64::from(k) / 100.0;
                assert!((cubics.energy(r) - u(r)).abs() < 1e-12, "{n}, {r}");
            }
            // Straight on below.
            assert!((cubics.energy(0.2) - (u(0.7) - 0.5 * slope(0.7))).abs() < 1e-12);
            assert!((cubics.energy(0.0) - (u(0.7) - 0.7 * slope(0.7))).abs() < 1e-12);
        }
    }

    #[test]
    fn curvature_is_continuous() {
        let rows = rows(12, |r| (3.0 * r).sin());
        let spline = Spline::new(&rows);
        for i in 1..11 {
            let curvature = |interval: usize, r: f64, h: f64| (spline.at(interval, r + h).1 - spline.at(interval, r).1) / h;
            let (before, after) = (curvature(i - 1, rows[i].0, -1e-6), curvature(i, rows[i].0, 1e-6));
            assert!((before - after).abs() < 1e-3, "{before} before row {i}, {after} after it");
        }
    }

    #[test]
    fn rows_at_equal_distances_are_met() {
        let rows: Vec<(f64, f64)> = (0..30).map(|i| (0.1 * f64::from(i), (0.3 * f64::from(i)).cos())).collect();
        let cubics = Cubics::new(&Spline::new(&rows));
        assert_eq!(cubics.pieces.len(), 30);
        for (r, u) in rows {
            assert!((cubics.energy(r) - u).abs() < 1e-14);
        }
    }
}
