use super::*;
use mcflow_potentials::Cell;

/// Numbers that need all their digits.
fn positions(dimension: usize, n: usize, frame: usize) -> Vectors {
    let mut vectors = Vectors::zeros(dimension, n);
    for (k, v) in vectors.row_mut().iter_mut().enumerate() {
        *v = ((k + 17 * frame + 1) as f64 * 0.754_877_666_246_692_7).fract() * 9.0 - 3.0;
    }
    vectors
}

/// nm, kJ/mol and ps, as they go into files.
const MOLAR: FileUnits = FileUnits { angstroms: 10.0, electronvolts: 0.01, picoseconds: 1.0, reduced: false };

/// A system that is written: cell, units, names of two types in turn, bonds.
struct Written {
    name: &'static str,
    cell: Cell,
    units: FileUnits,
    types: [&'static str; 2],
    bonds: &'static [[usize; 2]],
}

impl Written {
    fn particles(&self, n: usize) -> Particles {
        Particles { type_names: self.types.map(str::to_string).to_vec(), ..dimers(n) }
    }
}

fn systems() -> Vec<Written> {
    let triclinic = Cell::triclinic(3, [[6.0, 0.0, 0.0], [1.2, 5.5, 0.0], [-0.8, 0.9, 7.0]]).unwrap();
    let of = |name, cell, units, types, bonds| Written { name, cell, units, types, bonds };
    let reduced = FileUnits::REDUCED;
    vec![
        of("triclinic", triclinic, reduced, ["Ar", "Kr"], &[]),
        of("orthorhombic", Cell::orthorhombic(&[5.0, 6.5, 7.25]).unwrap(), MOLAR, ["Ar", "bead"], &[[0, 1], [1, 2]]),
        of("open", Cell::open(3), MOLAR, ["C", "O"], &[[0, 1], [0, 2], [0, 3], [0, 4]]),
        of("plane", Cell::orthorhombic(&[5.0, 6.5]).unwrap(), reduced, ["A", "B2"], &[]),
        of("open_plane", Cell::open(2), reduced, ["A", "X"], &[[3, 4]]),
        of("line", Cell::orthorhombic(&[9.0]).unwrap(), reduced, ["Ar", "A"], &[]),
    ]
}

fn dimers(n: usize) -> Particles {
    Particles { type_names: vec!["Ar".to_string(), "Kr".to_string()], types: (0..n).map(|i| i % 2).collect(), masses: vec![1.0; n] }
}

/// Writes three frames of each system as NAME.dcd, NAME.xyz and NAME.pdb, the cell a little larger each time; frames are 0.25 ps apart.
fn write_all(folder: &Path) {
    for system in systems() {
        let (n, particles, cell, units) = (5, system.particles(5), &system.cell, system.units);
        let molecules = Molecules::new(n, system.bonds);
        let settings = DcdSettings {
            steps_per_frame: 10,
            time_step: 0.025,
            clock: Clock::Picoseconds,
            length_scale: units.angstroms,
            molecules: molecules.clone(),
            ..DcdSettings::new(n, cell.is_periodic())
        };
        let file = |kind: &str| folder.join(format!("{}.{kind}", system.name));
        let mut writers = [
            TrajectoryWriter::Dcd(DcdWriter::create(&file("dcd"), settings).unwrap()),
            TrajectoryWriter::Xyz(XyzWriter::create(&file("xyz")).unwrap()),
        ];
        let mut expected = Vec::new();
        for k in 0..3 {
            let x = positions(cell.dimension(), n, k);
            let cell = cell.scaled(1.0 + 0.01 * k as f64);
            let forces = positions(cell.dimension(), n, k + 7);
            let frame = Frame {
                energy: Some(-1.5 / (k + 3) as f64),
                step: Some(10 * k as u64),
                walker: Some(2),
                forces: Some(&forces),
                time: Some((0.25 * k as f64, Clock::Picoseconds)),
                units: Some(units),
                ..Frame::new(&x, &cell, &particles)
            };
            for writer in &mut writers {
                writer.write(&frame).unwrap();
                writer.flush().unwrap();
            }
            if k == 0 {
                let configuration = mcflow_potentials::Configuration { positions: x.clone(), cell: cell.clone() };
                std::fs::write(file("pdb"), topology_pdb(&configuration, &particles, system.bonds, units.angstroms)).unwrap();
            }
            let times = |rows: Vec<[f64; 3]>, factor: f64| rows.into_iter().map(|r| r.map(|v| v * factor)).collect::<Vec<_>>();
            let points = |v: &Vectors| (0..n).map(|i| v.get(i)).collect::<Vec<_>>();
            expected.push(serde_json::json!({
                "positions": times(points(&x), units.angstroms),
                "images": times(molecules.in_cell(&x, &cell), units.angstroms),
                "forces": times(points(&forces), units.electronvolts / units.angstroms),
                "lattice": cell.vectors().map(|rows| times(rows.to_vec(), units.angstroms)),
                "energy": frame.energy.map(|energy| energy * units.electronvolts),
                "step": frame.step,
                "time": 0.25 * k as f64,
            }));
        }
        let periodic: Vec<bool> = (0..3).map(|k| cell.is_periodic() && k < cell.dimension()).collect();
        let types: Vec<&str> = particles.types.iter().map(|&t| particles.type_names[t].as_str()).collect();
        let species: Vec<&str> = types.iter().map(|name| if species::is_element(name) { name } else { "X" }).collect();
        let record = serde_json::json!({
            "periodic": periodic, "species": species, "types": types, "bonds": system.bonds, "length_unit": units.length_name(),
            "energy_unit": units.energy_name(), "frames": expected,
        });
        std::fs::write(file("json"), serde_json::to_string_pretty(&record).unwrap()).unwrap();
    }
}

/// Leaves files for `tests/readers/check_trajectories.py` in the folder that MCFLOW_TRAJECTORY_FOLDER names.
#[test]
#[ignore = "writes files for other programs to read"]
fn write_for_readers() {
    let folder = std::env::var("MCFLOW_TRAJECTORY_FOLDER").expect("MCFLOW_TRAJECTORY_FOLDER names a folder");
    std::fs::create_dir_all(&folder).unwrap();
    write_all(Path::new(&folder));
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path());
    for system in systems() {
        let Written { name, ref cell, units, .. } = system;
        let text = XyzReader::open(&folder.path().join(format!("{name}.xyz"))).unwrap().in_units(units);
        let text: Vec<XyzFrame> = text.collect::<Result<_, _>>().unwrap();
        let reader = DcdReader::open(&folder.path().join(format!("{name}.dcd"))).unwrap();
        assert_eq!((reader.n(), reader.announced_frames()), (5, 3));
        assert!((reader.time_step() - 0.025).abs() < 1e-7);
        let binary: Vec<DcdFrame> = reader.collect::<Result<_, _>>().unwrap();
        assert_eq!((text.len(), binary.len()), (3, 3), "{name}");
        for k in 0..3 {
            let (x, forces) = (positions(cell.dimension(), 5, k), positions(cell.dimension(), 5, k + 7));
            let cell = cell.scaled(1.0 + 0.01 * k as f64);
            // Numbers of 17 digits may lose their last bit between two units.
            let close = |found: f64, expected: f64| (found - expected).abs() <= 2e-16 * expected.abs();
            let frame = &text[k];
            assert_eq!(frame.lattice.is_some(), cell.is_periodic(), "{name}");
            for (found, expected) in frame.lattice.iter().flatten().flatten().zip(cell.vectors().iter().flatten().flatten()) {
                assert!(close(*found, *expected), "{name}: {found} {expected}");
            }
            assert!(close(frame.energy.unwrap(), -1.5 / (k + 3) as f64 * units.electronvolts));
            assert_eq!(frame.species, [0, 1, 0, 1, 0].map(|t| system.types[t]));
            for (key, value) in
                [("step", (10 * k).to_string()), ("time", format!("{:?}", 0.25 * k as f64)), ("time_unit", "ps".to_string())]
            {
                assert!(frame.keys.contains(&(key.to_string(), value)), "{name}: {:?}", frame.keys);
            }
            let images = Molecules::new(5, system.bonds).in_cell(&x, &cell);
            for i in 0..5 {
                for c in 0..3 {
                    assert!(close(frame.positions[i][c], x.get(i)[c]), "{name}");
                    let force = forces.get(i)[c] * units.electronvolts / units.angstroms;
                    assert!((frame.forces.as_ref().unwrap()[i][c] - force).abs() < 1e-14, "{name}");
                }
                assert_eq!(binary[k].positions[i], images[i].map(|v| f64::from((v * units.angstroms) as f32)));
            }
            let scaled = cell.scaled(units.angstroms);
            let back = binary[k].cell(cell.dimension()).unwrap();
            assert_eq!(back.is_periodic(), cell.is_periodic());
            for (found, expected) in
                back.vectors().unwrap_or_default().iter().flatten().zip(scaled.vectors().unwrap_or_default().iter().flatten())
            {
                assert!((found - expected).abs() < 1e-12 * units.angstroms, "{name}: {found} against {expected}");
            }
            assert_eq!(binary[k].vectors(cell.dimension()).dimension(), cell.dimension());
        }
    }
}

