//! A list of pairs of clusters, and what belongs to its clusters.
//!
//! Particles are sorted in space and cut into clusters of four. A row of the list is one cluster with all clusters that have a particle
//! within reach of one of its own; each pair of particles is in one row. An entry names a cluster and the lattice vector by which it is
//! moved, so that the kernel needs no nearest image.
//!
//! There are two lists. Candidates are clusters whose bounding boxes came within cutoff + outer skin of each other at the build; near
//! pairs are those candidates that had two particles within cutoff + inner skin when the list was last pruned. A pair that is within
//! the cutoff now was within cutoff + 2 d when the list was pruned, d being the largest displacement since, and a pair that was within
//! reach at the pruning was within reach + 2 D at the build, D being the largest displacement from there to the pruning. So the near
//! pairs are complete while d is at most half of the smaller of inner skin and outer skin - 2 D: d is checked at each evaluation, D at
//! each pruning.
//! Source: Páll et al., J. Chem. Phys. 153 (2020) 134110, section II B (dual pair list).
//!
//! The rows are dealt to parts, as many as the size of the system alone says, each with forces of its own that are added in the order
//! of the parts: whatever the number of threads that work on them, the bytes are the same.

use super::cluster_copies::{Pack, larger, scatter};
use super::exclusions::Exclusions;
use super::list_state::{Cost, ListState};
use super::rounded_lattice::RoundedLattice;
use crate::space::{Configuration, Vectors};
use mcflow_base::{Element, Quads, dispatch};
use rayon::prelude::*;

/// Forces on four particles, component by component, filled up to two registers of the widest kind.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
pub(crate) struct Forces<T>(pub [[T; 4]; 4]);

/// The lists, and positions and forces of their clusters.
#[derive(Debug, Default)]
pub(crate) struct ClusterList {
    /// How it came about; `None` for a list of all pairs.
    pub(super) state: Option<ListState>,
    /// Number of particles.
    pub(super) n: usize,
    /// Square of the displacement since the pruning within which the near pairs are complete.
    pub(super) allowed_squared: f64,
    /// The particle in each slot. Slots without a particle repeat particle 0, translated beyond every cutoff.
    pub(super) order: Vec<u32>,
    /// For each particle its slot.
    pub(super) slots: Vec<u32>,
    /// What is added to a particle's position in each slot: a lattice vector for particles outside the cell.
    pub(super) translations: Vec<Quads<f64>>,
    /// Positions of the slots at the build, and when the near pairs were last chosen.
    pub(super) built_at: Vec<Quads<f64>>,
    pub(super) pruned_at: Vec<Quads<f64>>,
    /// What a difference of two coordinates in f32 can be wrong by.
    pub(super) rounding: f64,
    pub(super) types: Vec<[u32; 4]>,
    /// Positions now, in the precision that was last asked for.
    pub(super) positions: Vec<Quads<f64>>,
    pub(super) positions_f32: Vec<Quads<f32>>,
    /// Lattice vectors of entries.
    pub(super) images: Vec<[f64; 3]>,
    /// How positions and lattice vectors become f32.
    pub(super) rounded: RoundedLattice,
    pub(super) parts: Vec<Part>,
    /// Forces of several parts added up.
    total: Vec<Forces<f64>>,
}

/// Some of the rows, and the forces that come from them.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub candidates: Pairs,
    pub near: Pairs,
    /// Forces on the particles of all clusters, where `touched` says that they are in use, in the precision that was last asked for.
    pub forces: Vec<Forces<f64>>,
    pub forces_f32: Vec<Forces<f32>>,
    pub touched: Touched,
}

/// Pairs of clusters, row by row.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    pub rows: Vec<Row>,
    /// Clusters whose particles all interact with the row's.
    pub plain: Vec<Entry>,
    /// Clusters with a bit for each pair, 4 i + j, that interacts.
    pub masked: Vec<(Entry, u16)>,
}

impl Pairs {
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.plain.clear();
        self.masked.clear();
    }

    /// Ends the row of `cluster`, whose clusters near all four particles and near the first two end at `whole` and `first`.
    #[inline(always)]
    pub(super) fn end_row(&mut self, cluster: usize, whole: usize, first: usize) {
        let plain = [whole, first, self.plain.len()].map(|end| end as u32);
        self.rows.push(Row { cluster: cluster as u32, plain, masked: self.masked.len() as u32 });
    }
}

