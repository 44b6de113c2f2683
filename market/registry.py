"""The registry: who owns which rights and how much cash, in whole lots and minor units of money.

It is the only place where ownership changes. Every operation checks everything before it changes anything and raises
`ConservationError` otherwise. A product is (instrument k, vintage v), row ``k · vintages + v``. For every product

    issued + imported + carried in = held + in reserve + surrendered + cancelled + expired + carried out,

where *held* are the lots of all accounts but the reserve. No account holds less than nothing, and none less than what
is locked. Cash may fall to −credit limit and sums to zero over all accounts. The outside market stands for everybody
who is not in the run: its cash has no limit, and rights that it sells beyond what it bought here are *imported*.
"""

import numpy as np
import numpy.typing as npt

from market.errors import ConservationError
from market.journal import CASH, LEAVING, TOTALS, Journal, Operation
from market.orders import Bytes, OrderBatch
from market.registry_checks import (
    FAULTS,
    LIMIT,
    adds_to_zero,
    broken_identity,
    column_of,
    compiled,
    compiled_for_orders,
    compiled_for_trade,
    credit_column,
    first_wrong,
)

Ints = npt.NDArray[np.int64]

_INT64 = np.dtype(np.int64)


class Registry:
    """Balances, locks, cash and totals of one run.

    Parameters
    ----------
    firms, instruments, vintages : their numbers; accounts are the firms, then GOVERNMENT, RESERVE, OUTSIDE and
        DEALER (who stands behind a market maker's pool).
    credit_limit : minor units by which an account's cash may fall below zero; one for all or one per firm.
    journal : whether to keep every entry (12 bytes each); totals are always kept.

    Attributes
    ----------
    balances, locked : (products, accounts) int64 lots.
    cash, cash_locked, credit_limit : (accounts,) int64 minor units.
    totals : (7, products) int64 lots: issued, imported, carried_in, surrendered, cancelled, expired, carried_out, of
        which the attributes of these names are the rows.
    """

    __slots__ = (
        "_nothing", "accounts", "balances", "cancelled", "carried_in", "carried_out", "cash", "cash_locked",
        "credit_limit", "dealer", "expired", "firm_accounts", "firms", "government", "imported", "instruments",
        "issued", "journal", "locked", "outside", "products", "reserve", "surrendered", "totals", "vintages",
    )  # fmt: skip

    def __init__(
        self,
        firms: int,
        instruments: int,
        vintages: int,
        *,
        credit_limit: npt.ArrayLike = 0,
        journal: bool = True,
    ) -> None:
        self.firms, self.instruments, self.vintages = firms, instruments, vintages
        self.government, self.reserve, self.outside, self.dealer = firms, firms + 1, firms + 2, firms + 3
        self.accounts, self.products = firms + 4, instruments * vintages
        self.firm_accounts = np.arange(firms)
        self.balances = np.zeros((self.products, self.accounts), dtype=np.int64)
        self.locked = np.zeros_like(self.balances)
        self.cash = np.zeros(self.accounts, dtype=np.int64)
        self.cash_locked = np.zeros_like(self.cash)
        self.credit_limit = credit_column(credit_limit, firms, self.accounts, self.outside)
        self.journal = Journal() if journal else None
        self.totals = np.zeros((7, self.products), dtype=np.int64)
        self.issued, self.imported, self.carried_in = self.totals[:3]
        self.surrendered, self.cancelled, self.expired, self.carried_out = self.totals[3:]
        self._nothing = np.zeros_like(self.cash)

    # What is there ----------------------------------------------------------------------------------------------

    def product(self, instrument: int, vintage: int) -> int:
        """Return the row of an instrument's vintage."""
        if not (0 <= instrument < self.instruments and 0 <= vintage < self.vintages):
            raise ConservationError(f"there is no vintage {vintage} of instrument {instrument}")
        return instrument * self.vintages + vintage

    def free(self, product: int) -> Ints:
        """Return the lots (A,) that accounts hold and have not locked."""
        return self.balances[product] - self.locked[product]

    def spendable(self) -> Ints:
        """Return the minor units (A,) that accounts can pay: cash and credit that are not locked."""
        return self.cash - self.cash_locked + self.credit_limit

    def check(self) -> None:
        """Raise ConservationError unless every identity holds."""
        sources = self.issued + self.imported + self.carried_in
        ends = self.surrendered + self.cancelled + self.expired + self.carried_out
        wrong = broken_identity(
            self.balances, self.locked, self.cash, self.cash_locked, self.spendable(), self.reserve, sources - ends
        )
        if wrong:
            raise ConservationError(wrong)

    # Rights -----------------------------------------------------------------------------------------------------

    def issue(self, product: int, accounts: npt.ArrayLike | None, lots: npt.ArrayLike, period: int) -> None:
        """Create lots in accounts (the reserve's are in reserve until sold)."""
        if self._at_once(Operation.ISSUE, product, accounts, lots, period):
            return
        added = self._column(accounts, lots)
        self._check_room(product, added)
        self._apply(Operation.ISSUE, product, added, period)

    def surrender(self, product: int, accounts: npt.ArrayLike | None, lots: npt.ArrayLike, period: int) -> None:
        """Take lots out of accounts for compliance."""
        self._take(Operation.SURRENDER, product, accounts, lots, period)

    def cancel(self, product: int, accounts: npt.ArrayLike | None, lots: npt.ArrayLike, period: int) -> None:
        """Take lots out of accounts for good."""
        self._take(Operation.CANCEL, product, accounts, lots, period)

    def expire(self, product: int, accounts: npt.ArrayLike | None, lots: npt.ArrayLike, period: int) -> None:
        """Take out of accounts what has run out of validity."""
        self._take(Operation.EXPIRE, product, accounts, lots, period)

    def carry_over(
        self, product: int, into: int, accounts: npt.ArrayLike | None, lots: npt.ArrayLike, period: int
    ) -> None:
        """Turn lots of one vintage into as many of another of the same instrument."""
        if product // self.vintages != into // self.vintages or product == into:
            raise ConservationError(f"product {product} cannot be carried over into product {into}")
        self._check_product(into)
        if self._at_once(Operation.CARRY_OUT, product, accounts, lots, period, into):
            return
        moved = self._column(accounts, lots)
        self._check_free(Operation.CARRY_OUT, product, moved)
        self._check_room(into, moved)
        self._apply(Operation.CARRY_OUT, product, moved, period)
        self._apply(Operation.CARRY_IN, into, moved, period)

    def transfer(self, product: int, change: Ints, period: int) -> None:
        """Move lots between accounts without payment; ``change`` (A,) adds up to zero."""
        self.exchange(product, change, np.zeros(self.accounts, dtype=np.int64), period)

    def exchange(
        self,
        product: int,
        change: Ints,
        money: Ints,
        period: int,
        unlock: Ints | None = None,
        unlock_cash: Ints | None = None,
    ) -> None:
        """Move lots against money at once, releasing locks; ``change`` and ``money`` (A,) each add up to zero.

        Only settlement calls this. What the outside market sells beyond its balance is imported first.
        """
        self._check_product(product)
        releases = unlock is not None or unlock_cash is not None
        unlock = self._nothing if unlock is None else unlock
        unlock_cash = self._nothing if unlock_cash is None else unlock_cash
        self._check_column(change)
        self._check_column(money)
        if releases:
            self._check_column(unlock)
            self._check_column(unlock_cash)
        if compiled().exchange(
            self.balances[product], self.locked[product], change, unlock,
            self.cash, self.cash_locked, self.credit_limit, money, unlock_cash, releases,
        ):  # fmt: skip
            if self.journal is not None:
                self.journal.record(period, Operation.TRANSFER, product, change)
                self.journal.record(period, Operation.PAY, CASH, money)
            return
        fault, account, lacking = compiled().exchange_fault(
            self.balances[product], self.locked[product], change, unlock,
            self.cash, self.cash_locked, self.credit_limit, money, unlock_cash, self.outside,
        )  # fmt: skip
        if fault:
            raise ConservationError(
                f"{FAULTS[fault]}: product {product}, account {account}, "
                f"{int(change[account])} lots, {int(money[account])} minor units"
            )
        if lacking:
            self._import(product, lacking, period)
        self.locked[product] -= unlock
        self.cash_locked -= unlock_cash
        self._apply(Operation.TRANSFER, product, change, period)
        self._apply_money(money, period)

    def trade_at_once(
        self, product: int, orders: OrderBatch, tie_key: int, money_per_lot_tick: int, period: int
    ) -> tuple[int, int, int, int, int, int, Ints, Bytes, Ints, Ints] | None:
        """Cover, clear and exchange in a call auction at one price; None, and no change, where a rule is in the way.

        Only settlement calls this, with orders whose types are right. Returns price, volume, demand, supply, first,
        last, filled and reason of the clearing, as in `market.orders.ClearingResult`, and the lots and minor units (A,)
        that accounts gained.
        """
        self._check_product(product)
        done, *traded = compiled_for_trade().trade_at_once(
            orders.account, orders.side, orders.price, orders.quantity, money_per_lot_tick, np.uint64(tie_key), product,
            self.outside, self.balances, self.locked, self.cash, self.cash_locked, self.credit_limit, self._nothing,
        )  # fmt: skip
        if not done:
            return None
        if self.journal is not None:
            self.journal.record(period, Operation.TRANSFER, product, traded[8])
            self.journal.record(period, Operation.PAY, CASH, traded[9])
        return tuple(traded)

    def _import(self, product: int, lots: int, period: int) -> None:
        imported = np.zeros(self.accounts, dtype=np.int64)
        imported[self.outside] = lots
        self._check_room(product, imported)
        self._apply(Operation.IMPORT, product, imported, period)

    def _take(
        self,
        operation: Operation,
        product: int,
        accounts: npt.ArrayLike | None,
        lots: npt.ArrayLike,
        period: int,
    ) -> None:
        if self._at_once(operation, product, accounts, lots, period):
            return
        taken = self._column(accounts, lots)
        self._check_free(operation, product, taken)
        self._apply(operation, product, taken, period)

    def _at_once(
        self, operation: Operation, product: int, accounts: npt.ArrayLike | None, lots: npt.ArrayLike, period: int,
        into: int | None = None,
    ) -> bool:  # fmt: skip
        """Do an operation on all firms in one compiled pass; False, and no change, where it needs a closer look."""
        plain = isinstance(lots, np.ndarray) and lots.dtype == _INT64 and lots.shape == (self.firms,)
        if accounts is not self.firm_accounts or not plain or not 0 <= product < self.products:
            return False
        target = product if into is None else into
        room = LIMIT - int(self.issued[target]) - int(self.imported[target]) - int(self.carried_in[target])
        balance, locked = self.balances[product], self.locked[product]
        if into is None:
            leaves = operation in LEAVING
            total = compiled().move(balance, locked, lots, leaves, LIMIT if leaves else room)
        else:
            total = compiled().carry(balance, locked, self.balances[into], lots, room)
        if total < 0:
            return False
        steps = ((operation, product),) if into is None else ((operation, product), (Operation.CARRY_IN, into))
        for step, row in steps:
            getattr(self, TOTALS[step])[row] += total
            if self.journal is not None:
                self.journal.record(period, step, row, np.asarray(lots))
        return True

    # Money ------------------------------------------------------------------------------------------------------

    def pay(self, change: Ints, period: int) -> None:
        """Move money between accounts; ``change`` (A,) adds up to zero."""
        self._check_column(change)
        if max(int(change.max()), -int(change.min())) > LIMIT or not adds_to_zero(change):
            raise ConservationError("money would be created or lost, or an amount exceeds 2**61")
        self._check_cash(change)
        self._apply_money(change, period)

    def fine(self, amounts: npt.ArrayLike, period: int) -> None:
        """Move amounts of accounts 0, 1, ... to the government."""
        self._pay_to(self.government, amounts, period)

    def fine_within_means(self, penalty: npt.NDArray[np.float64], minor_unit: float, period: int) -> None:
        """Move penalties (firms,) in money to the government, as far as each firm's cash and credit reach."""
        imposed = np.empty(self.firms, dtype=np.int64)
        compiled().affordable(penalty, minor_unit, self.cash, self.cash_locked, self.credit_limit, imposed)
        self.fine(imposed, period)

    def pay_outside(self, amounts: npt.ArrayLike, period: int) -> None:
        """Move amounts of accounts 0, 1, ... to the outside world: fees, suppliers, lenders."""
        self._pay_to(self.outside, amounts, period)

    def _pay_to(self, payee: int, amounts: npt.ArrayLike, period: int) -> None:
        given = np.asarray(amounts)
        plain = self.journal is None and given.dtype == _INT64 and given.shape == (self.firms,)
        if plain and compiled().collect(given, payee, self.cash, self.cash_locked, self.credit_limit):
            return
        paid = self._column(self.firm_accounts if given.size == self.firms else np.arange(given.size), given)
        change = -paid
        change[payee] += paid.sum()
        self.pay(change, period)

    # Locks: ownership stays, so they are not in the journal -------------------------------------------------------

    def hold(self, product: int, rights: Ints, money: Ints) -> bool:
        """Lock lots and money (A,) at once if every account has them free; return whether it has, or change nothing."""
        self._check_product(product)
        self._check_column(rights)
        self._check_column(money)
        held = compiled_for_orders().hold(
            rights, money, self.balances[product], self.locked[product],
            self.cash, self.cash_locked, self.credit_limit,
        )  # fmt: skip
        if held < 0:
            raise ConservationError("a lock is negative")
        return bool(held)

    def covers(self, product: int, orders: OrderBatch, money_per_lot_tick: int) -> bool | None:
        """Return whether accounts have free what orders ask at most; None where the orders cannot be read."""
        found = compiled_for_orders().covered(
            orders.account, orders.side, orders.price, orders.quantity, money_per_lot_tick, self.outside,
            self.balances[product], self.locked[product], self.cash, self.cash_locked, self.credit_limit,
        )  # fmt: skip
        return None if found < 0 else found > 0

    def lock(self, product: int, accounts: npt.ArrayLike | None, lots: npt.ArrayLike) -> None:
        """Reserve lots for what is on offer."""
        more = self._column(accounts, lots)
        self._check_free(None, product, more)
        self.locked[product] += more

    def unlock(self, product: int, accounts: npt.ArrayLike | None, lots: npt.ArrayLike) -> None:
        """Release lots."""
        self._check_product(product)
        self.locked[product] = self._released(self.locked[product], self._column(accounts, lots), "rights")

    def lock_cash(self, accounts: npt.ArrayLike | None, amounts: npt.ArrayLike) -> None:
        """Reserve money, of cash or credit, for what is bid."""
        more = self._column(accounts, amounts)
        short = more > self.spendable()
        if short.any():
            raise ConservationError(first_wrong(short, more, "cannot lock money"))
        self.cash_locked += more

    def unlock_cash(self, accounts: npt.ArrayLike | None, amounts: npt.ArrayLike) -> None:
        """Release money."""
        self.cash_locked = self._released(self.cash_locked, self._column(accounts, amounts), "cash")

    # Checks before, changes after -------------------------------------------------------------------------------

    def _column(self, accounts: npt.ArrayLike | None, amounts: npt.ArrayLike) -> Ints:
        """Return amounts by account (A,); ``accounts`` None: they are so already."""
        return column_of(self.firm_accounts, self.accounts, accounts, amounts)

    def _check_product(self, product: int) -> None:
        if not 0 <= product < self.products:
            raise ConservationError(f"there is no product {product}")

    def _check_room(self, product: int, added: Ints) -> None:
        self._check_product(product)
        there = int(self.issued[product]) + int(self.imported[product]) + int(self.carried_in[product])
        if there + int(added.sum()) > LIMIT:
            raise ConservationError(f"product {product} would exceed 2**61 lots")

    def _check_free(self, operation: Operation | None, product: int, taken: Ints) -> None:
        self._check_product(product)
        if compiled().lacks(taken, self.balances[product], self.locked[product]):
            short = taken > self.free(product)
            verb = "lock" if operation is None else operation.name.lower().replace("_", " ")
            raise ConservationError(first_wrong(short, taken, f"cannot {verb} lots of product {product}"))

    def _check_cash(self, change: Ints) -> None:
        if not compiled().cannot_pay(change, self.cash, self.cash_locked, self.credit_limit):
            return
        short = self.cash + change - self.cash_locked < -self.credit_limit
        if short.any():
            raise ConservationError(first_wrong(short, change, "cannot pay"))
        raise ConservationError("an account's cash would exceed 2**61 minor units")

    def _check_column(self, column: Ints) -> None:
        if column.dtype != _INT64 or column.shape != self.cash.shape:
            raise ConservationError("changes must be int64 with a row for every account")

    def _released(self, locked: Ints, less: Ints, what: str) -> Ints:
        if (less > locked).any():
            raise ConservationError(f"more {what} would be unlocked than are locked")
        return locked - less

    def _apply(self, operation: Operation, product: int, change: Ints, period: int) -> None:
        if operation in LEAVING:
            self.balances[product] -= change
        else:
            self.balances[product] += change
        if operation in TOTALS:
            getattr(self, TOTALS[operation])[product] += change.sum()
        if self.journal is not None:
            self.journal.record(period, operation, product, change)

    def _apply_money(self, change: Ints, period: int) -> None:
        self.cash += change
        if self.journal is not None:
            self.journal.record(period, Operation.PAY, CASH, change)
