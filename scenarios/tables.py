"""From a finished model to tables: markets, instruments, firms, measures, compliance, prices, reference, ladder.

Long form, a row per thing and time, calendar years, units in ``frame.attrs["units"]``. Nothing is recomputed here but
the reference plan, which scores the run.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agents.recorder import DEADLINE, STATE
from scenarios.containment_table import containment

if TYPE_CHECKING:
    import pandas as pd

    from agents.model import RightsMarketModel
    from market.reference.ladder import EfficiencyLadder
    from market.reference.plan import Plan

Floats = npt.NDArray[np.float64]

PRICES = ("price", "close", "indicative", "backstop", "best_bid", "best_ask", "high", "low")
AMOUNTS = ("volume", "bids", "asks", "depth", "failed")
SHARES = ("effective_cost", "hhi_buyers", "hhi_sellers", "block_discount")


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a run by name, and the notes of those who made them."""

    frames: "dict[str, pd.DataFrame]"
    warnings: tuple[str, ...]


def tables_of(model: "RightsMarketModel", money: str) -> Tables:
    """Return the tables of a finished run; ``money`` is the currency's name for units."""
    from scenarios.reference_run import score

    warnings: list[str] = []
    ladder, notes = score(model)
    warnings += notes
    frames = {
        "markets": markets(model, money),
        "instruments": instruments(model),
        "compliance": compliance(model, money),
        "prices": prices(model, ladder.plan, money),
        "ladder": ladder_table(ladder, money),
    }
    moved = containment(model, money)
    if moved is not None:
        frames["containment"] = moved
    if model.spec.record_firms:
        frames["firms"] = firms(model, money)
        frames["measures"] = measures(model, money)
    if model.spec.record_trades:
        frames["trades"] = trades(model, money)
    if model.spec.record_sessions:
        frames["orders"] = orders(model, money)
    warnings += shortfalls(model) + beyond_the_plan(model)
    return Tables(frames, tuple(warnings))


def markets(model: "RightsMarketModel", money: str) -> "pd.DataFrame":
    """Return one row per period and venue that held a session."""
    spec, recorder = model.spec, model.recorder
    owner = np.array([k for k, rule in enumerate(spec.rules) for _ in rule.venues])
    names = [venue.name for rule in spec.rules for venue in rule.venues]
    period, v = np.nonzero(recorder.session_vintage >= 0)
    k = owner[v]
    columns: dict[str, Any] = {
        **_when(model, period),
        "round": np.full(period.size, spec.rounds, dtype=np.int64),
        "venue": [names[j] for j in v],
        "instrument": [spec.keys[j] for j in k],
        "vintage": spec.start_year + recorder.session_vintage[period, v],
        "zone": ["all"] * period.size,
    }
    columns |= {name: column[period, v] for name, column in recorder.venues.items()}
    columns["traders"] = columns["traders"].astype(np.int64)
    units = dict.fromkeys(PRICES, f"{money}/unit") | dict.fromkeys(AMOUNTS, "units") | dict.fromkeys(SHARES, "share")
    units |= {"turnover": money, "traders": "accounts", "limit_hits": "orders", "gains": money, "gains_possible": money}
    units |= {"revenue": money, "fees": money}
    return _frame(columns, {name: unit for name, unit in units.items() if name in columns})