/// A partner in a row: a cluster, and the number of the lattice vector by which it is moved.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(transparent)]
pub(crate) struct Entry(pub u32);

/// Bits of an entry that name the cluster; there are at most fourteen lattice vectors.
const CLUSTER_BITS: u32 = 28;

impl Entry {
    #[inline(always)]
    pub(super) fn new(cluster: u32, image: usize) -> Self {
        Self(cluster | (image as u32) << CLUSTER_BITS)
    }
    #[inline(always)]
    pub(super) fn cluster(self) -> usize {
        (self.0 & ((1 << CLUSTER_BITS) - 1)) as usize
    }
    #[inline(always)]
    pub(super) fn image(self) -> usize {
        (self.0 >> CLUSTER_BITS) as usize
    }
}

/// Lattice vectors by the number that entries have for them; the last number is 0 where there is nothing to add.
pub(super) fn shifts<T: Stored>(images: &[[f64; 3]], rounded: &RoundedLattice) -> [[T; 4]; 16] {
    let mut shifts = [[T::default(); 4]; 16];
    for (shift, &image) in shifts.iter_mut().zip(images) {
        let [x, y, z] = T::lattice_vector(image, rounded);
        *shift = [x, y, z, T::from_f64(f64::from(u8::from(image != [0.0; 3])))];
    }
    shifts
}

/// A cluster and where its partners end; they begin where those of the row before end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub cluster: u32,
    /// Ends in `plain`: of clusters near all four particles, near the first two alone, near the last two alone. So lanes that hold two of
    /// the four are not computed in vain.
    pub plain: [u32; 3],
    /// End in `masked`.
    pub masked: u32,
}

/// Clusters of one bit of [`Touched`].
const BLOCK: usize = 32;

/// Which blocks of clusters a part has forces for: all others are neither cleared nor added.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    blocks: Vec<bool>,
}

impl Touched {
    /// All of `clusters`.
    pub(super) fn all(clusters: usize) -> Self {
        Self { blocks: vec![true; clusters.div_ceil(BLOCK)] }
    }

    /// The clusters that a part's rows name.
    fn of(part: &Part, clusters: usize) -> Self {
        let mut blocks = vec![false; clusters.div_ceil(BLOCK)];
        part.candidates.rows.iter().for_each(|row| blocks[row.cluster as usize / BLOCK] = true);
        part.candidates.plain.iter().for_each(|entry| blocks[entry.cluster() / BLOCK] = true);
        part.candidates.masked.iter().for_each(|(entry, _)| blocks[entry.cluster() / BLOCK] = true);
        Self { blocks }
    }

    /// Sets the forces in use to 0.
    pub(super) fn prepare<T: Element>(&self, forces: &mut Vec<Forces<T>>, clusters: usize) {
        forces.resize(clusters, Forces::default());
        for (forces, _) in forces.chunks_mut(BLOCK).zip(&self.blocks).filter(|(_, touched)| **touched) {
            forces.fill(Forces::default());
        }
    }
}

impl ClusterList {
    pub(crate) fn state(&self) -> Option<&ListState> {
        self.state.as_ref()
    }

    /// Pairs of clusters that one sum computes, half ones counted as half.
    pub(crate) fn cluster_pairs(&self) -> f64 {
        let halves: u32 = self.parts.iter().flat_map(|part| &part.near.rows).map(|row| row.plain[2] - row.plain[0]).sum();
        let all: usize = self.parts.iter().map(|part| part.near.plain.len() + part.near.masked.len()).sum();
        all as f64 - 0.5 * f64::from(halves)
    }

