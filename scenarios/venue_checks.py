"""Checks of how a right is traded and its price held: rules that cannot work together are refused before the run."""

import re
from typing import Any

from agents.trading_rules import guard_of
from market.instruments import Instrument
from market.matching.ascending_clock import AscendingClock
from market.matching.hybrid import Hybrid
from market.matching.listed_agreement import ListedAgreement
from market.matching.market_maker import MarketMaker
from market.matching.order_book import OrderBook
from market.matching.posted_price import PostedPrice
from market.matching.protocol import Grid
from market.matching.sealed_bid import SealedBidAuction
from market.policies.containment import PriceSteps, conflicts
from scenarios.errors import Problem
from scenarios.places import Places
from scenarios.schema import Calendar

AUCTIONED = {"reserve_price", "emissions_containment_reserve", "supply_shift", "market_stability_reserve"}
"""Rules about what is auctioned."""
SOLD = {"collar", "cost_containment_reserve", "corridor_release", "price_trigger", "price_steps"}
"""Rules by which the authority sells or buys at venues."""
OPEN_TO_AUTHORITY = ("call_auction", "order_book", "listed", "hybrid", "sealed_bid", "ascending_clock")
RESOLD = (OrderBook, ListedAgreement, MarketMaker)
"""Mechanisms in which rights are bought and sold again at quotes that others see."""


def check_venues(
    where: str, instrument: Instrument, calendar: Calendar | None, origin: Places
) -> tuple[list[Problem], list[Problem]]:
    """Return the errors and warnings of one instrument's venues and containment rules."""
    venues, rules = instrument.venues, instrument.containment
    if not venues or rules is None or any(venue.mechanism is None for venue in venues):
        return [], []  # these are refused by themselves
    errors = _stack(where, instrument, calendar, origin)
    errors += _openings(where, instrument, calendar, origin) + _ratio(where, instrument, origin)
    errors += _offers(where, instrument, origin) + _two_prices(where, instrument, origin)
    found, warnings = _unsold(where, instrument, calendar, origin)
    warnings += _auctions(where, instrument, origin) + _two_limits(where, instrument, origin)
    return errors + found, warnings


def _stack(where: str, instrument: Instrument, calendar: Calendar | None, origin: Places) -> list[Problem]:
    """Refuse rules that contradict one another, with the reason and what would work."""
    years, periods, days = None, None, 1
    if calendar is not None and None not in (calendar.start_year, calendar.years, calendar.periods_per_year):
        years = range(calendar.start_year, calendar.start_year + calendar.years)
        periods = calendar.periods_per_year
        guards = [guard_of(instrument, venue.mechanism.rounds_a_period, periods) for venue in instrument.venues]
        days = max((guard.days for guard in guards if guard is not None), default=1)
    found = []
    for conflict in conflicts(instrument.containment, years, days, periods):
        key = f"{where}.containment{_dotted(conflict.key)}"
        remedy = _dotted_words(conflict.remedy, where)
        found.append(origin.problem(key, _dotted_words(conflict.message, where), f"{remedy[0].upper()}{remedy[1:]}."))
    return found


def _dotted(key: str) -> str:
    return re.sub(r"\[(\d+)\]", r".\1", key)


def _dotted_words(text: str, where: str) -> str:
    """Write relative keys such as ``[1].tiers[0].trigger`` in a sentence as they stand in the scenario."""
    return re.sub(r"\[\d+\][\w.\[\]]*", lambda found: f"{where}.containment{_dotted(found[0])}", text)


def _openings(where: str, instrument: Instrument, calendar: Calendar | None, origin: Places) -> list[Problem]:
    """Open every mechanism once: what cannot be counted in lots and ticks is refused here."""
    if instrument.lot is None or instrument.tick is None or not instrument.lot > 0 or not instrument.tick > 0:
        return []
    grid, found = Grid(instrument.lot, instrument.tick), []
    year = calendar.start_year if calendar is not None and calendar.start_year is not None else 2025
    for position, venue in enumerate(instrument.venues):
        try:
            venue.mechanism.open_year(venue.mechanism.open(grid), grid, year)
        except ValueError as error:
            message, _, remedy = str(error).partition("; ")
            advice = f"{remedy[0].upper()}{remedy[1:]}." if remedy else "Choose other amounts, or a finer lot and tick."
            found.append(origin.problem(f"{where}.venues.{position}.mechanism", message, advice))
    return found


def _ratio(where: str, instrument: Instrument, origin: Places) -> list[Problem]:
    ratio = instrument.trade_ratio
    if ratio is None or ratio == 1.0:
        return []
    found = []
    for position, venue in enumerate(instrument.venues):
        if isinstance(venue.mechanism, RESOLD):
            key = origin.blamed(f"{where}.trade_ratio", f"{where}.venues.{position}.mechanism")
            message = (
                f"with a trade ratio of {ratio:g} a unit sold is not the unit that arrives, and in a venue of kind "
                f"{venue.mechanism.kind} rights are bought and sold again at quotes that count both as one"
            )
            remedy = "Use a mechanism that settles all at once, such as call_auction, or a trade ratio of 1."
            found.append(origin.problem(key, message, remedy))
    return found


