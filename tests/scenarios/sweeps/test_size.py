"""What a sweep will take: too much for the disk is refused before anything is written."""

import pytest

from scenarios.errors import InputError
from scenarios.sweeps import size, sweep, sweep_of
from scenarios.sweeps.store import part_bytes
from scenarios.sweeps.work import Row, frame_of_rows

DECLARED = {
    "name": "large",
    "scenario": "textbook-montgomery",
    "levers": {"cap": {"path": "carbon.cap_scale", "low": 80, "high": 100}},
    "design": {"kind": "latin_hypercube", "points": 20_000},
    "seeds": 50,
}


def test_a_sweep_that_the_disk_has_no_room_for_is_refused(tmp_path, monkeypatch):
    plan = sweep_of(DECLARED)
    needed = size.bytes_of(plan)
    monkeypatch.setattr(size, "free_space", lambda _: needed + size.KEPT_FREE - 1.0)
    with pytest.raises(InputError) as caught:
        sweep(plan, tmp_path / "out", workers=1)
    problem = caught.value.problems[0]
    assert problem.message.startswith("the 1,000,000 runs would take about")
    assert "Keep fewer outcomes" in problem.remedy
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(size, "free_space", lambda _: needed + size.KEPT_FREE + 1.0)
    size.check_room(plan, tmp_path / "out")


def test_the_estimate_is_near_what_a_part_takes():
    plan = sweep_of(DECLARED)
    chunk = size.chunk_size(plan)
    names = [f"outcome{i}" for i in range(40)]
    rows = [Row(i, i, 0, {name: 1.0 / (3.0 + i * 7 + j) for j, name in enumerate(names)}) for i in range(chunk)]
    taken = len(part_bytes(frame_of_rows(rows), "digest")) / chunk
    estimated = size.bytes_of(plan) / plan.most_runs * 40 / len(size.outcome_names(plan.base.scenario))
    assert 0.5 * taken < estimated < 2.5 * taken


def test_series_of_accounts_are_counted():
    few, many = sweep_of(DECLARED), sweep_of(DECLARED | {"series": ["firms"]})
    assert size.bytes_of(many) > 1.2 * size.bytes_of(few)
