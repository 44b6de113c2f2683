"""Commands that look at scenarios without running them: list, show, check, schema."""

from typing import TYPE_CHECKING, Any

from scenarios.commands.screens import number, say, say_json, say_paragraph, say_table, say_wide_table, tell_problems
from scenarios.errors import InputError, Problem
from scenarios.schema import Scenario, SyntheticPopulation

if TYPE_CHECKING:
    import pandas as pd

    from market.instruments import Instrument


def list_scenarios(as_json: bool) -> int:
    """Write the scenarios that ship."""
    from scenarios.loading import library, load

    found = [load(path) for path in library().values()]
    if as_json:
        say_json([{"name": s.name, "title": s.title.model_dump(), "summary": s.summary.model_dump()} for s in found])
        return 0
    say_table(("name", "title", "years"), [(s.name, f"{s.title.en} / {s.title.zh}", _span(s)) for s in found])
    return 0


def check(names: list[str]) -> int:
    """Write every mistake and warning of scenarios and their tables; 2 if there is a mistake."""
    from scenarios.accounts import read_accounts
    from scenarios.loading import read

    failed = False
    for name in names:
        try:
            draft = read(name)
        except InputError as error:
            tell_problems(error.problems)
            failed = True
            continue
        errors, warnings = list(draft.problems), list(draft.warnings)
        if draft.parts.population is not None and draft.parts.instrument_keys:
            accounts, more = read_accounts(draft.parts, draft.origin)
            errors += more
            warnings += accounts.warnings if accounts is not None else ()
        tell_problems(errors)
        tell_problems(warnings, "warning: ")
        failed = failed or bool(errors)
        if not errors:
            say(f"{name}: no mistakes" + (f", {len(warnings)} warnings" if warnings else ""))
    return 2 if failed else 0


def schema() -> int:
    """Write the JSON Schema of scenario files, for editors."""
    document = Scenario.model_json_schema()
    extends = {"type": "string", "description": "library name or path of a scenario that this one is laid over"}
    needed = document.pop("required")
    say_json(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **document,
            "properties": {"extends": extends, **document["properties"]},
            "if": {"required": ["extends"]},
            "then": {"required": ["schema", "name"]},
            "else": {"required": needed},
        }
    )
    return 0


def show(name: str, totals: bool, as_json: bool) -> int:
    """Write what a scenario declares, and its control totals beside those of its accounts."""
    from scenarios.accounts import accounts
    from scenarios.checks import check as warnings_of
    from scenarios.loading import load

    scenario = load(name)
    found = accounts(scenario)
    warnings = warnings_of(scenario, found)
    compared = _totals(scenario, found.firms) if totals else None
    if as_json:
        document = scenario.model_dump(by_alias=True, mode="json")
        document["accounts"] = len(found.firms)
        document["caps"] = {key: _caps(scenario, i) for key, i in scenario.instruments.items()}
        document["warnings"] = [str(warning) for warning in warnings]
        if compared is not None:
            document["totals"] = compared.to_dict(orient="records")
        say_json(document)
        return 0
    _head(scenario, found.firms)
    _instruments(scenario)
    _deciders(scenario)
    _notes(scenario, warnings)
    if compared is not None:
        _compared(compared)
    return 0


def _span(scenario: Scenario) -> str:
    first = scenario.calendar.start_year
    last = first + scenario.calendar.years - 1
    return str(first) if first == last else f"{first}-{last}"


def _head(scenario: Scenario, firms: "pd.DataFrame") -> None:
    say(f"{scenario.name}: {scenario.title.en} / {scenario.title.zh}")
    say_paragraph(scenario.summary.en)
    say_paragraph(scenario.summary.zh)
    say()
    money = f"{scenario.money.currency.en} / {scenario.money.currency.zh}"
    periods = scenario.calendar.periods_per_year
    say_paragraph(f"{scenario.view} view, {_span(scenario)}, {periods} periods a year; money in {money}")
    say_paragraph(f"accounts: {len(firms)}")
    for name in ("sector", "city"):
        counts = firms[name].value_counts()
        say_paragraph(f"by {name}: " + ", ".join(f"{value} {count}" for value, count in counts.items()), 2)


def _caps(scenario: Scenario, instrument: "Instrument") -> dict[str, float]:
    import numpy as np

    from market.policies.cap import CapContext

    calendar = scenario.calendar
    years = np.arange(calendar.start_year, calendar.start_year + calendar.years)
    ones = np.ones(calendar.years)
    levels = instrument.cap.levels(CapContext(years, ones, ones))
    return {str(year): float(level) for year, level in zip(years, levels, strict=True)}


