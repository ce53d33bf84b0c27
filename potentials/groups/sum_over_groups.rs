//! Sums over groups of two, three or four particles: one configuration with groups in lanes, or configurations in lanes.

use crate::interface::{Block, Evaluation, Hold, Holds, Local, Memory, Moved, Potential, Reach};
use crate::space::image::Nearest;
use crate::space::{Cell, Configuration, Vectors};
use mcflow_base::{InstructionSet, Kernel, Lane, dispatch_with};
use std::fmt::Debug;

/// Elements of the widest lane.
const WIDEST: usize = 16;

/// The energy of a group of `SIZE` particles, written once for lanes of groups and of configurations.
///
/// Coordinates of a group: `x[0]` is where its first particle is, `x[k]` how far particle k is from the one before it (between nearest
/// images in a periodic cell). Each group has `NUMBERS` of its own: a stiffness, a length.
pub(crate) trait GroupForm<const SIZE: usize, const NUMBERS: usize>: Debug + Send + Sync + 'static {
    /// Whether the energy depends on `x[1]`, `x[2]`, ... alone: then it has a virial.
    const TRANSLATES: bool;
    fn name(&self) -> &'static str;
    /// What becomes of the energy as particles of the group go far away.
    fn hold(&self, numbers: &[f64; NUMBERS]) -> Hold;
    /// The key and the value of a length of which a cell must hold two: how far members of a group are from each other.
    fn reach(&self, _numbers: &[f64; NUMBERS]) -> Option<(&'static str, f64)> {
        None
    }
    /// Energy, and its derivatives with respect to the coordinates.
    fn evaluate<L: Lane>(&self, x: &[[L; 3]; SIZE], numbers: &[L; NUMBERS]) -> (L, [[L; 3]; SIZE]);
    /// Whether the energy is infinite beyond an edge.
    const HAS_EDGE: bool = false;
    /// The same as it goes on beyond the edge when softened.
    #[inline(always)]
    fn evaluate_softened<L: Lane>(&self, x: &[[L; 3]; SIZE], numbers: &[L; NUMBERS]) -> (L, [[L; 3]; SIZE]) {
        self.evaluate(x, numbers)
    }
}

/// The particles and numbers of all groups, and the groups of all particles.
#[derive(Debug)]
struct Groups<const SIZE: usize, const NUMBERS: usize> {
    members: Vec<[usize; SIZE]>,
    numbers: Vec<[f64; NUMBERS]>,
    /// For each particle the groups it belongs to.
    of: Vec<Vec<usize>>,
}

/// The sum of a form over groups, as a potential.
#[derive(Debug)]
pub(crate) struct SumOverGroups<F, const SIZE: usize, const NUMBERS: usize> {
    form: F,
    groups: Groups<SIZE, NUMBERS>,
}

impl<F: GroupForm<SIZE, NUMBERS>, const SIZE: usize, const NUMBERS: usize> SumOverGroups<F, SIZE, NUMBERS> {
    /// The sum over `groups`, different ones of `n` particles, with the numbers of each.
    pub(crate) fn new(form: F, groups: impl IntoIterator<Item = ([usize; SIZE], [f64; NUMBERS])>, n: usize) -> Self {
        let (members, numbers): (Vec<[usize; SIZE]>, Vec<[f64; NUMBERS]>) = groups.into_iter().unzip();
        let mut of = vec![Vec::new(); n];
        for (g, group) in members.iter().enumerate() {
            group.iter().for_each(|&i| of[i].push(g));
        }
        Self { form, groups: Groups { members, numbers, of } }
    }
}

impl<F: GroupForm<SIZE, NUMBERS>, const SIZE: usize, const NUMBERS: usize> Potential for SumOverGroups<F, SIZE, NUMBERS> {
    fn name(&self) -> &'static str {
        self.form.name()
    }

    fn note_holds(&self, _n: usize, holds: &mut Holds) {
        let Groups { members, numbers, .. } = &self.groups;
        members.iter().zip(numbers).for_each(|(group, numbers)| holds.add(self.form.hold(numbers), group));
    }

    fn reach(&self) -> Option<Reach> {
        let all = self.groups.numbers.iter().filter_map(|numbers| self.form.reach(numbers));
        let (what, length) = all.max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Reach { length, what, term: self.form.name() })
    }

    fn evaluate(&self, configuration: &Configuration, memory: &mut Memory, forces: Option<&mut Vectors>) -> Evaluation {
        dispatch_with(memory.set(), OverGroups { form: &self.form, groups: &self.groups, configuration, forces })
    }

    fn change(&self, configuration: &Configuration, memory: &mut Memory, moved: &[Moved]) -> f64 {
        let [before, after] = self.before_and_after(configuration, memory, moved);
        after - before
    }

    fn evaluate_block(&self, set: InstructionSet, cell: &Cell, block: &mut Block) {
        dispatch_with(set, OverConfigurations { form: &self.form, groups: &self.groups, image: Nearest::new(cell), block });
    }
}

