//! The text of a table of a pair interaction.

use super::spline::{Cubics, MOST_PIECES, Spline, pieces};
use mcflow_base::Problem;

/// Rows that a spline needs.
const FEWEST: usize = 4;
/// The part of the forces of a table by which they may differ from the slopes of its energies, in the mean over rows.
const DISAGREEMENT: f64 = 0.25;

/// A row as it stands in the text.
struct Line {
    /// Counted from 1.
    number: usize,
    r: f64,
    u: f64,
    force: Option<f64>,
}

/// The rows (r, U) of a table; `name` is what messages call it.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub(super) fn rows(name: &str, text: &str) -> Result<Vec<(f64, f64)>, Problem> {
    let problem = |found: String, expected: &str| Err(Problem::new("file", found, expected));
    let mut lines: Vec<Line> = Vec::new();
    for (k, line) in text.lines().enumerate() {
        let numbers = line.split('#').next().unwrap_or("");
        if !numbers.trim().is_empty() {
            lines.push(row(name, k + 1, numbers, lines.last())?);
        }
    }
    let n = lines.len();
    if n < FEWEST {
        return problem(format!("{name} with {n} rows"), "at least 4 rows of r and U, r increasing");
    }
    let rows: Vec<(f64, f64)> = lines.iter().map(|line| (line.r, line.u)).collect();
    if pieces(&rows) > MOST_PIECES {
        let distance = |i: &usize| lines[i + 1].r - lines[*i].r;
        let nearest = (0..n - 1).min_by(|i, j| distance(i).total_cmp(&distance(j))).unwrap_or(0);
        let ([before, line], first, last) = ([&lines[nearest], &lines[nearest + 1]], lines[0].r, lines[n - 1].r);
        let found = format!("{name}:{}: r = {} after {}, in a table from {first} to {last}", line.number, line.r, before.r);
        return problem(found, "no rows nearer than 1/16384 of the table's length (1/65536 where all distances are equal)");
    }
    let spline = Spline::new(&rows);
    if !Cubics::new(&spline).is_finite() {
        return problem(
            format!("{name} with energies up to {:e}", largest(&rows)),
            "energies and slopes that are no larger than numbers can be",
        );
    }
    if let Some(worst) = worst_force(&lines, &spline.slopes) {
        let Line { number, r, force, .. } = &lines[worst];
        let slope = four_digits(-spline.slopes[worst]);
        let found = format!("{name}:{number}: force {} at r = {r}, where -dU/dr is {slope}", force.unwrap_or(0.0));
        return problem(found, "-dU/dr in the third column, or no third column");
    }
    Ok(rows)
}

/// The row that a line of text is.
fn row(name: &str, number: usize, text: &str, before: Option<&Line>) -> Result<Line, Problem> {
    let problem = |found: String, expected: &str| Err(Problem::new("file", format!("{name}:{number}: {found}"), expected));
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut values = [0.0; 3];
    for (value, word) in values.iter_mut().zip(&words) {
        match word.parse::<f64>() {
            Ok(number) if number.is_finite() => *value = number,
            _ => return problem(format!("{:?}", word.chars().take(30).collect::<String>()), "a finite number"),
        }
    }
    if !(2..=3).contains(&words.len()) {
        return problem(format!("{} columns", words.len()), "2 or 3: r, U and, where it is there, the force -dU/dr");
    }
    let [r, u, force] = values;
    match before {
        None if r < 0.0 => problem(format!("r = {r}"), "a distance of 0 or above"),
        Some(before) if r <= before.r => problem(format!("r = {r} after {}", before.r), "r that increases from row to row"),
        _ => Ok(Line { number, r, u, force: (words.len() == 3).then_some(force) }),
    }
}

fn four_digits(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

fn largest(rows: &[(f64, f64)]) -> f64 {
    rows.iter().fold(0.0, |most, (_, u)| u.abs().max(most))
}

/// The row whose force is worst, where the forces are not those of the energies.
///
/// Only the mean is judged: it tells wrong signs, units and columns from rows that are far apart.
fn worst_force(lines: &[Line], slopes: &[f64]) -> Option<usize> {
    let (mut worst, mut differences, mut sizes) = ((0, 0.0), 0.0, 0.0);
    for (i, line) in lines.iter().enumerate() {
        let Some(force) = line.force else { continue };
        let difference = (force + slopes[i]).abs();
        if difference > worst.1 {
            worst = (i, difference);
        }
        differences += difference;
        sizes += slopes[i].abs();
    }
    (differences > DISAGREEMENT * sizes).then_some(worst.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, message: &str) {
        let problem = rows("t", text).unwrap_err();
        assert_eq!(format!("{}: {}; {}", problem.key, problem.found, problem.expected), message);
    }

    #[test]
    fn tables_are_read() {
        let three = "# r U F\n\n1 1 0.5 # first\n 2\t0.6 .36\r\n3.0 3e-1 0.2\n4 0.2 0.05\n";
        let expected = [(1.0, 1.0), (2.0, 0.6), (3.0, 0.3), (4.0, 0.2)];
        assert_eq!(rows("t", three).unwrap(), expected);
        assert_eq!(rows("t", "1 1\n2 0.6\n3 0.3\n4 0.2").unwrap(), expected);
        // A flat table has no force to disagree with.
        assert!(rows("t", "1 0 0\n2 0 0\n3 0 0\n4 0 0").is_ok());
    }

    #[test]
    fn what_is_wrong_is_told() {
        refused("", "file: t with 0 rows; at least 4 rows of r and U, r increasing");
        refused("1 1\n2 2\n# 3 3\n4 4", "file: t with 3 rows; at least 4 rows of r and U, r increasing");
        refused("1 1\n\n2 x\n", "file: t:3: \"x\"; a finite number");
        refused("1 1\n2 inf\n", "file: t:2: \"inf\"; a finite number");
        refused("1\n", "file: t:1: 1 columns; 2 or 3: r, U and, where it is there, the force -dU/dr");
        refused("1 1 1 1\n", "file: t:1: 4 columns; 2 or 3: r, U and, where it is there, the force -dU/dr");
        refused("-0.1 1\n", "file: t:1: r = -0.1; a distance of 0 or above");
        refused("1 1\n2 1\n2 1\n", "file: t:3: r = 2 after 2; r that increases from row to row");
        refused(
            "0 1\n1e-6 1\n2 1\n3 1\n",
            "file: t:2: r = 0.000001 after 0, in a table from 0 to 3; no rows nearer than 1/16384 of the table's length (1/65536 where all distances are equal)",
        );
        let vast = "1 1e308\n2 -1e308\n3 1e308\n4 0";
        refused(vast, "file: t with energies up to 1e308; energies and slopes that are no larger than numbers can be");
        let sign = "1 1\n2 0.6 -0.36\n3 0.3 -0.2\n4 0.2\n";
        refused(sign, "file: t:2: force -0.36 at r = 2, where -dU/dr is 0.3667; -dU/dr in the third column, or no third column");
    }
}