/// Twenty thousand or a million cells away from where it began, a particle has all its digits in a DCD.
#[test]
fn far_away_particles_keep_their_digits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dcd");
    let cell = Cell::orthorhombic(&[5.125; 3]).unwrap();
    let near = Vectors::from_points(3, &[[0.1, 0.2, 0.3], [1.1, 4.9, 2.3]]);
    let far = Vectors::from_points(3, &[[0.1 + 5.125 * 20_000.0, 0.2, 0.3], [1.1, 4.9 - 5.125 * 1e6, 2.3]]);
    let mut writer = DcdWriter::create(&path, DcdSettings::new(2, true)).unwrap();
    for x in [&near, &far] {
        writer.write(&Frame::new(x, &cell, &dimers(2))).unwrap();
    }
    let frames: Vec<DcdFrame> = DcdReader::open(&path).unwrap().collect::<Result<_, _>>().unwrap();
    for (a, b) in frames[0].positions.iter().flatten().zip(frames[1].positions.iter().flatten()) {
        assert!((a - b).abs() < 1e-6, "{frames:?}");
    }
}

#[test]
fn resume_cuts_what_came_after() {
    let folder = tempfile::tempdir().unwrap();
    let (cell, particles) = (Cell::orthorhombic(&[9.0, 9.0, 9.0]).unwrap(), dimers(4));
    let (dcd, xyz) = (folder.path().join("a.dcd"), folder.path().join("a.xyz"));
    let settings = DcdSettings { first_step: 100, steps_per_frame: 50, time_step: 0.002, ..DcdSettings::new(4, true) };
    let write = |writer: &mut TrajectoryWriter, frames: std::ops::Range<usize>| {
        for k in frames {
            writer.write(&Frame::new(&positions(3, 4, k), &cell, &particles)).unwrap();
        }
        writer.position()
    };
    let mut whole = Vec::new();
    for (path, is_dcd) in [(&dcd, true), (&xyz, false)] {
        let create = || {
            if is_dcd {
                TrajectoryWriter::Dcd(DcdWriter::create(path, settings.clone()).unwrap())
            } else {
                TrajectoryWriter::Xyz(XyzWriter::create(path).unwrap())
            }
        };
        write(&mut create(), 0..6);
        whole.push(std::fs::read(path).unwrap());
        // Three frames of the checkpoint, two later ones, and half of a sixth.
        let mut writer = create();
        let checkpoint = write(&mut writer, 0..3);
        write(&mut writer, 10..12);
        drop(writer);
        use std::io::Write;
        std::fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"4\nhalf").unwrap();
        let mut writer = if is_dcd {
            TrajectoryWriter::Dcd(DcdWriter::resume(path, settings.clone(), checkpoint.frames).unwrap())
        } else {
            TrajectoryWriter::Xyz(XyzWriter::resume(path, checkpoint).unwrap())
        };
        assert_eq!(writer.position(), checkpoint);
        let end = write(&mut writer, 3..6);
        let bytes = std::fs::read(path).unwrap();
        assert_eq!((end.frames, end.bytes), (6, bytes.len() as u64));
        assert_eq!(Some(&bytes), whole.last());
        // A file that is shorter than the checkpoint says.
        let longer = WriterPosition { frames: 7, bytes: end.bytes + 1 };
        let refused =
            if is_dcd { DcdWriter::resume(path, settings.clone(), 7).map(|_| ()) } else { XyzWriter::resume(path, longer).map(|_| ()) };
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(std::fs::read(path).unwrap(), bytes);
    }
    let other = DcdSettings { n: 5, ..settings };
    assert_eq!(DcdWriter::resume(&dcd, other, 2).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    // NSET 6, first step 100, 50 a frame, NSTEP 300, version 24.
    let number = |k: usize| i32::from_le_bytes(whole[0][8 + 4 * k..12 + 4 * k].try_into().unwrap());
    assert_eq!([number(0), number(1), number(2), number(3), number(10), number(19)], [6, 100, 50, 300, 1, 24]);
    assert_eq!(f32::from_bits(number(9) as u32), (0.002 * 20.45483) as f32);
    // a, gamma, b, beta, alpha, c of the first frame; right angles exactly.
    let cell: Vec<f64> = (0..6).map(|k| f64::from_le_bytes(whole[0][280 + 8 * k..288 + 8 * k].try_into().unwrap())).collect();
    assert_eq!(cell, [9.0, 90.0, 9.0, 90.0, 90.0, 9.0]);
}

