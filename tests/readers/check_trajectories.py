#!/usr/bin/env python3
"""Reads trajectories that mcflow wrote with MDAnalysis, MDTraj and ASE, and compares them with what was meant.

    MCFLOW_TRAJECTORY_FOLDER=FOLDER cargo test -p mcflow-engine --lib write_for_readers -- --ignored
    pip install MDAnalysis mdtraj ase
    python3 tests/readers/check_trajectories.py FOLDER

FOLDER holds NAME.dcd, NAME.xyz, NAME.pdb and NAME.json for each system; NAME.json has `periodic` (three flags), `types`, `species` (elements,
or X), `bonds`, `length_unit`, `energy_unit` and `frames`, each with `positions` (as XYZ has them), `images` (as DCD has them), `forces`,
`lattice` (rows, or null), `energy`, `step` and `time`, all in ångström, eV and ps. The topology of a DCD is its PDB. Prints one line a reader and
file; exit code 1 on a mismatch. ASE has no reader for this kind of DCD. MDAnalysis and MDTraj ignore the lattice of an XYZ file, so there only
ASE checks it.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
failures = []


def compare(what, found, expected, tolerance):
    """Notes a failure where the arrays differ in shape or by more than the tolerance."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    if found.shape != expected.shape:
        failures.append(f"{what}: shape {found.shape}, expected {expected.shape}")
    elif not np.all(np.abs(found - expected) <= tolerance):
        failures.append(f"{what}: differs by {np.max(np.abs(found - expected)):.3g}: found {found.tolist()}, expected {expected.tolist()}")


def equal(what, found, expected):
    """Notes a failure where the two are not equal."""
    if found != expected:
        failures.append(f"{what}: found {found}, expected {expected}")


def lengths_and_angles(lattice):
    """a, b, c, alpha, beta, gamma of cell vectors."""
    rows = np.array(lattice)
    angle = lambda i, j: np.degrees(np.arccos(rows[i] @ rows[j] / np.linalg.norm(rows[i]) / np.linalg.norm(rows[j])))
    return np.array([*np.linalg.norm(rows, axis=1), angle(1, 2), angle(0, 2), angle(0, 1)])


def nearest(frame, periodic, i, j):
    """The distance of two particles: that of the nearest of all images around."""
    d = np.array(frame["positions"][j]) - np.array(frame["positions"][i])
    if frame["lattice"] is None:
        return np.linalg.norm(d)
    rows = np.array(frame["lattice"])
    d -= np.where(periodic, np.round(d @ np.linalg.inv(rows)), 0) @ rows
    steps = [range(-2, 3) if flag else [0] for flag in periodic]
    return min(np.linalg.norm(d + np.array([a, b, c]) @ rows) for a in steps[0] for b in steps[1] for c in steps[2])


def pairs(record):
    n = len(record["types"])
    return [(i, j) for i in range(n) for j in range(i)]


def mdanalysis_dcd(name, path, record):
    import MDAnalysis
    from MDAnalysis.lib.distances import calc_bonds

    universe = MDAnalysis.Universe(str(path.with_suffix(".pdb")), str(path))
    equal(f"{name}: names", list(universe.atoms.names), [kind[:4] for kind in record["types"]])
    elements = [kind if kind != "X" else "" for kind in record["species"]]
    equal(f"{name}: elements", list(getattr(universe.atoms, "elements", [""] * len(elements))), elements)
    bonds = {tuple(sorted(bond)) for bond in universe.bonds.indices.tolist()} if hasattr(universe, "bonds") else set()
    equal(f"{name}: bonds", bonds, {tuple(sorted(bond)) for bond in record["bonds"]})
    equal(f"{name}: frames", len(universe.trajectory), len(record["frames"]))
    scale = 10.0 if max(np.abs(record["frames"][0]["positions"]).ravel()) > 10.0 else 1.0
    for step, frame in zip(universe.trajectory, record["frames"]):
        compare(f"{name}: positions", step.positions, frame["images"], 1e-6 * scale)
        compare(f"{name}: time", step.time, frame["time"], 1e-6)
        expected = [nearest(frame, record["periodic"], i, j) for i, j in pairs(record)]
        a, b = np.array([step.positions[[i, j]] for i, j in pairs(record)]).swapaxes(0, 1)
        compare(f"{name}: distances", calc_bonds(a, b, box=step.dimensions), expected, 1e-5 * scale)
        if frame["lattice"] is None:
            equal(f"{name}: cell", step.dimensions is None, True)
            continue
        compare(f"{name}: cell", step.dimensions, lengths_and_angles(frame["lattice"]), 1e-4)
        compare(f"{name}: cell vectors", step.triclinic_dimensions, frame["lattice"], 1e-5 * scale)


