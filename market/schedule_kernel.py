"""Planners' limit orders from their net-demand schedules, compiled."""

from collections import namedtuple

import numpy as np
from numba import njit

from market.net_demand_kernel import BLOCK, add_up, needs_at

LAST_STEPS = 6  # more steps up to the bound on willingness to pay, in the last period before a deadline

Terms = namedtuple(
    "Terms", "price window free forced lot tick front_left window_left now most patience offsets jitter backstop"
)
"""What planners go by: the expected ``price`` and binding ``window``; lots (r,) ``free`` to sell and ``forced`` to be
sold, (0,) where none are; periods left until the front deadline and until the window ends; supply of others ``now``
(at this very price up to ``most``) in units; the ``patience`` band, the ``offsets`` (S,) of their orders, their
``jitter`` (r,) and the ``backstop``."""


@njit(cache=True)
def schedule_orders(firms, rows, ahead, terms, known, account, side, limit_price, quantity):
    """Write the planners' limit orders and return how many.

    ``rows`` are planners only. Each trades the part ``1 / window_left`` of its net demand in this period, at least at
    the pace ``1 / front_left`` that the next deadline asks for. What planners need in sum comes from others (public
    supply, outside markets, accounts that trade late): each leaves its share of that sum for later, but for its share
    of what others bring now. So planners' orders add up to ``now`` at the expected price. Away from the expected price
    all trade that can wait moves to the cheaper time within ``patience``. The schedule is sent as steps at the prices
    ``price·(1 + offset·jitter)``, in the last period before a deadline up to ``backstop``: what can still be saved at a
    price is not bid for above it.
    ``known`` (r,) is every account's net demand over all windows at that price, from the price search.
    """
    r, windows = rows.account.shape[0], terms.window + 1
    last_chance = terms.front_left <= 1
    levels = terms.offsets.shape[0] + (LAST_STEPS if last_chance else 0)
    scratch, parts, by_window = np.empty((3, BLOCK)), np.empty((windows, BLOCK)), np.zeros(windows)
    prices = scratch[2]
    needs = known
    if windows < ahead.windows:
        needs = np.empty(r)
        prices[:] = terms.price
        for first in range(0, r, BLOCK):
            last = min(first + BLOCK, r)
            needs_at(first, last, prices, windows, firms, rows, ahead, scratch, parts)
            add_up(parts, windows, needs[first:last], by_window)
    buyers, sellers = sums(needs)
    now = terms.now
    if (
        terms.most > now
    ):  # at this very price others bring more, up to what is needed: an equal part of it in every period
        now = min(terms.most, max(now, (buyers - sellers) / max(1, terms.window_left)))
    totals = (buyers, sellers, now)
    need, ticks = np.empty(BLOCK), np.empty((levels, BLOCK), dtype=np.int64)
    wanted = np.empty((levels, BLOCK), dtype=np.int64)
    count = 0
    for first in range(0, r, BLOCK):
        last = min(first + BLOCK, r)
        for s in range(levels):
            step_prices(s, first, last, terms, ticks, prices)
            needs_at(first, last, prices, windows, firms, rows, ahead, scratch, parts)
            add_up(parts, windows, need[: last - first], by_window)
            step_lots(s, first, last, terms, totals, needs, prices, parts[0], need, last_chance, wanted)
        count = write_steps(rows.account[first:last], ticks, wanted, account, side, limit_price, quantity, count)
    return count


@njit(cache=True)
def step_prices(s, first, last, terms, ticks, prices):
    """Fill row ``s`` of ``ticks`` (S, BLOCK) with the prices of a step, at least a tick above the step before."""
    size = last - first
    jitter, here = terms.jitter[first:last], ticks[s]
    centre, tick = terms.price, terms.tick
    steps = terms.offsets.shape[0]
    if s < steps:
        for j in range(size):
            exact = min(terms.backstop, centre * (1.0 + terms.offsets[s] * jitter[j]))
            here[j] = np.int64(np.floor(exact / tick + 0.5))
    else:  # geometric steps from the widest offset up to the backstop
        reach = min(terms.backstop, max(tick, centre * (1.0 + terms.offsets[steps - 1])))
        for j in range(size):
            part = min(1.0, (s - steps + jitter[j]) / LAST_STEPS) if s - steps + 1 < LAST_STEPS else 1.0
            here[j] = np.int64(np.floor(reach * (terms.backstop / reach) ** part / tick + 0.5))
    if s > 0:
        before = ticks[s - 1]
        for j in range(size):
            here[j] = max(here[j], before[j] + 1)
    else:
        for j in range(size):
            here[j] = max(here[j], 1)
    for j in range(size):
        prices[j] = here[j] * tick


