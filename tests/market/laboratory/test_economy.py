"""Economies of induced values: equilibria by hand, by brute force and from the conditions of an optimum."""

from itertools import chain, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.laboratory import Economy, buyers_and_sellers, competitive, permit_market
from market.laboratory.economy import BOTH

UNITS = st.lists(st.integers(1, 30), min_size=1, max_size=3)
SIDES = st.lists(UNITS, min_size=1, max_size=3)


def two_sided(worth, start, highest=100):
    worth = np.array(worth, dtype=np.int64)
    n, m = worth.shape
    role = np.full(n, BOTH, dtype=np.int8)
    return Economy(worth, np.full(n, m), np.array(start, dtype=np.int64), role, 0, highest)


def test_two_buyers_and_two_sellers_by_hand():
    """Values 9, 5; 8, 4 against costs 2, 6; 3, 7: the third trade would lose, so two or three trade at 5 to 6."""
    found = competitive(buyers_and_sellers([[9, 5], [8, 4]], [[2, 6], [3, 7]], 0, 20))
    assert (found.low, found.high) == (5, 6)
    assert (found.quantity, found.surplus) == (2, 9 - 2 + 8 - 3)
    assert found.holdings.tolist() == [1, 1, 1, 1]
    assert found.price == 5.5


def test_those_to_whom_the_price_makes_no_difference_count_in_the_quantity():
    found = competitive(buyers_and_sellers([[9], [6]], [[3], [6]], 0, 20))
    assert (found.low, found.high, found.quantity, found.surplus) == (6, 6, 2, 6)


def test_without_gains_nobody_trades():
    found = competitive(buyers_and_sellers([[3]], [[5]], 0, 20))
    assert (found.low, found.high, found.quantity, found.surplus) == (3, 5, 0, 0)


@given(SIDES, SIDES)
def test_no_other_set_of_trades_gains_more_and_the_price_supports_it(values, costs):
    economy = buyers_and_sellers(values, costs, 0, 40)
    found = competitive(economy)
    buyers, sellers = sorted(chain(*values), reverse=True), sorted(chain(*costs))
    best = max(sum(buyers[:q]) - sum(sellers[:q]) for q in range(min(len(buyers), len(sellers)) + 1))
    assert found.surplus == best
    assert economy.value(found.holdings).sum() - economy.value(economy.start).sum() == best
    for price in (found.low, found.high):
        demand = (sum(v > price for v in buyers), sum(v >= price for v in buyers))
        supply = (sum(c < price for c in sellers), sum(c <= price for c in sellers))
        assert max(demand[0], supply[0]) <= min(demand[1], supply[1])  # a quantity that suits everybody
        assert demand[0] <= found.quantity <= demand[1] or demand[1] == 0


@given(st.lists(st.lists(st.integers(0, 20), min_size=3, max_size=3), min_size=2, max_size=3), st.data())
def test_units_of_two_sided_traders_go_where_they_are_worth_most(rows, data):
    worth = [sorted(row, reverse=True) for row in rows]
    start = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    economy = two_sided(worth, start)
    found = competitive(economy)
    possible = [h for h in product(range(4), repeat=len(rows)) if sum(h) == sum(start)]
    values = [sum(sum(row[:h]) for row, h in zip(worth, holding, strict=True)) for holding in possible]
    assert economy.value(found.holdings).sum() == max(values)
    assert found.holdings.sum() == sum(start)
    assert found.low <= found.high


def test_a_permit_saves_marginal_cost_and_a_holding_the_area_under_it():
    economy = permit_market([2.0, 3.0], 4, [1, 3], highest=50.0, tick=0.5)
    assert economy.worth.tolist() == [[14, 10, 6, 2], [21, 15, 9, 3]]  # 2 · 3.5, …, in halves
    assert economy.value(np.array([1, 3])).tolist() == [2 * (16 - 9), 3 * (16 - 1)]
    assert economy.highest == 100


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="finer tick"):
        permit_market([1.0], 4, [1], highest=50.0, tick=1.0)
    with pytest.raises(ValueError, match="worth more than one before"):
        two_sided([[1, 2]], [0])
    with pytest.raises(ValueError, match="less than nothing"):
        two_sided([[2, 1]], [3])
    with pytest.raises(ValueError, match="no range"):
        two_sided([[2, 1]], [1], highest=-1)
    with pytest.raises(ValueError, match="one entry for each"):
        two_sided([[2, 1]], [1, 1])
