"""Checks across keys, which no single field can make: units that fit together, references, dates, years.

They run on the parts of a scenario that are valid by themselves, so that a misspelt key elsewhere hides none of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from agents.behaviours.declared import Behaviour
from agents.world import World
from market.instruments import Instrument
from market.policies.allocation import OutputBenchmark
from market.policies.cap import CapContext, TableCap
from market.policies.penalty import FlatPenalty
from market.rules import Rule
from scenarios.documents import Node, as_json
from scenarios.errors import InputError, Problem
from scenarios.messages import suggestion
from scenarios.places import Places
from scenarios.schema import Calendar, Money, Population, Scenario
from scenarios.venue_checks import check_venues

if TYPE_CHECKING:
    from scenarios.accounts import Accounts

MOST_LOTS = 2**52
MOST_MONEY = 2**62


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a scenario that are valid by themselves; None or absent where one is not, down to single fields."""

    calendar: Calendar | None = None
    money: Money | None = None
    instruments: dict[str, Instrument] = field(default_factory=dict)
    population: Any = None
    behaviours: dict[int, Any] = field(default_factory=dict)
    world: World | None = None
    instrument_keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, scenario: Scenario) -> "Parts":
        """Return the parts of a valid scenario."""
        behaviours = dict(enumerate(scenario.behaviours))
        return cls(
            scenario.calendar,
            scenario.money,
            scenario.instruments,
            scenario.population,
            behaviours,
            scenario.world,
            tuple(scenario.instruments),
        )

    @classmethod
    def salvaged(cls, tree: Node) -> "Parts":
        """Return the parts of a tree that are valid by themselves."""
        behaviours = tree.children.get("behaviours")
        items = behaviours.value if behaviours is not None and isinstance(behaviours.value, list) else []
        instruments = tree.children.get("instruments", Node({}, tree.file, 0)).children
        return cls(
            _valid(Calendar, tree.children.get("calendar")),
            _valid(Money, tree.children.get("money")),
            _present({key: _valid(Instrument, node) for key, node in instruments.items()}),
            _valid(Population, tree.children.get("population")),
            _present({index: _valid(Behaviour, node) for index, node in enumerate(items)}),
            _valid(World, tree.children.get("world", Node({}, tree.file, 0))),
            tuple(instruments),
        )


def _valid(kind: Any, node: Node | None) -> Any:
    """Return a value; of a class of rules that is partly valid, an object with None for every other field."""
    if node is None:
        return None
    try:
        return TypeAdapter(kind).validate_json(as_json(node), strict=True)
    except ValidationError:
        if not (isinstance(kind, type) and issubclass(kind, Rule) and node.children):
            return None
    fields = kind.model_fields
    guessed = bool(set(node.children) - set(fields))  # a field that is absent may be one that is misspelt
    values: dict[str, Any] = {}
    for name, declared in fields.items():
        if name in node.children:
            values[name] = _valid(Annotated[declared.annotation, declared], node.children[name])
        elif guessed or declared.is_required():
            values[name] = None
        else:
            values[name] = declared.get_default(call_default_factory=True)
    return kind.model_construct(**values)


def _present(found: dict[Any, Any]) -> dict[Any, Any]:
    return {key: value for key, value in found.items() if value is not None}


def check(scenario: Scenario, accounts: "Accounts | None" = None) -> tuple[Problem, ...]:
    """Return every warning about a scenario and its accounts; raise InputError with every mistake.

    The accounts are read if they are not given.
    """
    from scenarios import accounts as tables
    from scenarios.loading import origin_of

    errors, warnings = check_parts(Parts.of(scenario), origin_of(scenario))
    if errors:
        raise InputError(errors)
    found = tables.accounts(scenario) if accounts is None else accounts
    return (*warnings, *found.warnings)


def check_parts(parts: Parts, origin: Places) -> tuple[list[Problem], list[Problem]]:
    """Return the errors and the warnings of checks across keys that need no accounts."""
    errors: list[Problem] = []
    warnings: list[Problem] = []
    for key, instrument in parts.instruments.items():
        where = f"instruments.{key}"
        errors += _dates(where, instrument, origin) + _banking(where, instrument, parts.calendar, origin)
        errors += _units(where, instrument, parts.money, origin)
        errors += _amounts(where, instrument, parts.calendar, parts.money, origin)
        warnings += _years(where, instrument, parts.calendar, origin)
        wrong, doubtful = check_venues(where, instrument, parts.calendar, origin)
        errors += wrong
        warnings += doubtful
    errors += _expected(parts, origin)
    money = parts.money
    if _known(money, "credit_limit", "minor_unit") and money.credit_limit / money.minor_unit > MOST_MONEY:
        message = "the credit limit is too large to be counted in the smallest money unit"
        errors.append(origin.problem("money.credit_limit", message, "Lower it, or raise money.minor_unit."))
    if _known(parts.calendar, "start_year", "years") and _known(parts.world, "water"):
        warnings += _outside("world.water", parts.world.water, parts.calendar, origin)
    return errors, warnings


def _expected(parts: Parts, origin: Places) -> list[Problem]:
    """Refuse first prices of instruments that are not there, or that are no prices."""
    errors: list[Problem] = []
    for index, behaviour in parts.behaviours.items():
        for key, price in getattr(behaviour, "first_prices", {}).items():
            where = f"behaviours.{index}.first_prices.{key}"
            if key not in parts.instrument_keys:
                remedy = suggestion(key, list(parts.instrument_keys), "Instruments")
                errors.append(origin.problem(where, f"there is no instrument {key!r}", remedy))
            elif not 0.0 <= price < float("inf"):
                errors.append(origin.problem(where, f"a price of {price:g} cannot be expected", "Give zero or more."))
    return errors