def mdanalysis_xyz(name, path, record):
    import MDAnalysis

    universe = MDAnalysis.Universe(str(path), format="XYZ", topology_format="XYZ")
    equal(f"{name}: species", list(universe.atoms.names), record["species"])
    equal(f"{name}: frames", len(universe.trajectory), len(record["frames"]))
    for step, frame in zip(universe.trajectory, record["frames"]):
        compare(f"{name}: positions", step.positions, frame["positions"], 1e-5)


def mdtraj_dcd(name, path, record):
    import mdtraj

    trajectory = mdtraj.load(str(path), top=str(path.with_suffix(".pdb")))
    equal(f"{name}: names", [atom.name for atom in trajectory.topology.atoms], [kind[:4] for kind in record["types"]])
    known = [(atom.element.symbol, kind) for atom, kind in zip(trajectory.topology.atoms, record["species"]) if kind != "X"]
    equal(f"{name}: elements", [found for found, _ in known], [expected for _, expected in known])
    bonds = {tuple(sorted((a.index, b.index))) for a, b in trajectory.topology.bonds}
    equal(f"{name}: bonds", bonds, {tuple(sorted(bond)) for bond in record["bonds"]})
    equal(f"{name}: frames", trajectory.n_frames, len(record["frames"]))
    periodic = record["frames"][0]["lattice"] is not None
    equal(f"{name}: has a cell", trajectory.unitcell_lengths is not None, periodic)
    distances = mdtraj.compute_distances(trajectory, pairs(record)) * 10.0
    for k, frame in enumerate(record["frames"]):
        # MDTraj turns ångström into nm.
        compare(f"{name}: positions", trajectory.xyz[k] * 10.0, frame["images"], 1e-5 * 10)
        compare(f"{name}: distances", distances[k], [nearest(frame, record["periodic"], i, j) for i, j in pairs(record)], 1e-4)
        if periodic:
            expected = lengths_and_angles(frame["lattice"])
            compare(f"{name}: cell", [*trajectory.unitcell_lengths[k] * 10.0, *trajectory.unitcell_angles[k]], expected, 1e-4)
            compare(f"{name}: cell vectors", trajectory.unitcell_vectors[k] * 10.0, frame["lattice"], 1e-4)


def mdtraj_xyz(name, path, record):
    import mdtraj

    trajectory = mdtraj.load_xyz(str(path), top=str(path.with_suffix(".pdb")))
    equal(f"{name}: frames", trajectory.n_frames, len(record["frames"]))
    for k, frame in enumerate(record["frames"]):
        compare(f"{name}: positions", trajectory.xyz[k] * 10.0, frame["positions"], 1e-5 * 10)


def ase_xyz(name, path, record):
    import ase.io

    frames = ase.io.read(str(path), index=":", format="extxyz")
    equal(f"{name}: frames", len(frames), len(record["frames"]))
    for atoms, frame in zip(frames, record["frames"]):
        equal(f"{name}: species", atoms.get_chemical_symbols(), record["species"])
        equal(f"{name}: periodic", atoms.pbc.tolist(), record["periodic"])
        types = list(atoms.arrays["type"]) if "type" in atoms.arrays else atoms.get_chemical_symbols()
        equal(f"{name}: types", types, record["types"])
        compare(f"{name}: positions", atoms.positions, frame["positions"], 1e-13)
        compare(f"{name}: cell", atoms.cell.array, frame["lattice"] or np.zeros((3, 3)), 1e-13)
        compare(f"{name}: energy", atoms.get_potential_energy(), frame["energy"], 1e-15)
        compare(f"{name}: forces", atoms.get_forces(), frame["forces"], 1e-13)
        equal(f"{name}: step", atoms.info["step"], frame["step"])
        equal(f"{name}: time", (atoms.info["time"], atoms.info["time_unit"]), (frame["time"], "ps"))
        equal(f"{name}: units", [atoms.info[key] for key in ("length_unit", "energy_unit")], [record["length_unit"], record["energy_unit"]])


READERS = {"MDAnalysis": {"dcd": mdanalysis_dcd, "xyz": mdanalysis_xyz}, "MDTraj": {"dcd": mdtraj_dcd, "xyz": mdtraj_xyz}, "ASE": {"xyz": ase_xyz}}


def main(folder):
    records = sorted(Path(folder).glob("*.json"))
    if not records:
        sys.exit(f"{folder}: no NAME.json files")
    bad = False
    for reader, formats in READERS.items():
        for path in records:
            record = json.loads(path.read_text())
            for kind, check in formats.items():
                failures.clear()
                name = f"{path.stem}.{kind}"
                try:
                    check(name, path.with_suffix("." + kind), record)
                except Exception as error:
                    failures.append(f"{name}: {type(error).__name__}: {error}")
                print(f"{reader}: {name}: ok" if not failures else f"{reader}: FAILED\n  " + "\n  ".join(failures))
                bad = bad or bool(failures)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
