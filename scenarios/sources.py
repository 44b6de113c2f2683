"""Where the numbers of a scenario's tables come from: how many rest on which source, with what confidence."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenarios.schema import Scenario

CONFIDENCES = ("V", "D", "M-h", "M-m", "M-l", "default")
"""Read in the source; arithmetic on such numbers; general knowledge of three degrees; chosen for the scenario."""
SOURCES = "sources.csv"
NO_SOURCE = frozenset({"general-knowledge", "chosen", "rule"})
"""Ids of `sources.csv` behind which there is no published source."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A source with its address and how many entries of the tables cite it."""

    id: str
    address: str
    entries: int


def confidence_counts(files: Mapping[str, bytes]) -> dict[str, dict[str, int]]:
    """Return, for each table that states confidences, how many of its entries have which.

    Parameters
    ----------
    files : tables by name, as `RunResult.inputs` holds them. An entry is a row, or where a table states several
        confidences in a row (``gdp_confidence``) each of them.
    """
    counts: dict[str, dict[str, int]] = {}
    for name, content in files.items():
        found = Counter(value for _, value in _cells(name, content, "confidence"))
        if found:
            known = {key: found[key] for key in CONFIDENCES if found[key]}
            counts[name] = known | {key: number for key, number in sorted(found.items()) if key not in known}
    return counts


def citations(files: Mapping[str, bytes]) -> list[Citation]:
    """Return the sources that the tables cite, the most cited first; one without an address stands for itself."""
    addresses = {row.get("id") or "": row.get("address") or "" for row in _rows(files.get(SOURCES, b""))}
    cited = Counter(value for name, content in files.items() for _, value in _cells(name, content, "source"))
    order = sorted(cited, key=lambda key: (-cited[key], key))
    return [Citation(key, addresses.get(key, key), cited[key]) for key in order]


def tables_of(scenario: "Scenario") -> dict[str, bytes]:
    """Return the files that a scenario's accounts come from, by name; none where they cannot be read."""
    from scenarios.results import input_files

    try:
        return input_files(scenario)
    except OSError:
        return {}


def _cells(name: str, content: bytes, kind: str) -> list[tuple[str, str]]:
    """Return column and value of every filled cell in columns called ``kind`` or ending in it."""
    if not name.endswith(".csv") or name == SOURCES:
        return []
    return [
        (column, value)
        for row in _rows(content)
        for column, value in row.items()
        if column and (column == kind or column.endswith(f"_{kind}")) and value
    ]


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig", errors="replace"))))
