"""Where in a sweep a condition holds: the section of its report, and a page of its own."""

import os
import shlex
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scenarios.analysis.words import box_sentence, condition_words, discovery_note, parameter_value
from scenarios.display import Language, say
from scenarios.figures.discovery import box_limits, peeling
from scenarios.report_tables import definitions, table
from scenarios.reports import document, write_page
from scenarios.sweep_outcomes import policy_head
from scenarios.sweep_page import SweepPage, figure_or_dash

if TYPE_CHECKING:
    from scenarios.analysis.boxes import Box, Limit
    from scenarios.analysis.discovery import Discovery
    from scenarios.sweeps.results import SweepResult


def write_discovery_report(
    result: "SweepResult",
    found: "Discovery",
    path: str | os.PathLike[str],
    language: Language = "en",
    command: str = "",
) -> Path:
    """Write a page about where conditions hold and return its path; raises InputError if it cannot be written.

    Parameters
    ----------
    command : what finds the same again.
    """
    return write_page(Path(path), discovery_report(result, found, language, command))


def discovery_report(result: "SweepResult", found: "Discovery", language: Language = "en", command: str = "") -> str:
    """Return the page as HTML text: nothing in it is loaded from anywhere else."""
    page = SweepPage.of(result, language)
    display = page.display
    parts = {"found": failing(page, found), "origin": _origin(page, command)}
    headings = {name: str(display.text(f"sweep.failing.sections.{name}")) for name in parts}
    title = say(result.store.base.scenario.title, language)
    heading = display.fill("sweep.failing.title", title=title, conditions=conditions_in_words(page, found))
    summary = display.fill("sweep.failing.summary", name=result.name)
    made_by = result.store.manifest.get("versions", {}).get("quotalab", "")
    return document(page, str(display.text("sweep.failing.kind")), heading, summary, headings, parts, made_by)


def conditions_in_words(page: SweepPage, found: "Discovery") -> str:
    """Return all conditions with their outcomes' names and units."""
    return str(page.display.text("analysis.and")).join(condition_words(page.display, one) for one in found.conditions)


def sentences(page: SweepPage, found: "Discovery") -> list[str]:
    """Return what was looked for in, and a sentence a box."""
    names = {name: one.short for name, one in page.words.items()}
    boxes = [box_sentence(page.display, found, box, page.result.parameters, names) for box in found.boxes]
    return [discovery_note(page.display, found), *boxes]


def failing(page: SweepPage, found: "Discovery") -> str:
    """Return where conditions hold: counts, shares by policy, and each box in words, numbers and figures."""
    note, *told = sentences(page, found)
    share = page.display.share(found.share)
    asked = page.text("sweep.failing.asked", conditions=conditions_in_words(page, found), share=share)
    parts = [f"<p>{asked}</p>", f"<p><strong>{escape(note)}</strong></p>", _by_policy(page, found)]
    if found.boxes:
        parts.append(f"<p>{page.text(f'sweep.failing.method.{found.method}')}</p>")
    for number, (box, sentence) in enumerate(zip(found.boxes, told, strict=True)):
        parts.append(f"<h3>{page.text('sweep.failing.box', number=number + 1)}</h3><p>{escape(sentence)}</p>")
        parts.append(_box(page, found, box, number))
    if found.boxes:
        parts += [f'<p class="note">{page.text(f"sweep.failing.{name}")}</p>' for name in ("chance", "caveat")]
    return "".join(parts)


def _box(page: SweepPage, found: "Discovery", box: "Box", number: int) -> str:
    display, names = page.display, {name: one.short for name, one in page.words.items()}
    rows = [[names[limit.parameter], *_ends(page, limit)] for limit in box.limits]
    title = display.fill("sweep.failing.limits", number=number + 1)
    figures = [page.figure(f"box-{number}", box_limits(box, page.result.parameters, names, display), title, title)]
    if found.candidates:
        title = display.fill("sweep.failing.peeling", number=number + 1)
        figures.append(page.figure(f"peeling-{number}", peeling(found, display, number), title, title))
    name = display.fill("sweep.failing.box", number=number + 1)
    return table(display.text("sweep.failing.columns"), rows, name=name) + "".join(figures)


def _ends(page: SweepPage, limit: "Limit") -> list[str]:
    display = page.display
    one = next(one for one in page.result.parameters if one.name == limit.parameter)
    chances = [figure_or_dash(p, display, 2) if np.isfinite(p) else "" for p in (limit.p_low, limit.p_high)]
    if limit.values:
        said = str(display.text("analysis.or")).join(parameter_value(display, one, value) for value in limit.values)
        return [said, said, *chances]
    ends = ["" if end is None else parameter_value(display, one, end) for end in (limit.low, limit.high)]
    return [*ends, *chances]


def _by_policy(page: SweepPage, found: "Discovery") -> str:
    from scenarios.analysis.robustness import satisficing
    from scenarios.figures.robustness import satisficing_bars

    if not page.several:
        return ""
    display = page.display
    shares = satisficing(page.runs, found.conditions, found.share)
    rows = [
        [
            page.policies[int(row["policy"])], display.share(row["value"]),
            display.fill("comparison.interval", low=display.share(row["low"]), high=display.share(row["high"])),
            f"{int(row['n']):,}", f"{int(row['left_out']):,}",
        ]
        for _, row in shares.iterrows()
    ]  # fmt: skip
    caption = str(display.text("sweep.failing.by_policy"))
    head = policy_head(page, list(display.text("sweep.failing.policy_columns")))
    figure = satisficing_bars(shares, found.conditions, page.policies, display)
    return table(head, rows, caption) + page.figure("satisficing", figure, caption)


def _origin(page: SweepPage, command: str) -> str:
    display, store = page.display, page.result.store
    versions = display.text("numbers.list_gap").join(f"{k} {v}" for k, v in store.manifest.get("versions", {}).items())
    rows = [
        (display.text("sweep.failing.again"), f"<code>{escape(command)}</code>"),
        (display.text("sweep.failing.make"), f"<code>quotalab sweep {escape(shlex.quote(page.result.name))}</code>"),
        (display.text("sweep.origin.digest"), f"<code>{escape(store.digest)}</code>"),
        (display.text("origin.versions"), escape(versions)),
    ]
    return definitions(rows, escaped=True)