impl<F: GroupForm<SIZE, NUMBERS>, const SIZE: usize, const NUMBERS: usize> Local for SumOverGroups<F, SIZE, NUMBERS> {
    fn before_and_after(&self, configuration: &Configuration, memory: &mut Memory, moved: &[Moved]) -> [f64; 2] {
        let several;
        let touched = match moved {
            [one] => &self.groups.of[one.particle][..],
            moved => {
                several = self.groups.of_any(moved);
                &several
            }
        };
        dispatch_with(memory.set(), OfMoved { form: &self.form, groups: &self.groups, touched, configuration, moved })
    }
}

impl<const SIZE: usize, const NUMBERS: usize> Groups<SIZE, NUMBERS> {
    /// The groups of any of these particles, each once.
    fn of_any(&self, moved: &[Moved]) -> Vec<usize> {
        let mut touched: Vec<usize> = moved.iter().flat_map(|one| &self.of[one.particle]).copied().collect();
        touched.sort_unstable();
        touched.dedup();
        touched
    }
}

/// Coordinates of groups from the positions of their particles.
#[inline(always)]
fn coordinates<L: Lane, const SIZE: usize>(r: &[[L; 3]; SIZE], image: Nearest) -> [[L; 3]; SIZE] {
    let mut x = *r;
    for k in 1..SIZE {
        x[k] = image.apply([r[k][0] - r[k - 1][0], r[k][1] - r[k - 1][1], r[k][2] - r[k - 1][2]]);
    }
    x
}

/// The derivative with respect to component `c` of the position of particle `k`, from those with respect to coordinates.
#[inline(always)]
fn gradient<L: Lane, const SIZE: usize>(by_coordinates: &[[L; 3]; SIZE], k: usize, c: usize) -> L {
    if k + 1 < SIZE { by_coordinates[k][c] - by_coordinates[k + 1][c] } else { by_coordinates[k][c] }
}

struct OverGroups<'a, F, const SIZE: usize, const NUMBERS: usize> {
    form: &'a F,
    groups: &'a Groups<SIZE, NUMBERS>,
    configuration: &'a Configuration,
    forces: Option<&'a mut Vectors>,
}

impl<F: GroupForm<SIZE, NUMBERS>, const SIZE: usize, const NUMBERS: usize> Kernel for OverGroups<'_, F, SIZE, NUMBERS> {
    type Output = Evaluation;
    #[inline(always)]
    fn run<L: Lane>(mut self) -> Evaluation {
        let positions = &self.configuration.positions;
        let (n, dimension, row) = (positions.n(), positions.dimension(), positions.row());
        let image = Nearest::new(&self.configuration.cell);
        let (mut energy, mut virial) = (L::default(), L::default());
        let mut first = 0;
        while first < self.groups.members.len() {
            let count = (self.groups.members.len() - first).min(L::WIDTH);
            let mut r = [[L::default(); 3]; SIZE];
            for k in 0..SIZE {
                for c in 0..dimension {
                    let mut elements = [0.0; WIDEST];
                    for l in 0..L::WIDTH {
                        elements[l] = row[c * n + self.groups.members[first + l.min(count - 1)][k]];
                    }
                    r[k][c] = L::load(&elements[..L::WIDTH]);
                }
            }
            let x = coordinates(&r, image);
            let mut numbers = [L::default(); NUMBERS];
            for k in 0..NUMBERS {
                let mut elements = [0.0; WIDEST];
                for l in 0..L::WIDTH {
                    elements[l] = self.groups.numbers[first + l.min(count - 1)][k];
                }
                numbers[k] = L::load(&elements[..L::WIDTH]);
            }
            let (u, by_coordinates) = self.form.evaluate(&x, &numbers);
            // The last group is repeated where there are no more.
            let there = (1 << count) - 1;
            energy += L::select_bits(there, u, L::default());
            if F::TRANSLATES {
                let mut sum = L::default();
                for k in 1..SIZE {
                    for c in 0..3 {
                        sum = x[k][c].mul_add(by_coordinates[k][c], sum);
                    }
                }
                virial -= L::select_bits(there, sum, L::default());
            }
            if let Some(forces) = &mut self.forces {
                let forces = forces.row_mut();
                for k in 0..SIZE {
                    for c in 0..dimension {
                        let mut elements = [0.0; WIDEST];
                        gradient(&by_coordinates, k, c).store(&mut elements[..L::WIDTH]);
                        for l in 0..count {
                            forces[c * n + self.groups.members[first + l][k]] -= elements[l];
                        }
                    }
                }
            }
            first += count;
        }
        Evaluation { energy: energy.sum(), virial: virial.sum() }
    }
}

