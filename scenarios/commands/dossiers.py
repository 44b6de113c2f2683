"""The command `dossier`: make the runs, write the page and its data, say where they are."""

import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.commands.comparing import varied_values
from scenarios.commands.running import Language, free_folder, overrides
from scenarios.commands.screens import progress_bar, say, say_json, tell
from scenarios.errors import InputError, Problem

if TYPE_CHECKING:
    from scenarios.dossier.gathering import Found


def dossier(
    name: str,
    settings: Sequence[str],
    out: Path | None,
    language: Language,
    seeds: int | None = None,
    workers: int | None = None,
    quick: bool = False,
    *,
    points: int | None = None,
    trajectories: int | None = None,
    right: str | None = None,
    alternatives: Path | None = None,
    vary: Sequence[str] = (),
    conditions: Sequence[str] = (),
    calibration: Path | None = None,
    validation: Path | None = None,
    as_json: bool = False,
) -> int:
    """Make a dossier; 1 if runs failed or a part could not be made.

    Parameters
    ----------
    name : library name or path of a scenario.
    settings : values that the base run and all alternatives share, as path=value.
    out : folder for the dossier; runs/dossier-NAME if not given.
    seeds : of the base run and of each alternative; 10, or 3 in the quick version.
    quick : few runs, to see what a dossier looks like.
    points : sampled worlds in which failures are looked for; 300, or 60.
    trajectories : of the ranking of factors; 8, or 3.
    right : whose trading and cap the default alternatives change.
    alternatives : YAML file of named alternatives.
    vary : path=a,b,c instead; all combinations are alternatives.
    conditions : what counts as a failure, such as ``carbon.mean_price > 150``.
    calibration : folder of a calibration.
    validation : folder of `quotalab validate --out`.
    """
    from dataclasses import replace

    from scenarios.dossier.asked import FULL, QUICK, Asked
    from scenarios.dossier.files import save_dossier
    from scenarios.dossier.gathering import gather, work_folder

    if alternatives is not None and vary:
        message = "alternatives are given as a file and varied as well"
        raise InputError([Problem("command line", 0, "--alternatives", message, "Give one of the two.")])
    own = {"seeds": seeds, "points": points, "trajectories": trajectories}
    given: dict[str, Any] = {key: value for key, value in own.items() if value is not None}
    effort = replace(QUICK if quick else FULL, **given)
    asked = Asked(
        name=name, overrides=overrides(list(settings)), alternatives=alternatives, vary=varied_values(vary),
        right=right, conditions=tuple(conditions), calibration=calibration, validation=validation, effort=effort,
        workers=workers,
    )  # fmt: skip
    folder = free_folder(out, f"dossier-{Path(name).stem}")
    work = work_folder(folder)
    try:
        with progress_bar(f"dossier {Path(name).stem}", at_once=True) as progress:
            found = gather(asked, work, progress)
        page = save_dossier(found, folder, language, _command(asked.name, settings, language, own, quick, asked, vary))
    except KeyboardInterrupt:
        if any(work.glob("*/manifest.json")):
            tell(f"\nThe runs of the samples that are done are kept in {work}; the same command goes on from there.")
        raise
    shutil.rmtree(work, ignore_errors=True)
    return _told(found, folder, page, as_json)


def _command(
    name: str, settings: Sequence[str], language: str, own: dict[str, int | None], quick: bool, asked: object,
    vary: Sequence[str],
) -> str:  # fmt: skip
    """Return the command line that makes the dossier again."""
    words = ["quotalab", "dossier", name]
    for setting in settings:
        words += ["--set", setting]
    for one in vary:
        words += ["--vary", one]
    for key, value in own.items():
        if value is not None:
            words += [f"--{key}", str(value)]
    for key in ("right", "alternatives", "calibration", "validation"):
        if (value := getattr(asked, key)) is not None:
            words += [f"--{key}", str(value)]
    for condition in getattr(asked, "conditions", ()):
        words += ["--fails", condition]
    words += ["--quick"] if quick else []
    words += ["--language", language] if language != "en" else []
    return shlex.join(words)


def _told(found: "Found", folder: Path, page: Path, as_json: bool) -> int:
    """Write where the dossier is and what is missing from it."""
    failed = len(found.comparison.failures) if found.comparison is not None else 0
    failed += sum(int((runs["stage"] != "").sum()) for runs in found.runs.values())
    if as_json:
        say_json({"scenario": found.scenario.name, "folder": str(folder), "dossier": str(page),
                  "failed_runs": failed, "faults": found.faults})  # fmt: skip
    else:
        for part, why in found.faults.items():
            tell(f"missing: {part}: {why}")
        if failed:
            tell(f"{failed} runs failed; the dossier says which part they are missing from")
        say(f"dossier: {page}")
        say(f"data: {folder / 'data'}")
    return 1 if failed or found.faults else 0
