"""OpenMM's Reference platform (f64, one thread) on the cluster of 13 Lennard-Jones particles in open space: LangevinMiddleIntegrator, which
takes one force a step as BAOAB does. nm, kJ/mol, amu and ps are the reduced units. NonbondedForce without a cutoff is 20 times as fast here
as a CustomNonbondedForce. Prints one line of JSON."""
import argparse
import json
import time

import openmm
from openmm import unit

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--start", required=True, help="JSON file of positions")
parser.add_argument("--temperature", type=float, required=True)
parser.add_argument("--steps", type=int, required=True)
arguments = parser.parse_args()
SAMPLES = 200

positions = json.load(open(arguments.start))
system = openmm.System()
force = openmm.NonbondedForce()
force.setNonbondedMethod(force.NoCutoff)
for _ in positions:
    system.addParticle(1.0)
    force.addParticle(0.0, 1.0, 1.0)
system.addForce(force)
kelvin = arguments.temperature / unit.MOLAR_GAS_CONSTANT_R.value_in_unit(unit.kilojoule_per_mole / unit.kelvin)
integrator = openmm.LangevinMiddleIntegrator(kelvin, 1.0, 0.005)
integrator.setRandomNumberSeed(1)
context = openmm.Context(system, integrator, openmm.Platform.getPlatformByName("Reference"))
context.setPositions(positions)
context.setVelocitiesToTemperature(kelvin, 1)
integrator.step(arguments.steps // 5)

potential = kinetic = seconds = 0.0
for _ in range(SAMPLES):
    begin = time.perf_counter()
    integrator.step(arguments.steps // SAMPLES)
    seconds += time.perf_counter() - begin
    state = context.getState(getEnergy=True)
    potential += state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole) / SAMPLES
    kinetic += state.getKineticEnergy().value_in_unit(unit.kilojoule_per_mole) / SAMPLES
n = len(positions)
steps = SAMPLES * (arguments.steps // SAMPLES)
print(json.dumps({"rate": steps / seconds, "T": 2 * kinetic / (3 * n), "U/N": potential / n}))
