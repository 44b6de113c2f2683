"""Mechanisms of trade: one file each, one protocol, `clear(state, orders, stream) -> (state, ClearingResult)`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from market.matching.ascending_clock import AscendingClock
from market.matching.bilateral_search import BilateralSearch
from market.matching.block_agreement import BlockAgreement
from market.matching.call_auction import CallAuction
from market.matching.hybrid import Hybrid
from market.matching.k_double_auction import KDoubleAuction
from market.matching.listed_agreement import ListedAgreement
from market.matching.market_maker import MarketMaker
from market.matching.one_way_auction import OneWayAuction
from market.matching.order_book import OrderBook
from market.matching.posted_price import PostedPrice
from market.matching.protocol import MechanismRule
from market.matching.reserve_desk import ReserveDesk
from market.matching.sealed_bid import SealedBidAuction
from market.orders import NO_PRICE

AnyMechanism = Annotated[
    CallAuction
    | OrderBook
    | SealedBidAuction
    | AscendingClock
    | PostedPrice
    | Hybrid
    | ReserveDesk
    | MarketMaker
    | ListedAgreement
    | BlockAgreement
    | OneWayAuction
    | BilateralSearch
    | KDoubleAuction,
    Field(discriminator="kind"),
]
"""Every built-in mechanism; a venue declares one by its ``kind``."""

MECHANISMS: Mapping[str, type[MechanismRule]] = MappingProxyType(
    {
        "call_auction": CallAuction,
        "order_book": OrderBook,
        "sealed_bid": SealedBidAuction,
        "ascending_clock": AscendingClock,
        "posted": PostedPrice,
        "hybrid": Hybrid,
        "reserve_desk": ReserveDesk,
        "market_maker": MarketMaker,
        "listed": ListedAgreement,
        "block": BlockAgreement,
        "one_way_auction": OneWayAuction,
        "bilateral": BilateralSearch,
        "k_double_auction": KDoubleAuction,
    }
)

__all__ = [
    "MECHANISMS",
    "NO_PRICE",
    "AnyMechanism",
    "AscendingClock",
    "BilateralSearch",
    "BlockAgreement",
    "CallAuction",
    "Hybrid",
    "KDoubleAuction",
    "ListedAgreement",
    "MarketMaker",
    "OneWayAuction",
    "OrderBook",
    "PostedPrice",
    "ReserveDesk",
    "SealedBidAuction",
]
