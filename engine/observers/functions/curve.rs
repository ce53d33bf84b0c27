//! A measured function as numbers: what files and figures of it are made of.

use crate::observers::Label;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A measured function: its points, what they are called in files, and how people see them.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The name of its kind in `summary.json`.
    pub kind: &'static str,
    /// The names of the numbers of a point: columns of its CSV file, keys of a point in `summary.json`.
    pub columns: &'static [&'static str],
    /// The points, `[point][column]`; `None` where a number is not known.
    pub points: Vec<Vec<Option<f64>>>,
    /// Further figures of the whole curve in `summary.json`, by name.
    pub figures: Vec<(&'static str, f64)>,
    /// What the report shows; `None` where there is nothing to be seen.
    pub picture: Option<Picture>,
}

/// A curve as a figure shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The title.
    pub title: String,
    /// Text of the axis along.
    pub x: Label,
    /// Text of the axis up.
    pub y: Label,
    /// (x, y, standard error) of each point; y is NaN where the line has a gap, the error 0 where it is not known.
    pub points: Vec<[f64; 3]>,
    /// A horizontal line to compare with.
    pub reference: Option<f64>,
    /// What stands below it, piece by piece.
    pub caption: Vec<Caption>,
}

/// A piece of a caption.
#[derive(Clone, Debug, PartialEq)]
pub enum Caption {
    /// Words.
    Words(&'static str),
    /// A share as a percentage: 0.5 is 50 %.
    Share(f64),
}

/// One point with the names of its numbers.
struct Point<'a>(&'static [&'static str], &'a [Option<f64>]);

impl Serialize for Point<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1))
    }
}

impl Serialize for Curve {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let points: Vec<Point> = self.points.iter().map(|point| Point(self.columns, point)).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind)?;
        map.serialize_entry("points", &points)?;
        self.figures.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}
