//! Statements about physics: orders of integrators, conservation, thermodynamic consistency, published averages.

use mcflow_engine::dynamics::{Integrator, Splitting};
use mcflow_engine::moves::{Displacement, Langevin};
use mcflow_engine::observers::{MeanSquareDisplacement, Observable, Sample, Subject, SweepTime, Unit};
use mcflow_engine::statistics::estimate;
use mcflow_engine::{Chains, Entry, Environment, Generators, Lattice, Microstate, ThermodynamicState, Trained, Walker, streams};
use mcflow_potentials::{Cell, Configuration, LennardJones, Particles, PotentialSum, Precision, Term, Truncation, Vectors};

fn lennard_jones(cutoff: f64, truncation: Truncation, tail: bool) -> Term {
    Term::LennardJones(LennardJones {
        epsilon: Some(1.0),
        sigma: Some(1.0),
        cutoff: Some(cutoff),
        truncation,
        tail,
        ..LennardJones::default()
    })
}

/// A liquid that has forgotten its lattice.
fn liquid(n: usize, density: f64, kt: f64, potential: &PotentialSum, particles: &Particles) -> (Microstate, mcflow_engine::Random) {
    let cell = Cell::orthorhombic(&[(n as f64 / density).cbrt(); 3]).expect("a cell");
    let positions = Lattice::FaceCentredCubic.positions(n, &cell);
    let mut random = streams(4, 1).remove(0);
    let mut state = Microstate::new(Configuration { positions, cell });
    state.draw_momenta(particles, 1.0 / kt, &mut random);
    let thermodynamic_state = ThermodynamicState { beta: 1.0 / kt, pressure: None };
    let environment = Environment::new(potential, particles, thermodynamic_state);
    let integrator = Integrator::new(&Splitting::new("OBABO").expect("letters"), 0.004, 2.0, Precision::Double, &environment);
    let mut workspace = potential.workspace();
    let mut noise = vec![0.0; state.degrees_of_freedom()];
    integrator.run(1500, &mut state, potential, &mut workspace, &mut noise, &mut random);
    (state, random)
}

/// Velocity Verlet conserves energy to second order: a quarter of the error for half the step, over the same time.
#[test]
fn velocity_verlet_is_of_second_order_and_reversible() {
    let particles = Particles::alike("A", 108, 1.0);
    let cell = Cell::orthorhombic(&[(108.0f64 / 0.8).cbrt(); 3]).expect("a cell");
    let potential = PotentialSum::new(&[lennard_jones(2.4, Truncation::LinearForceShift, false)], &particles, &cell);
    let (start, mut random) = liquid(108, 0.8, 1.0, &potential, &particles);
    let thermodynamic_state = ThermodynamicState { beta: 1.0, pressure: None };
    let environment = Environment::new(&potential, &particles, thermodynamic_state);
    let mut fluctuation = Vec::new();
    for time_step in [0.004, 0.002, 0.001] {
        let mut state = start.clone();
        let mut workspace = potential.workspace();
        let integrator = Integrator::new(&Splitting::new("BAB").expect("letters"), time_step, 0.0, Precision::Double, &environment);
        state.evaluate(&potential, &mut workspace, Precision::Double);
        let total = |s: &Microstate| s.energy + s.kinetic_energy(&particles);
        let first = total(&state);
        let steps = (0.4 / time_step) as usize;
        let mut square = 0.0;
        for _ in 0..steps {
            integrator.run(1, &mut state, &potential, &mut workspace, &mut [], &mut random);
            square += (total(&state) - first).powi(2);
        }
        fluctuation.push((square / steps as f64).sqrt());
        // And back again.
        state.flip_momenta();
        for _ in 0..steps {
            integrator.run(1, &mut state, &potential, &mut workspace, &mut [], &mut random);
        }
        let away = start.configuration.positions.row().iter().zip(state.configuration.positions.row());
        let away = away.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(away < 1e-9, "{away:e} away after the way back at time step {time_step}");
    }
    for pair in fluctuation.windows(2) {
        let order = (pair[0] / pair[1]).log2();
        assert!((order - 2.0).abs() < 0.15, "order {order:.2} from errors {fluctuation:?}");
    }
}

