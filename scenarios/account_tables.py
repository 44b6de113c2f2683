"""The columns of the two account tables, and their strict reading: every bad cell with file, line and column."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.documents import read_text
from scenarios.errors import Problem, TableError
from scenarios.messages import suggestion

if TYPE_CHECKING:
    import pandas as pd

LARGEST_TABLE = 500_000_000
LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it holds, its bounds, and its value where it may be left out."""

    name: str
    kind: str
    description: str
    default: str | float | None = None
    lowest: float = -inf
    highest: float = inf

    @property
    def required(self) -> bool:
        """Whether the column and each of its cells must be there."""
        return self.default is None


def firm_columns(instruments: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of the table of accounts for the instruments of a scenario."""
    return (
        Column("id", "whole", "number of the account, unique", lowest=0, highest=LARGEST_ID),
        Column("name_en", "text", "English name"),
        Column("name_zh", "text", "Chinese name"),
        Column("sector", "text", "sector"),
        Column("city", "text", "city"),
        Column("zone", "text", "zone of trade", ""),
        Column("kind", "text", "kind of holder", ""),
        Column("size", "number", "output a year at activity 1", lowest=0),
        *(Column(key, "number", f"flow of {key} a year at activity 1", lowest=0) for key in instruments),
        Column("margin", "number", "money lost a year per unit share of output cut", lowest=0),
        Column("output_slope", "number", "rise of that loss per unit share", lowest=0),
        Column("output_limit", "number", "largest share of output that can be cut", 0.0, 0, 1),
        Column("revenue", "number", "revenue a year", 0.0, 0),
        Column("source", "text", "source of the row", ""),
        Column("confidence", "text", "how sure the row is", ""),
    )


def measure_columns(instruments: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of the table of measures for the instruments of a scenario."""
    return (
        Column("firm", "whole", "id of the account", lowest=0, highest=LARGEST_ID),
        Column("measure", "text", "short name of the measure"),
        Column("name_en", "text", "English name", ""),
        Column("name_zh", "text", "Chinese name"),
        Column("intercept", "number", "cost of the first unit"),
        Column("slope", "number", "rise of the cost per unit", lowest=0),
        Column("limit", "number", "largest level a year", lowest=0),
        *(Column(f"effect_{key}", "number", f"cut of {key} per unit of level", 0.0) for key in instruments),
        Column("group", "text", "overlap group", ""),
        Column("weight", "number", "weight in the group's sum", 1.0, 0),
        Column("group_limit", "number", "largest weighted sum of the group", 0.0, 0),
    )


def read_table(path: Path, label: str, columns: Sequence[Column]) -> tuple["pd.DataFrame", np.ndarray]:
    """Return the table with typed columns in declared order and the line (rows,) of each row.

    Raises
    ------
    TableError : with every missing, unknown or double column and every cell that cannot be used.
    """
    import pandas as pd

    problems: list[Problem] = []
    rows, lines, header = _rows(path, label, problems)
    where = _header(header, columns, label, problems)
    data: dict[str, Any] = {}
    for column in columns:
        if column.name in where:
            data[column.name] = _cells(column, [row[where[column.name]] for row in rows], lines, label, problems)
        else:
            data[column.name] = [column.default] * len(rows)
    if problems:
        raise TableError(sorted(problems, key=lambda problem: problem.line))
    types = {"whole": "int64", "number": "float64", "text": "str"}
    frame = pd.DataFrame({c.name: pd.Series(data[c.name], dtype=types[c.kind]) for c in columns})
    return frame, np.array(lines, dtype=np.int64)


def _rows(path: Path, label: str, problems: list[Problem]) -> tuple[list[list[str]], list[int], list[str]]:
    text = read_text(path, label, LARGEST_TABLE)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    header: list[str] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        start = reader.line_num + 1
        for row in reader:
            if not row or row == [""]:
                start = reader.line_num + 1
                continue
            if len(row) == len(header):
                rows.append(row)
                lines.append(start)
            else:
                message = f"the row has {len(row)} cells, the header {len(header)}"
                problems.append(Problem(label, start, "row", message, "Give one cell for each column."))
            start = reader.line_num + 1
    except csv.Error as error:
        message = f"this is not valid CSV: {error}"
        problems.append(Problem(label, reader.line_num, "file", message, "Close every quote; use commas."))
    if not header:
        problems.append(Problem(label, 0, "file", "the file is empty", "Give a header line and one row each."))
    elif not rows and not problems:
        problems.append(Problem(label, 0, "file", "the table has no rows", "Give at least one row."))
    return rows, lines, header


def _header(header: list[str], columns: Sequence[Column], label: str, problems: list[Problem]) -> dict[str, int]:
    where: dict[str, int] = {}
    known = [column.name for column in columns]
    for position, name in enumerate(header):
        if name in where:
            problems.append(Problem(label, 1, name, "the column is given twice", "Remove one of them."))
        elif name not in known:
            unused = [column for column in known if column not in header]
            remedy = suggestion(name, unused, "Remove it; columns that could be added")
            problems.append(Problem(label, 1, name or f"column {position + 1}", "the column is not known", remedy))
        where.setdefault(name, position)
    for column in columns:
        if column.required and column.name not in where and header:
            remedy = f"Add it: {column.description}."
            problems.append(Problem(label, 1, column.name, "the column is missing", remedy))
    return where


def _cells(column: Column, texts: list[str], lines: list[int], label: str, problems: list[Problem]) -> list[Any]:
    convert: Callable[[str], Any] = {"text": str, "number": float, "whole": int}[column.kind]
    values: list[Any] = []
    for text, line in zip(texts, lines, strict=True):
        written = text.strip()
        value: Any = column.default
        if written:
            try:
                value = convert(written) if "_" not in written or column.kind == "text" else None
            except ValueError:
                value = None
            fault = _fault(column, written, value)
        else:
            fault = ("the cell is empty", f"Give the {column.description}.") if column.required else None
        if fault is not None:
            problems.append(Problem(label, line, column.name, *fault))
        values.append(value)
    return values


def _fault(column: Column, written: str, value: Any) -> tuple[str, str] | None:
    if column.kind == "text":
        return None
    wanted = "a whole number" if column.kind == "whole" else "a number"
    if value is None or not isfinite(value):
        return f"{written!r} is not {wanted} that can be used", f"Write {wanted} in digits, with a point."
    if value < column.lowest:
        return f"{written} is less than {column.lowest:g}", f"Give {column.lowest:g} or more."
    if value > column.highest:
        return f"{written} is more than {column.highest:g}", f"Give {column.highest:g} or less."
    return None
