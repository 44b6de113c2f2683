"""Sweeps: a comparison from the store, over what it varies: heat map, lines, parallel coordinates, Pareto front."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.found import Found
from dashboard.sweep_charts import charts
from dashboard.view import View
from dashboard.words import Words
from scenarios import comparison_words
from scenarios.comparison_arms import SCENARIO, Arm, written
from scenarios.comparison_choice import main_kpis
from scenarios.comparison_findings import ComparisonPage
from scenarios.errors import InputError
from scenarios.path_words import path_in_words
from scenarios.problem_words import warning_told
from scenarios.schema import Scenario
from scenarios.sweep_table import paths_of, sweep_table

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.comparison import Comparison
    from scenarios.sweeps.results import SweepResult

needs_runs = False
OPTION = "sweep"
"""The option that names the folder that is open."""
KINDS = {"comparison", "sweep"}
LONGEST_ENTRY = 60


@dataclass(frozen=True, slots=True)
class Opened:
    """A comparison or a sweep from the store, or why it could not be opened."""

    folder: str
    comparison: "Comparison | SweepResult | None" = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Sweep:
    """An opened comparison with its words and its tidy table; arms are called by words.

    Attributes
    ----------
    own : the label that each arm has in the store, by what it is called here.
    chosen : the arm that the view names, None if it names none.
    """

    page: ComparisonPage
    table: "pd.DataFrame"
    paths: list[str]
    kpis: dict[str, str]
    own: dict[str, str]
    chosen: Arm | None

    @property
    def marks(self) -> dict[str, str]:
        """What a click on each arm sets."""
        return {title: kit.point("arm", own) for title, own in self.own.items()}


def opened(view: View, found: Found, open_folder: "Callable[[str], Comparison | SweepResult]") -> Opened | None:
    """Return the comparison that a view names, or the newest one; None where the store has none.

    Parameters
    ----------
    open_folder : returns the comparison in a folder of the session, or raises InputError.
    """
    known = [entry.folder for entry in _comparisons(found)]
    folder = view.options.get(OPTION, known[0] if known else "")
    if not folder:
        return None
    if folder not in known:
        return Opened(folder)
    try:
        return Opened(folder, open_folder(folder))
    except InputError as error:
        return Opened(folder, problem=str(error))


def controls(view: View, words: Words, scenario: Scenario) -> None:
    """Return nothing: what there is to choose depends on what is in the store, and stands in the content."""


def content(view: View, words: Words, found: Found, given: Opened | None = None) -> Component:
    """Return the comparison that is open, or how to make one.

    Parameters
    ----------
    given : as `opened` returns it; that of ``found`` if it is not given.
    """
    from dashboard.stored_sweep import stored_sweep
    from scenarios.comparison_report import comparison_page
    from scenarios.sweeps.results import SweepResult

    given = given if given is not None else found.opened
    entries = _comparisons(found)
    remarks = [kit.note(_damaged(words, entry), "warning") for entry in found.folders if entry.kind == "damaged"]
    later = kit.note(words.text("sweeps.later"))
    if not entries:
        command = _command(words.text("sweeps.empty.command"))
        told = kit.empty(words.text("sweeps.empty.title"), words.text("sweeps.empty.told"), command)
        return html.Div([*remarks, told, later])
    if given is None or given.comparison is None:
        remarks.append(kit.note(_not_open(words, given), "problem"))
        return html.Div([_which(words, entries, None), *remarks, later])
    if isinstance(given.comparison, SweepResult):
        return html.Div([stored_sweep(view, words, given.comparison, _which(words, entries, given.folder)), *remarks])
    page = comparison_page(given.comparison, view.language)
    sweep = _sweep(view, given.comparison, page)
    if len(page.found.failures):
        total = len(page.found.arms) * len(page.found.seeds)
        told = words.fill("sweeps.failures", count=len(page.found.failures), total=total)
        remarks.append(kit.note(told, "warning"))
    if len(page.found.seeds) == 1:
        remarks.append(kit.note(words.text("sweeps.one_seed"), "warning"))
    intro = html.P(words.text("sweeps.intro"))
    if not sweep.kpis:
        return html.Div([_which(words, entries, given.folder), intro, *remarks, _chosen(words, sweep), later])
    picks, shown = charts(view, words, sweep)
    arm = kit.choose(
        "arm", words.text("sweeps.arm"), {own: title for title, own in sweep.own.items()}, view.options.get("arm")
    )
    bar = html.Div([_which(words, entries, given.folder), *picks, arm], className="controls")
    return html.Div([intro, bar, *remarks, kit.grid([*shown, _chosen(words, sweep), _arms(words, sweep)]), later])


def arm_command(sweep: Sweep, arm: Arm, seed: int) -> str:
    """Return the command that runs one arm of a comparison with a seed."""
    settings = {**sweep.page.found.overrides, **arm.values}
    name = str(settings.pop(SCENARIO, sweep.page.found.name))
    given = [part for path, value in settings.items() for part in ("--set", f"{path}={written(value)}")]
    return shlex.join(["quotalab", "run", name, *given, "--seed", str(seed)])


def _comparisons(found: Found) -> list[Any]:
    return [entry for entry in found.folders if entry.kind in KINDS]


def _sweep(view: View, given: "Comparison", page: ComparisonPage) -> Sweep:
    own = dict(zip(page.found.labels, given.labels, strict=True))
    names = {kpi: comparison_words.title(page.display, kpi) for kpi in main_kpis(page.found, page.instruments)}
    wanted = view.options.get("arm")
    chosen = next((arm for arm in page.found.arms if own[arm.label] == wanted), None)
    return Sweep(page, sweep_table(page.found), paths_of(page.found), names, own, chosen)


def _which(words: Words, entries: Sequence[Any], folder: str | None) -> Component:
    choices = {
        entry.folder: _cut(words.fill("sweeps.entry", name=entry.name, folder=entry.folder, seeds=len(entry.seeds)))
        for entry in entries
    }
    return kit.choose(OPTION, words.text("sweeps.option"), choices, folder)


def _damaged(words: Words, entry: Any) -> str:
    return words.fill("sweeps.damaged", folder=entry.folder, problem=_told(words, entry.problem) or "–")


def _told(words: Words, problem: Any) -> str:
    """Return a problem, or several with a line for each, in words."""
    return "\n".join(warning_told(line, words.language) for line in str(problem or "").splitlines())


def _not_open(words: Words, given: Opened | None) -> str:
    if given is not None and given.problem:
        return words.fill("sweeps.damaged", folder=given.folder, problem=_told(words, given.problem))
    return words.fill("sweeps.gone", folder=given.folder if given is not None else "–")


def _chosen(words: Words, sweep: Sweep) -> Component:
    """Return the arm that was clicked: its values, its indicators and the command that runs it."""
    arm, display = sweep.chosen, sweep.page.display
    if arm is None:
        return kit.card(
            words.fill("sweeps.chosen.title", arm="–"), kit.note(words.text("sweeps.chosen.none")), wide=True
        )
    colon = display.text("numbers.colon")
    plain = arm.scenario.model_dump(mode="json", by_alias=True)
    values = [
        html.Li(f"{path_in_words(plain, path, words.language)}{colon}{written(value)}")
        for path, value in arm.values.items()
    ]
    seed = sweep.page.found.seeds[0]
    rows: list[list[kit.Part]] = []
    for kpi, name in sweep.kpis.items():
        row = sweep.page.summary.loc[(arm.label, kpi)]
        mean = comparison_words.value(display, kpi, row["mean"])
        rows.append([name, mean, _interval(sweep, kpi, row["low"], row["high"]), str(int(row["n"]))])
    table = kit.table(
        words, "sweep-arm", words.text("sweeps.chosen.indicators"), words.text("sweeps.chosen.columns"), rows,
        numeric=(1, 2, 3),
    )  # fmt: skip
    parts: list[kit.Part] = [
        html.H3(words.text("sweeps.chosen.values")), html.Ul(values),
        html.H3(words.fill("sweeps.chosen.command", seed=seed)), _command(arm_command(sweep, arm, seed)),
        table,
    ]  # fmt: skip
    return kit.card(words.fill("sweeps.chosen.title", arm=arm.label), parts, wide=True)


def _interval(sweep: Sweep, kpi: str, low: float, high: float) -> str:
    return comparison_words.interval(sweep.page.display, kpi, low, high) if np.isfinite([low, high]).all() else "–"


def _arms(words: Words, sweep: Sweep) -> Component:
    comma = sweep.page.display.text("numbers.list_gap")
    rows: list[list[kit.Part]] = [
        [kit.pick("arm", sweep.own[arm.label], arm.label),
         comma.join(f"{path}={_cut(written(value))}" for path, value in arm.values.items())]
        for arm in sweep.page.found.arms
    ]  # fmt: skip
    title, columns = words.text("sweeps.arms.title"), words.text("sweeps.arms.columns")
    return kit.table(words, "sweep-arms", title, columns, rows, words.text("sweeps.arms.caption"), wide=True)


def _command(text: str) -> Component:
    return html.Pre(html.Code(text), style={"whiteSpace": "pre-wrap", "overflowWrap": "anywhere"})


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_ENTRY else f"{text[: LONGEST_ENTRY - 1]}…"
