//! What does a move cost, decision and all?

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mcflow_engine::dynamics::Splitting;
use mcflow_engine::moves::{Displacement, Hmc, IdentitySwap, Langevin, Volume, VolumeMeasure, VolumeShape};
use mcflow_engine::{
    Chains, Entry, Environment, Generators, Lattice, Microstate, ThermodynamicState, Trained, Walker, fill_normals, streams,
};
use mcflow_potentials::{Cell, Configuration, LennardJones, PairParameters, Particles, PotentialSum, Precision, Term, Vectors};

fn moves(criterion: &mut Criterion) {
    // One core: the figures are compared with others of one core. A second call finds the pool made, which is as well.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
    for n in [500, 4000] {
        let particles = Particles::alike("A", n, 1.0);
        let cell = Cell::orthorhombic(&[(n as f64 / 0.776).cbrt(); 3]).expect("a cell");
        let term = LennardJones { epsilon: Some(1.0), sigma: Some(1.0), cutoff: Some(3.0), tail: true, ..LennardJones::default() };
        let potential = PotentialSum::new(&[Term::LennardJones(term)], &particles, &cell);
        let entries = [
            Entry::Displacement(Displacement { count: Some(1000), step: 0.15, tune: false, every: 1 }),
            Entry::Volume(Volume {
                count: 1,
                step: 0.001,
                measure: VolumeMeasure::Logarithmic,
                shape: VolumeShape::Isotropic,
                largest_aspect: None,
                tune: false,
                every: 1,
            }),
            Entry::Langevin(Langevin {
                steps: 10,
                time_step: 0.004,
                friction: 1.0,
                splitting: Splitting::new("OBABO").expect("letters"),
                metropolized: true,
                precision: Precision::Double,
                every: 1,
            }),
            Entry::Hmc(Hmc { count: 1, steps: 10, time_step: 0.004, tune: false, precision: Precision::Double, every: 1 }),
        ];
        let positions = Lattice::FaceCentredCubic.positions(n, &cell);
        let mut state = Microstate::new(Configuration { positions, cell });
        let mut random = streams(3, 1).remove(0);
        state.draw_momenta(&particles, 1.0 / 0.9, &mut random);
        let thermodynamic_state = ThermodynamicState { beta: 1.0 / 0.9, pressure: Some(0.1) };
        let environment = Environment::new(&potential, &particles, thermodynamic_state);
        for entry in &entries {
            let one = std::slice::from_ref(entry);
            let mut group = criterion.benchmark_group(format!("Lennard-Jones liquid, {n} particles, cutoff 3"));
            group.sample_size(20).throughput(Throughput::Elements(entry.steps(n)));
            group.bench_function(entry.name(), |b| {
                let walkers = vec![Walker::new(state.clone(), random.clone(), 1, &potential)];
                let mut chains =
                    Chains { walkers, parameters: vec![entry.parameter()], entries: one.to_vec().into(), environment: environment.clone() };
                chains.sweep(1, 20, &Trained::generators(&Generators::new())).expect("finite states");
                b.iter(|| chains.sweep(1, 1, &Trained::generators(&Generators::new())).expect("finite states"));
            });
            group.finish();
        }
    }
}

/// Displacements and identity swaps of a mixture: both at the cost of the particles that move.
fn mixture(criterion: &mut Criterion) {
    let _ = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
    for n in [500, 4000] {
        let types = (0..n).map(|i| usize::from(i % 5 == 0)).collect();
        let particles = Particles { type_names: vec!["A".into(), "B".into()], types, masses: vec![1.0; n] };
        let cell = Cell::orthorhombic(&[(n as f64 / 1.2).cbrt(); 3]).expect("a cell");
        let positions = Lattice::FaceCentredCubic.positions(n, &cell);
        // The mixture of Kob and Andersen, Phys. Rev. E 51 (1995) 4626.
        let pair = |a: &str, b: &str, epsilon, sigma| PairParameters { between: (a.into(), b.into()), epsilon, sigma };
        let pairs = vec![pair("A", "A", 1.0, 1.0), pair("A", "B", 1.5, 0.8), pair("B", "B", 0.5, 0.88)];
        let term = LennardJones { pairs, cutoff: Some(2.5), ..LennardJones::default() };
        let potential = PotentialSum::new(&[Term::LennardJones(term)], &particles, &cell);
        let thermodynamic_state = ThermodynamicState { beta: 1.0, pressure: None };
        let environment = Environment::new(&potential, &particles, thermodynamic_state);
        let entries = [
            Entry::Displacement(Displacement { count: Some(100), step: 0.15, tune: false, every: 1 }),
            Entry::IdentitySwap(IdentitySwap { count: 100, every: 1 }),
        ];
        for entry in &entries {
            let mut group = criterion.benchmark_group(format!("Lennard-Jones mixture, {n} particles, cutoff 2.5"));
            group.sample_size(20).throughput(Throughput::Elements(100));
            group.bench_function(entry.name(), |b| {
                let state = Microstate::new(Configuration { positions: positions.clone(), cell: cell.clone() });
                let walkers = vec![Walker::new(state, streams(3, 1).remove(0), 1, &potential)];
                let (parameters, entries) = (vec![entry.parameter()], [entry.clone()].into());
                let mut chains = Chains { walkers, parameters, entries, environment: environment.clone() };
                chains.sweep(1, 20, &Trained::generators(&Generators::new())).expect("finite states");
                b.iter(|| chains.sweep(1, 1, &Trained::generators(&Generators::new())).expect("finite states"));
            });
            group.finish();
        }
    }
}