def _known(part: Any, *fields: str) -> bool:
    return part is not None and all(getattr(part, name) is not None for name in fields)


def _dates(where: str, instrument: Instrument, origin: Places) -> list[Problem]:
    dates = instrument.compliance
    if not _known(dates, "deadline_after", "true_up_after") or dates.deadline_after >= dates.true_up_after:
        return []
    message = f"the deadline ({dates.deadline_after}) comes before the verified flows ({dates.true_up_after})"
    remedy = f"Set deadline_after to {dates.true_up_after} or later, or true_up_after earlier."
    key = origin.blamed(f"{where}.compliance.deadline_after", f"{where}.compliance.true_up_after")
    return [origin.problem(key, message, remedy)]


def _banking(where: str, instrument: Instrument, calendar: Calendar | None, origin: Places) -> list[Problem]:
    banking = instrument.banking
    if not _known(banking, "kind", "limits"):
        return []
    key = f"{where}.banking.limits"
    if banking.kind == "limited" and not banking.limits:
        remedy = "Add `limits: [{through: year, base: rights}]`, or use kind full or none."
        return [origin.problem(key, "banking of kind limited has no limits", remedy)]
    if banking.kind != "limited" and banking.limits:
        remedy = "Use `kind: limited`, or remove the limits."
        return [origin.problem(key, f"banking of kind {banking.kind} takes no limits", remedy)]
    through = [limit.through for limit in banking.limits]
    if through != sorted(set(through)):
        return [origin.problem(key, "the limits are not in order of their last year", "Sort them by `through`.")]
    if _known(calendar, "start_year") and through and through[-1] < calendar.start_year:
        message = f"every limit ends before the first year, {calendar.start_year}"
        return [origin.problem(key, message, "Give a limit through a year of the calendar, or use kind full.")]
    return []


def _units(where: str, instrument: Instrument, money: Money | None, origin: Places) -> list[Problem]:
    """Refuse lots that cost a fraction of the smallest money unit at one tick: settlement could not be exact."""
    if not (_known(money, "minor_unit") and _known(instrument, "lot", "tick")):
        return []
    lot, tick, minor = (Fraction(repr(value)) for value in (instrument.lot, instrument.tick, money.minor_unit))
    units = lot * tick / minor
    if units >= 1 and units.denominator == 1:
        return []
    message = (
        f"one lot ({instrument.lot:g}) at one tick ({instrument.tick:g}) costs {float(units):g} times the smallest "
        f"money unit ({money.minor_unit:g}), not a whole number"
    )
    remedy = f"Set tick to a multiple of {float(minor / lot):g}, or change lot or money.minor_unit."
    key = origin.blamed(f"{where}.tick", f"{where}.lot", "money.minor_unit")
    return [origin.problem(key, message, remedy)]


def _amounts(
    where: str, instrument: Instrument, calendar: Calendar | None, money: Money | None, origin: Places
) -> list[Problem]:
    if not (_known(calendar, "start_year", "years") and _known(instrument, "cap", "lot", "initial_bank")):
        return []
    years = np.arange(calendar.start_year, calendar.start_year + calendar.years)
    ones = np.ones(calendar.years)
    levels = instrument.cap.levels(CapContext(years, ones, ones))
    cap = float(levels.max()) + instrument.initial_bank
    if cap / instrument.lot > MOST_LOTS:
        message = f"{cap:g} rights in lots of {instrument.lot:g} are more than 2**52 lots"
        return [origin.problem(f"{where}.lot", message, "Use a larger lot.")]
    penalty = instrument.penalty
    if penalty is None or not _known(money, "minor_unit"):
        return []
    highest = penalty.rate if isinstance(penalty, FlatPenalty) else penalty.ceiling
    if cap * highest / money.minor_unit > MOST_MONEY:
        message = "the whole cap at the highest penalty is too much money for the smallest money unit"
        return [origin.problem(f"{where}.penalty", message, "Lower the penalty or raise money.minor_unit.")]
    return []


def _years(where: str, instrument: Instrument, calendar: Calendar | None, origin: Places) -> list[Problem]:
    if not (_known(calendar, "start_year", "years") and _known(instrument, "cap", "allocation")):
        return []
    found: list[Problem] = []
    if isinstance(instrument.cap, TableCap):
        found += _outside(f"{where}.cap.values", instrument.cap.values, calendar, origin)
    start = instrument.cap.absolute_from
    if start is not None and not isinstance(instrument.allocation, OutputBenchmark):
        message = "absolute_from has no effect without an output benchmark"
        found.append(origin.problem(f"{where}.cap.absolute_from", message, "Remove it, or allocate by benchmark."))
    return found


def _outside(key: str, values: Mapping[int, Any], calendar: Calendar, origin: Places) -> list[Problem]:
    last = calendar.start_year + calendar.years - 1
    outside = [year for year in values if not calendar.start_year <= year <= last]
    if not outside:
        return []
    named = ", ".join(map(str, outside[:6])) + (", …" if len(outside) > 6 else "")
    message = f"{named} lie outside the run ({calendar.start_year} to {last}) and only shape interpolation"
    return [origin.problem(key, message, "Remove them if that is not meant.")]
