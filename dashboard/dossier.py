"""The dossier: all that a view shows as one HTML file that opens offline, with what is needed to make it again."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

from dashboard.compare_parts import changes_in_words, who_pays
from dashboard.compared import Compared, compared, ordered
from dashboard.findings import findings, rankings
from dashboard.found import Arm, Found, right_of
from dashboard.view import Choice, View
from dashboard.words import Words
from scenarios import comparison_report, report_sections, reports
from scenarios.comparison_arms import written
from scenarios.comparison_of_results import is_product
from scenarios.comparison_words import command
from scenarios.display import Language, say
from scenarios.loading import library
from scenarios.report_sections import Sheet
from scenarios.report_tables import definitions, table
from scenarios.result_files import scenario_document, versions
from scenarios.winners import changes_by

if TYPE_CHECKING:
    import plotly.graph_objects as go


def dossier(view: View, found: Found, language: Language) -> str:
    """Return the dossier of a view as HTML text: nothing in it is loaded from anywhere else.

    It holds what was chosen, what the comparison found, the whole report of the scenario's first run, with every
    assumption and warning, and the commands that make the same runs again.
    """
    view, words = replace(view, language=language), Words(language)
    sheet = Sheet(display=found.arm.display(language))
    there = compared(view, found)
    parts = {"chosen": _chosen(view, words, found)}
    headings = {name: str(words.text(f"dossier.sections.{name}")) for name in ("chosen", "found", "winners", "again")}
    if there is not None:
        right = right_of(view, found.baseline.scenario)
        parts |= {"found": _found(words, there, right), "winners": _winners(words, there, sheet)}
        _add_comparison(words, there, sheet, parts, headings)
    if found.result is not None:
        _add_run(words, found, language, sheet, parts, headings)
    parts["again"] = _again(view, words, found, there)
    title = words.fill("dossier.title", title=say(found.arm.scenario.title, language))
    key = "summary_one" if len(found.arms) == 1 else "summary"
    summary = words.fill(f"dossier.{key}", arms=len(found.arms), seeds=view.seeds)
    kind = str(words.text("dossier.kind"))
    return reports.document(sheet, kind, title, summary, headings, parts, versions()["quotalab"])


def run_commands(choice: Choice, seeds: Sequence[int]) -> list[str]:
    """Return the commands that make the runs of a choice again, one a seed."""
    settings = [
        part for path, value in sorted(choice.changes.items()) for part in ("--set", f"{path}={written(value)}")
    ]
    return [shlex.join(["quotalab", "run", _name(choice.base), *settings, "--seed", str(seed)]) for seed in seeds]


def _name(base: str) -> str:
    return base if base in library() else f"{base}.yaml"


def _chosen(view: View, words: Words, found: Found) -> str:
    """Return the scenarios of the view, their seeds and the link that restores it."""
    gap = str(words.text("compare.gap"))
    rows = []
    for arm in ordered(found):
        kind = "baseline" if arm is found.baseline else "scenario" if arm is found.arm else "other"
        changes = gap.join(changes_in_words(view, words, arm, found.baseline))
        rows.append([arm.label, str(words.text(f"compare.roles.{kind}")), changes, str(len(arm.results))])
    told = [
        words.fill("dossier.chosen.seeds", last=view.seeds - 1) if view.seeds > 1 else words.text("dossier.chosen.seed")
    ]
    if found.result is None:
        told.append(str(words.text("dossier.chosen.nothing")))
    elif found.underway:
        told.append(str(words.text("dossier.chosen.underway")))
    name = str(words.text("dossier.sections.chosen"))
    listed = table(words.text("dossier.chosen.columns"), rows, name=name, words=(1, 2))
    link = definitions([(str(words.text("dossier.chosen.link")), f"<code>{escape(view.url)}</code>")], escaped=True)
    return f'{listed}<p class="view">{escape(" ".join(told))}</p>{link}'


def _found(words: Words, there: Compared, right: str) -> str:
    """Return what the comparison found, in words."""
    colon = there.display.text("numbers.colon")
    head = "".join(f"<p>{escape(text)}</p>" for text in rankings(there, words))
    told = findings(there, words, right)
    items = "".join(
        f"<h3>{escape(arm)}</h3><ul>"
        + "".join(
            f"<li><strong>{escape(one.title)}</strong>{escape(f'{colon}{one.text}')}</li>"
            for one in told
            if one.arm == arm
        )
        + "</ul>"
        for arm in there.others
    )
    against = escape(words.fill("compare.findings.against", base=there.base))
    remark = escape(str(words.text("compare.findings.one_seed" if there.one_seed else "compare.findings.caveat")))
    return f'{head}<p class="note">{against}</p>{items}<p class="note">{remark}</p>'


def _winners(words: Words, there: Compared, sheet: Sheet) -> str:
    """Return who pays more and who pays less."""
    from scenarios.figures.winners import winners_and_losers

    tables = there.paid
    if not tables:
        return f'<p class="note">{escape(str(words.text("compare.winners.not_recorded")))}</p>'
    places = [f"<p>{escape(str(words.text('compare.winners.caption')))}</p>"]
    for column in ("sector", "city"):
        changes = {arm: changes_by(own, base, column) for arm, (own, base) in tables.items()}
        figure: go.Figure = winners_and_losers(changes, column, there.display)
        title = str(words.text(f"compare.winners.{column}"))
        places.append(sheet.figure(f"winners-{column}", figure, title, title))
    places += [f"<p>{escape(text)}</p>" for text in who_pays(words, there, tables)]
    places.append(f'<p class="note">{escape(str(words.text("compare.winners.note")))}</p>')
    return "".join(places)


def _add_comparison(
    words: Words, there: Compared, sheet: Sheet, parts: dict[str, str], headings: dict[str, str]
) -> None:
    """Add the sections of the comparison's report but for how it was made: there is one such section at the end."""
    page = comparison_report.comparison_page(there.comparison, words.language, worded=False)
    page.prefix = "compare-"
    for name, content in comparison_report.comparison_sections(page).items():
        if name in {"origin", "findings"}:
            continue
        section = str(page.display.text(f"comparison.sections.{name}"))
        parts[f"compare-{name}"] = content
        headings[f"compare-{name}"] = words.fill("dossier.compared", section=section)
    sheet.figures |= page.figures