#[test]
fn writers_refuse_what_readers_would() {
    let folder = tempfile::tempdir().unwrap();
    let (cell, particles) = (Cell::open(3), dimers(2));
    let mut dcd = DcdWriter::create(&folder.path().join("a.dcd"), DcdSettings::new(2, false)).unwrap();
    let mut xyz = XyzWriter::create(&folder.path().join("a.xyz")).unwrap();
    let bad = Vectors::from_points(3, &[[0.0; 3], [0.0, f64::NAN, 0.0]]);
    let large = Vectors::from_points(3, &[[0.0; 3], [0.0, 1e300, 0.0]]);
    for error in [dcd.write(&Frame::new(&bad, &cell, &particles)), xyz.write(&Frame::new(&bad, &cell, &particles))] {
        assert!(error.unwrap_err().to_string().contains("position of particle 1 is not finite"));
    }
    assert!(dcd.write(&Frame::new(&large, &cell, &particles)).unwrap_err().to_string().contains("single precision"));
    xyz.write(&Frame::new(&large, &cell, &particles)).unwrap();
    let good = Vectors::zeros(3, 2);
    let periodic = Cell::orthorhombic(&[1.0; 3]).unwrap();
    assert!(dcd.write(&Frame::new(&good, &periodic, &particles)).unwrap_err().to_string().contains("open space"));
    assert!(dcd.write(&Frame::new(&Vectors::zeros(3, 3), &cell, &dimers(3))).unwrap_err().to_string().contains("3 particles"));
    assert_eq!((dcd.position().frames, xyz.position().frames), (0, 1));
    assert_eq!(read_xyz(&folder.path().join("a.xyz")).unwrap()[0].positions[1], [0.0, 1e300, 0.0]);
}

