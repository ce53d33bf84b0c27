//! What two rungs tell each other of an exchange, and the decision from that alone.

use crate::chain::accept::{Verdict, metropolis_hastings};
use crate::chain::thermodynamics::ThermodynamicState;
use crate::random::Random;

/// What one walker offers to a walker of another rung: the numbers by which the exchange is decided.
///
/// Nothing in it needs both walkers in one address space: each rung makes its offers, one stream of random numbers decides, states are handed
/// over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offer {
    /// Energy and volume of the walker as it is, in the potential of its own rung.
    pub here: (f64, f64),
    /// Energy and volume of what it hands over, in the potential of the other rung.
    pub there: (f64, f64),
    /// ln of the ratio of densities of the passage to the other rung, backward over forward; 0 where the configuration goes as it is.
    pub log_ratio: f64,
    /// Whether what it hands over could be taken back.
    pub feasible: bool,
}

impl Offer {
    /// The offer of a configuration as it is, with this energy in the potential of the other rung.
    pub fn as_it_is(here: (f64, f64), energy_there: f64) -> Self {
        Self { here, there: (energy_there, here.1), log_ratio: 0.0, feasible: true }
    }
}

/// A change of `delta_u` and `log_q_ratio`.
pub type ExchangeMutant = fn(f64, f64) -> (f64, f64);

/// Decides an exchange by the accept rule; `None` where one of the offers is infeasible, for which no random number is drawn.
///
/// `delta_u` = u_a(y') + u_b(x') - u_a(x) - u_b(y) for x of rung a that becomes x' in b, and y of b that becomes y' in a, with
/// u = beta (U + P V); `log_q_ratio` is the sum of both passages.
pub fn decide(
    (of_a, x): (&ThermodynamicState, &Offer),
    (of_b, y): (&ThermodynamicState, &Offer),
    mutant: Option<ExchangeMutant>,
    random: &mut Random,
) -> Option<Verdict> {
    if !(x.feasible && y.feasible) {
        return None;
    }
    let delta_u = of_a.reduced_energy_change(x.here, y.there) + of_b.reduced_energy_change(y.here, x.there);
    let log_q_ratio = x.log_ratio + y.log_ratio;
    let (delta_u, log_q_ratio) = mutant.map_or((delta_u, log_q_ratio), |mutate| mutate(delta_u, log_q_ratio));
    Some(metropolis_hastings(delta_u, log_q_ratio, random))
}
