"""What a view chooses of a run's accounts: the year, a filter, the baseline; shared by the pages about accounts."""

from dash.development.base_component import Component

from dashboard import kit
from dashboard.found import Found
from dashboard.view import View
from dashboard.words import Words
from scenarios.display import Display, plain_number
from scenarios.schema import Scenario

ALL = ""
"""Value of an option that leaves nothing out."""


def not_there(words: Words, found: Found, page: str) -> Component | None:
    """Return what stands on the page while there is no result, or where the run kept no firms; else None."""
    if found.result is None:
        why = "waiting" if found.underway else "nothing"
        return kit.empty(words.text(f"{page}.{why}"), words.text(f"{page}.{why}_help"))
    if "firms" not in found.result.tables:
        return kit.empty(words.text(f"{page}.unrecorded"), words.text(f"{page}.unrecorded_help"))
    return None


def chosen_year(view: View, scenario: Scenario) -> int | None:
    """Return the year that a view names, None for all years; the last one where it names none of the run."""
    text, calendar = view.options.get("year"), scenario.calendar
    if text == "all":
        return None
    last = calendar.start_year + calendar.years - 1
    known = text is not None and text.isascii() and text.isdigit() and len(text) < 6
    return int(text) if known and calendar.start_year <= int(text) <= last else last


def year_choice(view: View, scenario: Scenario, title: str, everything: str) -> Component:
    """Return the choice of a year of the run, or all of them."""
    calendar = scenario.calendar
    years = {str(year): str(year) for year in range(calendar.start_year, calendar.start_year + calendar.years)}
    year = chosen_year(view, scenario)
    return kit.choose("year", title, {"all": everything, **years}, "all" if year is None else str(year))


def option(view: View, name: str) -> str:
    """Return an option of the view, empty where it is not given."""
    return view.options.get(name, ALL)


def baseline_name(found: Found, right: str) -> str | None:
    """Return the label of a baseline whose firms can be compared with those of the scenario; None without one."""
    arm = found.baseline
    there = arm is not found.arm and bool(arm.results) and "firms" in arm.results[0].tables
    return arm.label if there and right in arm.scenario.instruments else None


def ends(scenario: Scenario) -> dict[str, int]:
    """Return the first and the last year of a scenario."""
    return {"first": scenario.calendar.start_year, "last": scenario.calendar.start_year + scenario.calendar.years - 1}


def scaled(value: float, size: float, display: Display) -> str:
    """Return a number of a column whose heading names the unit; a dash where there is none."""
    return display.text("numbers.not_number") if value != value else plain_number(value / size, 4)  # noqa: PLR0124 - NaN