#[test]
fn damaged_dcd_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dcd");
    let mut writer = DcdWriter::create(&path, DcdSettings::new(2, true)).unwrap();
    let cell = Cell::orthorhombic(&[4.0; 3]).unwrap();
    for k in 0..2 {
        writer.write(&Frame::new(&positions(3, 2, k), &cell, &dimers(2))).unwrap();
    }
    let bytes = std::fs::read(&path).unwrap();
    let first_error = |bytes: &[u8]| match DcdReader::new(bytes, "a.dcd") {
        Err(error) => error.to_string(),
        Ok(mut reader) => reader.find_map(Result::err).map_or(String::new(), |e| e.to_string()),
    };
    assert_eq!(first_error(&bytes), "");
    for cut in 1..bytes.len() {
        let message = first_error(&bytes[..cut]);
        let whole = [276, 276 + 56 + 48].contains(&cut);
        assert_eq!(message.is_empty(), whole, "cut at {cut}: {message}");
    }
    assert_eq!(first_error(&bytes[..300]), "a.dcd: byte 300: the file ends within frame 1 (0 is the header)");
    let mut damaged = bytes.clone();
    damaged[336..340].copy_from_slice(&f32::NAN.to_le_bytes());
    assert_eq!(first_error(&damaged), "a.dcd: frame 1: found NaN, expected a finite number: the x component of particle 1");
    assert!(matches!(DcdReader::open(&folder.path().join("none.dcd")), Err(DcdError::Unreadable { .. })));
}
