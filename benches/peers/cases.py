"""The cases: a name, a target for the ratio, and two sides that do the same work. A side is called with a `Bench` and returns a dictionary: its
`rate`, and figures that show what it did. A case without a ratio has a table of its own.

Liquids of dynamics: rho* = 0.8442, cutoff 2.5, truncated, no tail, time step 0.005, from a face-centred cubic lattice at T* = 1.44, which
melts and comes down to 0.72 or so in the steps that are not timed (the largest system is then still melting, on both sides). LAMMPS sets the
temperature of its start exactly, mcflow draws momenta: of 108 particles the one system may end up some hundredths away. Fluids of trial moves:
rho* = 0.776, T* = 0.9, cutoff 3."""
import dataclasses
import functools
import json
import math
import pathlib
import subprocess
import sys
from typing import Callable

import numpy as np

from mcflow_runs import Mcflow

HERE = pathlib.Path(__file__).parent


DENSITY, HOT, COLD = 0.8442, 1.44, 0.72  # of the liquid, its lattice, its thermostat


@dataclasses.dataclass
class Bench:
    """What the sides need: the program, a folder, the processor cores to use, and by what to divide the lengths of runs."""

    mcflow: Mcflow
    folder: pathlib.Path
    cores: list
    shorter: int
    root: pathlib.Path

    def pin(self, count=1):
        """The command that keeps another to as many cores: the second one, if there is only to be one."""
        cores = self.cores[:2] if count == 2 else self.cores[1:2] or self.cores
        return ["taskset", "-c", ",".join(map(str, cores))]

    def peer(self, script, **arguments):
        """What a script of a peer prints, pinned to one core."""
        options = [word for name, value in arguments.items() for word in ("--" + name, str(value))]
        out = subprocess.run([*self.pin(), sys.executable, str(HERE / script), *options], cwd=self.folder, capture_output=True, text=True)
        if out.returncode != 0:
            raise RuntimeError((out.stderr or out.stdout).strip()[-1500:])
        return json.loads(out.stdout.splitlines()[-1])


@dataclasses.dataclass
class Case:
    """Two sides whose rates are compared: `ours` over `theirs` should be at least `target` (None: shown only)."""

    name: str
    target: float | None
    unit: str
    peer: str
    ours: Callable
    theirs: Callable


@dataclasses.dataclass
class Table:
    """A case without a ratio: `lines` gives the cells of a table of its own, the names of the columns first. It runs once, whatever the rounds."""

    name: str
    heading: str
    lines: Callable


# Dynamics of liquids. By number of particles: steps that melt, steps that are timed.
STEPS = {108: (20_000, 100_000), 500: (4_000, 20_000), 4000: (2_000, 2_000), 32_000: (1_000, 300), 256_000: (200, 80)}
SAMPLES, LEAST = 20, 15  # of temperature, energy and pressure in the timed part, and steps between them at least, on both sides


def langevin(steps, friction=0.0, splitting="BAB", precision=None):
    """The entry of a sweep: plain dynamics, not Metropolized."""
    more = f", precision: {precision}" if precision else ""
    return (f'Langevin(steps: {steps}, time_step: 0.005, friction: {friction}, splitting: "{splitting}", metropolized: false{more})')