/// Langevin dynamics of many replicas of a small system: the Lennard-Jones cluster of 13 in open space, and a liquid of 108.
fn replicas(criterion: &mut Criterion) {
    const STEPS: usize = 100;
    let _ = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
    let liquid = Cell::orthorhombic(&[(108.0f64 / 0.8442).cbrt(); 3]).expect("a cell");
    let lattice = Lattice::FaceCentredCubic.positions(108, &liquid);
    let cases = [
        ("LJ13", Cell::open(3), cluster(), None, 0.15, &[1, 2, 4, 8, 16][..]),
        ("Lennard-Jones liquid, 108 particles, cutoff 2.5", liquid, lattice, Some(2.5), 0.72, &[1, 8, 16][..]),
    ];
    for (name, cell, positions, cutoff, kt, counts) in cases {
        let n = positions.n();
        let particles = Particles::alike("A", n, 1.0);
        let term = LennardJones { epsilon: Some(1.0), sigma: Some(1.0), cutoff, ..LennardJones::default() };
        let potential = PotentialSum::new(&[Term::LennardJones(term)], &particles, &cell);
        let thermodynamic_state = ThermodynamicState { beta: 1.0 / kt, pressure: None };
        let environment = Environment::new(&potential, &particles, thermodynamic_state);
        let mut group = criterion.benchmark_group(name);
        for (kind, metropolized) in [("plain", false), ("Metropolized", true)] {
            let entries = [Entry::Langevin(Langevin {
                steps: STEPS,
                time_step: 0.004,
                friction: 1.0,
                splitting: Splitting::new("BAOAB").expect("letters"),
                metropolized,
                precision: Precision::Double,
                every: 1,
            })];
            for &count in counts {
                group.sample_size(20).throughput(Throughput::Elements((STEPS * count) as u64));
                group.bench_function(format!("Langevin, {kind}, {count} walkers"), |b| {
                    let walkers = streams(3, count).into_iter().map(|mut random| {
                        let mut state = Microstate::new(Configuration { positions: positions.clone(), cell: cell.clone() });
                        state.draw_momenta(&particles, 1.0 / kt, &mut random);
                        Walker::new(state, random, 1, &potential)
                    });
                    let (walkers, parameters) = (walkers.collect(), vec![entries[0].parameter()]);
                    let mut chains = Chains { walkers, parameters, entries: entries.to_vec().into(), environment: environment.clone() };
                    chains.sweep(1, 20, &Trained::generators(&Generators::new())).expect("finite states");
                    b.iter(|| chains.sweep(1, 1, &Trained::generators(&Generators::new())).expect("finite states"));
                });
            }
        }
        group.finish();
    }
}

/// Normal numbers in bulk: for the noise of a small and of a large system.
fn normals(criterion: &mut Criterion) {
    let mut random = streams(1, 1).remove(0);
    let mut group = criterion.benchmark_group("normal numbers");
    for n in [39, 12000] {
        let mut out = vec![0.0; n];
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(format!("{n} at once"), |b| b.iter(|| fill_normals(&mut random, &mut out)));
    }
    group.finish();
}

/// A centre with 12 around it at about the distance of the pair minimum: near the icosahedron, the ground state of 13 particles.
fn cluster() -> Vectors {
    let golden = 0.5 * (1.0 + 5f64.sqrt());
    let scale = 1.1 / (1.0 + golden * golden).sqrt();
    let mut points = vec![[0.0; 3]];
    for (a, b) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
        let (one, long) = (a * scale, b * golden * scale);
        points.extend([[0.0, one, long], [one, long, 0.0], [long, 0.0, one]]);
    }
    Vectors::from_points(3, &points)
}

criterion_group!(benches, moves, mixture, replicas, normals);
criterion_main!(benches);