def trades(model: "RightsMarketModel", money: str) -> "pd.DataFrame":
    """Return one row per single trade, where a mechanism trades one by one and trades are recorded."""
    from market.orders import HOUSE

    spec, tape = model.spec, model.recorder.tape
    rules = [(key, rule, venue.name) for key, rule in spec.instruments.items() for venue in rule.venues]
    # Ids may be whole numbers in the tables of accounts; beside the authority's name they are words like it.
    ids = [str(one) for one in model.population.ids]
    accounts = np.array([*ids, "government", "reserve", "outside", "dealer", "house"], dtype=object)
    sizes = [len(trades) for *_, trades in tape]
    period = np.repeat(np.array([t for t, *_ in tape], dtype=np.int64), sizes)
    venue = np.repeat(np.array([v for _, v, *_ in tape], dtype=np.int64), sizes)
    lot, tick = (np.array([getattr(rule, name) for _, rule, _ in rules]) for name in ("lot", "tick"))

    def column(name: str) -> npt.NDArray[Any]:
        return np.concatenate([np.empty(0, dtype=np.int64), *(getattr(trades, name) for *_, trades in tape)])

    buyer, seller = (np.where(column(name) == HOUSE, accounts.size - 1, column(name)) for name in ("buyer", "seller"))
    columns: dict[str, Any] = {
        **_when(model, period),
        "round": np.repeat(np.array([turn for _, _, turn, _ in tape], dtype=np.int64), sizes),
        "venue": [rules[v][2] for v in venue],
        "instrument": [rules[v][0] for v in venue],
        "price": column("price") * tick[venue],
        "amount": column("lots") * lot[venue],
        "buyer": accounts[buyer].tolist(),
        "seller": accounts[seller].tolist(),
        "aggressor": column("aggressor").astype(np.int64),
    }
    return _frame(columns, {"price": f"{money}/unit", "amount": "units", "aggressor": "+1 buy, -1 sell"})


def orders(model: "RightsMarketModel", money: str) -> "pd.DataFrame":
    """Return one row per session, side and price: what was sent there, and what rested there at the period's end.

    At the stage ``resting`` lots are those left in a venue's book; at ``sent`` they are all that was sent, those that
    took no part (refused) and those that traded (filled) with them.
    """
    spec, sessions = model.spec, model.recorder.sessions
    rules = [(key, rule, venue.name) for key, rule in spec.instruments.items() for venue in rule.venues]
    sizes = [steps.price.size for *_, steps in sessions]
    period, venue, resting, side = (
        np.repeat(np.array(column, dtype=np.int64), sizes)
        for column in zip(*((t, v, steps.resting, steps.side) for t, v, steps in sessions), strict=True)
    ) if sessions else np.zeros((4, 0), dtype=np.int64)  # fmt: skip
    lot, tick = (np.array([getattr(rule, name) for _, rule, _ in rules]) for name in ("lot", "tick"))

    def column(name: str) -> npt.NDArray[Any]:
        return np.concatenate([np.empty(0, dtype=np.int64), *(getattr(steps, name) for *_, steps in sessions)])

    columns: dict[str, Any] = {
        **_when(model, period),
        "round": np.full(period.size, spec.rounds, dtype=np.int64),
        "venue": np.array([name for *_, name in rules], dtype=object)[venue],
        "instrument": np.array([key for key, *_ in rules], dtype=object)[venue],
        "stage": np.array(["sent", "resting"], dtype=object)[resting],
        "side": side,
        "price": column("price") * tick[venue],
    }
    lots = ("quantity", "refused", "filled")
    columns |= {name: column(name) * lot[venue] for name in lots}
    return _frame(columns, {"price": f"{money}/unit", "side": "+1 buy, -1 sell"} | dict.fromkeys(lots, "units"))


def instruments(model: "RightsMarketModel") -> "pd.DataFrame":
    """Return one row per period and instrument."""
    spec, recorder = model.spec, model.recorder
    periods = spec.total_periods
    period = np.repeat(np.arange(periods), len(spec.keys))
    columns: dict[str, Any] = {**_when(model, period), "instrument": list(spec.keys) * periods}
    columns |= {name: recorder.state[name].ravel() for name in STATE}
    return _frame(columns, dict.fromkeys(STATE, "units"))


def compliance(model: "RightsMarketModel", money: str) -> "pd.DataFrame":
    """Return one row per compliance year and instrument: what was due at its deadline and what became of it."""
    spec, recorder = model.spec, model.recorder
    columns: dict[str, Any] = {
        "year": np.repeat(spec.calendar_years, len(spec.keys)),
        "instrument": list(spec.keys) * spec.years,
    }
    columns |= {name: recorder.deadlines[name].ravel() for name in DEADLINE}
    units = dict.fromkeys(DEADLINE, "units") | {"penalty": money, "accounts": "accounts", "accounts_short": "accounts"}
    return _frame(columns, units)