def lengths(bench, n, walkers=1):
    """The length of a sample, and how many of it melt and are timed. Each of several walkers does a quarter of what one alone does."""
    melt, timed = STEPS[n]
    share = 4 if walkers > 1 else 1
    samples = min(SAMPLES, timed // LEAST)
    sample = max(timed // samples // share // bench.shorter, 1)
    return sample, math.ceil(melt / share / sample), samples


def liquid(n, precision=None, walkers=1, threads=1, cores=1):
    """mcflow at constant energy. Its column `pressure` has the temperature of the ladder in the ideal part; at constant energy the kinetic one
    belongs there, which is put right here."""
    def run(bench):
        sample, melt, timed = lengths(bench, n, walkers)
        found = bench.mcflow.run(cell=f"Cube(density: {DENSITY})", count=n, cutoff=2.5, temperature=HOT, walkers=walkers, threads=threads,
                                 move=langevin(sample, precision=precision), equilibration=melt, production=timed, pin=bench.pin(cores))
        return found | {"P": found["P"] + DENSITY * (found["T"] - HOT)}
    return run


def thermostatted(n, precision=None):
    """mcflow's Langevin dynamics at T* = 0.72, from a liquid that it melted at constant energy (T* = 0.72 alone does not melt the lattice)."""
    def run(bench):
        sample, melt, timed = lengths(bench, n)
        if not (bench.folder / f"liquid{n}.xyz").exists():
            bench.mcflow.run(cell=f"Cube(density: {DENSITY})", count=n, cutoff=2.5, temperature=HOT, move=langevin(100), equilibration=20,
                             production=1, output="Trajectory(format: Xyz)", pin=bench.pin())
            bench.mcflow.last_frame(f"liquid{n}")
        return bench.mcflow.run(cell=f"Cube(density: {DENSITY})", count=n, cutoff=2.5, temperature=COLD, start=f'File("liquid{n}.xyz")',
                                move=langevin(sample, 1.0, "BAOAB", precision), equilibration=melt, production=timed, pin=bench.pin())
    return run


def lammps(n, friction=0.0):
    """LAMMPS on the same liquid, in as many steps."""
    def run(bench):
        sample, melt, timed = lengths(bench, n)
        return bench.peer("lammps_liquid.py", cells=round((n / 4) ** (1 / 3)), equilibration=melt * sample, production=timed * sample,
                          sample=sample, friction=friction)
    return run


# Conservation of energy. Steps that melt, steps that are fitted, steps from sample to sample.
DRIFT = 4_000, 100_000, 500
# The truncation in mcflow and the same in LAMMPS. The second is not one of the styles that `-sf opt` speeds up.
TRUNCATIONS = {"Truncated": "lj/cut", "LinearForceShift": "lj/smooth/linear"}


def our_energies(bench, truncation, precision):
    """Total energies per particle, kinetic energy included, and the mean temperature of mcflow's 500 particles at constant energy."""
    melt, fitted, sample = DRIFT
    found = bench.mcflow.run(cell=f"Cube(density: {DENSITY})", count=500, cutoff=2.5, truncation=truncation, temperature=HOT,
                             move=langevin(sample, precision=precision), equilibration=melt // sample,
                             production=fitted // bench.shorter // sample, pin=bench.pin())
    # The kinetic temperature is 2 K / 3 N: no momentum is taken out.
    energies = [float(s["potential_energy"]) / 500 + 1.5 * float(s["kinetic_temperature"]) for s in bench.mcflow.samples()]
    return energies, found["T"]


def lammps_energies(bench, truncation):
    """The same of LAMMPS, with lists of neighbours made as soon as a particle has moved by half the skin: those of the other cases, made every
    20 steps, now and then miss a pair, which costs energy. Its temperature is 2 K / (3 N - 3), of particles without total momentum."""
    melt, fitted, sample = DRIFT
    found = bench.peer("lammps_liquid.py", cells=5, equilibration=melt, production=fitted // bench.shorter, sample=sample,
                       pair=TRUNCATIONS[truncation], rebuild="every 1 check yes")
    return found["energies"], found["T"]


def straight_line(energies):
    """Slope per 100 000 steps, its standard error (of independent samples), and the standard deviation about the line."""
    x = np.arange(len(energies)) * DRIFT[2] / 1e5
    (slope, level), y = np.polyfit(x, energies, 1), np.array(energies)
    deviation = math.sqrt(np.sum((y - level - slope * x) ** 2) / (len(y) - 2))
    return slope, deviation / math.sqrt(np.sum((x - x.mean()) ** 2)), deviation


def drift(bench):
    """Lines of a table: how well each program keeps the energy of a truncated potential and of one whose force goes to 0 at the cutoff.

    No force acts where the truncated potential jumps, so its energy goes up and down with the number of pairs within the cutoff, by 0.016 a pair.
    The energy shifted to 0 there has no such jumps, but the force has, and each crossing costs or gives a little: a random walk of some 5e-4 in
    100 000 steps, of either sign. The standard error does not know of it. Where the force goes to 0 the error holds."""
    programs = {"mcflow f64": lambda t: our_energies(bench, t, None), "mcflow Mixed": lambda t: our_energies(bench, t, MIXED),
                "LAMMPS -sf opt": lambda t: lammps_energies(bench, t)}
    lines = [["potential", "program", "drift", "error", "deviation", "T"]]
    for truncation in TRUNCATIONS:
        for program, run in programs.items():
            energies, temperature = run(truncation)
            lines.append([truncation, program, *(f"{value:.1e}" for value in straight_line(energies)), f"{temperature:.3f}"])
    return lines


# The cluster of 13.
def icosahedron():
    """Thirteen particles at the minimum of the energy, nearly."""
    golden = (1 + 5**0.5) / 2
    corners = [c for s in (1, -1) for t in (golden, -golden) for c in ((0, s, t), (s, t, 0), (t, 0, s))]
    scale = 1.08 / (1 + golden**2) ** 0.5
    return [[0.0, 0.0, 0.0], *([scale * x for x in corner] for corner in corners)]


def cluster(walkers):
    """mcflow's Langevin dynamics of the cluster, which at T* = 0.2 does not lose a particle within the run."""
    def run(bench):
        sweeps = 1000 // bench.shorter // walkers + 1
        return bench.mcflow.run(cell="Open(dimension: 3)", count=13, temperature=0.2, walkers=walkers, start=f"Positions({icosahedron()})",
                                move=langevin(2000, 1.0, "BAOAB"), equilibration=sweeps // 5 + 1, production=sweeps, pin=bench.pin())
    return run


def openmm(bench):
    """OpenMM on the same, one cluster."""
    path = bench.folder / "cluster.json"
    path.write_text(json.dumps(icosahedron()))
    return bench.peer("openmm_cluster.py", start=path, temperature=0.2, steps=1_000_000 // bench.shorter)


@functools.cache
def rows():
    """1024 loose clusters, as in benches/energies.rs: a lattice of spacing 1.3 with noise of 0.05."""
    sites = 1.3 * np.array([[i % 3, (i // 3) % 3, i // 9] for i in range(13)])
    return (sites + 0.05 * np.random.default_rng(2).normal(size=(1024, 13, 3))).tolist()


def batch(bench):
    """mcflow's batch of energies and gradients, as `cargo bench` finds it. The figures beside it are those of `mcflow energy`, on the rows that
    jax has."""
    seconds = "1" if bench.shorter > 1 else "3"
    command = ["cargo", "bench", "--bench", "energies", "--", "LJ13.*energies and gradients", "--warm-up-time", "1", "--measurement-time", seconds]
    out = subprocess.run([*bench.pin(), *command], cwd=bench.root, capture_output=True, text=True)
    if out.returncode != 0:
        raise RuntimeError(out.stderr.strip()[-400:])
    found = list((bench.root / "target" / "criterion").glob("LJ13*/energies and gradients/new/estimates.json"))
    if len(found) != 1:
        raise RuntimeError(f"expected the estimates of one benchmark, found {[str(f) for f in found]}")
    return {"rate": 1024 / (json.loads(found[0].read_text())["median"]["point_estimate"] * 1e-9)} | bench.mcflow.energies(rows())


def jax(layout):
    """jax on as many configurations."""
    def run(bench):
        path = bench.folder / "rows.json"
        path.write_text(json.dumps(rows()))
        return bench.peer("jax_cluster.py", layout=layout, rows=path, seconds=1 if bench.shorter > 1 else 3)
    return run


# Trial moves. Largest displacements that accept half, in mcflow (a cube of this half side) and in Faunus (a ray of this length).
STEP, FAUNUS_STEP = 0.102, 0.21
MOVES = {"cell": "Cube(density: 0.776)", "cutoff": 3.0, "temperature": 0.9}


def fluid(bench, n):
    """The start of all programs, made once: a lattice melted by mcflow's moves."""
    path = bench.folder / f"fluid{n}.json"
    if not path.exists():
        bench.mcflow.run(**MOVES, count=n, move=f"Displacement(step: {STEP}, tune: false)", equilibration=400, production=1,
                         output="Trajectory(format: Xyz)", pin=bench.pin())
        bench.mcflow.last_frame(f"fluid{n}")
    return path


def moves(n):
    """mcflow's trial moves of single particles, energy and pressure measured every 20 sweeps."""
    def run(bench):
        fluid(bench, n)
        sweeps = max({500: 8000, 4000: 1000}[n] // bench.shorter, 20)
        return bench.mcflow.run(**MOVES, count=n, start=f'File("fluid{n}.xyz")', move=f"Displacement(step: {STEP}, tune: false)",
                                equilibration=sweeps // 20, production=sweeps, record_every=20, pin=bench.pin())
    return run


def raspa(bench):
    """RASPA3, N = 500."""
    return bench.peer("raspa_fluid.py", start=fluid(bench, 500), temperature=0.9, cutoff=3.0, cycles=max(1500 // bench.shorter, 100))


def faunus(bench):
    """Faunus, N = 4000."""
    return bench.peer("faunus_fluid.py", start=fluid(bench, 4000), temperature=0.9, cutoff=3.0, step=FAUNUS_STEP,
                      sweeps=max(80 // bench.shorter, 4))


# mcflow against itself.
def ordinary(move, sweeps, plain):
    """A run of 500 particles with what a user gets who asks for nothing but a trajectory: a sample of all default observables and a frame
    as often as is the default. Or (`plain`) with one sample in all, and no trajectory."""
    def run(bench):
        production = max(sweeps // bench.shorter, 10)
        return bench.mcflow.run(cell=f"Cube(density: {DENSITY})", count=500, cutoff=2.5, temperature=HOT if "BAB" in move else COLD,
                                move=move, equilibration=production // 5, production=production, pin=bench.pin(),
                                **({"record_every": production} if plain else {"record_every": None, "output": "Trajectory(format: Dcd)"}))
    return run


DYNAMICS, METROPOLIS = langevin(20), "Displacement(step: 0.1, tune: false)"
MIXED = "Mixed"
ALL = [
    Case("NVE N=4000 f64", 4, "steps/s", "LAMMPS", liquid(4000), lammps(4000)),
    Case("NVE N=4000 Mixed", 5, "steps/s", "LAMMPS", liquid(4000, MIXED), lammps(4000)),
    Case("NVE N=32000 Mixed", 5, "steps/s", "LAMMPS", liquid(32_000, MIXED), lammps(32_000)),
    Case("NVE N=256000 Mixed", 5, "steps/s", "LAMMPS", liquid(256_000, MIXED), lammps(256_000)),
    Case("Langevin N=4000 Mixed", 5, "steps/s", "LAMMPS", thermostatted(4000, MIXED), lammps(4000, friction=1.0)),
    Case("NVE N=108 f64", 3, "steps/s", "LAMMPS", liquid(108), lammps(108)),
    Case("NVE N=108 f64, 16 replicas", 4, "steps/s", "LAMMPS, one system", liquid(108, walkers=16), lammps(108)),
    Case("NVE N=500 f64", 3.2, "steps/s", "LAMMPS", liquid(500), lammps(500)),
    Case("NVE N=500 Mixed", 4.5, "steps/s", "LAMMPS", liquid(500, MIXED), lammps(500)),
    Case("LJ13 batch of 1024", 15, "configs/s", "jax, vmap", batch, jax("vmap")),
    Case("LJ13 batch of 1024, by hand", None, "configs/s", "jax, batch last", batch, jax("by-hand")),
    Case("LJ13 Langevin", 3, "steps/s", "OpenMM", cluster(1), openmm),
    Case("LJ13 Langevin, 16 chains", 10, "steps/s", "OpenMM, one chain", cluster(16), openmm),
    Case("trial moves N=500", 7, "moves/s", "RASPA3", moves(500), raspa),
    Case("trial moves N=4000", 30, "moves/s", "Faunus", moves(4000), faunus),
    Case("two threads N=32000 Mixed", 1.65, "steps/s", "one thread", liquid(32_000, MIXED, threads=2, cores=2),
         liquid(32_000, MIXED, cores=2)),
    Case("two threads N=108, 16 replicas", 1.9, "steps/s", "one thread", liquid(108, walkers=16, threads=2, cores=2),
         liquid(108, walkers=16, cores=2)),
    Case("default output, dynamics N=500", 0.95, "steps/s", "least output", ordinary(DYNAMICS, 1000, False), ordinary(DYNAMICS, 1000, True)),
    Case("default output, moves N=500", 0.95, "moves/s", "least output", ordinary(METROPOLIS, 3000, False), ordinary(METROPOLIS, 3000, True)),
    Table("drift NVE N=500", "total energy per particle at constant energy, N = 500: slope of a straight line per 100 000 steps, its standard "
          "error, standard deviation about the line, mean temperature", drift),
]
# The cost of a particle-step in the first over that in the second, which should be at most so much.
SCALING = ("NVE N=256000 Mixed", 256_000, "NVE N=4000 Mixed", 4000, 1.25)