/// The NIST reference simulations at T* = 0.85, rho* = 0.776: U = -5.5121(5), P = 0.0068 (its error is about 3e-3), by both ways to sample.
#[test]
fn the_lennard_jones_fluid_has_its_published_energy_and_pressure() {
    const N: usize = 500;
    let particles = Particles::alike("A", N, 1.0);
    let cell = Cell::orthorhombic(&[(N as f64 / 0.776).cbrt(); 3]).expect("a cell");
    let potential = PotentialSum::new(&[lennard_jones(3.0, Truncation::Truncated, true)], &particles, &cell);
    let (state, _) = liquid(N, 0.776, 0.85, &potential, &particles);
    let thermodynamic_state = ThermodynamicState { beta: 1.0 / 0.85, pressure: None };
    let environment = Environment::new(&potential, &particles, thermodynamic_state);
    let langevin = Entry::Langevin(Langevin {
        steps: 25,
        time_step: 0.005,
        friction: 1.0,
        splitting: Splitting::new("OBABO").expect("letters"),
        metropolized: true,
        precision: Precision::Double,
        every: 1,
    });
    for entry in [Entry::Displacement(Displacement { count: None, step: 0.15, tune: false, every: 1 }), langevin] {
        let entries = [entry];
        let walkers = streams(8, 4).into_iter().map(|r| Walker::new(state.clone(), r, 1, &potential)).collect();
        let parameters = vec![entries[0].parameter()];
        let mut chains = Chains { walkers, parameters, entries: entries.to_vec().into(), environment: environment.clone() };
        chains.sweep(1, 60, &Trained::generators(&Generators::new())).expect("finite states");
        let (mut energies, mut pressures) = (vec![Vec::new(); 4], vec![Vec::new(); 4]);
        for sweep in 0..500 {
            chains.sweep(61 + sweep, 1, &Trained::generators(&Generators::new())).expect("finite states");
            let drift = chains.refresh_energies();
            assert!(drift < 1e-9, "running and recomputed energy differ by {drift:e}");
            for (k, walker) in chains.walkers.iter().enumerate() {
                energies[k].push(walker.state.energy / N as f64);
                let virial = walker.state.virial.expect("refreshed");
                pressures[k].push((N as f64 * 0.85 + virial / 3.0) / walker.state.volume());
            }
        }
        let judge = |series: &[Vec<f64>], published: f64, uncertainty: f64, largest_error: f64| {
            let series: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
            let found = estimate(&series).expect("numbers");
            let z = (found.mean - published) / found.standard_error.hypot(uncertainty);
            assert!(z.abs() < 3.5 && found.standard_error < largest_error, "{entries:?}: {found:?}, z = {z:.1}");
        };
        judge(&energies, -5.5121, 4.55e-4, 0.006);
        judge(&pressures, 6.7714e-3, 3e-3, 0.03);
    }
}

/// Free particles under Langevin dynamics diffuse as Ornstein and Fürth (1920) have it, <r^2> = 2 d kT / (m gamma) (t - (1 - exp(-gamma t)) / gamma),
/// however often they cross the faces of their cell. Neither the law without inertia nor positions brought back into the cell would do.
#[test]
fn mean_square_displacements_of_free_particles_are_exact() {
    let (kt, mass, friction, n, walkers, sweeps) = (1.3, 2.0, 1.5, 64, 40, 500);
    let particles = Particles::alike("A", n, mass);
    let cell = Cell::orthorhombic(&[4.9; 3]).expect("a cell");
    // Of factor 0: a term that is not there.
    let potential = PotentialSum::new(&[lennard_jones(2.4, Truncation::LinearForceShift, false)], &particles, &cell).scaled(&[0.0]);
    let environment = Environment::new(&potential, &particles, ThermodynamicState { beta: 1.0 / kt, pressure: None });
    let clock = Ok(SweepTime { sweeps: 1, time: 0.2, unit: Unit::ReducedTime });
    let subject = Subject { clock, ..Subject::new(&particles, &cell) };
    let observable = Observable::MeanSquareDisplacement(MeanSquareDisplacement::up_to(25));
    assert!(observable.problems(&subject).is_empty());
    let function = observable.function().expect("a function").bound(&subject);
    let (mut whole, mut brought_back) = (function.begin(&subject, walkers), function.begin(&subject, walkers));

    let integrator = Integrator::new(&Splitting::new("OBABO").expect("letters"), 0.01, friction, Precision::Double, &environment);
    let mut all: Vec<_> = streams(11, walkers)
        .into_iter()
        .map(|mut random| {
            let positions = Lattice::SimpleCubic.positions(n, &cell);
            let mut state = Microstate::new(Configuration { positions, cell: cell.clone() });
            state.draw_momenta(&particles, 1.0 / kt, &mut random);
            (state, random, potential.workspace())
        })
        .collect();
    let mut noise = vec![0.0; 3 * n];
    for sweep in 1..=sweeps {
        for (state, random, workspace) in &mut all {
            integrator.run(20, state, &potential, workspace, &mut noise, random);
        }
        let seen = |configuration| Sample { sweep, configuration, particles: &particles };
        whole.add(&all.iter().map(|(state, ..)| seen(&state.configuration)).collect::<Vec<_>>());
        let inside: Vec<Configuration> = all
            .iter()
            .map(|(state, ..)| {
                let points: Vec<[f64; 3]> = (0..n).map(|i| cell.wrap(state.configuration.positions.get(i))).collect();
                Configuration { positions: Vectors::from_points(3, &points), cell: cell.clone() }
            })
            .collect();
        brought_back.add(&inside.iter().map(seen).collect::<Vec<_>>());
    }
    let ballistic = |t: f64| (1.0 - (-friction * t).exp()) / friction;
    let exact = |t: f64| 6.0 * kt / (mass * friction) * (t - ballistic(t));
    let without_inertia = |t: f64| 6.0 * kt / (mass * friction) * t;
    let worst = |all: &dyn mcflow_engine::observers::Accumulation, law: &dyn Fn(f64) -> f64| {
        let curve = all.curve(0..walkers).expect("a curve");
        assert_eq!(curve.points.len(), 25);
        let z = |point: &Vec<Option<f64>>| (point[2].expect("a value") - law(point[1].expect("a time"))) / point[3].expect("an error");
        curve.points.iter().map(z).fold(0.0, |worst: f64, z| worst.max(z.abs()))
    };
    let found = worst(&*whole, &exact);
    assert!(found < 4.0, "z-score {found}");
    assert!(worst(&*whole, &without_inertia) > 10.0, "inertia is not seen");
    assert!(worst(&*brought_back, &exact) > 10.0, "faces of the cell are not seen");
}
