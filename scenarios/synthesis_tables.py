"""The tables that a synthetic population is made of: their columns, strict reading, and every mistake with its line."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.documents import read_text
from scenarios.errors import InputError, Problem, TableError
from scenarios.messages import suggestion

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCE = ("V", "D", "M-h", "M-m", "M-l", "default")
SECTOR_PARAMETERS = (
    "output", "price", "margin", "output_limit", "output_slope", "growth", "activity_sd", "tail", "accounts",
)  # fmt: skip
USED_PARAMETERS = (
    "own_flow_sd", "fuel_flow_sd", "cost_sd", "cost_size_exponent", "intensity_size_exponent", "size_ratio_limit",
)  # fmt: skip
EFFECTS = "effects"  # stands for one column `effect_<instrument>` for each row of instruments.csv
ORIGIN = {"year": "year", "source": "source", "confidence": "confidence", "note": "note"}
NAMES = {"name_en": "text", "name_zh": "text"}
LARGEST_TABLE = 20_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """One file: the kind of each column, and the columns that together name a row."""

    columns: dict[str, str]
    key: tuple[str, ...]


TABLES: dict[str, Table] = {
    "sources": Table({"id": "id", "address": "text"}, ("id",)),
    "instruments": Table({"id": "id", **NAMES, "unit": "text"}, ("id",)),
    "cities": Table(
        {
            "id": "id", **NAMES, "zone": "id", "zone_name_en": "text", "zone_name_zh": "text",
            "gdp": "number", "gdp_unit": "text", "gdp_year": "year",
            "gdp_source": "source", "gdp_confidence": "confidence",
            "co2": "number", "co2_unit": "text", "co2_year": "year",
            "co2_source": "source", "co2_confidence": "confidence",
        },
        ("id",),
    ),
    "sectors": Table({"id": "id", **NAMES, "output_unit": "text"}, ("id",)),
    "sector_parameters": Table(
        {"sector": "sector", "parameter": "sector parameter", "value": "signed", "unit": "text", **ORIGIN},
        ("sector", "parameter"),
    ),
    "locations": Table(
        {"sector": "sector", "city": "city", "share": "share", "unit": "text", **ORIGIN}, ("sector", "city")
    ),
    "controls": Table(
        {"level": "level", "key": "text", "instrument": "instrument", "total": "number", "unit": "text", **ORIGIN},
        ("level", "key", "instrument"),
    ),
    "factors": Table(
        {"technology": "id", "instrument": "instrument or output", "value": "number", "unit": "text", **ORIGIN},
        ("technology", "instrument"),
    ),
    "plants": Table(
        {
            "id": "id", **NAMES, "city": "city", "sector": "sector", "capacity": "number", "capacity_unit": "text",
            "year": "year", "utilisation": "number", "utilisation_unit": "text", "technology": "technology",
            "once_through_share": "share", "source": "source", "confidence": "confidence", "note": "note",
        },
        ("id",),
    ),
    "groups": Table(
        {
            "sector": "sector", "group": "id", "instrument": "instrument", "share_limit": "share", "unit": "text",
            **ORIGIN,
        },
        ("sector", "group"),
    ),
    "measures": Table(
        {
            "sector": "sector", "measure": "id", **NAMES, "lead": "instrument", "share_limit": "share",
            "cost_start": "number", "cost_end": "number", "cost_unit": "text", EFFECTS: "signed", "group": "note",
            **ORIGIN,
        },
        ("sector", "measure"),
    ),
    "parameters": Table({"id": "id", "value": "signed", "unit": "text", **ORIGIN}, ("id",)),
}  # fmt: skip

Row = dict[str, Any]


@dataclass(slots=True)
class Reading:
    """Rows of every table by name with their lines, and the mistakes found so far."""

    folder: Path
    rows: dict[str, list[Row]] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def report(self, table: str, line: int, key: str, message: str, remedy: str) -> None:
        """Note a mistake in a table."""
        from scenarios.loading import shown

        self.problems.append(Problem(shown(self.folder / f"{table}.csv"), line, key, message, remedy))

    def ids(self, table: str, column: str = "id") -> list[str]:
        """Return the distinct values of a column in order."""
        return list(dict.fromkeys(row[column] for row in self.rows.get(table, ())))

    def each(self, table: str) -> list[tuple[int, Row]]:
        """Return a table's rows with their lines."""
        return list(zip(self.lines[table], self.rows[table], strict=True))


