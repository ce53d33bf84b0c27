//! Coordinates in which a flow works instead of Cartesian ones: the bond of two points by its centre, its length and its direction.

use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// What a flow does with the coordinates of its rows before it transforms them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coordinates {
    /// Pairs of points that are given by their bond, no point in two of them.
    #[serde(default)]
    pub bonds: Vec<Bond>,
    /// Places that no coupling changes: the first and the last layer alone map them, and all couplings know them.
    #[serde(default)]
    pub fixed: Vec<usize>,
}

/// Two points r_1, r_2 of 2 or 3 Cartesian coordinates, by the places of these in a row.
///
/// In their place the flow has c = (r_1 + r_2) / 2 where r_1 is, and where r_2 is the length r of v = r_2 - r_1 and its direction: the
/// angle phi = atan2(v_y, v_x) in the plane; in space the angles theta = arccos(v_z / r) and phi. The determinants of the inverse are r and
/// r^2 sin theta. The axes are the Cartesian ones, or these reflected so that x is a given direction e, v' = v - 2 w (w.v) / w^2 with
/// w = e - x: directions opposite to it lie at the cut of phi, at both ends of its range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bond {
    /// Places of r_1.
    pub first: Vec<usize>,
    /// Places of r_2: afterwards those of the length and of the direction.
    pub second: Vec<usize>,
    /// e, of unit length; the x axis where it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub towards: Vec<f64>,
}

/// The length of the mean of unit vectors below which they have no direction in common.
const LEAST_MEAN_DIRECTION: f64 = 0.1;

impl Bond {
    /// The place of the length.
    pub fn length(&self) -> usize {
        self.second[0]
    }

    /// v in the axes of the bond, or back from them.
    fn reflect(&self, v: &mut [f64; 3]) {
        let mut w = [0.0; 3];
        w.iter_mut().zip(&self.towards).for_each(|(w, e)| *w = *e);
        w[0] -= 1.0;
        let square = w.iter().map(|w| w * w).sum::<f64>();
        if !self.towards.is_empty() && square > 1e-20 {
            let twice = 2.0 * v.iter().zip(&w).map(|(v, w)| v * w).sum::<f64>() / square;
            v.iter_mut().zip(&w).for_each(|(v, w)| *v -= twice * w);
        }
    }

    /// The same with e as the mean direction of `rows` `[n, dim]`, where they have one.
    fn oriented(&self, dim: usize, rows: &[&[f64]]) -> Self {
        let mut sum = vec![0.0; self.first.len()];
        for row in rows.iter().flat_map(|rows| rows.chunks_exact(dim)) {
            let v: Vec<f64> = self.first.iter().zip(&self.second).map(|(&i, &j)| row[j] - row[i]).collect();
            let length = v.iter().map(|v| v * v).sum::<f64>().sqrt();
            sum.iter_mut().zip(&v).for_each(|(sum, v)| *sum += v / length);
        }
        let length = sum.iter().map(|v| v * v).sum::<f64>().sqrt();
        let n = rows.iter().map(|rows| rows.len() / dim).sum::<usize>();
        let has_one = length > LEAST_MEAN_DIRECTION * n as f64 && length.is_finite();
        let towards = if has_one { sum.iter().map(|v| v / length).collect() } else { Vec::new() };
        Self { towards, ..self.clone() }
    }

    /// Puts centre, length and direction in place of the points; returns ln|det| of that.
    fn enter(&self, row: &mut [f64]) -> f64 {
        let mut v = [0.0; 3];
        for (k, (&i, &j)) in self.first.iter().zip(&self.second).enumerate() {
            v[k] = row[j] - row[i];
            row[i] = 0.5 * (row[i] + row[j]);
        }
        self.reflect(&mut v);
        let r = v.iter().map(|c| c * c).sum::<f64>().sqrt();
        let phi = v[1].atan2(v[0]);
        row[self.second[0]] = r;
        if self.second.len() == 2 {
            row[self.second[1]] = phi;
            -r.ln()
        } else {
            let theta = (v[2] / r).acos();
            (row[self.second[1]], row[self.second[2]]) = (theta, phi);
            -2.0 * r.ln() - theta.sin().ln()
        }
    }