def _instruments(scenario: Scenario) -> None:
    from scenarios.display import Display
    from scenarios.rule_words import rules_told, venues_told

    displays = [Display.of(scenario, "en"), Display.of(scenario, "zh")]
    say("\ninstruments, in the order in which they are cleared")
    for key, instrument in scenario.instruments.items():
        say_paragraph(
            f"{key}: {instrument.title.en} / {instrument.title.zh}, in {instrument.unit} ({instrument.flow})", 2
        )
        rules = {name: getattr(instrument, name) for name in ("cap", "allocation", "banking", "penalty", "compliance")}
        for name, rule in rules.items():
            say_paragraph(f"{name}: {_rule(rule.model_dump(exclude_defaults=True), rule)}", 4)
        lots = f"lot {instrument.lot:g}, tick {instrument.tick:g}"
        say_paragraph(lots, 4)
        for told in (venues_told, rules_told):
            for en, zh in zip(*(told(words, key, instrument) for words in displays), strict=True):
                say_paragraph(f"{'venue' if told is venues_told else 'price containment'}: {en}", 4)
                say_paragraph(zh, 6)
        if instrument.outside is not None:
            say_paragraph(f"outside market: {_rule(instrument.outside.model_dump(), instrument.outside)}", 4)
    say("\ncaps by year, at the output and the water of a normal year")
    caps = {key: _caps(scenario, instrument) for key, instrument in scenario.instruments.items()}
    units = [f"{key} ({scenario.instruments[key].unit})" for key in caps]
    years = next(iter(caps.values()))
    rows = [(year, *(number(path[year]) for path in caps.values())) for year in years]
    say_wide_table("year", units, rows)


def _rule(values: dict[str, Any], rule: Any) -> str:
    kind = getattr(rule, "kind", "")
    rest = ", ".join(f"{key} {_value(value)}" for key, value in values.items() if key != "kind")
    return f"{kind} ({rest})" if kind and rest else kind or rest or "at the year's end"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return number(value) if isinstance(value, float) else str(value)


def _deciders(scenario: Scenario) -> None:
    say("\nbehaviours; each account takes the first that selects it")
    for behaviour in scenario.behaviours:
        select = behaviour.select
        who = "all sectors" if select.sectors is None else ", ".join(select.sectors)
        rank = "" if select.ranked == "all" else f", {select.ranked} {select.share:.0%}"
        say_paragraph(f"{_rule(behaviour.model_dump(exclude={'select'}), behaviour)} for {who}{rank}", 2)


def _notes(scenario: Scenario, warnings: tuple[Problem, ...]) -> None:
    if scenario.notes:
        say("\nassumptions and simplifications ([!] marks a default that is general knowledge or a guess)")
    for note in scenario.notes:
        say_paragraph(f"{'[!] ' if note.flagged else ''}{note.key}: {note.text.en}", 2)
        say_paragraph(note.text.zh, 4)
    if warnings:
        say("\nwarnings")
    for warning in warnings:
        say_paragraph(str(warning), 2)


def _totals(scenario: Scenario, firms: "pd.DataFrame") -> "pd.DataFrame":
    from scenarios.loading import origin_of

    if not isinstance(scenario.population, SyntheticPopulation):
        remedy = "Show a scenario whose population is of kind synthetic, such as jiangxi."
        raise InputError(
            [origin_of(scenario).problem("population.kind", "explicit accounts have no control totals", remedy)]
        )
    from scenarios.synthesis import load_tables
    from scenarios.synthesis import totals as totals_of

    folder = origin_of(scenario).resolve("population.folder", scenario.population.folder)
    return totals_of(firms, load_tables(folder))


def _compared(compared: "pd.DataFrame") -> None:
    """Write the control totals by instrument; the source of each is in the JSON."""
    say("\ncontrol totals beside the accounts'")
    for (instrument, unit), rows in compared.groupby(["instrument", "unit"], sort=False):
        say(f"\n{instrument} ({unit})")
        columns = ("level", "key", "control", "population", "difference", "confidence")
        cells = zip(*(rows[name] for name in columns), strict=True)
        say_table(
            ("level", "key", "control", "accounts", "off by %", "confidence"),
            [
                (level, key, number(control), number(found), f"{round(off, 3) + 0.0:.3f}", sure)
                for level, key, control, found, off, sure in cells
            ],
            (2, 3, 4),
        )
    worst = compared["difference"].abs().max()
    say(f"{len(compared)} control totals; the largest difference is {worst:.2g} %")
