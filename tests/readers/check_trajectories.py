#!/usr/bin/env python3
"""Reads trajectories that mcflow wrote with MDAnalysis, MDTraj and ASE, and compares them with what was meant.

    MCFLOW_TRAJECTORY_FOLDER=FOLDER cargo test -p mcflow-engine --lib write_for_readers -- --ignored
    pip install MDAnalysis mdtraj ase
    python3 tests/readers/check_trajectories.py FOLDER

FOLDER holds NAME.dcd, NAME.xyz and NAME.json for each system; NAME.json has `dimension`, `periodic` (three flags), `species` and `frames`,
each with `positions`, `forces`, `lattice` (rows, or null), `energy` and `step`. Prints one line a reader and file; exit code 1 on a mismatch.
ASE has no reader for this kind of DCD. MDAnalysis and MDTraj ignore the lattice of an XYZ file, so there only ASE checks it.
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


def lengths_and_angles(lattice, dimension):
    """a, b, c, alpha, beta, gamma of cell vectors; length 0 and right angles in directions that do not exist."""
    rows = np.array(lattice)
    lengths = np.where(np.arange(3) < dimension, np.linalg.norm(rows, axis=1), 0.0)
    angle = lambda i, j: np.degrees(np.arccos(rows[i] @ rows[j] / np.linalg.norm(rows[i]) / np.linalg.norm(rows[j])))
    return np.array([*lengths, angle(1, 2), angle(0, 2), angle(0, 1)])


def mdanalysis_dcd(name, path, record):
    import MDAnalysis

    n = len(record["species"])
    universe = MDAnalysis.Universe.empty(n, trajectory=False)
    universe.load_new(str(path), format="DCD")
    equal(f"{name}: frames", len(universe.trajectory), len(record["frames"]))
    for step, frame in zip(universe.trajectory, record["frames"]):
        compare(f"{name}: positions", step.positions, frame["positions"], 1e-6)
        if frame["lattice"] is None:
            equal(f"{name}: cell", step.dimensions is None, True)
            continue
        compare(f"{name}: cell", step.dimensions, lengths_and_angles(frame["lattice"], record["dimension"]), 1e-4)
        if record["dimension"] == 3:
            compare(f"{name}: cell vectors", step.triclinic_dimensions, frame["lattice"], 1e-5)


def mdanalysis_xyz(name, path, record):
    import MDAnalysis

    universe = MDAnalysis.Universe(str(path), format="XYZ", topology_format="XYZ")
    equal(f"{name}: species", list(universe.atoms.names), record["species"])
    equal(f"{name}: frames", len(universe.trajectory), len(record["frames"]))
    for step, frame in zip(universe.trajectory, record["frames"]):
        compare(f"{name}: positions", step.positions, frame["positions"], 1e-6)


def topology(record):
    import mdtraj

    made = mdtraj.Topology()
    residue = made.add_residue("X", made.add_chain())
    for species in record["species"]:
        made.add_atom(species, mdtraj.element.Element.getBySymbol(species), residue)
    return made


def mdtraj_dcd(name, path, record):
    import mdtraj

    trajectory = mdtraj.load_dcd(str(path), top=topology(record))
    equal(f"{name}: frames", trajectory.n_frames, len(record["frames"]))
    periodic = record["frames"][0]["lattice"] is not None
    equal(f"{name}: has a cell", trajectory.unitcell_lengths is not None, periodic)
    for k, frame in enumerate(record["frames"]):
        # MDTraj turns ångström into nm.
        compare(f"{name}: positions", trajectory.xyz[k] * 10.0, frame["positions"], 1e-6 * 10)
        if periodic:
            expected = lengths_and_angles(frame["lattice"], record["dimension"])
            compare(f"{name}: cell", [*trajectory.unitcell_lengths[k] * 10.0, *trajectory.unitcell_angles[k]], expected, 1e-4)
            if record["dimension"] == 3:
                compare(f"{name}: cell vectors", trajectory.unitcell_vectors[k] * 10.0, frame["lattice"], 1e-5)


def mdtraj_xyz(name, path, record):
    import mdtraj

    trajectory = mdtraj.load_xyz(str(path), top=topology(record))
    equal(f"{name}: frames", trajectory.n_frames, len(record["frames"]))
    for k, frame in enumerate(record["frames"]):
        compare(f"{name}: positions", trajectory.xyz[k] * 10.0, frame["positions"], 1e-6 * 10)


def ase_xyz(name, path, record):
    import ase.io

    frames = ase.io.read(str(path), index=":", format="extxyz")
    equal(f"{name}: frames", len(frames), len(record["frames"]))
    for atoms, frame in zip(frames, record["frames"]):
        equal(f"{name}: species", atoms.get_chemical_symbols(), record["species"])
        equal(f"{name}: periodic", atoms.pbc.tolist(), record["periodic"])
        compare(f"{name}: positions", atoms.positions, frame["positions"], 0.0)
        compare(f"{name}: cell", atoms.cell.array, frame["lattice"] or np.zeros((3, 3)), 0.0)
        compare(f"{name}: energy", atoms.get_potential_energy(), frame["energy"], 0.0)
        compare(f"{name}: forces", atoms.get_forces(), frame["forces"], 0.0)
        equal(f"{name}: step", atoms.info["step"], frame["step"])


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
