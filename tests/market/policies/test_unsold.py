"""Unsold volume: California's rule of two auctions and a quarter, step by step, and its alternatives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.orders import NO_PRICE
from market.policies.unsold import UnsoldState, UnsoldVolume

RESERVE = 1273


def run(rule, auctions, planned=100):
    """Run auctions of (price, lots demanded); return what came back in each, and the last state."""
    state, came_back = UnsoldState(), []
    for price, demanded in auctions:
        again = rule.offered_again(state, planned)
        came_back.append(again)
        state = rule.after(state, again, max(planned + again - demanded, 0), price, RESERVE)
    return came_back, state


def test_lots_wait_for_two_auctions_in_a_row_above_the_reserve_price():
    low, high = (RESERVE, 10), (RESERVE + 1, 10_000)
    came_back, state = run(UnsoldVolume(), [low, high, low, high, high, high, high])
    # 90 unsold, then 90 again; the auction between them breaks the row of auctions above
    assert came_back == [0, 0, 0, 0, 0, 25, 25]
    assert (state.held, state.above) == (130, 4)


def test_a_settlement_at_the_reserve_price_is_not_above_it_and_none_is_not_either():
    for price in (RESERVE, NO_PRICE):
        _, state = run(UnsoldVolume(), [(RESERVE + 5, 200), (price, 0)])
        assert state.above == 0


def test_the_last_of_the_lots_is_less_than_the_limit():
    rule = UnsoldVolume()
    assert rule.offered_again(UnsoldState(held=7, above=2), 100) == 7
    assert rule.offered_again(UnsoldState(held=7, above=1), 100) == 0
    assert rule.offered_again(UnsoldState(held=70, above=9), 101) == 25


def test_other_numbers():
    rule = UnsoldVolume(auctions_above=1, largest_share=0.5)
    assert rule.offered_again(UnsoldState(held=70, above=1), 100) == 50


def test_next_offers_all_at_once_and_cancel_nothing():
    low = (RESERVE, 60)
    assert run(UnsoldVolume(kind="next"), [low, low, low])[0] == [0, 40, 80]
    came_back, state = run(UnsoldVolume(kind="cancel"), [low, low, low])
    assert came_back == [0, 0, 0]
    assert (state.held, state.cancelled) == (0, 120)


@given(
    st.sampled_from(["hold", "next", "cancel"]),
    st.lists(st.tuples(st.integers(RESERVE, RESERVE + 2), st.integers(0, 200)), max_size=20),
)
def test_no_lot_is_created_or_lost(kind, auctions):
    rule, planned, sold, state = UnsoldVolume(kind=kind), 100, 0, UnsoldState()
    for price, demanded in auctions:
        again = rule.offered_again(state, planned)
        bought = min(demanded, planned + again)
        sold += bought
        state = rule.after(state, again, planned + again - bought, price, RESERVE)
        assert state.held >= 0
    assert sold + state.held + state.cancelled == planned * len(auctions)


@pytest.mark.parametrize(("again", "unsold"), [(6, 0), (-1, 0), (0, -1)])
def test_impossible_counts_are_refused(again, unsold):
    with pytest.raises(ValueError, match="impossible"):
        UnsoldVolume().after(UnsoldState(held=5), again, unsold, 10, 5)


@given(
    st.sampled_from(["hold", "next", "cancel"]), st.integers(1, 3), st.integers(0, 500), st.integers(0, 4),
    st.integers(0, 200), st.integers(0, 12),
)  # fmt: skip
def test_what_comes_back_at_most_is_what_auctions_above_the_reserve_price_bring(kind, row, held, above, due, auctions):
    rule = UnsoldVolume(kind=kind, auctions_above=row)
    state, total = UnsoldState(held=held, above=above), 0
    for _ in range(auctions):
        again = rule.offered_again(state, due)
        total += again
        state = rule.after(state, again, 0, RESERVE + 1, RESERVE)
    assert rule.comes_back(UnsoldState(held=held, above=above), due, auctions) == total
