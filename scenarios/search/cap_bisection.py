"""The tightest cap that keeps its constraints, by bisection on the scale of the cap over a fixed set of worlds.

First some scales across the range are tried. If whatever is looser than a scale that keeps the constraints keeps them
too, the tightest lies between that scale and the next tighter one, and bisection finds it. Where it is not so, this is
said, and the answer is the tightest scale above which every scale that was tried keeps the constraints.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from scenarios.search.declared import TightestCap

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from scenarios.search.judging import Policy
    from scenarios.sweeps.executors import Engine

FIRST_LOOK = 5
"""Scales that are tried at first, both ends of the range included."""

Answer = Literal["found", "at_low", "none"]


@dataclass(frozen=True, slots=True)
class CapAnswer:
    """How tight a right's cap can be.

    Attributes
    ----------
    instrument : key of the right.
    scale : tightest scale that keeps the constraints, in % of the scenario's own cap; NaN if none in the range does.
    too_tight : the next tighter scale that was tried; NaN where the answer is the tightest of the range.
    answer : found inside the range; at_low: even the tightest of the range keeps them; none: not even the loosest does.
    monotone : whether every scale that was tried and is looser than one that keeps the constraints keeps them too.
    binding : constraints that the next tighter scale (with none: the loosest) breaks.
    tried : scales that were tried, in order, and whether each keeps the constraints.
    """

    instrument: str
    scale: float
    too_tight: float
    answer: Answer
    monotone: bool
    binding: tuple[str, ...]
    tried: tuple[tuple[float, bool], ...] = ()


@dataclass(slots=True)
class Bisection:
    """The scales of one right that were tried, and which is next."""

    rule: TightestCap
    tried: "dict[float, Policy]" = field(default_factory=dict)

    def wanted(self) -> list[float]:
        """Return the scales to try next; nothing once the answer is there."""
        low, high = self.rule.low, self.rule.high
        if not self.tried:
            return [low + (high - low) * i / (FIRST_LOOK - 1) for i in range(FIRST_LOOK)]
        keeps, breaks = self.bracket()
        if keeps is None or breaks is None or keeps - breaks <= self.rule.tolerance:
            return []
        return [0.5 * (keeps + breaks)]

    def bracket(self) -> tuple[float | None, float | None]:
        """Return the tightest scale such that it and all looser ones keep the constraints, and the next tighter one."""
        keeps: float | None = None
        for scale in sorted(self.tried, reverse=True):
            if not self.tried[scale].feasible:
                return keeps, scale
            keeps = scale
        return keeps, None

    @property
    def most(self) -> int:
        """Number of scales that are tried at most."""
        from math import ceil, log2

        first = (self.rule.high - self.rule.low) / (FIRST_LOOK - 1)
        return FIRST_LOOK + max(0, ceil(log2(first / self.rule.tolerance)))

    def answer(self) -> CapAnswer:
        """Return what was found."""
        keeps, breaks = self.bracket()
        monotone = not any(self.tried[scale].feasible for scale in self.tried if breaks is not None and scale < breaks)
        what: Answer = "none" if keeps is None else "at_low" if breaks is None else "found"
        binding: tuple[str, ...] = ()
        if breaks is not None:
            broken = self.tried[breaks]
            binding = tuple(text for text, one in broken.judged.items() if not one.kept)
            binding += () if broken.sound else ("failed runs",)
        nothing = float("nan")
        return CapAnswer(
            self.rule.instrument,
            nothing if keeps is None else keeps,
            nothing if breaks is None else breaks,
            what,
            monotone,
            binding,
            tuple((scale, self.tried[scale].feasible) for scale in sorted(self.tried)),
        )


def tightest_cap(
    scenario: str,
    instrument: str,
    constraints: Sequence[str],
    worlds: Mapping[str, Any] | None = None,
    seeds: int | Sequence[int] = 1,
    low: float = 50.0,
    high: float = 120.0,
    tolerance: float = 1.0,
    *,
    overrides: Mapping[str, Any] | None = None,
    folder: str | os.PathLike[str] | None = None,
    workers: int | None = 1,
    executor: "Executor | None" = None,
    engine: "Engine | None" = None,
) -> CapAnswer:
    """Return how tight the cap of one right can be before a constraint breaks.

    Parameters
    ----------
    scenario : library name, or path of a file.
    constraints : as `scenarios.search.constraints` reads them; all have to be kept.
    worlds : ``uncertainties`` and ``design`` as in a search; the scenario's own world if not given.
    low, high, tolerance : range and precision of the scale, in % of the scenario's own cap.
    folder : where runs are kept, so that the search goes on there; nothing is kept if not given.
    workers, executor, engine : as for `scenarios.sweeps.sweep`.

    Raises
    ------
    InputError : with every mistake; nothing was run.
    """
    from scenarios.search.loading import search_of
    from scenarios.search.running import search

    declared = {
        "name": "tightest-cap",
        "scenario": os.fspath(scenario),
        "overrides": dict(overrides or {}),
        "worlds": {**(worlds or {}), "seeds": seeds if isinstance(seeds, int) else list(seeds)},
        "constraints": list(constraints),
        "tightest_cap": {"instrument": instrument, "low": low, "high": high, "tolerance": tolerance},
    }
    plan = search_of(declared)
    with TemporaryDirectory() as nowhere:
        where = Path(nowhere) / "search" if folder is None else Path(folder)
        (answer,) = search(plan, where, workers=workers, executor=executor, engine=engine).cap_answers
        return answer
