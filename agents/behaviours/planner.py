"""The planner: turns its net-demand schedule up to the common binding window into limit orders.

Its schedule is ``D_i^{<=τ}(p)`` of `market.net_demand_kernel`. On the expected price path a planner does not care when
it trades, so it spreads its need evenly over the periods left in the window; as soon as today's price leaves the path
it moves all trade that can wait to the cheaper time. What the next deadline asks for is never put off beyond it.
"""

import numpy as np
import numpy.typing as npt

from agents.behaviours.declared import PlannerRule

Floats = npt.NDArray[np.float64]

WIDEST = 0.3  # the outermost orders lie 30 % below and above the expected price
CLOSEST = 0.0005


def order_offsets(rule: PlannerRule) -> Floats:
    """Return the relative distances (steps,) of a planner's orders from the expected price, rising.

    Half of them lie below and half above, in geometric distances from 0.05 % to 30 %, so that the schedule is fine
    where trade is likely and still reaches far.
    """
    below = rule.steps // 2
    above = rule.steps - below

    def side(number: int) -> Floats:
        return np.geomspace(CLOSEST, WIDEST, number) if number > 1 else np.full(number, CLOSEST)

    return np.concatenate([-side(below)[::-1], side(above)])


def jitter(keys: npt.NDArray[np.uint64]) -> Floats:
    """Return a factor in [0.5, 1.5) per account from its tie-break keys, so that accounts' steps interleave."""
    return 0.5 + (keys >> np.uint64(11)).astype(np.float64) * 2.0**-53
