//! Whether a frame of a file is one of a system: the same rules for starts, samples and energies.

use mcflow_engine::trajectory::{StoredCell, StoredFrame};
use mcflow_potentials::{Cell, Configuration, Particles, Vectors};

/// Why a frame is none of a system.
#[derive(Clone, Debug, PartialEq)]
pub struct Misfit {
    /// What the frame has.
    pub found: String,
    /// What it should have.
    pub expected: String,
}

impl Misfit {
    fn new(found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { found: found.into(), expected: expected.into() }
    }
}

/// The frame, number `number` of its file from 1, as a configuration of `particles`: in the cell that it has itself, else in `cell`.
///
/// # Errors
/// Another number or other types of particles; coordinates or cell vectors beyond the dimensions of `cell`; directions that repeat in the one
/// and not in the other; a cell that is none.
pub fn configuration(frame: &StoredFrame, number: usize, particles: &Particles, cell: &Cell) -> Result<Configuration, Misfit> {
    let (n, dimension) = (particles.n(), cell.dimension());
    if frame.positions.len() != n {
        return Err(Misfit::new(
            format!("{} particles in frame {number}", frame.positions.len()),
            format!("{n} particles, as in `system.particles`"),
        ));
    }
    let wanted = |i: usize| &particles.type_names[particles.types[i]];
    if let Some(species) = &frame.species
        && let Some(i) = (0..n).find(|&i| species[i] != *wanted(i))
    {
        return Err(Misfit::new(
            format!("{:?} as particle {i} (from 0) of frame {number}", species[i]),
            format!("{:?}, as in `system.particles`", wanted(i)),
        ));
    }
    if let Some(i) = (0..n).find(|&i| frame.positions[i][dimension..].iter().any(|&v| v != 0.0)) {
        return Err(Misfit::new(
            format!("particle {i} (from 0) of frame {number} at {:?}", frame.positions[i]),
            format!("zeros beyond the {dimension} dimension(s) of the cell"),
        ));
    }
    check_repeats(frame, number, cell)?;
    let own = if cell.is_periodic() { own_cell(frame, number, dimension)? } else { None };
    Ok(Configuration { positions: Vectors::from_points(dimension, &frame.positions), cell: own.unwrap_or_else(|| cell.clone()) })
}

/// The cell that a frame describes all by itself, for `cell: FromStart`; as many dimensions as directions that repeat, if the others are
/// empty.
///
/// # Errors
/// No cell; directions that repeat beside others in which particles are spread; a cell that is none.
pub fn cell_of(frame: &StoredFrame, number: usize) -> Result<Cell, Misfit> {
    let Some(repeats) = frame.repeats().filter(|_| frame.cell.is_some()) else {
        return Err(Misfit::new("no cell", "a frame with a cell"));
    };
    if repeats == [false; 3] {
        return Ok(Cell::open(3));
    }
    let dimension = repeats.iter().take_while(|repeats| **repeats).count();
    let used = |c: usize| frame.positions.iter().any(|position| position[c] != 0.0);
    let (leading, empty) = (repeats[dimension..] == vec![false; 3 - dimension], (dimension..3).all(|c| !used(c)));
    if dimension == 0 || !leading || !empty {
        let expected = "a frame that repeats in all directions, or in none; or one of a plane or a line: along x and y, or x, and the other coordinates 0";
        return Err(Misfit::new(shown_repeats(frame, number), expected));
    }
    if matches!(frame.cell, Some(StoredCell::Lengths(..))) && dimension == 3 && frame.positions.len() > 1 && !used(2) {
        // A plane and a flat frame of three dimensions look alike: the format has lengths alone.
        let found =
            format!("particles that all have z = 0 in frame {number} of a DCD file, which does not say how many dimensions there are");
        return Err(Misfit::new(found, "the cell itself, such as `Orthorhombic(lengths: [10.0, 10.0])`"));
    }
    own_cell(frame, number, dimension)?.ok_or_else(|| Misfit::new("no cell", "a frame with a cell"))
}

fn own_cell(frame: &StoredFrame, number: usize, dimension: usize) -> Result<Option<Cell>, Misfit> {
    let wrong = |found| {
        Misfit::new(format!("a cell that is none in frame {number}: {found}"), "a cell of positive volume, a along x, b in the xy plane")
    };
    let cell = frame.cell(dimension).map_err(wrong)?;
    let volume = cell.as_ref().and_then(Cell::volume).unwrap_or(1.0);
    if volume.is_finite() && volume > 0.0 { Ok(cell) } else { Err(wrong(format!("its volume is {volume}"))) }
}

/// The directions that the frame says repeat must be those of `cell`; a Lattice alone says nothing of dimensions that `cell` has not.
fn check_repeats(frame: &StoredFrame, number: usize, cell: &Cell) -> Result<(), Misfit> {
    let Some(repeats) = frame.repeats() else { return Ok(()) };
    let dimension = cell.dimension();
    let beyond = repeats[dimension..].contains(&true) && frame.periodic.is_some();
    let expected = match (cell.is_periodic(), dimension) {
        (false, _) if repeats != [false; 3] => {
            "no direction that repeats: `system.cell` is open (write pbc=\"F F F\" where the file has a cell)"
        }
        (true, 3) if repeats != [true; 3] => "x, y and z that repeat, as in `system.cell`: directions cannot be open one by one",
        (true, 2) if repeats[..2] != [true; 2] || beyond => "x and y that repeat, and not z, as in `system.cell`",
        (true, 1) if !repeats[0] || beyond => "x that repeats, and not y and z, as in `system.cell`",
        _ => return Ok(()),
    };
    Err(Misfit::new(shown_repeats(frame, number), expected))
}

fn shown_repeats(frame: &StoredFrame, number: usize) -> String {
    match (&frame.cell, frame.periodic) {
        (_, Some(flags)) => format!("pbc=\"{}\" in frame {number}", flags.map(|flag| if flag { "T" } else { "F" }).join(" ")),
        (Some(StoredCell::Lengths(lengths, _)), None) => format!("cell lengths {lengths:?} in frame {number}"),
        _ => format!("a Lattice, without a pbc that says otherwise, in frame {number}"),
    }
}
