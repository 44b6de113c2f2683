"""Unsold volume in whole runs: what waits, when it comes back, and that every lot of it is accounted for.

In `textbook-banking` marginal cost is 0.5 a unit of yearly abatement, so at a price P a year's flow is 100 - 2 P; three
years' caps are 90 + 80 + 70 = 240 units, all of them auctioned here.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.model import RightsMarketModel
from agents.unsold import Leftover, auctioned, reserve_price_of, with_step
from market.orders import NO_PRICE
from market.policies.containment import Pool, Step, Supply
from market.policies.unsold import UnsoldState, UnsoldVolume
from scenarios import load, run
from scenarios.build import build
from tests.agents.test_containment import RULES, at
from tests.properties.test_runs import check_journal

CARBON = "instruments.carbon."
KINDS = ["hold", "next", "cancel"]


def auctions(kind: str | None, reserve_price: float, share: float = 1.0, **changes: Any) -> RightsMarketModel:
    settings = {
        "calendar.years": 3,
        CARBON + "allocation.auction_share": share,
        CARBON + "allocation.reserve_price": reserve_price,
    } | changes
    if kind is not None:
        settings[CARBON + "allocation.unsold"] = {"kind": kind}
    return RightsMarketModel(build(load("textbook-banking", settings)), 1)


def check_reserve(model: RightsMarketModel) -> None:
    """Everything in the reserve account is for auction, for sale, held by a rule, or waits unsold."""
    registry, regulator, office = model.registry, model.regulator, model.exchange.offices[0]
    front = model.regulator.unsold[0].vintage
    for vintage in range(model.spec.years):
        lots = regulator.for_auction[vintage, 0] + regulator.for_sale[vintage, 0]
        lots += regulator.unsold[0].held(vintage)
        here = registry.balances[registry.product(0, vintage), registry.reserve]
        spare = 0 if office is None or vintage != front else office.held_lots()
        # Rules count in units and the registry in lots: a rule's stock is within a lot of what lies there for it.
        assert lots <= here <= lots + spare + (0 if office is None else len(office.rules))


def stepped(model: RightsMarketModel) -> list[int]:
    """Run to the end; return the lots that wait after every period."""
    held = []
    while not model.done:
        model.step()
        model.registry.check()
        check_reserve(model)
        held.append(model.regulator.unsold[0].state.held)
    check_journal(model)
    return held


def test_the_price_sits_at_the_reserve_price_and_rises_later():
    """Under hold what nobody bought at 14 does not come back at once; it is missing, and the price leaves the floor."""
    model = auctions("hold", 14.0)
    held = stepped(model)
    price = model.recorder.market["price"][:, 0]
    np.testing.assert_allclose(price[:22], 14.0)
    assert (np.diff(price[22:]) > 0.0).all()
    assert price[-1] > 14.5
    assert (np.diff(held[:11]) > 0).all()  # more each month, although nothing but fresh lots was offered
    assert held[11] == held[23] == 0  # deadlines
    assert held[10] * 0.001 > 15.0
    cancelled = model.registry.cancelled[0] * 0.001
    assert cancelled == pytest.approx(held[10] * 0.001, rel=0.1)  # with what the last auction of the year leaves
    registry = model.registry
    assert registry.surrendered.sum() + registry.expired.sum() + registry.cancelled.sum() == registry.issued.sum()
    assert registry.issued.sum() == 240_000
    spare = registry.surrendered.sum() * 0.001 - model.recorder.flow.sum()
    assert 0.0 <= spare <= 20 * 3 * 0.001  # each of twenty firms surrenders whole lots in each of three years


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("office", [False, True])
def test_a_reserve_price_that_always_binds_cancels_what_is_not_needed_at_it(kind, office):
    """At 16 three years need 3 · (100 - 32) = 204 of 240 units: 36 are cancelled, whichever rule says so."""
    changes = {CARBON + "containment": [{"kind": "reserve_price", "price": at(16.0)}]} if office else {}
    model = auctions(kind, 0.0 if office else 16.0, **changes)
    stepped(model)
    np.testing.assert_allclose(model.recorder.market["price"][:, 0], 16.0)
    assert model.registry.cancelled.sum() * 0.001 == pytest.approx(36.0, abs=0.05)


def test_a_reserve_price_is_the_same_said_as_allocation_and_as_rule():
    plain, ruled = (
        stepped(auctions("hold", 14.0)),
        stepped(auctions("hold", 0.0, **{CARBON + "containment": [{"kind": "reserve_price", "price": at(14.0)}]})),
    )
    np.testing.assert_allclose(plain, ruled, atol=5)


def recorded(monkeypatch: pytest.MonkeyPatch, model: RightsMarketModel) -> list[tuple[int, ...]]:
    """Run; return (vintage, lots due otherwise, lots again, lots unsold, price, reserve price) of every auction."""
    due: list[int] = []
    found: list[tuple[int, ...]] = []
    again_of, close = Leftover.again, Leftover.close

    def watched(leftover: Leftover, vintage: int, planned: int) -> int:
        due.append(planned)
        return again_of(leftover, vintage, planned)

    def closed(leftover: Leftover, vintage: int, again: int, unsold: int, price: int, reserve: int) -> int:
        found.append((vintage, due[-1], again, unsold, price, reserve))
        return close(leftover, vintage, again, unsold, price, reserve)

    monkeypatch.setattr(Leftover, "again", watched)
    monkeypatch.setattr(Leftover, "close", closed)
    stepped(model)
    return found


@pytest.mark.parametrize("office", [False, True])
@pytest.mark.parametrize("shocks", [0.1, 0.15])
def test_lots_come_back_as_california_says(monkeypatch, office, shocks):
    """Held against the rule told in another way: two in a row above the reserve price, then a quarter at most."""
    changes: dict[str, Any] = {"world.activity_sd": shocks}
    if office:
        changes[CARBON + "containment"] = [{"kind": "reserve_price", "price": at(13.5)}]
    held, row, vintage, came = 0, 0, 0, 0
    for year, due, again, unsold, price, reserve in recorded(monkeypatch, auctions("hold", 13.5, **changes)):
        if year != vintage:
            held, vintage = 0, year
        allowed = min(held, due // 4) if row >= 2 else 0
        assert again == allowed
        assert unsold <= due + again
        held += unsold - again
        row = row + 1 if unsold == 0 and price > reserve else 0
        came += again
    assert came > 0


def test_next_offers_everything_again_and_cancel_nothing(monkeypatch):
    waiting = 0
    for year, _, again, unsold, _, _ in recorded(monkeypatch, auctions("next", 16.0, **{"calendar.years": 1})):
        assert year == 0
        assert again == waiting
        waiting = unsold
    assert all(again == 0 for _, _, again, *_ in recorded(monkeypatch, auctions("cancel", 16.0)))


def test_what_is_cancelled_is_cancelled_in_the_same_period():
    model = auctions("cancel", 16.0)
    model.step()
    state = model.regulator.unsold[0].state
    assert state.held == 0
    assert state.cancelled == model.registry.cancelled.sum() > 0


@pytest.mark.parametrize("venues", ["sealed_bid+call", "order_book", "listed+block", "posted"])
@pytest.mark.parametrize("kind", KINDS)
def test_lots_are_conserved_at_other_venues(kind, venues):
    model = auctions(kind, 14.0, 0.6, **{CARBON + "venues": venues, "calendar.years": 2})
    stepped(model)
    assert model.regulator.unsold[0].state.held == 0
    total = model.registry.issued.sum() - model.registry.cancelled.sum() - model.registry.surrendered.sum()
    assert total == model.registry.expired.sum() + model.registry.balances.sum()


@settings(max_examples=12)
@given(
    st.lists(RULES, max_size=3, unique_by=lambda rule: rule["kind"]),
    st.sampled_from(KINDS), st.sampled_from([0.3, 1.0]), st.sampled_from([1, 4, 12]), st.sampled_from([0.0, 0.2]),
)  # fmt: skip
def test_any_stack_of_rules_keeps_the_balance(rules, kind, share, periods, paid):
    changes = {
        CARBON + "containment": rules, "calendar.years": 2, "calendar.periods_per_year": periods,
        CARBON + "allocation.paid_share": min(paid, 1.0 - share), CARBON + "allocation.base_price": 15.0,
    }  # fmt: skip
    model = auctions(kind, 14.0, share, **changes)
    stepped(model)
    assert not model.registry.locked.any()
    assert model.regulator.for_auction.min() >= 0


def test_what_a_rule_withholds_does_not_wait():
    """An emissions containment reserve cancels what it withheld, as without a rule for unsold lots."""
    rules = [{"kind": "emissions_containment_reserve", "trigger": at(30.0), "amount": {"share": 0.1}}]
    model = auctions("hold", 0.0, **{CARBON + "containment": rules})
    stepped(model)
    office = model.exchange.offices[0]
    withheld = sum(m.quantity for _, m in office.movements if m.target is Pool.CANCELLED)
    assert withheld > 1.0
    assert model.registry.cancelled.sum() * 0.001 == pytest.approx(withheld, abs=0.05)


def test_planners_expect_what_can_still_come_back():
    model = auctions("hold", 14.0)
    for _ in range(6):
        model.step()
    regulator, waiting = model.regulator, model.regulator.unsold[0]
    fresh = int(regulator.for_auction[0, 0])
    waiting.state = UnsoldState(held=10_000, above=0)
    # Six auctions are left; the first two must settle above the reserve price, the other four bring a quarter more.
    expected = fresh + 4 * (-(-fresh // 6) // 4)
    assert regulator.supply(0, 0, 1, 6)[0][0, 0] == pytest.approx(expected * 0.001)
    waiting.state = UnsoldState(held=100, above=5)
    assert regulator.supply(0, 0, 1, 6)[0][0, 0] == pytest.approx((fresh + 100) * 0.001)
    assert regulator.supply(0, 1, 1, 6)[0][0, 0] == pytest.approx(0.0)  # nothing of another vintage


def test_an_auction_that_left_lots_has_settled_at_its_reserve_price():
    waiting = Leftover(UnsoldVolume(), UnsoldState(above=1))
    waiting.close(0, 0, 5, 1500, 1400)  # some bidders paid more
    assert waiting.state == UnsoldState(held=5, above=0)
    waiting.close(0, 0, 0, 1400, 1400)
    assert waiting.state.above == 0
    waiting.close(0, 0, 0, 1401, 1400)
    assert waiting.state.above == 1
    waiting.close(0, 0, 0, NO_PRICE, 1400)
    assert waiting.state.above == 0
    waiting.deadline(0)
    assert waiting.state == UnsoldState(held=0, above=0, cancelled=5)
    assert waiting.held(0) == 0


def test_what_comes_back_is_sold_last_at_the_lowest_price():
    offer, withheld = Step(12.0, 10.0), Step(11.0, 3.0, unsold=Pool.CANCELLED)
    dearer, reserve = Step(15.0, 4.0), Step(9.0, 7.0, Pool.RESERVE)
    supply = Supply(17.0, (reserve, withheld, offer, dearer))
    assert auctioned(supply.steps) == [offer, dearer]
    assert reserve_price_of(supply.steps) == 12.0
    assert with_step(supply, 2.0).steps == (reserve, withheld, offer, Step(12.0, 2.0), dearer)
    assert reserve_price_of((reserve, withheld)) == 0.0


def test_without_the_rule_nothing_changes_and_with_it_the_reference_says_so():
    assert auctions(None, 14.0).regulator.unsold == [None]
    changes = {CARBON + "allocation.auction_share": 0.5, CARBON + "allocation.unsold": {"kind": "next"}}
    result = run(load("textbook-banking", changes | {"calendar.years": 1}))
    assert any("without the rule for unsold lots" in note for note in result.warnings)
