"""Where cities stand on a schematic map, for those that ship with one."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from market.instruments import Text

FOLDER = Path(__file__).resolve().parent / "data" / "places"
LAYOUTS = ("jiangxi",)


@dataclass(frozen=True, slots=True)
class Water:
    """A river or lake as points in order, on the grid of its layout."""

    name: Text
    kind: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Schematic positions of cities by id, and waters for orientation; no distance means anything."""

    cities: dict[str, tuple[float, float]]
    waters: tuple[Water, ...]


def layout_of(cities: Iterable[str]) -> Layout | None:
    """Return the layout that knows every one of some cities, or None."""
    wanted = set(cities)
    found = (layout(name) for name in LAYOUTS)
    return next((one for one in found if wanted and wanted <= set(one.cities)), None)


@lru_cache(maxsize=4)
def layout(name: str) -> Layout:
    """Return a layout that ships, by name."""
    cities = {row["id"]: (float(row["x"]), float(row["y"])) for row in _rows(f"{name}-cities.csv")}
    waters: dict[str, Water] = {}
    for row in _rows(f"{name}-waters.csv"):
        key = row["water"]
        before = waters[key].points if key in waters else ()
        point = (float(row["x"]), float(row["y"]))
        waters[key] = Water(Text(en=row["name_en"], zh=row["name_zh"]), row["kind"], (*before, point))
    return Layout(cities, tuple(waters.values()))


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
