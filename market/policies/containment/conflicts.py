"""What is wrong with a stack of containment rules: each mistake with its key, the reason and what would work."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations
from typing import Any, NamedTuple

from market.policies.containment.collar import Collar
from market.policies.containment.corridor_release import CorridorRelease
from market.policies.containment.cost_containment_reserve import CostContainmentReserve
from market.policies.containment.emissions_containment_reserve import EmissionsContainmentReserve
from market.policies.containment.market_stability_reserve import MarketStabilityReserve
from market.policies.containment.price_limit import PriceLimit
from market.policies.containment.price_path import PricePath
from market.policies.containment.price_steps import PriceSteps
from market.policies.containment.price_trigger import PriceTrigger
from market.policies.containment.reserve_price import ReservePrice

STACKABLE = {"supply_shift", "price_steps", "halt"}
"""Kinds of which a stack may have several; of every other it has one."""
YEARS_AHEAD = 30


class Conflict(NamedTuple):
    """One mistake: the key below the stack's own (as in ``[1].tiers[0].trigger``), what is wrong, what would work."""

    key: str
    message: str
    remedy: str


class _Line(NamedTuple):
    """A price that a rule states, and the part that it plays."""

    role: str
    key: str
    word: str
    path: PricePath


STRICTLY_BELOW = {
    ("floor", "ceiling"), ("floor", "trigger"), ("floor", "upper"), ("lower", "upper"), ("lower", "trigger"),
    ("lower", "ceiling"), ("reserve", "trigger"), ("reserve", "upper"), ("reserve", "ceiling"),
    ("withheld", "trigger"), ("withheld", "ceiling"), ("trigger", "trigger"),
}  # fmt: skip
NOT_ABOVE = {
    ("floor", "withheld"), ("reserve", "withheld"), ("floor", "step"), ("reserve", "step"), ("trigger", "ceiling"),
    ("upper", "ceiling"), ("step", "ceiling"),
}  # fmt: skip
"""Which price must lie below which other one in every year; what is in neither table may lie as it likes."""


def conflicts(
    rules: Sequence[Any], years: Iterable[int] | None = None, trading_days: int = 1, periods: int | None = None
) -> list[Conflict]:
    """Return every mistake in a stack.

    Parameters
    ----------
    years : calendar years in which prices are compared; by default from the first stated year to 30 after the last.
    trading_days : trading days between two clearings of the venue, for daily price limits.
    periods : periods a year, for rules that begin in one of them; not compared if not given.
    """
    lines = [line for index, rule in enumerate(rules) for line in _lines(f"[{index}]", rule)]
    found = [*_duplicates(rules), *_order_of_prices(lines, _years(lines) if years is None else list(years))]
    for index, rule in enumerate(rules):
        found += _inside(f"[{index}]", rule, trading_days, periods)
    return found


def _lines(key: str, rule: Any) -> Iterator[_Line]:
    if isinstance(rule, ReservePrice):
        yield _Line("reserve", f"{key}.price", "the reserve price", rule.price)
    elif isinstance(rule, EmissionsContainmentReserve):
        yield _Line("withheld", f"{key}.trigger", "the trigger of the emissions containment reserve", rule.trigger)
    elif isinstance(rule, CostContainmentReserve):
        for index, tier in enumerate(rule.tiers):
            word = f"the trigger of tier {index} of the cost containment reserve"
            yield _Line("trigger", f"{key}.tiers[{index}].trigger", word, tier.trigger)
    elif isinstance(rule, PriceSteps):
        for index, step in enumerate(rule.steps):
            yield _Line("step", f"{key}.steps[{index}].price", f"price step {index}", step.price)
    elif isinstance(rule, CorridorRelease):
        yield _Line("lower", f"{key}.lower", "the lower bound of the corridor", rule.lower)
        yield _Line("upper", f"{key}.upper", "the upper bound of the corridor", rule.upper)
    elif isinstance(rule, Collar):
        if rule.floor is not None:
            yield _Line("floor", f"{key}.floor", "the floor", rule.floor)
        if rule.ceiling is not None:
            yield _Line("ceiling", f"{key}.ceiling", "the ceiling", rule.ceiling)


def _years(lines: Sequence[_Line]) -> list[int]:
    stated = [year for line in lines for year in (*line.path.prices, *line.path.inflation) if year > 1900]
    return list(range(min(stated), max(stated) + YEARS_AHEAD + 1)) if stated else [1900]