@dataclass(frozen=True, slots=True)
class SynthesisTables:
    """The tables, checked; frames are shared and never changed in place.

    Attributes
    ----------
    instruments, cities, sectors : indexed by id; ``sectors`` has a column for each sector parameter.
    locations : share of each sector's unnamed activity (rows) in each city (columns).
    controls, factors, plants, groups, measures, parameters : as in the files; ``plants`` has ``output`` and one flow
        a year for each instrument, worked out from its technology's factors.
    constants : value of each row of ``parameters`` by id.
    folder : where the files are.
    """

    instruments: "pd.DataFrame"
    cities: "pd.DataFrame"
    sectors: "pd.DataFrame"
    locations: "pd.DataFrame"
    controls: "pd.DataFrame"
    factors: "pd.DataFrame"
    plants: "pd.DataFrame"
    groups: "pd.DataFrame"
    measures: "pd.DataFrame"
    parameters: "pd.DataFrame"
    constants: dict[str, float]
    folder: Path


def load_tables(folder: Path) -> SynthesisTables:
    """Return the tables of a folder, checked against each other.

    Raises
    ------
    TableError : with every missing file or column, bad cell, broken reference and total that does not fit, by line.
    """
    from scenarios.synthesis_checks import check_tables

    reading = Reading(Path(folder))
    for name, table in TABLES.items():
        _read(reading, name, table)
    if not reading.problems:
        _check_references(reading)
    if not reading.problems:
        check_tables(reading)
    if reading.problems:
        raise TableError(sorted(reading.problems, key=lambda problem: (problem.file, problem.line)))
    return _frames(reading)


def _read(reading: Reading, name: str, table: Table) -> None:
    """Read one file into typed rows; cells that cannot be used are reported and left out."""
    from scenarios.loading import shown

    path = reading.folder / f"{name}.csv"
    reading.rows[name], reading.lines[name] = [], []
    try:
        reader = csv.reader(io.StringIO(read_text(path, shown(path), LARGEST_TABLE), newline=""), strict=True)
        header = [cell.strip() for cell in next(reader, [])]
        body = [(reader.line_num, cells) for cells in reader if cells]
    except InputError as error:
        reading.problems += error.problems
        return
    except csv.Error as error:
        reading.report(name, 0, "file", f"it is not CSV: {error}", "Save it as comma-separated text.")
        return
    columns = _expanded(reading, table)
    missing = [column for column in columns if column not in header]
    for column in missing:
        reading.report(name, 1, column, "the column is missing", f"Add it. Columns: {', '.join(columns)}.")
    for column in dict.fromkeys(header):
        if column not in columns:
            reading.report(name, 1, column, "there is no such column", suggestion(column, list(columns), "Columns"))
        elif header.count(column) > 1:
            reading.report(name, 1, column, "the column is there twice", "Keep one.")
    if missing:
        return
    seen: dict[tuple[str, ...], int] = {}
    for line, cells in body:
        if len(cells) != len(header):
            message = f"the row has {len(cells)} cells, the header {len(header)}"
            reading.report(name, line, "row", message, "Quote cells that hold commas.")
            continue
        text = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        key = tuple(text[column] for column in table.key)
        if key in seen:
            message = f"{' '.join(key)} is already on line {seen[key]}"
            reading.report(name, line, table.key[-1], message, "Keep one of the rows.")
        seen.setdefault(key, line)
        row = {column: _cell(reading, name, line, column, kind, text[column]) for column, kind in columns.items()}
        reading.rows[name].append(row)
        reading.lines[name].append(line)
    if not body:
        reading.report(name, 1, "row", "the table has no rows", "Add rows.")


def _expanded(reading: Reading, table: Table) -> dict[str, str]:
    """Return the columns with one effect column for each instrument."""
    columns: dict[str, str] = {}
    for column, kind in table.columns.items():
        if column == EFFECTS:
            columns |= {f"effect_{instrument}": kind for instrument in reading.ids("instruments")}
        else:
            columns[column] = kind
    return columns


def _number(text: str, accepts: Callable[[float], bool]) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) and accepts(value) else None


