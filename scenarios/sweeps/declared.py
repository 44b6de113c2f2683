"""The declaration of a sweep: a scenario, its levers and uncertainties, a design, seeds, and what is kept of a run.

A sweep is data, as a scenario is: frozen rules with units and bounds that a YAML file or Python fills in. What it means
for the scenario that it names (which values exist, in which unit, within which bounds) is settled in
`scenarios.sweeps.parameters`.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from market.rules import Rule, parameter

SWEEP_VERSION = 1
NAME = r"^[A-Za-z][A-Za-z0-9_.]{0,63}$"
MOST_RUNS = 100_000_000


class Varied(Rule):
    """A value of the scenario that varies: between two numbers, or through given values."""

    path: str | None = parameter(
        None, description="dotted path of the value, or name of a lever such as carbon.cap_scale; the name if not given"
    )
    low: float | None = parameter(None, description="lowest value")
    high: float | None = parameter(None, description="highest value")
    scale: Literal["linear", "log"] = parameter(
        "linear", description="whether values between low and high are even in the number or in its logarithm"
    )
    values: list[Any] | dict[str, Any] | None = parameter(
        None, description="values, or values by the labels under which results name them"
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> "Varied":
        if (self.values is None) == (self.low is None and self.high is None):
            raise ValueError("it needs either low and high, or values")
        if self.values is not None:
            if len(self.values) == 0:
                raise ValueError("the list of values is empty")
            return self
        if self.low is None or self.high is None:
            raise ValueError("low and high are needed together")
        if not self.low < self.high:
            raise ValueError(f"low ({self.low:g}) is not below high ({self.high:g})")
        if self.scale == "log" and self.low <= 0.0:
            raise ValueError("a logarithmic scale needs a low above zero")
        return self


class Grid(Rule):
    """Every combination: the given values, and evenly spaced ones between low and high."""

    kind: Literal["grid"] = parameter("grid", description="every combination")
    points: int | dict[str, int] = parameter(
        5, description="number of values between low and high, for all or by parameter"
    )

    @model_validator(mode="after")
    def _positive(self) -> "Grid":
        numbers = [self.points] if isinstance(self.points, int) else list(self.points.values())
        if min(numbers, default=1) < 1:
            raise ValueError("a grid needs at least one value of each parameter")
        return self


class LatinHypercube(Rule):
    """Latin hypercube: each parameter's range is cut into as many strata as there are points (McKay et al. 1979)."""

    kind: Literal["latin_hypercube"] = parameter("latin_hypercube", description="Latin hypercube")
    points: int = parameter(description="number of points", ge=1, le=MOST_RUNS)
    seed: int = parameter(0, description="seed of the sample", ge=0)


class Sobol(Rule):
    """Saltelli's extension of a Sobol sequence, for variance-based sensitivity (Saltelli 2002)."""

    kind: Literal["sobol"] = parameter("sobol", description="Saltelli sample of a Sobol sequence")
    points: int = parameter(
        description="base points, a power of two; with d parameters the sample has points × (d + 2), "
        "or points × (2 d + 2) with second-order indices",
        ge=2,
        le=MOST_RUNS,
    )
    second_order: bool = parameter(False, description="whether second-order indices are wanted too")
    seed: int = parameter(0, description="seed of the scrambling", ge=0)

    @model_validator(mode="after")
    def _power_of_two(self) -> "Sobol":
        if self.points & (self.points - 1):
            raise ValueError(f"{self.points} base points are not a power of two, and the sequence would lose balance")
        return self


class Morris(Rule):
    """Elementary effects along trajectories (Morris 1991)."""

    kind: Literal["morris"] = parameter("morris", description="trajectories of elementary effects")
    trajectories: int = parameter(description="number of trajectories, of d + 1 points each", ge=2, le=MOST_RUNS)
    levels: int = parameter(4, description="levels of each parameter, an even number", ge=2, le=64)
    seed: int = parameter(0, description="seed of the sample", ge=0)

    @model_validator(mode="after")
    def _even(self) -> "Morris":
        if self.levels % 2:
            raise ValueError(f"{self.levels} levels are not even")
        return self


