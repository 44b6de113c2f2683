"""What a comparison found, as sentences: who wastes less, what is dearer, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dashboard.compared import Compared
from dashboard.words import Words
from scenarios import comparison_words
from scenarios.statistics import Estimate, paired_baseline, paired_difference

if TYPE_CHECKING:
    from scenarios.comparison import Comparison

Floats = npt.NDArray[np.float64]
WASTE = "waste"
MAIN = ("actual_cost", WASTE, "mean_price", "flow_to_cap", "accounts_short", "burden_gini")


@dataclass(frozen=True, slots=True)
class Finding:
    """What an arm changes in one indicator.

    Attributes
    ----------
    verdict : higher, lower, none, unclear, single (a difference of one seed) or unknown.
    """

    arm: str
    title: str
    verdict: str
    text: str


def rankings(found: Compared, words: Words) -> list[str]:
    """Return which arm wastes least and which is cheapest: the first against the second, with how sure that is."""
    told = []
    for kpi in (WASTE, "actual_cost"):
        values = by_seed(found.comparison, kpi)
        usable = {arm: own for arm, own in values.items() if np.isfinite(own).any()}
        barred = [arm for arm in values if arm not in usable]
        if kpi == WASTE and barred:
            told.append(words.fill("compare.rank.barred", arms=_listed(found, barred)))
        if len(usable) < 2:
            continue
        shared = np.isfinite(np.array(list(usable.values()))).all(axis=0)
        if not shared.any():
            continue
        order = sorted(usable, key=lambda arm: float(usable[arm][shared].mean()))
        first, second = order[:2]
        one = paired_difference(usable[second][shared], usable[first][shared])
        sums = [found.display.money(float(usable[arm][shared].mean())) for arm in (first, second)]
        sure = _sure(words, one, found)
        kind = "same" if sure == "same" else "told"
        told.append(
            words.fill(f"compare.rank.{kpi}.{kind}", first=first, second=second, low=sums[0], high=sums[1], sure=sure)
        )
    return told


def findings(found: Compared, words: Words, right: str) -> list[Finding]:
    """Return what each arm changes against the baseline in the main indicators of a right and of the whole run."""
    told = []
    for arm in found.others:
        for name in MAIN:
            kpi = name if name == WASTE or name in found.comparison.units else f"{right}.{name}"
            values = by_seed(found.comparison, kpi)
            own, base = values[arm], values[found.base]
            if not np.isfinite(own).any() and not np.isfinite(base).any():
                continue
            told.append(_finding(found, words, kpi, arm, own, base))
    return told


def by_seed(comparison: "Comparison", kpi: str) -> dict[str, Floats]:
    """Return the values (seeds,) of an indicator by arm, NaN where there is none; `waste` is actual less least cost.

    A run that exceeds its caps is not compared with least cost: it saved less than it had to.
    """
    if kpi == WASTE:
        actual, least, share = (by_seed(comparison, name) for name in ("actual_cost", "least_cost", "efficiency"))
        return {arm: np.where(np.isfinite(share[arm]), actual[arm] - least[arm], np.nan) for arm in actual}
    rows = comparison.kpis[comparison.kpis["kpi"] == kpi]
    values = {(arm, seed): value for arm, seed, value in rows[["arm", "seed", "value"]].itertuples(index=False)}
    return {
        arm: np.array([values.get((arm, seed), np.nan) for seed in comparison.seeds], dtype=np.float64)
        for arm in comparison.labels
    }


def verdict(one: Estimate) -> str:
    """Return the name of what a paired difference says."""
    if one.n == 0:
        return "unknown"
    if one.mean == 0.0 and (one.n == 1 or one.low == one.high):
        return "none"
    if one.n == 1:
        return "single"
    return "higher" if one.low > 0 else "lower" if one.high < 0 else "unclear"


def title(found: Compared, words: Words, kpi: str) -> str:
    """Return what an indicator is called, with its right; `waste` has a name of its own."""
    return str(words.text("compare.waste")) if kpi == WASTE else comparison_words.title(found.display, kpi)


def _finding(found: Compared, words: Words, kpi: str, arm: str, own: Floats, base: Floats) -> Finding:
    one, size = paired_difference(own, base), abs(paired_baseline(own, base))
    kind = verdict(one)
    declared = "actual_cost" if kpi == WASTE else kpi
    values: Mapping[str, str] = {
        "base": found.base,
        "difference": comparison_words.difference(found.display, declared, one.mean),
        "interval": comparison_words.interval(found.display, declared, one.low, one.high),
        "relative": comparison_words.relative(found.display, one.mean / size) if size > 0 else "",
    }
    bracket = words.fill("compare.finding.relative", relative=values["relative"]) if values["relative"] else ""
    text = words.fill(f"compare.finding.{kind}", **{**values, "relative": bracket})
    return Finding(arm, title(found, words, kpi), kind, text)


def _sure(words: Words, one: Estimate, found: Compared) -> str:
    kind = verdict(one)
    if kind in {"none", "unknown"}:
        return "same"
    low, high = (found.display.money(end) for end in (one.low, one.high))
    return words.fill(f"compare.rank.{'clear' if kind == 'higher' else kind}", low=low, high=high)


def _listed(found: Compared, arms: list[str]) -> str:
    return str(found.display.text("numbers.list_gap")).join(arms)
