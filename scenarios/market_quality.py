"""How well a market works: indicators of venues, as pure functions of rows of the table `markets`.

A row is one venue in one period. A mechanism leaves empty what it does not have (a call auction has no best bid), and
results of older versions lack columns; the indicator is NaN there, never zero.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from market.instruments import Text
from scenarios.rows import Rows, sums_by


@dataclass(frozen=True, slots=True)
class QualityKpi:
    """An indicator of one instrument, or of one of its venues. ``unit`` may name {unit} and {money}."""

    name: str
    unit: str
    direction: Literal["lower", "higher", "neutral"]
    text: Text
    value: Callable[[Rows], float]
    whole_run: bool = False  # also counts the months after the last compliance year, which only settle it


def total(name: str) -> Callable[[Rows], float]:
    """Return an indicator that sums a column; NaN where the column has no number."""

    def value(rows: Rows) -> float:
        found = rows.numbers(name)
        return float(np.nansum(found)) if np.isfinite(found).any() else np.nan

    return value


def by_volume(name: str) -> Callable[[Rows], float]:
    """Return an indicator that averages a column over what traded: Σ volume·value / Σ volume where both are known."""

    def value(rows: Rows) -> float:
        found, volume = rows.numbers(name), rows.numbers("volume")
        used = np.isfinite(found) & (volume > 0)
        return float(found[used] @ volume[used] / volume[used].sum()) if used.any() else np.nan

    return value


def spread(rows: Rows) -> float:
    """Return the mean of (best ask − best bid) / mid over periods and venues that closed with both sides quoted."""
    bid, ask = rows.numbers("best_bid"), rows.numbers("best_ask")
    used = (bid > 0) & (ask >= bid)  # a NaN is neither
    return float(np.mean(2.0 * (ask[used] - bid[used]) / (ask[used] + bid[used]))) if used.any() else np.nan


def depth(rows: Rows) -> float:
    """Return the mean over periods of what waits near the mid, all venues together."""
    found = rows.numbers("depth")
    known = np.isfinite(found)
    if not known.any():
        return np.nan
    _, waiting = sums_by(rows["period"][known], found[known])
    return float(waiting.sum() / waiting.size)


def limit_periods(rows: Rows) -> float:
    """Return in how many periods a price limit turned away or held an order."""
    hits = rows.numbers("limit_hits")
    if not np.isfinite(hits).any():
        return np.nan
    return float(np.unique(rows["period"][hits > 0]).size)


def failed_share(rows: Rows) -> float:
    """Return Σ offered and not traded / Σ offered, bids and asks together."""
    failed, offered = rows.numbers("failed"), rows.numbers("bids") + rows.numbers("asks")
    used = np.isfinite(failed) & (offered > 0)
    return float(failed[used].sum() / offered[used].sum()) if used.any() else np.nan


def gains_share(rows: Rows) -> float:
    """Return Σ gains of trade / Σ gains that the same orders allowed, where a mechanism can tell both."""
    gains, possible = rows.numbers("gains"), rows.numbers("gains_possible")
    used = np.isfinite(gains) & np.isfinite(possible)
    most = float(possible[used].sum())
    return float(gains[used].sum()) / most if most > 0 else np.nan


def _text(en: str, zh: str) -> Text:
    return Text(en=en, zh=zh)


QUALITY_KPIS: tuple[QualityKpi, ...] = (
    QualityKpi("spread", "share of price", "lower", _text("Bid-ask spread", "买卖价差"), spread),
    QualityKpi("depth", "{unit}", "higher", _text("Depth near the mid", "中间价附近的市场深度"), depth),
    QualityKpi(
        "effective_cost", "share of price", "lower", _text("Effective cost of a trade", "有效交易成本"),
        by_volume("effective_cost"),
    ),
    QualityKpi(
        "limit_periods", "periods", "neutral", _text("Periods in which a price limit held", "触及涨跌幅限制的期数"),
        limit_periods,
    ),
    QualityKpi(
        "failed", "{unit}", "lower", _text("Offered but not traded", "申报未成交量"), total("failed"), whole_run=True
    ),
    QualityKpi(
        "failed_share", "share of offers", "lower", _text("Share of offers that did not trade", "申报未成交占比"),
        failed_share,
    ),
    QualityKpi(
        "hhi_buyers", "0 to 1", "lower", _text("Concentration of buyers (HHI)", "买方集中度（HHI）"),
        by_volume("hhi_buyers"),
    ),
    QualityKpi(
        "hhi_sellers", "0 to 1", "lower", _text("Concentration of sellers (HHI)", "卖方集中度（HHI）"),
        by_volume("hhi_sellers"),
    ),
    QualityKpi(
        "gains_share", "share of gains", "higher", _text("Gains from trade realised", "已实现的交易收益占比"),
        gains_share,
    ),
    QualityKpi(
        "block_discount", "share of price", "neutral", _text("Discount of block trades", "大宗交易折价率"),
        by_volume("block_discount"),
    ),
    QualityKpi(
        "revenue", "{money}", "neutral", _text("Revenue of the authority", "主管部门出让收入"), total("revenue"),
        whole_run=True,
    ),
    QualityKpi("fees", "{money}", "lower", _text("Fees", "交易手续费"), total("fees"), whole_run=True),
)  # fmt: skip
