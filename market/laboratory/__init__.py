"""The laboratory: markets of induced values, in which a mechanism is tested by traders without any skill.

What people earn in a market is partly their skill and partly the institution's doing. Here nobody has skill: values
are given and traders quote at random, so that the gains from trade that are realised are the mechanism's (Smith 1962;
Gode and Sunder 1993).
"""

from market.laboratory.economy import Economy, Equilibrium, buyers_and_sellers, competitive, permit_market
from market.laboratory.session import Session, run_session

__all__ = [
    "Economy", "Equilibrium", "Session", "buyers_and_sellers", "competitive", "permit_market", "run_session",
]  # fmt: skip
