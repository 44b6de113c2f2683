"""A small result made by formulas: two rights, three years of four quarters, four accounts; no model is run."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scenarios.results import RunResult
from scenarios.schema import Scenario

YEARS, PERIODS = 3, 4
KEYS = ("carbon", "water")
SECTORS = {"north": "power", "south": "power", "east": "paper", "west": "paper"}
MONEY = "yuan"


def scenario(**changes: object) -> Scenario:
    right = {
        "cap": {"kind": "linear", "initial": 100.0},
        "allocation": {"kind": "grandfathering"},
        "penalty": {"kind": "flat", "rate": 50.0, "make_good": True},
    }
    outside = {"price": {"2025": 12.0}, "slope": 0.1, "import_limit": 10.0, "export_limit": 10.0}
    plain = {
        "schema": 1,
        "name": "fake",
        "title": {"en": "A made-up run", "zh": "虚构的运行"},
        "summary": {"en": "Made by formulas.", "zh": "由公式生成。"},
        "view": "open",
        "calendar": {"start_year": 2025, "years": YEARS, "periods_per_year": PERIODS},
        "money": {"currency": {"en": MONEY, "zh": "元"}, "social_discount_rate": 0.05},
        "instruments": {
            "carbon": {
                "title": {"en": "Carbon allowance", "zh": "碳排放权"},
                "unit": "tCO2",
                "banking": {"kind": "full"},
                "outside": outside,
                **right,
            },
            "water": {"title": {"en": "Water right", "zh": "水权"}, "unit": "1000 m3", "flow": "intake", **right},
        },
        "population": {"kind": "tables", "firms": "none.csv", "measures": "none.csv"},
        "behaviours": [{"kind": "planner"}],
        "notes": [
            {"key": "a", "text": {"en": "A guess.", "zh": "一个假定。"}, "flagged": True},
            {"key": "b", "text": {"en": "A plain note.", "zh": "一条说明。"}},
        ],
        **changes,
    }
    return Scenario.model_validate(plain)


@dataclass
class Fake:
    """Tables by name; a test may change them before it makes the result."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def result(self, warnings: tuple[str, ...] = (), **changes: object) -> RunResult:
        return RunResult.of(scenario(**changes), 7, self.tables, warnings)


def fake() -> Fake:
    """Carbon trades 10 units in every quarter at 10, 11, 12, …; water 4 units at 200 in the last quarter only."""
    period = np.repeat(np.arange(YEARS * PERIODS), 2)
    when = {"period": period, "year": 2025 + period // PERIODS, "month": period % PERIODS + 1}
    key = np.tile(KEYS, YEARS * PERIODS)
    carbon, last = key == "carbon", when["month"] == PERIODS
    price = np.where(carbon, 10.0 + period, np.where(last, 200.0, np.nan))
    volume = np.where(carbon, 10.0, np.where(last, 4.0, 0.0))
    markets = pd.DataFrame(
        {
            **when, "round": 2, "venue": "exchange", "instrument": key, "vintage": when["year"], "zone": "all",
            "price": price, "close": np.where(carbon, price, 200.0), "indicative": np.where(carbon, price, 200.0),
            "volume": volume, "turnover": volume * np.nan_to_num(price), "bids": volume + 1.0, "asks": volume + 2.0,
            "traders": 2, "backstop": np.where(carbon, 30.0, 1e4),
        }
    )  # fmt: skip
    count = np.zeros(period.size)
    instruments = pd.DataFrame(
        {
            **when, "instrument": key, "cap": 100.0, "issued": 100.0, "held": 90.0,
            "bank": np.where(carbon, 5.0 + period, 0.0), "reserve": count, "surrendered": count, "cancelled": count,
            "expired": np.where(carbon, 0.0, period), "flow": 24.0, "baseline": 30.0, "obligation": 24.0,
            "outside_net_import": np.where(carbon, 1.0, 0.0),
        }
    )  # fmt: skip
    year, each = np.repeat(2025 + np.arange(YEARS), 2), np.tile(KEYS, YEARS)
    short = np.where((each == "water") & (year == 2026), 6.0, 0.0)
    compliance = pd.DataFrame(
        {
            "year": year, "instrument": each, "obligation": 96.0, "surrendered": 96.0 - short, "shortfall": short,
            "penalty": 50.0 * short, "accounts": 4.0, "accounts_short": (short > 0).astype(float),
            "expired": 0.0, "carried": 4.0,
        }
    )  # fmt: skip
    prices = pd.DataFrame(
        {
            "year": year, "instrument": each, "mean_price": np.where(each == "carbon", 11.5 + 4 * (year - 2025), 200.0),
            "mean_indicative": 12.0, "reference_price": np.where(each == "carbon", 13.0, 0.0), "flow": 96.0,
            "reference_flow": 100.0, "cap": 100.0,
        }
    )  # fmt: skip
    rungs = {
        "least_cost": 900.0, "misallocation": 60.0, "mistiming": 20.0, "volume": 10.0, "investment": 0.0,
        "friction": 10.0, "information": np.nan, "actual_cost": 1000.0,
    }  # fmt: skip
    ladder = pd.DataFrame({"rung": list(rungs), "value": list(rungs.values())})
    tables = {
        "markets": markets, "instruments": instruments, "compliance": compliance, "prices": prices, "ladder": ladder,
        "firms": firms(), "measures": measures(),
    }  # fmt: skip
    for frame in tables.values():
        numbers = [name for name in frame.columns if frame[name].dtype.kind == "f"]
        frame.attrs["units"] = dict.fromkeys(numbers, "units")
    tables["firms"].attrs["units"]["abatement_cost"] = MONEY
    return Fake(tables)


def firms() -> pd.DataFrame:
    """Four accounts that spend 10, 20, 30 and 40 a year on measures, and 100 each in revenue."""
    n = len(SECTORS)
    spent = np.tile([10.0, 20.0, 30.0, 40.0], YEARS)
    columns: dict[str, object] = {
        "year": np.repeat(2025 + np.arange(YEARS), n),
        "account": list(SECTORS) * YEARS,
        "name_en": [f"{name} works" for name in SECTORS] * YEARS,
        "name_zh": ["某厂"] * n * YEARS,
        "sector": list(SECTORS.values()) * YEARS,
        "city": ["Uptown", "Downtown"] * (n // 2 * YEARS),
        "kind": ["named"] * n * YEARS,
        "behaviour": ["planner"] * n * YEARS,
        "revenue": 100.0,
        "activity": 1.0,
        "output_cut": 0.0,
        "abatement_cost": spent,
        "trading_cost": 0.0,
        "penalty": 0.0,
    }
    for name in ("flow", "baseline", "allocated", "net_purchase", "payment", "shortfall"):
        for key in KEYS:
            columns[f"{name}_{key}"] = 24.0 if name in {"flow", "baseline", "allocated"} else 0.0
    return pd.DataFrame(columns)


def measures() -> pd.DataFrame:
    """Nine measures of the power sector that save 1, 2, … 9 units of carbon a year; the last one costs water."""
    names = [f"measure-{i}" for i in range(1, 10)]
    year = np.repeat(2025 + np.arange(YEARS), len(names))
    saved = np.tile(np.arange(1.0, 10.0), YEARS)
    return pd.DataFrame(
        {
            "year": year, "sector": "power", "measure": names * YEARS, "use": 0.5, "cost": saved,
            "reduction_carbon": saved, "reduction_water": np.where(saved == 9.0, -2.0, 0.0),
        }
    )  # fmt: skip