    /// v by length and direction, ln|det|, and the unit vectors along which v moves as they grow, with the distances.
    fn frame(&self, row: &[f64]) -> ([f64; 3], f64, [[f64; 3]; 3]) {
        let r = row[self.second[0]];
        let (mut v, log_det, mut frame) = if self.second.len() == 2 {
            let (sin, cos) = row[self.second[1]].sin_cos();
            ([r * cos, r * sin, 0.0], r.ln(), [[cos, sin, 0.0], [-r * sin, r * cos, 0.0], [0.0; 3]])
        } else {
            let (theta, phi) = (row[self.second[1]], row[self.second[2]]);
            let ((st, ct), (sp, cp)) = (theta.sin_cos(), phi.sin_cos());
            let along = [st * cp, st * sp, ct];
            let by_theta = [r * ct * cp, r * ct * sp, -r * st];
            let by_phi = [-r * st * sp, r * st * cp, 0.0];
            ([r * along[0], r * along[1], r * ct], 2.0 * r.ln() + st.ln(), [along, by_theta, by_phi])
        };
        self.reflect(&mut v);
        frame.iter_mut().for_each(|direction| self.reflect(direction));
        (v, log_det, frame)
    }

    /// Puts the points back; returns ln|det| of that. A length that is not above 0 or an angle beyond its range has no way back: NaN.
    fn leave(&self, row: &mut [f64]) -> f64 {
        let (v, log_det, _) = self.frame(row);
        for (k, (&i, &j)) in self.first.iter().zip(&self.second).enumerate() {
            let centre = row[i];
            row[i] = centre - 0.5 * v[k];
            row[j] = centre + 0.5 * v[k];
        }
        log_det
    }

    /// What is added to the cotangents of length and direction by that of ln|det| of leaving, `by` each unit of it.
    fn log_det_slope(&self, row: &[f64], by: f64, g: &mut [f64; 3]) {
        let r = row[self.second[0]];
        if self.second.len() == 2 {
            g[0] += by / r;
        } else {
            g[0] += 2.0 * by / r;
            g[1] += by / row[self.second[1]].tan();
        }
    }

    /// Cotangents of the points to those of centre, length and direction; `row` holds the latter, `log_det` is the cotangent of ln|det|.
    fn leave_vjp(&self, row: &[f64], cotangents: &mut [f64], log_det: f64) {
        let (_, _, frame) = self.frame(row);
        let mut g = [0.0; 3];
        for (k, (&i, &j)) in self.first.iter().zip(&self.second).enumerate() {
            let (first, second) = (cotangents[i], cotangents[j]);
            cotangents[i] = first + second;
            let by_v = 0.5 * (second - first);
            for (g, direction) in g.iter_mut().zip(&frame) {
                *g += by_v * direction[k];
            }
        }
        self.log_det_slope(row, log_det, &mut g);
        for (&j, g) in self.second.iter().zip(g) {
            cotangents[j] = g;
        }
    }

    /// Cotangents of centre, length and direction to those of the points; `row` holds the former.
    fn enter_vjp(&self, row: &[f64], cotangents: &mut [f64], log_det: f64) {
        let (_, _, frame) = self.frame(row);
        let mut g = [0.0; 3];
        for (g, &j) in g.iter_mut().zip(&self.second) {
            *g = cotangents[j];
        }
        self.log_det_slope(row, -log_det, &mut g);
        // The directions are orthogonal, so the inverse of the frame is its transpose over the squared lengths.
        let mut by_v = [0.0; 3];
        for (g, direction) in g.iter().zip(&frame) {
            let square = direction.iter().map(|c| c * c).sum::<f64>();
            if square > 0.0 {
                by_v.iter_mut().zip(direction).for_each(|(v, c)| *v += g * c / square);
            }
        }
        for (k, (&i, &j)) in self.first.iter().zip(&self.second).enumerate() {
            let centre = cotangents[i];
            cotangents[i] = 0.5 * centre - by_v[k];
            cotangents[j] = 0.5 * centre + by_v[k];
        }
    }
}