def _add_run(
    words: Words, found: Found, language: Language, sheet: Sheet, parts: dict[str, str], headings: dict[str, str]
) -> None:
    """Add the sections of the report of the scenario's first run."""
    result = found.arm.results[0]
    page = report_sections.Page(display=found.arm.display(language), prefix="run-", result=result)
    for name, content in report_sections.sections(page).items():
        if name == "origin":
            continue
        section = str(page.display.text(f"sections.{name}"))
        parts[f"run-{name}"] = content
        headings[f"run-{name}"] = words.fill("dossier.run", arm=found.arm.label, seed=result.seed, section=section)
    sheet.figures |= page.figures


def _again(view: View, words: Words, found: Found, there: Compared | None) -> str:
    """Return the commands that make every run and the comparison again, and each scenario whole."""
    arms = ordered(found)
    lines = [line for arm in arms for line in run_commands(arm.choice, range(view.seeds))]
    shown = [f"<p>{escape(words.fill('dossier.again.runs', version=versions()['quotalab']))}</p>", _code(lines)]
    own = list(dict.fromkeys(arm.choice.base for arm in arms if arm.choice.base not in library()))
    if own:
        told = words.fill("dossier.again.own", names=str(words.text("compare.gap")).join(own))
        shown.append(f'<p class="note">{escape(told)}</p>')
    if there is not None and is_product(there.comparison):
        comparison = replace(there.comparison, name=_name(there.comparison.name))
        shown += [f"<p>{escape(str(words.text('dossier.again.compare')))}</p>", _code([command(comparison)])]
    elif there is not None:
        shown.append(f'<p class="note">{escape(str(words.text("dossier.again.not_product")))}</p>')
    shown += [_whole(words, arm) for arm in arms]
    return "".join(shown)


def _whole(words: Words, arm: Arm) -> str:
    document = scenario_document(arm.scenario, {}, "").decode()
    head = escape(words.fill("dossier.again.whole", arm=arm.label))
    return f"<details><summary>{head}</summary>{_code([document])}</details>"


def _code(lines: Sequence[str]) -> str:
    return f"<pre>{escape(chr(10).join(lines))}</pre>"