def _offers(where: str, instrument: Instrument, origin: Places) -> list[Problem]:
    """Refuse rules about sales that nobody could make."""
    kinds = {venue.mechanism.kind for venue in instrument.venues}
    reached = any(kind in OPEN_TO_AUTHORITY for kind in kinds)
    share = getattr(instrument.allocation, "auction_share", None)
    found = []
    for index, rule in enumerate(instrument.containment):
        key = f"{where}.containment.{index}"
        if rule.kind in AUCTIONED and share == 0.0:
            message = f"{rule.kind} is a rule about what is auctioned, and nothing is: auction_share is 0"
            found.append(origin.problem(key, message, f"Set {where}.allocation.auction_share, or remove the rule."))
        elif isinstance(rule, PriceSteps) and share == 0.0 and any(step.source == "offer" for step in rule.steps):
            first = next(place for place, step in enumerate(rule.steps) if step.source == "offer")
            message = f"price step {first} is a part of what is auctioned, and nothing is: auction_share is 0"
            remedy = f"Set {where}.allocation.auction_share, or give the step `source: issued`."
            found.append(origin.problem(f"{key}.steps.{first}", message, remedy))
        elif rule.kind in AUCTIONED | SOLD and not reached:
            message = f"{rule.kind} lets the authority offer rights, and no venue takes its orders: {_list(kinds)}"
            found.append(origin.problem(key, message, f"Add a venue of kind {_list(OPEN_TO_AUTHORITY, 'or')}."))
    return found


def _two_prices(where: str, instrument: Instrument, origin: Places) -> list[Problem]:
    """Refuse two rules that each set the price."""
    collars = [index for index, rule in enumerate(instrument.containment) if rule.kind == "collar"]
    found = []
    for venue in instrument.venues if collars else ():
        mechanism = venue.mechanism
        own = isinstance(mechanism, Hybrid) and (mechanism.floor is not None or mechanism.ceiling is not None)
        if own or isinstance(mechanism, PostedPrice):
            what = "has a floor or a ceiling of its own" if own else "has a price of its own"
            message = f"the collar sets prices, and the venue {venue.name!r} of kind {mechanism.kind} {what}"
            found.append(origin.problem(f"{where}.containment.{collars[0]}", message, "Keep one of the two."))
    return found


def _auctions(where: str, instrument: Instrument, origin: Places) -> list[Problem]:
    primary = [isinstance(venue.mechanism, SealedBidAuction | AscendingClock) for venue in instrument.venues]
    share = getattr(instrument.allocation, "auction_share", None)
    found = []
    if any(primary) and share == 0.0:
        message = "a primary auction has nothing to sell: auction_share is 0"
        found.append(origin.problem(f"{where}.venues", message, f"Set {where}.allocation.auction_share above 0."))
    if all(primary):
        message = "there are only primary auctions: who has rights to spare cannot sell them"
        found.append(origin.problem(f"{where}.venues", message, "Add a venue such as call_auction."))
    return found


def _unsold(
    where: str, instrument: Instrument, calendar: Calendar | None, origin: Places
) -> tuple[list[Problem], list[Problem]]:
    """Refuse a rule for what auctions leave where nothing is auctioned, and warn of lots that could never come back."""
    allocation, key = instrument.allocation, f"{where}.allocation.unsold"
    rule, share = getattr(allocation, "unsold", None), getattr(allocation, "auction_share", None)
    if rule is None:
        return [], []
    if share == 0.0:
        message = "unsold is a rule about what auctions leave, and nothing is auctioned: auction_share is 0"
        remedy = f"Set {where}.allocation.auction_share, or remove the rule."
        return [origin.problem(key, message, remedy)], []
    periods, row = getattr(calendar, "periods_per_year", None), getattr(rule, "auctions_above", None)
    if rule.kind != "hold" or periods is None or row is None or periods >= row + 2:
        return [], []
    message = (
        f"unsold lots come back after {row} auctions in a row above the reserve price and are cancelled with their "
        f"year's deadline; with {periods} auctions a year they rarely or never come back"
    )
    remedy = f"Use kind next or cancel, or {row + 2} or more periods a year."
    return [], [origin.problem(key, message, remedy)]


def _two_limits(where: str, instrument: Instrument, origin: Places) -> list[Problem]:
    """Warn of a daily limit beside a venue that has one of its own: an order has to lie within both."""
    rule = next((index for index, one in enumerate(instrument.containment) if one.kind == "price_limit"), None)
    if rule is None:
        return []
    found = []
    for position, venue in enumerate(instrument.venues):
        mechanism = venue.mechanism
        if getattr(mechanism, "price_limit", None) is not None:
            key = f"{where}.containment.{rule}"
            message = (
                f"the venue {venue.name!r} of kind {mechanism.kind} has a price limit of its own, and what trades "
                "there has to lie within both"
            )
            remedy = f"Set {where}.venues.{position}.mechanism.price_limit to null to have the rule alone."
            found.append(origin.problem(key, message, remedy))
    return found


def _list(words: Any, last: str = "and") -> str:
    names = sorted(words) if isinstance(words, set) else list(words)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
