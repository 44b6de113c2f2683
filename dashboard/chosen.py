"""What a view chooses of a run's accounts: the year, a filter, the baseline; shared by the pages about accounts."""

from math import floor, log10
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from dash.development.base_component import Component

from dashboard import kit
from dashboard.found import Found
from dashboard.view import View
from dashboard.words import Words
from scenarios.display import Display
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from scenarios.results import RunResult

ALL = ""
"""Value of an option that leaves nothing out."""
DIGITS, MOST_DIGITS = 4, 6


def recorded(found: Found) -> "RunResult | None":
    """Return the scenario's result if it is there and kept its firms, else None."""
    return found.result if found.result is not None and "firms" in found.result.tables else None


def not_there(words: Words, found: Found, page: str) -> Component:
    """Return what stands on a page while there is no result, or where the run kept no firms."""
    why = "unrecorded" if found.result is not None else "waiting" if found.underway else "nothing"
    return kit.empty(words.text(f"{page}.{why}"), words.text(f"{page}.{why}_help"))


def chosen_year(view: View, scenario: Scenario) -> int | None:
    """Return the year that a view names, None for all years; the last one where it names none of the run."""
    text, calendar = view.options.get("year", ""), scenario.calendar
    if text == "all":
        return None
    last = calendar.start_year + calendar.years - 1
    known = text.isascii() and text.isdigit() and len(text) < 6
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


def period_told(words: Words, scenario: Scenario, year: int | None) -> str:
    """Return the chosen year, or the years of the run, as titles name them."""
    return (
        words.fill("firms.head.year", year=year)
        if year is not None
        else words.fill("firms.head.years", **ends(scenario))
    )


def column(values: npt.ArrayLike, size: float, display: Display) -> list[str]:
    """Return the numbers of a table's column, whose heading names the unit, all with the same digits after the point.

    Parameters
    ----------
    size : what the numbers are divided by, as `Display.scale` returns it.

    Returns
    -------
    so many digits that the largest shows four; a dash where there is no number.
    """
    numbers = np.asarray(values, dtype=np.float64) / size
    finite = np.abs(numbers[np.isfinite(numbers)])
    largest = float(finite.max()) if finite.size else 0.0
    digits = min(max(DIGITS - 1 - floor(log10(largest)), 0), MOST_DIGITS) if largest > 0 else 0
    return [_fixed(value, digits) if np.isfinite(value) else display.text("numbers.not_number") for value in numbers]


def _fixed(value: float, digits: int) -> str:
    rounded = round(value, digits) + 0.0  # no minus before a zero
    return f"{rounded:,.{digits}f}".replace("-", "\u2212")
