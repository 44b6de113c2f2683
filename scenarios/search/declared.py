"""The declaration of a search: decisions, a fixed set of worlds, objectives, chance constraints, the optimiser.

Decisions and worlds are declared as the levers and uncertainties of a sweep are (`scenarios.sweeps.declared`). Every
policy goes through the same worlds with the same seeds, so that two policies differ by what they do and not by luck.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from market.rules import Rule, parameter
from scenarios.sweeps.declared import NAME, Design, Grid, Varied

SEARCH_VERSION = 1
STATISTIC = re.compile(r"mean|median|max|min|regret|quantile (?:0(?:\.\d+)?|1(?:\.0+)?|\.\d+)")
STATISTICS = "mean, median, max, min, quantile 0.95 (any share), regret"


class Worlds(Rule):
    """The worlds through which every policy goes."""

    uncertainties: dict[Annotated[str, Field(pattern=NAME)], Varied] = parameter(
        default_factory=dict, description="what the world brings; the scenario's own world if not given"
    )
    design: Design = parameter(default_factory=Grid, description="how worlds are sampled")
    seeds: Annotated[int, Field(ge=1, le=100_000)] | list[Annotated[int, Field(ge=0)]] = parameter(
        1, description="how many seeds (0, 1, 2, …) a world is run with, or which ones"
    )

    @model_validator(mode="after")
    def _different(self) -> "Worlds":
        if isinstance(self.seeds, list) and (not self.seeds or len(set(self.seeds)) < len(self.seeds)):
            raise ValueError("the seeds are no list of different whole numbers")
        return self


class Objective(Rule):
    """What is to be low or high: a statistic of an indicator over worlds and seeds.

    Runs that failed are left out of it and counted. ``regret`` is the largest loss over worlds, each against the best
    policy of the search in that world (Savage 1951), of means over seeds.
    """

    outcome: str = parameter(description="indicator, such as abatement_cost", min_length=1)
    direction: Literal["lower", "higher"] = parameter("lower", description="which is better")
    statistic: str = parameter("mean", description=f"over worlds and seeds: {STATISTICS}")

    @field_validator("statistic")
    @classmethod
    def _known(cls, value: str) -> str:
        if STATISTIC.fullmatch(value) is None:
            raise ValueError(f"{value!r} is no statistic; choose among {STATISTICS}")
        return value

    @property
    def name(self) -> str:
        """Column of the tables of results."""
        return f"{self.statistic}({self.outcome})"


class Optimiser(Rule):
    """How policies are proposed; the same seed proposes the same ones, however many workers there are."""

    sampler: Literal["auto", "tpe", "nsga2"] = parameter(
        "auto", description="tree-structured Parzen estimators (tpe; auto), or a genetic algorithm (nsga2)"
    )
    trials: int = parameter(100, description="policies that are tried", ge=1, le=100_000)
    batch: int = parameter(10, description="policies that are tried together, between two looks", ge=1, le=10_000)
    seed: int = parameter(0, description="seed of the proposals", ge=0)
    population: int = parameter(20, description="policies in a generation of nsga2", ge=2, le=10_000)


class TightestCap(Rule):
    """How tight one right's cap can be before a constraint breaks, the others as the scenario has them."""

    instrument: str = parameter(description="key of the right", min_length=1)
    low: float = parameter(50.0, description="tightest scale that is looked at", unit="% of the scenario's cap", gt=0)
    high: float = parameter(120.0, description="loosest scale that is looked at", unit="% of the scenario's cap", gt=0)
    tolerance: float = parameter(
        1.0, description="how close the answer has to be", unit="% of the scenario's cap", gt=0
    )
    constraints: list[str] = parameter(default_factory=list, description="constraints beside those of the search")

    @model_validator(mode="after")
    def _ordered(self) -> "TightestCap":
        if not self.low < self.high:
            raise ValueError(f"low ({self.low:g}) is not below high ({self.high:g})")
        return self


class Search(Rule):
    """Which policy is best over a fixed set of worlds."""

    version: Literal[1] = Field(
        alias="search", description="version of the format of searches", json_schema_extra={"const": SEARCH_VERSION}
    )
    name: str = parameter(description="name of the search", pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    scenario: str = parameter(description="library name, or file relative to the file of the search", min_length=1)
    overrides: dict[str, Any] = parameter(default_factory=dict, description="values by dotted path that all runs share")
    decisions: dict[Annotated[str, Field(pattern=NAME)], Varied] = parameter(
        default_factory=dict, description="what policy decides"
    )
    worlds: Worlds = parameter(default_factory=Worlds, description="the worlds that every policy goes through")
    objectives: list[Objective] = parameter(default_factory=list, description="what is to be low or high")
    constraints: list[str] = parameter(
        default_factory=list, description="what a policy has to keep, such as P(carbon.mean_price > 150) < 0.05"
    )
    optimiser: Optimiser = parameter(default_factory=Optimiser, description="how policies are proposed")
    tightest_cap: list[TightestCap] = parameter(
        default_factory=list, description="instead of decisions and objectives: rights whose tightest caps are wanted"
    )
    notes: list[str] = parameter(default_factory=list, description="what a reader of the results should know")

    @field_validator("tightest_cap", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _whole(self) -> "Search":
        if self.tightest_cap:
            if self.decisions or self.objectives:
                raise ValueError("tightest_cap stands alone: remove decisions and objectives")
            rights = [one.instrument for one in self.tightest_cap]
            if len(set(rights)) < len(rights):
                raise ValueError("a right is named twice under tightest_cap")
            if not self.constraints and not all(one.constraints for one in self.tightest_cap):
                raise ValueError("nothing holds the cap back: give constraints")
            return self
        if not self.decisions:
            raise ValueError("nothing is decided: give decisions, or tightest_cap")
        both = sorted(set(self.decisions) & set(self.worlds.uncertainties))
        if both:
            raise ValueError(f"{', '.join(both)} is both a decision and an uncertainty")
        names = [one.name for one in self.objectives]
        if len(set(names)) < len(names):
            raise ValueError("an objective is given twice")
        return self
