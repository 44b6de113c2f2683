"""The table `containment`: what an authority's supply rules moved in every period, and what each holds after it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from market.policies.containment import Pool, names, opening

if TYPE_CHECKING:
    import pandas as pd

    from agents.containment import Office
    from agents.model import RightsMarketModel

AUCTION = "auction"
"""Who moved what no rule has priced: the sale itself."""

ROUNDING = 1e-6
"""Movements of less than this share of a lot are what floating-point sums leave over, and no movements."""

Row = dict[str, Any]


def containment(model: "RightsMarketModel", money: str) -> "pd.DataFrame | None":
    """Return one row per period, instrument, rule and kind of movement; None where no rule acts on supply.

    A movement goes from a *source* (issued beyond the cap, offer, reserve, sold) to a *target* (offer, reserve, sold,
    cancelled, unsold). What a rule holds at the very start is a movement from issued to reserve in the first period,
    so ``reserve``, the rule's stock at the period's end, is the running sum of what entered less what left it. *Value*
    is what moved to or from circulation at the period's mean price, NaN where nothing traded or was sold.

    Parameters
    ----------
    money : the currency's name for units.
    """
    import pandas as pd

    rows = [
        row
        for k, office in enumerate(model.exchange.offices)
        if office is not None
        for row in _of_office(office, model.spec.keys[k], model.recorder.market["price"][:, k])
    ]
    if not any(office is not None for office in model.exchange.offices):
        return None
    columns = ("period", "instrument", "rule", "source", "target", "units", "reserve", "value")
    frame = pd.DataFrame(rows, columns=list(columns))
    period = frame["period"].to_numpy(dtype=np.int64)
    frame.insert(1, "year", model.spec.start_year + period // model.spec.periods)
    frame.insert(2, "month", period % model.spec.periods + 1)
    frame = frame.astype({"period": "int64", "units": "float64", "reserve": "float64", "value": "float64"})
    frame.attrs["units"] = {"units": "units", "reserve": "units", "value": money}
    return frame


def _of_office(office: "Office", key: str, price: Any) -> list[Row]:
    """Return the rows of one instrument, movements of a kind added up by period."""
    named = names(office.rules)
    sums: dict[tuple[int, str, Pool, Pool], float] = {}
    for rule, name, held in zip(office.rules, named, opening(office.rules), strict=True):
        stock = rule.reserve(held)
        if stock > 0.0:
            sums[0, name, Pool.ISSUED, Pool.RESERVE] = stock
    for period, entry in office.movements:
        kind = (period, entry.rule or AUCTION, entry.source, entry.target)
        sums[kind] = sums.get(kind, 0.0) + entry.quantity
    stocks = dict.fromkeys(named, 0.0)
    changes: dict[tuple[int, str], float] = {}
    for (period, name, source, target), units in sums.items():
        entered = units * ((target is Pool.RESERVE) - (source is Pool.RESERVE))
        changes[period, name] = changes.get((period, name), 0.0) + entered
    rows: list[Row] = []
    last = (-1, "")
    for period, name, source, target in sorted(sums, key=lambda kind: (kind[0], _place(kind[1], named), kind[2:])):
        if (period, name) != last and name in stocks:
            stocks[name] += changes[period, name]
        last = (period, name)
        units = sums[period, name, source, target]
        if units < ROUNDING * office.rule.lot:
            continue
        traded = Pool.SOLD in {source, target}
        rows.append(
            {
                "period": period, "instrument": key, "rule": name, "source": source.value, "target": target.value,
                "units": units, "reserve": max(0.0, round(stocks[name], 9)) if name in stocks else np.nan,
                "value": units * price[period] if traded else np.nan,
            }
        )  # fmt: skip
    return rows


def _place(name: str, named: tuple[str, ...]) -> int:
    return named.index(name) if name in named else len(named)