impl Coordinates {
    /// Whether nothing is changed.
    pub fn is_cartesian(&self) -> bool {
        self.bonds.is_empty()
    }

    /// The same with the directions of bonds counted from their means over rows `[n, dim]`, so that the cut of an angle lies where no row is.
    #[must_use]
    pub fn oriented(&self, dim: usize, rows: &[&[f64]]) -> Self {
        Self { bonds: self.bonds.iter().map(|bond| bond.oriented(dim, rows)).collect(), fixed: self.fixed.clone() }
    }

    /// Rows to these coordinates; adds ln|det| to `log_det`.
    pub(crate) fn enter(&self, dim: usize, rows: &mut [f64], log_det: &mut [f64]) {
        for bond in &self.bonds {
            rows.chunks_exact_mut(dim).zip(log_det.iter_mut()).for_each(|(row, log_det)| *log_det += bond.enter(row));
        }
    }

    /// Rows back from these coordinates; adds ln|det| to `log_det`.
    pub(crate) fn leave(&self, dim: usize, rows: &mut [f64], log_det: &mut [f64]) {
        for bond in &self.bonds {
            rows.chunks_exact_mut(dim).zip(log_det.iter_mut()).for_each(|(row, log_det)| *log_det += bond.leave(row));
        }
    }

    /// Cotangents of Cartesian rows to those of `rows` in these coordinates.
    pub(crate) fn leave_vjp(&self, dim: usize, rows: &[f64], cotangents: &mut [f64], log_det: &[f64]) {
        for bond in &self.bonds {
            for ((row, g), l) in rows.chunks_exact(dim).zip(cotangents.chunks_exact_mut(dim)).zip(log_det) {
                bond.leave_vjp(row, g, *l);
            }
        }
    }

    /// Cotangents of `rows` in these coordinates to those of Cartesian rows.
    pub(crate) fn enter_vjp(&self, dim: usize, rows: &[f64], cotangents: &mut [f64], log_det: &[f64]) {
        for bond in &self.bonds {
            for ((row, g), l) in rows.chunks_exact(dim).zip(cotangents.chunks_exact_mut(dim)).zip(log_det) {
                bond.enter_vjp(row, g, *l);
            }
        }
    }

    /// What is wrong with them for rows of length `dim`.
    pub fn problems(&self, dim: usize) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut taken = Vec::new();
        for (k, bond) in self.bonds.iter().enumerate() {
            let key = format!("bonds[{k}]");
            if bond.first.len() != bond.second.len() || !(2..=3).contains(&bond.first.len()) {
                let found = format!("points of {} and {} coordinates", bond.first.len(), bond.second.len());
                problems.push(Problem::new(&key, found, "two points of 2 or of 3 coordinates"));
            }
            let square: f64 = bond.towards.iter().map(|e| e * e).sum();
            let is_direction = bond.towards.len() == bond.first.len() && (square - 1.0).abs() < 1e-9;
            if !bond.towards.is_empty() && !is_direction {
                problems.push(Problem::new(format!("{key}.towards"), format!("{:?}", bond.towards), "a vector of length 1, or none"));
            }
            for &place in bond.first.iter().chain(&bond.second) {
                if place >= dim || taken.contains(&place) {
                    problems.push(Problem::new(&key, place, format!("places from 0 to {}, each once", dim.saturating_sub(1))));
                }
                taken.push(place);
            }
        }
        for (k, &place) in self.fixed.iter().enumerate() {
            if place >= dim || self.fixed[..k].contains(&place) {
                problems.push(Problem::new(format!("fixed[{k}]"), place, format!("a place from 0 to {}, once", dim.saturating_sub(1))));
            }
        }
        problems
    }
}
