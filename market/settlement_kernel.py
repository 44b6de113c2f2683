"""Orders and fills added up by account, compiled."""

import numpy as np
from numba import njit

BOUND = float(1 << 61)


@njit(cache=True)
def claims(account, side, price, quantity, value, accounts):
    """Return lots offered and money bid at the limits (A,) each, and whether all is readable and below 2**61."""
    rights = np.zeros(accounts, dtype=np.int64)
    money = np.zeros(accounts, dtype=np.int64)
    worth = 0.0
    readable = True
    for i in range(account.shape[0]):
        worth += float(price[i]) * float(quantity[i]) * float(value) if side[i] > 0 else float(quantity[i])
        readable &= 0 <= account[i] < accounts and abs(side[i]) == 1 and price[i] >= 0 and quantity[i] > 0
    if not readable or worth >= BOUND:
        return rights, money, False
    for i in range(account.shape[0]):
        if side[i] > 0:
            money[account[i]] += price[i] * quantity[i] * value
        else:
            rights[account[i]] += quantity[i]
    return rights, money, True


@njit(cache=True)
def net_of(account, side, price, quantity, filled, clearing, value, accounts):
    """Return net lots and money (A,) of fills, lots bought, and whether each fill is lawful.

    A fill must be of a known account and lie in 0 ... quantity, and none may be worse than its limit.
    """
    lots = np.zeros(accounts, dtype=np.int64)
    money = np.zeros(accounts, dtype=np.int64)
    bought = 0
    lawful = True
    worth = 0.0
    for i in range(account.shape[0]):
        worth += float(filled[i])
        lawful &= 0 <= account[i] < accounts
    if not lawful or worth * float(max(clearing, 1)) * float(value) >= BOUND:
        return lots, money, bought, False
    for i in range(account.shape[0]):
        f = filled[i]
        lawful &= 0 <= f <= quantity[i]
        lawful &= f == 0 or (price[i] - clearing) * side[i] >= 0
        signed = f * side[i]
        lots[account[i]] += signed
        money[account[i]] -= signed * clearing * value
        bought += f if side[i] > 0 else 0
    return lots, money, bought, lawful
