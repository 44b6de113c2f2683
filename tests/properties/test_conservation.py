"""Nothing is created or lost: millions of random operations, lawful and unlawful, against the identities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import ConservationError
from market.journal import replay
from market.matching import CallAuction
from market.matching.contract import random_book
from market.randomness import Streams
from market.registry import Registry
from market.settlement import trade

FIRMS, INSTRUMENTS, VINTAGES = 500, 2, 3


def state_of(registry):
    return [np.copy(getattr(registry, n)) for n in (
        "balances", "locked", "cash", "cash_locked", "issued", "imported", "surrendered", "cancelled", "expired",
        "carried_in", "carried_out",
    )]  # fmt: skip


def unlawful(registry, work):
    """Assert that an operation is refused and leaves no trace."""
    before, entries = state_of(registry), len(registry.journal)
    with pytest.raises(ConservationError):
        work()
    assert all((a == b).all() for a, b in zip(before, state_of(registry), strict=True))
    assert len(registry.journal) == entries


class Play:
    """Random batches of operations: each touches hundreds of accounts at once."""

    def __init__(self, seed, firms=FIRMS):
        self.registry = Registry(firms, INSTRUMENTS, VINTAGES, credit_limit=10**9)
        self.streams = Streams(seed)
        self.operations = 0

    def turn(self, t):
        generator = self.streams.at("play", t).generator()
        way = generator.choice([self.issue, self.take, self.carry, self.pay, self.lock, self.trade, self.break_rules])
        way(generator, t)

    def _part(self, generator, available):
        """Return random whole parts of what is available."""
        return (available * generator.random(available.size)).astype(np.int64)

    def issue(self, generator, t):
        registry = self.registry
        registry.issue(generator.integers(registry.products), None, generator.integers(0, 1_000, registry.accounts), t)
        self.operations += registry.accounts

    def take(self, generator, t):
        registry, product = self.registry, generator.integers(self.registry.products)
        way = generator.choice([registry.surrender, registry.cancel, registry.expire])
        way(product, None, self._part(generator, registry.free(product)), t)
        self.operations += registry.accounts

    def carry(self, generator, t):
        registry, k = self.registry, generator.integers(INSTRUMENTS)
        old, new = (registry.product(k, int(v)) for v in generator.choice(VINTAGES, 2, replace=False))
        registry.carry_over(old, new, None, self._part(generator, registry.free(old)), t)
        self.operations += registry.accounts

    def pay(self, generator, t):
        registry = self.registry
        paid = self._part(generator, np.minimum(registry.spendable(), 10**6))
        registry.pay(np.roll(paid, 1) - paid, t)
        self.operations += registry.accounts

    def lock(self, generator, t):
        registry, product = self.registry, generator.integers(self.registry.products)
        registry.lock(product, None, self._part(generator, registry.free(product)))
        registry.lock_cash(None, self._part(generator, np.minimum(registry.spendable(), 10**5)))
        registry.unlock(product, None, self._part(generator, registry.locked[product]))
        registry.unlock_cash(None, self._part(generator, registry.cash_locked))
        self.operations += 4 * registry.accounts

    def trade(self, generator, t):
        registry, product = self.registry, int(generator.integers(self.registry.products))
        orders = random_book(generator, 800, width=30, largest=400, accounts=registry.accounts)
        trade(registry, product, orders, CallAuction(), None, self.streams.at("clearing", t), 3, t)
        self.operations += len(orders)

    def break_rules(self, generator, t):
        registry, product = self.registry, int(generator.integers(self.registry.products))
        one = np.zeros(registry.accounts, dtype=np.int64)
        one[generator.integers(registry.firms)] = 1
        none = np.zeros_like(one)
        beyond = registry.free(product) * (one == 0) + (registry.free(product) + 1) * one
        unlawful(registry, lambda: registry.surrender(product, None, beyond, t))
        unlawful(registry, lambda: registry.lock(product, None, beyond))
        unlawful(
            registry,
            lambda: registry.carry_over(product, (product + VINTAGES) % registry.products, None, one, t),
        )
        unlawful(registry, lambda: registry.transfer(product, one, t))
        unlawful(registry, lambda: registry.exchange(product, none, -one, t))
        unlawful(registry, lambda: registry.pay(np.roll(one, 1) * 10**10 - one * 10**10, t))
        unlawful(registry, lambda: registry.unlock(product, None, registry.locked[product] + one))
        unlawful(registry, lambda: registry.issue(product, None, -one, t))


def assert_sound(registry):
    registry.check()
    assert (registry.balances >= 0).all()
    assert ((registry.locked >= 0) & (registry.locked <= registry.balances)).all()
    assert registry.cash.sum() == 0
    owners = np.arange(registry.accounts) != registry.reserve
    held, reserve = registry.balances[:, owners].sum(axis=1), registry.balances[:, registry.reserve]
    left = registry.surrendered + registry.cancelled + registry.expired + registry.carried_out
    assert (registry.issued + registry.imported + registry.carried_in == held + reserve + left).all()


def assert_replays(registry):
    again = replay(registry.journal, registry.products, registry.accounts)
    assert (again.balances == registry.balances).all()
    assert (again.cash == registry.cash).all()
    for name, total in again.totals.items():
        assert (getattr(registry, name) == total).all(), name


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_millions_of_operations_conserve_rights_and_cash_and_replay(seed):
    play = Play(seed)
    for t in range(3_500):
        play.turn(t)
        if t % 50 == 0:
            assert_sound(play.registry)
    assert_sound(play.registry)
    assert_replays(play.registry)
    assert play.operations > 1_500_000
    assert play.registry.imported.sum() > 0


@given(st.integers(0, 2**32), st.integers(1, 6), st.lists(st.integers(0, 1_000), min_size=1, max_size=25))
def test_any_short_sequence_of_few_accounts_is_sound(seed, firms, turns):
    play = Play(seed, firms)
    for t in turns:
        play.turn(t)
        assert_sound(play.registry)
    assert_replays(play.registry)


def test_the_journal_does_not_change_what_happens():
    plays = [Play(9), Play(9)]
    plays[1].registry.journal = None
    ways = ("issue", "take", "carry", "pay", "lock", "trade")
    for t in range(120):
        for play in plays:
            getattr(play, ways[t % len(ways)])(play.streams.at("play", t).generator(), t)
    assert all((a == b).all() for a, b in zip(*(state_of(play.registry) for play in plays), strict=True))
