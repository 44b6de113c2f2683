"""The declaration of a calibration: parameters, observations, what is held out, how sure observations and model are."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from market.rules import Rule, parameter
from scenarios.search.declared import Optimiser, Worlds
from scenarios.sweeps.declared import NAME, Varied

CALIBRATION_VERSION = 1


class Observed(Rule):
    """The observed series, and which of them are kept for the test out of sample."""

    file: str = parameter(
        description="CSV file, relative to the file of the calibration: instrument, variable (price or flow), year, "
        "month (may be left out or empty), value, sd (may be left out or empty)",
        min_length=1,
    )
    hold_out_from: int = parameter(description="first year that is not fitted but predicted", unit="year")
    relative_sd: float = parameter(
        0.05, description="standard deviation of an observation without one, as a share of its series' mean", gt=0
    )
    model_sd: float = parameter(
        0.05, description="standard deviation of what the model leaves out, as a share of the series' mean", ge=0
    )


class Calibration(Rule):
    """Named parameters fitted to observed prices and flows."""

    version: Literal[1] = Field(
        alias="calibration",
        description="version of the format of calibrations",
        json_schema_extra={"const": CALIBRATION_VERSION},
    )
    name: str = parameter(description="name of the calibration", pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    scenario: str = parameter(description="library name, or file relative to the file of the calibration", min_length=1)
    overrides: dict[str, Any] = parameter(default_factory=dict, description="values by dotted path that all runs share")
    parameters: dict[Annotated[str, Field(pattern=NAME)], Varied] = parameter(
        description="what is fitted, each between two numbers or through given values", min_length=1
    )
    observations: Observed = parameter(description="observed series")
    seeds: Annotated[int, Field(ge=1, le=100_000)] | list[Annotated[int, Field(ge=0)]] = parameter(
        1, description="how many seeds (0, 1, 2, …) a set of parameters is run with, or which ones"
    )
    threshold: float = parameter(
        3.0, description="implausibility below which a set is not ruled out", unit="standard deviations", gt=0
    )
    optimiser: Optimiser = parameter(default_factory=Optimiser, description="how sets of parameters are proposed")
    notes: list[str] = parameter(default_factory=list, description="what a reader of the results should know")

    @model_validator(mode="after")
    def _different(self) -> "Calibration":
        if isinstance(self.seeds, list) and (not self.seeds or len(set(self.seeds)) < len(self.seeds)):
            raise ValueError("the seeds are no list of different whole numbers")
        return self

    @property
    def worlds(self) -> Worlds:
        """The scenario's own world, with the seeds."""
        return Worlds(seeds=self.seeds)
