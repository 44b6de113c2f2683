"""The command `export`: a saved run or sweep as a file that other tools read."""

from pathlib import Path

from scenarios.commands.screens import say


def export(folder: Path, file: Path, region: str, *, wide: bool) -> int:
    """Write a run or sweep in the IAMC long format."""
    from scenarios.neighbours.iamc import iamc_of_run, iamc_of_sweep, write_iamc
    from scenarios.result_files import kind_of
    from scenarios.results import RunResult
    from scenarios.sweeps.results import SweepResult

    if kind_of(folder) == "quotalab-sweep":
        frame = iamc_of_sweep(SweepResult.open(folder), region=region)
    else:
        frame = iamc_of_run(RunResult.open(folder), region=region)
    say(f"written: {write_iamc(frame, file, wide=wide)} ({len(frame):,} rows)")
    return 0
