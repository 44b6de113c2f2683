"""What the registry says when something is wrong, and the compiled checks behind it."""

from functools import cache
from types import ModuleType

import numpy as np
import numpy.typing as npt

from market.errors import ConservationError

INT64 = np.dtype(np.int64)
Ints = npt.NDArray[np.int64]

LIMIT = 1 << 61
"""No balance, total or payment may exceed it, so no sum of two of them can wrap."""

FAULTS = (
    "lawful",
    "lots would be created or lost",
    "money would be created or lost",
    "more would be unlocked than is locked",
    "an account would give lots that it does not hold free of locks",
    "an account would pay beyond its cash, credit and locks",
    "an amount exceeds 2**61",
)


@cache
def compiled() -> ModuleType:
    """Return the compiled loops; they are loaded when first used, because that takes longer than a schema needs."""
    from market import registry_kernel

    return registry_kernel


@cache
def compiled_for_orders() -> ModuleType:
    """Return the compiled loops over orders."""
    from market import settlement_kernel

    return settlement_kernel


@cache
def compiled_for_trade() -> ModuleType:
    """Return the compiled call that clears and exchanges at once."""
    from market import trade_at_once_kernel

    return trade_at_once_kernel


def first_wrong(wrong: npt.NDArray[np.bool_], amounts: Ints, message: str) -> str:
    """Return a message that names the first account for which something is wrong."""
    row = int(wrong.argmax())
    return f"{int(wrong.sum())} accounts {message}: first account {row}, {abs(int(amounts[row]))} wanted"


def credit_column(limit: npt.ArrayLike, firms: int, size: int, outside: int) -> Ints:
    """Return the credit limit of every account (``size``,): one for all firms or one each; none for the outside."""
    given = np.asarray(limit, dtype=np.int64)
    if (given < 0).any() or (given > LIMIT).any():
        raise ConservationError("a credit limit is below zero or above 2**61 minor units")
    credit = np.empty(size, dtype=np.int64)
    credit[:firms] = given
    credit[firms:] = given.max(initial=0)
    credit[outside] = LIMIT
    return credit


def column_of(firm_accounts: Ints, size: int, accounts: npt.ArrayLike | None, amounts: npt.ArrayLike) -> Ints:
    """Return amounts by account (``size``,); ``accounts`` None: they are so already."""
    given = np.asarray(amounts)
    if given.size == 0:
        return np.zeros(size, dtype=np.int64)
    if accounts is firm_accounts and given.dtype == INT64 and given.shape == (firm_accounts.size,):
        firms: Ints = np.empty(size, dtype=np.int64)
        if compiled().within(given, LIMIT // firm_accounts.size, firms):  # otherwise told below
            return firms
    if given.dtype.kind not in "iu":
        raise ConservationError(f"amounts are {given.dtype}; lots and money are whole numbers")
    rows = np.arange(size) if accounts is None else np.atleast_1d(np.asarray(accounts))
    if rows.dtype.kind not in "iu" or rows.ndim != 1 or given.ndim > 1 or given.size not in (1, rows.size):
        raise ConservationError("amounts need one row number of an account each")
    if rows.size and (rows.min() < 0 or rows.max() >= size):
        raise ConservationError(f"an account is outside 0 ... {size - 1}")
    if given.min() < 0 or int(given.max()) > LIMIT // max(1, rows.size):
        raise ConservationError("an amount is negative, or all of them could add up to more than 2**61")
    column = np.zeros(size, dtype=np.int64)
    if (rows[1:] > rows[:-1]).all():
        column[rows] = given
    else:
        np.add.at(column, rows, given.astype(np.int64))  # an account may be named twice
    return column


def broken_identity(
    balances: Ints, locked: Ints, cash: Ints, cash_locked: Ints, spendable: Ints, reserve: int, created: Ints
) -> str:
    """Return which identity does not hold, or nothing; ``created`` (products,) lots must be in some account."""
    held = np.delete(balances, reserve, axis=1).sum(axis=1)
    lost = created - held - balances[:, reserve]
    if lost.any():
        p = int(lost.nonzero()[0][0])
        return f"{int(lost[p])} lots of product {p} are unaccounted for"
    if not adds_to_zero(cash):
        return f"cash adds up to {int(cash.sum())} instead of zero"
    if (locked < 0).any() or (locked > balances).any():
        return "an account holds less than it has locked"
    if (cash_locked < 0).any() or (spendable < 0).any():
        return "an account's cash is below its credit limit and locks"
    return ""


def adds_to_zero(change: Ints) -> bool:
    """Return whether an array adds up to zero, in exact arithmetic where int64 could wrap."""
    if change.size == 0 or max(int(change.max()), -int(change.min())) <= LIMIT // change.size:
        return int(change.sum()) == 0
    return sum(change.tolist()) == 0
