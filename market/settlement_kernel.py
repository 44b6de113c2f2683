"""Orders and fills added up by account, compiled."""

import numpy as np
from numba import njit

from market.matching.call_auction_kernel import rising

BOUND = float(1 << 61)


@njit(cache=True)
def readable(account, side, price, quantity, value, accounts):
    """Return whether `claims` could add up the orders, and whether each account has one order, in rising order.

    Loops are free of branches; the bound is tried on the largest price and quantity before all are added up.
    """
    n = account.shape[0]
    odd, signs, last, dearest, most = 0, 0, 0, 0, 0
    for i in range(n):
        s = np.int64(side[i])
        odd |= (s * s) ^ 1
        signs |= account[i] | price[i] | quantity[i] | (quantity[i] - 1)  # negative if one is
        last, dearest, most = max(last, account[i]), max(dearest, price[i]), max(most, quantity[i])
    if odd != 0 or signs < 0 or last >= accounts:
        return False, False
    if max(1.0, float(dearest) * float(value)) * float(most) * float(n) >= BOUND:
        worth = 0.0
        for i in range(n):
            each = float(price[i]) * float(value) if side[i] > 0 else 1.0
            worth += each * float(quantity[i])
        if worth >= BOUND:
            return False, False
    return True, rising(account)


@njit(cache=True)
def claims(account, side, price, quantity, value, accounts):
    """Return lots offered and money bid at the limits (A,) each, and whether all is readable and below 2**61."""
    n = account.shape[0]
    rights = np.zeros(accounts, dtype=np.int64)
    money = np.zeros(accounts, dtype=np.int64)
    if not readable(account, side, price, quantity, value, accounts)[0]:
        return rights, money, False
    for i in range(n):
        a = np.uint64(account[i])
        bid = quantity[i] if side[i] > 0 else 0
        money[a] += bid * price[i] * value
        rights[a] += quantity[i] - bid
    return rights, money, True


@njit(cache=True)
def covered(account, side, price, quantity, value, outside, balance, locked, cash, cash_locked, credit_limit):
    """Return 1 if all orders are covered by what their accounts have free, 0 if not, -1 if they cannot be read.

    Nothing is changed. The outside market is not limited.
    """
    fits, single = readable(account, side, price, quantity, value, balance.shape[0])
    if not fits:
        return -1
    n = account.shape[0]
    short, abroad = 0, False
    if single and n > 0 and account[n - 1] - account[0] == n - 1:  # no account is left out: columns lie side by side
        start, stop = account[0], account[n - 1] + 1
        if outside < start or outside >= stop:
            own, kept, limit = balance[start:stop], locked[start:stop], credit_limit[start:stop]
            purse, spoken = cash[start:stop], cash_locked[start:stop]
            for i in range(n):
                spare = own[i] - kept[i] - quantity[i]
                short |= 0 if side[i] > 0 else spare
            for i in range(n):
                left = purse[i] - spoken[i] + limit[i] - quantity[i] * (price[i] * value)
                short |= left if side[i] > 0 else 0
            return 0 if short < 0 else 1
    if single:
        for i in range(account.shape[0]):
            a = np.uint64(account[i])
            spare = balance[a] - locked[a] - quantity[i]
            left = cash[a] - cash_locked[a] + credit_limit[a] - quantity[i] * (price[i] * value)
            short |= left if side[i] > 0 else spare
            abroad |= account[i] == outside
        if short >= 0 or not abroad:
            return 0 if short < 0 else 1
    rights, money, _ = claims(account, side, price, quantity, value, balance.shape[0])
    rights[outside] = money[outside] = 0
    for a in range(balance.shape[0]):
        short |= balance[a] - locked[a] - rights[a]
        short |= cash[a] - cash_locked[a] + credit_limit[a] - money[a]
    return 0 if short < 0 else 1


@njit(cache=True)
def hold(rights, money, balance, locked, cash, cash_locked, credit_limit):
    """Lock ``rights`` and ``money`` (A,) and return 1, or change nothing and return 0 (not free) or -1 (negative)."""
    negative, short = 0, 0
    for a in range(rights.shape[0]):
        negative |= rights[a] | money[a]
        free, spendable = balance[a] - locked[a], cash[a] - cash_locked[a] + credit_limit[a]
        short |= (free - rights[a]) | (spendable - money[a])
    if negative < 0:
        return -1
    if short < 0:
        return 0
    for a in range(rights.shape[0]):
        locked[a] += rights[a]
        cash_locked[a] += money[a]
    return 1


@njit(cache=True)
def net_of(account, side, price, quantity, filled, clearing, value, accounts):
    """Return net lots and money (A,) of fills, lots bought, and whether each fill is lawful.

    A fill must be of a known account and lie in 0 ... quantity, and none may be worse than its limit.
    """
    n = account.shape[0]
    lots = np.zeros(accounts, dtype=np.int64)
    money = np.zeros(accounts, dtype=np.int64)
    worth = 0.0
    signs, last, most, bought, worse = 0, 0, 0, 0, False
    for i in range(n):
        buys = side[i] > 0
        signs |= account[i] | price[i] | quantity[i] | filled[i] | (quantity[i] - filled[i])  # negative if one is
        worse |= (filled[i] != 0) & (price[i] < clearing if buys else price[i] > clearing)
        last, most = max(last, account[i]), max(most, filled[i])
        bought += filled[i] if buys else 0
    rises = rising(account)
    if signs < 0 or worse or last >= accounts:
        return lots, money, 0, False
    each = float(max(clearing, 1)) * float(value)
    if float(most) * float(n) * each >= BOUND:
        for i in range(n):
            worth += float(filled[i])
        if worth * each >= BOUND:
            return lots, money, 0, False
    if n > 0 and rises and account[n - 1] - account[0] == n - 1:
        net = lots[account[0] : account[0] + n]
        for i in range(n):
            net[i] = filled[i] if side[i] > 0 else -filled[i]
    else:
        for i in range(n):
            lots[np.uint64(account[i])] += filled[i] if side[i] > 0 else -filled[i]
    paid = -clearing * value
    for a in range(accounts):
        money[a] = lots[a] * paid
    return lots, money, bought, True
