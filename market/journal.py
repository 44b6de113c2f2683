"""The registry's journal: what happened to rights and cash, in columns, append-only, and its replay."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

CASH = -1
"""The product of entries that move money."""


class Operation(IntEnum):
    """What an entry did."""

    ISSUE = 0
    IMPORT = 1
    TRANSFER = 2
    SURRENDER = 3
    CANCEL = 4
    EXPIRE = 5
    CARRY_OUT = 6
    CARRY_IN = 7
    PAY = 8


TOTALS = {
    Operation.ISSUE: "issued",
    Operation.IMPORT: "imported",
    Operation.SURRENDER: "surrendered",
    Operation.CANCEL: "cancelled",
    Operation.EXPIRE: "expired",
    Operation.CARRY_OUT: "carried_out",
    Operation.CARRY_IN: "carried_in",
}
"""The running total that an operation adds to; transfers and payments add to none."""

LEAVING = frozenset({Operation.SURRENDER, Operation.CANCEL, Operation.EXPIRE, Operation.CARRY_OUT})
"""Operations whose lots leave the account; the lots of all others are added to it (net, with a sign)."""


class Journal:
    """Entries (period, operation, product, account, amount), kept as blocks that share the first three."""

    __slots__ = ("_accounts", "_amounts", "_heads")

    def __init__(self) -> None:
        self._heads: list[tuple[int, int, int]] = []
        self._accounts: list[npt.NDArray[np.int32]] = []
        self._amounts: list[Ints] = []

    def __len__(self) -> int:
        return sum(block.size for block in self._amounts)

    def record(self, period: int, operation: Operation, product: int, change: Ints) -> None:
        """Append an entry for every account (A,) whose change is not zero."""
        rows = change.nonzero()[0]
        if rows.size:
            self._heads.append((period, operation, product))
            self._accounts.append(rows.astype(np.int32))
            self._amounts.append(change[rows])

    def columns(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the entries in order: period, operation, product (CASH for money), account, amount."""
        sizes = [block.size for block in self._amounts]
        heads = np.array(self._heads, dtype=np.int64).reshape(-1, 3)
        return {
            "period": np.repeat(heads[:, 0].astype(np.int32), sizes),
            "operation": np.repeat(heads[:, 1].astype(np.int8), sizes),
            "product": np.repeat(heads[:, 2].astype(np.int32), sizes),
            "account": np.concatenate([np.empty(0, dtype=np.int32), *self._accounts]),
            "amount": np.concatenate([np.empty(0, dtype=np.int64), *self._amounts]),
        }


@dataclass(frozen=True, slots=True)
class Replay:
    """Balances (P, A), cash (A,) and totals (P,) by name, as a journal says they are."""

    balances: Ints
    cash: Ints
    totals: dict[str, Ints]


def replay(journal: Journal, products: int, accounts: int) -> Replay:
    """Return what a journal adds up to, from nothing."""
    columns = journal.columns()
    operation, product = columns["operation"], columns["product"].astype(np.int64)
    account, amount = columns["account"].astype(np.int64), columns["amount"].astype(np.int64)
    state = Replay(
        np.zeros((products, accounts), dtype=np.int64),
        np.zeros(accounts, dtype=np.int64),
        {name: np.zeros(products, dtype=np.int64) for name in TOTALS.values()},
    )
    money = operation == Operation.PAY
    np.add.at(state.cash, account[money], amount[money])
    signed = np.where(np.isin(operation, list(LEAVING)), -amount, amount)
    np.add.at(state.balances, (product[~money], account[~money]), signed[~money])
    for code, name in TOTALS.items():
        rows = operation == code
        np.add.at(state.totals[name], product[rows], amount[rows])
    return state
