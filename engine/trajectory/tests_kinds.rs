//! Files as other programs write them, whole or not.

use super::*;
use std::io::Write;

fn read(bytes: &[u8]) -> Vec<Result<XyzFrame, String>> {
    XyzReader::new(bytes, "a.xyz").map(|frame| frame.map_err(|e| e.to_string())).collect()
}

fn one(text: &str) -> XyzFrame {
    let mut frames = read(text.as_bytes());
    assert_eq!(frames.len(), 1, "{text}");
    frames.remove(0).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The same frame in all the ways in which the specification lets it be written.
#[test]
fn keys_of_extended_xyz_may_be_written_in_many_ways() {
    let lattice = [[6.0, 0.0, 0.0], [1.5, 5.5, 0.0], [-0.5, 0.25, 7.0]];
    for comment in [
        r#"Lattice="6 0 0 1.5 5.5 0 -0.5 0.25 7" Properties=species:S:1:forces:R:3:pos:R:3 pbc="T T T" energy=-1.5"#,
        r#"Lattice = "6 0 0 1.5 5.5 0 -0.5 0.25 7" Properties = species:S:1:forces:R:3:pos:R:3 pbc = "T T T" energy = -1.5"#,
        "\tLattice\t=\t\"6 0 0\t1.5 5.5 0 -0.5 0.25 7\"\tProperties= species:S:1:forces:R:3:pos:R:3 pbc =\"T T T\" energy= -1.5D+00\t",
        r#""Lattice"="6 0 0 1.5 5.5 0 -0.5 0.25 7" "Properties"="species:S:1:forces:R:3:pos:R:3" "pbc"="1 1 1" "energy"="-1.5""#,
        r#"lattice={6 0 0 1.5 5.5 0 -0.5 0.25 7} PROPERTIES=species:S:1:forces:R:3:pos:R:3 PBC={True true TRUE} Energy=-15e-1"#,
        r#"Lattice=[[6, 0, 0], [1.5,5.5,0],[-0.5, 0.25, 7.0]] Properties='species:S:1:forces:R:3:pos:R:3' pbc=[T, T, T] energy=[-1.5]"#,
        r#"note="a \"quoted\" = sign, Lattice=\"1 1 1\"" pbc=T,T,T Lattice="6,0,0,1.5,5.5,0,-0.5,0.25,7" flag energy=-1.5 Properties=species:S:1:forces:R:3:pos:R:3"#,
    ] {
        let comment = comment.replace("energy=[-1.5]", "energy=-1.5");
        let frame = one(&format!("1\n{comment}\nAr 0.1 0.2 0.3 1 2 3\n"));
        assert_eq!((frame.lattice, frame.periodic, frame.says_periodic), (Some(lattice), Some([true; 3]), true), "{comment}");
        assert_eq!(
            (frame.energy, frame.positions, frame.forces),
            (Some(-1.5), vec![[1.0, 2.0, 3.0]], Some(vec![[0.1, 0.2, 0.3]])),
            "{comment}"
        );
    }
    let lengths = one("1\nLattice=\"6 5.5 7\" pbc=\"T T F\"\nAr 1 2 3 more columns\n");
    assert_eq!(lengths.lattice, Some([[6.0, 0.0, 0.0], [0.0, 5.5, 0.0], [0.0, 0.0, 7.0]]));
    assert_eq!(lengths.periodic, Some([true, true, false]));
    assert_eq!(one("1\npbc=\"F F F\"\nAr 1 2 3\n").periodic, Some([false; 3]));
    let quoted = one("1\nnote=\"a \\\\ b\\nc\" Lattice=\"6 6 6\"\nAr 1 2 3\n");
    assert_eq!(quoted.keys[0], ("note".to_string(), "a \\ b\nc".to_string()));
}

#[test]
fn other_comments_are_left_alone() {
    for comment in
        ["it's a comment, \"open", "lattice constant = 5", "step = 7, energy = low", "no_lattice=3", "Lattice", "properties: none", "[1, 2"]
    {
        let frame = one(&format!("1\n{comment}\nAr 1 2 3\n"));
        assert_eq!((frame.comment.as_str(), frame.keys.len(), frame.positions), (comment, 0, vec![[1.0, 2.0, 3.0]]));
    }
}

#[test]
fn keys_that_cannot_be_understood_are_named() {
    for (comment, expected) in [
        (r#"Lattice="6 0 0 0 6 0 0 0 6 pbc=T"#, "Lattice=\"\"6 0 0 0 6 0 0 0 6 pbc=T\", expected a value with a closing quote"),
        ("Lattice=[6, 6, 6 pbc=T", "Lattice=\"[6, 6, 6 pbc=T\", expected an array with a closing bracket"),
        ("Lattice={6 6 6]", "Lattice=\"{6 6 6]\", expected an array with a closing bracket"),
        ("Lattice=\"6 6 6\" Lattice=\"7 7 7\"", "Lattice=\"7 7 7\", expected this key once in a line"),
        ("Lattice=\"6 6 six\"", "Lattice=\"6 6 six\", expected nine finite numbers, or three of a cell with right angles"),
        ("pbc=\"T T\"", "pbc=\"T T\", expected three of T and F"),
        ("pbc=\"T T maybe\"", "pbc=\"T T maybe\", expected three of T and F"),
        ("Properties=", "Properties=\"\", expected triples of name, type (S, R, I or L) and number of columns"),
        ("Properties=pos:R:0", "Properties=\"pos:R:0\", expected a number of columns, from 1 to 10000, in \"pos:R:0\""),
    ] {
        let frames = read(format!("1\n{comment}\nAr 1 2 3\n").as_bytes());
        assert_eq!(frames, [Err(format!("a.xyz:2: found {expected}"))]);
    }
}

#[test]
fn encodings_and_line_ends_do_not_matter() {
    let expected = vec![[1.0, 2.0, -0.5]];
    for bytes in [
        b"\xef\xbb\xbf1\ncomment\nAr 1 2 -0.5\n".as_slice(),
        b"1\n1 \xc5ngstr\xf6m\nAr 1 2 -0.5\n",
        b" 1 \t\r\ncomment\r\nAr\t1.0D0\t2d+00  -5.0E-1\r\n\r\n \r\n",
        b"1\n\nAr 1 2 -0.5",
    ] {
        let frames = read(bytes);
        assert_eq!(frames.len(), 1);
        assert_eq!(frames[0].as_ref().unwrap().positions, expected);
    }
    for (bytes, what) in [
        (b"\xff\xfe1\0\n\0".as_slice(), "the byte order mark of UTF-16"),
        (b"1\0\n\0\n\0", "bytes of 0"),
        (b"\x1f\x8b\x08\0\0", "a file that gzip has compressed"),
        (b"1\r\rAr 1 2 3\r", "lines that a carriage return alone ends"),
    ] {
        assert_eq!(read(bytes), [Err(format!("a.xyz:1: found {what}, expected lines of text, in UTF-8 or Latin-1"))]);
    }
    assert_eq!(read(b"1\xff\n"), [Err("a.xyz:1: found \"1\u{ff}\", expected the number of particles of frame 1".to_string())]);
}

#[test]
fn a_bad_frame_does_not_hide_the_others() {
    let good = "2\n\nAr 0 0 0\nAr 1 1 1\n";
    for (bad, words) in [
        ("2\n\nAr 0 ******** 0\nAr 1 1 1\n", "no room for the number"),
        ("2\n\nAr 0 0\nAr 1 1 1\n", "a.xyz:7: found 3 columns"),
        ("2\nLattice=\"a b c\"\nAr 0 0 0\nAr 1 1 1\n", "a.xyz:6: found Lattice"),
        ("2\nProperties=species:S:1:pos:R:3\nAr 0 0 0 4\nAr 1 1 1\n", "a.xyz:7: found 5 columns, expected the 4 of Properties"),
        ("2\n\nAr 0 0 0\n", "a.xyz:8: found 1 columns, expected 4 (species, x, y, z) of particle 2 of the 2 that line 5 announces"),
    ] {
        let frames = read(format!("{good}{bad}{good}").as_bytes());
        assert_eq!(frames.len(), 3, "{bad}: {frames:?}");
        assert!(frames[0].is_ok() && frames[2].is_ok(), "{bad}: {frames:?}");
        assert!(frames[1].as_ref().unwrap_err().contains(words), "{frames:?}");
    }
}

#[test]
fn a_cut_file_gives_what_is_whole() {
    let text = "2\npbc=\"F F F\"\nAr 0 0 0\nAr 1.25 1.25 1.25\n".repeat(2);
    let half = text.len() / 2;
    for length in half + 2..text.len() - 6 {
        let frames: Vec<_> = XyzReader::new(&text.as_bytes()[..length], "a.xyz").collect();
        assert_eq!(frames.len(), 2, "{length}");
        assert!(frames[0].is_ok());
        assert!(frames[1].as_ref().is_err_and(XyzError::is_cut), "{length}: {frames:?}");
    }
    // Of a file whose only frame is cut nothing is whole.
    assert!(XyzReader::new(&text.as_bytes()[..half - 10], "a.xyz").all(|frame| frame.is_err_and(|e| !e.is_cut())));
}

/// Two frames of three particles as a DCD file, with records of the markers that `marker` makes of their lengths.
fn dcd(marker: impl Fn(usize) -> Vec<u8>, control: &[(usize, i32)], number: impl Fn(i32) -> [u8; 4]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut record = |content: &[u8]| {
        let marker = marker(content.len());
        [&marker, content, &marker].into_iter().for_each(|part| bytes.extend_from_slice(part));
    };
    let mut values = [0; 20];
    values[19] = 24;
    control.iter().for_each(|&(k, value)| values[k] = value);
    record(&[b"CORD".to_vec(), values.iter().flat_map(|&v| number(v)).collect()].concat());
    record(&[number(1).to_vec(), vec![b' '; 80]].concat());
    record(&number(3));
    for frame in 0..2 {
        if values[10] != 0 {
            record(&[8.0_f64, 90.0, 8.0, 90.0, 90.0, 8.0].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>());
        }
        for c in 0..3 + usize::from(values[11] == 1) {
            record(&[0.0_f32, 1.0, 2.0].iter().flat_map(|v| (v + c as f32 + 10.0 * frame as f32).to_le_bytes()).collect::<Vec<u8>>());
        }
    }
    bytes
}

fn narrow(length: usize) -> Vec<u8> {
    (length as u32).to_le_bytes().to_vec()
}

#[test]
fn kinds_of_dcd_are_read_or_named() {
    let positions = |frame: f64| (0..3).map(|i| [0.0, 1.0, 2.0].map(|c| f64::from(i) + c + 10.0 * frame)).collect::<Vec<_>>();
    for control in [vec![], vec![(10, 1)], vec![(11, 1)], vec![(10, 1), (11, 1)], vec![(0, 77)], vec![(0, -1), (3, 5)]] {
        let bytes = dcd(narrow, &control, i32::to_le_bytes);
        let frames: Vec<DcdFrame> = DcdReader::new(bytes.as_slice(), "a.dcd").unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(frames.len(), 2, "{control:?}");
        assert_eq!((&frames[0].positions, &frames[1].positions), (&positions(0.0), &positions(1.0)));
        assert_eq!(frames[0].cell.is_some(), control.contains(&(10, 1)));
    }
    let refused = |bytes: Vec<u8>| DcdReader::new(bytes.as_slice(), "a.dcd").err().expect("it is refused").to_string();
    let expected = "expected one of 32 bits, little-endian, as CHARMM, NAMD and OpenMM write";
    for (bytes, found) in [
        (dcd(|n| (n as u64).to_le_bytes().to_vec(), &[], i32::to_le_bytes), "a record marker of 64 bits"),
        (dcd(|n| (n as u64).to_be_bytes().to_vec(), &[], i32::to_be_bytes), "a record marker of 64 big-endian bits"),
        (dcd(|n| (n as u32).to_be_bytes().to_vec(), &[], i32::to_be_bytes), "a record marker of big-endian bytes"),
    ] {
        let message = refused(bytes);
        assert!(message.starts_with(&format!("a.dcd: byte 0: found {found} (the ")) && message.ends_with(expected), "{message}");
    }
    assert_eq!(refused(dcd(narrow, &[(8, 2)], i32::to_le_bytes)), "a.dcd: byte 40: found 2 fixed particles, expected none");
    let mut velocities = dcd(narrow, &[], i32::to_le_bytes);
    velocities[4..8].copy_from_slice(b"VELD");
    assert_eq!(refused(velocities), "a.dcd: byte 4: found \"VELD\", velocities, expected \"CORD\", coordinates");
    assert_eq!(refused(Vec::new()), "a.dcd: byte 0: the file ends within frame 0 (0 is the header)");
}

/// Counts of a damaged header: no room is made for what is not there.
#[test]
fn vast_counts_are_refused_without_room_for_them() {
    let bytes = dcd(narrow, &[], i32::to_le_bytes);
    let header = 92 + 92 + 12;
    let mut vast = bytes.clone();
    vast[header - 8..header - 4].copy_from_slice(&i32::MAX.to_le_bytes());
    let mut reader = DcdReader::new(vast.as_slice(), "a.dcd").unwrap();
    assert_eq!(reader.n(), i32::MAX as usize);
    let error = reader.next().unwrap().unwrap_err().to_string();
    assert_eq!(error, format!("a.dcd: byte {header}: found a record of 12 bytes, expected one of 8589934588"));
    assert!(reader.next().is_none());
    // A marker of the same vast size: the file ends.
    vast[header - 8..header - 4].copy_from_slice(&(1_i32 << 29).to_le_bytes());
    vast[header..header + 4].copy_from_slice(&(1_u32 << 31).to_le_bytes());
    let error = DcdReader::new(vast.as_slice(), "a.dcd").unwrap().next().unwrap().unwrap_err();
    assert!(error.to_string().contains("the file ends within frame 1"), "{error}");
    let text = b"99999999999999\n\nAr 0 0 0\n";
    assert_eq!(
        read(text),
        [Err("a.xyz:4: the file ends within frame 1: found 1 of the 99999999999999 particles that line 1 announces".to_string())]
    );
}

#[test]
fn a_coordinate_that_is_none_costs_one_frame_of_a_dcd() {
    let mut bytes = dcd(narrow, &[(10, 1)], i32::to_le_bytes);
    bytes[92 + 92 + 12 + 56 + 4..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
    let frames: Vec<_> = DcdReader::new(bytes.as_slice(), "a.dcd").unwrap().collect();
    assert!(frames[0].as_ref().is_err_and(DcdError::is_of_one_frame), "{frames:?}");
    assert_eq!((frames.len(), frames[1].as_ref().unwrap().positions[0]), (2, [10.0, 11.0, 12.0]));
}

#[test]
fn one_reader_for_both_formats() {
    let units = FileUnits { angstroms: 10.0, electronvolts: 0.01, picoseconds: 1.0, reduced: false };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        path
    };
    // A DCD is known by its bytes as well; its lengths are in ångström.
    for name in ["a.dcd", "a.DCD", "a.trajectory"] {
        let path = write(name, &dcd(narrow, &[(10, 1)], i32::to_le_bytes));
        let frames: Vec<StoredFrame> = FrameReader::open(&path, units).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!((frames.len(), frames[0].species.as_ref(), frames[0].periodic), (2, None, None));
        assert_eq!(frames[1].positions[1], [1.1, 1.2, 1.3]);
        assert_eq!((frames[0].repeats(), frames[0].cell(3).unwrap()), (Some([true; 3]), Some(Cell::orthorhombic(&[0.8; 3]).unwrap())));
    }
    let path = write("a.xyz", b"1\nLattice=\"6 5 4\"\nAr 1 2 3\n1\npbc=\"T T F\" Lattice=\"6 0 1 0 5 0 0 0 4\"\nAr 1 2 0\n");
    let frames: Vec<StoredFrame> = FrameReader::open(&path, units).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!((frames[0].periodic, frames[0].repeats()), (None, Some([true; 3])));
    let without_cell = |periodic| StoredFrame { cell: None, periodic, ..frames[0].clone() }.repeats();
    assert_eq!((without_cell(None), without_cell(Some([false; 3]))), (None, Some([false; 3])));
    assert_eq!(frames[0].cell(3).unwrap(), Some(Cell::orthorhombic(&[6.0, 5.0, 4.0]).unwrap()));
    assert_eq!(frames[1].repeats(), Some([true, true, false]));
    let turned =
        StoredFrame { cell: Some(StoredCell::Rows([[6.0, 4e-16, -3e-16], [1.0, 5.0, 3e-16], [0.0, 0.0, 4.0]])), ..frames[0].clone() };
    assert_eq!(turned.cell(3).unwrap().unwrap().vectors(), Some([[6.0, 0.0, 0.0], [1.0, 5.0, 0.0], [0.0, 0.0, 4.0]]));
    let other = StoredFrame { cell: Some(StoredCell::Rows([[6.0, 4e-3, 0.0], [1.0, 5.0, 0.0], [0.0, 0.0, 4.0]])), ..frames[0].clone() };
    assert!(other.cell(3).unwrap_err().contains("turn the cell"));
    assert!(frames[1].cell(2).unwrap_err().contains("leave their 2 dimension(s)"));
    // An XYZ that names its unit of length is converted, and one of another kind of units refused.
    let frame = |key: &str| format!("1\nProperties=species:S:1:pos:R:3:type:S:1 Lattice=\"6 5 4\" {key}\nX 1 2.25 -3 bead\n");
    let path = write("b.xyz", [frame("length_unit=angstrom"), frame("LENGTH_UNIT=nm"), frame("length_unit=reduced")].concat().as_bytes());
    let mut reader = FrameReader::open(&path, units).unwrap();
    let first = reader.next().unwrap().unwrap();
    assert_eq!((first.positions[0], first.species.as_deref()), ([0.1, 0.225, -0.3], Some(["bead".to_string()].as_slice())));
    assert_eq!(first.cell(3).unwrap(), Some(Cell::orthorhombic(&[0.6, 0.5, 0.4]).unwrap()));
    assert_eq!(reader.next().unwrap().unwrap().positions[0], [1.0, 2.25, -3.0]);
    let error = reader.next().unwrap().unwrap_err();
    let expected = "b.xyz:8: found length_unit=\"reduced\", expected angstrom or nm: the input is not in reduced units";
    assert!(error.is_of_one_frame() && error.to_string().ends_with(expected), "{error}");
}