@njit(cache=True, error_model="numpy")  # a check of every division would keep the loops from being vectorised
def step_lots(s, first, last, terms, totals, needs, prices, front, need, last_chance, wanted):
    """Fill row ``s`` of ``wanted`` (S, BLOCK) with the lots that rows ``first:last`` want at ``prices`` (BLOCK,).

    At the expected price a planner buys ``planned``: what ``needs`` asks for less its shares of what others bring up to
    the window's end (``later``) and with that of what they bring ``now``, spread over the periods left. Above it
    ``up`` of that is put off and what is idle sold, below it ``down`` of what can be bought now is. Choices are written
    as minima and maxima, because branches on them would be hard to predict and keep the loops from being vectorised.
    """
    size = last - first
    free, forced, needs = terms.free[first:last], terms.forced[first:last], needs[first:last]
    lot, price, patience = terms.lot, terms.price, terms.patience
    front_left, window_left = terms.front_left, terms.window_left
    buyers, sellers, now = totals
    later = buyers - sellers
    waits = window_left > 1
    moves = waits and price > 0.0
    here = wanted[s]
    amounts = prices  # the same memory: prices of this step are not needed beyond
    for j in range(size):
        needed, spare = max(0.0, needs[j]), max(0.0, -needs[j])
        buys = needed / buyers if buyers > 0.0 else 0.0
        sells = spare / sellers if sellers > 0.0 else 0.0
        share_later = later * (buys if later > 0.0 else sells)
        share_now = now * (buys if now > 0.0 else sells)
        rest = need[j] - share_later
        planned = rest / window_left + share_now if waits else need[j]
        idle = min(free[j] * lot, max(0.0, -front[j]))
        gap = min(1.0, max(-1.0, (prices[j] / price - 1.0) / patience)) if moves else 0.0
        up, down = max(gap, 0.0), max(-gap, 0.0)
        sold = up * idle if need[j] < 0.0 else 0.0
        amount = (1.0 - up - down) * planned - sold + down * max(0.0, rest + share_now)
        amounts[j] = max(amount, -idle)
    for j in range(forced.shape[0]):
        if forced[j] > 0:
            idle = min(free[j] * lot, max(0.0, -front[j]))
            amounts[j] = min(amounts[j], -min(idle, forced[j] * lot / front_left))
    for j in range(size):
        amount = max(amounts[j], front[j] / front_left) if front[j] > 0.0 else amounts[j]
        lots = np.ceil(amount / lot - 1e-9) if last_chance else np.floor(amount / lot + 0.5)
        here[j] = max(np.int64(lots), -free[j])
    if s > 0:
        before = wanted[s - 1]
        for j in range(size):
            here[j] = min(here[j], before[j])


@njit(cache=True)
def sums(needs):
    """Return what planners who need rights need and what planners who can spare some can spare, in units.

    A need in sum is shared among those who need, a surplus among those who have.
    """
    buyers = 0.0
    sellers = 0.0
    for j in range(needs.shape[0]):
        buyers += max(0.0, needs[j])
        sellers += max(0.0, -needs[j])
    return buyers, sellers


@njit(cache=True)
def write_steps(accounts, ticks, wanted, account, side, limit_price, quantity, count):
    """Write falling step schedules ``wanted`` (S, BLOCK) at ``ticks`` as limit orders; return the next ``count``.

    A buy at a step is what is wanted there beyond the next step, a sell what is offered there beyond the step before.
    Every step is written and kept where it asks for something, because a branch on that would be hard to predict: the
    columns need room for one order more.
    """
    levels = wanted.shape[0]
    for j in range(accounts.shape[0]):
        below = 0
        here = wanted[0, j]
        for s in range(levels):
            above = wanted[s + 1, j] if s + 1 < levels else 0
            bought, sold = here - max(above, 0), -here - below
            account[count] = accounts[j]
            side[count] = 1 if bought > 0 else -1
            limit_price[count] = ticks[s, j]
            lots = bought if bought > 0 else sold
            quantity[count] = lots
            count += 1 if lots > 0 else 0
            below, here = max(-here, 0), above
    return count
