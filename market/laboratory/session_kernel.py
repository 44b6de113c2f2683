"""One period of a continuous double auction among traders of zero intelligence, compiled."""

import numpy as np
from numba import njit

from market.matching.order_book_kernel import BUYER, CANCELLED, REASON, RESTING, SELLER, TRADES, arrive, clear_quotes


@njit(cache=True)
def trade_period(
    worth, capacity, role, constrained, ladder, who, coin, height, orders, queue, bits, top, holdings, tape
):
    """Let one trader at a time quote one unit; return the trades, on ``tape``, with ``holdings`` (n,) as they end.

    Step t belongs to trader ``who[t]``; ``coin[t]`` decides whether one who may do either buys, and ``height[t]`` where
    in its range it quotes. A step passes in which the trader has nothing to trade or no price that it could quote. A
    quote must better the best one of its side; one that meets the best of the other side trades at that quote's price,
    and the book is cleared.
    """
    lowest, highest = ladder[0], ladder[-1]
    slot = 0
    top[TRADES] = 0
    for t in range(who.shape[0]):
        i = who[t]
        h = holdings[i]
        buys = role[i] > 0 or (role[i] == 0 and coin[t] < 0.5)
        if buys:
            if h >= capacity[i]:
                continue
            low, high = lowest, min(highest, worth[i, h]) if constrained else highest
        else:
            if h <= 0:
                continue
            low, high = max(lowest, worth[i, h - 1]) if constrained else lowest, highest
        if low > high:
            continue
        price = min(high, low + np.int64(height[t] * (high - low + 1)))
        before = top[TRADES]
        side = 1 if buys else -1
        arrive(orders, queue, bits, top, ladder, tape, slot, i, side, price - lowest, 1, True, True, True)
        if top[TRADES] > before:
            holdings[tape[BUYER, before]] += 1
            holdings[tape[SELLER, before]] -= 1
            slot = 0  # nothing rests after a trade
        elif orders[slot, REASON] == RESTING:
            slot += 1
    clear_quotes(orders, queue, bits, top, CANCELLED)
    return top[TRADES]
