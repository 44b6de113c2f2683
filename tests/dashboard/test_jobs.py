"""The queue: one job a run, turns between sessions, the latest wins, limits, and what it tells."""

import threading
import time
from time import monotonic

import pytest

from dashboard import jobs as jobs_module
from dashboard.jobs import Jobs, Refused
from dashboard.settings import Settings
from dashboard.tasks import Failure, Finished, Kept
from tests.dashboard.fake_pool import FakePool, run


def queue(workers: int = 1, **settings: object) -> tuple[Jobs, FakePool]:
    pool = FakePool(workers)
    return Jobs(pool, Settings(**settings)), pool


def test_a_thousand_clicks_are_one_job() -> None:
    jobs, pool = queue()
    found: set[int] = set()

    def click() -> None:
        for _ in range(100):
            found.add(id(jobs.submit("a", run("x"))))

    threads = [threading.Thread(target=click) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
    assert pool.begun == ["x"]
    assert [job.key for job in jobs.of("a")] == ["x"]


def test_sessions_are_served_in_turn() -> None:
    jobs, pool = queue()
    for key in ("a1", "a2", "a3", "a4"):
        jobs.submit("a", run(key))
    for key in ("b1", "b2"):
        jobs.submit("b", run(key))
    jobs.submit("c", run("c1"))
    for _ in range(7):
        pool.end()
    assert pool.begun == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]


def test_one_session_may_have_all_workers_until_another_waits() -> None:
    jobs, pool = queue(2, running_per_session=1)
    for key in ("a1", "a2", "a3", "a4"):
        jobs.submit("a", run(key))
    assert pool.begun == ["a1", "a2"]
    jobs.submit("b", run("b1"))
    jobs.submit("b", run("b2"))
    pool.end()
    assert pool.begun == ["a1", "a2", "b1"]
    pool.end()  # a2: now one each, so the turn decides, and b has one under way
    assert pool.begun[-1] == "a3"


def test_positions_are_the_order_in_which_runs_begin() -> None:
    jobs, pool = queue(queue_per_session=20)
    asked = [jobs.submit(name[0], run(name)) for name in ("a1", "a2", "a3", "b1", "b2", "b3", "b4", "c1")]
    assert jobs.position(asked[0]) == 0
    places = {job.key: jobs.position(job) for job in asked if job.state == "waiting"}
    for _ in range(8):
        pool.end()
    assert sorted(places, key=places.__getitem__) == pool.begun[1:]
    assert sorted(places.values()) == list(range(1, 8))


def test_urgent_runs_come_first_in_their_session() -> None:
    jobs, pool = queue()
    for key in ("a1", "a2", "a3"):
        jobs.submit("a", run(key))
    jobs.submit("a", run("a4"), urgent=True)
    jobs.submit("a", run("a3"), urgent=True)
    for _ in range(4):
        pool.end()
    assert pool.begun == ["a1", "a3", "a4", "a2"]


def test_the_latest_wins() -> None:
    jobs, _ = queue()
    other = jobs.submit("b", run("b1"), supersede="explore")
    plain = jobs.submit("a", run("plain"))
    first, second, third = (jobs.submit("a", run(key), supersede="explore", keep=["kept"]) for key in "xyz")
    kept = jobs.submit("a", run("kept"), supersede="explore", keep=["z"])
    last = jobs.submit("a", run("last"), supersede="explore", keep=["kept"])
    assert [job.state for job in (first, second, third)] == ["cancelled"] * 3
    assert [job.state for job in (other, plain, kept, last)] == ["running", "waiting", "waiting", "waiting"]
    assert [job.key for job in jobs.of("a")] == ["plain", "kept", "last"]
    again = jobs.submit("a", run("x"), supersede="explore", keep=["kept"])
    assert again is not first
    assert again.state == "waiting"


def test_a_superseded_run_is_stopped_and_makes_room() -> None:
    jobs, pool = queue()
    first = jobs.submit("a", run("x"), supersede="explore")
    second = jobs.submit("a", run("y"), supersede="explore")
    assert pool.doing[0].cancelled.is_set()
    assert (first.state, second.state) == ("cancelled", "waiting")
    back = jobs.submit("a", run("x"), supersede="explore")  # while the first one is still being stopped
    assert (back.state, second.state) == ("waiting", "cancelled")
    pool.end()
    assert (first.state, back.state) == ("cancelled", "running")
    assert jobs.load == {"waiting": 0, "running": 1, "free": 0}


def test_runs_that_are_wanted_together_do_not_cancel_one_another() -> None:
    jobs, _ = queue(2)
    together = jobs.submit_all("a", [run("x", 1), run("y", 2), run("z", 3)], supersede="explore")
    assert [job.state for job in together] == ["running", "running", "waiting"]
    next_ones = jobs.submit_all("a", [run("z", 3), run("w", 4)], supersede="explore")
    assert [job.state for job in together] == ["cancelled", "cancelled", "waiting"]
    assert next_ones[0] is together[2]


