"""What is due at a deadline, in whole lots, and what a true-up gives and takes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.compliance import due, obligation_lots, true_up
from market.instruments import ComplianceCalendar
from tests.agents.mixed import province

lots = st.lists(st.integers(0, 1000), min_size=4, max_size=4).map(np.array)


def test_obligations_are_rounded_up_to_lots():
    flow = np.array([0.0, 0.01, 1.0, 1.0001, 2.5])
    assert obligation_lots(flow, 1.0).tolist() == [0, 1, 1, 2, 3]
    assert obligation_lots(flow, 0.5).tolist() == [0, 1, 2, 3, 5]


def test_rounding_of_floating_point_costs_no_lot():
    assert obligation_lots(np.array([0.1 + 0.2]), 0.1).tolist() == [3]
    assert obligation_lots(np.array([3.0 + 2e-6]), 1.0).tolist() == [4]


def test_a_shortfall_is_fined_and_owed_where_it_must_be_made_good():
    flow, debt, held = np.array([9.2, 4.0, 0.0]), np.array([0, 3, 2]), np.array([7, 9, 0])
    found = due(flow, debt, held, 1.0, 50.0, make_good=True)
    assert found.obligation.tolist() == [10, 7, 2]
    assert found.surrendered.tolist() == [7, 7, 0]
    assert found.shortfall.tolist() == [3, 0, 2]
    assert found.penalty.tolist() == [150.0, 0.0, 100.0]
    assert found.debt.tolist() == [3, 0, 2]
    forgiven = due(flow, debt, held, 1.0, 50.0, make_good=False)
    assert forgiven.debt.tolist() == [0, 0, 0]
    assert forgiven.penalty.tolist() == found.penalty.tolist()


def test_the_penalty_is_by_unit_not_by_lot():
    found = due(np.array([10.0]), np.array([0]), np.array([6]), 0.5, 100.0, make_good=True)
    assert found.shortfall.tolist() == [14]
    assert found.penalty.tolist() == [700.0]


@given(
    st.lists(st.floats(0, 1e6), min_size=4, max_size=4).map(np.array), lots, lots, st.sampled_from([0.001, 1.0, 10.0]),
    st.booleans(),
)  # fmt: skip
def test_every_obligation_is_surrendered_or_missing(flow, debt, held, lot, make_good):
    found = due(flow, debt, held, lot, 3.0, make_good)
    assert np.array_equal(found.surrendered + found.shortfall, found.obligation)
    assert np.all(found.surrendered <= held)
    assert np.all(found.surrendered >= 0)
    assert np.all(found.shortfall >= 0)
    assert np.all(found.obligation * lot >= flow * (1 - 1e-12) - 1.1e-6 * lot)
    assert np.all((found.obligation - debt - 1) * lot < flow + 1e-9)


def test_a_true_up_issues_takes_back_and_leaves_a_debt():
    more, taken, owed = true_up(np.array([10, 4, 4, 7]), np.array([7, 9, 9, 7]), np.array([0, 20, 2, 3]))
    assert more.tolist() == [3, 0, 0, 0]
    assert taken.tolist() == [0, 5, 2, 0]
    assert owed.tolist() == [0, 0, 3, 0]


@given(lots, lots, lots)
def test_a_true_up_ends_at_the_final_allocation_and_never_below_zero(entitled, issued, held):
    more, taken, owed = true_up(entitled, issued, held)
    assert np.array_equal(issued + more - taken - owed, entitled)
    assert min(more.min(), taken.min(), owed.min()) >= 0
    assert np.all(taken <= held)
    assert not np.any((more > 0) & (taken + owed > 0))


@pytest.mark.parametrize(
    ("periods", "true_up_after", "deadline_after", "known", "last"),
    [(12, 0, 0, 11, 11), (12, 6, 12, 17, 23), (4, 3, 6, 4, 5), (1, 0, 12, 0, 1)],
)
def test_the_calendar_counts_months_from_the_years_end(periods, true_up_after, deadline_after, known, last):
    spec = province(periods=periods, years=2)
    dates = ComplianceCalendar(true_up_after=true_up_after, deadline_after=deadline_after)
    spec.instruments["carbon"] = spec.instruments["carbon"].model_copy(update={"compliance": dates})
    assert (spec.true_up(0, 0), spec.deadline(0, 0)) == (known, last)
    assert spec.deadline(0, 1) == last + periods
    assert spec.total_periods == max(spec.deadline(k, 1) for k in range(4)) + 1
