//! Drawing by plotters' SVG backend, in CSS pixels and in the fractions of two axes.
//!
//! Drawing into a string cannot fail: that is what `expect` stands for here.

use super::axis::Axis;
use crate::output::figures::{Reference, Series, Style};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Units of the view box in a CSS pixel: plotters counts in whole ones.
pub const SCALE: f64 = 4.0;
/// Size of labels in CSS pixels.
const TEXT: f64 = 13.0;

/// Okabe and Ito's colours, those that show on white and on black: told apart by the colour-blind too.
pub const COLOURS: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x80, 0x80, 0x80),
];
/// Background. This and the next three are changed by the style sheet of the report in the dark.
pub const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);
/// Lines behind the data.
pub const GRID: RGBColor = RGBColor(0xe4, 0xe7, 0xeb);
/// The rectangle around the data.
pub const FRAME: RGBColor = RGBColor(0x9a, 0xa1, 0xa9);
/// Letters and reference lines.
pub const INK: RGBColor = RGBColor(0x22, 0x26, 0x2b);

type Pixel = (i32, i32);

/// Width of a text in CSS pixels, as common sans-serif fonts have it, rather more than less.
pub fn text_width(text: &str) -> f64 {
    0.6 * TEXT * text.chars().count() as f64
}

/// As much of a text as fits.
pub fn shortened(text: &str, width: f64) -> String {
    let most = ((width / text_width("0")) as usize).max(2);
    if text.chars().count() <= most { text.to_string() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

/// Draws in CSS pixels.
pub struct Canvas<'a> {
    /// All of the figure.
    pub root: DrawingArea<SVGBackend<'a>, Shift>,
}

impl Canvas<'_> {
    /// The place in the view box.
    pub fn pixel(&self, x: f64, y: f64) -> Pixel {
        ((x * SCALE).round() as i32, (y * SCALE).round() as i32)
    }

    /// A line through places.
    pub fn line(&self, points: &[Pixel], colour: RGBColor, width: f64) {
        let style = colour.stroke_width((width * SCALE).round() as u32);
        self.root.draw(&PathElement::new(points.to_vec(), style)).expect("drawn");
    }

    /// A faint area.
    fn area(&self, points: Vec<Pixel>, colour: RGBColor) {
        self.root.draw(&Polygon::new(points, colour.mix(0.22))).expect("drawn");
    }

    /// A filled rectangle.
    pub fn fill(&self, from: (f64, f64), to: (f64, f64), colour: impl Into<ShapeStyle>) {
        let style = Into::<ShapeStyle>::into(colour).filled();
        self.root.draw(&Rectangle::new([self.pixel(from.0, from.1), self.pixel(to.0, to.1)], style)).expect("drawn");
    }

    /// A point.
    pub fn dot(&self, at: Pixel, colour: RGBColor) {
        self.root.draw(&Circle::new(at, (2.6 * SCALE) as i32, colour.filled())).expect("drawn");
    }

    fn text(&self, text: &str, (x, y): (f64, f64), anchor: (HPos, VPos), style: FontStyle, turn: FontTransform) {
        if !text.is_empty() {
            // The backend divides sizes by 1.24.
            let font = ("sans-serif", TEXT * SCALE * 1.24).into_font().style(style).transform(turn);
            let style = font.color(&INK).pos(Pos::new(anchor.0, anchor.1));
            self.root.draw(&Text::new(text.to_string(), self.pixel(x, y), style)).expect("drawn");
        }
    }

    /// A text.
    pub fn write(&self, text: &str, at: (f64, f64), anchor: (HPos, VPos), bold: bool) {
        self.text(text, at, anchor, if bold { FontStyle::Bold } else { FontStyle::Normal }, FontTransform::None);
    }

    /// A text that runs upwards, its middle at a place.
    pub fn write_up(&self, text: &str, at: (f64, f64)) {
        self.text(text, at, (HPos::Center, VPos::Top), FontStyle::Normal, FontTransform::Rotate270);
    }
}

