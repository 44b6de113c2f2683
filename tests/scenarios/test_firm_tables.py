"""Tables about accounts against sums made by hand from a result that formulas made."""

import numpy as np
import pandas as pd
import pytest

from scenarios.firm_tables import account_of, accounts_in, groups, history, payers, trades_of
from tests.scenarios.fake_run import KEYS, fake, firms, scenario


def changed() -> pd.DataFrame:
    """The fake accounts with unequal flows, payments and allocation: north 40, south 30, east 20, west 0 a year."""
    table = firms()
    table["baseline_carbon"] = np.tile([50.0, 30.0, 20.0, 0.0], 3)
    table["flow_carbon"] = np.tile([40.0, 30.0, 20.0, 0.0], 3)
    table["allocated_carbon"] = np.tile([30.0, 40.0, 20.0, 0.0], 3)
    table["net_purchase_carbon"] = np.tile([10.0, -10.0, 0.0, 0.0], 3)
    table["payment_carbon"] = np.tile([100.0, -100.0, 0.0, 0.0], 3)
    table["payment_water"] = np.tile([1.0, 2.0, 3.0, 4.0], 3)
    return table


def test_one_year_of_an_account_adds_up() -> None:
    row = accounts_in(changed(), KEYS, "carbon", 2026).set_index("account").loc["north"]
    assert (row["flow"], row["baseline"], row["allocated"], row["net_purchase"]) == (40.0, 50.0, 30.0, 10.0)
    assert row["paid"] == 100.0
    assert row["payment"] == 101.0
    assert row["total"] == 111.0  # 10 for measures
    assert row["burden"] == pytest.approx(1.11)  # of a revenue of 100


def test_all_years_are_the_sum_of_the_years() -> None:
    whole = accounts_in(changed(), KEYS, "carbon")
    years = [accounts_in(changed(), KEYS, "carbon", year) for year in (2025, 2026, 2027)]
    for name in ("flow", "total", "paid", "revenue"):
        assert whole[name].tolist() == sum(year[name].to_numpy() for year in years).tolist()
    assert whole["burden"].tolist() == pytest.approx((whole["total"] / 300.0).tolist())
    assert whole["account"].tolist() == ["north", "south", "east", "west"]


def test_sizes_part_the_accounts_that_have_a_flow() -> None:
    found = {size: accounts_in(changed(), KEYS, "carbon", 2025, size=size)["account"].tolist()
             for size in ("largest", "middle", "smallest")}  # fmt: skip
    assert found["largest"] == ["north"]
    assert found["smallest"] == ["south", "east"]  # half of three, rounded
    assert len(accounts_in(changed(), KEYS, "carbon", 2025, size="nonsense")) == 4
    assert accounts_in(changed(), KEYS, "carbon", 2025, sector="power", city="Uptown")["account"].tolist() == ["north"]


def test_groups_have_the_sums_of_their_accounts() -> None:
    table = accounts_in(changed(), KEYS, "carbon", 2025)
    for column in ("sector", "city"):
        found = groups(table, column)
        assert found["accounts"].sum() == 4
        for name in ("flow", "allocated", "net_purchase", "paid", "total"):
            assert found[name].sum() == pytest.approx(table[name].sum())
    assert groups(table, "sector")["sector"].tolist() == ["power", "paper"]
    assert groups(table, "sector")["flow"].tolist() == [70.0, 20.0]


def test_those_who_pay_most_come_first_and_are_compared_account_by_account() -> None:
    table = accounts_in(changed(), KEYS, "carbon", 2025)
    before = accounts_in(firms(), KEYS, "carbon", 2025).iloc[::-1].iloc[1:]  # another order, and west is missing
    rows = payers(table, 3, before)
    assert rows["account"].tolist() == ["north", "west", "east"]
    assert rows["difference"].tolist()[::2] == [101.0, 3.0]
    assert np.isnan(rows["difference"].iloc[1])
    assert "difference" not in payers(table, 3)


def test_a_position_is_kept_where_rights_can_be_carried_over() -> None:
    table = changed()
    table["allocated_water"] = 25.0
    found = history(table, "south", scenario()).set_index(["instrument", "year"])["position"]
    assert found["carbon"].tolist() == [0.0, 0.0, 0.0]  # 40 received, 10 sold, 30 used
    assert found["water"].tolist() == [1.0, 1.0, 1.0]
    table["allocated_carbon"] = 45.0
    banked = history(table, "south", scenario()).set_index(["instrument", "year"])["position"]
    assert banked["carbon"].tolist() == [5.0, 10.0, 15.0]


def test_trades_are_told_from_the_side_of_the_account() -> None:
    made = fake()
    assert trades_of(made.result(), "north", "carbon") is None
    made.tables["trades"] = pd.DataFrame(
        {
            "period": [0, 1, 2, 2], "year": 2025, "month": [1, 2, 3, 3], "instrument": ["carbon"] * 3 + ["water"],
            "price": 10.0, "amount": 1.0, "buyer": ["north", "south", "east", "north"],
            "seller": ["south", "north", "government", "east"],
        }
    )  # fmt: skip
    rows = trades_of(made.result(), "north", "carbon")
    assert rows[["side", "partner"]].to_numpy().tolist() == [["bought", "south"], ["sold", "south"]]


def test_accounts_are_found_by_the_text_of_their_id() -> None:
    table = changed()
    assert account_of(table, "east") == "east"
    numbered = table.assign(account=np.tile([1, 2, 3, 4], 3))
    assert account_of(numbered, "3") == 3
    assert [account_of(numbered, text) for text in ("nobody", "", None, "3.0")] == [None] * 4
