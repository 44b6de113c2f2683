"""What a perfect market would do: least cost, equilibrium prices, optimality conditions, the efficiency ladder."""

from market.reference.competitive import CompetitiveEquilibrium, competitive_equilibrium
from market.reference.intertemporal import IntertemporalEquilibrium, intertemporal_equilibrium
from market.reference.joint import JointEquilibrium, joint_equilibrium
from market.reference.ladder import EfficiencyLadder, efficiency_ladder
from market.reference.plan import OutsideSupply, Plan, PlanProblem, least_cost

__all__ = [
    "CompetitiveEquilibrium",
    "EfficiencyLadder",
    "IntertemporalEquilibrium",
    "JointEquilibrium",
    "OutsideSupply",
    "Plan",
    "PlanProblem",
    "competitive_equilibrium",
    "efficiency_ladder",
    "intertemporal_equilibrium",
    "joint_equilibrium",
    "least_cost",
]
