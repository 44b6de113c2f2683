"""Every mechanism in which the venue trades itself keeps the contract, and settles with the account behind it."""

import numpy as np
import pytest

from market.matching import MECHANISMS, Hybrid, MarketMaker, PostedPrice, ReserveDesk
from market.matching.contract import check_mechanism, random_book
from market.matching.protocol import Grid, Mechanism
from market.orders import OrderBatch, OrderError
from market.randomness import Streams
from market.registry import Registry
from market.settlement import trade

MAKERS = {
    "posted, no price yet": PostedPrice,
    "posted": lambda: PostedPrice(price=10.0),
    "posted by year": lambda: PostedPrice(price={2025: 9.0, 2027: 12.0}),
    "posted, buys, finite": lambda: PostedPrice(price=10.0, buys=True, yearly_stock=40),
    "posted at nothing": lambda: PostedPrice(price=0.0, buys=True),
    "hybrid without a collar": Hybrid,
    "collar": lambda: Hybrid(floor=5, ceiling=15),
    "narrow collar": lambda: Hybrid(floor=9, ceiling=10),
    "ceiling": lambda: Hybrid(ceiling=8),
    "floor": lambda: Hybrid(floor=12),
    "collar, finite": lambda: Hybrid(floor=5, ceiling=10, ceiling_stock=30),
    "desk": lambda: ReserveDesk(buy_price=8, sell_price=12, opening_stock=60, budget=500),
    "desk at limits": lambda: ReserveDesk(
        buy_price=8, sell_price=12, opening_stock=60, budget=500, pricing="limit", revolving=False, offer_share=0.5
    ),
    "desk at one price": lambda: ReserveDesk(buy_price=10, sell_price=10, opening_stock=60, budget=500),
    "desk that sells": lambda: ReserveDesk(sell_price=7, opening_stock=25),
    "pool": lambda: MarketMaker(opening_stock=500, opening_price=10),
    "pool without fee": lambda: MarketMaker(opening_stock=30, opening_price=10, fee=0),
    "shallow pool": lambda: MarketMaker(opening_stock=30, budget=333, fee=0.05),
}
cases = pytest.mark.parametrize("make", list(MAKERS.values()), ids=list(MAKERS))


@cases
def test_the_contract(make):
    assert isinstance(make(), Mechanism)
    check_mechanism(make, books=200)


@cases
def test_orders_that_cannot_be_read_are_refused(make):
    wrong = OrderBatch(np.zeros(1, np.int64), np.zeros(1, np.int8), np.ones(1, np.int64), np.ones(1, np.int64))
    with pytest.raises(OrderError, match="side"):
        make().clear(make().open(Grid()), wrong, Streams(1).at("clearing", 0))


@cases
def test_rights_and_money_settle_and_what_the_account_holds_is_what_the_state_says(make):
    """Several clearings in a row, and the account behind the venue never runs out of what the state says it has."""
    mechanism = make()
    grid = Grid()
    state = mechanism.open(grid)
    registry = Registry(8, 1, 1, credit_limit=100_000)
    house = getattr(registry, mechanism.house)
    registry.issue(0, np.arange(8), np.full(8, 200), 0)
    kept = mechanism.stock(state)
    if kept:
        registry.issue(0, [house], [kept], 0)
    if mechanism.unlimited:
        registry.issue(0, [house], [100_000], 0)
    pool = mechanism.money(state) if mechanism.house == "dealer" else 0
    for i in range(12):
        stream = Streams(3).at("clearing", i)
        orders = random_book(stream.generator(), 16, accounts=8)
        if i % 4 == 3:
            state = mechanism.end_period(state)
        state, _, _ = trade(registry, 0, orders, mechanism, state, stream, 1, i, house=house)
        registry.check()
        held = int(registry.balances[0, house])
        if mechanism.unlimited:
            continue
        if isinstance(mechanism, ReserveDesk | MarketMaker):
            assert held == mechanism.stock(state)
        else:
            assert held >= mechanism.stock(state)
    if mechanism.house == "dealer":
        assert registry.cash[house] == mechanism.money(state) - pool


def test_every_mechanism_in_which_the_venue_trades_is_here():
    kinds = {make().kind for make in MAKERS.values()}
    declared = {name for name, made in MECHANISMS.items() if getattr(made, "house", "none") != "none"}
    assert declared <= kinds
    assert all(isinstance(MECHANISMS[make().kind], type) for make in MAKERS.values())
