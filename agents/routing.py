"""Which venue an account goes to: shares of venues emerge from what trading there has cost of late.

An account sends all its orders of a period to one venue. For an account that would trade L lots at the expected
price P (money per unit) venue v costs, as a share of the value,

    cost_v = slippage_v + fees_v(L) / (L · lot · P) + (1 − filled_v) · waiting

with the slippage that its side of the market met there lately (buyers paid more, sellers got less than expected), the
share of lots that found a partner, and what it costs to go away empty-handed (more in the last period before a
deadline). It chooses v with probability ``exp(−cost_v / NOISE) / Σ exp(…)`` among the venues that take its order at
all (McFadden 1974): a discrete choice with unobserved tastes. The draw is a hash of period, product and account, so
that a policy that leaves costs alone moves nobody. What a *negotiated* venue (block, bilateral, …) did not trade may
still go to an open one.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from market.orders import BUY, OrderBatch
from market.randomness import tie_break

if TYPE_CHECKING:
    from agents.venues import OpenVenue, Session
    from market.instruments import Instrument

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NOISE = 0.01
WAITING = 0.02
WAITING_LAST = 0.2
MEMORY = 0.3
"""Weight of the newest period in what accounts expect of a venue."""


def route(
    venues: "list[OpenVenue]", orders: OrderBatch, rule: "Instrument", price: float, last_chance: bool, key: int
) -> Ints:
    """Return the position in ``venues`` (n,) to which each order goes.

    Parameters
    ----------
    orders : orders of accounts (not of the authority or of the outside market).
    price : expected price, money per unit.
    key : of the stream of this choice.
    """
    if len(venues) == 1 or not len(orders):
        return np.zeros(len(orders), dtype=np.int64)
    account, position = np.unique(orders.account, return_inverse=True)
    buys = orders.side == BUY
    meant = (orders.price * rule.tick - price) * orders.side >= 0.0  # what would trade at the expected price
    bought = np.bincount(position, weights=np.where(buys & meant, orders.quantity, 0))
    sold = np.bincount(position, weights=np.where(~buys & meant, orders.quantity, 0))
    lots = np.maximum(bought, sold)
    has_buys = np.bincount(position, weights=buys) > 0
    has_sells = np.bincount(position, weights=~buys) > 0
    utility = np.full((len(venues), account.size), -np.inf)
    waiting = WAITING_LAST if last_chance else WAITING
    for v, venue in enumerate(venues):
        takes = accepts(venue, lots * rule.lot, has_buys, has_sells)
        slippage = np.where(bought >= sold, *venue.slippage)
        cost = slippage + (1.0 - venue.filled) * waiting + fees_of(venue, lots * rule.lot, price, bought >= sold)
        utility[v] = np.where(takes, -cost / NOISE, -np.inf)
    best = utility.max(axis=0)
    nowhere = ~np.isfinite(best)
    weight = np.exp(utility - np.where(nowhere, 0.0, best))
    weight[0, nowhere] = 1.0  # refused with a reason by the first rather than forgotten
    threshold = np.cumsum(weight, axis=0) / weight.sum(axis=0)
    draw = (tie_break(key, account) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    choice = np.minimum((threshold <= draw).sum(axis=0), len(venues) - 1)
    return np.asarray(choice[position], dtype=np.int64)


def accepts(venue: "OpenVenue", units: Floats, buys: Flags, sells: Flags) -> Flags:
    """Return which accounts (n,) a venue takes: by size, and by side where it takes only one."""
    minimum, side = getattr(venue.mechanism, "minimum", 0.0), venue.mechanism.takes
    found = units >= minimum - 1e-9
    if side == "buys":
        found &= buys
    elif side == "sells":
        found &= sells
    return found


def fees_of(venue: "OpenVenue", units: Floats, price: float, buys: Flags) -> Floats:
    """Return what trading so many units (n,) costs in fees, as a share of their value at a price."""
    cost = venue.rule.cost
    if cost is None or price <= 0.0:
        return np.zeros(units.shape)
    value = units * price
    paid = np.where(buys, cost.buyer.cost(units, value), cost.seller.cost(units, value))
    return np.divide(paid, value, out=np.zeros(units.shape), where=value > 0.0)


def learn(venue: "OpenVenue", session: "Session", expected: float, tick: float, firms: int) -> None:
    """Let accounts remember what they met at a venue: slippage of either side, and the share that found a partner.

    Only orders at the expected price or better count as meant to trade: schedules reach far beyond it.
    """
    orders = session.orders
    meant = (orders.account < firms) & ((orders.price * tick - expected) * orders.side >= 0.0)
    wanted = int(orders.quantity[meant].sum())
    if not wanted or expected <= 0.0:
        return
    net, paid = session.net[:firms], -session.money_ticks[:firms] * tick
    venue.filled += MEMORY * (min(1.0, float(np.abs(net).sum()) / wanted) - venue.filled)
    for side in (0, 1):
        rows = net > 0 if side == 0 else net < 0
        fair = float(np.abs(net[rows]).sum()) * expected
        if fair > 0.0:
            worse = (float(paid[rows].sum()) - (fair if side == 0 else -fair)) / fair
            venue.slippage[side] += MEMORY * (worse - venue.slippage[side])
