"""jax (f64, CPU, one thread, jitted) on energies and gradients of 1024 configurations of 13 Lennard-Jones particles. Prints one line of JSON.

`vmap` (what one writes): vmap of value_and_grad over rows [1024, 13, 3]; all pairs as a 13 x 13 matrix with the components first, the fastest of
five ways to write it. `by-hand`: no vmap; the batch is the last axis of an array [3, 13, 1024] that is kept in this order between calls, and
the gradient is that of the sum of all energies. XLA then fills the lanes with configurations."""
import argparse
import json
import os
import time

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import jax
import jax.numpy as jnp
import numpy as np

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--layout", choices=["vmap", "by-hand"], required=True)
parser.add_argument("--rows", required=True, help="JSON file of 1024 configurations, 13 positions each")
parser.add_argument("--seconds", type=float, default=3.0)
arguments = parser.parse_args()
jax.config.update("jax_enable_x64", True)

rows = np.array(json.load(open(arguments.rows)))
first, second = np.triu_indices(13, 1)
diagonal = jnp.eye(13)


def energy(row):
    x = row.T
    d = x[:, :, None] - x[:, None, :]
    s = 1 / ((d * d).sum(0) + diagonal) ** 3
    return 0.5 * jnp.where(diagonal > 0, 0, 4 * (s * s - s)).sum()


def energies(x):
    d = x[:, first] - x[:, second]
    s = 1 / (d * d).sum(0) ** 3
    u = (4 * (s * s - s)).sum(0)
    return u.sum(), u


if arguments.layout == "vmap":
    evaluate, x = jax.jit(jax.vmap(jax.value_and_grad(energy))), jnp.array(rows)
    u, gradient = evaluate(x)
else:
    evaluate, x = jax.jit(jax.grad(energies, has_aux=True)), jnp.array(rows.transpose(2, 1, 0))
    gradient, u = evaluate(x)
    gradient = gradient.transpose(2, 1, 0)

times, end = [], time.perf_counter() + arguments.seconds
while time.perf_counter() < end:
    begin = time.perf_counter()
    jax.block_until_ready(evaluate(x))
    times.append(time.perf_counter() - begin)
check = {"U": float(u.mean()), "|grad U|": float(jnp.sqrt((gradient**2).sum((1, 2))).mean())}
print(json.dumps({"rate": len(rows) / sorted(times)[len(times) // 2]} | check))
