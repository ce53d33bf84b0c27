//! Chains on small targets, many at a time, judged by z-scores.

pub mod flow;
pub mod maps;

use maps::{chart_of, draw_flows, jump_flows};
use mcflow_engine::moves::Proposal;
use mcflow_engine::observers::State;
use mcflow_engine::statistics::z_score;
use mcflow_engine::{
    Chains, Domain, End, Entry, Environment, Map, Microstate, Random, ThermodynamicState, Trained, Walker, normal, streams,
};
use mcflow_flows::Generator;
use mcflow_potentials::{Cell, Configuration, Particles, PotentialSum, Term, Vectors};
use rayon::prelude::*;

/// A mean that is known.
pub struct Moment {
    pub name: &'static str,
    pub of: fn(&Microstate) -> f64,
    pub expected: f64,
}

/// A target with moves on it.
pub struct Case {
    pub terms: Vec<Term>,
    pub particles: Particles,
    pub cell: Cell,
    pub kt: f64,
    pub pressure: Option<f64>,
    pub entries: Vec<Entry>,
    pub flow: Option<Generator>,
    /// States, and maps between two of them for `ModeJump` with the flow "jump".
    pub states: Vec<State>,
    pub maps: Vec<(usize, usize, Generator)>,
    /// Generators of one state each, for `GeneratorDraw` with the flow "draw".
    pub draws: Vec<(usize, Generator)>,
    /// The domains of the ends of all flows, where there is a symmetry; a generator has the second one.
    pub domains: [Option<Domain>; 2],
    pub start: fn(&mut Random, &mut Microstate),
    pub moments: Vec<Moment>,
    /// Walkers that run together: dynamics then runs in lanes, one walker an element; 1 for walkers alone.
    pub together: usize,
}

pub const WALKERS: usize = 400;
const BURN_IN: u64 = 300;
const SWEEPS: u64 = 1500;
/// Largest |z| of an exact chain; with some 60 moments in the suite, 4.5 fails by chance once in 2000 runs (and seeds are fixed).
const EXACT: f64 = 4.5;
/// Smallest |z| of a broken chain.
const BROKEN: f64 = 8.0;

/// Fills with normal numbers of this spread.
pub fn draw_gaussian(random: &mut Random, row: &mut [f64], spread: f64) {
    row.iter_mut().for_each(|x| *x = spread * normal(random));
}

impl Case {
    /// z-score and standard error of all moments: means of each walker are independent numbers of one distribution.
    fn z_scores(&self, mutant: Option<fn(&mut Proposal, &Microstate)>) -> Vec<(f64, f64)> {
        let potential = PotentialSum::new(&self.terms, &self.particles, &self.cell);
        let thermodynamic_state = ThermodynamicState { beta: 1.0 / self.kt, pressure: self.pressure };
        let environment = Environment::new(&potential, &self.particles, thermodynamic_state).with_mutant(mutant);
        let walkers = streams(11, WALKERS).into_iter().map(|mut random| {
            let positions = Vectors::zeros(self.cell.dimension(), self.particles.n());
            let mut state = Microstate::new(Configuration { positions, cell: self.cell.clone() });
            (self.start)(&mut random, &mut state);
            state.draw_momenta(&self.particles, 1.0 / self.kt, &mut random);
            Walker::new(state, random, self.entries.len(), &potential)
        });
        let mut walkers: Vec<Walker> = walkers.collect();
        let mut groups = Vec::new();
        while !walkers.is_empty() {
            let rest = walkers.split_off(self.together.min(walkers.len()));
            groups.push(std::mem::replace(&mut walkers, rest));
        }
        let coordinates = self.particles.n() * self.cell.dimension();
        let (mut generators, mut flows) = jump_flows(&self.maps, coordinates, &self.domains);
        let (of_states, plans) = draw_flows(&self.draws, coordinates, &self.domains[1]);
        generators.extend(of_states);
        flows.extend(plans);
        let with_domain = |flow: &Generator| Map::new(flow.clone(), End::Prior, chart_of(flow, coordinates, &self.domains[1]));
        generators.extend(self.flow.iter().map(|flow| ("flow".to_string(), with_domain(flow))));
        let trained = Trained { generators: &generators, flows: &flows, states: &self.states };
        let sums = groups.into_par_iter().flat_map(|walkers| {
            let parameters = self.entries.iter().map(|entry| entry.parameter()).collect();
            let mut sums = vec![vec![0.0; self.moments.len()]; walkers.len()];
            let mut chains = Chains { walkers, parameters, entries: self.entries.to_vec().into(), environment: environment.clone() };
            chains.sweep(1, BURN_IN, &trained).expect("finite states");
            for sweep in 0..SWEEPS {
                chains.sweep(BURN_IN + 1 + sweep, 1, &trained).expect("finite states");
                for (sums, walker) in sums.iter_mut().zip(&chains.walkers) {
                    for (sum, moment) in sums.iter_mut().zip(&self.moments) {
                        *sum += (moment.of)(&walker.state);
                    }
                }
            }
            sums
        });
        let sums: Vec<Vec<f64>> = sums.collect();
        let mean_and_error = |k: usize| {
            let means: Vec<f64> = sums.iter().map(|s| s[k] / SWEEPS as f64).collect();
            let mean = means.iter().sum::<f64>() / WALKERS as f64;
            let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (WALKERS - 1) as f64;
            (mean, (variance / WALKERS as f64).sqrt())
        };
        self.moments
            .iter()
            .enumerate()
            .map(|(k, moment)| {
                let (mean, error) = mean_and_error(k);
                (z_score(mean, error, moment.expected), error)
            })
            .collect()
    }

    /// All moments within 4.5 standard errors.
    pub fn must_be_exact(&self, name: &str) {
        for (moment, (z, error)) in self.moments.iter().zip(self.z_scores(None)) {
            let bound = 0.05 * (1.0 + moment.expected.abs());
            assert!(error < bound, "{name}: <{}> has an error of {error}, too large to see anything", moment.name);
            assert!(z.abs() < EXACT, "{name}: <{}> is off by {z:.1} standard errors", moment.name);
        }
    }

    /// The largest |z| of all moments.
    #[allow(dead_code, reason = "not every file that shares this module breaks a whole case")]
    pub fn worst(&self) -> f64 {
        self.z_scores(None).into_iter().map(|(z, _)| z.abs()).fold(0.0, f64::max)
    }

    /// Some moment more than 8 standard errors off.
    pub fn must_fail(&self, name: &str, mutant_name: &str, mutant: fn(&mut Proposal, &Microstate)) {
        let worst = self.z_scores(Some(mutant)).into_iter().map(|(z, _)| z.abs()).fold(0.0, f64::max);
        assert!(worst > BROKEN, "{name} with `{mutant_name}` passes (|z| = {worst:.1}): the test sees nothing");
    }
}
