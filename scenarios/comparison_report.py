"""The report of a comparison: what differs, what each arm changes and how sure that is, prices over one another."""

import os
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios import comparison_words as words
from scenarios.comparison_arms import SCENARIO, written
from scenarios.comparison_choice import focus, main_kpis
from scenarios.comparison_findings import ComparisonPage, everything, findings, indicators
from scenarios.display import Display, Language, say
from scenarios.errors import InputError, Problem
from scenarios.figures.comparison import effects, ladder_by_arm, price_overlay
from scenarios.report_sections import notes, warning_item
from scenarios.report_tables import definitions, table
from scenarios.reports import document, write_page

if TYPE_CHECKING:
    from scenarios.comparison import Comparison

RUNGS = ("least_cost", "misallocation", "mistiming", "volume", "investment", "friction", "actual_cost")


def write_comparison_report(found: "Comparison", path: str | os.PathLike[str], language: Language = "en") -> Path:
    """Write the report of a comparison and return its path; an older report there is replaced in one step.

    Raises
    ------
    InputError : if the language is not en or zh, or the file cannot be written.
    """
    if language not in {"en", "zh"}:
        raise InputError([Problem("report", 0, "language", f"there is no language {language!r}", "Choose en or zh.")])
    return write_page(Path(path), comparison_report(found, language))


def comparison_report(found: "Comparison", language: Language = "en") -> str:
    """Return the report as HTML text: nothing in it is loaded from anywhere else."""
    page = comparison_page(found, language)
    found, display = page.found, page.display
    parts = comparison_sections(page)
    headings = {name: str(display.text(f"comparison.sections.{name}")) for name in parts}
    heading = display.fill("comparison.title", title=say(found.scenario.title, language))
    summary = display.fill("comparison.summary", arms=len(found.arms), seeds=len(found.seeds))
    made_by = found.manifest.get("versions", {}).get("quotalab", "")
    return document(page, str(display.text("comparison.kind")), heading, summary, headings, parts, made_by)


def comparison_page(found: "Comparison", language: Language) -> ComparisonPage:
    """Return the page of a comparison's report, its arms called by words, before anything is written on it."""
    display = Display.of(found.scenario, language)
    titles = {key: say(rule.title, language) for arm in found.arms for key, rule in arm.scenario.instruments.items()}
    units = {key: rule.unit for arm in found.arms for key, rule in arm.scenario.instruments.items()}
    display = Display(language, display.currency, titles | dict(display.titles), units | dict(display.unit_keys))
    found = words.in_words(found, display)
    return ComparisonPage(
        display=display,
        found=found,
        summary=found.summary.set_index(["arm", "kpi"]),
        differences=found.differences.set_index(["arm", "kpi"]),
        instruments=focus(found),
    )


def comparison_sections(page: ComparisonPage) -> dict[str, str]:
    """Return the HTML of every section of a comparison's report by name, in order."""
    parts = {
        "differ": differ(page),
        "findings": findings(page),
        "indicators": indicators(page),
        "prices": prices(page),
        "effects": forest(page),
        "ladder": ladder(page),
        "everything": everything(page),
        "assumptions": assumptions(page),
        "warnings": warnings(page),
        "origin": origin(page),
    }
    return {"failures": failures(page), **parts} if len(page.found.failures) else parts


def failures(page: ComparisonPage) -> str:
    """Return the runs that failed."""
    head = [page.display.text(f"comparison.failures.{name}") for name in ("arm", "seed", "stage", "message")]
    rows = [[str(cell) for cell in row] for row in page.found.failures.itertuples(index=False)]
    total = len(page.found.arms) * len(page.found.seeds)
    told = page.text("comparison.failures.told", count=len(rows), total=total)
    return f'<p class="view">{told}</p>' + table(head, rows, name=head[-1], words=(2, 3))


def differ(page: ComparisonPage) -> str:
    """Return the keys in which the arms differ, the value of each arm, and what all of them share."""
    found, display = page.found, page.display
    paths = list(found.arms[0].values)
    rows = []
    for arm in found.arms:
        mark = (
            display.fill("numbers.bracket", inside=display.text("comparison.baseline"))
            if arm.label == page.base
            else ""
        )
        rows.append([f"{arm.label}{mark}", *(written(arm.values[path]) for path in paths)])
    head = [str(display.text("comparison.arm")), *(words.path_title(display, path) for path in paths)]
    seeds = ", ".join(map(str, found.seeds)) if len(found.seeds) <= 3 else f"{found.seeds[0]} … {found.seeds[-1]}"
    told = [page.text("comparison.differ"), page.text("comparison.same", n=len(found.seeds), seeds=seeds)]
    if SCENARIO in paths:
        told.append(page.text("comparison.other_scenarios"))
    if found.overrides:
        shared = display.text("numbers.list_gap").join(f"{key}={written(v)}" for key, v in found.overrides.items())
        told.append(page.text("comparison.shared", settings=shared))
    listed = table(head, rows, name=str(display.text("comparison.sections.differ")), words=range(len(head)))
    gap = "" if display.language == "zh" else " "
    meanings = [(path, words.path_meaning(found.scenario, path)) for path in paths]
    if display.language == "en":  # the schema speaks English only
        listed += definitions([(path, meaning) for path, meaning in meanings if meaning])
    return f'<p class="view">{gap.join(told)}</p>{listed}<p>{escape(say(found.scenario.summary, display.language))}</p>'


