//! The law that rows follow, as losses see it: reduced energies and their derivatives.

/// A law of rows, proportional to e^-u, by its reduced energy u and the derivative of u.
///
/// A row's result must depend on that row alone: rows come in chunks, from several threads. Any closure of this form is one:
///
/// ```
/// use mcflow_flows::Target;
///
/// let harmonic = |rows: &[f64], u: &mut [f64], gradient: &mut [f64]| {
///     for ((x, u), g) in rows.iter().zip(u).zip(gradient) {
///         (*u, *g) = (0.5 * x * x, *x);
///     }
/// };
/// let (mut u, mut gradient) = ([0.0], [0.0]);
/// harmonic.energies_and_gradients(&[2.0], &mut u, &mut gradient);
/// assert_eq!((u, gradient), ([2.0], [2.0]));
/// ```
pub trait Target: Sync {
    /// Reduced energies `u` `[n]` and their derivatives `gradient` `[n, dim]` of `rows` `[n, dim]`.
    fn energies_and_gradients(&self, rows: &[f64], u: &mut [f64], gradient: &mut [f64]);
}

impl<F: Fn(&[f64], &mut [f64], &mut [f64]) + Sync> Target for F {
    fn energies_and_gradients(&self, rows: &[f64], u: &mut [f64], gradient: &mut [f64]) {
        self(rows, u, gradient);
    }
}
