"""A stack of containment rules, applied in declared order to what an authority was going to offer.

``offer`` folds the supply rules over a volume and gives the supply schedule; an auction or a venue trades it;
``settle`` books what was sold and bought. Both return new holdings and an entry for every allowance that moved: nothing
is created or lost. Trading rules of the same stack are taken out by ``trading_rules`` and applied where orders arrive.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import Field

from market.policies.containment.collar import Collar
from market.policies.containment.corridor_release import CorridorRelease
from market.policies.containment.cost_containment_reserve import CostContainmentReserve
from market.policies.containment.emissions_containment_reserve import EmissionsContainmentReserve
from market.policies.containment.halt import Halt
from market.policies.containment.holding_limit import HoldingLimit
from market.policies.containment.market_stability_reserve import MarketStabilityReserve
from market.policies.containment.price_limit import PriceLimit
from market.policies.containment.price_steps import PriceSteps
from market.policies.containment.price_trigger import PriceTrigger
from market.policies.containment.reserve_price import ReservePrice
from market.policies.containment.supply import Bid, Movement, Pool, PublicState, Step, Supply, SupplyRule, entries
from market.policies.containment.supply_shift import SupplyShift

Containment = Annotated[
    MarketStabilityReserve
    | SupplyShift
    | ReservePrice
    | EmissionsContainmentReserve
    | CostContainmentReserve
    | PriceSteps
    | PriceTrigger
    | CorridorRelease
    | Collar
    | PriceLimit
    | Halt
    | HoldingLimit,
    Field(discriminator="kind"),
]

TRADING = (PriceLimit, Halt, HoldingLimit)
Holdings = tuple[tuple[float, ...], ...]


def names(rules: Sequence[Any]) -> tuple[str, ...]:
    """Return a name for each rule: its kind, and a number from its second use on."""
    kinds = [rule.kind for rule in rules]
    seen = [kinds[: index + 1].count(kind) for index, kind in enumerate(kinds)]
    return tuple(kind if count == 1 else f"{kind}.{count}" for kind, count in zip(kinds, seen, strict=True))


def trading_rules(rules: Sequence[Any]) -> tuple[Any, ...]:
    """Return the rules that act on orders and venues."""
    return tuple(rule for rule in rules if isinstance(rule, TRADING))


def _supply_rules(rules: Sequence[Any]) -> list[tuple[int, str, SupplyRule]]:
    named = zip(rules, names(rules), strict=True)
    return [(index, name, rule) for index, (rule, name) in enumerate(named) if not isinstance(rule, TRADING)]


def opening(rules: Sequence[Any]) -> Holdings:
    """Return what every rule of a stack holds before the first period; trading rules hold nothing."""
    return tuple(() if isinstance(rule, TRADING) else rule.opening() for rule in rules)


def reserve(rules: Sequence[Any], holdings: Holdings) -> float:
    """Return the allowances in all reserves of a stack, units."""
    return math.fsum(rule.reserve(holdings[index]) for index, _, rule in _supply_rules(rules))


def offer(rules: Sequence[Any], base: float, public: PublicState, holdings: Holdings) -> tuple[Supply, Holdings]:
    """Return the supply that rules make of ``base`` units, and what they hold after it.

    Each rule sees what the ones before it have left without a price of its own. What remains is sold at the highest
    reserve price that a rule sets, and no step of the offer is sold below that.

    Raises
    ------
    ValueError
        If the base is negative or not finite, or the holdings are not those of these rules.
    """
    if not 0.0 <= base < math.inf:
        raise ValueError(f"the volume to be offered is {base}; it must be 0 or more, and finite")
    if len(holdings) != len(rules):
        raise ValueError(f"{len(rules)} rules and holdings of {len(holdings)}; take those of opening(rules)")
    left, floor = base, 0.0
    moves: list[Movement] = []
    steps: list[Step] = []
    bids: list[Bid] = []
    after = list(holdings)
    for index, name, rule in _supply_rules(rules):
        found = rule.adjust(public, left, holdings[index])
        after[index] = found.holdings
        for entry in found.movements:
            left += entry.quantity * ((entry.target is Pool.OFFER) - (entry.source is Pool.OFFER))
            moves.append(replace(entry, rule=name))
        for step in found.steps:
            left -= step.quantity if step.source is Pool.OFFER else 0.0
            steps.append(replace(step, rule=name))
        bids += [replace(bid, rule=name) for bid in found.bids]
        floor = max(floor, found.reserve_price)
    if left > 0.0:
        steps.insert(0, Step(floor, left))
    schedule = sorted((replace(step, price=max(step.price, floor)) for step in steps), key=lambda step: step.price)
    wanted = sorted(bids, key=lambda bid: -bid.price)
    return Supply(base, tuple(schedule), tuple(wanted), tuple(moves)), tuple(after)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an auction or a venue left: holdings after it, every entry, and the units of the offer left unsold."""

    holdings: Holdings
    movements: tuple[Movement, ...]
    unsold: float


def settle(
    rules: Sequence[Any], supply: Supply, sold: Sequence[float], bought: Sequence[float], holdings: Holdings
) -> Settlement:
    """Return what is left after ``sold[i]`` units of step i and ``bought[j]`` units of bid j traded.

    Raises
    ------
    ValueError
        If a number is missing, negative, or more than what was offered or asked for.
    """
    after = {name: list(held) for name, held in zip(names(rules), holdings, strict=True)}
    moves: list[Movement] = []
    unsold = 0.0
    for step, quantity in zip(supply.steps, _checked("sold", sold, supply.steps), strict=True):
        moves += entries(Movement(step.source, Pool.SOLD, quantity, step.rule))
        if step.source is Pool.RESERVE and step.part is not None:
            after[step.rule][step.part] -= quantity
        if step.source is not Pool.OFFER:
            continue
        kept = step.quantity - quantity
        moves += entries(Movement(Pool.OFFER, step.unsold, kept, step.rule))
        if step.unsold is Pool.UNSOLD:
            unsold += kept
        elif step.part is not None:
            after[step.rule][step.part] -= kept
    for bid, quantity in zip(supply.bids, _checked("bought", bought, supply.bids), strict=True):
        moves += entries(Movement(Pool.SOLD, bid.target, quantity, bid.rule))
        if bid.stock is not None:
            after[bid.rule][bid.stock] += quantity
        if bid.quota is not None:
            after[bid.rule][bid.quota] -= quantity
    return Settlement(tuple(tuple(held) for held in after.values()), tuple(moves), unsold)


def _checked(word: str, traded: Sequence[float], lines: Sequence[Step | Bid]) -> Sequence[float]:
    if len(traded) != len(lines):
        raise ValueError(f"{word}: {len(traded)} numbers for {len(lines)} steps; there must be one each")
    for index, (quantity, line) in enumerate(zip(traded, lines, strict=True)):
        if not 0.0 <= quantity <= line.quantity or math.isinf(quantity):
            raise ValueError(f"{word}[{index}] is {quantity}; it must lie between 0 and {line.quantity}, and be finite")
    return traded
