"""The registry: each operation's effect, and that whatever is refused changes nothing."""

import numpy as np
import pytest

from market.errors import ConservationError
from market.journal import replay
from market.registry import LIMIT, Registry


@pytest.fixture
def registry():
    """Four firms, two instruments, three vintages; firm i holds 100 · (i + 1) lots of product 1."""
    made = Registry(4, 2, 3, credit_limit=1_000)
    made.issue(1, made.firm_accounts, np.array([100, 200, 300, 400]), 0)
    return made


def picture(registry):
    """Return everything that an operation could change."""
    names = ("balances", "locked", "cash", "cash_locked", "issued", "imported", "surrendered", "cancelled", "expired",
             "carried_in", "carried_out")  # fmt: skip
    return [getattr(registry, name).copy() for name in names], len(registry.journal)


def refused(registry, match, work):
    """Assert that something is refused and changes nothing."""
    before, entries = picture(registry)
    with pytest.raises(ConservationError, match=match):
        work()
    after, more = picture(registry)
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
    assert entries == more
    registry.check()


def change(registry, **by_account):
    """Return int64 changes (A,) from account names such as a0, or outside."""
    column = np.zeros(registry.accounts, dtype=np.int64)
    for name, amount in by_account.items():
        column[int(name[1:]) if name[0] == "a" else getattr(registry, name)] = amount
    return column


def test_accounts_and_products_have_fixed_rows(registry):
    assert (registry.government, registry.reserve, registry.outside) == (4, 5, 6)
    assert [registry.product(k, v) for k in range(2) for v in range(3)] == list(range(6))
    for k, v in ((2, 0), (0, 3), (-1, 0)):
        with pytest.raises(ConservationError, match="no vintage"):
            registry.product(k, v)


def test_ways_out(registry):
    registry.surrender(1, [0, 1], [30, 20], 1)
    registry.cancel(1, [2], [10], 1)
    registry.expire(1, [3], [5], 1)
    registry.carry_over(1, 2, [0], [50], 1)
    assert registry.balances[1, :4].tolist() == [20, 180, 290, 395]
    assert registry.balances[2, 0] == 50
    totals = [t[1] for t in (registry.issued, registry.surrendered, registry.cancelled, registry.expired)]
    assert totals == [1000, 50, 10, 5]
    assert registry.carried_out[1] == registry.carried_in[2] == 50
    registry.check()


def test_an_account_named_twice_counts_twice(registry):
    registry.surrender(1, [0, 0], [60, 40], 1)
    assert registry.balances[1, 0] == 0
    refused(registry, "cannot surrender", lambda: registry.surrender(1, [1, 1], [150, 51], 1))


def test_amounts_by_account_or_one_for_all(registry):
    registry.issue(0, registry.firm_accounts, 7, 0)
    registry.issue(0, None, np.arange(registry.accounts), 0)
    assert registry.balances[0].tolist() == [7, 8, 9, 10, 4, 5, 6, 7]
    registry.issue(0, registry.reserve, 5, 0)
    assert registry.balances[0, registry.reserve] == 10


@pytest.mark.parametrize("way", ["surrender", "cancel", "expire"])
def test_nobody_gives_more_than_is_free(registry, way):
    registry.lock(1, [0], [60])
    refused(registry, f"cannot {way}.*account 0", lambda: getattr(registry, way)(1, [1, 0], [5, 41], 1))
    getattr(registry, way)(1, [0], [40], 1)
    assert registry.free(1)[0] == 0


def test_carry_over_stays_within_an_instrument(registry):
    refused(registry, "carried over", lambda: registry.carry_over(1, 3, [0], [1], 1))
    refused(registry, "carried over", lambda: registry.carry_over(1, 1, [0], [1], 1))
    refused(registry, "cannot carry out", lambda: registry.carry_over(1, 2, [0], [101], 1))


