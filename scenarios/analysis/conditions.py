"""Conditions on outcomes as people write them: ``carbon.mean_price > 150``, ``P(efficiency < 0.9) < 5 %``.

A condition is an outcome, one of six operators and a number. Several are joined by ``and``. A chance constraint bounds
the probability, over worlds and seeds, that conditions hold.
"""

import operator
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scenarios.errors import InputError, Problem
from scenarios.messages import suggestion

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
SHARE_OPERATORS = ("<", "<=", ">", ">=")
_CONDITION = re.compile(r"(?P<outcome>[^<>=!≤≥≠\s]+)\s*(?P<operator>[<>=!≤≥≠]+)\s*(?P<bound>.*)")
_CHANCE = re.compile(r"[Pp]\s*\((?P<inside>.*)\)\s*(?P<operator>[<>=!≤≥≠]+)\s*(?P<share>.*)")
_AND = re.compile(r"\s+and\s+|\s*&+\s*", re.IGNORECASE)
_SIGNS = {"≤": "<=", "≥": ">=", "≠": "!="}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one outcome, such as ``carbon.mean_price > 150``."""

    outcome: str
    operator: str
    bound: float

    def __str__(self) -> str:
        return f"{self.outcome} {self.operator} {self.bound:.12g}"

    def holds(self, values: npt.ArrayLike) -> Floats:
        """Return 1 where the condition holds, 0 where it does not, NaN where the outcome has no value."""
        given = np.asarray(values, dtype=np.float64)
        return np.where(np.isfinite(given), OPERATORS[self.operator](given, self.bound).astype(np.float64), np.nan)


@dataclass(frozen=True, slots=True)
class ChanceConstraint:
    """A bound on the probability that all of some conditions hold, such as ``P(carbon.mean_price > 150) < 0.05``."""

    conditions: tuple[Condition, ...]
    operator: str
    share: float

    def __str__(self) -> str:
        return f"P({' and '.join(map(str, self.conditions))}) {self.operator} {self.share:.12g}"

    def met_by(self, probability: float) -> bool:
        """Return whether a probability keeps the constraint; one that is not known does not."""
        return bool(np.isfinite(probability) and OPERATORS[self.operator](probability, self.share))


def parse_conditions(
    text: str | Sequence[str], outcomes: Collection[str] | None = None, where: str = "condition"
) -> tuple[Condition, ...]:
    """Return the conditions of a text, or of several; all mistakes are told together.

    Parameters
    ----------
    outcomes : the outcomes that there are; by default any name will do.
    where : the file or key that problems name.

    Raises
    ------
    InputError
        If a condition cannot be read or names an outcome that there is not.
    """
    problems: list[Problem] = []
    found = [
        condition
        for one in ([text] if isinstance(text, str) else text)
        for part in _AND.split(one.strip())
        if (condition := _condition(part, outcomes, where, problems)) is not None
    ]
    if problems:
        raise InputError(problems)
    return tuple(found)


def parse_constraint(
    text: str, outcomes: Collection[str] | None = None, where: str = "constraint"
) -> ChanceConstraint | Condition:
    """Return a chance constraint, or the condition if no probability is bounded; see `parse_conditions`."""
    matched = _CHANCE.fullmatch(text.strip())
    if matched is None:
        conditions = parse_conditions(text, outcomes, where)
        if len(conditions) != 1:
            message, remedy = "more than one condition is given", "Write each as a constraint of its own."
            raise InputError([Problem(where, 0, text, message, remedy)])
        return conditions[0]
    problems: list[Problem] = []
    parts = [_condition(part, outcomes, where, problems) for part in _AND.split(matched["inside"].strip())]
    sign = _sign(matched["operator"])
    if sign not in SHARE_OPERATORS:
        message = f"a probability cannot be compared by {sign!r}"
        problems.append(Problem(where, 0, text, message, "Use one of <, <=, >, >=."))
    share = _number(matched["share"])
    if share is None or not 0.0 <= share <= 1.0:
        message = f"{matched['share']!r} is not a probability"
        problems.append(Problem(where, 0, text, message, "Write a number from 0 to 1 or a percentage such as 5 %."))
    if problems or share is None:
        raise InputError(problems)
    return ChanceConstraint(tuple(part for part in parts if part is not None), sign, share)


def holds(runs: "pd.DataFrame", conditions: Sequence[Condition]) -> Floats:
    """Return for each run 1 if all conditions hold, 0 if one does not, else NaN: failed, or an outcome has no value."""
    each = [condition.holds(runs[condition.outcome].to_numpy(dtype=np.float64)) for condition in conditions]
    if not each:
        return np.ones(len(runs))
    table = np.stack(each)
    return np.where((table == 0.0).any(axis=0), 0.0, table.prod(axis=0))


def shares(runs: "pd.DataFrame", conditions: Sequence[Condition], by: Sequence[str]) -> "pd.DataFrame":
    """Return in which share of their runs conditions hold, by group.

    Parameters
    ----------
    by : columns of the runs, such as ``["policy", "world"]``.

    Returns
    -------
    A row a group, in order: the columns of ``by``, ``share`` (NaN where no run can be judged), ``n`` runs that can be
    judged, ``failed`` runs that cannot.
    """
    judged = runs[list(by)].assign(share=holds(runs, conditions))
    found = judged.groupby(list(by), sort=True)["share"].agg(["mean", "count", "size"]).reset_index()
    found["failed"] = found["size"] - found["count"]
    return found.rename(columns={"mean": "share", "count": "n"}).drop(columns="size")


def _condition(text: str, outcomes: Collection[str] | None, where: str, problems: list[Problem]) -> Condition | None:
    before = len(problems)
    matched = _CONDITION.fullmatch(text.strip())
    if matched is None:
        message = f"{text!r} is not a condition"
        remedy = "Write an outcome, a comparison and a number, such as carbon.mean_price > 150."
        problems.append(Problem(where, 0, text, message, remedy))
        return None
    name, sign, bound = matched["outcome"], _sign(matched["operator"]), _number(matched["bound"])
    if outcomes is not None and name not in outcomes:
        remedy = suggestion(name, list(outcomes), "Known here")
        problems.append(Problem(where, 0, text, f"there is no outcome {name!r}", remedy))
    if sign not in OPERATORS:
        message = f"{matched['operator']!r} is not a comparison"
        problems.append(Problem(where, 0, text, message, "Use one of <, <=, >, >=, ==, !=."))
    if bound is None:
        message = f"{matched['bound']!r} is not a number"
        remedy = "Write digits only, without units or separators; a percentage such as 5 % is a share."
        problems.append(Problem(where, 0, text, message, remedy))
    if len(problems) > before or bound is None:
        return None
    return Condition(name, sign, bound)


def _sign(text: str) -> str:
    return "".join(_SIGNS.get(letter, letter) for letter in text)


def _number(text: str) -> float | None:
    plain = text.strip()
    percent = plain.endswith(("%", "％"))
    digits = plain.rstrip("%％").strip() if percent else plain
    if not re.fullmatch(r"[-+−]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", digits):
        return None
    value = float(digits.replace("−", "-"))
    if not np.isfinite(value):
        return None
    return value / 100.0 if percent else value
