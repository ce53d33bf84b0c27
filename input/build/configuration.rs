//! Particles, cell and starting configurations of an input.

use super::Builder;
use crate::machine::{free_bytes, in_words};
use crate::schema::{CellInput, Start};
use mcflow_engine::{Purpose, bytes_of_walkers, purpose_stream, random_positions};
use mcflow_potentials::{Cell, Configuration, Particles, Vectors};

/// What lives where.
pub(super) struct Space {
    pub particles: Particles,
    pub cell: Cell,
}

impl Builder<'_> {
    /// Particles and cell; `None` where the cell is none.
    pub(super) fn space(&mut self) -> Option<Space> {
        let input = self.input;
        let mut particles = Particles { type_names: Vec::new(), types: Vec::new(), masses: Vec::new() };
        let mut too_many = false;
        for (k, species) in input.system.particles.iter().enumerate() {
            let key = |name: &str| format!("system.particles[{k}].{name}");
            self.require(&key("mass"), species.mass, |m| m > 0.0, "a finite number above 0");
            if species.count == 0 || species.count > 50_000_000 {
                self.report(key("count"), species.count, "a whole number from 1 to 50000000");
                too_many |= species.count > 0;
                continue;
            }
            if species.name.is_empty() || species.name.contains(char::is_whitespace) {
                self.report(key("type"), format!("{:?}", species.name), "a name without blanks");
            }
            let known = particles.type_names.iter().position(|name| *name == species.name);
            let number = known.unwrap_or_else(|| {
                particles.type_names.push(species.name.clone());
                particles.type_names.len() - 1
            });
            particles.types.extend(std::iter::repeat_n(number, species.count));
            particles.masses.extend(std::iter::repeat_n(species.mass * input.units.mass(), species.count));
        }
        if too_many {
            return None;
        }
        if input.system.particles.is_empty() {
            self.report("system.particles", "no particles", "at least one, such as (type: \"A\", count: 1)");
        }
        let cell = self.cell(particles.n().max(1))?;
        if particles.n() == 0 {
            particles = Particles::alike("A", 1, 1.0);
        }
        Some(Space { particles, cell })
    }

    fn cell(&mut self, n: usize) -> Option<Cell> {
        let key = "system.cell";
        let dimension_of = |builder: &mut Self, dimension: usize| {
            if (1..=3).contains(&dimension) {
                return Some(dimension);
            }
            builder.report("system.cell.dimension", dimension, "1, 2 or 3");
            None
        };
        let made = match &self.input.system.cell {
            CellInput::Open { dimension } => return dimension_of(self, *dimension).map(Cell::open),
            CellInput::Orthorhombic { lengths } => Cell::orthorhombic(lengths),
            CellInput::Cube { density, dimension } => {
                let dimension = dimension_of(self, *dimension)?;
                if !(density.is_finite() && *density > 0.0) {
                    self.report("system.cell.density", density, "a finite number above 0");
                    return None;
                }
                // Roots that are exact where they can be: a cutoff of half the edge is allowed.
                let volume = n as f64 / density;
                let edge = [volume, volume.sqrt(), volume.cbrt()][dimension - 1];
                Cell::orthorhombic(&vec![edge; dimension])
            }
            CellInput::Triclinic { vectors } => {
                let dimension = vectors.len();
                if !(1..=3).contains(&dimension) || vectors.iter().any(|v| v.len() != dimension) {
                    let expected = "as many vectors as dimensions (1 to 3), each of as many components";
                    self.report("system.cell.vectors", format!("{vectors:?}"), expected);
                    return None;
                }
                let mut rows = [[0.0; 3]; 3];
                for (row, vector) in rows.iter_mut().zip(vectors) {
                    row[..dimension].copy_from_slice(vector);
                }
                Cell::triclinic(dimension, rows)
            }
            CellInput::Angles { lengths, angles } => Cell::from_lengths_and_angles(*lengths, *angles),
            CellInput::FromStart => {
                let Some(Start::File(source)) = &self.input.start else {
                    self.report(key, "FromStart without a `start: File(...)`", "an extended XYZ file as `start`, or the cell itself");
                    return None;
                };
                return self.cell_of_start(source, n);
            }
        };
        if let CellInput::Orthorhombic { lengths } = &self.input.system.cell
            && !(1..=3).contains(&lengths.len())
        {
            self.report("system.cell.lengths", format!("{} lengths", lengths.len()), "1 to 3, one a dimension");
            return None;
        }
        let lengths = match &self.input.system.cell {
            CellInput::Orthorhombic { lengths } => lengths.as_slice(),
            CellInput::Angles { lengths, .. } => lengths.as_slice(),
            _ => &[],
        };
        for (k, length) in lengths.iter().enumerate() {
            self.require(&format!("system.cell.lengths[{k}]"), *length, |l| l > 0.0, "a finite number above 0");
        }
        if !self.document.is_sound(key) || lengths.iter().any(|l| !(l.is_finite() && *l > 0.0)) {
            return made.ok();
        }
        let refused = |message: String| match &self.input.system.cell {
            CellInput::Angles { angles, .. } if message.starts_with("angles") => {
                self.report("system.cell.angles", format!("{angles:?}"), "three angles between 0 and 180 degrees that enclose a volume");
            }
            _ => self.report(key, format!("a cell that is none: {message}"), "a cell of positive volume, a along x, b in the xy plane"),
        };
        let cell = made.map_err(refused).ok()?;
        let volume = cell.volume().unwrap_or(1.0);
        if !(volume.is_finite() && volume > 0.0 && cell.smallest_height().is_finite()) {
            self.report(key, format!("a cell of volume {volume}"), "a cell whose volume is a finite number above 0");
            return None;
        }
        Some(cell)
    }

    /// The states that have a start of their own, in their order.
    pub(super) fn states_with_start(&self) -> Vec<usize> {
        (0..self.input.states.0.len()).filter(|&k| self.input.states.0[k].1.start.is_some()).collect()
    }

    /// The key of the start of a walker.
    pub(super) fn start_key(&self, walker: usize) -> String {
        match self.states_with_start().as_slice() {
            [] => "start".to_string(),
            states => format!("states[{:?}].start", self.input.states.0[states[walker % states.len()]].0),
        }
    }

    /// One starting configuration a walker.
    pub(super) fn starts(&mut self, space: &Space) -> Option<Vec<Configuration>> {
        let input = self.input;
        let sane = |walkers: usize| if (1..=1_000_000).contains(&walkers) { walkers } else { 1 };
        let rungs: Vec<usize> = input.ladder.iter().map(|rung| sane(rung.walkers)).collect();
        // Judged before a place for each is gathered.
        let (all, n) = (rungs.iter().sum(), space.particles.n());
        let needed = bytes_of_walkers(all, n, space.cell.dimension(), false);
        if let Some(free) = free_bytes().filter(|free| needed > *free) {
            let expected = format!("no more than the {} of memory that are free here: fewer walkers or particles", in_words(free));
            self.report("ladder", format!("{all} walkers of {n} particles, which need about {}", in_words(needed)), expected);
            return None;
        }
        let sources: Vec<(String, &Start)> = match (self.states_with_start().as_slice(), &input.start) {
            ([], Some(start)) => vec![("start".to_string(), start)],
            ([], None) => {
                self.report("start", "no starting configuration", "`start: ...`, or a `start` in the states");
                return None;
            }
            (states, None) => {
                states.iter().map(|&k| (self.start_key_of(k), input.states.0[k].1.start.as_ref().expect("has a start"))).collect()
            }
            (_, Some(_)) => {
                self.report("start", "a start beside the starts of the states", "one or the other");
                return None;
            }
        };
        let mut made: Vec<Vec<Vectors>> = Vec::new();
        for (k, (key, start)) in sources.iter().enumerate() {
            let share = rungs.iter().map(|walkers| walkers.div_ceil(sources.len())).sum();
            made.push(if self.document.is_sound(key) { self.positions(key, start, space, share, k)? } else { return None });
        }
        // Walkers of each rung start in turn in every state, and no two alike as long as there is another start.
        let mut taken = vec![0; made.len()];
        let configuration = |walker: usize| {
            let state = walker % made.len();
            let positions = made[state][taken[state] % made[state].len()].clone();
            taken[state] += 1;
            Configuration { positions, cell: space.cell.clone() }
        };
        Some(rungs.iter().flat_map(|&walkers| 0..walkers).map(configuration).collect())
    }

    fn start_key_of(&self, state: usize) -> String {
        format!("states[{:?}].start", self.input.states.0[state].0)
    }

    /// Positions that `start` means, in turn for up to `walkers` walkers.
    fn positions(&mut self, key: &str, start: &Start, space: &Space, walkers: usize, number: usize) -> Option<Vec<Vectors>> {
        let (n, dimension) = (space.particles.n(), space.cell.dimension());
        match start {
            Start::Positions(points) => {
                if points.len() != n {
                    self.report(key, format!("{} positions", points.len()), format!("{n}, one a particle"));
                    return None;
                }
                if let Some(i) = points.iter().position(|p| p.len() != dimension) {
                    self.report(format!("{key}[{i}]"), format!("{} coordinates", points[i].len()), format!("{dimension}, one a dimension"));
                    return None;
                }
                let mut vectors = Vectors::zeros(dimension, n);
                for (i, point) in points.iter().enumerate() {
                    vectors.set(i, std::array::from_fn(|c| point.get(c).copied().unwrap_or(0.0)));
                }
                Some(vec![vectors])
            }
            Start::File(source) => self.stored_positions(key, source, space, walkers, false),
            Start::Lattice(lattice) => {
                if !space.cell.is_periodic() {
                    self.report(key, "a lattice in an open cell", "a periodic cell, or `Positions`");
                    return None;
                }
                if let Some(needed) = lattice.dimension().filter(|d| *d != dimension) {
                    self.report(key, format!("{lattice:?} in {dimension} dimension(s)"), format!("{needed} dimensions, or SimpleCubic"));
                    return None;
                }
                Some(vec![lattice.positions(n, &space.cell)])
            }
            Start::Random { minimum_distance } => {
                if !space.cell.is_periodic() {
                    self.report(key, "random points in an open cell", "a periodic cell, or `Positions`");
                    return None;
                }
                if !(minimum_distance.is_finite() && *minimum_distance >= 0.0) {
                    self.report(format!("{key}.minimum_distance"), minimum_distance, "a finite number, at least 0");
                    return None;
                }
                let mut random = purpose_stream(self.input.seed, Purpose::Starts, number);
                // Random points of a state are those of its region: what falls outside is drawn again.
                let subject = self.subject(&space.particles, &space.cell);
                let region = self.states_with_start().get(number).map(|&state| self.input.states.0[state].1.condition.bound_to(&subject));
                let region = region.filter(|region| region.problems(&subject).is_empty() && !region.has_cell());
                let tries = (200_000_000 / (n * n).max(1)).clamp(10, 1000);
                let mut all = Vec::new();
                for _ in 0..walkers {
                    for tried in 1..=tries {
                        match random_positions(n, &space.cell, *minimum_distance, &mut random) {
                            Ok(positions) => {
                                let start = Configuration { positions, cell: space.cell.clone() };
                                if tried == tries || region.as_ref().is_none_or(|region| region.holds(&start)) {
                                    all.push(start.positions);
                                    break;
                                }
                            }
                            Err(placed) => {
                                let found = format!("{minimum_distance}, at which only {placed} of {n} particles found a place");
                                self.report(format!("{key}.minimum_distance"), found, "a smaller distance, or a lattice");
                                return None;
                            }
                        }
                    }
                }
                Some(all)
            }
        }
    }
}

/// The two particles that are nearest to each other, with their distance; `None` for fewer than two, or too many to look at all pairs.
pub(crate) fn nearest_pair(configuration: &Configuration) -> Option<(usize, usize, f64)> {
    const MOST: usize = 10_000;
    let n = configuration.positions.n();
    if n > MOST {
        return None;
    }
    let mut nearest: Option<(usize, usize, f64)> = None;
    for j in 0..n {
        for i in 0..j {
            let (a, b) = (configuration.positions.get(i), configuration.positions.get(j));
            let d = configuration.cell.minimum_image(std::array::from_fn(|c| b[c] - a[c]));
            let distance = d.iter().map(|v| v * v).sum::<f64>().sqrt();
            if nearest.is_none_or(|(_, _, least)| distance < least) {
                nearest = Some((i, j, distance));
            }
        }
    }
    nearest
}