@pytest.mark.parametrize(
    ("accounts", "lots", "match"),
    [
        ([0], [-1], "negative"),
        ([0], [1.0], "whole numbers"),
        ([0], [np.nan], "whole numbers"),
        ([8], [1], "outside"),
        ([-1], [1], "outside"),
        ([0, 1], [1, 2, 3], "row number"),
        ([0], [LIMIT + 1], "2..61"),
    ],
)
def test_amounts_that_are_no_amounts_are_refused(registry, accounts, lots, match):
    refused(registry, match, lambda: registry.issue(1, accounts, lots, 0))
    refused(registry, match, lambda: registry.surrender(1, accounts, lots, 0))


def test_an_unknown_product_is_refused(registry):
    for product in (-1, 6):
        refused(registry, "no product", lambda p=product: registry.issue(p, [0], [1], 0))
        refused(registry, "no product", lambda p=product: registry.surrender(p, [0], [1], 0))
        refused(registry, "no product", lambda p=product: registry.transfer(p, change(registry), 0))


def test_totals_do_not_overflow(registry):
    registry.issue(0, [0], [LIMIT], 0)
    refused(registry, "exceed", lambda: registry.issue(0, [1], [1], 0))
    registry.surrender(0, [0], [LIMIT], 0)
    refused(registry, "exceed", lambda: registry.issue(0, [1], [1], 0))


def test_carry_over_does_not_overflow_either(registry):
    registry.issue(2, [0], [LIMIT - 5], 0)
    refused(registry, "exceed", lambda: registry.carry_over(1, 2, [1], [6], 1))
    registry.carry_over(1, 2, [1], [5], 1)


def test_transfers_add_up_to_zero_and_leave_nobody_short(registry):
    registry.transfer(1, change(registry, a0=-100, a1=60, reserve=40), 1)
    assert registry.balances[1].tolist() == [0, 260, 300, 400, 0, 40, 0, 0]
    refused(registry, "created or lost", lambda: registry.transfer(1, change(registry, a1=-5, a2=4), 1))
    refused(registry, "does not hold", lambda: registry.transfer(1, change(registry, a0=-1, a1=1), 1))
    wrong = np.zeros(3, dtype=np.int64)
    refused(registry, "row for every", lambda: registry.transfer(1, wrong, 1))
    refused(registry, "int64", lambda: registry.transfer(1, change(registry).astype(float), 1))


def test_changes_that_wrap_to_zero_are_refused():
    registry = Registry(3, 1, 1)
    wrapping = np.array([1 << 62, 1 << 62, 1 << 62, 1 << 62, 0, 0, 0], dtype=np.int64)
    assert wrapping.sum() == 0
    refused(registry, "created or lost", lambda: registry.transfer(0, wrapping, 0))
    refused(registry, "created or lost", lambda: registry.pay(wrapping, 0))


def test_what_the_outside_market_sells_is_imported(registry):
    registry.transfer(1, change(registry, a0=-10, outside=10), 1)
    registry.transfer(1, change(registry, a1=25, outside=-25), 2)
    assert registry.imported[1] == 15
    assert registry.balances[1, registry.outside] == 0
    registry.check()


def test_cash_falls_to_the_credit_limit_and_no_further(registry):
    registry.pay(change(registry, a0=-1_000, a1=1_000), 1)
    refused(registry, "cannot pay.*account 0", lambda: registry.pay(change(registry, a0=-1, a1=1), 1))
    refused(registry, "created or lost", lambda: registry.pay(change(registry, a1=5), 1))
    registry.pay(change(registry, a2=10**15, outside=-(10**15)), 1)
    assert registry.cash.sum() == 0


def test_credit_limits_by_firm():
    registry = Registry(2, 1, 1, credit_limit=np.array([5, 0]))
    registry.pay_outside([5, 0], 0)
    with pytest.raises(ConservationError, match="account 1"):
        registry.pay_outside([0, 1], 0)


def test_fines_and_fees(registry):
    registry.fine([10, 0, 30, 0], 1)
    registry.pay_outside([0, 7, 0, 0], 1)
    assert registry.cash.tolist() == [-10, -7, -30, 0, 40, 0, 7, 0]
    refused(registry, "cannot pay", lambda: registry.fine([2_000], 1))


