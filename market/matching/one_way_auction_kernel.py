"""The compiled one-way auction: one walk down the bids, since whoever bids best is always served first."""

import numpy as np
from numba import njit

UNIFORM, PAY_AS_BID, ENGLISH = 0, 1, 2


@njit(cache=True)
def auction_lots(price, quantity, initiators, bidders, initiating, pricing, increment, whole):
    """Return (lots left, could bid) of each row, and the deals: winner, auction, price, lots.

    Prices are compared as ``score = price · side of the bidder``, the larger the better for the initiator.
    ``bidders`` come best first. Each deal uses up a bidder or an auction, so that there are no more deals than rows.
    """
    n = price.shape[0]
    left = quantity.copy()
    could = np.zeros(n, dtype=np.bool_)
    most = initiators.shape[0] + bidders.shape[0]
    winner, auction = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    at, lots = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    sign = -np.int64(initiating)
    deals, front, reached = 0, 0, 0
    for i in initiators:
        reserve = price[i] * sign
        while reached < bidders.shape[0] and price[bidders[reached]] * sign >= reserve:
            could[bidders[reached]] = True
            reached += 1
        if whole:
            wanted = 0
            for j in range(front, bidders.shape[0]):
                if price[bidders[j]] * sign < reserve or wanted >= left[i]:
                    break
                wanted += left[bidders[j]]
            if wanted < left[i]:
                continue
        first = deals
        while left[i] > 0 and front < bidders.shape[0] and price[bidders[front]] * sign >= reserve:
            j = bidders[front]
            dealt = min(left[i], left[j])
            left[i] -= dealt
            left[j] -= dealt
            winner[deals], auction[deals], at[deals], lots[deals] = j, i, price[j], dealt
            deals += 1
            if left[j] == 0:
                front += 1
        if deals == first or pricing == PAY_AS_BID:
            continue
        score = at[deals - 1] * sign
        if pricing == ENGLISH:
            losing = reserve
            if front < bidders.shape[0]:
                losing = max(reserve, price[bidders[front]] * sign + increment)
            score = min(score, losing)
        at[first:deals] = score * sign
    return left, could, winner[:deals], auction[:deals], at[:deals], lots[:deals]
