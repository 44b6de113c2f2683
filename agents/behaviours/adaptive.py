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
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agents.behaviours.declared import AdaptiveRule
from market.orders import OrderBatch
from market.technology import NO_GROUP, Technology

if TYPE_CHECKING:
    from agents.behaviours.adaptive_kernel import Curves, Terms
    from agents.spec import MarketSpec
    from market.net_demand_kernel import Firms
    from market.randomness import Streams

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(slots=True)
class Traders:
    """The adaptive accounts of one instrument and the columns that their orders are written to.

    ``curves`` are their flows as functions of a price; ``alone`` tells whether nobody else takes part.
    """

    curves: "Curves"
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
    room = rows.size + 1  # an order more while they are written
    return Traders(
        curves=lay_out(spec.technology, k, rows, participants[rows]),
        alone=rows.size == participants.size,
        account=np.empty(room, dtype=np.int64),
        side=np.empty(room, dtype=np.int8),
        price=np.empty(room, dtype=np.int64),
        quantity=np.empty(room, dtype=np.int64),
    )


def lay_out(technology: Technology, k: int, rows: Ints, accounts: Ints) -> "Curves":
    """Return the curves of accounts: straight where one linear measure outside overlap groups moves a fixed output."""
    from agents.behaviours.adaptive_kernel import Curves

    effect, limit = technology.effect[accounts, :, k], technology.limit[accounts]
    acts = (effect != 0.0) & (limit > 0.0)
    measure = np.argmax(acts, axis=1) if technology.measures else np.zeros(rows.size, dtype=np.int64)
    each = np.arange(rows.size)

    def of(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.ascontiguousarray(values[each, measure])

    if technology.measures:
        own, slope = of(effect), of(technology.slope[accounts])
        linear = (acts.sum(axis=1) == 1) & (own > 0.0) & (slope > 0.0) & (of(technology.group[accounts]) == NO_GROUP)
        start, reach = of(technology.intercept[accounts]), of(limit)
        rate = technology.effect[accounts, measure]
    else:
        own = slope = reach = start = np.zeros(rows.size)
        linear = np.zeros(rows.size, dtype=bool)
        rate = np.zeros((rows.size, technology.instruments))
    idle = ~acts.any(axis=1)  # nothing moves the flow: a curve that never starts to fall
    straight = (linear | idle) & (technology.output_limit[accounts] <= 0.0)
    own = np.where(linear, own, 1.0)
    steep = np.where(linear, slope / own**2, 1.0)
    rate = np.where(linear[:, None], rate / own[:, None], 0.0)
    rate[:, k] = 0.0
    return Curves(
        k=k, row=rows, account=accounts, straight=straight,
        full=np.ascontiguousarray(technology.baseline[accounts, k]), start=np.where(linear, start / own, 0.0),
        steep=steep, inverse=1.0 / steep, reach=np.where(linear, reach * own, 0.0), rate=rate,
    )  # fmt: skip


def orders(
    who: Traders, firms: "Firms", fixed: Floats, activity: Floats, free: Ints, expected: Floats, terms: "Terms"
) -> OrderBatch:
    """Return one limit order of each account that has something to trade.

    Parameters
    ----------
    who : the accounts.
    firms : technology and benchmark credits of all accounts, as compiled code takes them.
    fixed : (W, participants) open obligations and debts less rights in hand and to come, by window, in units.
    activity : (participants,) expected for the rest of the year.
    free : (A,) lots that can be sold.
    expected : (n, K) expected prices.
    terms : windows, years left, bound on willingness to pay, lot and tick.
    """
    from agents.behaviours.adaptive_kernel import adaptive_orders

    count = adaptive_orders(
        who.curves, firms, fixed, activity, free, expected, terms, who.account, who.side, who.price, who.quantity
    )
    return OrderBatch(who.account[:count], who.side[:count], who.price[:count], who.quantity[:count])


def first_errors(spec: "MarketSpec", streams: "Streams", group_of: Ints) -> Floats:
    """Return the factors (n, K) by which accounts misjudge the first price, 1 for those that are not adaptive."""
    width = np.array([rule.first_error if isinstance(rule, AdaptiveRule) else 0.0 for rule in spec.behaviours])
    draw = streams.at("first expectations", 0).generator().uniform(-1.0, 1.0, (len(spec.population), len(spec.keys)))
    return 1.0 + width[group_of][:, None] * draw
