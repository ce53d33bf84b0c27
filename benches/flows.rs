//! What do densities and training steps of flows cost? Sizes of the usual comparisons: RealNVP of 8 layers with 2 x 128 hidden units in 76
//! dimensions, splines of 8 layers and 8 bins in 66.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mcflow_engine::{normal, streams};
use mcflow_flows::{Activation, Architecture, Data, Generator, Prior, RealNvp, Spline, Stage, Target, Trainer, Training};
use std::hint::black_box;

struct Nothing;
impl Target for Nothing {
    fn energies_and_gradients(&self, _: &[f64], u: &mut [f64], gradient: &mut [f64]) {
        u.fill(0.0);
        gradient.fill(0.0);
    }
}

fn flows(criterion: &mut Criterion) {
    let hidden = vec![128, 128];
    let activation = Activation::Relu;
    let cases = [
        (
            "RealNVP, dim 76",
            76,
            Architecture::RealNvp(RealNvp { blocks: 4, hidden: hidden.clone(), activation, scale_bound: 2.0, on: None }),
        ),
        ("spline, dim 66", 66, Architecture::Spline(Spline { blocks: 4, hidden, bins: 8, bound: 4.0, activation, on: None })),
    ];
    // One core: the figures are compared with others of one core. A second call finds the pool made, which is as well.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
    for (name, dim, architecture) in cases {
        let mut random = streams(1, 1).remove(0);
        let rows: Vec<f64> = (0..4096 * dim).map(|_| normal(&mut random)).collect();
        let generator = Generator::new(&architecture, Prior::Gaussian, dim, 1);
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20);
        for batch in [1, 64, 1024] {
            let z = &rows[..batch * dim];
            let (mut x, mut log_det) = (vec![0.0; batch * dim], vec![0.0; batch]);
            group.throughput(Throughput::Elements(batch as u64));
            group.bench_function(format!("sample with density, {batch} rows"), |b| {
                b.iter(|| generator.forward(black_box(z), &mut x, &mut log_det));
            });
        }
        for batch in [256, 1024] {
            // The most that a stage may have: it never ends here.
            let stage = Stage { steps: 1_000_000_000, batch, maximum_likelihood: 1.0, ..Stage::default() };
            let training = Training { stages: vec![stage], evaluate_every: usize::MAX, ..Training::default() };
            let mut trainer = Trainer::new(&generator, Data::generator(&rows, &Nothing), &training, 1).expect("a training");
            group.throughput(Throughput::Elements(batch as u64));
            group.bench_function(format!("training step, {batch} rows"), |b| b.iter(|| trainer.step().expect("finite losses")));
        }
        group.finish();
    }
}

criterion_group!(benches, flows);
criterion_main!(benches);