    /// All pairs of `n` particles, in their own order.
    pub(crate) fn all_pairs(n: usize, types: &[u32], exclusions: &Exclusions) -> Self {
        let clusters = n.div_ceil(4);
        let mut near = Pairs::default();
        for i in 0..clusters {
            let excludes = (4 * i..n.min(4 * i + 4)).any(|a| !exclusions.of(a).is_empty());
            for j in i..clusters {
                let mask = if j == i || 4 * j + 4 > n || excludes {
                    mask(|a, b| {
                        let (a, b) = (4 * i + a, 4 * j + b);
                        a < n && b < n && (i != j || a < b) && !exclusions.of(a).contains(&(b as u32))
                    })
                } else {
                    u16::MAX
                };
                match mask {
                    u16::MAX => near.plain.push(Entry::new(j as u32, 0)),
                    mask => near.masked.push((Entry::new(j as u32, 0), mask)),
                }
            }
            near.end_row(i, near.plain.len(), near.plain.len());
        }
        let order: Vec<u32> = (0..4 * clusters).map(|slot| if slot < n { slot as u32 } else { 0 }).collect();
        Self {
            n,
            types: order.chunks_exact(4).map(|quad| std::array::from_fn(|l| types[quad[l] as usize])).collect(),
            slots: (0..n as u32).collect(),
            order,
            translations: vec![Quads::default(); clusters],
            images: vec![[0.0; 3]],
            parts: vec![Part { near, touched: Touched::all(clusters), ..Part::default() }],
            ..Self::default()
        }
    }

    /// After a build: notes which forces each part touches.
    pub(super) fn finish_parts(&mut self) {
        let clusters = self.types.len();
        match &mut self.parts[..] {
            [only] => only.touched = Touched::all(clusters),
            parts => parts.par_iter_mut().for_each(|part| part.touched = Touched::of(part, clusters)),
        }
    }

    /// Takes over the positions of `configuration`; returns the largest squared displacement since the last pruning (0 for a list of all
    /// pairs), or `None` where the list is none for this configuration.
    pub(crate) fn take_positions<T: Stored>(&mut self, configuration: &Configuration) -> Option<f64> {
        let positions = &configuration.positions;
        if self.n != positions.n() || self.n == 0 {
            return None;
        }
        match &self.state {
            Some(state) if state.built.cell != configuration.cell => None,
            Some(_) => Some(self.pack::<T>(positions, Since::Pruning)),
            None => Some(self.pack::<T>(positions, Since::Never)),
        }
    }

    /// Whether the near pairs are complete after a displacement with this square since they were chosen; counts a use if so.
    pub(crate) fn may_be_used(&mut self, moved: Option<f64>) -> bool {
        let allowed = moved.is_some_and(|moved| moved <= self.allowed_squared);
        if let (true, Some(state)) = (allowed, &mut self.state) {
            state.uses += 1;
        }
        allowed
    }

    /// The largest displacement since the build; takes over the positions in f32.
    pub(crate) fn displacement_from_build(&mut self, positions: &Vectors) -> f64 {
        self.pack::<f32>(positions, Since::Build).sqrt()
    }

    /// From here on, at the positions that `state` names, the near pairs are those within cutoff + `skin`.
    pub(super) fn begin_near_pairs(&mut self, mut state: ListState, skin: f64) {
        self.pack::<f64>(&state.pruned, Since::Never);
        self.pruned_at.clone_from(&self.positions);
        self.allowed_squared = (0.5 * skin).powi(2) * (1.0 - 1e-9);
        state.uses = state.uses.max(1);
        self.state = Some(state);
    }

    fn pack<T: Stored>(&mut self, positions: &Vectors, since: Since) -> f64 {
        let clusters = self.types.len();
        T::of(self).resize(clusters, Quads::default());
        // The target is taken out, so that the rest of the list can be read beside it.
        let mut target = std::mem::take(T::of(self));
        let piece = |first: usize, target: &mut [Quads<T>]| {
            let range = first..first + target.len();
            let (order, translations) = (&self.order[4 * range.start..4 * range.end], &self.translations[range.clone()]);
            let then = match since {
                Since::Build => &self.built_at[range],
                Since::Pruning => &self.pruned_at[range],
                Since::Never => &[],
            };
            dispatch(Pack { positions, order, translations, then, rounded: &self.rounded, target })
        };
        let largest = if self.parts.len() > 1 {
            let pieces = target.par_chunks_mut(PIECE).enumerate();
            pieces.map(|(number, target)| piece(number * PIECE, target)).reduce(|| 0.0, larger)
        } else {
            piece(0, &mut target)
        };
        *T::of(self) = target;
        largest
    }

