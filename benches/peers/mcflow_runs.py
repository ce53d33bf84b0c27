"""Runs of mcflow: all inputs come from one template. A rate is `phases.production.steps_per_second` of summary.json: time steps or trial moves,
summed over the walkers, over the wall time of the production phase."""
import csv
import json
import pathlib
import re
import statistics
import subprocess
import tempfile

TEMPLATE = """(
    seed: {seed},
    system: (
        cell: {cell},
        particles: [(type: "A", count: {count})],
        potential: [LennardJones(epsilon: 1.0, sigma: 1.0{cutoff})],
    ),
    start: {start},
    ladder: [(temperature: {temperature}, walkers: {walkers})],
    sweep: [{move}],
    run: (equilibration: {equilibration}, production: {production}{record_every}),
    output: [{output}],
)
"""


class Mcflow:
    """The program, and a folder for its inputs and outputs."""

    def __init__(self, binary, folder):
        self.binary, self.folder = str(pathlib.Path(binary).resolve()), pathlib.Path(folder)

    def run(self, cell, count, move, temperature, equilibration, production, start="Lattice(FaceCentredCubic)", cutoff=None, walkers=1,
            truncation="Truncated", record_every=1, output="", threads=1, seed=1, pin=()):
        """What a run did: its rate, and the means of what it measured. The files of the last run stay in `folder`/output."""
        text = TEMPLATE.format(
            seed=seed, cell=cell, count=count, cutoff="" if cutoff is None else f", cutoff: {cutoff}, truncation: {truncation}",
            start=start, temperature=temperature, walkers=walkers, move=move, equilibration=equilibration, production=production,
            record_every="" if record_every is None else f", record_every: {record_every}", output=output)
        (self.folder / "system.ron").write_text(text)
        command = [self.binary, "run", "system.ron", "--threads", str(threads), "--output", "output", "--force"]
        out = subprocess.run([*pin, *command], cwd=self.folder, capture_output=True, text=True)
        if out.returncode != 0:
            raise RuntimeError("mcflow did not run: " + (out.stderr or out.stdout).strip()[-1500:])
        summary = json.loads((self.folder / "output" / "summary.json").read_text())
        samples = self.samples()
        # The others leave out the impulse of a jump at the cutoff.
        pressure = "virial_pressure" if "virial_pressure" in samples[0] else "pressure"
        names = {"T": "kinetic_temperature", "U": "potential_energy", "P": pressure}
        found = {short: statistics.fmean(float(s[name]) for s in samples) for short, name in names.items() if name in samples[0]}
        found["U/N"] = found.pop("U") / count
        moves = summary["moves"]
        if moves and all(m["attempted"] for m in moves):
            found["acceptance"] = sum(m["accepted"] for m in moves) / sum(m["attempted"] for m in moves)
        return {"rate": summary["phases"]["production"]["steps_per_second"]} | found

    def samples(self):
        """The observables of the last run, a dictionary for each sample."""
        with open(self.folder / "output" / "observables.csv") as file:
            return list(csv.DictReader(file))

    def last_frame(self, name):
        """The last frame of the trajectory of the last run, kept as `name`.xyz and, for the peers, as `name`.json."""
        lines = (self.folder / "output" / "trajectory.xyz").read_text().splitlines()
        frame = lines[-int(lines[0]) - 2:]
        (self.folder / f"{name}.xyz").write_text("\n".join(frame) + "\n")
        properties = re.search(r"Properties=(\S+)", frame[1])[1].split(":")
        column = sum(int(w) for w in properties[2:properties.index("pos"):3])
        positions = [[float(w) for w in line.split()[column:column + 3]] for line in frame[2:]]
        lattice = re.search(r'Lattice="(\S+)', frame[1])
        (self.folder / f"{name}.json").write_text(json.dumps({"length": float(lattice[1]), "positions": positions}))

    def energies(self, rows):
        """Mean energy and mean length of the gradient of configurations of a cluster, by `mcflow energy`."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            text = TEMPLATE.format(seed=1, cell="Open(dimension: 3)", count=len(rows[0]), cutoff="", start='File("rows.xyz")', temperature=1.0,
                                   walkers=1, move="Displacement(step: 0.1)", equilibration=0, production=1, record_every="", output="")
            pathlib.Path(folder, "system.ron").write_text(text)
            frames = (f"{len(row)}\nProperties=species:S:1:pos:R:3\n" + "".join(f"A {x!r} {y!r} {z!r}\n" for x, y, z in row) for row in rows)
            pathlib.Path(folder, "rows.xyz").write_text("".join(frames))
            out = subprocess.run([self.binary, "energy", "system.ron", "--frames", "rows.xyz", "--forces"], cwd=folder, capture_output=True,
                                 text=True, check=True)
        frames = json.loads(out.stdout)
        gradients = [sum(c * c for f in frame["forces"] for c in f) ** 0.5 for frame in frames]
        return {"U": sum(frame["energy"] for frame in frames) / len(frames), "|grad U|": sum(gradients) / len(frames)}