def prices(page: ComparisonPage) -> str:
    """Return the prices of every right over one another, those first that the varied keys name."""
    found, display = page.found, page.display
    calendar = found.scenario.calendar
    years = calendar.start_year, calendar.start_year + calendar.years - 1
    keys = [*page.instruments, *(key for key in display.titles if key not in page.instruments)]
    traded = set(found.prices.loc[found.prices["volume"] > 0, "instrument"])
    places = []
    for key in keys:
        if key in traded:
            figure = price_overlay(found.prices, key, found.labels, years, display)
            whole = f"{display.titles[key]}{display.text('numbers.colon')}{display.text('comparison.sections.prices')}"
            places.append(page.figure(f"prices-{key}", figure, whole, display.titles[key]))
    return f'<p>{page.text("comparison.intro.prices")}</p><div class="grid">{"".join(places)}</div>'


def forest(page: ComparisonPage) -> str:
    """Return relative paired differences of the main indicators with their intervals."""
    display = page.display
    names = {kpi: page.title(kpi) for kpi in main_kpis(page.found, page.instruments)}
    figure = effects(page.found.differences, names, display)
    title = str(display.text("comparison.sections.effects"))
    return f"<p>{page.text('comparison.intro.effects', base=page.base)}</p>{page.figure('effects', figure, title)}"


def ladder(page: ComparisonPage) -> str:
    """Return the steps from least cost to actual cost, an arm beside the other."""
    display = page.display
    known = [rung for rung in RUNGS if rung in page.found.units]
    means = {arm: {rung: float(page.summary.loc[(arm, rung), "mean"]) for rung in known} for arm in page.found.labels}
    titles = display.text("ladder.rungs")
    head = [str(display.text("comparison.arm")), *(titles[rung][0] for rung in known)]
    rows = [[arm, *(display.number(value) for value in rungs.values())] for arm, rungs in means.items()]
    caption = display.fill("comparison.ladder_caption", money=display.currency)
    rate = display.share(page.found.scenario.money.social_discount_rate)
    figure = page.figure("ladder", ladder_by_arm(means, display), str(display.text("comparison.sections.ladder")))
    return f"<p>{page.text('comparison.intro.ladder', rate=rate)}</p>{figure}{table(head, rows, caption)}"


def assumptions(page: ComparisonPage) -> str:
    """Return what comparing assumes, then the notes of the scenario and of the model."""
    own = "".join(f"<li>{escape(text)}</li>" for text in page.display.text("comparison.notes"))
    return f"<h3>{page.text('comparison.own_notes')}</h3><ul>{own}</ul>{notes(page, page.found.scenario)}"


def warnings(page: ComparisonPage) -> str:
    """Return the warnings: those alike but for their numbers are told once, with how many runs gave them."""
    found, display = page.found, page.display
    groups: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for arm, seed, text in found.warnings.itertuples(index=False):
        groups.setdefault((str(arm), re.sub(r"\d[\d.,e+-]*", "#", str(text))), []).append((int(seed), str(text)))
    items = []
    for arm in found.arms:
        items += [warning_item(text, display, f"{arm.label}{display.text('numbers.colon')}") for text in arm.warnings]
    for (label, _), given in groups.items():
        seed, text = given[0]
        where = display.fill("comparison.warned", arm=label, count=len(given), seeds=len(found.seeds), seed=seed)
        items.append(warning_item(text, display, where))
    if not items:
        return f"<p>{page.text('comparison.no_warnings')}</p>"
    head = page.text("warnings.count", count=len(items))
    return f'<details><summary>{head}</summary><ul class="warnings">{"".join(items)}</ul></details>'


def origin(page: ComparisonPage) -> str:
    """Return how to make the same comparison again: command, hash and versions."""
    manifest, display = page.found.manifest, page.display
    versions = display.text("numbers.list_gap").join(f"{k} {v}" for k, v in manifest.get("versions", {}).items())
    rows = [
        (display.text("origin.command"), f"<code>{escape(words.command(page.found))}</code>"),
        (
            display.text("origin.hash"),
            f"<code>{escape(str(manifest.get('content_hash', '')))}</code><br>{page.text('comparison.hash_note')}",
        ),
        (display.text("origin.versions"), escape(versions)),
    ]
    return definitions(rows, escaped=True)
