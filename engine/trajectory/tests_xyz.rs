use super::*;

fn read(text: &str) -> Result<Vec<XyzFrame>, String> {
    XyzReader::new(text.as_bytes(), "a.xyz").collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())
}

#[test]
fn reads_plain_files() {
    let frames = read("2\ncell: 10 10 10\nAr 1 2 3\nKr 4.5 -6e-1 +7 extra\n1\n\nX 0 0 0").unwrap();
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[0].comment, "cell: 10 10 10");
    assert_eq!(frames[0].species, ["Ar", "Kr"]);
    assert_eq!(frames[0].positions, [[1.0, 2.0, 3.0], [4.5, -0.6, 7.0]]);
    assert_eq!((frames[0].lattice, frames[0].periodic, frames[0].energy), (None, None, None));
    assert_eq!(frames[1].positions, [[0.0; 3]]);
    assert_eq!(read("1\r\nwritten = on Windows\r\nX 0 0 0\r\n\n \n").unwrap()[0].comment, "written = on Windows");
}

#[test]
fn reads_extended_files() {
    let text = "1\nLattice=\"6 0 0 1.2 5.5 0 -0.8 0.9 7\" Properties=id:I:1:species:S:1:velo:R:3:pos:R:3:forces:R:3 pbc='T T F' energy=-1.5 note=\"two words\" flag\n\
                9 Ar 1 2 3 4 5 6 7 8 9\n";
    let frame = &read(text).unwrap()[0];
    assert_eq!(frame.lattice, Some([[6.0, 0.0, 0.0], [1.2, 5.5, 0.0], [-0.8, 0.9, 7.0]]));
    assert_eq!(frame.periodic, Some([true, true, false]));
    assert_eq!(frame.energy, Some(-1.5));
    assert_eq!(frame.velocities, Some(vec![[1.0, 2.0, 3.0]]));
    assert_eq!(frame.positions, [[4.0, 5.0, 6.0]]);
    assert_eq!(frame.forces, Some(vec![[7.0, 8.0, 9.0]]));
    assert_eq!(frame.keys[4], ("note".to_string(), "two words".to_string()));
    assert_eq!(frame.keys[5], ("flag".to_string(), "T".to_string()));
    let lattice_alone = &read("1\nLattice=\"6 0 0 0 6 0 0 0 6\"\nAr 1 2 3\n").unwrap()[0];
    assert_eq!(lattice_alone.periodic, Some([true; 3]));
}

#[test]
fn errors_say_where_what_and_what_instead() {
    let cases = [
        ("", "a.xyz: no frames: expected a number of particles in the first line"),
        ("\n\n", "a.xyz: no frames: expected a number of particles in the first line"),
        ("two\n\nX 0 0 0\n", "a.xyz:1: found \"two\", expected the number of particles of frame 1"),
        ("0\n\n", "a.xyz:1: found \"0\", expected the number of particles of frame 1"),
        ("-1\n\n", "a.xyz:1: found \"-1\", expected the number of particles of frame 1"),
        (
            "1\n\nX 0 0 0\nX 1 1 1\n",
            "a.xyz:4: found \"X 1 1 1\", expected the number of particles of frame 2 (frame 1 has the 1 particles it announces)",
        ),
        ("2\n\nX 0 0 0\n", "a.xyz:4: the file ends within frame 1: found 1 of the 2 particles that line 1 announces"),
        ("2\n", "a.xyz:2: the file ends within frame 1: found 0 of the 2 particles that line 1 announces"),
        (
            "2\n\nX 0 0 0\n1\n\nX 1 1 1\n",
            "a.xyz:4: found 1 columns, expected 4 (species, x, y, z) of particle 2 of the 2 that line 1 announces",
        ),
        ("1\n\nX 0 0\n", "a.xyz:3: found 3 columns, expected 4 (species, x, y, z) of particle 1 of the 1 that line 1 announces"),
        (
            "1\n\nX 0 ******** 0\n",
            "a.xyz:3: found \"********\", expected a finite number: the y component of the position of particle 1 (the program that wrote it had no room for the number)",
        ),
        ("1\n\nX 0 0 nan\n", "a.xyz:3: found \"nan\", expected a finite number: the z component of the position of particle 1"),
        ("1\n\nX -inf 0 0\n", "a.xyz:3: found \"-inf\", expected a finite number: the x component of the position of particle 1"),
        ("1\n\nX 1e999 0 0\n", "a.xyz:3: found \"1e999\", expected a finite number: the x component of the position of particle 1"),
        (
            "1\n\nX 0 0 0\n\n1\n\nX 0 0 0\n",
            "a.xyz:4: found a blank line, expected the number of particles of frame 2: frames follow each other without blank lines",
        ),
        (
            "1\nLattice=\"1 0 0 1\"\nX 0 0 0\n",
            "a.xyz:2: found Lattice=\"1 0 0 1\", expected nine finite numbers, or three of a cell with right angles",
        ),
        ("1\nLattice=\"1 0 0 0 1 0 0 0 1\" pbc=\"T\"\nX 0 0 0\n", "a.xyz:2: found pbc=\"T\", expected three of T and F"),
        ("1\nProperties=species:S:1\nX 0 0 0\n", "a.xyz:2: found Properties=\"species:S:1\", expected a property pos:R:3"),
        ("1\nProperties=species:S:1:pos:R:2\nX 0 0 0\n", "a.xyz:2: found Properties=\"species:S:1:pos:R:2\", expected pos:R:3"),
        ("1\nProperties=species:S:1:pos:R:3 energy=low\nX 0 0 0\n", "a.xyz:2: found energy=\"low\", expected a finite number"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).unwrap_err(), expected, "{text:?}");
    }
    let missing = read_xyz(Path::new("/no/such/file.xyz")).unwrap_err().to_string();
    assert!(missing.starts_with("/no/such/file.xyz: cannot be read: "), "{missing}");
    // The first error ends the iteration; what came before it is given.
    let mut reader = XyzReader::new("1\n\nX 0 0 0\nno\n".as_bytes(), "a.xyz");
    assert!(reader.next().unwrap().is_ok());
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}

#[test]
fn every_number_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xyz");
    let numbers = [0.1 + 0.2, -0.0, 5e-324, 1.797_693_134_862_315_7e308, 1e-7, 123_456_789.123_456_79];
    let mut writer = XyzWriter::create(&path).unwrap();
    let x = Vectors::from_points(3, &[[numbers[0], numbers[1], numbers[2]], [numbers[3], numbers[4], numbers[5]]]);
    let particles = Particles { type_names: vec!["a name".to_string(), String::new()], types: vec![0, 1], masses: vec![1.0; 2] };
    let cell = mcflow_potentials::Cell::open(3);
    writer.write(&Frame { velocities: Some(&x), ..Frame::new(&x, &cell, &particles) }).unwrap();
    let frame = &read_xyz(&path).unwrap()[0];
    let bits = |v: &[[f64; 3]]| v.iter().flatten().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&frame.positions), numbers.map(f64::to_bits));
    assert_eq!(bits(frame.velocities.as_ref().unwrap()), numbers.map(f64::to_bits));
    assert_eq!(frame.species, ["a_name", "X"]);
    assert!(frame.comment.contains("Properties=species:S:1:pos:R:3:velo:R:3:type:S:1 "), "{}", frame.comment);
    assert_eq!(frame.periodic, Some([false; 3]));
}
