"""Named streams: the same for equal names and seeds, apart for others, the same on every machine."""

import numpy as np
import pytest

from market.matching.tie_break_kernel import hash_of
from market.randomness import Streams, splitmix64, stable_hash, tie_break


def test_splitmix64_gives_the_published_sequence():
    # First outputs of the reference generator for seed 1234567: state grows by the golden ratio, output is the mix.
    golden = 0x9E3779B97F4A7C15
    outputs = [splitmix64((1234567 + i * golden) & (2**64 - 1)) for i in range(5)]
    assert outputs == [
        6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
    ]  # fmt: skip


def test_keys_and_draws_are_pinned():
    stream = Streams(7).at("weather", 3, round=1, product=2)
    assert stable_hash("weather") == 15577049981620465086
    assert stream.key == 11095631753503564174
    assert stream.generator().random() == 0.6738480670578415


def test_a_generator_starts_afresh():
    stream = Streams(7).at("demand", 0)
    assert (stream.generator().random(5) == stream.generator().random(5)).all()


def test_streams_differ_in_every_part():
    base, other = Streams(1), Streams(2)
    streams = [
        base.at("a", 0), other.at("a", 0), base.at("b", 0), base.at("a", 1), base.at("a", 0, 1),
        base.at("a", 0, 0, 1), base.at("a", 1, 1), base.at("a", 1, 0, 1),
    ]  # fmt: skip
    assert len({s.key for s in streams}) == len(streams)
    assert len({s.generator().random() for s in streams}) == len(streams)


def test_keys_do_not_collide_over_a_run():
    streams = Streams(3)
    keys = {streams.at("clearing", t, r, p).key for t in range(132) for r in range(3) for p in range(77)}
    assert len(keys) == 132 * 3 * 77


def test_draws_for_all_ids_do_not_move_when_an_id_is_added():
    first = Streams(4).at("shock", 2).generator().standard_normal(100)
    more = Streams(4).at("shock", 2).generator().standard_normal(101)
    assert (more[:100] == first).all()


def test_tie_break_is_splitmix_of_key_and_id_compiled_or_not():
    key = Streams(5).at("clearing", 9).key
    ids = np.array([0, 1, 2, 77, 10**6, 2**26])
    expected = [splitmix64((key + (int(i) - 1) * 0x9E3779B97F4A7C15) & (2**64 - 1)) for i in ids]
    assert tie_break(key, ids).tolist() == expected
    assert [int(hash_of(np.uint64(key), i)) for i in ids] == expected


def test_tie_break_favours_nobody():
    streams, ids = Streams(6), np.arange(50)
    wins = np.bincount([int(tie_break(streams.at("x", t).key, ids).argmax()) for t in range(5_000)], minlength=50)
    assert abs(wins - 100).max() < 5 * np.sqrt(100)


def test_negative_seeds_are_refused():
    with pytest.raises(ValueError, match="seed"):
        Streams(-1)


@pytest.mark.parametrize("seed", [0, 1, 7, 2**32 - 1, 2**32, 2**63 + 5, 2**64, 2**130 + 17, 3**70])
def test_draws_of_many_periods_are_those_of_their_generators(seed):
    streams = Streams(seed)
    for name, start in (("activity", 0), ("weather", 7), ("a", 2**32 - 3)):
        drawn = streams.normals(name, range(start, start + 3), 20)
        each = [streams.at(name, t).generator().standard_normal(20) for t in range(start, start + 3)]
        assert (drawn == np.array(each)).all()
    assert streams.normals("activity", range(0), 4).shape == (0, 4)