def _order_of_prices(lines: Sequence[_Line], years: Sequence[int]) -> Iterator[Conflict]:
    """Yield each pair of prices in the wrong order, with the first year in which they are."""
    for low, high in permutations(lines, 2):
        pair = (low.role, high.role)
        strict = pair in STRICTLY_BELOW
        if not strict and pair not in NOT_ABOVE:
            continue
        if low.role == high.role and lines.index(low) > lines.index(high):
            continue  # tiers are to rise in declared order
        for year in years:
            below, above = low.path.level(year), high.path.level(year)
            if below is None or above is None or below < above or (below == above and not strict):
                continue
            yield Conflict(
                high.key,
                f"in {year} {high.word} is {above:g} and {low.word} ({low.key}) is {below:g}: the first must be "
                + ("above the second" if strict else "no lower than the second"),
                f"raise {high.key} in {year} to {'more than ' if strict else ''}{below:g}, or lower {low.key}"
                + (", or state the tiers by rising trigger" if low.role == high.role else ""),
            )
            break


def _duplicates(rules: Sequence[Any]) -> Iterator[Conflict]:
    counts = Counter(rule.kind for rule in rules)
    for index, rule in enumerate(rules):
        first = next(place for place, other in enumerate(rules) if other.kind == rule.kind)
        if counts[rule.kind] > 1 and first != index and rule.kind not in STACKABLE:
            remedy = (
                "give the one rule several tiers" if rule.kind == "cost_containment_reserve" else "keep one of them"
            )
            yield Conflict(f"[{index}].kind", f"{rule.kind} is there already, as [{first}], and has no second", remedy)


def _inside(key: str, rule: Any, trading_days: int, periods: int | None) -> Iterator[Conflict]:
    yield from _empty_reserves(key, rule)
    if isinstance(rule, MarketStabilityReserve):
        if rule.lower >= rule.upper:
            yield Conflict(
                f"{key}.lower",
                f"the lower threshold {rule.lower:g} is not below the upper one {rule.upper:g}: the reserve would take "
                "and release at once",
                f"choose a lower threshold below {rule.upper:g}, as the EU's 400 and 833 million",
            )
        if rule.upper_full is not None and rule.upper_full < rule.upper:
            yield Conflict(
                f"{key}.upper_full",
                f"the buffer ends at {rule.upper_full:g}, before it begins at the upper threshold {rule.upper:g}",
                f"choose {rule.upper:g} or more, as the EU's 1,096 million, or leave the buffer out",
            )
        if rule.application == "monthly" and periods is not None and rule.start >= periods:
            yield Conflict(
                f"{key}.start",
                f"the reserve begins to act in period {rule.start}, and a year has periods 0 to {periods - 1}",
                f"choose 0 to {periods - 1}",
            )
    if isinstance(rule, PriceLimit):
        if rule.band == 0.0:
            yield Conflict(
                f"{key}.band", "a price limit of 0 lets no price move", "state a share above 0, as 0.1 for ±10 % a day"
            )
        if rule.slower == "refuse" and trading_days > 1:
            yield Conflict(
                f"{key}.slower",
                f"the price limit is stated for a trading day and the venue clears every {trading_days}",
                "give the venue daily rounds, or compound the band over trading days (slower: compound)",
            )


def _empty_reserves(key: str, rule: Any) -> Iterator[Conflict]:
    """Yield the reserves that could never sell anything."""
    word = "a reserve without stock can hold no price"
    if isinstance(rule, CostContainmentReserve):
        for index, tier in enumerate(rule.tiers):
            if tier.amount.empty:
                yield Conflict(
                    f"{key}.tiers[{index}].amount", word, "give the tier units or a share of the cap above 0"
                )
    elif isinstance(rule, EmissionsContainmentReserve):
        if rule.amount.empty:
            yield Conflict(f"{key}.amount", "nothing could be withheld", "state units or a share of the cap above 0")
    elif isinstance(rule, PriceTrigger):
        for name in ("stock", "release"):
            if getattr(rule, name) == 0.0:
                yield Conflict(f"{key}.{name}", word, f"state a {name} above 0")
    elif isinstance(rule, CorridorRelease):
        if rule.stock == 0.0 and rule.purchase == 0.0:
            yield Conflict(f"{key}.stock", word, "state a stock above 0, or purchases that fill it")
        if rule.release == 0.0:
            yield Conflict(f"{key}.release", word, "state a release above 0")
    elif isinstance(rule, Collar) and rule.stock == 0.0 and rule.ceiling is not None and rule.bought == "cancelled":
        yield Conflict(
            f"{key}.stock",
            word,
            "state a stock above 0, leave it out for sales without limit, or let purchases fill it",
        )