class Listed(Rule):
    """Points that are written out."""

    kind: Literal["list"] = parameter("list", description="points written out")
    rows: list[dict[str, Any]] = parameter(description="one group of values by parameter a point", min_length=1)


class Table(Rule):
    """Points from a table, a column a parameter."""

    kind: Literal["table"] = parameter("table", description="points of a CSV table")
    file: str = parameter(description="CSV file, relative to the file of the sweep", min_length=1)


Design = Annotated[Grid | LatinHypercube | Sobol | Morris | Listed | Table, Field(discriminator="kind")]


class Crossed(Rule):
    """Every policy in every world: a design of the levers and one of the uncertainties."""

    kind: Literal["crossed"] = parameter("crossed", description="every policy in every world")
    levers: Design = parameter(default_factory=Grid, description="policies")
    uncertainties: Design = parameter(default_factory=Grid, description="worlds")


AnyDesign = Annotated[Grid | LatinHypercube | Sobol | Morris | Listed | Table | Crossed, Field(discriminator="kind")]


class Until(Rule):
    """As many seeds a point as an outcome's confidence interval needs."""

    outcome: str = parameter(description="indicator whose mean over seeds is judged")
    half_width: float = parameter(
        description="half width of the interval that is enough, in the indicator's unit", gt=0
    )
    confidence: float = parameter(0.95, description="confidence of the interval", gt=0.5, lt=1)
    least: int = parameter(3, description="seeds that every point has", ge=2, le=100_000)
    most: int = parameter(100, description="seeds after which a point is left as it is", ge=2, le=100_000)

    @model_validator(mode="after")
    def _ordered(self) -> "Until":
        if self.most < self.least:
            raise ValueError(f"most ({self.most}) is below least ({self.least})")
        return self


class Sweep(Rule):
    """One scenario in many versions."""

    version: Literal[1] = Field(
        alias="sweep", description="version of the format of sweeps", json_schema_extra={"const": SWEEP_VERSION}
    )
    name: str = parameter(description="name of the sweep", pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    scenario: str = parameter(description="library name, or file relative to the file of the sweep", min_length=1)
    overrides: dict[str, Any] = parameter(default_factory=dict, description="values by dotted path that all runs share")
    levers: dict[Annotated[str, Field(pattern=NAME)], Varied] = parameter(
        default_factory=dict, description="what policy sets"
    )
    uncertainties: dict[Annotated[str, Field(pattern=NAME)], Varied] = parameter(
        default_factory=dict, description="what the world brings"
    )
    design: AnyDesign = parameter(default_factory=Crossed, description="how levers and uncertainties are sampled")
    seeds: Annotated[int, Field(ge=1, le=100_000)] | list[Annotated[int, Field(ge=0)]] | Until = parameter(
        1, description="how many seeds (0, 1, 2, …) a point is run with, which ones, or until an interval is narrow"
    )
    outcomes: list[str] | None = parameter(
        None, description="indicators that are kept; all of them if not given", min_length=1
    )
    series: list[str] = parameter(
        default_factory=list, description="tables that are kept of every run, such as prices or markets"
    )

    @model_validator(mode="after")
    def _whole(self) -> "Sweep":
        if not self.levers and not self.uncertainties:
            raise ValueError("nothing varies: give levers or uncertainties")
        both = sorted(set(self.levers) & set(self.uncertainties))
        if both:
            raise ValueError(f"{', '.join(both)} is both a lever and an uncertainty")
        if isinstance(self.seeds, list) and (not self.seeds or len(set(self.seeds)) < len(self.seeds)):
            raise ValueError("the seeds are no list of different whole numbers")
        return self
