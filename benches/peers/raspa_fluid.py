"""RASPA3 (`raspalib`) on a Lennard-Jones fluid: translations of single particles and nothing else, f64, truncated, no tail. Argon's epsilon and
sigma stand for the reduced units. Initialization tunes the largest displacement to an acceptance of one half. The rate is that of
`production`: moves by RASPA's own count, over the time of the call. A move is along one axis. Prints one line of JSON."""
import argparse
import json
import os
import time

os.environ["RASPALIB_QUIET"] = "1"
import raspalib

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--start", required=True, help="JSON file: box length and positions, reduced")
parser.add_argument("--temperature", type=float, required=True)
parser.add_argument("--cutoff", type=float, required=True)
parser.add_argument("--cycles", type=int, required=True, help="cycles of as many moves as particles")
arguments = parser.parse_args()
EPSILON, SIGMA = 120.0, 3.4  # K, angstrom
BOLTZMANN = 1.380649e-23

start = json.load(open(arguments.start))
n, length, cutoff = len(start["positions"]), start["length"] * SIGMA, arguments.cutoff * SIGMA
force_field = raspalib.ForceField(
    pseudo_atoms=[raspalib.PseudoAtom("Ar", False, 39.948, 0.0, 0.0, 18, False, "-")],
    parameters=[raspalib.VDWParameters(EPSILON, SIGMA)],
    cutoff_framework_vdw=cutoff, cutoff_molecule_vdw=cutoff, cutoff_coulomb=cutoff,
    shifted=False, tail_corrections=False, use_charge=False)
argon = raspalib.Component(
    force_field, "argon", 150.0, 4.9e6, 0.0, [raspalib.Atom((0.0, 0.0, 0.0), 0.0)],
    particle_probabilities=raspalib.MCMoveProbabilities(translation_probability=1.0))
system = raspalib.System(
    force_field=force_field, simulation_box=raspalib.SimulationBox(length, length, length),
    external_temperature=arguments.temperature * EPSILON, components=[argon],
    initial_positions=[[tuple(SIGMA * c for c in p) for p in start["positions"]]], initial_number_of_molecules=[0])
never = 10**9
simulation = raspalib.MonteCarlo(
    number_of_cycles=arguments.cycles, number_of_initialization_cycles=arguments.cycles // 5, number_of_equilibration_cycles=0,
    print_every=never, write_binary_restart_every=never, rescale_wang_landau_every=never, optimize_mc_moves_every=20,
    systems=[system], random_seed=1, output_to_files=False)
simulation.setup()
simulation.initialize()
simulation.equilibrate()
begin = time.perf_counter()
simulation.production()
seconds = time.perf_counter() - begin

result = simulation.systems[0]
if list(result.number_of_molecules_per_component) != [n]:
    raise SystemExit(f"RASPA has {result.number_of_molecules_per_component} particles, not {n}")
moves = result.components[0].mc_moves_statistics[raspalib.Move.Types.TRANSLATION]
count, accepted = sum(moves.total_counts), sum(moves.total_accepted)
# Energies are in kelvin, pressures in pascal.
energy = result.average_energies.result()[0].total_energy.energy / EPSILON / n
pressure = result.average_pressure.result()[0].total_pressure / (EPSILON * BOLTZMANN / (SIGMA * 1e-10) ** 3)
print(json.dumps({"rate": count / seconds, "acceptance": accepted / count, "U/N": energy, "P": pressure}))
