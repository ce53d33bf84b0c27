//! Plain double loops with the formulas written out, independent of all loops of the crate.

use mcflow_potentials::{
    Configuration, FeneBond, HarmonicAngle, HarmonicBond, LennardJones, LennardJonesPair, Mixing, PairParameters, Particles,
    PeriodicDihedral, Term, Truncation,
};

/// A cubic, which a cubic spline meets everywhere.
pub(super) fn cubic_pair(r: f64) -> f64 {
    5.0 * (2.3 - r).powi(3) - 2.0 * (2.3 - r).powi(2)
}

/// Energy of a term of groups between nearest images, with the formula written out.
pub fn brute_force_of_groups(term: &Term, c: &Configuration) -> Option<f64> {
    let between = |i: usize, j: usize| {
        let (a, b) = (c.positions.get(i), c.positions.get(j));
        c.cell.minimum_image(std::array::from_fn(|k| b[k] - a[k]))
    };
    let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let cross = |a: [f64; 3], b: [f64; 3]| [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    let length = |i: usize, j: usize| dot(between(i, j), between(i, j)).sqrt();
    let angle = |a: [f64; 3], b: [f64; 3]| (dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()).acos();
    Some(match term {
        Term::HarmonicBonds(term) => {
            let number = |own: Option<f64>, shared: Option<f64>| own.or(shared).unwrap();
            let one = |bond: &HarmonicBond| {
                let r = length(bond.particles[0], bond.particles[1]);
                0.5 * number(bond.stiffness, term.stiffness) * (r - number(bond.length, term.length)).powi(2)
            };
            term.bonds.iter().map(one).sum()
        }
        Term::FeneBonds(term) => {
            let one = |bond: &FeneBond| {
                let (k, most) = (bond.stiffness.or(term.stiffness).unwrap(), bond.max_length.or(term.max_length).unwrap());
                -0.5 * k * most.powi(2) * (1.0 - (length(bond.particles[0], bond.particles[1]) / most).powi(2)).ln()
            };
            term.bonds.iter().map(one).sum()
        }
        Term::LennardJonesPairs(term) => {
            let one = |pair: &LennardJonesPair| {
                let (epsilon, sigma) = (pair.epsilon.or(term.epsilon).unwrap(), pair.sigma.or(term.sigma).unwrap());
                let r = length(pair.particles[0], pair.particles[1]);
                4.0 * epsilon * ((sigma / r).powi(12) - (sigma / r).powi(6))
            };
            term.pairs.iter().map(one).sum()
        }
        Term::HarmonicAngles(term) => {
            let one = |group: &HarmonicAngle| {
                let [i, j, k] = group.particles;
                let bend = angle(between(j, i), between(j, k)) - group.angle.or(term.angle).unwrap().to_radians();
                0.5 * group.stiffness.or(term.stiffness).unwrap() * bend.powi(2)
            };
            term.angles.iter().map(one).sum()
        }
        Term::PeriodicDihedrals(term) => {
            let one = |group: &PeriodicDihedral| {
                let [i, j, k, l] = group.particles;
                let (a, b) = (cross(between(i, j), between(j, k)), cross(between(j, k), between(k, l)));
                let phi = angle(a, b) * dot(a, between(k, l)).signum();
                let multiplicity = f64::from(group.multiplicity.or(term.multiplicity).unwrap());
                let phase = group.phase.or(term.phase).unwrap().to_radians();
                group.stiffness.or(term.stiffness).unwrap() * (1.0 + (multiplicity * phi - phase).cos())
            };
            term.dihedrals.iter().map(one).sum()
        }
        _ => return None,
    })
}

/// Energy and virial of a term that is a sum over all pairs alike: a plain double loop over nearest images with the formula written out.
pub fn brute_force_of_pairs(term: &Term, c: &Configuration) -> Option<(f64, f64)> {
    let pair: Box<dyn Fn(usize, usize, f64) -> (f64, f64)> = match term.clone() {
        Term::SoftRepulsion(term) => Box::new(move |i, j, r| {
            let (cutoff, n) = (term.cutoff.unwrap_or(f64::INFINITY), term.exponent as i32);
            if r > cutoff || term.exclude.contains(&(i, j)) || term.exclude.contains(&(j, i)) {
                return (0.0, 0.0);
            }
            let u = |r: f64| term.epsilon * (term.radius / r).powi(n);
            (u(r) - u(cutoff), -f64::from(n) * u(r) / r)
        }),
        Term::TabulatedPair(term) if term.file == "cubic" => Box::new(|_, _, r| {
            if r > 2.2 {
                return (0.0, 0.0);
            }
            // Straight on below the first row.
            let from = r.max(0.7);
            let slope = -15.0 * (2.3 - from).powi(2) + 4.0 * (2.3 - from);
            (cubic_pair(from) + (r - from) * slope - cubic_pair(2.2), slope)
        }),
        Term::DoubleWellPair(term) => Box::new(move |_, _, r| {
            let d = r - term.offset;
            (term.a * d + term.b * d.powi(2) + term.c * d.powi(4), term.a + 2.0 * term.b * d + 4.0 * term.c * d.powi(3))
        }),
        _ => return None,
    };
    let (mut energy, mut virial) = (0.0, 0.0);
    for i in 0..c.positions.n() {
        for j in 0..i {
            let (a, b) = (c.positions.get(i), c.positions.get(j));
            let d = c.cell.minimum_image(std::array::from_fn(|k| a[k] - b[k]));
            let r = d.iter().map(|v| v * v).sum::<f64>().sqrt();
            let (u, slope) = pair(i, j, r);
            energy += u;
            virial -= r * slope;
        }
    }
    Some((energy, virial))
}

/// Independent of all loops of the crate: a plain double loop over nearest images with the formula written out.
pub fn brute_force(term: &LennardJones, particles: &Particles, c: &Configuration) -> (f64, f64) {
    let parameters = |i: usize, j: usize| {
        if let Some(own) = &term.by_particle {
            let (a, b) = (own[i].sigma, own[j].sigma);
            let sigma = if term.mixing == Mixing::Geometric { (a * b).sqrt() } else { 0.5 * (a + b) };
            return ((own[i].epsilon * own[j].epsilon).sqrt(), sigma);
        }
        let (a, b) = (&particles.type_names[particles.types[i]], &particles.type_names[particles.types[j]]);
        let named = |p: &&PairParameters| (&p.between.0, &p.between.1) == (a, b) || (&p.between.1, &p.between.0) == (a, b);
        if let Some(pair) = term.pairs.iter().find(named) {
            return (pair.epsilon, pair.sigma);
        }
        match &term.types {
            Some(types) => ((types[a].epsilon * types[b].epsilon).sqrt(), 0.5 * (types[a].sigma + types[b].sigma)),
            None => (term.epsilon.unwrap(), term.sigma.unwrap()),
        }
    };
    let (mut energy, mut virial) = (0.0, 0.0);
    for i in 0..particles.n() {
        for j in 0..i {
            if term.exclude.contains(&(i, j)) || term.exclude.contains(&(j, i)) {
                continue;
            }
            let (a, b) = (c.positions.get(i), c.positions.get(j));
            let d = c.cell.minimum_image(std::array::from_fn(|k| a[k] - b[k]));
            let r = d.iter().map(|v| v * v).sum::<f64>().sqrt();
            let rc = term.cutoff.unwrap_or(f64::INFINITY);
            if r > rc {
                continue;
            }
            let (epsilon, sigma) = parameters(i, j);
            let u = |r: f64| 4.0 * epsilon * ((sigma / r).powi(12) - (sigma / r).powi(6));
            let du = |r: f64| 4.0 * epsilon * (6.0 * (sigma / r).powi(6) - 12.0 * (sigma / r).powi(12)) / r;
            let (value, slope) = match term.truncation {
                Truncation::Truncated => (u(r), du(r)),
                Truncation::Shifted => (u(r) - u(rc), du(r)),
                Truncation::LinearForceShift => (u(r) - u(rc) - (r - rc) * du(rc), du(r) - du(rc)),
                Truncation::Switched { from } => {
                    let t = ((r - from) / (rc - from)).max(0.0);
                    let s = 1.0 - 10.0 * t.powi(3) + 15.0 * t.powi(4) - 6.0 * t.powi(5);
                    let ds = (-30.0 * t.powi(2) + 60.0 * t.powi(3) - 30.0 * t.powi(4)) / (rc - from);
                    (s * u(r), s * du(r) + ds * u(r))
                }
            };
            energy += value;
            virial -= r * slope;
        }
    }
    (energy, virial)
}
