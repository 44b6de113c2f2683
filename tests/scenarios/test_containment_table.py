"""The table of what containment rules moved agrees with the registry, the rules' own stocks and the prices."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from agents.model import RightsMarketModel
from market.policies.containment import names
from scenarios import load
from scenarios.build import build
from scenarios.containment_table import AUCTION, containment


def at(price: float) -> dict[str, Any]:
    return {"prices": {2025: price}, "rounding": 0.0}


STACKS = {
    "a ceiling and a floor without limit": [{"kind": "collar", "ceiling": at(19.0), "floor": at(12.0)}],
    "a reserve by price and one by emissions": [
        {
            "kind": "cost_containment_reserve",
            "tiers": [{"trigger": at(14.0), "amount": {"units": {2025: 3.0}}}],
        },
        {"kind": "emissions_containment_reserve", "trigger": at(13.0), "amount": {"share": 0.05}},
    ],
    "a stability reserve, then a collar with a stock": [
        {
            "kind": "market_stability_reserve",
            "upper": 20.0,
            "lower": 8.0,
            "intake_rate": {2025: 0.24},
            "release": {2025: 3.0},
            "opening_stock": 4.0,
        },
        {"kind": "collar", "floor": at(13.0), "ceiling": at(16.0), "stock": 5.0, "bought": "reserve"},
    ],
}


def run(rules: list[dict[str, Any]]) -> RightsMarketModel:
    changes = {
        "instruments.carbon.containment": rules,
        "instruments.carbon.allocation.auction_share": 0.6,
        "calendar.years": 8,
    }
    return RightsMarketModel(build(load("textbook-banking", changes)), 1).run()


@pytest.fixture(scope="module", params=STACKS.values(), ids=STACKS)
def made(request: pytest.FixtureRequest) -> tuple[RightsMarketModel, pd.DataFrame]:
    model = run(request.param)
    frame = containment(model, "yuan")
    assert frame is not None
    return model, frame


def moved(frame: pd.DataFrame, source: str | None = None, target: str | None = None) -> float:
    rows = frame[(frame["source"] == source) | (source is None)]
    return float(rows.loc[(rows["target"] == target) | (target is None), "units"].sum())


def test_what_was_issued_beyond_the_cap_is_in_the_table(made: tuple[RightsMarketModel, pd.DataFrame]) -> None:
    model, frame = made
    lot = model.spec.rules[0].lot
    cap = np.floor(model.regulator.cap[:, 0] / lot + 1e-6).sum()
    beyond = (model.registry.issued.sum() - cap) * lot
    kinds = frame.loc[frame["source"] == "issued", "target"].nunique()
    # Free shares and auctions are each rounded down to lots every year, and each kind of movement is to the lot.
    assert beyond == pytest.approx(moved(frame, "issued"), abs=lot * (kinds + 2 * model.spec.years))


def test_stocks_are_those_of_the_rules(made: tuple[RightsMarketModel, pd.DataFrame]) -> None:
    model, frame = made
    office = model.exchange.offices[0]
    for rule, name, held in zip(office.rules, names(office.rules), office.holdings, strict=True):
        rows = frame[frame["rule"] == name]
        if len(rows):
            assert rows["reserve"].iloc[-1] == pytest.approx(rule.reserve(held), abs=1e-6)
            assert (rows["reserve"] >= 0.0).all()
        entered = moved(rows, target="reserve") - moved(rows, source="reserve")
        assert entered == pytest.approx(rule.reserve(held), abs=1e-6)
    assert frame.loc[frame["rule"] == AUCTION, "reserve"].isna().all()


def test_sales_and_purchases_are_the_authoritys_trades(made: tuple[RightsMarketModel, pd.DataFrame]) -> None:
    model, frame = made
    registry, lot = model.registry, model.spec.rules[0].lot
    firms = registry.balances[:, : registry.firms].sum() + registry.surrendered.sum() + registry.expired.sum()
    free = model.regulator.issued.sum() / lot
    net = moved(frame, target="sold") - moved(frame, source="sold")
    assert (firms - free) * lot == pytest.approx(net, abs=lot)
    traded = frame[(frame["source"] == "sold") | (frame["target"] == "sold")]
    price = model.recorder.market["price"][traded["period"], 0]
    np.testing.assert_allclose(traded["value"], traded["units"] * price)


def test_rows_are_told_once_and_add_up_to_the_movements(made: tuple[RightsMarketModel, pd.DataFrame]) -> None:
    model, frame = made
    assert not frame.duplicated(["period", "instrument", "rule", "source", "target"]).any()
    office = model.exchange.offices[0]
    opening = sum(
        rule.reserve(held) for rule, held in zip(office.rules, [r.opening() for r in office.rules], strict=True)
    )
    booked = sum(entry.quantity for _, entry in office.movements)
    assert frame["units"].sum() == pytest.approx(booked + opening)
    assert set(frame.loc[frame["rule"] != AUCTION, "rule"]) == set(names(office.rules))
    assert frame.attrs["units"] == {"units": "units", "reserve": "units", "value": "yuan"}


def test_there_is_no_table_without_rules_on_supply() -> None:
    assert containment(run([]), "yuan") is None
    assert containment(run([{"kind": "price_limit", "band": 0.3}]), "yuan") is None
