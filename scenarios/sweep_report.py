"""The report of a sweep: what varied, which runs there are, what came out, what matters, how to make it again."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.display import Language, say
from scenarios.errors import InputError, Problem
from scenarios.reports import document, write_page
from scenarios.sweep_effects import effects, ranking_of, sensitivity
from scenarios.sweep_outcomes import holding_up, outcomes, response
from scenarios.sweep_page import SweepPage
from scenarios.sweep_sections import assumptions, origin, runs_told, varied

if TYPE_CHECKING:
    from scenarios.sweeps.results import SweepResult


def write_sweep_report(
    result: "SweepResult", path: str | os.PathLike[str], language: Language = "en", conditions: Sequence[str] = ()
) -> Path:
    """Write the report of a sweep and return its path; an older report there is replaced in one step.

    Parameters
    ----------
    conditions : what failing means, such as ``carbon.last_price > 100``; where it fails is then told too.

    Raises
    ------
    InputError : if the language is not en or zh, a condition cannot be read, or the file cannot be written.
    """
    if language not in {"en", "zh"}:
        raise InputError([Problem("report", 0, "language", f"there is no language {language!r}", "Choose en or zh.")])
    return write_page(Path(path), sweep_report(result, language, conditions))


def sweep_report(result: "SweepResult", language: Language = "en", conditions: Sequence[str] = ()) -> str:
    """Return the report as HTML text: nothing in it is loaded from anywhere else."""
    page = SweepPage.of(result, language)
    parts = sweep_sections(page, conditions)
    display = page.display
    headings = {name: str(display.text(f"sweep.sections.{name}")) for name in parts}
    title = say(result.store.base.scenario.title, language)
    heading = display.fill("sweep.title", title=title, name=result.name)
    summary = display.fill("sweep.summary", points=f"{len(result.points):,}", runs=f"{len(result.runs):,}")
    made_by = result.store.manifest.get("versions", {}).get("quotalab", "")
    return document(page, str(display.text("sweep.kind")), heading, summary, headings, parts, made_by)


def sweep_sections(page: SweepPage, conditions: Sequence[str] = ()) -> dict[str, str]:
    """Return the HTML of every section by name, in order; sections with nothing to tell are left out."""
    parts = {"varied": varied(page), "runs": runs_told(page)}
    if page.outcomes:
        ranked = ranking_of(page)
        by_outcome = {str(name): list(own["parameter"]) for name, own in ranked.groupby("outcome", sort=False)}
        parts |= {
            "outcomes": outcomes(page),
            "effects": effects(page),
            "sensitivity": sensitivity(page, ranked),
            "responses": response(page, by_outcome),
            "robustness": holding_up(page),
        }
    parts |= {"assumptions": assumptions(page), "origin": origin(page)}
    return {name: content for name, content in parts.items() if content}