_NUMBERS: dict[str, tuple[Callable[[float], bool], str]] = {
    "number": (lambda value: value >= 0, "a number that is zero or positive"),
    "signed": (isfinite, "a finite number"),
    "share": (lambda value: 0 <= value <= 1, "a number from 0 to 1"),
    "year": (lambda value: value == int(value) and 1900 <= value <= 2200, "a year"),
}


def _cell(reading: Reading, name: str, line: int, column: str, kind: str, text: str) -> Any:
    if kind == "note":
        return text
    if kind in _NUMBERS:
        accepts, wanted = _NUMBERS[kind]
        value = _number(text, accepts)
        if value is None:
            reading.report(name, line, column, f"{text!r} is not {wanted}", f"Write {wanted}.")
        return value
    if not text:
        reading.report(name, line, column, "the cell is empty", "Fill it.")
    elif kind == "id" and not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", text):
        remedy = "Use lower-case letters, digits, - and _."
        reading.report(name, line, column, f"{text!r} is not an id", remedy)
    elif kind == "confidence" and text not in CONFIDENCE:
        reading.report(name, line, column, f"there is no confidence {text!r}", f"Use one of {', '.join(CONFIDENCE)}.")
    return text


def _check_references(reading: Reading) -> None:
    """Report every cell that names something that no table has."""
    instruments = reading.ids("instruments")
    known = {
        "source": reading.ids("sources"),
        "city": reading.ids("cities"),
        "sector": reading.ids("sectors"),
        "instrument": instruments,
        "instrument or output": [*instruments, "output"],
        "technology": reading.ids("factors", "technology"),
        "sector parameter": list(SECTOR_PARAMETERS),
        "level": ["sector", "city"],
    }
    for name, table in TABLES.items():
        for column, kind in table.columns.items():
            if kind not in known:
                continue
            for line, row in reading.each(name):
                if row[column] not in known[kind]:
                    message = f"there is no {kind} {row[column]!r}"
                    remedy = suggestion(row[column], known[kind], f"Known: {kind}")
                    reading.report(name, line, column, message, remedy)


def flows_of_plant(plant: Row, factors: dict[tuple[str, str], float], instruments: list[str]) -> dict[str, float]:
    """Return a named plant's output and flows a year: capacity × utilisation × the factors of its technology.

    Water is the mean of once-through and closed-loop cooling by ``once_through_share``.
    """
    activity = plant["capacity"] * plant["utilisation"]
    result = {name: activity * factors[plant["technology"], name] for name in ("output", *instruments)}
    once_through = plant["once_through_share"]
    if once_through > 0 and "water" in result:
        river = factors["once-through-cooling", "water"]
        result["water"] = (1 - once_through) * result["water"] + once_through * activity * river
    return result


def _frames(reading: Reading) -> SynthesisTables:
    import pandas as pd

    frame = {name: pd.DataFrame(reading.rows[name]) for name in TABLES}
    for name in ("instruments", "cities", "sectors"):
        frame[name] = frame[name].set_index("id")
    for data in frame.values():
        for column in data.columns:
            if column == "year" or column.endswith("_year"):
                data[column] = data[column].astype("int64")
    parameters = frame["sector_parameters"].pivot_table(index="sector", columns="parameter", values="value")
    sectors = frame["sectors"].join(parameters)
    sectors["accounts"] = sectors["accounts"].astype("int64")
    locations = frame["locations"].pivot_table(index="sector", columns="city", values="share", fill_value=0.0)
    factors = {(row["technology"], row["instrument"]): row["value"] for row in reading.rows["factors"]}
    flows = [flows_of_plant(plant, factors, reading.ids("instruments")) for plant in reading.rows["plants"]]
    return SynthesisTables(
        instruments=frame["instruments"],
        cities=frame["cities"],
        sectors=sectors,
        locations=locations.reindex(index=sectors.index, columns=frame["cities"].index, fill_value=0.0),
        controls=frame["controls"],
        factors=frame["factors"],
        plants=pd.concat([frame["plants"], pd.DataFrame(flows)], axis=1),
        groups=frame["groups"],
        measures=frame["measures"],
        parameters=frame["parameters"],
        constants={row["id"]: row["value"] for row in reading.rows["parameters"]},
        folder=reading.folder,
    )
