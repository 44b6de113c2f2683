"""The command line: `quotalab list | show | check | schema | run | compare | report | validate | dashboard`.

What makes many runs (`sweep | sensitivity | discover | search | calibrate | dossier | export`) is in `cli_studies`.

Exit codes: 0 done; 1 a validation case or a run failed; 2 a mistake in what was given, nothing written; 130
stopped by Ctrl-C.
"""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from market.errors import QuotaLabError
from scenarios import cli_studies  # noqa: F401 - its commands join the same line
from scenarios.cli_options import AsJson, Language, Settings, Workers, app, whole
from scenarios.commands.screens import tell, tell_problems
from scenarios.errors import InputError


@app.command(name="list")
def list_(*, json: AsJson = False) -> int:
    """List the scenarios that ship."""
    from scenarios.commands.inspection import list_scenarios

    return list_scenarios(json)


@app.command
def show(name: str, /, *, totals: Annotated[bool, Parameter(negative="")] = False, json: AsJson = False) -> int:
    """Show what a scenario declares: instruments, caps, rules, behaviours, assumptions.

    Parameters
    ----------
    name
        Library name or path of a scenario.
    totals
        Also print every control total beside the accounts' sum.
    """
    from scenarios.commands import inspection

    return inspection.show(name, totals, json)


@app.command
def check(names: Annotated[list[str], Parameter(negative="")], /) -> int:
    """Check scenarios and their tables; print every mistake with file, line, key and remedy.

    Parameters
    ----------
    names
        Library names or paths of scenarios.
    """
    from scenarios.commands import inspection

    return inspection.check(names)


@app.command
def schema() -> int:
    """Print the JSON Schema of scenario files, for editors."""
    from scenarios.commands import inspection

    return inspection.schema()


@app.command
def run(
    name: str,
    /,
    *,
    seed: Annotated[int, Parameter(converter=whole, validator=Number(gte=0))] = 0,
    settings: Settings = None,
    out: Path | None = None,
    json: AsJson = False,
    report: bool = True,
    language: Language = "en",
) -> int:
    """Run a scenario, save its tables, write a report and print the indicators.

    Parameters
    ----------
    name
        Library name or path of a scenario.
    seed
        Seed of demand, weather and ties.
    settings
        A value to replace, as path=value; may be given several times.
    out
        Folder for the results; runs/NAME-SEED if not given. A run never overwrites.
    report
        Whether to write report.html.
    """
    from scenarios.commands import running

    return running.run(name, seed, settings or [], out, language, as_json=json, report=report)


@app.command
def compare(
    name: str,
    /,
    *,
    vary: Annotated[list[str] | None, Parameter(negative="")] = None,
    seeds: Annotated[int, Parameter(converter=whole, validator=Number(gte=1, lte=100_000))] = 10,
    settings: Settings = None,
    baseline: str = "1",
    workers: Workers = None,
    out: Path | None = None,
    json: AsJson = False,
    language: Language = "en",
) -> int:
    """Run the same seeds through several arms of a scenario and show what each arm changes, with intervals.

    Parameters
    ----------
    name
        Library name or path of a scenario.
    vary
        Values to compare, as path=a,b,c; may be given several times, then every combination is an arm.
    seeds
        How many seeds go through each arm: 0, 1, 2 and so on.
    settings
        A value that all arms share, as path=value; may be given several times.
    baseline
        Label or number of the arm that the others are compared with.
    workers
        Number of processes; one a processor if not given.
    out
        Folder for the results; runs/compare-NAME if not given. A comparison never overwrites.
    """
    from scenarios.commands import comparing

    return comparing.compare(
        name, vary or [], seeds, settings or [], out, language, baseline=baseline, workers=workers, as_json=json
    )


@app.command
def report(folder: Path, /, *, language: Language = "en") -> int:
    """Write the report of a saved run, comparison or sweep again.

    Parameters
    ----------
    folder
        Folder of a run, a comparison or a sweep.
    """
    from scenarios.commands import running

    return running.report(folder, language)


@app.command
def validate(*, json: AsJson = False, out: Path | None = None) -> int:
    """Hold the simulator against theory and published numbers; exit code 1 if a case fails.

    Parameters
    ----------
    out
        Folder that keeps what came out, a small file a suite; older ones in it are replaced.
    """
    from scenarios.commands import running

    return running.validate(json, out)


@app.command
def dashboard(
    *,
    address: str = "127.0.0.1",
    port: Annotated[int | None, Parameter(converter=whole, validator=Number(gte=1, lte=65535))] = None,
    token: str | None = None,
    no_token: Annotated[bool, Parameter(name="--no-token", negative="")] = False,
    runs: Path = Path("runs"),
    workers: Annotated[int, Parameter(converter=whole, validator=Number(gte=1, lte=64))] = 2,
    open_: Annotated[bool, Parameter(name="--open", negative="")] = False,
) -> int:
    """Serve the dashboard: run scenarios, change policies and compare, in a browser; Ctrl-C ends it.

    Parameters
    ----------
    address
        Where it listens; other computers reach anything but 127.0.0.1, and then a token is needed.
    port
        Port; the next free one from 8050 if not given.
    token
        Secret that a browser has to show first; made by chance if not given where one is needed.
    no_token
        Refuse to serve rather than ask for a token; only for this computer alone.
    runs
        Folder of saved runs.
    workers
        Processes that run scenarios.
    open_
        Open a browser.
    """
    from scenarios.commands.dashboard import installed

    if not installed():
        return 2
    from dashboard import command

    return command.dashboard(address, port, token, runs, workers, no_token=no_token, open_browser=open_)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    try:
        code = app(arguments)
    except InputError as error:
        tell_problems(error.problems)
        code = 2
    except QuotaLabError as error:
        tell(f"quotalab: the run failed: {error}")
        code = 1
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except OSError as error:
        tell(f"quotalab: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        code = 2
    except KeyboardInterrupt:
        tell("\nquotalab: stopped; no unfinished result was kept.")
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