def prices(model: "RightsMarketModel", plan: "Plan", money: str) -> "pd.DataFrame":
    """Return one row per calendar year and instrument: mean prices beside the least-cost plan's."""
    spec, recorder = model.spec, model.recorder
    years = spec.years
    indicative = recorder.market["indicative"][: years * spec.periods].reshape(years, spec.periods, -1)
    expected = np.nanmean(indicative, axis=1)
    columns: dict[str, Any] = {
        "year": np.repeat(spec.calendar_years, len(spec.keys)),
        "instrument": list(spec.keys) * years,
        "mean_price": mean_prices(model).ravel(),
        "mean_indicative": expected.ravel(),
        "reference_price": plan.price.ravel(),
        "flow": recorder.flow.ravel(),
        "reference_flow": plan.flows.ravel(),
        "cap": model.regulator.cap.ravel(),
    }
    units = dict.fromkeys(("mean_price", "mean_indicative", "reference_price"), f"{money}/unit")
    return _frame(columns, units | dict.fromkeys(("flow", "reference_flow", "cap"), "units"))


def mean_prices(model: "RightsMarketModel") -> Floats:
    """Return the volume-weighted mean price (T, K) of each year, NaN where nothing was traded."""
    years, periods, market = model.spec.years, model.spec.periods, model.recorder.market
    volume, turnover = (market[name][: years * periods].reshape(years, periods, -1) for name in ("volume", "turnover"))
    traded = np.nansum(volume, axis=1)
    return np.divide(np.nansum(turnover, axis=1), traded, out=np.full(traded.shape, np.nan), where=traded > 0)


def firms(model: "RightsMarketModel", money: str) -> "pd.DataFrame":
    """Return one row per compliance year and account."""
    spec, population, recorded = model.spec, model.population, model.recorder.firms
    years, n = spec.years, len(population)
    labels = population.labels
    columns: dict[str, Any] = {
        "year": np.repeat(spec.calendar_years, n),
        "account": list(population.ids) * years,
        "name_en": list(labels.get("name_en", population.ids)) * years,
        "name_zh": list(labels.get("name_zh", population.ids)) * years,
        "sector": [population.sectors[s] for s in population.sector] * years,
        "city": [population.cities[c] for c in population.city] * years,
        "kind": list(labels.get("kind", [""] * n)) * years,
        "behaviour": [spec.behaviours[b].kind for b in population.behaviour] * years,
        "revenue": np.tile(population.revenue, years),
    }
    units = {"revenue": f"{money}/year", "activity": "base year = 1", "output_cut": "share"}
    for name in ("activity", "output_cut", "abatement_cost", "trading_cost", "penalty"):
        columns[name] = recorded[name].ravel()
        units.setdefault(name, money)
    for name in ("flow", "baseline", "allocated", "net_purchase", "payment", "shortfall"):
        for k, key in enumerate(spec.keys):
            columns[f"{name}_{key}"] = recorded[name][:, :, k].ravel()
            units[f"{name}_{key}"] = money if name == "payment" else spec.rules[k].unit
    return _frame(columns, units)


