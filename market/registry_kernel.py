"""Whether an exchange of rights against money is lawful, in one pass over the accounts, compiled."""

import numpy as np
from numba import njit

LAWFUL, LOTS_UNBALANCED, MONEY_UNBALANCED, UNLOCKED_TOO_MUCH, NOT_HELD, NO_CASH, TOO_LARGE = range(7)
LIMIT = 1 << 61
LOW = (1 << 32) - 1


@njit(cache=True)
def unbalanced(change):
    """Return whether an array of at most 2**31 integers does not add up to zero; never wraps."""
    high = 0
    low = 0
    for a in range(change.shape[0]):
        high += change[a] >> 32
        low += change[a] & LOW
    return high + (low >> 32) != 0 or low & LOW != 0


@njit(cache=True)
def exchange(balance, locked, change, unlock, cash, cash_locked, credit_limit, money, unlock_cash, releases):
    """Move ``change`` and ``money`` (A,), release locks if it ``releases`` any, and return True; or change nothing.

    False where any rule of `exchange_fault` is broken or the outside market would have to import. The rules are loops
    without branches, so that they are vectorised: a broken one turns ``signs`` negative.
    """
    signs, high, low, money_high, money_low = 0, 0, 0, 0, 0
    for a in range(balance.shape[0]):
        lots, paid = change[a], money[a]
        high += lots >> 32
        low += lots & LOW
        money_high += paid >> 32
        money_low += paid & LOW
        signs |= (LIMIT - lots) | (LIMIT + lots) | (LIMIT - paid) | (LIMIT + paid)
    if releases:
        for a in range(balance.shape[0]):
            kept, kept_cash = locked[a] - unlock[a], cash_locked[a] - unlock_cash[a]
            after = cash[a] + money[a]
            signs |= unlock[a] | unlock_cash[a] | kept | kept_cash | (LIMIT - after)
            signs |= (balance[a] + change[a] - kept) | (after - kept_cash + credit_limit[a])
    else:
        for a in range(balance.shape[0]):
            after = cash[a] + money[a]
            signs |= (LIMIT - after) | (balance[a] + change[a] - locked[a])
            signs |= after - cash_locked[a] + credit_limit[a]
    lawful = high + (low >> 32) == 0 and low & LOW == 0 and money_high + (money_low >> 32) == 0 and money_low & LOW == 0
    if signs < 0 or not lawful:
        return False
    for a in range(balance.shape[0]):  # a loop for each column: they might overlap for all that the compiler knows
        balance[a] += change[a]
    for a in range(balance.shape[0]):
        cash[a] += money[a]
    if releases:
        for a in range(balance.shape[0]):
            locked[a] -= unlock[a]
        for a in range(balance.shape[0]):
            cash_locked[a] -= unlock_cash[a]
    return True


@njit(cache=True)
def exchange_fault(  # noqa: PLR0911 (one return a rule)
    balance, locked, change, unlock, cash, cash_locked, credit_limit, money, unlock_cash, outside
):
    """Return (fault, account, lots that the outside market lacks); all arrays are (A,) and nothing is changed.

    After the exchange every account must hold what stays locked, and owe no more than its credit limit allows beside
    the cash that stays locked. The outside market may lack rights: they are imported.
    """
    lacking = 0
    if unbalanced(change):
        return LOTS_UNBALANCED, outside, lacking
    if unbalanced(money):
        return MONEY_UNBALANCED, outside, lacking
    for a in range(balance.shape[0]):
        if abs(change[a]) > LIMIT or abs(money[a]) > LIMIT:
            return TOO_LARGE, a, lacking
        if not (0 <= unlock[a] <= locked[a] and 0 <= unlock_cash[a] <= cash_locked[a]):
            return UNLOCKED_TOO_MUCH, a, lacking
        spare = balance[a] + change[a] - (locked[a] - unlock[a])
        if spare < 0 and a == outside:
            lacking = -spare
        elif spare < 0:
            return NOT_HELD, a, lacking
        after = cash[a] + money[a]
        if after - (cash_locked[a] - unlock_cash[a]) < -credit_limit[a]:
            return NO_CASH, a, lacking
        if after > LIMIT:
            return TOO_LARGE, a, lacking
    return LAWFUL, outside, lacking


