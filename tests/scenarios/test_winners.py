"""Winners and losers: groups add up to the whole, signs are right, and accounts are counted."""

import numpy as np
import pandas as pd
import pytest

from scenarios.display import Display
from scenarios.figures.winners import MOST_GROUPS, winners_and_losers
from scenarios.winners import PARTS, changes_by, losers, net_cost
from tests.scenarios.fake_run import fake, firms, scenario


def moved(amount: float, seed: int = 0) -> pd.DataFrame:
    """`amount` paid a year by account north to account south, and measures of account east cost `seed` more."""
    table = firms()
    table.loc[table["account"] == "north", "payment_carbon"] = amount
    table.loc[table["account"] == "south", "payment_carbon"] = -amount
    table.loc[table["account"] == "east", "abatement_cost"] += seed
    return table


def paid(tables: list[pd.DataFrame]) -> list[pd.DataFrame]:
    return [net_cost(table) for table in tables]


def total(table: pd.DataFrame) -> float:
    payments = table[["payment_carbon", "payment_water"]].to_numpy().sum()
    return float(payments + table[["abatement_cost", "trading_cost", "penalty"]].to_numpy().sum())


@pytest.mark.parametrize("column", ["sector", "city"])
def test_groups_add_up_to_the_total_difference(column: str) -> None:
    rng = np.random.default_rng(3)
    arm, base = [], []
    for _ in range(4):
        for side in (arm, base):
            table = firms()
            for name in ("abatement_cost", "payment_carbon", "payment_water", "trading_cost", "penalty"):
                table[name] = rng.normal(size=len(table))
            side.append(table)
    changes = changes_by(paid(arm), paid(base), column)
    expected = np.mean([total(own) - total(other) for own, other in zip(arm, base, strict=True)])
    assert changes["change"].sum() == pytest.approx(expected)
    np.testing.assert_allclose(changes[list(PARTS)].sum(axis=1), changes["change"])
    assert changes["baseline"].sum() == pytest.approx(np.mean([total(table) for table in base]))
    assert (changes["low"] < changes["change"]).all()
    assert changes["change"].is_monotonic_increasing


def test_a_payment_within_a_sector_moves_no_sector_and_two_cities() -> None:
    arm, base = paid([moved(5.0)]), paid([firms()])
    assert changes_by(arm, base, "sector")["change"].tolist() == [0.0, 0.0]
    cities = changes_by(arm, base, "city").set_index("group")["change"]
    assert cities.to_dict() == {"Downtown": -15.0, "Uptown": 15.0}
    assert np.isnan(changes_by(arm, base, "city")["low"]).all()


def test_accounts_are_counted_by_the_sign_of_their_change() -> None:
    found = losers(paid([moved(5.0, 1)]), paid([firms()]))
    assert found is not None
    assert (found.more, found.less, found.same, found.accounts) == (0.5, 0.25, 0.25, 4)
    mean = losers(paid([moved(5.0, 1), moved(0.0)]), paid([firms()] * 2))
    assert mean is not None
    assert (mean.more, mean.less, mean.same) == pytest.approx((0.25, 0.125, 0.625))


def test_accounts_of_other_names_are_not_compared() -> None:
    other = firms().assign(account=[f"new {name}" for name in firms()["account"]])
    assert losers(paid([other]), paid([firms()])) is None
    changes = changes_by(paid([other.assign(sector="steel")]), paid([firms()]), "sector").set_index("group")["change"]
    assert changes.to_dict() == {"paper": -210.0, "power": -90.0, "steel": 300.0}


def test_net_cost_is_the_sum_of_its_parts() -> None:
    table = net_cost(moved(5.0))
    assert table["net_cost"].sum() == pytest.approx(total(moved(5.0)))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_figure_has_a_bar_an_arm_and_names_groups(language: str) -> None:
    display = Display.of(scenario(), language)
    changes = {
        "one <b>": changes_by(paid([moved(5.0)]), paid([firms()]), "city"),
        "two": changes_by(paid([firms()]), paid([firms()]), "city"),
    }
    figure = winners_and_losers(changes, "city", display)
    assert [trace.name for trace in figure.data] == ["one &lt;b&gt;", "two"]
    assert list(figure.data[0].x) == [-15.0, 15.0]
    assert list(figure.data[0].y) == ["Downtown", "Uptown"]
    assert display.currency in figure.layout.xaxis.title.text


def test_figure_keeps_the_largest_changes_and_says_when_it_is_empty() -> None:
    display = Display.of(fake().result().scenario, "en")
    many = pd.DataFrame({"group": [f"g{i}" for i in range(60)], "change": np.arange(60.0) - 10.0})
    many = many.assign(low=np.nan, high=np.nan)
    figure = winners_and_losers({"arm": many}, "sector", display)
    assert set(figure.data[0].y) == {f"g{i}" for i in range(60 - MOST_GROUPS, 60)}
    empty = winners_and_losers({}, "sector", display)
    assert display.text("figures.no_data") in [note.text for note in empty.layout.annotations]
