"""The commands that make or read many runs: sweeps, what matters in them, searches, calibrations, dossiers, export."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from scenarios.cli_options import AsJson, Language, Settings, Workers, app, whole


@app.command
def sweep(
    name: Path,
    /,
    *,
    settings: Settings = None,
    out: Path | None = None,
    workers: Workers = None,
    engine: Literal["processes", "dask", "mpi"] = "processes",
    scheduler: str | None = None,
    retry_failed: Annotated[bool, Parameter(negative="")] = False,
    check: Annotated[bool, Parameter(negative="")] = False,
    json: AsJson = False,
    language: Language = "en",
) -> int:
    """Run a scenario in many versions: levers, uncertainties and seeds by a design; go on where it was left.

    Parameters
    ----------
    name
        A sweep's file, the name of a study that ships, or the folder of a sweep that was begun, to go on with it.
    settings
        A value of the sweep's file to replace, as path=value; may be given several times.
    out
        Folder of the store; runs/sweep-NAME if not given. Where it holds this sweep already, the missing runs are made.
    workers
        Number of processes; one a processor if not given.
    engine
        Who makes the runs: processes of this computer, a Dask cluster, or the ranks of MPI.
    scheduler
        Address of a Dask scheduler, such as tcp://host:8786; a cluster on this computer if not given.
    retry_failed
        Whether runs that failed are made again.
    check
        Whether to check the sweep and show what it would be, without running it.
    """
    from scenarios.commands import sweeping

    return sweeping.sweep(
        name, settings or [], out, language,
        workers=workers, engine=engine, scheduler=scheduler, retry_failed=retry_failed, check=check, as_json=json,
    )  # fmt: skip


@app.command
def sensitivity(
    folder: Path,
    /,
    *,
    outcomes: Annotated[list[str] | None, Parameter(name="--outcome", negative="")] = None,
    json: AsJson = False,
    language: Language = "en",
) -> int:
    """Print which parameters of a sweep matter, with intervals, by the method that its design was made for.

    Parameters
    ----------
    folder
        Folder of a sweep.
    outcomes
        An indicator; may be given several times. The main ones if none is given.
    """
    from scenarios.commands import discovering

    return discovering.analyse(folder, outcomes or [], language, as_json=json)


@app.command
def discover(
    folder: Path,
    condition: str,
    /,
    *,
    method: Literal["prim", "cart"] = "prim",
    out: Path | None = None,
    json: AsJson = False,
    language: Language = "en",
) -> int:
    """Find where in a sweep something happens: the ranges of parameters in which a condition on outcomes holds.

    Parameters
    ----------
    folder
        Folder of a sweep.
    condition
        Such as "carbon.last_price > 100".
    method
        The patient rule induction method, or a classification tree.
    out
        Folder for the boxes; inside the sweep's if not given.
    """
    from scenarios.commands import discovering

    return discovering.discover(folder, condition, method, out, language, as_json=json)


@app.command
def search(
    name: Path,
    /,
    *,
    settings: Settings = None,
    out: Path | None = None,
    workers: Workers = None,
    json: AsJson = False,
    language: Language = "en",
) -> int:
    """Search policies: the best trade-offs that keep their promises over a fixed set of worlds, or the tightest cap.

    Parameters
    ----------
    name
        A search's file, or the name of a study that ships.
    settings
        A value of the file to replace, as path=value; may be given several times.
    out
        Folder of the search; the same command goes on with one that was begun.
    workers
        Number of processes; one a processor if not given.
    """
    from scenarios.commands import searching
    from scenarios.sweeps.studies import study

    return searching.search(study(name), out, workers, language, as_json=json, settings=settings or [])


@app.command
def calibrate(
    name: Path,
    /,
    *,
    settings: Settings = None,
    out: Path | None = None,
    workers: Workers = None,
    json: AsJson = False,
    language: Language = "en",
) -> int:
    """Fit named parameters of a scenario to observed prices and flows, and tell the error out of the sample.

    Parameters
    ----------
    name
        A calibration's file.
    settings
        A value of the file to replace, as path=value; may be given several times.
    out
        Folder of the calibration; the same command goes on with one that was begun.
    workers
        Number of processes; one a processor if not given.
    """
    from scenarios.commands import searching

    return searching.calibrate(name, out, workers, language, as_json=json, settings=settings or [])


@app.command
def dossier(
    name: str,
    /,
    *,
    settings: Settings = None,
    out: Path | None = None,
    seeds: Annotated[int | None, Parameter(converter=whole, validator=Number(gte=1, lte=10_000))] = None,
    workers: Workers = None,
    quick: Annotated[bool, Parameter(negative="")] = False,
    points: Annotated[int | None, Parameter(converter=whole, validator=Number(gte=2))] = None,
    trajectories: Annotated[int | None, Parameter(converter=whole, validator=Number(gte=2))] = None,
    right: str | None = None,
    alternatives: Path | None = None,
    vary: Annotated[list[str] | None, Parameter(negative="")] = None,
    fails: Annotated[list[str] | None, Parameter(negative="")] = None,
    calibration: Path | None = None,
    validation: Path | None = None,
    json: AsJson = False,
    language: Language = "en",
) -> int:
    """Make the dossier of a policy before it is rolled out: one page that opens offline, with all its data beside it.

    Parameters
    ----------
    name
        Library name or path of a scenario.
    settings
        A value of the scenario to replace, as path=value; may be given several times.
    out
        Folder for the dossier; runs/dossier-NAME if not given. Nothing is overwritten.
    seeds
        Seeds of the base run and of the comparison.
    workers
        Number of processes; one a processor if not given.
    quick
        Whether to make few runs, for a first look.
    points
        Points of the sample in which failures are looked for.
    trajectories
        Trajectories of the sensitivity ranking.
    right
        Right whose mechanism and cap the default alternatives change.
    alternatives
        YAML file of named alternatives.
    vary
        Alternatives as path=a,b; may be given several times.
    fails
        Condition on outcomes that counts as failure; may be given several times.
    calibration
        Folder that `quotalab calibrate` wrote.
    validation
        Folder that `quotalab validate --out` wrote.
    """
    from scenarios.commands import dossiers

    return dossiers.dossier(
        name, settings or [], out, language, seeds, workers, quick,
        points=points, trajectories=trajectories, right=right, alternatives=alternatives, vary=vary or [],
        conditions=fails or [], calibration=calibration, validation=validation, as_json=json,
    )  # fmt: skip


@app.command
def export(
    folder: Path,
    file: Path,
    /,
    *,
    region: str = "World",
    wide: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Write a saved run or sweep as CSV in the IAMC long format (model, scenario, region, variable, unit, year, value).

    Parameters
    ----------
    folder
        Folder of a run or a sweep.
    file
        File to write; none is replaced.
    region
        Name of the region in the file.
    wide
        Whether every year is a column.
    """
    from scenarios.commands import exporting

    return exporting.export(folder, file, region, wide=wide)
