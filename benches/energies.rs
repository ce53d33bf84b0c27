//! What does an energy cost? Energy, forces, one particle, a batch of small configurations.
//!
//! Sums over pairs count as throughput the pairs that lanes compute, in vain or not, so that the rate that is printed is to be held
//! against what a core can do at all: 1.4 to 1.5 G pairs a second in f64 and 2.7 in f32 with AVX-512 (Zen 4, 3.7 GHz), 0.9 and 2.0 with AVX2.
//! Before anything is timed, forces by the list are compared with a sum over all pairs.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mcflow_engine::{Lattice, normal, streams};
use mcflow_potentials::{Cell, Configuration, LennardJones, Moved, Particles, PotentialSum, Precision, TabulatedPair, Term, Vectors};
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

/// The forces by a sum over all pairs, as simple as can be.
fn all_pairs(c: &Configuration, cutoff: f64) -> Vectors {
    let n = c.positions.n();
    let mut forces = Vectors::zeros(3, n);
    for i in 0..n {
        for j in 0..i {
            let (a, b) = (c.positions.get(i), c.positions.get(j));
            let d = c.cell.minimum_image([a[0] - b[0], a[1] - b[1], a[2] - b[2]]);
            let r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
            if r2 < cutoff * cutoff {
                let s6 = r2.powi(-3);
                let f = (48.0 * s6 - 24.0) * s6 / r2;
                for (k, sign) in [(i, 1.0), (j, -1.0)] {
                    let old = forces.get(k);
                    forces.set(k, [0, 1, 2].map(|x| old[x] + sign * f * d[x]));
                }
            }
        }
    }
    forces
}

fn energies(criterion: &mut Criterion) {
    // One core: the figures are held against limits of one core.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
    for n in [108, 500, 4000, 32000] {
        let particles = Particles::alike("A", n, 1.0);
        let configuration = liquid(n, 0.8442);
        let potential = PotentialSum::new(&[lennard_jones(Some(2.5))], &particles, &configuration.cell);
        let mut workspace = potential.workspace();
        let mut forces = Vectors::zeros(3, n);
        potential.energy_and_forces(&configuration, &mut workspace, &mut forces);
        if n <= 4000 {
            let expected = all_pairs(&configuration, 2.5);
            let largest = expected.row().iter().fold(1.0f64, |m, f| m.max(f.abs()));
            assert!(forces.row().iter().zip(expected.row()).all(|(a, b)| (a - b).abs() < 1e-11 * largest), "the list misses a pair");
        }
        let mut group = criterion.benchmark_group(format!("Lennard-Jones liquid, {n} particles, cutoff 2.5, a second counts pairs"));
        group.throughput(Throughput::Elements((16.0 * workspace.cluster_pairs()) as u64));
        group.bench_function("energy", |b| b.iter(|| potential.energy(black_box(&configuration), &mut workspace)));
        group.bench_function("energy and forces", |b| {
            b.iter(|| potential.energy_and_forces(black_box(&configuration), &mut workspace, &mut forces));
        });
        for precision in [Precision::Double, Precision::Mixed] {
            group.bench_function(format!("forces, {precision:?}"), |b| {
                b.iter(|| potential.forces(black_box(&configuration), &mut workspace, precision, &mut forces));
            });
        }
        group.finish();
        let mut group = criterion.benchmark_group(format!("Lennard-Jones liquid, {n} particles, cutoff 2.5, a second counts particles"));
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function("forces with a new list", |b| {
            b.iter_batched(
                || potential.workspace(),
                |mut fresh| potential.energy_and_forces(&configuration, &mut fresh, &mut forces),
                BatchSize::LargeInput,
            );
        });
        group.finish();
        criterion.bench_function(&format!("one particle of {n}, tried elsewhere"), |b| {
            let mut i = 0;
            b.iter(|| {
                i = (i + 7) % n;
                let to = configuration.positions.get(i).map(|x| x + 0.1);
                potential.change(&configuration, &mut workspace, &[Moved { particle: i, to: black_box(to) }])
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

/// The same liquid by a table of so many rows.
fn table(criterion: &mut Criterion) {
    let configuration = liquid(4000, 0.8442);
    let particles = Particles::alike("A", 4000, 1.0);
    let mut forces = Vectors::zeros(3, 4000);
    for rows in [200, 2000, 20000] {
        let r = |i: usize| 0.8 + 1.7 * i as f64 / (rows - 1) as f64;
        let text = (0..rows).map(|i| format!("{:e} {:e}\n", r(i), 4.0 * (r(i).powi(-12) - r(i).powi(-6)))).collect::<String>();
        let mut term = TabulatedPair { file: String::new(), cutoff: None, exclude: Vec::new(), rows: None };
        term.take_text("table", &text);
        let potential = PotentialSum::new(&[Term::TabulatedPair(term)], &particles, &configuration.cell);
        let mut workspace = potential.workspace();
        potential.energy(&configuration, &mut workspace);
        let mut group = criterion.benchmark_group(format!("table of {rows} rows, 4000 particles, cutoff 2.5, a second counts pairs"));
        group.throughput(Throughput::Elements((16.0 * workspace.cluster_pairs()) as u64));
        group.bench_function("energy", |b| b.iter(|| potential.energy(black_box(&configuration), &mut workspace)));
        for precision in [Precision::Double, Precision::Mixed] {
            group.bench_function(format!("forces, {precision:?}"), |b| {
                b.iter(|| potential.forces(black_box(&configuration), &mut workspace, precision, &mut forces));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, energies, batch, table);
criterion_main!(benches);
