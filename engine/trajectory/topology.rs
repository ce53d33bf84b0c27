//! `topology.pdb`: what a DCD does not say, names and bonds of the particles.

use super::Molecules;
use super::species::{STAND_IN, is_element, word};
use mcflow_potentials::{Configuration, Particles};
use std::fmt::Write as _;

/// Particles whose numbers fit into the five digits of a record.
const MOST_IN_DIGITS: usize = 99_999;

/// A PDB of `configuration` with its cell (`CRYST1`, in periodic space), a `HETATM` record a particle and `CONECT` records of `bonds`;
/// lengths are multiplied by `angstroms`.
///
/// Each particle is a residue of its own, `UNL` (unknown ligand) with its number, so that readers merge none and add no bonds of their own.
/// The name is that of its type, cut to four letters; the column of elements has X where that is no element. Numbers beyond 99999 are written
/// in hybrid 36 ("A0000" for 100000), those of residues begin anew after 9999; bonds of so many particles are left out, with a remark,
/// because readers differ in what they make of their numbers. Positions are those of [`Molecules::in_cell`]; one of more than eight
/// characters gets fewer decimals.
///
/// Source: Protein Data Bank, Atomic Coordinate Entry Format version 3.3; hybrid 36: <https://cci.lbl.gov/hybrid_36>.
pub fn topology_pdb(configuration: &Configuration, particles: &Particles, bonds: &[[usize; 2]], angstroms: f64) -> String {
    let n = particles.n();
    let mut text = String::from("REMARK   names and bonds of the particles of trajectory*.dcd; written by mcflow\n");
    if n > MOST_IN_DIGITS && !bonds.is_empty() {
        text.push_str("REMARK   bonds are left out: their numbers would need more than five digits\n");
    }
    // Writing to a String cannot fail.
    if configuration.cell.is_periodic() {
        let (lengths, [alpha, beta, gamma]) = configuration.cell.periodic_lengths_and_angles();
        let [a, b, c] = lengths.map(|length| fixed(length * angstroms, 9));
        let _ = writeln!(text, "CRYST1{a}{b}{c}{alpha:7.2}{beta:7.2}{gamma:7.2} P 1           1");
    }
    let names: Vec<(String, String)> = particles.type_names.iter().map(|name| (atom_name(name), element(name))).collect();
    let positions = Molecules::new(n, bonds).in_cell(&configuration.positions, &configuration.cell);
    for (i, position) in positions.iter().enumerate() {
        let (name, element) = &names[particles.types[i]];
        let [x, y, z] = position.map(|v| fixed(v * angstroms, 8));
        let (serial, residue) = (serial(i + 1), (i + 1) % 10_000);
        let _ = writeln!(text, "HETATM{serial} {name} UNL A{residue:4}    {x}{y}{z}  1.00  0.00          {element}");
    }
    if n <= MOST_IN_DIGITS {
        let mut partners: Vec<Vec<usize>> = vec![Vec::new(); if bonds.is_empty() { 0 } else { n }];
        for &[a, b] in bonds {
            // A pair that has several terms is bound once.
            if !partners[a].contains(&b) {
                partners[a].push(b);
                partners[b].push(a);
            }
        }
        for (i, partners) in partners.iter_mut().enumerate() {
            partners.sort_unstable();
            for four in partners.chunks(4) {
                let four: String = four.iter().map(|j| format!("{:5}", j + 1)).collect();
                let _ = writeln!(text, "CONECT{:5}{four}", i + 1);
            }
        }
    }
    text.push_str("END\n");
    text
}

/// A number in so many columns, with three decimals or as many as fit.
fn fixed(value: f64, width: usize) -> String {
    let texts = (0..=3).rev().map(|decimals| format!("{value:width$.decimals$}"));
    texts.into_iter().find(|text| text.len() <= width).unwrap_or_else(|| format!("{:width$.3}", 0.0))
}

/// A number in five columns: decimal, or hybrid 36 from 100000 on.
fn serial(number: usize) -> String {
    if number <= MOST_IN_DIGITS {
        return format!("{number:5}");
    }
    // 26 * 36^4 numbers from A0000 to ZZZZZ; beyond them it begins anew.
    let mut rest = (number - MOST_IN_DIGITS - 1) % (26 * 36usize.pow(4)) + 10 * 36usize.pow(4);
    let mut digits = [b'0'; 5];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rest % 36];
        rest /= 36;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

/// Four columns: those of one letter, and types that are no element, begin in the second one.
fn atom_name(name: &str) -> String {
    let short: String = word(name).chars().take(4).collect();
    let first = if short.chars().count() == 4 || (is_element(name) && name.len() == 2) { "" } else { " " };
    format!("{:<4}", format!("{first}{short}"))
}

fn element(name: &str) -> String {
    format!("{:>2}", if is_element(name) { name.to_uppercase() } else { STAND_IN.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcflow_potentials::{Cell, Vectors};

    #[test]
    fn records_have_their_columns() {
        let particles =
            Particles { type_names: vec!["Ar".into(), "bead".into(), "A".into()], types: vec![0, 1, 1, 2], masses: vec![1.0; 4] };
        let positions = Vectors::from_points(2, &[[0.5, 0.25, 0.0], [5.9, 1.0, 0.0], [6.2, 1.0, 0.0], [-1.0, 20.0, 0.0]]);
        let configuration = Configuration { positions, cell: Cell::orthorhombic(&[6.0, 7.0]).unwrap() };
        let expected = "\
REMARK   names and bonds of the particles of trajectory*.dcd; written by mcflow
CRYST1   60.000   70.000   10.000  90.00  90.00  90.00 P 1           1
HETATM    1 Ar   UNL A   1       5.000   2.500   0.000  1.00  0.00          AR
HETATM    2 bead UNL A   2      59.000  10.000   0.000  1.00  0.00           X
HETATM    3 bead UNL A   3      62.000  10.000   0.000  1.00  0.00           X
HETATM    4  A   UNL A   4      50.000  60.000   0.000  1.00  0.00           X
CONECT    2    3
CONECT    3    2
END
";
        let found = topology_pdb(&configuration, &particles, &[[1, 2], [2, 1]], 10.0);
        assert_eq!(found, expected);
        let open = Configuration { cell: Cell::open(2), ..configuration };
        let open = topology_pdb(&open, &particles, &[], 1e6);
        assert!(!open.contains("CRYST1") && !open.contains("CONECT"), "{open}");
        assert!(open.lines().all(|line| line.len() <= 80), "{open}");
    }

    #[test]
    fn many_particles_have_numbers_too() {
        assert_eq!([1, 99_999, 100_000, 100_035, 100_036].map(serial), ["    1", "99999", "A0000", "A000Z", "A0010"]);
        assert_eq!(serial(100_000 + 26 * 36usize.pow(4)), "A0000");
        assert_eq!([1.5, -12_345.678, 1e7, 1e9].map(|v| fixed(v, 8)), ["   1.500", "-12345.7", "10000000", "   0.000"]);
    }
}
