//! Figures as SVG text: no font file, script or other resource is needed to make or to show them.
//!
//! Sizes are in CSS pixels. Everything is drawn four times as large and scaled by the view box, since plotters counts in whole pixels.

mod axis;
mod canvas;

use crate::output::text::escape;
use axis::Axis;
use canvas::{COLOURS, Canvas, FRAME, GRID, PAPER, Plot, SCALE, shortened, text_width};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// How a series is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// A line through the points; errors are a band around it. Points that are not finite are gaps.
    #[default]
    Line,
    /// Dots; errors are bars.
    Points,
    /// A histogram: each point is the middle of a bin that reaches half way to its neighbours; errors are bars.
    Steps,
    /// Only the band of the errors.
    Band,
}

/// Points with a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// What the legend calls it; not in the legend where empty.
    pub name: String,
    /// x and y. What cannot be drawn (not finite, or not above 0 on a logarithmic axis) is left out.
    pub points: Vec<(f64, f64)>,
    /// Standard error of each y.
    pub errors: Option<Vec<f64>>,
    /// How it is drawn.
    pub style: Style,
    /// Which colour; by its place in the figure unless given.
    pub colour: Option<usize>,
}

impl Series {
    /// A series without errors.
    pub fn new(name: impl Into<String>, style: Style, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.into(), points, style, ..Self::default() }
    }

    /// The same with the standard error of each y.
    pub fn with_errors(self, errors: Vec<f64>) -> Self {
        Self { errors: Some(errors), ..self }
    }

    /// The same in another colour.
    pub fn with_colour(self, colour: usize) -> Self {
        Self { colour: Some(colour), ..self }
    }

    /// The error of a point, 0 where there is none.
    pub(super) fn error(&self, k: usize) -> f64 {
        self.errors.as_ref().and_then(|e| e.get(k).copied()).filter(|e| e.is_finite() && *e > 0.0).unwrap_or(0.0)
    }
}

/// A dashed line across the figure, with a label.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Where.
    pub at: f64,
    /// Upright, at an x; else level, at a y.
    pub vertical: bool,
    /// What it says.
    pub label: String,
}

impl Reference {
    /// An upright line at x.
    pub fn vertical(at: f64, label: impl Into<String>) -> Self {
        Self { at, vertical: true, label: label.into() }
    }

    /// A level line at y.
    pub fn horizontal(at: f64, label: impl Into<String>) -> Self {
        Self { at, vertical: false, label: label.into() }
    }
}

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Above it.
    pub title: String,
    /// Below the x axis, with the unit.
    pub x_label: String,
    /// Beside the y axis, with the unit.
    pub y_label: String,
    /// What it shows; later ones above earlier ones.
    pub series: Vec<Series>,
    /// Lines across it.
    pub references: Vec<Reference>,
    /// Logarithmic x axis.
    pub log_x: bool,
    /// Logarithmic y axis.
    pub log_y: bool,
    /// Range of the y axis; what lies outside is cut off. All of it unless given.
    pub y_range: Option<(f64, f64)>,
    /// Height in CSS pixels; the width is [`WIDTH`].
    pub height: u32,
}

impl Default for Figure {
    fn default() -> Self {
        Self {
            title: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            series: Vec::new(),
            references: Vec::new(),
            log_x: false,
            log_y: false,
            y_range: None,
            height: 320,
        }
    }
}

/// Width of a figure in CSS pixels.
pub const WIDTH: u32 = 560;

