//! Energies, virials and forces of other programs: NIST's Lennard-Jones configurations and an argon box computed with OpenMM.

use mcflow_potentials::{Cell, Configuration, LennardJones, Particles, PotentialSum, Term, Truncation, Vectors};
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/reference").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn potential(
    sigma: f64,
    epsilon: f64,
    cutoff: f64,
    truncation: Truncation,
    tail: bool,
    particles: &Particles,
    cell: &Cell,
) -> PotentialSum {
    let term = LennardJones { epsilon: Some(epsilon), sigma: Some(sigma), cutoff: Some(cutoff), truncation, tail, ..Default::default() };
    let term = Term::LennardJones(term);
    assert_eq!(term.problems(particles, cell), []);
    PotentialSum::new(&[term], particles, cell)
}

fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1e-300), "{what}: {found} against {expected}");
}

/// Positions of a file with two lines before them; the last three columns of each line.
fn nist_positions(file: &str) -> Vec<[f64; 3]> {
    let rows = text(&format!("nist_lj/{file}"));
    let numbers = |line: &str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let last: Vec<f64> = columns[columns.len() - 3..].iter().map(|v| v.parse().unwrap()).collect();
        [last[0], last[1], last[2]]
    };
    rows.lines().skip(2).filter(|line| !line.trim().is_empty()).map(numbers).collect()
}

#[test]
fn nist_configurations() {
    let expected: serde_json::Value = serde_json::from_str(&text("nist_lj/expected.json")).unwrap();
    let mut seen = 0;
    for (name, entry) in expected["configs"].as_object().unwrap() {
        let number = |value: &serde_json::Value| value.as_f64().unwrap();
        let cell = match entry.get("box") {
            Some(length) => Cell::orthorhombic(&[number(length); 3]).unwrap(),
            None => {
                let rows = entry["box_rows"].as_array().unwrap();
                Cell::triclinic(3, std::array::from_fn(|r| std::array::from_fn(|c| number(&rows[r][c])))).unwrap()
            }
        };
        let points = nist_positions(entry["file"].as_str().unwrap());
        assert_eq!(points.len() as u64, entry["n"].as_u64().unwrap());
        let particles = Particles::alike("LJ", points.len(), 1.0);
        let c = Configuration { positions: Vectors::from_points(3, &points), cell };
        for (scheme, values) in entry["schemes"].as_object().unwrap() {
            let (truncation, tail) = if scheme == "lfs3" { (Truncation::LinearForceShift, false) } else { (Truncation::Truncated, true) };
            let cutoff = number(&values["cutoff"]);
            let potential = potential(1.0, 1.0, cutoff, truncation, tail, &particles, &c.cell);
            let terms = potential.energies_by_term(&c, &mut potential.workspace());
            let what = format!("configuration {name}, {scheme}");
            let double = &values["double"];
            close(terms[0].1.energy, number(&double["U"]), 1e-12, &what);
            close(terms[0].1.virial, number(&double["W"]), 1e-12, &what);
            if tail {
                close(terms[1].1.energy, number(&double["U_lrc"]), 1e-12, &what);
                // The pressure tail, (16 / 3) pi rho^2 ((2 / 3) rc^-9 - rc^-3).
                let volume = c.cell.volume().unwrap();
                let density = points.len() as f64 / volume;
                let pressure = 16.0 / 3.0 * std::f64::consts::PI * density * density * (2.0 / 3.0 * cutoff.powi(-9) - cutoff.powi(-3));
                close(terms[1].1.virial / (3.0 * volume), pressure, 1e-12, &what);
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 13);
}

/// A little-endian float64 array in C order.
fn npy(name: &str) -> Vec<f64> {
    let bytes = std::fs::read(path(name)).unwrap();
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00", "{name}");
    let header = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    let description = std::str::from_utf8(&bytes[10..10 + header]).unwrap();
    assert!(description.contains("'<f8'") && description.contains("'fortran_order': False"), "{name}: {description}");
    bytes[10 + header..].chunks_exact(8).map(|v| f64::from_le_bytes(v.try_into().unwrap())).collect()
}

#[test]
fn argon_with_six_truncations() {
    let (n, frames) = (256, 20);
    let (positions, boxes) = (npy("lj_argon_256/positions_nm.npy"), npy("lj_argon_256/boxes_nm.npy"));
    let table = text("lj_argon_256/energies_kj_mol.csv");
    let particles = Particles::alike("A", n, 39.948);
    let variants = [
        ("truncated", Truncation::Truncated, false),
        ("truncated_lrc", Truncation::Truncated, true),
        ("switched", Truncation::Switched { from: 0.85 }, false),
        ("switched_lrc", Truncation::Switched { from: 0.85 }, true),
        ("shifted", Truncation::Shifted, false),
        ("linear_force_shift", Truncation::LinearForceShift, false),
    ];
    for (variant, truncation, tail) in variants {
        let forces = npy(&format!("lj_argon_256/forces_{}_kj_mol_nm.npy", variant.trim_end_matches("_lrc")));
        for frame in 0..frames {
            let row = table.lines().find(|line| line.starts_with(&format!("{variant},{frame},"))).unwrap();
            let columns: Vec<&str> = row.split(',').collect();
            let b = &boxes[frame * 9..][..9];
            let cell = Cell::triclinic(3, std::array::from_fn(|r| std::array::from_fn(|c| b[3 * r + c]))).unwrap();
            let points: Vec<[f64; 3]> = positions[frame * n * 3..][..n * 3].chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
            let potential = potential(0.34, 0.995792, 1.02, truncation, tail, &particles, &cell);
            let c = Configuration { positions: Vectors::from_points(3, &points), cell };
            let mut found = Vectors::zeros(3, n);
            let evaluation = potential.energy_and_forces(&c, &mut potential.workspace(), &mut found);
            let what = format!("{variant}, frame {frame}");
            close(evaluation.energy, columns[4].parse().unwrap(), 1e-10, &what);
            if let Ok(expected) = columns[5].parse::<f64>() {
                // -dU/dlnV = W / 3, from differences of the other program's energies: good to 2e-6 of it, or 1e-5 kJ/mol.
                let (found, allowed) = (evaluation.virial / 3.0, (2e-6 * expected.abs()).max(1e-5));
                assert!((found - expected).abs() < allowed, "{what}: W / 3 = {found} against {expected}");
            }
            let forces = &forces[frame * n * 3..][..n * 3];
            let largest = forces.iter().fold(0.0f64, |m, f| m.max(f.abs()));
            for i in 0..n {
                for k in 0..3 {
                    assert!((found.get(i)[k] - forces[3 * i + k]).abs() < 1e-10 * largest, "{what}: force on {i}");
                }
            }
        }
    }
}