def test_locks(registry):
    registry.lock(1, [0, 1], [100, 50])
    registry.lock_cash([0], [900])
    assert registry.free(1)[:2].tolist() == [0, 150]
    assert registry.spendable()[0] == 100
    refused(registry, "cannot lock", lambda: registry.lock(1, [0], [1]))
    refused(registry, "cannot lock", lambda: registry.lock_cash([0], [101]))
    refused(registry, "cannot pay", lambda: registry.pay(change(registry, a0=-101, a1=101), 1))
    refused(registry, "does not hold", lambda: registry.transfer(1, change(registry, a0=-1, a1=1), 1))
    refused(registry, "unlocked", lambda: registry.unlock(1, [1], [51]))
    refused(registry, "unlocked", lambda: registry.unlock_cash([0], [901]))
    registry.unlock(1, [0, 1], [100, 50])
    registry.unlock_cash([0], [900])
    assert not registry.locked.any()
    assert not registry.cash_locked.any()


def test_hold_locks_all_or_nothing(registry):
    rights, money = change(registry, a0=100), change(registry, a1=1_001)
    assert not registry.hold(1, rights, money)
    assert not registry.locked.any()
    money[1] = 1_000
    assert registry.hold(1, rights, money)
    assert registry.free(1)[0] == registry.spendable()[1] == 0
    refused(registry, "negative", lambda: registry.hold(1, -rights, money))


def test_exchange_releases_locks_or_changes_nothing(registry):
    rights, money = change(registry, a0=100), change(registry, a1=500)
    registry.hold(1, rights, money)
    lots, cash = change(registry, a0=-80, a1=80), change(registry, a0=400, a1=-400)
    refused(registry, "does not hold", lambda: registry.exchange(1, lots, cash, 1))
    refused(registry, "unlocked", lambda: registry.exchange(1, lots, cash, 1, 2 * rights, money))
    refused(registry, "created or lost", lambda: registry.exchange(1, lots, money, 1, rights, money))
    too_dear = 3 * cash
    refused(registry, "pay beyond", lambda: registry.exchange(1, lots, too_dear, 1, rights, money))
    registry.exchange(1, lots, cash, 1, rights, money)
    assert not registry.locked.any()
    assert registry.cash[:2].tolist() == [400, -400]


@pytest.mark.parametrize("damage", ["balances", "cash", "locked", "issued", "cash_locked", "expired"])
def test_check_finds_any_damage(registry, damage):
    registry.check()
    getattr(registry, damage)[..., 1] += 5_000
    with pytest.raises(ConservationError):
        registry.check()


def test_the_journal_replays_by_plain_addition(registry):
    registry.surrender(1, [0], [30], 1)
    registry.carry_over(1, 2, [1], [20], 2)
    registry.fine([5], 2)
    columns = registry.journal.columns()
    assert {name: str(column.dtype) for name, column in columns.items()} == {
        "period": "int32", "operation": "int8", "product": "int32", "account": "int32", "amount": "int64",
    }  # fmt: skip
    rows = list(
        zip(
            *(columns[n].tolist() for n in ("period", "operation", "product", "account", "amount")),
            strict=True,
        )
    )
    assert rows[4:] == [
        (1, 3, 1, 0, 30),
        (2, 6, 1, 1, 20),
        (2, 7, 2, 1, 20),
        (2, 8, -1, 0, -5),
        (2, 8, -1, 4, 5),
    ]
    again = replay(registry.journal, registry.products, registry.accounts)
    assert (again.balances == registry.balances).all()
    assert (again.cash == registry.cash).all()
    assert all((getattr(registry, name) == total).all() for name, total in again.totals.items())


def test_without_a_journal_totals_are_kept():
    registry = Registry(2, 1, 1, journal=False)
    registry.issue(0, [0], [5], 0)
    assert registry.journal is None
    assert registry.issued[0] == 5
    registry.check()
