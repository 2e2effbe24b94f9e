#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the tables of docs/performance.md. usage: plots.py docs/performance.md FOLDER

The page is the only source: what is drawn is what stands there.
"""
import pathlib
import re
import sys

import matplotlib
import matplotlib.ticker

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "neigh"  # the same picture from the same figures
import matplotlib.pyplot as plt  # noqa: E402

COLORS = {"libneigh": "#c0392b", "floor": "#2c3e50", "limit": "#2c3e50"}


def tables(page):
    """{heading: [row of cells]}; a cell that is left out repeats the one above it."""
    heading, found = "", {}
    for line in page.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ").split(":")[0]
        elif line.startswith("|") and not set(line) <= set("|-: "):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            rows = found.setdefault(heading, [])
            if rows and not cells[0]:
                cells[0] = rows[-1][0]
            rows.append(cells)
    return found


def median(cell):
    """The first number of `1.2 [1.1 1.3]`."""
    match = re.match(r"[\d.,]+", cell)
    return float(match.group().replace(",", "")) if match else None


def series(rows, column=2):
    """{who: [(entries, value)]} of a table whose first two columns are entries and who."""
    lines = {}
    for cells in rows[1:]:
        lines.setdefault(cells[1], []).append((median(cells[0]), median(cells[column])))
    return lines


def finish(figure, axes, title, x, y, path):
    axes.set_title(title, loc="left", fontsize=10)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:,g}"))
            axis.set_minor_formatter(matplotlib.ticker.NullFormatter())
    axes.grid(True, which="major", color="#dddddd", linewidth=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    path.write_text("\n".join(line.rstrip() for line in path.read_text(encoding="utf-8").splitlines()) + "\n", encoding="utf-8")
    plt.close(figure)
    print(path)


def draw_lines(lines, title, x, y, path, wanted=None):
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    for who, points in lines.items():
        if wanted and who not in wanted:
            continue
        own = who == "libneigh" or who.startswith(("bulk", "single"))
        axes.plot(*zip(*points), marker="o", markersize=3, label=who, linewidth=1.8 if own else 1.1, color=COLORS.get(who))
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.legend(fontsize=7, frameon=False)
    finish(figure, axes, title, x, y, path)


def draw_peers(found, entries, path):
    operations = [name for name in ("add", "replace", "get", "dump", "del", "flush") if name in found]
    names, values = [], {}
    for operation in operations:
        for who, points in series(found[operation]).items():
            at = dict(points).get(entries)
            if at:
                values.setdefault(who, {})[operation] = at
    names = sorted(values, key=lambda who: sum(values[who].values()) / len(values[who]))
    figure, axes = plt.subplots(figsize=(7.6, 3.8))
    width = 0.8 / len(names)
    for i, who in enumerate(names):
        at = [k + i * width for k, operation in enumerate(operations) if operation in values[who]]
        axes.bar(at, [values[who][operation] for operation in operations if operation in values[who]], width,
                 label=who, color=COLORS.get(who))
    axes.set_xticks([k + 0.4 for k in range(len(operations))], operations)
    axes.set_yscale("log")
    axes.legend(fontsize=7, frameon=False, ncol=2)
    finish(figure, axes, f"Kernel table, {entries:,.0f} entries", "", "µs per entry (less is better)", path)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    found = tables(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    lookup = next((rows for name, rows in found.items() if name.startswith("Lookup")), None)
    if lookup:
        wanted = ("limit", "bulk, 256 at once", "single", "rte_hash bulk", "rte_hash single", "flat_map")
        draw_lines(series(lookup), "Lookup of an IPv4 neighbor", "entries", "ns per lookup", folder / "lookup.svg", wanted)
    for operation in ("add", "dump"):
        if operation in found:
            draw_lines(series(found[operation]), f"Kernel table: {operation}", "entries", "µs per entry",
                       folder / f"kernel-{operation}.svg")
    if "add" in found:
        sizes = {cells[0] for cells in found["add"][1:]}
        draw_peers(found, median("65,536" if "65,536" in sizes else max(sizes, key=median)), folder / "kernel-peers.svg")
    if "batch" in found:
        rows = found["batch"]
        lines = {name: [(median(row[0]), median(row[column])) for row in rows[1:] if median(row[column])]
                 for column, name in ((1, "libneigh"), (2, "floor"))}
        draw_lines(lines, "Kernel table: create, in parts", "entries with one call", "µs per entry", folder / "kernel-batch.svg")


if __name__ == "__main__":
    main()