/// The rectangle that data are in, and its axes.
pub struct Plot<'a, 'b> {
    /// Where to draw.
    pub canvas: &'a Canvas<'b>,
    /// From left to right.
    pub x: Axis,
    /// From bottom to top.
    pub y: Axis,
    /// Edge in CSS pixels.
    pub left: f64,
    /// Edge.
    pub right: f64,
    /// Edge.
    pub top: f64,
    /// Edge.
    pub bottom: f64,
}

/// A point in fractions of the axes, with the ends of its error bar.
#[derive(Clone, Copy)]
struct Place {
    x: f64,
    y: f64,
    low: f64,
    high: f64,
}

impl Plot<'_, '_> {
    /// The place of two fractions; what is outside comes to the edge.
    pub fn pixel(&self, x: f64, y: f64) -> Pixel {
        let (x, y) = (x.clamp(0.0, 1.0), y.clamp(0.0, 1.0));
        self.canvas.pixel(self.left + x * (self.right - self.left), self.bottom - y * (self.bottom - self.top))
    }

    /// Stretches of points between gaps.
    fn stretches(&self, series: &Series) -> Vec<Vec<Place>> {
        let mut all = vec![Vec::new()];
        for (k, &(x, y)) in series.points.iter().enumerate() {
            match (self.x.fraction(x), self.y.fraction(y)) {
                (Some(fx), Some(fy)) => {
                    let error = series.error(k);
                    let low = self.y.fraction(y - error).unwrap_or(0.0);
                    let place = Place { x: fx, y: fy, low, high: self.y.fraction(y + error).unwrap_or(1.0) };
                    all.last_mut().expect("never empty").push(place);
                }
                _ => all.push(Vec::new()),
            }
        }
        all.retain(|stretch| !stretch.is_empty());
        all
    }

    /// Draws a series.
    pub fn series(&self, series: &Series, colour: RGBColor) {
        let stretches = self.stretches(series);
        for stretch in &stretches {
            match series.style {
                Style::Line | Style::Band => {
                    if series.errors.is_some() {
                        self.band(stretch, colour);
                    }
                    if series.style == Style::Line {
                        self.curve(stretch, colour);
                    }
                }
                Style::Points => {
                    stretch.iter().for_each(|p| self.bar(p, colour, true));
                    stretch.iter().filter(|p| (0.0..=1.0).contains(&p.y)).for_each(|p| self.canvas.dot(self.pixel(p.x, p.y), colour));
                }
                Style::Steps => self.steps(stretch, colour),
            }
        }
    }

    fn band(&self, stretch: &[Place], colour: RGBColor) {
        let upper = stretch.iter().map(|p| self.pixel(p.x, p.high));
        let lower = stretch.iter().rev().map(|p| self.pixel(p.x, p.low));
        match stretch {
            [one] => self.bar(one, colour, false),
            _ => self.canvas.area(upper.chain(lower).collect(), colour),
        }
    }

    /// An error bar, with caps.
    fn bar(&self, place: &Place, colour: RGBColor, caps: bool) {
        if place.high <= place.low || place.high < 0.0 || place.low > 1.0 {
            return;
        }
        let (a, b) = (self.pixel(place.x, place.low), self.pixel(place.x, place.high));
        self.canvas.line(&[a, b], colour, 1.2);
        let cap = if caps { (3.0 * SCALE) as i32 } else { 0 };
        for (x, y) in [a, b].into_iter().filter(|_| caps) {
            self.canvas.line(&[(x - cap, y), (x + cap, y)], colour, 1.2);
        }
    }

