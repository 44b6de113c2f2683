"""Bilateral search: accounts meet two by two, at random or among those they know."""

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import model_validator

from market.matching.acquaintance import acquaintances
from market.matching.bargaining import split_price_after_fees
from market.matching.call_auction import own_crossing
from market.matching.deals import Deals, result_of
from market.matching.price_limits import PARTS
from market.matching.protocol import Grid, MechanismRule
from market.orders import ClearingResult, Ints, OrderBatch, Reason
from market.randomness import Stream, splitmix64, tie_break
from market.rules import parameter


@dataclass(frozen=True, slots=True)
class SearchState:
    """What the last clearing cost whom.

    Attributes
    ----------
    money_per_lot_tick : money that a lot costs at a price of one tick.
    accounts : (m,) ids of the accounts that had orders.
    meetings : (m,) how often each met somebody.
    traded : (m,) ticks·lots that each bought and sold.
    """

    money_per_lot_tick: float
    accounts: Ints
    meetings: Ints
    traded: Ints


class BilateralSearch(MechanismRule):
    """Accounts meet in pairs, and two who find that both gain by it trade at the Nash split of their limits.

    In every round of meetings each account that still wants to trade meets at most one other: anybody, the accounts
    being paired off in an order of hashes, or one of those it knows in a fixed network. Two who meet trade the most
    eager orders of the one with those of the other while both gain after the broker's fee, of which each pays half.
    A buyer may meet a buyer: that is what search means. Each meeting costs either side ``search_cost``, deal or not.

    Costs are reported, not charged: `charges` says how much each account owes for the last clearing.

    How discharge and water rights changed hands before there were exchanges, in the United States (Stavins 1995 on
    what it costs; Hahn and Hester 1989 on how few trades that left) as in China's early pilots. For whoever asks what
    an exchange is worth.
    """

    negotiated: ClassVar[bool] = True

    kind: Literal["bilateral"] = parameter("bilateral", description="meetings of two, and a bargain")
    meetings: int = parameter(5, description="rounds of meetings in a clearing", unit="meetings", ge=1)
    rounds: int = parameter(1, description="clearings in a period", ge=1)
    partners: Literal["anyone", "ring", "random_regular"] = parameter(
        "anyone", description="whom an account may meet: anyone, or those it knows in a network"
    )
    accounts: int | None = parameter(
        None, description="size of the network: accounts 0 … accounts − 1; others know nobody", unit="accounts", ge=3
    )
    degree: int = parameter(4, description="how many accounts each one knows; even", unit="accounts", ge=2)
    network: int = parameter(0, description="number of the random network; another number, another network", ge=0)
    seller_weight: float = parameter(
        0.5, description="the seller's bargaining weight: its share of the gain of a deal", unit="share", ge=0, le=1
    )
    search_cost: float = parameter(0.0, description="what a meeting costs each side", unit="money per meeting", ge=0)
    broker_fee: float = parameter(
        0.0, description="broker's fee, half paid by either side", unit="share of value", ge=0, lt=1
    )
    whole_lots: bool = parameter(False, description="an offer is sold whole or not at all")

    @model_validator(mode="after")
    def _network_is_complete(self) -> Self:
        if self.partners == "anyone":
            return self
        if self.accounts is None:
            raise ValueError(f"partners: {self.partners} needs `accounts`, the number of accounts in the network")
        if self.degree % 2 or self.degree >= self.accounts:
            raise ValueError(
                f"degree is {self.degree}; it must be even and below the {self.accounts} accounts of the network"
            )
        return self

    @property
    def own_limit_counts(self) -> bool:
        """Whether an order may trade at its own limit."""
        return True

    @property
    def rounds_a_period(self) -> int:
        """Clearings in a period."""
        return self.rounds

    def open(self, grid: Grid) -> SearchState:
        """Return the state before anybody met."""
        nothing = np.empty(0, dtype=np.int64)
        return SearchState(grid.lot * grid.tick, nothing, nothing, nothing)

    def charges(self, state: SearchState) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return (m,) the search costs and (m,) the broker's fees, in money, of ``state.accounts``."""
        value = state.traded.astype(np.float64) * state.money_per_lot_tick
        return state.meetings.astype(np.float64) * self.search_cost, value * (0.5 * self.broker_fee)

    def clear(self, state: SearchState, orders: OrderBatch, stream: Stream) -> tuple[SearchState, ClearingResult]:
        """Return what it cost whom, and the fills.

        Raises
        ------
        OrderError
            Where the batch has wrong types, sides, prices or quantities (all are listed).
        """
        from market.matching.bilateral_search_kernel import bargain

        orders.validate()
        withdrawn = own_crossing(orders)
        left = orders.quantity - withdrawn
        accounts, owner = np.unique(orders.account, return_inverse=True)
        owner = owner.astype(np.int64)
        # One run of rows for each account and side, its most eager order first.
        runs = np.lexsort((-orders.quantity, -orders.price * orders.side, orders.side, owner))
        half_fee = round(self.broker_fee * PARTS / 2)
        counts = np.zeros(accounts.size, dtype=np.int64)
        luck = np.zeros(len(orders), dtype=np.int8)
        ends = np.searchsorted(owner[runs], np.arange(accounts.size + 1))
        columns = []
        for meeting in range(self.meetings):
            wanting = np.zeros(accounts.size, dtype=np.bool_)
            wanting[owner[left > 0]] = True
            if wanting.sum() < 2:
                break
            one, other = self._pairs(accounts, wanting, splitmix64(stream.key ^ splitmix64(meeting)))
            counts[one] += 1
            counts[other] += 1
            columns.append(
                bargain(one, other, ends, runs, orders.side, orders.price, left, luck, half_fee, self.whole_lots)
            )
        deals = self._deals(orders, columns, half_fee / PARTS)

        reason = np.choose(luck, (Reason.NO_PARTNER, Reason.OUTSIDE_PRICE, Reason.RATIONED_OUT)).astype(np.int8)
        reason[left < orders.quantity] = Reason.PARTLY_FILLED_AT_MARGIN
        reason[left == 0] = Reason.FILLED
        reason[withdrawn > 0] = Reason.SELF_TRADE
        result = result_of(orders, deals, reason)
        traded = np.zeros(accounts.size, dtype=np.int64)
        np.add.at(traded, owner, result.worth)
        return SearchState(state.money_per_lot_tick, accounts, counts, traded), result

    def _pairs(self, accounts: Ints, wanting: npt.NDArray[np.bool_], key: int) -> tuple[Ints, Ints]:
        """Return who meets whom, as indices into ``accounts``."""
        if self.partners == "anyone":
            seekers = np.flatnonzero(wanting)
            seekers = seekers[np.lexsort((accounts[seekers], tie_break(key, accounts[seekers])))]
            pairs = seekers.size // 2
            return seekers[: 2 * pairs : 2], seekers[1 : 2 * pairs : 2]
        from market.matching.bilateral_search_kernel import meet_acquaintances

        assert self.accounts is not None  # noqa: S101 (the validator refuses it)
        first, second = acquaintances(self.partners, self.accounts, self.degree, self.network)
        place = np.full(self.accounts, -1, dtype=np.int64)
        inside = np.flatnonzero(wanting & (accounts < self.accounts))
        place[accounts[inside]] = inside
        known = (place[first] >= 0) & (place[second] >= 0)
        first, second = first[known], second[known]
        hashes = tie_break(key, first * self.accounts + second)  # one id for each link
        order = np.argsort(hashes, kind="stable")
        return meet_acquaintances(place[first[order]], place[second[order]], accounts.size)

    def _deals(self, orders: OrderBatch, columns: list[tuple[Ints, Ints, Ints]], half_fee: float) -> Deals:
        buy, sell, lots = (
            np.concatenate([column[i] for column in columns]) if columns else np.empty(0, dtype=np.int64)
            for i in range(3)
        )
        price = split_price_after_fees(orders.price[buy], orders.price[sell], self.seller_weight, half_fee)
        return Deals(buy, sell, price, lots, np.zeros(lots.size, dtype=np.int8))
