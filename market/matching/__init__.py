"""Mechanisms of trade: one file each, one protocol, `clear(state, orders, stream) -> (state, ClearingResult)`."""

from collections.abc import Mapping
from types import MappingProxyType

from market.matching.call_auction import CallAuction
from market.orders import NO_PRICE

MECHANISMS: Mapping[str, type[CallAuction]] = MappingProxyType({"call_auction": CallAuction})

__all__ = ["MECHANISMS", "NO_PRICE", "CallAuction"]