    /// A line, cut off where it leaves the rectangle.
    fn curve(&self, stretch: &[Place], colour: RGBColor) {
        if let [one] = stretch {
            if (0.0..=1.0).contains(&one.y) {
                self.canvas.dot(self.pixel(one.x, one.y), colour);
            }
            return;
        }
        let mut line: Vec<Pixel> = Vec::new();
        for pair in stretch.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let at = |y: f64| (a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y), y);
            let cut = |p: Place| {
                if p.y < 0.0 {
                    at(0.0)
                } else if p.y > 1.0 {
                    at(1.0)
                } else {
                    (p.x, p.y)
                }
            };
            if a.y.max(b.y) >= 0.0 && a.y.min(b.y) <= 1.0 {
                let (from, to) = (cut(a), cut(b));
                let (from, to) = (self.pixel(from.0, from.1), self.pixel(to.0, to.1));
                if line.last() != Some(&from) {
                    self.flush(&mut line, colour);
                    line.push(from);
                }
                line.push(to);
            }
        }
        self.flush(&mut line, colour);
    }

    fn flush(&self, line: &mut Vec<Pixel>, colour: RGBColor) {
        if line.len() > 1 {
            // A dense line hides less where it is thin.
            self.canvas.line(line, colour, if line.len() > 200 { 1.0 } else { 1.5 });
        }
        line.clear();
    }

    fn steps(&self, stretch: &[Place], colour: RGBColor) {
        let middles: Vec<f64> = stretch.windows(2).map(|w| 0.5 * (w[0].x + w[1].x)).collect();
        let (first, last) = (stretch[0].x, stretch[stretch.len() - 1].x);
        let mut edges = vec![middles.first().map_or(first - 0.02, |m| 2.0 * first - m)];
        edges.extend(&middles);
        edges.push(middles.last().map_or(last + 0.02, |m| 2.0 * last - m));
        let base = self.y.fraction(0.0).unwrap_or(0.0);
        let mut outline = vec![self.pixel(edges[0], base)];
        for (place, edge) in stretch.iter().zip(edges.windows(2)) {
            outline.extend([self.pixel(edge[0], place.y), self.pixel(edge[1], place.y)]);
        }
        outline.push(self.pixel(edges[edges.len() - 1], base));
        self.canvas.area(outline.clone(), colour);
        self.canvas.line(&outline, colour, 1.5);
        stretch.iter().for_each(|p| self.bar(p, colour, false));
    }

    /// Draws a reference line; `number` keeps the labels of several apart.
    pub fn reference(&self, reference: &Reference, number: usize) {
        const DASH: f64 = 0.012;
        let axis = if reference.vertical { &self.x } else { &self.y };
        let Some(at) = axis.fraction(reference.at).filter(|f| (0.0..=1.0).contains(f)) else { return };
        for k in 0..(0.5 / DASH) as usize {
            let (from, to) = (2.0 * DASH * k as f64, 2.0 * DASH * k as f64 + DASH);
            let ends = if reference.vertical { [(at, from), (at, to)] } else { [(from, at), (to, at)] };
            self.canvas.line(&ends.map(|(x, y)| self.pixel(x, y)), INK, 1.0);
        }
        let label = shortened(&reference.label, 0.7 * (self.right - self.left));
        let width = text_width(&label);
        let (x, y, to_right) = if reference.vertical {
            let x = self.left + at * (self.right - self.left);
            let y = self.top + 4.0 + 17.0 * (number % 6) as f64;
            let to_right = x + width + 8.0 < self.right;
            (if to_right { x + 4.0 } else { x - 4.0 }, y, to_right)
        } else {
            let y = self.bottom - at * (self.bottom - self.top);
            (self.right - 4.0, if y - 20.0 > self.top { y - 19.0 } else { y + 4.0 }, false)
        };
        if !label.is_empty() {
            let left = if to_right { x } else { x - width };
            self.canvas.fill((left - 2.0, y - 1.0), (left + width + 2.0, y + 15.0), PAPER.mix(0.75));
        }
        self.canvas.write(&label, (x, y), (if to_right { HPos::Left } else { HPos::Right }, VPos::Top), false);
    }
}
