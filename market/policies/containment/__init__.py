"""Price containment 价格稳控: rules that hold a price by supply, by limits on trading, or by a standing offer.

The three families act at three places of a period:

1. *Supply rules* act when an authority sets what it offers in a year or a month, from public facts (the bank, past
   prices) and their own stock: `MarketStabilityReserve`, `SupplyShift`, `PriceTrigger` change how much; `ReservePrice`,
   `EmissionsContainmentReserve`, `CostContainmentReserve`, `PriceSteps` say at which price each part is sold. One
   method: ``adjust(public, offered, holdings) -> Adjustment``.
2. *Trading rules* act when orders reach a venue, and between its rounds: `PriceLimit`, `Halt`, `HoldingLimit`. They
   take columns of orders and give masks or quantities; the venue writes the reason.
3. *Standing offers* act in every venue as further orders of the authority: `Collar` (hard floor and ceiling) and
   `CorridorRelease`. They are supply rules too, whose steps and bids are sold and bought wherever the right is traded.

`offer` and `settle` (in `stack`) compose the first and third in declared order and book every allowance; `conflicts`
refuses a stack that cannot work. Quantities are float units and prices money per unit; holdings are plain tuples that
are given and returned. Where whole allowances are the rule (the EU's reserve) the rule rounds, halves up.
"""

from market.policies.containment.amount import YearlyAmount
from market.policies.containment.collar import Collar
from market.policies.containment.conflicts import Conflict, conflicts
from market.policies.containment.corridor_release import CorridorRelease
from market.policies.containment.cost_containment_reserve import CostContainmentReserve, ReserveTier
from market.policies.containment.emissions_containment_reserve import EmissionsContainmentReserve
from market.policies.containment.halt import Halt, HaltState
from market.policies.containment.holding_limit import HoldingLimit
from market.policies.containment.market_stability_reserve import MarketStabilityReserve
from market.policies.containment.price_limit import LimitedOrders, PriceLimit
from market.policies.containment.price_path import PricePath
from market.policies.containment.price_steps import PriceStep, PriceSteps
from market.policies.containment.price_trigger import PriceTrigger
from market.policies.containment.reserve_price import ReservePrice
from market.policies.containment.stack import (
    Containment,
    Holdings,
    Settlement,
    names,
    offer,
    opening,
    reserve,
    settle,
    trading_rules,
)
from market.policies.containment.supply import (
    Adjustment,
    Bid,
    Movement,
    Pool,
    PublicState,
    Step,
    Supply,
    SupplyRule,
)
from market.policies.containment.supply_shift import SupplyShift

__all__ = [
    "Adjustment",
    "Bid",
    "Collar",
    "Conflict",
    "Containment",
    "CorridorRelease",
    "CostContainmentReserve",
    "EmissionsContainmentReserve",
    "Halt",
    "HaltState",
    "HoldingLimit",
    "Holdings",
    "LimitedOrders",
    "MarketStabilityReserve",
    "Movement",
    "Pool",
    "PriceLimit",
    "PricePath",
    "PriceStep",
    "PriceSteps",
    "PriceTrigger",
    "PublicState",
    "ReservePrice",
    "ReserveTier",
    "Settlement",
    "Step",
    "Supply",
    "SupplyRule",
    "SupplyShift",
    "YearlyAmount",
    "conflicts",
    "names",
    "offer",
    "opening",
    "reserve",
    "settle",
    "trading_rules",
]
