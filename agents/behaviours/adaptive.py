"""The adaptive account: a price-taker that bids half-way between its reservation price and the price it expects.

It looks no further than what it owes for flows up to the present compliance year, expects one price ``p̂`` for all of
it, and knows nothing of others. With what is owed already and flows to come, less rights in hand and rights still to
come, its need at a price is

    need(p) = owed + s · flow(p)        with s years of activity left, its best response to p, other rights at their p̂
    v       = the price in 0 … bound with need(v) = 0; 0 with rights to spare even there, the bound where none suffices
    limit   = (v + p̂) / 2

It buys max(1, ⌈need(limit)⌉) lots if v > p̂, and otherwise sells max(1, ⌊−need(limit)⌋), no more than it has free;
after trade ``p̂ += adaptation · (p − p̂)``. With one linear measure of marginal cost ``c·(baseline − e)`` this is
``v = c·(baseline − rate that the rights allow)``. Measures are set at p̂. While last year's deadline is open, what is
lacking for it is wanted at the bound. Accounts start from one price, each with its own error. Always asking for a lot
keeps the market alive after expectations agree. Traders as simple as this are known to find the competitive price in
auctions (Gode and Sunder 1993, J. Political Economy 101; Cliff and Bruten 1997 on why expectations must adapt).
"""

from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agents.behaviours.declared import AdaptiveRule
from market.orders import OrderBatch
from market.technology import NO_GROUP, Technology

if TYPE_CHECKING:
    from agents.spec import MarketSpec
    from market.randomness import Streams

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@cache
def _compiled() -> ModuleType:
    """Return the compiled loops; they are loaded when first used, because that takes longer than a schema needs."""
    from agents.behaviours import adaptive_kernel

    return adaptive_kernel


@dataclass(slots=True)
class Traders:
    """The adaptive accounts of one instrument and the columns that their orders are written to.

    ``straight`` are those with a linear response, as `adaptive_kernel.straight_orders` takes them, ``other`` the rows
    and accounts of the rest; ``alone`` tells whether nobody else takes part.
    """

    k: int
    straight: tuple[int, bool, Ints, Ints, Floats, Floats]
    other: tuple[Ints, Ints]
    alone: bool
    account: Ints
    side: npt.NDArray[np.int8]
    price: Ints
    quantity: Ints


def traders(spec: "MarketSpec", k: int, participants: Ints, group_of: Ints) -> Traders | None:
    """Return the adaptive accounts among the participants of instrument ``k``, None where there are none."""
    adaptive = np.array([isinstance(rule, AdaptiveRule) for rule in spec.behaviours])
    rows = np.flatnonzero(adaptive[group_of[participants]])
    if not rows.size:
        return None
    straight, curve, rate = lay_out(spec.technology, k, participants[rows])
    room = rows.size + 1  # an order more while they are written
    return Traders(
        k=k,
        straight=_straight(k, rows[straight], participants[rows[straight]], curve, rate),
        other=(rows[~straight], participants[rows[~straight]]),
        alone=rows.size == participants.size,
        account=np.empty(room, dtype=np.int64),
        side=np.empty(room, dtype=np.int8),
        price=np.empty(room, dtype=np.int64),
        quantity=np.empty(room, dtype=np.int64),
    )


def _straight(
    k: int, rows: Ints, accounts: Ints, curve: Floats, rate: Floats
) -> tuple[int, bool, Ints, Ints, Floats, Floats]:
    order = np.arange(rows.size)
    direct = bool((rows == order).all() and (accounts == order).all())
    return k, direct, rows, accounts, curve, rate


def lay_out(technology: Technology, k: int, accounts: Ints) -> tuple[npt.NDArray[np.bool_], Floats, Floats]:
    """Return which accounts (r,) respond linearly, and their curves (5, s) and rates (s, K).

    These are accounts with a fixed output whose flow one linear measure outside overlap groups moves, or none at all.
    """
    measures = technology.measures
    effect, limit = technology.effect[accounts, :, k], technology.limit[accounts]
    acts = (effect != 0.0) & (limit > 0.0)
    idle = ~acts.any(axis=1)
    measure = np.argmax(acts, axis=1) if measures else np.zeros(accounts.size, dtype=np.int64)
    each = np.arange(accounts.size)

    def of(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return values[each, measure] if measures else np.zeros(accounts.size)

    own, slope, group = of(effect), of(technology.slope[accounts]), of(technology.group[accounts])
    linear = (acts.sum(axis=1) == 1) & (own > 0.0) & (slope > 0.0) & (group == NO_GROUP)
    straight = (linear | idle) & (technology.output_limit[accounts] <= 0.0)
    own = np.where(linear, own, 1.0)
    steep = np.where(linear, slope / own**2, 1.0)
    start, reach = of(technology.intercept[accounts]) / own, of(limit) * own
    full = technology.baseline[accounts, k]
    curve = np.array([full, np.where(linear, start, 0.0), steep, 1.0 / steep, np.where(linear, reach, 0.0)])
    rate = np.zeros((accounts.size, technology.instruments))
    if measures:
        rate = np.where(linear[:, None], technology.effect[accounts, measure] / own[:, None], 0.0)
        rate[:, k] = 0.0
    return straight, np.ascontiguousarray(curve[:, straight]), rate[straight]


def orders(
    who: Traders, firms: object, fixed: Floats, activity: Floats, held: Ints, locked: Ints, expected: Floats,
    look: tuple[int, int, float], bound: float, lot: float, tick: float,
) -> OrderBatch:  # fmt: skip
    """Return one limit order of each account that has something to trade.

    Parameters
    ----------
    who : the accounts.
    firms : `market.net_demand_kernel.Firms`, technology and benchmark credits of all accounts.
    fixed : (W, participants) open obligations and debts less rights in hand and to come, by window, in units.
    activity : (B, participants) expected for the rest of the year, and later.
    held, locked : (A,) lots in accounts, and those that cannot be sold.
    expected : (n, K) expected prices.
    look : deadlines looked at, how many of these are for flows of the past, and years left of this year.
    bound, lot, tick : bound on willingness to pay and tick in money per unit, lot in units.
    """
    account, side, price, quantity = who.account, who.side, who.price, who.quantity
    known = (fixed, activity, held, locked, expected, *look, bound, lot, tick)
    count = _compiled().straight_orders(*who.straight, *known, account, side, price, quantity)
    if who.other[0].size:
        count = _compiled().other_orders(who.k, *who.other, firms, *known, count, account, side, price, quantity)
    return OrderBatch(account[:count], side[:count], price[:count], quantity[:count])


def first_errors(spec: "MarketSpec", streams: "Streams", group_of: Ints) -> Floats:
    """Return the factors (n, K) by which accounts misjudge the first price, 1 for those that are not adaptive."""
    width = np.array([rule.first_error if isinstance(rule, AdaptiveRule) else 0.0 for rule in spec.behaviours])
    draw = streams.at("first expectations", 0).generator().uniform(-1.0, 1.0, (len(spec.population), len(spec.keys)))
    return 1.0 + width[group_of][:, None] * draw
