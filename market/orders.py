"""Orders and what became of them, in columns: a row per order, prices in ticks, quantities in lots."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from market.errors import QuotaLabError

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.int8]

BUY = 1
SELL = -1
NO_PRICE = -1
"""The price of a market in which nothing traded."""

LARGEST_PRICE = 1 << 60
LARGEST_TOTAL = 1 << 61
LARGEST_ACCOUNT = 1 << 26


class OrderError(QuotaLabError):
    """A batch of orders that no market can read; the message lists everything that is wrong with it."""


class Reason(IntEnum):
    """Why the lots of an order that did not trade did not trade; FILLED when all did."""

    FILLED = 0
    PARTLY_FILLED_AT_MARGIN = 1
    OUTSIDE_PRICE = 2
    """The limit was not met by the clearing price."""
    RATIONED_OUT = 3
    """The limit was met, and others at the same limit got the lots."""
    NO_COUNTERPARTY = 4
    """Nobody met anybody's limit: nothing traded."""
    SELF_TRADE = 5
    """Withdrawn because the account's own order was the counterpart."""
    REJECTED_NOT_HELD = 6
    """The seller does not hold the rights free of other locks."""
    REJECTED_NO_CASH = 7
    """The buyer's cash and credit do not cover the order at its limit."""
    PRICE_LIMIT = 8
    """The limit lies beyond what the day's price limits let anybody trade at."""
    HALTED = 9
    """Trading was halted."""
    HOLDING_LIMIT = 10
    """The account would have held more than anybody may."""
    BELOW_MINIMUM = 11
    """Smaller than what the venue trades."""
    RESTING = 12
    """Rests in the book and may trade later."""
    CANCELLED = 13
    """Withdrawn by its own account, or when the book was cleared."""
    NO_STOCK = 14
    """The venue's own stock or budget was used up."""
    NO_PARTNER = 15
    """Nobody was met who wanted the other side."""
    BID_LIMIT = 16
    """Beyond what one account may bid for."""
    WRONG_SIDE = 17
    """The venue takes orders of the other side only."""
    UNKNOWN_ORDER = 18
    """A cancellation or replacement of an order that does not rest in the book."""


_INT64, _INT8 = np.dtype(np.int64), np.dtype(np.int8)
_COLUMNS = (("account", np.int64), ("side", np.int8), ("price", np.int64), ("quantity", np.int64))


