"""Runs the comparisons of cases.py, mcflow and the peer in turn, and writes the table and the figure beside this file. `run` prepares and
calls it."""
import argparse
import os
import pathlib
import platform
import shutil
import sys
import tempfile
import time

import results
from cases import ALL, SCALING, Bench, Table
from mcflow_runs import Mcflow

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

parser = argparse.ArgumentParser(prog="benches/peers/run", description="mcflow beside other engines on the same systems, one core each.")
parser.add_argument("--rounds", type=int, default=3, help="how often each case runs, mcflow and the peer in turn (3)")
parser.add_argument("--only", nargs="+", metavar="NAME", help="only cases whose name has one of these in it")
parser.add_argument("--quick", action="store_true", help="runs of a tenth: whether it works, not how fast")
parser.add_argument("--list", action="store_true", help="the names of the cases")
parser.add_argument("--binary", default=ROOT / "target" / "release" / "mcflow", help="the program (target/release/mcflow)")
parser.add_argument("--output", type=pathlib.Path, default=HERE, help="the folder of results.txt, results.md and ratios.svg (benches/peers)")
arguments = parser.parse_args()

cases = [c for c in ALL if not arguments.only or any(name.lower() in c.name.lower() for name in arguments.only)]
if arguments.list or not cases:
    print("\n".join(c.name for c in ALL))
    sys.exit(0 if arguments.list else "no case has that in its name")
if platform.system() != "Linux" or shutil.which("taskset") is None:
    sys.exit("taskset is needed, to keep each run to one core")

rows, tables, failures = [], [], []
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    cores = sorted(os.sched_getaffinity(0))
    bench = Bench(Mcflow(arguments.binary, folder), folder, cores, 10 if arguments.quick else 1, ROOT)
    for case in cases:
        begin = time.time()
        print(f"{case.name} ...", end="", flush=True, file=sys.stderr)
        try:
            if "two threads" in case.name and len(cores) < 2:
                raise RuntimeError("there is only one core")
            if isinstance(case, Table):
                tables.append((case.heading, case.lines(bench)))
                print(f" done ({time.time() - begin:.0f} s)", file=sys.stderr)
                continue
            rounds = [(case.ours(bench), case.theirs(bench)) for _ in range(arguments.rounds)]
            rows.append(results.Row(case, [r[0] for r in rounds], [r[1] for r in rounds]))
            print(f" {rows[-1].ratio:.2f} ({time.time() - begin:.0f} s)", file=sys.stderr)
        except Exception as error:  # One case that fails does not stop the others.
            failures.append((case.name, str(error)))
            print(f" failed: {error}", file=sys.stderr)

results.write(arguments.output, rows, tables, failures, SCALING, arguments.rounds, arguments.quick)
print((arguments.output / "results.txt").read_text(), end="")
sys.exit(1 if failures else 0)
