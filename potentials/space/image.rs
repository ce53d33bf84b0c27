//! Minimum image in lanes.

use super::Cell;
use super::cell::MOST_PASSES;
use super::lattice_reduction::{FACES, Face};
use mcflow_base::{Element, Lane};

/// How the difference of two positions becomes the vector between nearest images.
pub(crate) trait Imaging: Copy + Sync {
    /// Whether lattice vectors that were chosen beforehand are to be added.
    const SHIFTS: bool = false;
    /// The nearest image of `d`.
    fn apply<T: Element, L: Lane<T>>(self, d: [L; 3]) -> [L; 3];
}

/// Images were chosen beforehand, partner by partner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed;

impl Imaging for Listed {
    const SHIFTS: bool = true;
    #[inline(always)]
    fn apply<T: Element, L: Lane<T>>(self, d: [L; 3]) -> [L; 3] {
        d
    }
}

/// Differences are taken as they are: open space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Direct;

impl Imaging for Direct {
    #[inline(always)]
    fn apply<T: Element, L: Lane<T>>(self, d: [L; 3]) -> [L; 3] {
        d
    }
}

/// Minimum image of a cell in lanes: what [`Cell::minimum_image`] is up to half the smallest height.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Image {
    Open,
    Orthorhombic(Orthorhombic),
    Triclinic(Triclinic),
}

/// Nearest image between perpendicular faces.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Orthorhombic {
    lengths: [f64; 3],
    /// 1 / length; 0 in directions that do not exist.
    inverse: [f64; 3],
}

/// Nearest image by fractional coordinates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Triclinic {
    vectors: [[f64; 3]; 3],
    inverse: [[f64; 3]; 3],
}

impl Image {
    pub(crate) fn new(cell: &Cell) -> Self {
        let (Some(vectors), Some(mut inverse)) = (cell.vectors(), cell.inverse_vectors()) else { return Self::Open };
        // Directions that do not exist have no images.
        for row in inverse.iter_mut().skip(cell.dimension()) {
            *row = [0.0; 3];
        }
        if cell.is_orthorhombic() {
            let (lengths, inverse) = (std::array::from_fn(|k| vectors[k][k]), std::array::from_fn(|k| inverse[k][k]));
            return Self::Orthorhombic(Orthorhombic { lengths, inverse });
        }
        Self::Triclinic(Triclinic { vectors, inverse })
    }
}

/// The nearest image at any distance: [`Cell::minimum_image`] in lanes. [`Image`] gives it up to half the smallest height, which is all that
/// interactions with a cutoff need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nearest<'a> {
    image: Image,
    /// What nearest images are between, where angles are not right.
    faces: Option<&'a [Face; FACES]>,
}

impl<'a> Nearest<'a> {
    pub(crate) fn new(cell: &'a Cell) -> Self {
        Self { image: Image::new(cell), faces: cell.faces() }
    }

    #[inline(always)]
    pub(crate) fn apply<L: Lane>(self, d: [L; 3]) -> [L; 3] {
        let mut d = self.image.apply(d);
        let Some(faces) = self.faces else { return d };
        for _ in 0..MOST_PASSES {
            let mut all = L::default();
            for (face, dual) in faces {
                let along = d[0].mul_add(L::splat(dual[0]), d[1].mul_add(L::splat(dual[1]), d[2] * L::splat(dual[2])));
                let turns = along.round();
                for c in 0..3 {
                    d[c] = turns.negated_mul_add(L::splat(face[c]), d[c]);
                }
                all += turns.abs();
            }
            // Ends for what is not a number, too.
            if !L::default().any_lt(all) {
                break;
            }
        }
        d
    }
}

/// A loop that is compiled once for each kind of cell, so that the choice is outside of it.
pub(crate) trait WithImage {
    type Output;
    fn run<I: Imaging>(self, image: I) -> Self::Output;
}

/// Runs `work` with the kind of cell at hand.
#[inline(always)]
pub(crate) fn with_image<W: WithImage>(image: Image, work: W) -> W::Output {
    match image {
        Image::Open => work.run(Direct),
        Image::Orthorhombic(image) => work.run(image),
        Image::Triclinic(image) => work.run(image),
    }
}

impl Imaging for Image {
    #[inline(always)]
    fn apply<T: Element, L: Lane<T>>(self, d: [L; 3]) -> [L; 3] {
        match self {
            Self::Open => d,
            Self::Orthorhombic(image) => image.apply(d),
            Self::Triclinic(image) => image.apply(d),
        }
    }
}

// Loops instead of closures: what a closure does may be compiled apart, without the instruction set of the kernel.
impl Imaging for Orthorhombic {
    #[inline(always)]
    fn apply<T: Element, L: Lane<T>>(self, mut d: [L; 3]) -> [L; 3] {
        for k in 0..3 {
            let turns = (d[k] * L::splat(self.inverse[k])).round();
            d[k] = turns.negated_mul_add(L::splat(self.lengths[k]), d[k]);
        }
        d
    }
}

impl Imaging for Triclinic {
    #[inline(always)]
    fn apply<T: Element, L: Lane<T>>(self, d: [L; 3]) -> [L; 3] {
        let [a, b, c] = self.vectors;
        let mut n = [L::default(); 3];
        for k in 0..3 {
            let row = self.inverse[k];
            let fractional = d[0].mul_add(L::splat(row[0]), d[1].mul_add(L::splat(row[1]), d[2] * L::splat(row[2])));
            n[k] = -fractional.round();
        }
        // The vectors are lower-triangular: a has only x, b only x and y.
        [
            n[0].mul_add(L::splat(a[0]), n[1].mul_add(L::splat(b[0]), n[2].mul_add(L::splat(c[0]), d[0]))),
            n[1].mul_add(L::splat(b[1]), n[2].mul_add(L::splat(c[1]), d[1])),
            n[2].mul_add(L::splat(c[2]), d[2]),
        ]
    }
}
