"""What a benchmark reports: one figure, the baseline it is read against and the bound it must keep."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["at least", "at most"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    A ratio is bounded as it is. A figure in seconds is bounded on a machine of calibration 1.0: the runner multiplies
    its bound by the calibration measured beside it (`benchmarks.calibration`).

    Attributes
    ----------
    name : the figure's name, unique over all benchmarks, e.g. ``call auction 10,000 orders``.
    value : what was measured, in ``unit``.
    unit : ``ns/order``, ``ns/firm-step``, ``s``, ``MB``, or ``x`` for a ratio.
    baseline : what the value is a ratio of, or compared with, in words; empty if nothing.
    bound : the value that must be kept, in ``unit``; None where the figure is only told.
    kind : whether the value must be ``at least`` or ``at most`` the bound.
    """

    name: str
    value: float
    unit: str
    baseline: str = ""
    bound: float | None = None
    kind: Kind = "at most"

    @property
    def passed(self) -> bool:
        """Whether the bound is kept; a figure without a bound passes. NaN fails."""
        if self.bound is None:
            return True
        return self.value >= self.bound if self.kind == "at least" else self.value <= self.bound

    @property
    def scales_with_machine(self) -> bool:
        """Whether the bound is a time, so that it is scaled by the calibration."""
        return self.unit == "s" or self.unit.startswith(("ns", "us", "ms"))