impl Figure {
    /// The figure as an `<svg>` element: well-formed, and a file of its own where written to one.
    pub fn svg(&self) -> String {
        let height = self.height.clamp(160, 4000);
        let mut body = String::new();
        let (w, h) = (WIDTH * SCALE as u32, height * SCALE as u32);
        {
            let root = SVGBackend::with_string(&mut body, (w, h)).into_drawing_area();
            self.draw(&Canvas { root }, f64::from(height));
        }
        // The backend's own opening tag has fixed sizes and no name.
        let contents = body.split_once('>').map_or("", |(_, rest)| rest.trim());
        let label = escape(&self.title);
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">{contents}"#
        )
    }

    fn axes(&self) -> (Axis, Axis) {
        let series = || self.series.iter();
        let sound = |x: f64, y: f64| Axis::can_show(x, self.log_x) && Axis::can_show(y, self.log_y);
        let points = || series().flat_map(|s| s.points.iter().map(|p| (p.0, p.1))).filter(|p| sound(p.0, p.1));
        let half_bin = |s: &Series| match (s.style, s.points.as_slice()) {
            (Style::Steps, [.., a, b]) => 0.5 * (b.0 - a.0).abs(),
            _ => 0.0,
        };
        let mut xs: Vec<f64> = points().map(|p| p.0).collect();
        for s in series().filter(|s| half_bin(s) > 0.0) {
            xs.extend(s.points.iter().flat_map(|p| [p.0 - half_bin(s), p.0 + half_bin(s)]));
        }
        let mut ys: Vec<f64> = points().map(|p| p.1).collect();
        let bars = !self.log_y && series().any(|s| s.style == Style::Steps && !s.points.is_empty());
        ys.extend(bars.then_some(0.0));
        for reference in &self.references {
            if reference.vertical { xs.push(reference.at) } else { ys.push(reference.at) }
        }
        // An enormous error must not flatten everything else.
        let span = Axis::new(&ys, self.log_y, 0.0);
        for s in series() {
            for (k, p) in s.points.iter().enumerate().filter(|(_, p)| sound(p.0, p.1)) {
                ys.extend([p.1 - s.error(k), p.1 + s.error(k)].map(|y| span.within(y, 0.6)).into_iter().flatten());
            }
        }
        let tight = series().all(|s| s.style != Style::Points);
        let x = Axis::new(&xs, self.log_x, if tight { 0.0 } else { 0.03 });
        let y = match self.y_range {
            Some((low, high)) if low < high => Axis::new(&[low, high], self.log_y, 0.0),
            _ => Axis::new(&ys, self.log_y, 0.06),
        };
        (x, if bars && self.y_range.is_none() { y.starting_at_zero() } else { y })
    }

    fn draw(&self, canvas: &Canvas, height: f64) {
        let width = f64::from(WIDTH);
        canvas.fill((0.0, 0.0), (width, height), PAPER);
        let (x_axis, y_axis) = self.axes();

        let mut top = 8.0;
        if !self.title.is_empty() {
            canvas.write(&shortened(&self.title, width - 30.0), (10.0, top), (HPos::Left, VPos::Top), true);
            top += 22.0;
        }
        top = self.legend(canvas, top, width);
        let y_ticks = y_axis.ticks(((height - top - 60.0) / 32.0).clamp(2.0, 8.0) as usize);
        let widest = y_ticks.labels.iter().map(|t| text_width(&t.1)).fold(0.0, f64::max);
        let left = (if self.y_label.is_empty() { 12.0 } else { 30.0 }) + widest.clamp(8.0, 160.0) + 6.0;
        let right = width - 22.0;
        // As many labels as fit beside each other.
        let fits = |most: &usize| {
            let ticks = x_axis.ticks(*most);
            let room = (right - left) / ticks.labels.len().max(1) as f64;
            ticks.labels.iter().all(|t| text_width(&t.1) + 12.0 < room)
        };
        let x_ticks = x_axis.ticks((2..=8).rev().find(fits).unwrap_or(2));
        top += if y_ticks.note.is_empty() { 6.0 } else { 20.0 };
        let bottom = height - if self.x_label.is_empty() && x_ticks.note.is_empty() { 28.0 } else { 48.0 };
        let plot = Plot { canvas, x: x_axis, y: y_axis, left, right, top, bottom };

        for at in &x_ticks.lines {
            canvas.line(&[plot.pixel(*at, 0.0), plot.pixel(*at, 1.0)], GRID, 1.0);
        }
        for at in &y_ticks.lines {
            canvas.line(&[plot.pixel(0.0, *at), plot.pixel(1.0, *at)], GRID, 1.0);
        }
        for (at, label) in &x_ticks.labels {
            canvas.write(label, (left + at * (right - left), bottom + 6.0), (HPos::Center, VPos::Top), false);
        }
        for (at, label) in &y_ticks.labels {
            canvas.write(label, (left - 6.0, bottom - at * (bottom - top)), (HPos::Right, VPos::Center), false);
        }
        for (k, series) in self.series.iter().enumerate() {
            plot.series(series, COLOURS[series.colour.unwrap_or(k) % COLOURS.len()]);
        }
        self.references.iter().enumerate().for_each(|(k, reference)| plot.reference(reference, k));
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)].map(|(x, y)| plot.pixel(x, y));
        canvas.line(&corners, FRAME, 1.0);
        canvas.write(&y_ticks.note, (left, top - 3.0), (HPos::Left, VPos::Bottom), false);
        canvas.write(&x_ticks.note, (right, bottom + 26.0), (HPos::Right, VPos::Top), false);
        let room = right - left - 2.0 * text_width(&x_ticks.note);
        canvas.write(&shortened(&self.x_label, room), (0.5 * (left + right), bottom + 26.0), (HPos::Center, VPos::Top), false);
        canvas.write_up(&shortened(&self.y_label, height - 16.0), (8.0, 0.5 * (top + bottom)));
    }

    /// Names in rows from `top` on; returns where they end.
    fn legend(&self, canvas: &Canvas, top: f64, width: f64) -> f64 {
        let named: Vec<(usize, &Series)> = self.series.iter().enumerate().filter(|(_, s)| !s.name.is_empty()).collect();
        if named.len() < 2 {
            return top;
        }
        let (mut x, mut y) = (10.0, top);
        for (k, series) in named {
            let name = shortened(&series.name, width - 60.0);
            let needed = 24.0 + text_width(&name) + 12.0;
            if x > 10.0 && x + needed > width {
                (x, y) = (10.0, y + 18.0);
            }
            let colour = COLOURS[series.colour.unwrap_or(k) % COLOURS.len()];
            match series.style {
                Style::Line => canvas.line(&[canvas.pixel(x, y + 8.0), canvas.pixel(x + 18.0, y + 8.0)], colour, 2.5),
                Style::Points => canvas.dot(canvas.pixel(x + 9.0, y + 8.0), colour),
                Style::Steps | Style::Band => canvas.fill((x, y + 3.0), (x + 18.0, y + 13.0), colour.mix(0.5)),
            }
            canvas.write(&name, (x + 24.0, y + 8.0), (HPos::Left, VPos::Center), false);
            x += needed;
        }
        y + 18.0
    }
}
