//! What does a move cost, decision and all?

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mcflow_engine::dynamics::Splitting;
use mcflow_engine::moves::VolumeMeasure;
use mcflow_engine::{Chains, Entry, Environment, Generators, Lattice, Microstate, ThermodynamicState, Walker, streams};
use mcflow_potentials::{Cell, Configuration, LennardJones, Particles, PotentialSum, Term};

fn moves(criterion: &mut Criterion) {
    // One core: the figures are compared with others of one core. A second call finds the pool made, which is as well.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
    for n in [500, 4000] {
        let particles = Particles::alike("A", n, 1.0);
        let cell = Cell::orthorhombic(&[(n as f64 / 0.776).cbrt(); 3]).expect("a cell");
        let term = LennardJones { epsilon: Some(1.0), sigma: Some(1.0), cutoff: Some(3.0), tail: true, ..LennardJones::default() };
        let potential = PotentialSum::new(&[Term::LennardJones(term)], &particles, &cell);
        let entries = [
            Entry::Displacement { count: Some(1000), step: 0.15, tune: false, every: 1 },
            Entry::Volume { count: 1, step: 0.001, measure: VolumeMeasure::Logarithmic, tune: false, every: 1 },
            Entry::Langevin {
                steps: 10,
                time_step: 0.004,
                friction: 1.0,
                splitting: Splitting::new("OBABO").expect("letters"),
                metropolized: true,
                every: 1,
            },
            Entry::Hmc { count: 1, steps: 10, time_step: 0.004, tune: false, every: 1 },
        ];
        let positions = Lattice::FaceCentredCubic.positions(n, &cell);
        let mut state = Microstate::new(Configuration { positions, cell });
        let mut random = streams(3, 1).remove(0);
        state.draw_momenta(&particles, 1.0 / 0.9, &mut random);
        let thermodynamic_state = ThermodynamicState { beta: 1.0 / 0.9, pressure: Some(0.1) };
        let environment = Environment { potential: &potential, particles: &particles, thermodynamic_state, mutant: None };
        for entry in &entries {
            let one = std::slice::from_ref(entry);
            let walkers = vec![Walker::new(state.clone(), random.clone(), 1, &potential)];
            let mut chains = Chains { walkers, parameters: vec![entry.parameter()], entries: one, environment };
            let mut group = criterion.benchmark_group(format!("Lennard-Jones liquid, {n} particles, cutoff 3"));
            group.sample_size(20).throughput(Throughput::Elements(entry.steps(n)));
            chains.sweep(1, 20, &Generators::new()).expect("finite states");
            group.bench_function(entry.name(), |b| b.iter(|| chains.sweep(1, 1, &Generators::new()).expect("finite states")));
            group.finish();
        }
    }
}

criterion_group!(benches, moves);
criterion_main!(benches);
