//! The sum over pairs of clusters: four particles against four.
//!
//! A lane of `W` elements holds `W / 4` of the four particles i against the four particles j, so a pair of clusters is `16 / W` lanes:
//! one register of 16 f32, two of 8 f64, four of 4 f64. The four j are loaded once for all lanes, and their forces are summed over
//! the i in registers before they meet memory; those of the i stay in registers for the whole row.

use super::cluster_list::{Forces, Pairs, Part, Stored};
use super::form::{FAR_SQUARED, LaneTable, PairForm, PairTable};
use crate::interface::Evaluation;
use crate::space::image::Imaging;
use mcflow_base::{Element, Kernel, Lane, Quads};

/// Lanes of a pair of clusters at most.
const MOST: usize = 4;

/// Which of the four particles i meet the others: all, the first two, the last two.
const ALL: usize = 0;
const FIRST: usize = 1;
const LAST: usize = 2;

/// The lanes of those particles.
#[inline(always)]
fn lanes_of(which: usize, lanes: usize) -> std::ops::Range<usize> {
    match which {
        FIRST => 0..lanes / 2,
        LAST => lanes / 2..lanes,
        _ => 0..lanes,
    }
}

/// The sum over one part of a list; forces are left in the part.
pub(crate) struct PartSum<'a, T: Element, F, P, I, const ENERGY: bool, const FORCES: bool> {
    pub form: F,
    pub table: &'a P,
    pub image: I,
    pub shifts: &'a [[T; 4]; 16],
    pub positions: &'a [Quads<T>],
    pub types: &'a [[u32; 4]],
    pub part: &'a mut Part,
}

/// Four particles in lanes, with what they have gathered.
struct Four<L> {
    r: [[L; 3]; MOST],
    force: [[L; 3]; MOST],
    energy: L,
    virial: L,
}

impl<L: Copy + Default> Four<L> {
    #[inline(always)]
    fn new<T: Element>(positions: &Quads<T>) -> Self
    where
        L: Lane<T>,
    {
        let none = [[L::default(); 3]; MOST];
        let mut four = Self { r: none, force: none, energy: L::default(), virial: L::default() };
        for g in 0..16 / L::WIDTH {
            for c in 0..3 {
                four.r[g][c] = L::spread_quads(&positions[c][g * (L::WIDTH / 4)..]);
            }
        }
        four
    }
}

impl<T: Stored, F: PairForm, P: PairTable, I: Imaging, const ENERGY: bool, const FORCES: bool> Kernel<T>
    for PartSum<'_, T, F, P, I, ENERGY, FORCES>
{
    type Output = Evaluation;
    #[inline(always)]
    fn run<L: Lane<T>>(self) -> Evaluation {
        let Self { form, table, image, shifts, positions, types, part } = self;
        let table = table.in_lanes::<T, L>();
        let lanes = 16 / L::WIDTH;
        let mut own = std::mem::take(T::forces_mut(part));
        if FORCES {
            part.touched.prepare(&mut own, positions.len());
        }
        let forces = &mut own[..];
        let Pairs { rows, plain, masked } = &part.near;
        let mut total = Evaluation::default();
        let (mut start, mut masked_start) = (0, 0);
        for row in rows.iter() {
            let i = row.cluster as usize;
            let mut four = Four::<L>::new::<T>(&positions[i]);
            let types_i = &types[i];
            macro_rules! meet {
                ($which:ident, $entry:expr, $mask:expr) => {{
                    let j = $entry.cluster();
                    let theirs = (&positions[j], &types[j], &shifts[$entry.image()]);
                    (j, approach::<T, L, _, _, _, ENERGY, $which>(form, table, image, &mut four, types_i, theirs, $mask))
                }};
            }
            // The forces of one pair of clusters are added while those of the next are computed: a processor sees a few pairs ahead at
            // most, and each alone is a long chain of operations that wait for each other.
            macro_rules! meet_all {
                ($which:ident, $entries:expr) => {{
                    let mut ahead: Option<(usize, Meeting<L>)> = None;
                    for entry in $entries {
                        let (j, meeting) = meet!($which, entry, None);
                        if FORCES {
                            if let Some((before, meeting)) = ahead {
                                push::<T, L, $which>(&mut four, meeting, &mut forces[before]);
                            }
                            ahead = Some((j, meeting));
                        }
                    }
                    if let Some((before, meeting)) = ahead {
                        push::<T, L, $which>(&mut four, meeting, &mut forces[before]);
                    }
                }};
            }
            for (entry, mask) in &masked[masked_start..row.masked as usize] {
                let (j, meeting) = meet!(ALL, entry, Some(u32::from(*mask)));
                if FORCES {
                    push::<T, L, ALL>(&mut four, meeting, &mut forces[j]);
                }
            }
            let [whole, first_two, last_two] = row.plain.map(|at| at as usize);
            if lanes == 1 {
                // A lane holds all four: clusters near two of them are like all others.
                meet_all!(ALL, &plain[start..last_two]);
            } else {
                meet_all!(ALL, &plain[start..whole]);
                meet_all!(FIRST, &plain[whole..first_two]);
                meet_all!(LAST, &plain[first_two..last_two]);
            }
            (start, masked_start) = (last_two, row.masked as usize);
            if FORCES {
                L::add_sums_of_quads(&four.force[..lanes], &mut forces[i].0);
            }
            if ENERGY {
                total.energy += four.energy.sum().to_f64();
                total.virial += four.virial.sum().to_f64();
            }
        }
        *T::forces_mut(part) = own;
        total
    }
}

