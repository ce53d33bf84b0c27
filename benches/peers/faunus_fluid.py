"""Faunus on a Lennard-Jones fluid: translations of single particles and nothing else, truncated by its table of the pair potential, with which
alone it takes a cell list (and is four times as fast as without). Argon's sigma stands for the reduced unit of length, 108 K for the
temperature. The rate: its own count of trials over its own `elapsed_seconds` of the moves. Prints one line of JSON."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import sysconfig
import tempfile

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--start", required=True, help="JSON file: box length and positions, reduced")
parser.add_argument("--temperature", type=float, required=True)
parser.add_argument("--cutoff", type=float, required=True)
parser.add_argument("--step", type=float, required=True, help="largest displacement, reduced")
parser.add_argument("--sweeps", type=int, required=True)
arguments = parser.parse_args()
SIGMA, KELVIN = 3.4, 108.0
EPSILON = 8.314462618e-3 * KELVIN / arguments.temperature  # kJ/mol

start = json.load(open(arguments.start))
n, length = len(start["positions"]), start["length"]
positions = [[SIGMA * (c - length * ((c / length) // 1) - length / 2) for c in p] for p in start["positions"]]
INPUT = f"""
atoms:
  - {{name: A, mass: 1.0, sigma: {SIGMA}, epsilon: {EPSILON}}}
molecules:
  - {{name: fluid, atoms: [A], atomic: true}}
system:
  cell: !Cuboid [{SIGMA * length}, {SIGMA * length}, {SIGMA * length}]
  medium: {{permittivity: !Vacuum, temperature: {KELVIN}}}
  energy:
    - !Nonbonded
      default:
        - !LennardJones {{mixing: LB}}
      spline: {{cutoff: {SIGMA * arguments.cutoff}, shift_energy: false}}
  blocks:
    - {{molecule: fluid, N: {n}, insert: !Manual {positions}}}
analysis:
  - !Energy {{file: energy.dat, frequency: !Every {2 * n}}}
propagate:
  seed: !Fixed 42
  criterion: Metropolis
  steps: {arguments.sweeps}
  collections:
    - !Stochastic
      cycles: {n}
      moves:
        - !TranslateAtom {{molecule: fluid, max_displacement: {SIGMA * arguments.step}, weight: 1.0}}
"""
with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "input.yaml").write_text(INPUT)
    command = [str(pathlib.Path(sysconfig.get_path("scripts"), "faunus")), "-o", "output.yaml", "run", "-i", "input.yaml"]
    out = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if out.returncode != 0:
        sys.exit("Faunus did not run:\n" + out.stdout[-1500:] + out.stderr[-1500:])
    text = pathlib.Path(folder, "output.yaml").read_text()
    samples = [float(line.split()[-1]) for line in pathlib.Path(folder, "energy.dat").read_text().splitlines() if line[0] != "#"]


def number(name):
    """The first number of this name: the time of the collection comes before that of its moves."""
    return float(re.search(rf"\b{name}: ([-\d.e+]+)", text)[1])


trials, accepted = number("num_trials"), number("num_accepted")
energy = sum(samples) / len(samples) / EPSILON / n
print(json.dumps({"rate": trials / number("elapsed_seconds"), "acceptance": accepted / trials, "U/N": energy}))
