"""What the registry says when something is wrong, and the compiled checks behind it."""

from functools import cache
from types import ModuleType

import numpy as np
import numpy.typing as npt

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


def adds_to_zero(change: Ints) -> bool:
    """Return whether an array adds up to zero, in exact arithmetic where int64 could wrap."""
    if change.size == 0 or max(int(change.max()), -int(change.min())) <= LIMIT // change.size:
        return int(change.sum()) == 0
    return sum(change.tolist()) == 0
