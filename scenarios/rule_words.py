"""Venues, transaction costs and containment rules in words, with their prices and amounts and the units of these.

What a rule says is made of its declared fields: each has a phrase in the fixed texts (``rules.own.<kind>.<field>``, or
``rules.parameters.<field>`` where rules share it). Fields at their default are left out, but for those without which a
rule is not understood.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from market.policies.containment import PricePath, PriceStep, ReserveTier, YearlyAmount, names
from market.policies.transaction_cost import SideCost, TransactionCost
from market.rules import Rule

if TYPE_CHECKING:
    from market.instruments import Instrument, Venue
    from scenarios.display import Display

ALWAYS = {
    "order_book": {"rounds"},
    "listed": {"rounds", "price_limit"},
    "block": {"rounds", "price_limit", "minimum"},
    "posted": {"price"},
}
"""Fields that are told at their default too, by kind: they decide what may trade at a venue."""
EACH_YEAR = {"changes", "inflow"}
"""Numbers by year that hold in that year only, not from it on."""
DEFAULT_NAME = "exchange"
PARTS: dict[type[Rule], str] = {ReserveTier: "reserve_tier", PriceStep: "price_step"}
"""Rules within rules have no kind; the texts call them so."""


def mechanism_name(display: "Display", kind: str) -> str:
    """Return what a mechanism is called; a name that is none stands for itself."""
    return str(display.text("rules.mechanisms").get(kind, kind))


def venue_name(display: "Display", venue: "Venue") -> str:
    """Return what a venue is called: its mechanism, after its own name where it has been given one."""
    mechanism = mechanism_name(display, venue.mechanism.kind)
    if venue.name in {venue.mechanism.kind, DEFAULT_NAME}:
        return mechanism
    return f"{venue.name}{display.fill('numbers.bracket', inside=mechanism)}"


def venue_names(display: "Display", rule: "Instrument") -> dict[str, str]:
    """Return what each venue of an instrument is called, by its name in the tables."""
    return {venue.name: venue_name(display, venue) for venue in rule.venues}


def venue_in_words(display: "Display", key: str, venue: "Venue") -> str:
    """Return a venue with its rules and what trading costs there."""
    said = phrases(display, key, venue.mechanism)
    if venue.cost is not None:
        said.append(cost_in_words(display, key, venue.cost))
    return _told(display, venue_name(display, venue), said)


def venues_told(display: "Display", key: str, rule: "Instrument") -> list[str]:
    """Return every venue of an instrument in words."""
    return [venue_in_words(display, key, venue) for venue in rule.venues]


def rules_told(display: "Display", key: str, rule: "Instrument") -> list[str]:
    """Return every containment rule of an instrument in words, in the order in which they apply."""
    named = zip(rule.containment, names(rule.containment), strict=True)
    return [containment_in_words(display, key, one, name) for one, name in named]


def cost_in_words(display: "Display", key: str, cost: TransactionCost) -> str:
    """Return what a trade costs either side beside the price."""
    sides = {"both": cost.buyer} if cost.buyer == cost.seller else {"buyer": cost.buyer, "seller": cost.seller}
    gap = str(display.text("numbers.list_gap"))
    told = [
        display.fill(f"rules.{side}", parts=str(display.text("rules.and")).join(phrases(display, key, one)))
        for side, one in sides.items()
        if one != SideCost()
    ]
    return display.fill("rules.cost", parts=gap.join(told) or display.text("rules.no_rules"))


def containment_name(display: "Display", name: str) -> str:
    """Return what a containment rule is called; the second of a kind has a number, as in ``collar.2``."""
    kind, _, number = name.partition(".")
    words = str(display.text("rules.containment").get(kind, kind))
    return display.fill("rules.numbered", name=words, number=number) if number else words


def containment_in_words(display: "Display", key: str, rule: Any, name: str) -> str:
    """Return a containment rule with its prices and amounts."""
    return _told(display, containment_name(display, name), phrases(display, key, rule))


def phrases(display: "Display", key: str, rule: Rule) -> list[str]:
    """Return what each field of a rule says, in the order of its declaration."""
    kind = PARTS.get(type(rule)) or str(getattr(rule, "kind", ""))
    said = []
    for name, declared in type(rule).model_fields.items():
        value = getattr(rule, name)
        default = None if declared.is_required() else declared.get_default(call_default_factory=True)
        if name == "kind" or (value == default and name not in ALWAYS.get(kind, ())):
            continue
        extra = declared.json_schema_extra
        unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
        said.append(_phrase(display, key, kind, name, value, unit))
    return said


def _phrase(display: "Display", key: str, kind: str, name: str, value: Any, unit: str) -> str:
    own = display.text("rules.own").get(kind, {})
    shared = display.text("rules.parameters")
    if value is None:
        name = f"{name}_none"
    words = own.get(name, shared.get(name, name + " {value}"))
    if isinstance(words, Mapping):
        return str(words[("with" if value else "without") if isinstance(value, bool) else value])
    if name in EACH_YEAR:
        by_year = [
            display.fill("rules.in_year", value=display.amount(key, units), year=year) for year, units in value.items()
        ]
        return str(words).format(value=str(display.text("numbers.comma")).join(by_year))
    if value is None:
        return str(words)
    return str(words).format(value=value_in_words(display, key, value, "multiple" if name == "multiples" else unit))


def value_in_words(display: "Display", key: str, value: Any, unit: str) -> str:
    """Return a value with the unit that its field declares; numbers by year name their years."""
    gap, comma = str(display.text("numbers.list_gap")), str(display.text("numbers.comma"))
    if isinstance(value, PricePath):
        said = path_in_words(display, key, value)
    elif isinstance(value, YearlyAmount) and value.share:
        said = display.fill("rules.of_cap", share=display.share(value.share))
    elif isinstance(value, YearlyAmount):
        said = value_in_words(display, key, value.units, "units/year")
    elif isinstance(value, Rule):
        said = comma.join(phrases(display, key, value))
    elif isinstance(value, Mapping):
        by_year = {int(year): value_in_words(display, key, one, unit) for year, one in value.items()}
        said = comma.join(_from(display, year, one) for year, one in by_year.items())
    elif isinstance(value, tuple | list):
        said = gap.join(value_in_words(display, key, one, unit) for one in value)
    else:
        said = _number(display, key, value, unit)
    return said


def path_in_words(display: "Display", key: str, path: PricePath) -> str:
    """Return a price by year, and how it grows."""
    said = value_in_words(display, key, path.prices, "money/unit")
    if path.growth:
        said = display.fill("rules.growth", value=said, growth=display.share(path.growth))
    return display.fill("rules.inflation", value=said) if any(path.inflation.values()) else said


def _number(display: "Display", key: str, value: Any, unit: str) -> str:
    if unit == "year" or isinstance(value, bool | str):
        return str(value)
    forms = {
        "units": display.amount,
        "units/year": lambda key, value: display.fill("rules.a_year", value=display.amount(key, value)),
        "money/unit": display.price,
        "money per unit": display.price,
        "money/unit²": lambda key, value: f"{display.price(key, value)}²",
        "multiple": lambda _, value: display.number(value),
    }
    if unit in forms:
        return forms[unit](key, value)
    if unit.startswith("money"):
        return display.money(value)
    return display.number(value) if isinstance(value, int) else display.share(value)


def _from(display: "Display", year: int, value: str) -> str:
    return value if year <= 1900 else display.fill("rules.from_year", value=value, year=year)  # 1900: of old


def _told(display: "Display", name: str, said: list[str]) -> str:
    if not said:
        return name
    return display.fill("rules.told", name=name, parts=str(display.text("numbers.list_gap")).join(said))