def test_a_run_that_is_asked_for_by_itself_is_not_superseded() -> None:
    jobs, _ = queue()
    jobs.submit("b", run("b"))
    job = jobs.submit("a", run("x"), supersede="explore")
    jobs.submit("a", run("x"))
    jobs.submit("a", run("y"), supersede="explore")
    assert job.state == "waiting"


def test_too_many_waiting_runs_are_refused() -> None:
    jobs, pool = queue(queue_per_session=3, queue_in_all=5)
    for i in range(4):  # one runs, three wait
        jobs.submit("a", run(f"a{i}"))
    with pytest.raises(Refused) as refused:
        jobs.submit("a", run("a4"))
    assert (refused.value.code, refused.value.values) == ("queue_full", {"most": 3})
    assert jobs.submit("a", run("a2")).state == "waiting"  # it is there already
    for i in range(2):
        jobs.submit("b", run(f"b{i}"))
    with pytest.raises(Refused) as refused:
        jobs.submit("c", run("c0"))
    assert refused.value.code == "server_full"
    pool.end()
    assert jobs.submit("c", run("c0")).state == "waiting"


def test_superseding_makes_room_before_the_limit_is_checked() -> None:
    jobs, _ = queue(queue_per_session=1)
    jobs.submit("a", run("a"))
    for key in "xyz":
        assert jobs.submit("a", run(key), supersede="explore").state == "waiting"


def test_cancelling() -> None:
    jobs, pool = queue()
    running, waiting = jobs.submit("a", run("x")), jobs.submit("a", run("y"))
    assert not jobs.cancel("b", "x")  # another session's
    assert jobs.cancel("a", "x")
    assert jobs.cancel("a", "y")
    assert not jobs.cancel("a", "y")
    assert (running.state, waiting.state) == ("cancelled", "cancelled")
    pool.end()
    assert pool.begun == ["x"]
    assert jobs.submit("a", run("x")) is running  # the page that shows it asks again and again
    assert jobs.submit("a", run("x"), again=True).state == "running"
    assert jobs.load == {"waiting": 0, "running": 1, "free": 0}


def test_a_failed_run_stays_failed_until_it_is_asked_for_again() -> None:
    jobs, pool = queue()
    job = jobs.submit("a", run("x"))
    pool.progress(3, 10)
    assert (job.done, job.total) == (3, 10)
    pool.end(Failure("seconds", {"seconds": 2.0}))
    assert job.state == "failed"
    assert job.failure is not None
    assert job.failure.values == {"seconds": 2.0}
    assert jobs.submit("a", run("x")) is job
    assert jobs.submit("a", run("x"), again=True) is not job


def test_waiting_for_jobs() -> None:
    jobs, pool = queue(2)
    both = [jobs.submit("a", run("x")), jobs.submit("a", run("y"))]
    begun = monotonic()
    assert not jobs.wait(both, 0.1)
    assert 0.09 < monotonic() - begun < 0.5
    pool.end()
    assert jobs.wait(both[0], 0)
    timer = threading.Timer(0.1, pool.end)
    timer.start()
    begun = monotonic()
    assert jobs.wait(both, 5)
    assert monotonic() - begun < 1
    timer.join()


def test_a_result_is_in_the_store_before_anybody_hears_of_it() -> None:
    class Results(dict[tuple[str, str], object]):
        def put(self, session: str, key: str, result: object) -> None:
            assert job.state == "running"
            self[session, key] = result

        def held(self, session: str, key: str) -> object:
            return self.get((session, key))

    store, pool = Results(), FakePool()
    jobs = Jobs(pool, Settings(), store)
    job = jobs.submit("a", run("x"))
    pool.tell(Finished("the result"))
    assert job.state == "done"
    assert store == {("a", "x"): "the result"}
    assert job.result is None
    pool.tell(Kept(failure=Failure("not_kept")))
    assert job.state == "done"
    assert job.notice == Failure("not_kept")
    assert jobs.submit("a", run("x")) is job
    store.clear()  # it left memory, so it is run again
    assert jobs.submit("a", run("x")) is not job


def test_old_jobs_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, pool = queue()
    monkeypatch.setattr(jobs_module, "MOST_OVER", 50)
    for i in range(80):
        jobs.submit("a", run(str(i)))
        pool.end()
    assert [job.key for job in jobs.of("a")] == [str(i) for i in range(30, 80)]
    monkeypatch.setattr(jobs_module, "FORGET_AFTER", 0.01)
    time.sleep(0.02)
    assert jobs.of("a") == []
    assert jobs.find("a", "79") is None
