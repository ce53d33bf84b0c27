use super::*;
use mcflow_potentials::{Cell, Configuration, Particles, Vectors};
use rand_distr::{Distribution, Open01, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

#[test]
fn counts_and_merging() {
    let mut histogram = Histogram::new(-1.0, 1.0, 4).unwrap();
    for value in [-1.0, -0.6, -0.5, 0.0, 0.999, 1.0, -1.1, f64::NAN, f64::INFINITY] {
        histogram.add(value);
    }
    assert_eq!(histogram.counts(), [2, 1, 1, 1]);
    assert_eq!((histogram.frames(), histogram.not_a_number()), (8, 1));
    assert_eq!(histogram.centres(), [-0.75, -0.25, 0.25, 0.75]);
    let mut other = Histogram::new(-1.0, 1.0, 4).unwrap();
    (0..10_000).for_each(|i| other.add(f64::from(i % 100) / 100.0));
    let kept = serde_json::to_string(&other).unwrap();
    let back: Histogram = serde_json::from_str(&kept).unwrap();
    assert_eq!(back, other);
    histogram.merge(&other).unwrap();
    assert_eq!(histogram.counts(), [2, 1, 5001, 5001]);
    assert_eq!(histogram.frames(), 10_008);
    let profile = free_energy_profile(&[histogram]).unwrap();
    assert!((profile.outside - 3.0 / 10_008.0).abs() < 1e-12);
    assert!((profile.points[2].free_energy.unwrap() + (5001.0 / 10_008.0 / 0.5_f64).ln()).abs() < 1e-12);
    assert!(other.merge(&Histogram::new(-1.0, 1.0, 5).unwrap()).unwrap_err().contains("4 bins from -1 to 1 and of 5 from"));
    for (low, high, n) in [(0.0, 0.0, 1), (1.0, 0.0, 1), (f64::NAN, 1.0, 1), (0.0, f64::INFINITY, 1), (0.0, 1.0, 0)] {
        assert!(Histogram::new(low, high, n).is_err());
    }
    assert!(free_energy_profile(&[]).is_err());
    let empty = Histogram::new(0.0, 1.0, 2).unwrap();
    assert!(free_energy_profile(std::slice::from_ref(&empty)).is_err());
    let mut one = empty.clone();
    one.add(0.1);
    let points = free_energy_profile(&[one]).unwrap().points;
    assert_eq!((points[0].standard_error, points[1].free_energy), (None, None));
    assert_eq!(points[0].free_energy, Some(-2.0_f64.ln()));
}

#[test]
fn profile_of_correlated_normal_numbers() {
    let (low, high, n_bins, phi) = (-2.0, 2.0, 8, 0.9_f64);
    let mut squares = vec![0.0; n_bins];
    let seeds = 150;
    for seed in 0..seeds {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let walkers: Vec<Histogram> = (0..8)
            .map(|_| {
                let mut histogram = Histogram::new(low, high, n_bins).unwrap();
                let mut x: f64 = StandardNormal.sample(&mut rng);
                for _ in 0..3000 {
                    let z: f64 = StandardNormal.sample(&mut rng);
                    x = phi * x + (1.0 - phi * phi).sqrt() * z;
                    histogram.add(x);
                }
                histogram
            })
            .collect();
        let profile = free_energy_profile(&walkers).unwrap();
        for (square, point) in squares.iter_mut().zip(&profile.points) {
            let p = normal_cumulative(point.coordinate + 0.25) - normal_cumulative(point.coordinate - 0.25);
            let z = (point.free_energy.unwrap() + (p / 0.5).ln()) / point.standard_error.unwrap();
            *square += z * z / seeds as f64;
        }
    }
    println!("{squares:.3?}");
    // The larger of two estimates of one error is a little too large: below 1, never far above.
    assert!(squares.iter().all(|s| (0.5..1.3).contains(s)));
}

#[test]
fn walkers_in_different_places_widen_the_profile() {
    let walker = |centre: f64| {
        let mut histogram = Histogram::new(0.0, 2.0, 2).unwrap();
        (0..1000).for_each(|_| histogram.add(centre));
        histogram
    };
    let profile = free_energy_profile(&[walker(0.5), walker(1.5)]).unwrap();
    assert!(profile.points.iter().all(|p| p.standard_error.unwrap() > 0.9));
}

#[test]
fn radial_distribution_of_an_ideal_gas_is_one() {
    for dimension in 1..=3 {
        let cell = match dimension {
            1 => Cell::orthorhombic(&[6.0]).unwrap(),
            2 => Cell::triclinic(2, [[6.0, 0.0, 0.0], [1.5, 5.0, 0.0], [0.0; 3]]).unwrap(),
            _ => Cell::triclinic(3, [[6.0, 0.0, 0.0], [1.2, 5.5, 0.0], [-0.8, 0.9, 7.0]]).unwrap(),
        };
        let n = 30;
        let mut particles = Particles::alike("A", n, 1.0);
        particles.type_names.push("B".to_string());
        particles.types[20..].fill(1);
        let largest = cell.smallest_height() / 2.0;
        let mut all: Vec<RadialSums> =
            [None, Some((0, 0)), Some((0, 1))].map(|types| RadialSums::new(dimension, largest, 5, types).unwrap()).to_vec();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
        for _ in 0..1000 {
            let mut positions = Vectors::zeros(dimension, n);
            let rows = cell.vectors().unwrap();
            for i in 0..n {
                let s: [f64; 3] = std::array::from_fn(|_| Open01.sample(&mut rng));
                positions.set(i, std::array::from_fn(|c| (0..dimension).map(|k| s[k] * rows[k][c]).sum()));
            }
            let configuration = Configuration { positions, cell: cell.clone() };
            all.iter_mut().for_each(|r| r.add(&configuration, &particles).unwrap());
        }
        for radial in &all {
            let back: RadialSums = serde_json::from_str(&serde_json::to_string(radial).unwrap()).unwrap();
            assert_eq!(&back, radial);
            let values = radial.values();
            // Pairs of an ideal gas are independent pair by pair: Poisson errors of the counts (the first 3-d shell is the smallest).
            let ball = |r: f64| [2.0 * r, std::f64::consts::PI * r * r, 4.0 / 3.0 * std::f64::consts::PI * r.powi(3)][dimension - 1];
            let pairs = match radial {
                r if r == &all[0] => 435.0,
                r if r == &all[1] => 190.0,
                _ => 200.0,
            };
            for (k, (r, g)) in values.iter().enumerate() {
                let shell = ball(largest * (k + 1) as f64 / 5.0) - ball(largest * k as f64 / 5.0);
                let counts = 1000.0 * pairs * shell / cell.volume().unwrap();
                let z = z_score(g.unwrap(), counts.sqrt().recip(), 1.0);
                assert!(z.abs() < 4.5, "{dimension} {r}: {g:?} z {z}");
                // 32 blocks know their error to an eighth of it.
                let share = shell / cell.volume().unwrap();
                let error = radial_distribution(std::slice::from_ref(radial)).unwrap()[k].standard_error.unwrap();
                let off = error / ((1.0 - share) / counts).sqrt();
                assert!((0.55..1.6).contains(&off), "{dimension} {r}: an error of {error}, {off} of the right one");
            }
        }
    }
}

#[test]
fn radial_distribution_by_hand() {
    let cell = Cell::orthorhombic(&[4.0, 4.0]).unwrap();
    let particles = Particles::alike("A", 2, 1.0);
    let positions = Vectors::from_points(2, &[[0.1, 0.0, 0.0], [3.6, 0.0, 0.0]]);
    let configuration = Configuration { positions, cell: cell.clone() };
    let mut radial = RadialSums::new(2, 3.0, 3, None).unwrap();
    radial.add(&configuration, &particles).unwrap();
    let values = radial.values();
    // One pair at 0.5 across the boundary: g = V / (pi 1^2); the bin beyond half of the cell has no value.
    assert!((values[0].1.unwrap() - 16.0 / std::f64::consts::PI).abs() < 1e-12);
    assert_eq!((values[1], values[2]), ((1.5, Some(0.0)), (2.5, None)));
    let mut twice = radial.clone();
    twice.merge(&radial).unwrap();
    assert_eq!(twice.values(), values);
    assert!(twice.merge(&RadialSums::new(2, 3.0, 4, None).unwrap()).is_err());
    // What never changes has no error; two walkers that differ have one: 0 and 2 g about g are (2 / 1 (g^2 + g^2))^(1/2) / 2 = g apart.
    assert!(radial_distribution(&[twice.clone(), radial.clone()]).unwrap().iter().all(|p| p.standard_error.is_none()));
    let elsewhere = Configuration { positions: Vectors::from_points(2, &[[0.0; 3], [1.5, 0.0, 0.0]]), ..configuration.clone() };
    let mut other = RadialSums::new(2, 3.0, 3, None).unwrap();
    other.add(&elsewhere, &particles).unwrap();
    let points = radial_distribution(&[radial.clone(), other]).unwrap();
    let g = points[0].value.unwrap();
    assert!((points[0].standard_error.unwrap() - g).abs() < 1e-12 && points[2].value.is_none(), "{points:?}");
    let open = Configuration { positions: Vectors::zeros(2, 2), cell: Cell::open(2) };
    assert!(radial.add(&open, &particles).unwrap_err().contains("open space"));
    assert!(RadialSums::new(2, f64::NAN, 3, None).is_err());
    let mut none = RadialSums::new(2, 3.0, 3, Some((0, 1))).unwrap();
    assert!(none.add(&configuration, &particles).unwrap_err().contains("at least one pair"));
}
