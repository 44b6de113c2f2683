"""Key indicators of a run, declared once: name, unit, direction, text in both languages, and a pure function.

Indicators of an instrument are named ``<instrument>.<name>``, and where it has several venues those of a venue
``<instrument>.<venue>.<name>``. One that cannot be worked out is NaN, never zero.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from market.instruments import Text
from scenarios.inequality import burden_gini
from scenarios.market_quality import QUALITY_KPIS, QualityKpi
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

COMPARABLE = 1e-3
"""Share of actual cost by which caps may be exceeded before a run is no longer compared with least cost."""


@dataclass(frozen=True, slots=True)
class InstrumentTables:
    """The rows of one instrument in every table, and the number of periods a year.

    ``markets`` holds every month. Prices are judged by ``priced`` only, the months of compliance years: in the months
    after the last of them rights are worth nothing beyond the last deadline, and their prices measure no scarcity.
    """

    key: str
    markets: "pd.DataFrame"
    instruments: "pd.DataFrame"
    compliance: "pd.DataFrame"
    prices: "pd.DataFrame"
    periods: int
    years: int
    deadline_after: int = 0  # months from a compliance year's end to its surrender deadline
    start_year: int = 0

    @property
    def priced(self) -> "pd.DataFrame":
        """The market's rows in compliance years."""
        if self.markets.empty:
            return self.markets
        return self.markets[self.markets["period"] < self.years * self.periods]

    def by_venue(self) -> "dict[str, InstrumentTables]":
        """Return the market's rows of each venue by its name; nothing where there is one venue only."""
        names = self.markets["venue"].unique().tolist() if "venue" in self.markets else []
        if len(names) < 2:
            return {}
        return {str(name): replace(self, markets=self.markets[self.markets["venue"] == name]) for name in names}


@dataclass(frozen=True, slots=True)
class RunTables:
    """All tables of a run, empty where a table was not kept, with the rates and names that indicators need."""

    frames: "Mapping[str, pd.DataFrame]"
    keys: tuple[str, ...]
    discount_rate: float

    def ladder(self, rung: str) -> float:
        """Return a rung of the efficiency ladder; NaN if it is not there."""
        table = self.frames.get("ladder")
        if table is None:
            return np.nan
        found = table.loc[table["rung"] == rung, "value"]
        return float(found.iloc[0]) if len(found) else np.nan

    def present_value(self, table: str, column: str) -> float:
        """Return the sum of a column, discounted from the table's first year; NaN if it is not there."""
        frame = self.frames.get(table)
        if frame is None or column not in frame or frame.empty:
            return np.nan
        age = (frame["year"] - frame["year"].min()).to_numpy(dtype=np.float64)
        return float(np.nansum(frame[column].to_numpy(dtype=np.float64) * (1.0 + self.discount_rate) ** -age))


@dataclass(frozen=True, slots=True)
class InstrumentKpi:
    """An indicator of one instrument. ``unit`` may name {unit} and {money}."""

    name: str
    unit: str
    direction: Literal["lower", "higher", "neutral"]
    text: Text
    value: Callable[[InstrumentTables], float]
    outside_only: bool = False  # only for rights with an outside market
    quality: bool = False  # of the market's working; not every mechanism has it


@dataclass(frozen=True, slots=True)
class RunKpi:
    """An indicator of the whole run. ``unit`` may name {money}."""

    name: str
    unit: str
    direction: Literal["lower", "higher", "neutral"]
    text: Text
    value: Callable[[RunTables], float]


def kpis_of(tables: "Mapping[str, pd.DataFrame]", scenario: Scenario) -> "pd.Series[float]":
    """Return every indicator of a run as a series, units by name in ``attrs["units"]``."""
    import pandas as pd

    tables = {name: _bare(frame) for name, frame in tables.items()}
    money = scenario.money.currency.en
    values: dict[str, float] = {}
    units: dict[str, str] = {}
    for one in _instruments(tables, scenario):
        for kpi in INSTRUMENT_KPIS:
            if kpi.outside_only and scenario.instruments[one.key].outside is None:
                continue
            name = f"{one.key}.{kpi.name}"
            values[name] = float(kpi.value(one))
            units[name] = kpi.unit.format(unit=scenario.instruments[one.key].unit, money=money)
        for venue, rows in one.by_venue().items():
            for kpi in VENUE_KPIS:
                name = f"{one.key}.{venue}.{kpi.name}"
                values[name] = float(kpi.value(rows))
                units[name] = kpi.unit.format(unit=scenario.instruments[one.key].unit, money=money)
            total = _sum(one.markets, "volume")
            values[f"{one.key}.{venue}.{VOLUME_SHARE.name}"] = _ratio(_sum(rows.markets, "volume"), total)
            units[f"{one.key}.{venue}.{VOLUME_SHARE.name}"] = VOLUME_SHARE.unit
    whole = RunTables(tables, tuple(scenario.instruments), scenario.money.social_discount_rate)
    for overall in RUN_KPIS:
        values[overall.name] = float(overall.value(whole))
        units[overall.name] = overall.unit.format(money=money)
    series = pd.Series(values, dtype=np.float64, name="value")
    series.attrs["units"] = units
    return series