/// The energies of some groups before and after particles of theirs are moved.
struct OfMoved<'a, F, const SIZE: usize, const NUMBERS: usize> {
    form: &'a F,
    groups: &'a Groups<SIZE, NUMBERS>,
    /// The groups.
    touched: &'a [usize],
    configuration: &'a Configuration,
    moved: &'a [Moved],
}

impl<F: GroupForm<SIZE, NUMBERS>, const SIZE: usize, const NUMBERS: usize> Kernel for OfMoved<'_, F, SIZE, NUMBERS> {
    type Output = [f64; 2];
    #[inline(always)]
    fn run<L: Lane>(self) -> [f64; 2] {
        let Self { form, groups, touched, configuration, moved } = self;
        let (n, dimension, row) = (configuration.positions.n(), configuration.positions.dimension(), configuration.positions.row());
        let image = Nearest::new(&configuration.cell);
        let (mut before, mut after) = (L::default(), L::default());
        let mut first = 0;
        while first < touched.len() {
            let count = (touched.len() - first).min(L::WIDTH);
            let (mut old, mut new) = ([[L::default(); 3]; SIZE], [[L::default(); 3]; SIZE]);
            for k in 0..SIZE {
                let (mut from, mut to) = ([[0.0; WIDEST]; 3], [[0.0; WIDEST]; 3]);
                for l in 0..L::WIDTH {
                    let particle = groups.members[touched[first + l.min(count - 1)]][k];
                    for c in 0..dimension {
                        from[c][l] = row[c * n + particle];
                        to[c][l] = from[c][l];
                    }
                    if let Some(place) = Moved::place_of(moved, particle) {
                        for c in 0..dimension {
                            to[c][l] = place[c];
                        }
                    }
                }
                for c in 0..dimension {
                    old[k][c] = L::load(&from[c][..L::WIDTH]);
                    new[k][c] = L::load(&to[c][..L::WIDTH]);
                }
            }
            let mut numbers = [L::default(); NUMBERS];
            for k in 0..NUMBERS {
                let mut elements = [0.0; WIDEST];
                for l in 0..L::WIDTH {
                    elements[l] = groups.numbers[touched[first + l.min(count - 1)]][k];
                }
                numbers[k] = L::load(&elements[..L::WIDTH]);
            }
            // The last group is repeated where there are no more.
            let there = (1 << count) - 1;
            before += L::select_bits(there, form.evaluate(&coordinates(&old, image), &numbers).0, L::default());
            after += L::select_bits(there, form.evaluate(&coordinates(&new, image), &numbers).0, L::default());
            first += count;
        }
        [before.sum(), after.sum()]
    }
}

struct OverConfigurations<'a, F, const SIZE: usize, const NUMBERS: usize> {
    form: &'a F,
    groups: &'a Groups<SIZE, NUMBERS>,
    image: Nearest<'a>,
    block: &'a mut Block,
}

impl<F: GroupForm<SIZE, NUMBERS>, const SIZE: usize, const NUMBERS: usize> Kernel for OverConfigurations<'_, F, SIZE, NUMBERS> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let Block { dimension, n, positions, energies, gradients, softening, .. } = self.block;
        let mut energy = L::load(energies);
        for (group, own) in self.groups.members.iter().zip(&self.groups.numbers) {
            let mut r = [[L::default(); 3]; SIZE];
            for k in 0..SIZE {
                for c in 0..*dimension {
                    r[k][c] = L::load(&positions[(c * *n + group[k]) * L::WIDTH..]);
                }
            }
            let x = coordinates(&r, self.image);
            let mut numbers = [L::default(); NUMBERS];
            for k in 0..NUMBERS {
                numbers[k] = L::splat(own[k]);
            }
            let softened = F::HAS_EDGE && softening.edge > 0.0;
            let (u, by_coordinates) = if softened { self.form.evaluate_softened(&x, &numbers) } else { self.form.evaluate(&x, &numbers) };
            energy += u;
            if !gradients.is_empty() {
                for k in 0..SIZE {
                    for c in 0..*dimension {
                        let target = &mut gradients[(c * *n + group[k]) * L::WIDTH..];
                        (L::load(target) + gradient(&by_coordinates, k, c)).store(target);
                    }
                }
            }
        }
        energy.store(energies);
    }
}
