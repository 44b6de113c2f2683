"""The reserve desk 收储/出让: an authority buys and sells at base prices, out of a finite stock and budget."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import model_validator

from market.matching.house import with_house, withdrawn_among
from market.matching.protocol import Grid, MechanismRule, Offers
from market.orders import BUY, Bytes, ClearingResult, Ints, OrderBatch, Reason
from market.randomness import Stream
from market.rules import parameter
from market.units import steps_down

NO_LIMIT = -1


@dataclass(frozen=True, slots=True)
class ReserveDeskState:
    """What the desk has.

    Attributes
    ----------
    buy_price, sell_price : ticks; None where it does not buy or sell.
    idle_price : ticks paid for idle rights.
    lots : its stock. offered : lots of it that are still for sale in this period.
    budget : ticks·lots that it may still pay.
    """

    buy_price: int | None
    sell_price: int | None
    idle_price: int
    lots: int
    offered: int
    budget: int


class ReserveDesk(MechanismRule):
    """A provincial or municipal reserve of rights (排污权储备: Hunan 2024; Jiujiang 2023).

    Accounts trade with the desk only. Bids at or above its sale price buy out of what it offers in the period, offers
    at or below its purchase price sell to it as far as its budget goes; best limits are served first, and at the limit
    at which stock or budget ends lots are shared pro rata, those left one each by a hash of stream and account. Sales
    and purchases of one clearing are settled from the stock and the budget before it: what it buys it can offer from
    the next period on, what it earns it can spend from the next clearing on if the fund revolves.

    Idle rights (approved but never used, or unused for years) are handed to it by `collect`.
    An account that would buy and sell in one clearing has equal lots of both withdrawn for `Reason.SELF_TRADE`.
    """

    kind: Literal["reserve_desk"] = parameter("reserve_desk", description="收储/出让: a reserve buys and sells")
    buy_price: float | None = parameter(
        None, description="base price at or below which the desk buys; none: it does not", unit="money/unit", ge=0
    )
    sell_price: float | None = parameter(
        None, description="base price at or above which the desk sells; none: it does not", unit="money/unit", ge=0
    )
    pricing: Literal["base", "limit"] = parameter(
        "base",
        description="what is paid: the base price by all, or each order's own limit (sealed bids above the base price,"
        " offers below it)",
    )
    opening_stock: float = parameter(0.0, description="rights in the reserve at the start", unit="units", ge=0)
    budget: float = parameter(0.0, description="money for purchases at the start", unit="money", ge=0)
    revolving: bool = parameter(True, description="whether proceeds of sales may be spent on purchases")
    offer_share: float = parameter(1.0, description="share of the stock offered in one period", gt=0, le=1)
    idle_share: float = parameter(0.0, description="share of idle rights collected", ge=0, le=1)
    idle_price: float = parameter(
        0.0, description="price paid for idle rights; 0: collected without payment", unit="money/unit", ge=0
    )

    house: ClassVar[Literal["none", "reserve", "dealer"]] = "reserve"
    unlimited: ClassVar[bool] = False
    """Whether rights are issued as they are sold; the desk sells what it has."""

    @model_validator(mode="after")
    def _sensible(self) -> "ReserveDesk":
        if self.buy_price is None and self.sell_price is None:
            raise ValueError("a reserve desk needs a buy_price, a sell_price or both")
        if self.buy_price is not None and self.sell_price is not None and self.buy_price > self.sell_price:
            raise ValueError(
                f"the desk would buy at {self.buy_price:g} and sell at {self.sell_price:g}, and anybody could empty its"
                " budget; let it buy at or below the price at which it sells"
            )
        if self.buy_price is None and self.opening_stock == 0 and self.idle_share == 0:
            raise ValueError(
                "the desk has nothing to sell and no way to get it; give it an opening_stock, a buy_price with a"
                " budget, or an idle_share"
            )
        pays = self.buy_price if self.idle_price == 0 else self.idle_price
        earns = self.revolving and self.sell_price is not None and self.opening_stock > 0
        if pays and self.budget == 0 and not earns:
            raise ValueError("the desk pays for rights and has no budget; give it a budget, or a stock that it sells")
        return self

    @property
    def own_limit_counts(self) -> bool:
        """Whether an order may trade at its own limit."""
        return self.pricing == "limit"

    def open(self, grid: Grid) -> ReserveDeskState:
        """Return the state with the opening stock and budget."""
        stock = grid.lots(self.opening_stock)
        return ReserveDeskState(
            None if self.buy_price is None else grid.ticks(self.buy_price),
            None if self.sell_price is None else grid.ticks(self.sell_price),
            grid.ticks(self.idle_price),
            stock,
            self._offer(stock),
            int(steps_down(self.budget, grid.lot * grid.tick)),
        )

    def standing(self, state: ReserveDeskState) -> tuple[Offers, Offers]:
        """Return what the desk offers and what its budget buys, at its base prices."""
        sells = () if state.sell_price is None else ((state.sell_price, state.offered),)
        if state.buy_price is None:
            return sells, ()
        return sells, ((state.buy_price, state.budget // max(1, state.buy_price)),)

    def end_period(self, state: ReserveDeskState) -> ReserveDeskState:
        """Return the state with the next period's offer."""
        return replace(state, offered=self._offer(state.lots))

    def stock(self, state: ReserveDeskState) -> int:
        """Return the lots in the reserve."""
        return state.lots

    def with_prices(self, state: ReserveDeskState, buy: int | None, sell: int | None) -> ReserveDeskState:
        """Return the state with other base prices, in ticks."""
        if buy is not None and sell is not None and buy > sell:
            raise ValueError(f"the desk would buy at {buy} ticks and sell at {sell}; it must buy at or below")
        return replace(state, buy_price=buy, sell_price=sell)

    def collect(self, state: ReserveDeskState, idle: Ints) -> tuple[ReserveDeskState, Ints, Ints]:
        """Return the state after idle rights were collected, the lots taken (n,) and the ticks·lots paid (n,).

        ``idle`` are the idle lots (n,) of each account. Each gives its share, rounded down; where the budget does not
        reach, all give proportionally less, rounded down.
        """
        taken = np.floor(idle * self.idle_share + 1e-9).astype(np.int64)
        wanted = int(taken.sum())
        afford = wanted if state.idle_price == 0 else min(wanted, state.budget // state.idle_price)
        if afford < wanted:
            taken = np.array([int(lots) * afford // wanted for lots in taken], dtype=np.int64)
        value = taken * state.idle_price
        after = replace(state, lots=state.lots + int(taken.sum()), budget=state.budget - int(value.sum()))
        return after, taken, value

    def clear(
        self, state: ReserveDeskState, orders: OrderBatch, stream: Stream
    ) -> tuple[ReserveDeskState, ClearingResult]:
        """Return the state with what is left, and the fills.

        Raises
        ------
        OrderError
            Where the batch has wrong types, sides, prices or quantities (all are listed).
        """
        orders.validate()
        buys = orders.side == BUY
        base, served = self._base_of(state, orders)
        meets = served & ((orders.price - base) * orders.side >= 0)
        withdrawn = withdrawn_among(orders, meets)
        wanted = np.where(meets, orders.quantity - withdrawn, 0)
        reason = np.where(served, np.int8(Reason.OUTSIDE_PRICE), np.int8(Reason.WRONG_SIDE))
        filled = np.zeros(len(orders), dtype=np.int64)
        for rows, lots, money in ((buys, state.offered, NO_LIMIT), (~buys, 1 << 61, state.budget)):
            self._serve(orders, np.flatnonzero(rows & (wanted > 0)), wanted, base, lots, money, stream, filled, reason)
        reason[withdrawn > 0] = Reason.SELF_TRADE
        value = filled * (base if self.pricing == "base" else orders.price)
        result = with_house(orders, filled, value, reason)
        sold, earned = int(filled[buys].sum()), int(value[buys].sum())
        after = replace(
            state,
            lots=state.lots + result.house_lots,
            offered=state.offered - sold,
            budget=state.budget - int(value[~buys].sum()) + (earned if self.revolving else 0),
        )
        return after, result

    def _offer(self, lots: int) -> int:
        return int(steps_down(self.offer_share * lots, 1.0))

    def _base_of(self, state: ReserveDeskState, orders: OrderBatch) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Return (n,) the base price of each order's side, and whether the desk takes that side."""
        buys = orders.side == BUY
        base = np.where(buys, np.int64(state.sell_price or 0), np.int64(state.buy_price or 0))
        return base, np.where(buys, state.sell_price is not None, state.buy_price is not None)

    def _serve(
        self,
        orders: OrderBatch,
        rows: Ints,
        wanted: Ints,
        base: Ints,
        lots: int,
        money: int,
        stream: Stream,
        filled: Ints,
        reason: Bytes,
    ) -> None:
        from market.matching.reserve_desk_kernel import serve

        if not rows.size:
            return
        best_first = rows[np.lexsort((-orders.quantity[rows], -orders.price[rows] * orders.side[rows]))]
        one_price = int(base[rows[0]]) if self.pricing == "base" else NO_LIMIT
        serve(
            best_first, orders.account, orders.price, wanted, one_price, lots, money, np.uint64(stream.key), filled,
            reason,
        )  # fmt: skip
