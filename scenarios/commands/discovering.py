"""The commands `discover` and `sensitivity`: where in a sweep a condition holds, and which parameters matter."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scenarios.commands.running import REPORT, Language
from scenarios.commands.screens import number, say, say_json, say_paragraph, say_table, tell
from scenarios.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.analysis.discovery import Discovery
    from scenarios.sweeps.results import SweepResult

FOLDER = "discovery"
"""Folder in the store in which findings are written where no other is given."""


def discover(
    folder: Path,
    condition: str,
    method: Literal["prim", "cart"],
    out: Path | None,
    language: Language,
    *,
    as_json: bool,
) -> int:
    """Find where in a sweep a condition holds; write boxes, document and page, and print the boxes in sentences.

    Raises
    ------
    InputError : where the folder holds no sweep, no run is there, or the condition cannot be read.
    """
    from scenarios.analysis.discovery import discover as find
    from scenarios.sweep_discovery import sentences, write_discovery_report
    from scenarios.sweep_page import SweepPage

    result = _opened(folder)
    found = find(result.runs, result.parameters, condition, method)
    told = sentences(SweepPage.of(result, language), found)
    target = out or folder / FOLDER / _plain(f"{condition}-{method}")
    command = shlex.join(["quotalab", "discover", str(folder), condition, "--method", method])
    document = _document(result, found, told, command)
    _write(target, found, document, result)
    page = write_discovery_report(result, found, target / REPORT, language, command)
    if as_json:
        say_json({**document, "folder": str(target), "report": str(page)})
        return 0
    for sentence in told:
        say_paragraph(sentence)
    _tell_missing(result)
    say(f"boxes: {target / 'boxes.csv'}")
    say(f"report: {page}")
    return 0


def analyse(folder: Path, outcomes: Sequence[str], language: Language, *, as_json: bool) -> int:
    """Print which parameters of a sweep matter, outcome by outcome.

    Parameters
    ----------
    outcomes : the main ones if none is given.

    Raises
    ------
    InputError : where the folder holds no sweep, no run is there, or an outcome is not known.
    """
    from scenarios.analysis.words import sensitivity_note
    from scenarios.messages import suggestion
    from scenarios.sweep_effects import ranking_of
    from scenarios.sweep_page import SweepPage
    from scenarios.sweep_sensitivity import sensitivity_of

    result = _opened(folder)
    unknown = [name for name in outcomes if name not in result.outcomes]
    if unknown:
        remedy = suggestion(unknown[0], result.outcomes, "Known here")
        raise InputError([Problem(str(folder), 0, "outcomes", f"there is no outcome {unknown[0]!r}", remedy)])
    page = SweepPage.of(result, language, outcomes or None)
    indices = sensitivity_of(result, page.outcomes)
    if as_json:
        document = {"name": result.name, "method": indices.attrs["method"], "units": indices.attrs["units"]}
        say_json({**document, "indices": indices.to_dict("records")})
        return 0
    ranked = ranking_of(indices)
    if not len(ranked):
        say(str(page.display.text("sweep.sensitivity.few")))
    for name in dict.fromkeys(ranked["outcome"]):
        unit = result.units.get(str(name), "") if indices.attrs["method"] == "morris" else ""
        say(f"\n{page.title(str(name))}" + (f" ({unit})" if unit else ""))
        own = ranked[ranked["outcome"] == name]
        rows = [
            (
                str(row["rank"]),
                page.words[row["parameter"]].short,
                *(number(row[c], 4) for c in ("value", "low", "high")),
            )
            for row in own.to_dict("records")
        ]
        kind = page.display.text(f"sweep.sensitivity.indices.{own['index'].iloc[0]}")
        say_table(("", *page.display.text("sweep.sensitivity.heads"), str(kind), "2.5 %", "97.5 %"), rows, (0, 2, 3, 4))
        say_paragraph(sensitivity_note(page.display, indices, str(name)))
    _tell_missing(result)
    return 0


def _opened(folder: Path) -> "SweepResult":
    from scenarios.sweeps.results import SweepResult

    result = SweepResult.open(folder)
    if not (result.runs["stage"] == "").any():
        message = "no run of this sweep has succeeded yet"
        raise InputError([Problem(str(folder), 0, "runs", message, "Start it, or look at why its runs failed.")])
    return result


def _tell_missing(result: "SweepResult") -> None:
    made = result.runs["point"].nunique() if result.store.adaptive else len(result.runs)
    if made < result.total:
        what = "points" if result.store.adaptive else "runs"
        tell(f"the sweep is not finished: {made:,} of {result.total:,} {what} are there")


def _plain(text: str) -> str:
    """Return a text as the name of a folder."""
    words = {">=": " at-least ", "<=": " at-most ", ">": " above ", "<": " below ", "==": " is ", "!=": " is-not "}
    for sign, word in words.items():
        text = text.replace(sign, word)
    return re.sub(r"[^\w.]+", "-", text).strip("-.")[:100]


def boxes_table(found: "Discovery", units: dict[str, str]) -> "pd.DataFrame":
    """Return one row a box and limited parameter: the limits with their unit, and the figures of the box."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for place, box in enumerate(found.boxes, start=1):
        figures = {name: getattr(box, name) for name in ("coverage", "density", "mass", "points", "failing")}
        for limit in box.table.to_dict("records"):
            values = "|".join(map(str, limit["values"]))
            own = {**limit, "values": values, "unit": units.get(limit["parameter"], "")}
            rows.append({"box": place, **{str(key): value for key, value in own.items()}, **figures})
    names = ["box", "parameter", "low", "high", "values", "unit", "p_low", "p_high", "coverage", "density", "mass"]
    return pd.DataFrame(rows, columns=[*names, "points", "failing"])


def _document(result: "SweepResult", found: "Discovery", told: list[str], command: str) -> dict[str, Any]:
    return {
        "sweep": result.name, "digest": result.store.digest, "command": command, "method": found.method,
        "conditions": [str(one) for one in found.conditions], "share": found.share, "points": found.n,
        "failing": found.failing, "left_out": found.left_out, "failed_runs": found.failed, "sentences": told,
        "boxes": boxes_table(found, result.units).to_dict("records"),
    }  # fmt: skip


def _write(target: Path, found: "Discovery", document: dict[str, Any], result: "SweepResult") -> None:
    import json

    from scenarios.commands.screens import finite
    from scenarios.reports import write_page

    write_page(target / "boxes.csv", boxes_table(found, result.units).to_csv(index=False))
    write_page(target / "discovery.json", json.dumps(finite(document), ensure_ascii=False, indent=2, allow_nan=False))