def measures(model: "RightsMarketModel", money: str) -> "pd.DataFrame":
    """Return one row per compliance year, sector and measure that the sector has."""
    spec, recorder, technology = model.spec, model.recorder, model.spec.technology
    sector = np.broadcast_to(model.population.sector[:, None], spec.measure_of.shape)
    present = spec.measure_of >= 0
    names = len(spec.measure_names)
    code = sector[present] * names + spec.measure_of[present]
    cells, cell = np.unique(code, return_inverse=True)
    rows: list[dict[str, Any]] = []
    cost = technology.intercept
    for y in range(spec.years):
        level = recorder.measure_level[y]  # already scaled by activity
        scale = np.maximum(recorder.measure_scale[y], 1e-300)[:, None]
        room = (technology.limit * recorder.measure_scale[y][:, None])[present]
        spent = (cost * level + 0.5 * technology.slope * level * level / scale)[present]
        used = np.bincount(cell, weights=level[present], minlength=cells.size)
        rooms = np.bincount(cell, weights=room, minlength=cells.size)
        costs = np.bincount(cell, weights=spent, minlength=cells.size)
        reductions = [
            np.bincount(cell, weights=(technology.effect[:, :, k] * level)[present], minlength=cells.size)
            for k in range(len(spec.keys))
        ]
        for c, packed in enumerate(cells):
            s, m = divmod(int(packed), names)
            row = {
                "year": int(spec.calendar_years[y]),
                "sector": model.population.sectors[s],
                "measure": spec.measure_names[m],
                "use": used[c] / rooms[c] if rooms[c] > 0 else 0.0,
                "cost": costs[c],
            }
            row |= {f"reduction_{key}": reductions[k][c] for k, key in enumerate(spec.keys)}
            rows.append(row)
    units = {"use": "share of limit", "cost": money}
    units |= {f"reduction_{key}": rule.unit for key, rule in zip(spec.keys, spec.rules, strict=True)}
    columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else {"year": 0})}
    return _frame(columns, units)


def ladder_table(ladder: "EfficiencyLadder", money: str) -> "pd.DataFrame":
    """Return one row per rung of the efficiency ladder, from the least cost to the actual cost."""
    names = (
        "least_cost",
        "misallocation",
        "mistiming",
        "volume",
        "investment",
        "friction",
        "information",
        "actual_cost",
    )
    columns = {"rung": list(names), "value": np.array([getattr(ladder, name) for name in names], dtype=np.float64)}
    return _frame(columns, {"value": f"{money}, present value"})


def beyond_the_plan(model: "RightsMarketModel") -> list[str]:
    """Return a warning for each instrument with rules that the least-cost plan does not know."""
    notes = []
    for key, rule in model.spec.instruments.items():
        unknown = [f"containment ({', '.join(one.kind for one in rule.containment)})"] if rule.containment else []
        unknown += [f"the trade ratio of {rule.trade_ratio:g}"] if rule.trade_ratio != 1.0 else []
        unknown += ["the rule for unsold lots"] if rule.allocation.unsold is not None else []
        unknown += [f"the venue {v.name} that sells or buys itself" for v in rule.venues if v.mechanism.house != "none"]
        if unknown:
            notes.append(f"reference: {key}: the least-cost plan meets the caps without {', '.join(unknown)}")
    return notes


def shortfalls(model: "RightsMarketModel") -> list[str]:
    """Return a warning for each instrument of which rights were missing at a deadline."""
    spec, deadlines = model.spec, model.recorder.deadlines
    notes = []
    for k, key in enumerate(spec.keys):
        missing, owed = deadlines["shortfall"][:, k], deadlines["obligation"][:, k].sum()
        if missing.any():
            accounts = int(deadlines["accounts_short"][:, k].sum())
            gap = f"{missing.sum():.6g} {spec.rules[k].unit}"
            notes.append(
                f"{key}: {accounts} {'time' if accounts == 1 else 'times'} an account was short at a deadline, "
                f"in {np.count_nonzero(missing)} of {spec.years} years, by {gap} in all "
                f"({missing.sum() / owed:.2g} of what was due)"
            )
    return notes


def _when(model: "RightsMarketModel", period: npt.NDArray[np.intp]) -> dict[str, Any]:
    periods = model.spec.periods
    return {
        "period": period.astype(np.int64),
        "year": model.spec.start_year + period // periods,
        "month": period % periods + 1,
    }


def _frame(columns: dict[str, Any], units: dict[str, str]) -> "pd.DataFrame":
    import pandas as pd

    frame = pd.DataFrame(columns)
    frame.attrs["units"] = units
    return frame
