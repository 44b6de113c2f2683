"""Lets something outside look at a run between two periods: the market so far, and a way to stop.

A watcher reads and never changes, so a run leaves the same bytes with and without one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from market.errors import QuotaLabError

if TYPE_CHECKING:
    import pandas as pd

    from agents.model import RightsMarketModel


class Stopped(QuotaLabError):  # noqa: N818 - it is no error
    """A watcher raised this to end the run; there is no result."""


@dataclass(frozen=True, slots=True)
class MarketSoFar:
    """The market of a run that is under way, up to the last whole period."""

    _model: "RightsMarketModel"

    def frame(self) -> "pd.DataFrame":
        """Return one row per period and instrument: price, volume, flow and bank (NaN where nothing was traded).

        The columns are named as in the tables of a finished run; the units are in ``frame.attrs["units"]``.
        """
        import pandas as pd

        model, spec, recorder = self._model, self._model.spec, self._model.recorder
        done = model.period
        period = np.repeat(np.arange(done), len(spec.keys))
        frame = pd.DataFrame(
            {
                "period": period,
                "year": spec.start_year + period // spec.periods,
                "month": period % spec.periods + 1,
                "instrument": list(spec.keys) * done,
                "price": recorder.market["price"][:done].ravel(),
                "volume": recorder.market["volume"][:done].ravel(),
                "flow": recorder.state["flow"][:done].ravel(),
                "bank": recorder.state["bank"][:done].ravel(),
            }
        )
        frame.attrs["units"] = dict.fromkeys(("volume", "flow", "bank"), "units")
        return frame


Watcher = Callable[[int, int, MarketSoFar], None]
"""Called after every period with the periods done, their number and the market so far; may raise `Stopped`."""


def watched(model: "RightsMarketModel", watcher: Watcher) -> Callable[[int, int], None]:
    """Return a progress function for ``model.run`` that shows the model's market to a watcher."""
    so_far = MarketSoFar(model)

    def progress(done: int, total: int) -> None:
        watcher(done, total, so_far)

    return progress
