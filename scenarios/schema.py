"""The scenario: what a run is made of, declared once. It composes the rule classes of `market` and `agents`.

Every key has a type, a description and, where it has one, a unit; `quotalab schema` prints them as JSON Schema. Checks
across keys (a sector that no account has, a measure on an unknown instrument) are in `scenarios.checks`.
"""

from typing import Annotated, Literal

from pydantic import Field

from agents.behaviours.declared import Behaviour
from agents.world import World
from market.instruments import Instrument, Text
from market.rules import Rule, parameter

SCHEMA_VERSION = 1


class Calendar(Rule):
    """The years that are simulated and how many periods each has."""

    start_year: int = parameter(description="first compliance year", unit="year", ge=1900, le=2200)
    years: int = parameter(description="number of compliance years", unit="year", ge=1, le=100)
    periods_per_year: int = parameter(12, description="steps of the model in a year", unit="1/year", ge=1, le=366)


class Money(Rule):
    """The money that prices, costs and penalties are in."""

    currency: Text = parameter(description="name of the currency, such as yuan / 元")
    minor_unit: float = parameter(0.01, description="smallest amount that accounts are settled in", unit="money", gt=0)
    credit_limit: float = parameter(
        1e12, description="how far an account's cash may fall below zero", unit="money", ge=0, le=9e13
    )
    social_discount_rate: float = parameter(
        0.05, description="rate at which the efficiency ladder discounts", unit="1/year", ge=0, le=1
    )


class TablePopulation(Rule):
    """Accounts and their measures read from two tables (see `quotalab show` for the columns)."""

    kind: Literal["tables"] = parameter("tables", description="explicit accounts")
    firms: str = parameter(description="CSV file of accounts, relative to the scenario file", min_length=1)
    measures: str = parameter(
        description="CSV file of measures by account, relative to the scenario file", min_length=1
    )


class SyntheticPopulation(Rule):
    """Named plants and synthetic accounts that add up to control totals, from a folder of tables."""

    kind: Literal["synthetic"] = parameter("synthetic", description="named plants and synthetic accounts")
    folder: str = parameter(description="folder of tables, relative to the scenario file", min_length=1)
    seed: int = parameter(2017, description="seed of the synthetic accounts (not of the run)", ge=0)
    accounts: int | None = parameter(None, description="number of accounts; the tables' own number if not given", ge=1)


Population = Annotated[TablePopulation | SyntheticPopulation, Field(discriminator="kind")]


class Recording(Rule):
    """What a run keeps."""

    firms: bool = parameter(True, description="whether to keep a row per account and compliance year")
    journal: bool = parameter(True, description="whether to keep every entry of the registry's journal")
    quality: bool = parameter(True, description="whether to keep spread, depth, concentration and gains of sessions")
    trades: bool = parameter(False, description="whether to keep every single trade of order books and other venues")
    sessions: bool = parameter(
        False, description="whether to keep the orders of every session by price, for demand curves and books"
    )


class Note(Rule):
    """An assumption or simplification that is shown wherever results are."""

    key: str = parameter(description="short name", min_length=1)
    text: Text = parameter(description="what is assumed or simplified")
    flagged: bool = parameter(False, description="whether the value is general knowledge or a guess, not a fact")


class Scenario(Rule):
    """One scenario: institutions, accounts, behaviours and the world, without any randomness of its own."""

    schema_version: Literal[1] = Field(
        alias="schema", description="version of the scenario format", json_schema_extra={"const": SCHEMA_VERSION}
    )
    name: str = parameter(description="name used by the command line", pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    title: Text = parameter(description="title")
    summary: Text = parameter(description="what the scenario is for, in a few sentences")
    view: Literal["closed", "open"] = parameter("closed", description="closed, or open to outside markets")
    calendar: Calendar = parameter(description="years and periods")
    money: Money = parameter(description="currency, credit and discounting")
    instruments: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")], Instrument] = parameter(
        description="rights, cleared in this order in every period", min_length=1
    )
    population: Population = parameter(description="the accounts")
    behaviours: tuple[Behaviour, ...] = parameter(
        description="who decides how; each account takes the first entry that selects it", min_length=1
    )
    world: World = parameter(default_factory=World, description="demand, shocks and hydrology")
    rounds: int = parameter(
        2, description="indicative rounds before the one that settles, in which prices are passed on", ge=0, le=50
    )
    recording: Recording = parameter(default_factory=Recording, description="what a run keeps")
    notes: tuple[Note, ...] = parameter((), description="assumptions and simplifications, listed with the results")