def _bare(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table without its units, which every selection would copy: a fifth of the time of all indicators."""
    bare = frame.copy(deep=False)
    bare.attrs = {}
    return bare


def declared(name: str) -> InstrumentKpi | RunKpi:
    """Return the declaration of an indicator by the name it has in the series."""
    instrument, _, plain = name.rpartition(".")
    if not instrument:
        return _RUN[plain]
    return VOLUME_SHARE if plain == VOLUME_SHARE.name else _INSTRUMENT[plain]


def _instruments(tables: "Mapping[str, pd.DataFrame]", scenario: Scenario) -> Iterator[InstrumentTables]:
    import pandas as pd

    def rows(table: str, key: str) -> pd.DataFrame:
        frame = tables.get(table)
        if frame is None:
            return pd.DataFrame()
        return frame[frame["instrument"] == key]

    for key in scenario.instruments:
        yield InstrumentTables(
            key,
            rows("markets", key),
            rows("instruments", key),
            rows("compliance", key),
            rows("prices", key),
            scenario.calendar.periods_per_year,
            scenario.calendar.years,
            scenario.instruments[key].compliance.deadline_after,
            scenario.calendar.start_year,
        )


def _sum(frame: "pd.DataFrame", column: str) -> float:
    if column not in frame or not frame[column].notna().any():
        return np.nan
    return float(frame[column].sum())


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else np.nan  # a NaN below is not above zero either


def _last(frame: "pd.DataFrame", column: str) -> float:
    return float(frame[column].iloc[-1]) if column in frame and len(frame) else np.nan


def mean_price(one: InstrumentTables) -> float:
    """Return the volume-weighted mean price of all compliance years."""
    return _ratio(_sum(one.priced, "turnover"), _sum(one.priced, "volume"))


def price_volatility(one: InstrumentTables) -> float:
    """Return the yearly standard deviation of log price changes between consecutive periods that both traded."""
    if one.priced.empty:
        return np.nan
    by_period = one.priced.groupby("period")[["turnover", "volume"]].sum()
    traded = by_period[(by_period["volume"] > 0) & (by_period["turnover"] > 0)]
    log_price = np.log(traded["turnover"].to_numpy() / traded["volume"].to_numpy())
    consecutive = np.diff(traded.index.to_numpy()) == 1
    changes = np.diff(log_price)[consecutive]
    return float(np.std(changes, ddof=1) * np.sqrt(one.periods)) if changes.size > 1 else np.nan


def last_quarter_share(one: InstrumentTables) -> float:
    """Return the share of volume that traded in the last quarter of the year; NaN where periods are longer."""
    if one.markets.empty or one.periods < 4:
        return np.nan
    late = one.markets["month"] > 0.75 * one.periods
    return _ratio(float(one.markets.loc[late, "volume"].sum()), _sum(one.markets, "volume"))


def deadline_share(one: InstrumentTables) -> float:
    """Return the share of volume that traded in the last three months before the deadline of its vintage.

    The deadline of compliance year y is ``deadline_after`` months after its end; the month of the deadline is the last
    of the three. NaN where periods are longer than three months.
    """
    if one.markets.empty or one.periods < 4 or "vintage" not in one.markets:
        return np.nan
    after = round(one.deadline_after * one.periods / 12)
    deadline = (one.markets["vintage"] - one.start_year + 1) * one.periods - 1 + after
    late = (one.markets["period"] <= deadline) & (one.markets["period"] > deadline - round(one.periods / 4))
    return _ratio(float(one.markets.loc[late, "volume"].sum()), _sum(one.markets, "volume"))


def import_bill(one: InstrumentTables) -> float:
    """Return what net imports from outside markets cost at the prices of their periods."""
    imports = one.instruments
    if one.markets.empty or "outside_net_import" not in imports:
        return np.nan
    by_period = one.markets.groupby("period")[["turnover", "volume"]].sum()
    price = by_period["turnover"] / by_period["volume"].where(by_period["volume"] > 0)
    flow = imports.set_index("period")["outside_net_import"]
    return float((flow * price.reindex(flow.index)).sum())


def abatement_cost(run: RunTables) -> float:
    """Return what measures and output cuts cost, in present value."""
    return run.present_value("firms", "abatement_cost")


def efficiency(run: RunTables) -> float:
    """Return least cost over actual cost; NaN where the caps were exceeded, since the two then buy different things."""
    least, actual, volume = (run.ladder(name) for name in ("least_cost", "actual_cost", "volume"))
    if not (actual > 0 and volume >= -COMPARABLE * actual):
        return np.nan
    return least / actual


def _prices_at(column: str, row: int) -> Callable[[InstrumentTables], float]:
    def value(one: InstrumentTables) -> float:
        return float(one.prices[column].iloc[row]) if column in one.prices and len(one.prices) else np.nan

    return value


def _total(table: str, column: str) -> Callable[[InstrumentTables], float]:
    return lambda one: _sum(getattr(one, table), column)


def _share(table: str, above: str, below: str) -> Callable[[InstrumentTables], float]:
    return lambda one: _ratio(_sum(getattr(one, table), above), _sum(getattr(one, table), below))


def _rung(name: str) -> Callable[[RunTables], float]:
    return lambda run: run.ladder(name)


def _accounts_short(run: RunTables) -> float:
    return _sum(run.frames["compliance"], "accounts_short") if "compliance" in run.frames else np.nan


def _of_quality(kpi: QualityKpi) -> InstrumentKpi:
    def value(one: InstrumentTables) -> float:
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
    "volume_share", "share of volume", "neutral", _text("Venue's share of volume", "交易场所成交占比"), lambda _: np.nan
)
"""Of a venue only: it needs the volume of the others too."""
RUN_KPIS: tuple[RunKpi, ...] = (
    RunKpi(
        "abatement_cost", PRESENT, "lower", _text("Cost of measures and output cuts", "措施与减产成本"), abatement_cost
    ),
    RunKpi(
        "penalties", PRESENT, "lower", _text("Penalties (a transfer)", "罚款（转移支付）"),
        lambda run: run.present_value("compliance", "penalty"),
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
        _accounts_short,
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