@njit(cache=True)
def lacks(taken, balance, locked):
    """Return whether an account (A,) has fewer free lots than ``taken``."""
    short = False
    for a in range(taken.shape[0]):
        short |= balance[a] - locked[a] < taken[a]
    return short


@njit(cache=True)
def cannot_pay(change, cash, cash_locked, credit_limit):
    """Return whether a change of cash (A,) of at most LIMIT goes beyond cash, credit and locks, or above LIMIT."""
    short = False
    for a in range(change.shape[0]):
        after = cash[a] + change[a]
        short |= (after - cash_locked[a] < -credit_limit[a]) | (after > LIMIT)
    return short


@njit(cache=True, error_model="numpy")  # a check of every division would keep the loop from being vectorised
def affordable(money, minor_unit, cash, cash_locked, credit_limit, paid):
    """Fill ``paid`` (n,) with ``money`` (n,) in minor units, the nearest whole number, as far as cash and credit go."""
    for a in range(money.shape[0]):
        paid[a] = min(np.int64(np.rint(money[a] / minor_unit)), cash[a] - cash_locked[a] + credit_limit[a])


@njit(cache=True)
def collect(amounts, payee, cash, cash_locked, credit_limit):
    """Move ``amounts`` (n,) of the first n accounts to ``payee``, another one; return True, or change nothing."""
    most = LIMIT // max(1, amounts.shape[0])
    signs, total = 0, 0
    for a in range(amounts.shape[0]):
        signs |= amounts[a] | (most - amounts[a])
        signs |= cash[a] - amounts[a] - cash_locked[a] + credit_limit[a]
        total += amounts[a]
    if signs < 0 or payee < amounts.shape[0] or cash[payee] + total > LIMIT:
        return False
    for a in range(amounts.shape[0]):
        cash[a] -= amounts[a]
    cash[payee] += total
    return True


@njit(cache=True)
def lawful_total(balance, locked, lots, leaves):
    """Return the sum of ``lots`` (n,) of the first n accounts; -1 where one is negative, too large or not free."""
    most = LIMIT // max(1, lots.shape[0])
    signs, total = 0, 0
    for a in range(lots.shape[0]):
        signs |= lots[a] | (most - lots[a])
        total += lots[a]
    if leaves:
        for a in range(lots.shape[0]):
            signs |= balance[a] - locked[a] - lots[a]
    return -1 if signs < 0 else total


@njit(cache=True)
def move(balance, locked, lots, leaves, room):
    """Add ``lots`` (n,) to the first n accounts, or take them; return their sum, or -1 and no change."""
    total = lawful_total(balance, locked, lots, leaves)
    if total < 0 or total > room:
        return -1
    if leaves:
        for a in range(lots.shape[0]):
            balance[a] -= lots[a]
    else:
        for a in range(lots.shape[0]):
            balance[a] += lots[a]
    return total


@njit(cache=True)
def carry(balance, locked, into, lots, room):
    """Take ``lots`` (n,) from the first n accounts and add them to ``into``; return their sum, or -1 and no change."""
    total = lawful_total(balance, locked, lots, True)
    if total < 0 or total > room:
        return -1
    for a in range(lots.shape[0]):
        balance[a] -= lots[a]
    for a in range(lots.shape[0]):
        into[a] += lots[a]
    return total


@njit(cache=True)
def within(amounts, most, column):
    """Copy ``amounts`` (n,) to the first entries of ``column`` (A,), the others 0; return whether all are 0 … most."""
    signs = 0
    for a in range(amounts.shape[0]):
        signs |= amounts[a] | (most - amounts[a])
        column[a] = amounts[a]
    column[amounts.shape[0] :] = 0
    return signs >= 0