/// Differences i - j of four particles and four others, and -U' / r, one lane after the other.
#[derive(Clone, Copy)]
struct Meeting<L> {
    d: [[L; 3]; MOST],
    f: [L; MOST],
}

/// Four particles meet four others. Pairs whose bit in `mask` (4 i + j) is 0 do not interact.
#[inline(always)]
fn approach<T: Element, L: Lane<T>, F: PairForm, P: LaneTable<T, L>, I: Imaging, const ENERGY: bool, const WHICH: usize>(
    form: F,
    table: P,
    image: I,
    four: &mut Four<L>,
    types_i: &[u32; 4],
    (theirs, types_j, shift): (&Quads<T>, &[u32; 4], &[T; 4]),
    mask: Option<u32>,
) -> Meeting<L> {
    let groups = L::WIDTH / 4;
    let mut r_j = [L::repeat_quad(&theirs[0]), L::repeat_quad(&theirs[1]), L::repeat_quad(&theirs[2])];
    // Most partners are not moved, and those that are follow each other: the branch is worth it.
    if I::SHIFTS && shift[3] != T::default() {
        for c in 0..3 {
            r_j[c] += L::splat(shift[c].to_f64());
        }
    }
    let mut meeting = Meeting { d: [[L::default(); 3]; MOST], f: [L::default(); MOST] };
    for g in lanes_of(WHICH, 4 / groups) {
        let r_i = four.r[g];
        let d = image.apply::<T, L>([r_i[0] - r_j[0], r_i[1] - r_j[1], r_i[2] - r_j[2]]);
        let mut r2 = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
        if let Some(mask) = mask {
            r2 = L::select_bits(mask >> (g * L::WIDTH), r2, L::splat(FAR_SQUARED));
        }
        let coefficients = table.quads(&types_i[g * groups..], types_j);
        let (u, f) = form.evaluate::<T, L>(r2, &coefficients);
        if ENERGY {
            four.energy += u;
            four.virial = f.mul_add(r2, four.virial);
        }
        meeting.d[g] = d;
        meeting.f[g] = f;
    }
    meeting
}

/// Adds the forces of a meeting on both sides.
#[inline(always)]
fn push<T: Element, L: Lane<T>, const WHICH: usize>(four: &mut Four<L>, meeting: Meeting<L>, forces_j: &mut Forces<T>) {
    let mut force_j = [L::default(); 3];
    let lanes = lanes_of(WHICH, 16 / L::WIDTH);
    let first = lanes.start;
    for g in lanes {
        for c in 0..3 {
            four.force[g][c] = meeting.f[g].mul_add(meeting.d[g][c], four.force[g][c]);
            force_j[c] = if g == first { meeting.f[g] * meeting.d[g][c] } else { meeting.f[g].mul_add(meeting.d[g][c], force_j[c]) };
        }
    }
    L::subtract_quads(force_j, &mut forces_j.0);
}
