"""Between which values the factors of a scenario are moved where nobody says: levers and uncertainties around its own.

Nobody knows these ranges. They are assumptions, and the dossier says so: caps by 5 %, growth by one percentage point a
year, everything else by a fifth of its value. A factor that is zero or none has no such range and is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from scenarios.display import Display, Language
from scenarios.levers import Lever, levers, uncertainties
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

SHARE, CAP_SHARE, GROWTH_POINTS = 0.2, 0.05, 0.01
MOST_SECTORS = 6
SHOCKS = ("world.persistence", "world.common_share")
"""They say nothing where activity has no shocks."""

Rule = Literal["share", "cap", "growth"]


@dataclass(frozen=True, slots=True)
class Range:
    """A factor and the values between which it is moved.

    Attributes
    ----------
    name : of the parameter of the sweeps.
    path : of the value in the scenario, or the name of a lever.
    base : the scenario's own value.
    rule : by which assumption the ends were chosen.
    sector : of a growth rate.
    """

    name: str
    path: str
    role: Literal["lever", "uncertainty"]
    base: float
    low: float
    high: float
    unit: str
    rule: Rule
    sector: str = ""
    whole: bool = False

    @property
    def varied(self) -> dict[str, Any]:
        """The factor as a sweep declares it."""
        kind = int if self.whole else float
        return {"path": self.path, "low": kind(self.low), "high": kind(self.high)}


def default_ranges(scenario: Scenario, firms: "pd.DataFrame") -> tuple[tuple[Range, ...], tuple[str, ...]]:
    """Return the factors of a scenario with their ranges, and the names of those that are left out.

    Parameters
    ----------
    firms : the accounts, a row each, with ``sector`` and where tables give it ``growth``.
    """
    found: list[Range] = []
    left_out: list[str] = []
    for role, given in (("lever", levers(scenario)), ("uncertainty", uncertainties(scenario))):
        for lever in given:
            if not _asked(lever, scenario):
                continue
            one = _around(lever, role)  # type: ignore[arg-type]
            if one is None:
                left_out.append(lever.name)
            else:
                found.append(one)
    growth = _growth(scenario, firms)
    if growth:
        left_out = [name for name in left_out if name != "world.default_growth"]
    return (*found, *growth), tuple(left_out)


def declared(ranges: tuple[Range, ...], role: str) -> dict[str, dict[str, Any]]:
    """Return the factors of a role as a sweep declares them."""
    return {one.name: one.varied for one in ranges if one.role == role}


def factor_labels(ranges: tuple[Range, ...], scenario: Scenario, display: Display) -> dict[str, str]:
    """Return what each factor is called in a language, with the right that it belongs to."""
    language: Language = display.language
    known = {one.name: one for one in (*levers(scenario, language), *uncertainties(scenario, language))}
    colon = str(display.text("numbers.colon"))
    labels = {}
    for one in ranges:
        if one.rule == "growth":
            labels[one.name] = display.fill("dossier.growth_of", sector=display.name("sector", one.sector))
        else:
            lever = known[one.name]
            labels[one.name] = f"{lever.group_label}{colon}{lever.label}" if lever.group_label else lever.label
    return labels


def factor_units(ranges: tuple[Range, ...], scenario: Scenario, language: Language) -> dict[str, str]:
    """Return the unit of each factor in a language."""
    known = {one.name: one.unit for one in (*levers(scenario, language), *uncertainties(scenario, language))}
    return {one.name: known.get(one.name, one.unit) for one in ranges}


def _asked(lever: Lever, scenario: Scenario) -> bool:
    """Return whether a lever is a number that a range makes sense for and that no other stands for already."""
    if lever.kind not in {"number", "whole"} or lever.name == "rounds":
        return False
    if ".cap." in lever.path and not lever.path.endswith(".tightening"):
        return False  # its scale moves the cap
    return not (lever.name in SHOCKS and scenario.world.activity_sd == 0.0)


def _around(lever: Lever, role: Literal["lever", "uncertainty"]) -> Range | None:
    if lever.value is None or lever.value == 0:
        return None
    base = float(lever.value)
    rule: Rule = "cap" if lever.name.endswith(".cap_scale") else "share"
    width = (CAP_SHARE if rule == "cap" else SHARE) * abs(base)
    low, high = base - width, base + width
    if lever.lower is not None and (low < lever.lower or (lever.lower_open and low <= lever.lower)):
        low = base - 0.9 * (base - lever.lower) if lever.lower_open else lever.lower
    if lever.upper is not None and (high > lever.upper or (lever.upper_open and high >= lever.upper)):
        high = base + 0.9 * (lever.upper - base) if lever.upper_open else lever.upper
    low, high = (round(low), round(high)) if lever.kind == "whole" else (_clean(low), _clean(high))
    if not low < high:
        return None
    return Range(
        lever.name, lever.name, role, base, float(low), float(high), lever.unit, rule, whole=lever.kind == "whole"
    )


def _growth(scenario: Scenario, firms: "pd.DataFrame") -> list[Range]:
    """Return the growth of the largest sectors (by their flow of the first right)."""
    key = next(iter(scenario.instruments))
    column = next((name for name in (f"baseline_{key}", f"flow_{key}", key) if name in firms), None)
    table = firms.groupby("sector", sort=False)["growth"].first().to_dict() if "growth" in firms else {}
    own: Mapping[str, float] = scenario.world.growth
    sizes = firms.groupby("sector", sort=False)[column].sum() if column else firms.groupby("sector", sort=False).size()
    found = []
    for sector in sizes.sort_values(ascending=False, kind="stable").index[:MOST_SECTORS]:
        base = float(own.get(sector, table.get(sector, scenario.world.default_growth)))
        low, high = _clean(base - GROWTH_POINTS), _clean(base + GROWTH_POINTS)
        name = "growth." + "".join(sign if sign.isalnum() else "_" for sign in str(sector))
        path = f"world.growth.{sector}"
        found.append(Range(name, path, "uncertainty", base, low, high, "per year", "growth", str(sector)))
    return found


def _clean(value: float) -> float:
    return float(f"{value:.12g}")
