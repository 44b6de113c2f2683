"""Key indicators of a run, declared once: name, unit, direction, text in both languages, and a pure function.

Indicators of an instrument are named ``<instrument>.<name>``, and where it has several venues those of a venue
``<instrument>.<venue>.<name>``. One that cannot be worked out is NaN, never zero.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from market.instruments import Text
from scenarios.indicator_rows import InstrumentRows, RunRows, of_tables
from scenarios.inequality import burden_gini
from scenarios.market_quality import QUALITY_KPIS, QualityKpi
from scenarios.rows import Rows, known_sum, sums_by
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

COMPARABLE = 1e-3
"""Share of actual cost by which caps may be exceeded before a run is no longer compared with least cost."""


@dataclass(frozen=True, slots=True)
class InstrumentKpi:
    """An indicator of one instrument. ``unit`` may name {unit} and {money}."""

    name: str
    unit: str
    direction: Literal["lower", "higher", "neutral"]
    text: Text
    value: Callable[[InstrumentRows], float]
    outside_only: bool = False  # only for rights with an outside market
    quality: bool = False  # of the market's working; not every mechanism has it


@dataclass(frozen=True, slots=True)
class RunKpi:
    """An indicator of the whole run. ``unit`` may name {money}."""

    name: str
    unit: str
    direction: Literal["lower", "higher", "neutral"]
    text: Text
    value: Callable[[RunRows], float]


def kpis_of(tables: "Mapping[str, pd.DataFrame]", scenario: Scenario) -> "pd.Series[float]":
    """Return every indicator of a run as a series, units by name in ``attrs["units"]``."""
    import pandas as pd

    whole, found = of_tables(tables, scenario)
    named = list(indicators(scenario, {key: one.venues for key, one in found.items()}))
    values = {one.name: one.value_in(whole, found) for one in named}
    series = pd.Series(values, dtype=np.float64, name="value")
    series.attrs["units"] = {one.name: one.unit_in(scenario) for one in named}
    return series


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator of one scenario: its name in the series, its declaration, and the instrument and venue it is of."""

    name: str
    kpi: InstrumentKpi | RunKpi
    key: str = ""
    venue: str = ""

    def value_in(self, whole: RunRows, instruments: Mapping[str, InstrumentRows]) -> float:
        """Return its value in a run."""
        if isinstance(self.kpi, RunKpi):
            return float(self.kpi.value(whole))
        one = instruments[self.key]
        return float(self.kpi.value(one.by_venue[self.venue] if self.venue else one))

    def unit_in(self, scenario: Scenario) -> str:
        """Return its unit, written out."""
        unit = scenario.instruments[self.key].unit if self.key else ""
        return self.kpi.unit.format(unit=unit, money=scenario.money.currency.en)


def indicators(scenario: Scenario, venues: Mapping[str, Sequence[str]]) -> Iterator[Indicator]:
    """Give every indicator of a scenario in order; ``venues`` are those of each instrument that held sessions."""
    for key, rule in scenario.instruments.items():
        for kpi in INSTRUMENT_KPIS:
            if not kpi.outside_only or rule.outside is not None:
                yield Indicator(f"{key}.{kpi.name}", kpi, key)
        for venue in venues[key] if len(venues[key]) > 1 else ():
            for kpi in (*VENUE_KPIS, VOLUME_SHARE):
                yield Indicator(f"{key}.{venue}.{kpi.name}", kpi, key, venue)
    for overall in RUN_KPIS:
        yield Indicator(overall.name, overall)


def declared(name: str) -> InstrumentKpi | RunKpi:
    """Return the declaration of an indicator by the name it has in the series."""
    instrument, _, plain = name.rpartition(".")
    if not instrument:
        return _RUN[plain]
    return VOLUME_SHARE if plain == VOLUME_SHARE.name else _INSTRUMENT[plain]


def _sum(rows: Rows, column: str) -> float:
    if column not in rows or not len(rows):
        return np.nan
    values = rows[column]
    if values.dtype.kind == "f" and np.isnan(values).all():
        return np.nan
    return known_sum(values)


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else np.nan  # a NaN below is not above zero either


def _last(rows: Rows, column: str) -> float:
    return float(rows[column][-1]) if column in rows and len(rows) else np.nan


def mean_price(one: InstrumentRows) -> float:
    """Return the volume-weighted mean price of all compliance years."""
    return _ratio(_sum(one.priced, "turnover"), _sum(one.priced, "volume"))


def price_volatility(one: InstrumentRows) -> float:
    """Return the yearly standard deviation of log price changes between consecutive periods that both traded."""
    if not len(one.priced):
        return np.nan
    period, turnover, volume = one.by_period
    traded = (volume > 0) & (turnover > 0)
    log_price = np.log(turnover[traded] / volume[traded])
    consecutive = np.diff(period[traded]) == 1
    changes = np.diff(log_price)[consecutive]
    return float(np.std(changes, ddof=1) * np.sqrt(one.periods)) if changes.size > 1 else np.nan


