"""How results are worded in a language: fixed texts, names of things, numbers with their units."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import floor, isfinite, log10
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from market.instruments import Text
from scenarios.errors import InputError
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from scenarios.results import RunResult

Language = Literal["en", "zh"]
TEXTS = Path(__file__).resolve().parent / "texts"


@lru_cache(maxsize=4)
def texts(language: Language) -> dict[str, Any]:
    """Return the fixed texts of a language."""
    from scenarios.documents import read_document

    tree, problems = read_document(TEXTS / f"{language}.yaml", f"texts/{language}.yaml")
    if problems:
        raise InputError(problems)
    plain: dict[str, Any] = tree.plain()
    return plain


@dataclass(frozen=True, slots=True)
class Display:
    """A scenario's words in one language, shared by figures and reports.

    Attributes
    ----------
    titles, unit_keys : name and unit of each instrument.
    names : names of sectors, cities and measures by kind and id; an id without a name stands for itself.
    """

    language: Language
    currency: str
    titles: Mapping[str, str]
    unit_keys: Mapping[str, str]
    names: Mapping[tuple[str, str], Text] = field(default_factory=dict)

    @classmethod
    def of(cls, scenario: Scenario, language: Language, inputs: Mapping[str, bytes] | None = None) -> "Display":
        """Return the words of a scenario; ``inputs`` are the tables that its accounts come from."""
        return cls(
            language,
            say(scenario.money.currency, language),
            {key: say(rule.title, language) for key, rule in scenario.instruments.items()},
            {key: rule.unit for key, rule in scenario.instruments.items()},
            names_in(inputs or {}),
        )

    @classmethod
    def of_result(cls, result: "RunResult", language: Language) -> "Display":
        """Return the words of a result."""
        return cls.of(result.scenario, language, result.inputs)

    def text(self, path: str) -> Any:
        """Return a fixed text by dotted path, such as ``figures.cap``."""
        found: Any = texts(self.language)
        for step in path.split("."):
            found = found[step]
        return found

    def fill(self, path: str, **values: object) -> str:
        """Return a fixed text with the values put in."""
        return str(self.text(path)).format(**values)

    def name(self, kind: str, key: str) -> str:
        """Return what a sector, city or measure is called."""
        text = self.names.get((kind, key))
        return say(text, self.language) if text is not None else key

    def measure(self, sector: str, key: str) -> str:
        """Return what a measure of a sector is called; the same measure may have another name elsewhere."""
        own = self.names.get(("measure", f"{sector}/{key}"))
        return say(own, self.language) if own is not None else self.name("measure", key)

    def unit(self, instrument: str) -> str:
        """Return the unit of an instrument as prices are stated in it."""
        key = self.unit_keys[instrument]
        return str(self.text("units").get(key, key))

    def price_unit(self, instrument: str) -> str:
        """Return the unit of an instrument's price, such as yuan/tCO2."""
        return self.fill("numbers.per", money=self.currency, unit=self.unit(instrument))

    def amount_unit(self, instrument: str) -> tuple[float, str]:
        """Return the unit in which amounts are stated and how many there are in one right (1000 m3: 1,000 and m3)."""
        key = self.unit_keys[instrument]
        number, _, rest = key.partition(" ")
        if rest and number.isdecimal():
            return float(number), str(self.text("units").get(rest, rest))
        return 1.0, self.unit(instrument)

    def scale(self, values: npt.ArrayLike, unit: str) -> tuple[float, str]:
        """Return a divisor for an axis and the unit with it, such as 1e6 and "million tCO2"."""
        finite = np.abs(np.asarray(values, dtype=np.float64))
        finite = finite[np.isfinite(finite)]
        largest = float(finite.max()) if finite.size else 0.0
        for size, word in self.text("numbers.scales"):
            if largest >= size:
                return float(size), f"{word}{self.text('numbers.scale_gap')}{unit}"
        return 1.0, unit

    def number(self, value: float, digits: int = 4) -> str:
        """Return a number in words that fit its size; a dash where there is none."""
        if not isfinite(value):
            return str(self.text("numbers.not_number"))
        for size, word in self.text("numbers.scales"):
            if abs(value) >= size:
                return f"{plain_number(value / size, digits)}{self.text('numbers.scale_gap')}{word}"
        return plain_number(value, digits)

    def amount(self, instrument: str, value: float) -> str:
        """Return an amount of an instrument with its unit."""
        factor, unit = self.amount_unit(instrument)
        return self.with_unit(value * factor, unit)

    def price(self, instrument: str, value: float) -> str:
        """Return a price of an instrument with its unit."""
        return self.with_unit(value, self.price_unit(instrument))

    def money(self, value: float) -> str:
        """Return a sum of money with its currency."""
        return self.with_unit(value, self.currency)

    def with_unit(self, value: float, unit: str) -> str:
        """Return a number and its unit; Chinese units stand without a space."""
        number = self.number(value)
        gap = "" if self.language == "zh" and not unit[:1].isascii() else "\u00a0"
        return f"{number}{gap}{unit}" if isfinite(value) else number

    def share(self, value: float) -> str:
        """Return a share as a percentage, with enough digits to tell it from none and from all."""
        if not isfinite(value):
            return str(self.text("numbers.not_number"))
        if 0.0 < abs(value) < 5e-5:
            return "< 0.01\u00a0%"
        if 0.99995 < value < 1.0:
            return "> 99.99\u00a0%"
        percent = 100.0 * value
        digits = 2 if 0.0 < min(abs(percent), abs(100.0 - percent)) < 0.05 else 1
        return f"{percent:.{digits}f}\u00a0%".replace("-", "\u2212")


def plain_number(value: float, digits: int = 4) -> str:
    """Return a number with about ``digits`` significant digits and separators, without an exponent if it can."""
    if value == 0.0:
        return "0"
    size = floor(log10(abs(value)))
    if size < -6:
        return f"{value:.2e}"
    text = f"{value:,.{max(0, digits - 1 - size)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")


def say(text: Text, language: Language) -> str:
    """Return a text in a language."""
    return text.zh if language == "zh" else text.en


def names_in(inputs: Mapping[str, bytes]) -> dict[tuple[str, str], Text]:
    """Return the names of sectors, cities and measures that tables give."""
    found: dict[tuple[str, str], Text] = {}
    for file, kind in (("sectors.csv", "sector"), ("cities.csv", "city"), ("measures.csv", "measure")):
        for row in csv.DictReader(io.StringIO(inputs.get(file, b"").decode("utf-8-sig"))):
            en, zh = row.get("name_en"), row.get("name_zh")
            key = row.get("measure" if kind == "measure" else "id")
            if not (en and zh and key):
                continue
            text = Text(en=en, zh=zh)
            found.setdefault((kind, key), text)
            if kind == "measure" and row.get("sector"):
                found[kind, f"{row['sector']}/{key}"] = text
    return found
