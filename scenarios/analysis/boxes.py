"""Boxes in the space of parameters: limits in the parameters' units, what they hold, and what each limit is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scenarios.analysis.replicates import Bools, Floats

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.sweeps.parameters import Parameter


@dataclass(frozen=True, slots=True)
class Limit:
    """What a box asks of one parameter.

    Attributes
    ----------
    low, high : ends in the parameter's unit, both within; None where the box goes to the end of what was tried.
    values : the categories within; empty for numbers.
    p_low, p_high : quasi-p of each end, or of the categories as ``p_low``: the probability of so dense a box if
        the points that the limit keeps out had been as dense as those that it lets in (Bryant and Lempert 2010).
    """

    parameter: str
    low: float | None = None
    high: float | None = None
    values: tuple[Any, ...] = ()
    p_low: float = np.nan
    p_high: float = np.nan

    def admits(self, column: npt.ArrayLike) -> Bools:
        """Return which values lie within."""
        given = np.asarray(column)
        if self.values:
            return np.isin(given, list(self.values))
        low = -np.inf if self.low is None else self.low
        high = np.inf if self.high is None else self.high
        return (given >= low) & (given <= high)


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the space of parameters.

    Attributes
    ----------
    limits : of the parameters that are limited; none for the whole space.
    coverage : share of all failing points that lie within.
    density : share of the points within that fail.
    mass : share of all points that lie within.
    points, failing : how many lie within, and how many of these fail.
    """

    limits: tuple[Limit, ...]
    coverage: float = np.nan
    density: float = np.nan
    mass: float = np.nan
    points: int = 0
    failing: int = 0

    @property
    def table(self) -> "pd.DataFrame":
        """One row a limited parameter: ``parameter``, ``low``, ``high``, ``values``, ``p_low``, ``p_high``."""
        import pandas as pd

        columns = ("parameter", "low", "high", "values", "p_low", "p_high")
        rows = [[getattr(limit, column) for column in columns] for limit in self.limits]
        found = pd.DataFrame(rows, columns=list(columns))
        return found.astype({"low": "float64", "high": "float64"})


@dataclass(frozen=True, slots=True)
class Points:
    """What boxes are looked for in: the parameters of points and which points fail.

    Attributes
    ----------
    columns : float values of numbers; numbers of their category, from 0, of the others; by name.
    categories : the categories by name.
    whole : names of parameters that take whole numbers only.
    fails : (points,)
    """

    columns: Mapping[str, Floats]
    categories: Mapping[str, tuple[Any, ...]]
    whole: frozenset[str]
    fails: Bools
    weights: tuple[int, int] = field(default=(0, 0))  # all points and all failing ones, of which these may be a part

    @classmethod
    def of(cls, table: "pd.DataFrame", parameters: "Sequence[Parameter]", fails: Bools) -> "Points":
        """Return the points of a table with a column for each parameter; parameters with one value are left out."""
        columns: dict[str, Floats] = {}
        categories: dict[str, tuple[Any, ...]] = {}
        for parameter in parameters:
            given = table[parameter.name].tolist()
            present = list(dict.fromkeys(given))
            if len(present) < 2:
                continue
            if parameter.kind in {"categorical", "switch"}:
                known = [value for value in parameter.values if value in present]
                known += sorted((value for value in present if value not in known), key=str)
                categories[parameter.name] = tuple(known)
                given = [known.index(value) for value in given]
            columns[parameter.name] = np.array(given, dtype=np.float64)
        whole = frozenset(one.name for one in parameters if one.kind == "integer" and one.name in columns)
        return cls(columns, categories, whole, fails, (len(fails), int(fails.sum())))

    def rest(self, kept: Bools) -> "Points":
        """Return some of the points; shares stay those of all."""
        return replace(
            self, columns={name: column[kept] for name, column in self.columns.items()}, fails=self.fails[kept]
        )

    def limit(self, name: str, low: float, high: float, kept: Sequence[int] = ()) -> Limit | None:
        """Return a limit from ends or, of a category, from the numbers of those kept; None if it limits nothing."""
        column = self.columns[name]
        if name in self.categories:
            present = {int(number) for number in np.unique(column)}
            if present <= set(kept):
                return None
            return Limit(name, values=tuple(self.categories[name][number] for number in sorted(kept)))
        if name in self.whole:
            low, high = np.ceil(low), np.floor(high)
        ends = (None if low <= column.min() else float(low), None if high >= column.max() else float(high))
        return None if ends == (None, None) else Limit(name, *ends)

    def within(self, limits: Sequence[Limit]) -> Bools:
        """Return which points all limits admit."""
        found = np.ones(self.fails.size, dtype=bool)
        for limit in limits:
            found &= self._admitted(limit)
        return found

    def box(self, limits: Sequence[Limit]) -> Box:
        """Return the box of limits with its figures and the quasi-p of every limit."""
        ordered = sorted(limits, key=lambda limit: list(self.columns).index(limit.parameter))
        inside = self.within(ordered)
        number, failing = int(inside.sum()), int(self.fails[inside].sum())
        every, all_failing = self.weights
        judged = [self._judged(limit, [o for o in ordered if o is not limit], number, failing) for limit in ordered]
        return Box(
            tuple(judged), failing / all_failing if all_failing else np.nan, failing / number if number else np.nan,
            number / every if every else np.nan, number, failing,
        )  # fmt: skip

    def significant(self, box: Box, most: float) -> Box:
        """Return the box without limits whose quasi-p is above some probability, the highest dropped first."""
        while box.limits:
            worst, at, side = max(
                (p, i, side)
                for i, limit in enumerate(box.limits)
                for side, p in (("low", limit.p_low), ("high", limit.p_high))
                if np.isfinite(p)
            )
            if worst <= most:
                return box
            limit = box.limits[at]
            left = None if limit.values else replace(limit, **{side: None})
            keep = left is not None and not (left.low is None and left.high is None)
            box = self.box([*box.limits[:at], *([left] if keep and left else []), *box.limits[at + 1 :]])
        return box

    def _judged(self, limit: Limit, others: Sequence[Limit], number: int, failing: int) -> Limit:
        if limit.values:
            return replace(limit, p_low=self._quasi_p(others, number, failing))
        p_low = p_high = np.nan
        if limit.low is not None:
            p_low = self._quasi_p([*others, replace(limit, low=None)], number, failing)
        if limit.high is not None:
            p_high = self._quasi_p([*others, replace(limit, high=None)], number, failing)
        return replace(limit, p_low=p_low, p_high=p_high)

    def _quasi_p(self, others: Sequence[Limit], number: int, failing: int) -> float:
        """Return the one-sided binomial probability of so many failing points at the density without the limit."""
        from scipy.stats import binom

        inside = self.within(others)
        wider = int(inside.sum())
        if not number or not wider:
            return 1.0
        return float(binom.sf(failing - 1, number, float(self.fails[inside].sum()) / wider))

    def _admitted(self, limit: Limit) -> Bools:
        column = self.columns[limit.parameter]
        if limit.values:
            known = self.categories[limit.parameter]
            return np.isin(column, [known.index(value) for value in limit.values])
        return limit.admits(column)