def last_quarter_share(one: InstrumentRows) -> float:
    """Return the share of volume that traded in the last quarter of the year; NaN where periods are longer."""
    if not len(one.markets) or one.periods < 4:
        return np.nan
    late = one.markets["month"] > 0.75 * one.periods
    return _ratio(known_sum(one.markets["volume"][late]), _sum(one.markets, "volume"))


def deadline_share(one: InstrumentRows) -> float:
    """Return the share of volume that traded in the last three months before the deadline of its vintage.

    The deadline of compliance year y is ``deadline_after`` months after its end; the month of the deadline is the last
    of the three. NaN where periods are longer than three months.
    """
    if not len(one.markets) or one.periods < 4 or "vintage" not in one.markets:
        return np.nan
    after = round(one.deadline_after * one.periods / 12)
    deadline = (one.markets["vintage"] - one.start_year + 1) * one.periods - 1 + after
    period = one.markets["period"]
    late = (period <= deadline) & (period > deadline - round(one.periods / 4))
    return _ratio(known_sum(one.markets["volume"][late]), _sum(one.markets, "volume"))


def import_bill(one: InstrumentRows) -> float:
    """Return what net imports from outside markets cost at the prices of their periods."""
    imports = one.instruments
    if not len(one.markets) or "outside_net_import" not in imports:
        return np.nan
    period, turnover = sums_by(one.markets["period"], one.markets.numbers("turnover"))
    _, volume = sums_by(one.markets["period"], one.markets.numbers("volume"))
    price = turnover / np.where(volume > 0, volume, np.nan)
    when = imports["period"]
    at = np.minimum(np.searchsorted(period, when), period.size - 1)
    return known_sum(imports["outside_net_import"] * np.where(period[at] == when, price[at], np.nan))


def abatement_cost(run: RunRows) -> float:
    """Return what measures and output cuts cost, in present value."""
    return run.present_value(run.firms, "abatement_cost")


def efficiency(run: RunRows) -> float:
    """Return least cost over actual cost; NaN where the caps were exceeded, since the two then buy different things."""
    least, actual, volume = (run.rung(name) for name in ("least_cost", "actual_cost", "volume"))
    if not (actual > 0 and volume >= -COMPARABLE * actual):
        return np.nan
    return least / actual


def _prices_at(column: str, row: int) -> Callable[[InstrumentRows], float]:
    def value(one: InstrumentRows) -> float:
        return float(one.prices[column][row]) if column in one.prices and len(one.prices) else np.nan

    return value


def _total(table: str, column: str) -> Callable[[InstrumentRows], float]:
    return lambda one: _sum(getattr(one, table), column)


def _share(table: str, above: str, below: str) -> Callable[[InstrumentRows], float]:
    return lambda one: _ratio(_sum(getattr(one, table), above), _sum(getattr(one, table), below))


def _rung(name: str) -> Callable[[RunRows], float]:
    return lambda run: run.rung(name)


def _of_quality(kpi: QualityKpi) -> InstrumentKpi:
    def value(one: InstrumentRows) -> float:
        return kpi.value(one.markets if kpi.whole_run else one.priced)

    return InstrumentKpi(kpi.name, kpi.unit, kpi.direction, kpi.text, value, quality=True)


def _text(en: str, zh: str) -> Text:
    return Text(en=en, zh=zh)


