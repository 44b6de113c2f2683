"""What a rule that is newly chosen starts from: the least that is valid, with amounts and prices that fit its right.

A floor starts at half a price that the scenario itself names, a reserve at a share of the first cap, so that a rule
that is added does something that can be seen and then changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from market.instruments import Text, Venue
from market.rules import Rule
from scenarios.field_specs import fields_of, tag

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Anchor:
    """What starting values are taken from: years of the scenario, cap of the first year and a price of the right."""

    first_year: int
    last_year: int
    cap: float = 100.0
    price: float = 100.0
    auctioned: bool = False

    def path(self, multiple: float) -> dict[str, Any]:
        """Return a price path that starts in the first year at a multiple of the price."""
        return {"prices": {str(self.first_year): rounded(self.price * multiple)}}

    def share(self, part: float) -> float:
        """Return a part of the first cap."""
        return rounded(self.cap * part)


def anchor(scenario: Values, instrument: str | None = None) -> Anchor:
    """Return what starting values of an instrument, or of the scenario as a whole, are taken from."""
    calendar = scenario.get("calendar") or {}
    first = int(calendar.get("start_year") or 2025)
    last = first + int(calendar.get("years") or 1) - 1
    rule = (scenario.get("instruments") or {}).get(instrument)
    if not isinstance(rule, Mapping):
        return Anchor(first, last)
    share = (rule.get("allocation") or {}).get("auction_share") or 0.0
    return Anchor(first, last, first_cap(rule) or 100.0, named_price(rule) or 100.0, bool(share))


def first_cap(instrument: Values) -> float:
    """Return the cap of the first year as the rule states it, before any index of output or water."""
    cap = instrument.get("cap") or {}
    if cap.get("kind") == "table":
        values = {int(year): float(value) for year, value in (cap.get("values") or {}).items()}
        return values[min(values)] if values else 0.0
    if cap.get("kind") == "water_share":
        level = float(cap.get("volume") or 0.0) * float(cap.get("share") or 0.0)
        return min(level, float(cap["total"])) if cap.get("total") else level
    return float(cap.get("initial") or 0.0)


def named_price(instrument: Values) -> float:
    """Return a price that the rules of a right name: outside, base or reserve price, or a part of the penalty."""
    outside, allocation = instrument.get("outside") or {}, instrument.get("allocation") or {}
    prices = {int(year): float(price) for year, price in (outside.get("price") or {}).items()}
    penalty = instrument.get("penalty") or {}
    candidates = (
        prices[min(prices)] if prices else 0.0,
        allocation.get("base_price") or 0.0,
        allocation.get("reserve_price") or 0.0,
        penalty.get("floor") or 0.0,
        0.1 * (penalty.get("rate") or 0.0),  # a tenth: a penalty is set well above any price
    )
    return next((float(price) for price in candidates if price > 0.0), 0.0)


def rounded(value: float) -> float:
    """Return a value with three digits that count, as a person would choose it."""
    return float(f"{value:.3g}")


LARGEST_BLOCK = 100_000.0
"""The smallest block of the national carbon market; markets of few rights begin with a thousandth of their cap."""
STARTS: dict[str, Callable[[Anchor], dict[str, Any]]] = {
    "LinearCap": lambda at: {"initial": at.cap},
    "TableCap": lambda at: {"values": {str(at.first_year): at.cap}},
    "GrowthCap": lambda at: {"initial": at.cap},
    "WaterShareCap": lambda at: {"volume": at.cap, "share": 1.0},
    "FlatPenalty": lambda at: {"rate": rounded(10 * at.price)},
    "MultiplePenalty": lambda at: {"multiple": 5.0, "floor": at.price, "ceiling": rounded(10 * at.price)},
    "CarryOverLimit": lambda at: {"through": at.last_year, "base": 0.0},
    "BlockAgreement": lambda at: {"minimum": min(LARGEST_BLOCK, at.share(0.001))},
    "Hybrid": lambda at: {"floor": rounded(0.5 * at.price), "ceiling": rounded(2 * at.price)},
    "ReserveDesk": lambda at: {"sell_price": rounded(1.5 * at.price), "opening_stock": at.share(0.01)},
    "MarketMaker": lambda at: {"opening_stock": at.share(0.01), "opening_price": at.price},
    "MarketStabilityReserve": lambda at: {
        "upper": at.share(0.4),
        "lower": at.share(0.2),
        "intake_rate": {str(at.first_year): 0.24},
        "release": {str(at.first_year): at.share(0.05)},
    },
    "SupplyShift": lambda at: {"changes": {str(at.first_year): -at.share(0.05)}},
    "ReservePrice": lambda at: {"price": at.path(0.5)},
    "EmissionsContainmentReserve": lambda at: {"trigger": at.path(0.5), "amount": {"share": 0.1}},
    "CostContainmentReserve": lambda at: {"tiers": [{"trigger": at.path(2), "amount": {"share": 0.1}}]},
    "ReserveTier": lambda at: {"trigger": at.path(2), "amount": {"share": 0.1}},
    "PriceSteps": lambda at: {"steps": [STARTS["PriceStep"](at)]},
    "PriceStep": lambda at: {
        "price": at.path(1),
        "amount": {"share": 0.1},
        "source": "offer" if at.auctioned else "issued",
    },
    "PriceTrigger": lambda at: {"release": at.share(0.01), "stock": at.share(0.1)},
    "CorridorRelease": lambda at: {
        "lower": at.path(0.5),
        "upper": at.path(2),
        "stock": at.share(0.1),
        "release": at.share(0.01),
    },
    "Collar": lambda at: {"floor": at.path(0.5), "ceiling": at.path(2)},
    "PricePath": lambda at: at.path(1),
    "YearlyAmount": lambda _: {"share": 0.1},
    "PriceLimit": lambda _: {"band": 0.1},
    "Halt": lambda _: {"move": 0.2},
    "HoldingLimit": lambda _: {"share": 0.1},
    "OutsideMarket": lambda at: {
        "price": {str(at.first_year): at.price},
        "slope": 0.0,
        "import_limit": at.share(0.1),
        "export_limit": at.share(0.1),
    },
    "Note": lambda _: {"key": "note", "text": {"en": "…", "zh": "…"}},
}
"""Required fields, and those that a rule needs to make sense, by class; a class that is not named needs none."""


def starting_value(rule: type[Rule], at: Anchor) -> dict[str, Any] | None:
    """Return the least valid value of a class as plain data, or None where only a person can give it (a file, say)."""
    if rule is Text:
        return {"en": "…", "zh": "…"}
    kind = {"kind": tag(rule)} if tag(rule) else {}
    if rule.__name__ in STARTS:
        return {**kind, **STARTS[rule.__name__](at)}
    if any(spec.required for spec in fields_of(rule).values()):
        return None
    return kind


def starting_venue(mechanism: type[Rule], at: Anchor, taken: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a new venue with a mechanism, called by its kind, and by a number where that is taken."""
    kind = tag(mechanism)
    number = next(count for count in range(1, len(taken) + 2) if _name(kind, count) not in taken)
    return {"name": _name(kind, number), "mechanism": starting_value(mechanism, at)}


def is_venue(rule: type[Rule]) -> bool:
    """Return whether a class is a venue, which is chosen by its mechanism."""
    return rule is Venue


def _name(kind: str, number: int) -> str:
    return kind if number == 1 else f"{kind}-{number}"
