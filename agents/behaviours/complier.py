"""The complier: trades its compliance gap once, when it is known well enough.

A trade has a fixed cost F. Before verification the year's flow and allocation carry an error with standard deviation
s, so an early trade may have to be repeated: its expected extra cost is ``F · P(|error| · p > F)``. Waiting costs price
risk: ``risk_aversion · price_risk · √(months until known) · |gap| · p``. The account trades as soon as waiting costs
more, which for a small gap is after verification. Late trading follows from this, not from a calendar.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from agents.behaviours.declared import ComplierRule
from market.orders import BUY, SELL, OrderBatch

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LAST_STEPS = 6
LIMIT_DEVIATIONS = 3.0  # a complier bids up to three monthly deviations above the price that it expects


@dataclass(frozen=True, slots=True)
class GapView:
    """What compliers know about one product: rows are the accounts of one behaviour group.

    Attributes
    ----------
    accounts : (r,) account numbers.
    gap : (r,) units still needed for the front deadline (negative: to spare).
    yearly : (r,) flow of a year, the base of the uncertainty.
    free : (r,) lots that can be sold.
    expected_price : price that the group expects, money per unit.
    unknown_share : share of the year's flow and allocation that is not verified yet.
    months_to_know, last_chance : months until verification; whether no further period comes before the deadline.
    worthless_after : whether unused rights expire at the deadline.
    backstop : the bound on willingness to pay, money per unit.
    """

    accounts: Ints
    gap: Floats
    yearly: Floats
    free: Ints
    expected_price: float
    unknown_share: float
    months_to_know: int
    last_chance: bool
    worthless_after: bool
    backstop: float
    lot: float
    tick: float


def acts_now(rule: ComplierRule, view: GapView) -> npt.NDArray[np.bool_]:
    """Return which accounts trade now rather than wait."""
    if view.last_chance:
        return np.abs(view.gap) > 0.0
    value = np.abs(view.gap) * view.expected_price
    if view.unknown_share <= 0.0:
        return np.asarray((view.gap > 0.0) | (value > rule.trade_cost))
    acts = np.zeros(value.size, dtype=np.bool_)
    worth = np.flatnonzero(value > rule.trade_cost)
    if worth.size:
        error = rule.flow_uncertainty * view.unknown_share * view.yearly[worth] * view.expected_price
        again = _tail(np.divide(rule.trade_cost, error, out=np.full_like(error, np.inf), where=error > 0))
        waiting = rule.risk_aversion * rule.price_risk * sqrt(max(1, view.months_to_know)) * value[worth]
        acts[worth] = waiting > rule.trade_cost * again
    return acts


def _tail(distance: Floats) -> Floats:
    """Return P(|Z| > distance) of a standard normal Z, by the approximation 7.1.27 of Abramowitz and Stegun (1964)."""
    z = distance / sqrt(2.0)
    return 1.0 / (1.0 + 0.278393 * z + 0.230389 * z**2 + 0.000972 * z**3 + 0.078108 * z**4) ** 4


def orders(rule: ComplierRule, view: GapView) -> OrderBatch:
    """Return the limit orders of each account of the group that trades now: one, or several at the last chance.

    At the last chance a buyer bids for equal parts of its gap at prices in geometric steps, from a little above what it
    expects up to the bound on willingness to pay: it need not buy all at any price, because it can still cut its flow,
    but it does not know at which cost.
    """
    act = acts_now(rule, view)
    lots = np.ceil(view.gap / view.lot - 1e-9).astype(np.int64)
    lots = np.where(act, np.maximum(lots, -view.free), 0)
    margin = LIMIT_DEVIATIONS * rule.price_risk
    dearest = min(view.backstop, view.expected_price * (1.0 + margin))
    cheapest = 0.0 if view.last_chance and view.worthless_after else view.expected_price * (1.0 - margin)
    sellers, buyers = np.flatnonzero(lots < 0), np.flatnonzero(lots > 0)
    steps = LAST_STEPS if view.last_chance else 1
    part = (lots[buyers] + np.arange(steps)[:, None]) // steps  # (steps, buyers), adds up to the gap
    limit = dearest * (view.backstop / dearest) ** (np.arange(steps) / max(1, steps - 1))
    ticks = np.maximum(1, limit / view.tick).astype(np.int64)
    batch = OrderBatch(
        view.accounts[np.concatenate([np.tile(buyers, steps), sellers])],
        np.repeat(np.array([BUY, SELL], dtype=np.int8), [buyers.size * steps, sellers.size]),
        np.concatenate([np.repeat(ticks, buyers.size), np.full(sellers.size, max(1, int(cheapest / view.tick)))]),
        np.concatenate([part.ravel(), -lots[sellers]]),
    )
    return batch.take(np.flatnonzero(batch.quantity))
