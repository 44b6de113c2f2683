"""Run the benchmarks: ``python -m benchmarks [--check] [--list] [name…]``; with --check the exit code tells."""

import argparse
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from benchmarks.calibration import factor
from benchmarks.figures import Figure

# Each module has `measure() -> list[Figure]`; an entry is a file of this folder.
BENCHMARKS = (
    "jiangxi",
    "plain_mesa",
    "permit_market",
    "call_auction",
    "order_book",
)  # jiangxi first: its peak memory is the process's

BY_NAME = ("dashboard", "sweeps")
"""Benchmarks that are made only when they are named: they need a browser and minutes."""

BOUNDS = Path(__file__).with_name("bounds.toml")


def bounded(figure: Figure, bounds: Mapping[str, Mapping[str, float]], machine: float) -> Figure:
    """Return a figure with its bound from the table, times scaled to this machine; its own bound where it has none."""
    held = bounds.get(figure.name)
    if held is not None:
        kind = "at least" if "at_least" in held else "at most"
        figure = replace(figure, bound=float(held[kind.replace(" ", "_")]), kind=kind)
    if figure.bound is not None and figure.scales_with_machine:
        figure = replace(figure, bound=figure.bound * machine)
    return figure


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as aligned text, a line each."""
    rows = [("figure", "value", "unit", "bound", "kept", "against")]
    for figure in figures:
        bound = "" if figure.bound is None else f"{figure.kind} {_digits(figure.bound)}"
        kept = "" if figure.bound is None else ("yes" if figure.passed else "NO")
        rows.append((figure.name, _digits(figure.value), figure.unit, bound, kept, figure.baseline))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    right = {1}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the named benchmarks, or all of them, and print the table; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help=f"any of: {', '.join(BENCHMARKS)}, which are all made if none is named; or {', '.join(BY_NAME)}",
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a figure misses its bound")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join([*BENCHMARKS, *BY_NAME]))
        return 0
    unknown = sorted(set(options.names) - {*BENCHMARKS, *BY_NAME})
    if unknown:
        parser.error(f"unknown benchmark {', '.join(unknown)}; there are: {', '.join([*BENCHMARKS, *BY_NAME])}")

    bounds = tomllib.loads(BOUNDS.read_text(encoding="utf-8"))
    machine = factor()
    print(f"calibration {machine:.2f} (1.00 = nominal machine; bounds on times are multiplied by it)\n")
    figures = []
    for name in options.names or BENCHMARKS:
        raw = import_module(f"benchmarks.{name}").measure()
        measured = [bounded(figure, bounds, machine) for figure in raw]
        print(table(measured), end="\n\n", flush=True)
        figures += measured

    missed = [figure.name for figure in figures if not figure.passed]
    unmeasured = [] if options.names else sorted(set(bounds) - {figure.name for figure in figures})
    if unmeasured:
        print(f"bounds.toml has bounds that no benchmark measures: {', '.join(unmeasured)}")
    if missed:
        print(f"{len(missed)} of {len(figures)} figures miss their bound: {', '.join(missed)}")
    elif not unmeasured:
        print(f"{len(figures)} figures, every bound kept")
    return 1 if options.check and (missed or unmeasured) else 0


def _digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
