"""Equilibria in which permits follow the bank."""

import numpy as np
import pytest

from market.errors import SolverError
from market.reference import intertemporal_equilibrium
from market.reference.responsive_supply import responsive_equilibrium

CAPS = np.array([90.0, 80, 70, 60, 50] + [45.0] * 10)


def solve(supply, **more):
    return responsive_equilibrium(0.0, 0.5, 100.0, supply, CAPS, 0.05, **more)


def test_supply_that_does_not_respond_gives_the_plain_equilibrium():
    found = solve(lambda bank: CAPS)
    plain = intertemporal_equilibrium(0.0, 0.5, 100.0, CAPS, 0.05)
    assert found.equilibrium.price.tolist() == plain.price.tolist()
    assert found.rounds == 1


def test_the_permits_are_those_of_their_own_bank():
    """A tenth of last year's bank is taken every year, smoothly: the fixed point is one, to the solver's tolerance."""

    def rule(bank):
        return CAPS - 0.1 * np.concatenate(([0.0], bank[:-1]))

    found = solve(rule)
    again = intertemporal_equilibrium(0.0, 0.5, 100.0, rule(found.equilibrium.bank), 0.05)
    assert np.allclose(again.bank, found.equilibrium.bank, atol=1e-6)
    assert np.allclose(rule(found.equilibrium.bank), found.permits, atol=1e-6)
    assert found.equilibrium.price[0] > intertemporal_equilibrium(0.0, 0.5, 100.0, CAPS, 0.05).price[0]


def test_a_rule_without_a_fixed_point_is_said_to_have_none():
    """Scarcity whenever there is a bank and plenty whenever there is none: no bank agrees with its consequence."""

    def rule(bank):
        return np.where(np.arange(15) == 5, 0.0 if bank[4] < 40.0 else 100.0, CAPS)

    with pytest.raises(SolverError, match="not settled after 60 rounds"):
        solve(rule, rounds=60)