@dataclass(slots=True)
class OrderBatch:
    """Limit orders.

    Attributes
    ----------
    account : (n,) int64, row of the account.
    side : (n,) int8, +1 buy, −1 sell.
    price : (n,) int64 ticks, the limit.
    quantity : (n,) int64 lots, positive.
    """

    account: Ints
    side: Bytes
    price: Ints
    quantity: Ints

    def __len__(self) -> int:
        return int(self.account.shape[0])

    @classmethod
    def empty(cls) -> "OrderBatch":
        """Return a batch without orders."""
        nothing = np.empty(0, dtype=np.int64)
        return cls(nothing, np.empty(0, dtype=np.int8), nothing, nothing)

    @classmethod
    def concatenate(cls, batches: Iterable["OrderBatch"]) -> "OrderBatch":
        """Return one batch with the rows of all, in their order."""
        parts = [batch for batch in batches if len(batch)]
        if not parts:
            return cls.empty()
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([part.account for part in parts]),
            np.concatenate([part.side for part in parts]),
            np.concatenate([part.price for part in parts]),
            np.concatenate([part.quantity for part in parts]),
        )

    def take(self, rows: npt.ArrayLike) -> "OrderBatch":
        """Return the orders at some rows."""
        index = np.asarray(rows)
        return OrderBatch(self.account[index], self.side[index], self.price[index], self.quantity[index])

    def validate(self) -> None:
        """Raise OrderError with everything that is wrong: types, shapes, sides, prices, quantities, sizes."""
        problems = self._types() or self._values()
        if problems:
            raise OrderError("orders cannot be read: " + "; ".join(problems))

    def check_types(self) -> None:
        """Raise OrderError unless compiled loops can read the columns; values are not looked at."""
        account, side, price, quantity = self.account, self.side, self.price, self.quantity
        known = account.dtype is price.dtype is quantity.dtype is _INT64 and side.dtype is _INT8  # mostly, and quicker
        known = known or (account.dtype == price.dtype == quantity.dtype == _INT64 and side.dtype == _INT8)
        if not known or not account.shape == side.shape == price.shape == quantity.shape:
            self.validate()
        if not (account.flags.c_contiguous and side.flags.c_contiguous and price.flags.c_contiguous
                and quantity.flags.c_contiguous):  # fmt: skip
            self.validate()

    def _types(self) -> list[str]:
        problems = []
        for name, dtype in _COLUMNS:
            column = getattr(self, name)
            if not isinstance(column, np.ndarray) or column.dtype != dtype:
                found = column.dtype if isinstance(column, np.ndarray) else type(column).__name__
                problems.append(f"{name} is {found}, must be an array of {np.dtype(dtype)}")
            elif column.ndim != 1 or not column.flags.c_contiguous:
                problems.append(f"{name} must be one-dimensional and contiguous")
        if not problems and len({getattr(self, name).shape[0] for name, _ in _COLUMNS}) > 1:
            problems.append("columns differ in length")
        return problems

    def _values(self) -> list[str]:
        n = len(self)
        if not n:
            return []
        checks = (
            ((self.account < 0) | (self.account > LARGEST_ACCOUNT), "account is not a row number"),
            (np.abs(self.side) != 1, "side is neither +1 (buy) nor -1 (sell)"),
            ((self.price < 0) | (self.price > LARGEST_PRICE), "price is negative or above 2**60 ticks"),
            (self.quantity <= 0, "quantity is not positive"),
            (self.quantity > LARGEST_TOTAL // n, "quantity times the number of orders is above 2**61 lots"),
        )
        return [
            f"{message} in {int(wrong.sum())} orders, first in row {int(wrong.argmax())}"
            for wrong, message in checks
            if wrong.any()
        ]


HOUSE = -1
"""In `Trades`, the venue's own account: a desk, a pool, an authority that posts a price."""


@dataclass(frozen=True, slots=True)
class Trades:
    """Every single trade in the order in which it happened, where a mechanism trades one by one.

    Attributes
    ----------
    buyer, seller : (m,) int64 accounts; HOUSE where the venue trades on its own account.
    price : (m,) int64 ticks.
    lots : (m,) int64, positive.
    aggressor : (m,) int8, the side of the order that came second (+1 a buy, −1 a sell), 0 where there is none.
    """

    buyer: Ints
    seller: Ints
    price: Ints
    lots: Ints
    aggressor: Bytes

    def __len__(self) -> int:
        return int(self.price.shape[0])

    @classmethod
    def empty(cls) -> "Trades":
        """Return no trades."""
        nothing = np.empty(0, dtype=np.int64)
        return cls(nothing, nothing, nothing, nothing, np.empty(0, dtype=np.int8))


@dataclass(slots=True)  # freezing it would add a microsecond to every clearing; nobody changes it
class ClearingResult:
    """What a mechanism did with a batch.

    Attributes
    ----------
    price : ticks: the one price of all, or where there are several the volume-weighted mean, rounded half up;
        NO_PRICE when nothing traded.
    volume : lots bought (by accounts and by the house), equal to lots sold.
    filled : (n,) int64 lots of each order.
    reason : (n,) int8, a `Reason` for each order.
    demand, supply : lots bid for and offered at the clearing price; 0 without a price.
    first, last : ticks, the ends of the interval of prices that maximise volume; NO_PRICE without a price or interval.
    value : (n,) int64 ticks·lots that each order pays or receives; None where every lot trades at ``price``.
    trades : single trades; None where all trade at once at one price. Where orders of earlier batches rest in the
        state and trade too, only the trades name their accounts, and the trades are what is settled.
    house_lots, house_value : lots that the venue's own account bought net, and the ticks·lots that it paid net.
    """

    price: int
    volume: int
    filled: Ints
    reason: Bytes
    demand: int = 0
    supply: int = 0
    first: int = NO_PRICE
    last: int = NO_PRICE
    value: Ints | None = None
    trades: Trades | None = None
    house_lots: int = 0
    house_value: int = 0

    @property
    def worth(self) -> Ints:
        """Ticks·lots (n,) that each order pays or receives."""
        if self.value is not None:
            return self.value
        return self.filled * max(self.price, 0)

    @property
    def turnover(self) -> int:
        """Ticks·lots that buyers pay in all, accounts and the house."""
        if self.trades is not None:
            return int((self.trades.price * self.trades.lots).sum())
        if self.value is None:
            return self.volume * max(self.price, 0)
        return (int(self.value.sum()) + abs(self.house_value)) // 2
