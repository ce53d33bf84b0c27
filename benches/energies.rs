//! What does an energy cost? Energy, forces, one particle, a batch of small configurations.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mcflow_engine::{Lattice, normal, streams};
use mcflow_potentials::{Cell, Configuration, LennardJones, Particles, PotentialSum, Term, Vectors};
use std::hint::black_box;

fn lennard_jones(cutoff: Option<f64>) -> Term {
    Term::LennardJones(LennardJones { epsilon: Some(1.0), sigma: Some(1.0), cutoff, ..LennardJones::default() })
}

/// A liquid-like configuration: a lattice with noise.
fn liquid(n: usize, density: f64) -> Configuration {
    let cell = Cell::orthorhombic(&[(n as f64 / density).cbrt(); 3]).expect("a cell");
    let mut positions = Lattice::FaceCentredCubic.positions(n, &cell);
    let mut random = streams(1, 1).remove(0);
    positions.row_mut().iter_mut().for_each(|x| *x += 0.07 * normal(&mut random));
    Configuration { positions, cell }
}

fn energies(criterion: &mut Criterion) {
    for n in [108, 500, 4000, 32000] {
        let particles = Particles::alike("A", n, 1.0);
        let configuration = liquid(n, 0.8442);
        let potential = PotentialSum::new(&[lennard_jones(Some(2.5))], &particles, &configuration.cell);
        let mut group = criterion.benchmark_group(format!("Lennard-Jones liquid, {n} particles, cutoff 2.5"));
        group.throughput(Throughput::Elements(n as u64));
        let mut workspace = potential.workspace();
        let mut forces = Vectors::zeros(3, n);
        group.bench_function("energy", |b| b.iter(|| potential.energy(black_box(&configuration), &mut workspace)));
        group.bench_function("forces", |b| {
            b.iter(|| potential.energy_and_forces(black_box(&configuration), &mut workspace, &mut forces));
        });
        group.bench_function("forces with a new list", |b| {
            b.iter_batched(
                || potential.workspace(),
                |mut fresh| potential.energy_and_forces(&configuration, &mut fresh, &mut forces),
                BatchSize::LargeInput,
            );
        });
        group.finish();
        criterion.bench_function(&format!("one particle of {n}"), |b| {
            let mut i = 0;
            b.iter(|| {
                i = (i + 7) % n;
                potential.particle_energy(&configuration, &mut workspace, i, black_box(configuration.positions.get(i)))
            });
        });
    }
}

fn batch(criterion: &mut Criterion) {
    const BATCH: usize = 1024;
    let particles = Particles::alike("A", 13, 1.0);
    let cell = Cell::open(3);
    let potential = PotentialSum::new(&[lennard_jones(None)], &particles, &cell);
    let mut random = streams(2, 1).remove(0);
    // A loose cluster: no pair on top of another.
    let sites: Vec<f64> = (0..3).flat_map(|c| (0..13).map(move |i| 1.3 * [i % 3, (i / 3) % 3, i / 9][c] as f64)).collect();
    let rows: Vec<f64> = (0..BATCH).flat_map(|_| sites.iter().map(|s| s + 0.05 * normal(&mut random)).collect::<Vec<_>>()).collect();
    let (mut u, mut gradient) = (vec![0.0; BATCH], vec![0.0; rows.len()]);
    let mut group = criterion.benchmark_group("LJ13, 1024 configurations in a batch");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("energies", |b| b.iter(|| potential.energies(&cell, black_box(&rows), &mut u)));
    group.bench_function("energies and gradients", |b| {
        b.iter(|| potential.energies_and_gradients(&cell, black_box(&rows), &mut u, &mut gradient));
    });
    group.finish();
}

criterion_group!(benches, energies, batch);
criterion_main!(benches);
