"""Validation: numbers from theory, rules and history against the simulator, and theory drawn against runs.

Suites take from a moment to most of a minute and never run while a page is made: choosing one asks for its outcome
(`wanted`), a job gives it, and the page shows what there is.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.found import Found
from dashboard.view import View
from dashboard.words import Words
from scenarios.display import Display, plain_number
from scenarios.problem_words import problem_line
from scenarios.schema import Scenario
from scenarios.validation.outcomes import Outcome, share_of_tolerance, suite_groups

if TYPE_CHECKING:
    from scenarios.results import RunResult
    from scenarios.validation import Case

needs_runs = False
SUMMARY, EVERY = "summary", "every"


def wanted(view: View, outcomes: Mapping[str, Outcome]) -> tuple[str, ...]:
    """Return the suites whose outcome a view asks for and which this code has not run yet, in order."""
    chosen = view.options.get("suite")
    names = [name for group in suite_groups().values() for name in group]
    asked = [name for name in names if chosen in {EVERY, name}]
    return tuple(name for name in asked if name not in outcomes or not outcomes[name].current)


def controls(view: View, words: Words, scenario: Scenario) -> Component:
    """Return the choice of a suite, and of failing cases only."""
    choices = {SUMMARY: words.text("validation.summary"), EVERY: words.text("validation.every")}
    for group, names in suite_groups().items():
        for name in names:
            choices[name] = f"{words.text(f'validation.groups.{group}')} · {words.text(f'validation.suites.{name}')[0]}"
    return html.Div(
        [
            kit.choose("suite", words.text("validation.suite"), choices, _suite(view), words.text("validation.help")),
            kit.choose("failing", words.text("validation.cases"), words.group("validation.which"), _failing(view)),
        ],
        className="row",
    )


def content(view: View, words: Words, found: Found) -> Component:
    """Return what the suites gave, and three plots of theory against runs."""
    suite, outcomes = _suite(view), found.outcomes
    parts: list[kit.Part] = [kit.note(problem_line(problem, view.language), "warning") for problem in found.unread]
    parts.append(_standing(words, outcomes, len(wanted(view, outcomes))))
    plots = kit.grid([*_textbook_charts(view, words), _agreement(view, words, found)])
    if _failing(view) == "yes":
        parts += [_failures(words, outcomes, suite), plots]
    elif suite in {SUMMARY, EVERY}:
        # The list of all suites is long: the plots would be out of sight below it.
        parts += [plots, _summary(words, outcomes)]
    else:
        parts += [_cases(words, suite, outcomes.get(suite)), plots]
    return html.Div(parts)


def _suite(view: View) -> str:
    names = {name for group in suite_groups().values() for name in group}
    chosen = view.options.get("suite", SUMMARY)
    return chosen if chosen in names or chosen == EVERY else SUMMARY


def _failing(view: View) -> str:
    return "yes" if view.options.get("failing") == "yes" else "no"


def _standing(words: Words, outcomes: Mapping[str, Outcome], underway: int) -> Component:
    """Return in a sentence how much has been checked, and with what result."""
    total = sum(map(len, suite_groups().values()))
    if underway:
        return kit.note(words.fill("validation.underway", count=underway))
    current = [outcome for outcome in outcomes.values() if outcome.current]
    if not current:
        told = words.text("validation.nothing_remedy")
        if outcomes:
            told += words.fill("validation.outdated", count=len(outcomes))
        return kit.empty(words.text("validation.nothing"), told, _run_all(words))
    cases = sum(len(outcome.cases) for outcome in current)
    failed = sum(len(outcome.failed) for outcome in current)
    text = words.fill(
        "validation.standing", suites=len(current), total=total, cases=f"{cases:,}", passed=f"{cases - failed:,}"
    )
    if len(current) < len(outcomes):
        text += words.fill("validation.outdated", count=len(outcomes) - len(current))
    told = kit.note(text, "problem" if failed else "note")
    return told if len(current) == total else html.Div([told, _run_all(words)])


def _run_all(words: Words) -> Component:
    return kit.pick("suite", EVERY, words.text("validation.run_all"))


def _summary(words: Words, outcomes: Mapping[str, Outcome]) -> Component:
    rows: list[Sequence[kit.Part]] = []
    for group, names in suite_groups().items():
        for place, name in enumerate(names):
            title, source = words.text(f"validation.suites.{name}")
            outcome = outcomes.get(name)
            field = words.text(f"validation.groups.{group}") if place == 0 else ""
            told = ("–", "–", "–") if outcome is None else _counts(words, outcome)
            made = words.text("validation.not_run") if outcome is None else _made(words, outcome)
            rows.append((field, kit.pick("suite", name, title), source, *told, made))
    return kit.table(
        words, "validation-suites", words.text("validation.suites_title"), words.text("validation.suite_columns"),
        rows, words.text("validation.suites_caption"), numeric=(3, 4, 5), wide=True,
    )  # fmt: skip


def _counts(words: Words, outcome: Outcome) -> tuple[str, str, str]:
    passed = len(outcome.cases) - len(outcome.failed)
    return str(len(outcome.cases)), str(passed), _percent(words, outcome.largest_share)


def _made(words: Words, outcome: Outcome) -> str:
    made = outcome.made.replace("T", " ")[:16]
    path = "validation.made" if outcome.current else "validation.made_by_other"
    return words.fill(path, made=made, version=outcome.version, code=outcome.code)


def _cases(words: Words, suite: str, outcome: Outcome | None) -> Component:
    title, source = words.text(f"validation.suites.{suite}")
    if outcome is None:
        return kit.empty(title, words.text("validation.to_come"))
    caption = words.fill("validation.cases_caption", source=source, made=_made(words, outcome))
    return kit.table(
        words, f"validation-{suite}", title, words.text("validation.case_columns"),
        [_row(words, case) for case in outcome.cases], caption, numeric=(1, 2, 4, 5), wide=True,
    )  # fmt: skip


def _failures(words: Words, outcomes: Mapping[str, Outcome], suite: str) -> Component:
    chosen = [one for name, one in outcomes.items() if suite in {SUMMARY, EVERY, name}]
    rows = [_row(words, case) for outcome in chosen for case in outcome.failed]
    title = words.text("validation.failures")
    if not rows:
        return kit.empty(title, words.text("validation.no_failures" if chosen else "validation.nothing"))
    return kit.table(
        words, "validation-failing", title, words.text("validation.case_columns"), rows,
        words.text("validation.failures_caption"), numeric=(1, 2, 4, 5), wide=True,
    )  # fmt: skip


def _row(words: Words, case: "Case") -> tuple[kit.Part, ...]:
    unit = words.group("validation.units").get(case.unit, case.unit)
    deviation, allowed = f"{case.deviation:.1e}", f"{case.tolerance:.0e}"
    share = _percent(words, share_of_tolerance(case))
    said = words.text("validation.passed" if case.passed else "validation.failed")
    if case.message:
        said = f"{said} – {case.message}"
    mark = html.Span(said, className="pass" if case.passed else "fail")
    name = html.Code(case.name)
    return name, _number(case.expected), _number(case.got), unit, f"{deviation} ({share})", allowed, mark


def _number(value: float) -> str:
    return plain_number(value, 8) if abs(value) < float("inf") else "–"


def _percent(words: Words, share: float) -> str:
    display = Display(words.language, "", {}, {})
    return display.share(share) if share < float("inf") else words.text("validation.above")


@lru_cache(maxsize=4)
def textbook(name: str) -> "RunResult":
    """Return the result of a textbook scenario with seed 0: a fraction of a second, once in the life of a server."""
    from scenarios import load, run

    return run(load(name), 0)


def _textbook_charts(view: View, words: Words) -> list[Component]:
    from scenarios.figures import theory
    from scenarios.validation import curves

    market, banking = textbook("textbook-montgomery"), textbook("textbook-banking")
    price = curves.equilibrium_price(market.scenario, float(market.prices["cap"].iloc[0]))
    path, right = curves.price_path(banking), "carbon"
    said, told = Display.of_result(market, view.language), Display.of_result(banking, view.language)
    made = market.prices["mean_price"].iloc[0]
    exhausted = path.loc[path["bank"] <= 1e-9, "year"].iloc[0]
    shown = {
        "demand": theory.supply_and_demand(
            curves.demand_for_permits(market.scenario), price, market.prices, right, said
        ),
        "path": theory.hotelling_path(path, banking.prices, right, told),
        "bank": theory.hotelling_bank(path, banking.compliance, right, told),
    }
    values = {
        "theory": plain_number(price, 8),
        "run": plain_number(float(made), 8),
        "first": plain_number(float(path["price"].iloc[0]), 8),
        "last": plain_number(float(path["price"].iloc[-1]), 8),
        "exhausted": exhausted,
        "unit": said.price_unit(right),
    }
    return [
        kit.chart(
            view, words, f"theory-{key}", words.text(f"validation.plots.{key}")[0], figure,
            words.text(f"validation.plots.{key}")[1].format(**values),
        )
        for key, figure in shown.items()
    ]  # fmt: skip


def _agreement(view: View, words: Words, found: Found) -> Component:
    from scenarios.figures.theory import comparable, plan_against_market

    title, caption = words.text("validation.plots.agreement")
    if found.result is None:
        return kit.empty(title, words.text("validation.no_run"))
    yearly = found.result.prices
    caption = caption.format(
        scenario=found.arm.label, seed=found.result.seed, shown=len(comparable(yearly)), all=len(yearly)
    )
    figure = plan_against_market(yearly, Display.of_result(found.result, view.language))
    return kit.chart(view, words, "theory-agreement", title, figure, caption)
