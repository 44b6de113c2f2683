"""Planners' limit orders from their net-demand schedules, compiled."""

from collections import namedtuple

import numpy as np
from numba import njit

from market.net_demand_kernel import needs_at

Terms = namedtuple(
    "Terms", "price window plans free forced lot tick front_left window_left now patience offsets jitter backstop"
)
"""What planners go by: the expected ``price`` and binding ``window``; which rows plan; lots free to sell and lots that
must be sold; periods left until the front deadline and until the window ends; supply of others ``now`` in units; the
``patience`` band, the ``offsets`` (S,) of their orders, each account's ``jitter`` (r,) and the ``backstop``."""


@njit(cache=True)
def planned_amount(p, price, front, need, share_later, share_now, free, forced, front_left, window_left, patience):
    """Return what a planner buys (negative: sells) at price ``p`` when it expects ``price``, in units.

    ``share_later`` and ``share_now`` are its shares of what others bring up to the window's end and in this period;
    ``free`` is what it holds and ``forced`` what it may not carry over.
    """
    planned = need if window_left <= 1 else (need - share_later) / window_left + share_now
    idle = min(free, max(0.0, -front))
    gap = 0.0
    if window_left > 1 and price > 0.0:
        gap = min(1.0, max(-1.0, (p / price - 1.0) / patience))
    amount = planned
    if gap > 0.0:
        amount = (1.0 - gap) * planned - (gap * idle if need < 0.0 else 0.0)
    elif gap < 0.0:
        amount = (1.0 + gap) * planned - gap * max(0.0, need - share_later + share_now)
    amount = max(amount, -idle)
    if forced > 0.0:
        amount = min(amount, -min(idle, forced / front_left))
    return max(amount, front / front_left) if front > 0.0 else amount


@njit(cache=True)
def schedule_orders(firms, rows, ahead, terms, known, account, side, limit_price, quantity):
    """Write the planners' limit orders and return how many.

    Each planner trades the part ``1 / window_left`` of its net demand in this period, at least at the pace
    ``1 / front_left`` that the next deadline asks for. What planners need in sum comes from others (public supply,
    outside markets, accounts that trade late): each leaves its share of that sum for later, but for its share of what
    others bring now. So planners' orders add up to ``now`` at the expected price. Away from the expected price all
    trade that can wait moves to the cheaper time within ``patience``. The schedule is sent as steps at the prices
    ``price·(1 + offset·jitter)``; in the last period before a deadline what must be had is bid for up to ``backstop``.
    ``known`` (r,) is every account's net demand over all windows at that price, from the price search.
    """
    r = rows.account.shape[0]
    steps = terms.offsets.shape[0]
    windows = terms.window + 1
    expected, front, need = np.full(r, terms.price), np.zeros(r), np.zeros(r)
    by_window = np.zeros(windows)
    needs = known
    if windows < ahead.windows:
        needs = need
        needs_at(expected, windows, terms.plans, firms, rows, ahead, front, needs, by_window)
    share, share_now = shares(needs, terms.plans, terms.now)
    plans, offsets, jitter, free, forced = terms.plans, terms.offsets, terms.jitter, terms.free, terms.forced
    lot, tick = terms.lot, terms.tick
    last_chance = terms.front_left <= 1
    levels = steps + 1 if last_chance else steps
    ticks = np.zeros((levels, r), dtype=np.int64)
    wanted = np.zeros((levels, r), dtype=np.int64)
    for s in range(levels):
        for j in range(r):
            exact = terms.backstop
            if s < steps:
                exact = terms.price * (1.0 + offsets[s] * jitter[j])
            ticks[s, j] = max(np.int64(np.floor(exact / tick + 0.5)), ticks[s - 1, j] + 1 if s > 0 else 1)
            expected[j] = ticks[s, j] * tick
        needs_at(expected, windows, plans, firms, rows, ahead, front, need, by_window)
        for j in range(r):
            if not plans[j]:
                continue
            amount = planned_amount(
                expected[j], terms.price, front[j], need[j], share[j], share_now[j], free[j] * lot, forced[j] * lot,
                terms.front_left, terms.window_left, terms.patience) / lot  # fmt: skip
            lots = np.int64(np.ceil(amount - 1e-9)) if last_chance else np.int64(np.floor(amount + 0.5))
            lots = max(lots, -free[j])
            wanted[s, j] = min(lots, wanted[s - 1, j]) if s > 0 else lots
    return write_steps(rows.account, ticks, wanted, account, side, limit_price, quantity)


@njit(cache=True)
def shares(needs, plans, now):
    """Return each planner's part (r,) of the planners' need in sum and of what others bring ``now``, in units.

    A need in sum is shared among those who need, a surplus among those who have.
    """
    buyers = 0.0
    sellers = 0.0
    for j in range(needs.shape[0]):
        if plans[j]:
            buyers += max(0.0, needs[j])
            sellers += max(0.0, -needs[j])
    later = buyers - sellers
    share = np.zeros(needs.shape[0])
    share_now = np.zeros(needs.shape[0])
    for j in range(needs.shape[0]):
        if plans[j]:
            buys = max(0.0, needs[j]) / buyers if buyers > 0.0 else 0.0
            sells = max(0.0, -needs[j]) / sellers if sellers > 0.0 else 0.0
            share[j] = later * (buys if later > 0.0 else sells)
            share_now[j] = now * (buys if now > 0.0 else sells)
    return share, share_now


@njit(cache=True)
def write_steps(accounts, ticks, wanted, account, side, limit_price, quantity):
    """Write falling step schedules ``wanted`` (S, r) at ``ticks`` (S, r) as limit orders and return how many.

    A buy at a step is what is wanted there beyond the next step, a sell what is offered there beyond the step before.
    """
    levels, r = wanted.shape
    count = 0
    for j in range(r):
        for s in range(levels):
            here = wanted[s, j]
            above = max(wanted[s + 1, j], 0) if s + 1 < levels else 0
            below = max(-wanted[s - 1, j], 0) if s > 0 else 0
            if here > above:
                account[count], side[count] = accounts[j], 1
                limit_price[count], quantity[count] = ticks[s, j], here - above
                count += 1
            elif -here > below:
                account[count], side[count] = accounts[j], -1
                limit_price[count], quantity[count] = ticks[s, j], -here - below
                count += 1
    return count