PRICE, PRESENT = "{money}/{unit}", "{money}, present value"
INSTRUMENT_KPIS: tuple[InstrumentKpi, ...] = (
    InstrumentKpi("mean_price", PRICE, "neutral", _text("Mean price", "平均价格"), mean_price),
    InstrumentKpi(
        "last_price", PRICE, "neutral", _text("Mean price, last year", "末年平均价格"), _prices_at("mean_price", -1)
    ),
    InstrumentKpi(
        "last_reference_price", PRICE, "neutral", _text("Least-cost plan's price, last year", "末年最低成本方案价格"),
        _prices_at("reference_price", -1),
    ),
    InstrumentKpi(
        "price_volatility", "1/√year", "lower", _text("Price volatility, a year", "价格年化波动率"), price_volatility
    ),
    InstrumentKpi("volume", "{unit}", "neutral", _text("Volume traded", "成交量"), _total("markets", "volume")),
    InstrumentKpi("turnover", "{money}", "neutral", _text("Turnover", "成交额"), _total("markets", "turnover")),
    InstrumentKpi(
        "turnover_rate", "share of caps", "neutral", _text("Volume over rights issued", "换手率（成交量/总量）"),
        lambda one: _ratio(_sum(one.markets, "volume"), _sum(one.prices, "cap")),
    ),
    InstrumentKpi(
        "last_quarter_share", "share of volume", "neutral", _text("Volume in the last quarter", "第四季度成交占比"),
        last_quarter_share,
    ),
    InstrumentKpi(
        "deadline_share", "share of volume", "neutral",
        _text("Volume in the last three months before its deadline", "履约截止前三个月成交占比"), deadline_share,
    ),
    InstrumentKpi(
        "flow_to_cap", "share of caps", "lower", _text("Flow as a share of the cap", "实际量占总量"),
        _share("prices", "flow", "cap"),
    ),
    InstrumentKpi(
        "compliance_rate", "share of obligation", "higher", _text("Compliance rate", "履约率"),
        _share("compliance", "surrendered", "obligation"),
    ),
    InstrumentKpi(
        "shortfall", "{unit}", "lower", _text("Shortfalls at deadlines, summed", "各履约年度缺口合计"),
        _total("compliance", "shortfall"),
    ),
    InstrumentKpi(
        "bank_end", "{unit}", "neutral", _text("Rights left at the very end", "期末剩余权益"),
        lambda one: _last(one.instruments, "bank"),
    ),
    InstrumentKpi(
        "expired", "{unit}", "lower", _text("Rights expired", "失效权益"),
        lambda one: _last(one.instruments, "expired"),
    ),
    InstrumentKpi(
        "net_import", "{unit}", "neutral", _text("Net import from outside", "净调入量"),
        _total("instruments", "outside_net_import"), outside_only=True,
    ),
    InstrumentKpi(
        "import_bill", "{money}", "neutral", _text("Bill of net imports", "净调入费用"), import_bill, outside_only=True
    ),
    *map(_of_quality, QUALITY_KPIS),
)  # fmt: skip
VOLUME_SHARE = InstrumentKpi(
    "volume_share", "share of volume", "neutral", _text("Venue's share of volume", "交易场所成交占比"),
    lambda one: np.nan if one.whole is None else _ratio(_sum(one.markets, "volume"), _sum(one.whole.markets, "volume")),
)  # fmt: skip
"""Of a venue only: it needs the volume of the others too."""
RUN_KPIS: tuple[RunKpi, ...] = (
    RunKpi(
        "abatement_cost", PRESENT, "lower", _text("Cost of measures and output cuts", "措施与减产成本"), abatement_cost
    ),
    RunKpi(
        "penalties", PRESENT, "lower", _text("Penalties (a transfer)", "罚款（转移支付）"),
        lambda run: run.present_value(run.compliance, "penalty"),
    ),
    RunKpi("trading_cost", PRESENT, "lower", _text("Trading cost", "交易成本"), _rung("friction")),
    RunKpi(
        "least_cost", PRESENT, "neutral", _text("Least cost of meeting the caps", "实现总量目标的最低成本"),
        _rung("least_cost"),
    ),
    RunKpi("misallocation", PRESENT, "lower", _text("Misallocation", "主体间错配"), _rung("misallocation")),
    RunKpi("mistiming", PRESENT, "lower", _text("Mistiming", "跨期错配"), _rung("mistiming")),
    RunKpi("volume", PRESENT, "neutral", _text("Unused or exceeded caps", "总量未用足或超出"), _rung("volume")),
    RunKpi("investment", PRESENT, "lower", _text("Investment", "投资偏差"), _rung("investment")),
    RunKpi("friction", PRESENT, "lower", _text("Friction", "摩擦成本"), _rung("friction")),
    RunKpi("information", PRESENT, "lower", _text("Information", "信息成本"), _rung("information")),
    RunKpi("actual_cost", PRESENT, "lower", _text("Actual cost", "实际成本"), _rung("actual_cost")),
    RunKpi(
        "efficiency", "share", "higher", _text("Efficiency: least over actual cost", "效率（最低成本/实际成本）"),
        efficiency,
    ),
    RunKpi(
        "accounts_short", "accounts", "lower",
        _text("Accounts short, counted at each deadline", "缺口主体（按履约年度计次）"),
        lambda run: _sum(run.compliance, "accounts_short"),
    ),
    RunKpi("burden_gini", "0 to 1", "lower", _text("Inequality of burden (Gini)", "负担基尼系数"), burden_gini),
)  # fmt: skip
_INSTRUMENT = {kpi.name: kpi for kpi in INSTRUMENT_KPIS}
VENUE_KPIS = tuple(
    kpi
    for kpi in INSTRUMENT_KPIS
    if kpi.quality
    or kpi.name in {"mean_price", "price_volatility", "volume", "turnover", "last_quarter_share", "deadline_share"}
)
"""Indicators that the rows of one venue alone can give."""
_RUN = {kpi.name: kpi for kpi in RUN_KPIS}