    /// Adds the forces of all parts, in their order.
    pub(crate) fn add_forces_to<T: Stored>(&mut self, target: &mut Vectors) {
        let n = self.n;
        match &self.parts[..] {
            [only] => scatter(T::forces(only), &self.slots, target.row_mut().chunks_exact_mut(n).collect()),
            parts => {
                self.total.resize(self.types.len(), Forces::default());
                self.total.par_chunks_mut(BLOCK).with_min_len(8).enumerate().for_each(|(block, total)| {
                    total.fill(Forces::default());
                    for part in parts.iter().filter(|part| part.touched.blocks[block]) {
                        for (total, forces) in total.iter_mut().zip(&T::forces(part)[block * BLOCK..]) {
                            for c in 0..3 {
                                for l in 0..4 {
                                    total.0[c][l] += forces.0[c][l].to_f64();
                                }
                            }
                        }
                    }
                });
                let total = &self.total[..];
                let mut pieces: Vec<Vec<&mut [f64]>> = (0..n.div_ceil(PIECE)).map(|_| Vec::with_capacity(3)).collect();
                for component in target.row_mut().chunks_exact_mut(n) {
                    pieces.iter_mut().zip(component.chunks_mut(PIECE)).for_each(|(piece, component)| piece.push(component));
                }
                let pieces = pieces.into_par_iter().with_min_len(8).zip(self.slots.par_chunks(PIECE));
                pieces.for_each(|(piece, slots)| scatter(total, slots, piece));
            }
        }
    }
}

/// Since when displacements are measured.
#[derive(Clone, Copy)]
enum Since {
    Build,
    Pruning,
    Never,
}

/// Clusters that one thread packs at a time.
const PIECE: usize = 512;

/// Which array of a list holds positions in this precision.
pub(crate) trait Stored: Element {
    /// What the parts of a sum cost.
    const COST: Cost;
    /// Four positions in this precision.
    fn four(r: &[[f64; 4]; 3], rounded: &RoundedLattice) -> [[Self; 4]; 3];
    /// A lattice vector in this precision.
    fn lattice_vector(r: [f64; 3], rounded: &RoundedLattice) -> [Self; 3];
    fn of(list: &mut ClusterList) -> &mut Vec<Quads<Self>>;
    fn get(list: &ClusterList) -> &[Quads<Self>];
    fn forces(part: &Part) -> &[Forces<Self>];
    fn forces_mut(part: &mut Part) -> &mut Vec<Forces<Self>>;
}

impl Stored for f64 {
    const COST: Cost = Cost::DOUBLE;
    #[inline(always)]
    fn four(r: &[[f64; 4]; 3], _: &RoundedLattice) -> [[f64; 4]; 3] {
        *r
    }
    fn lattice_vector(r: [f64; 3], _: &RoundedLattice) -> [f64; 3] {
        r
    }
    fn of(list: &mut ClusterList) -> &mut Vec<Quads<f64>> {
        &mut list.positions
    }
    fn get(list: &ClusterList) -> &[Quads<f64>] {
        &list.positions
    }
    fn forces(part: &Part) -> &[Forces<f64>] {
        &part.forces
    }
    fn forces_mut(part: &mut Part) -> &mut Vec<Forces<f64>> {
        &mut part.forces
    }
}

impl Stored for f32 {
    const COST: Cost = Cost::SINGLE;
    #[inline(always)]
    fn four(r: &[[f64; 4]; 3], rounded: &RoundedLattice) -> [[f32; 4]; 3] {
        rounded.stretch(r).map(|component| component.map(|x| x as f32))
    }
    fn lattice_vector(r: [f64; 3], rounded: &RoundedLattice) -> [f32; 3] {
        rounded.stretch_one(r).map(|x| x as f32)
    }
    fn of(list: &mut ClusterList) -> &mut Vec<Quads<f32>> {
        &mut list.positions_f32
    }
    fn get(list: &ClusterList) -> &[Quads<f32>] {
        &list.positions_f32
    }
    fn forces(part: &Part) -> &[Forces<f32>] {
        &part.forces_f32
    }
    fn forces_mut(part: &mut Part) -> &mut Vec<Forces<f32>> {
        &mut part.forces_f32
    }
}

/// The mask of four particles against four.
#[inline(always)]
pub(super) fn mask(interacts: impl Fn(usize, usize) -> bool) -> u16 {
    let mut mask = 0;
    for a in 0..4 {
        for b in 0..4 {
            mask |= u16::from(interacts(a, b)) << (4 * a + b);
        }
    }
    mask
}
