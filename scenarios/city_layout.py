"""Where cities stand on a schematic map, for those that ship with one."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from market.instruments import Text

FOLDER = Path(__file__).resolve().parent / "data" / "places"
LAYOUTS = ("jiangxi",)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Water:
    """A river or lake as points in order, and where its name begins (None: it is not named), on the layout's grid."""

    name: Text
    kind: str
    points: tuple[Point, ...]
    label: Point | None


@dataclass(frozen=True, slots=True)
class Layout:
    """Schematic positions of cities by id, and waters for orientation; no distance means anything."""

    cities: dict[str, Point]
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
    waters: dict[str, list[dict[str, str]]] = {}
    for row in _rows(f"{name}-waters.csv"):
        waters.setdefault(row["water"], []).append(row)
    return Layout(cities, tuple(_water(rows) for rows in waters.values()))


def _water(rows: list[dict[str, str]]) -> Water:
    first = rows[0]
    points = tuple((float(row["x"]), float(row["y"])) for row in rows)
    label = (float(first["label_x"]), float(first["label_y"])) if first["label_x"] else None
    return Water(Text(en=first["name_en"], zh=first["name_zh"]), first["kind"], points, label)


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
