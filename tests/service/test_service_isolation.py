"""Deadly queries end, with a true status, and the next query works."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from avidity_service.context import KEY
from avidity_service.errors import QueryError
from avidity_service.release import Release, open_release
from avidity_service.settings import Settings
from avidity_service.sparql.pool import Pool
from avidity_service.sparql.process import Worker
from flask import Flask

MakeApp = Callable[..., Flask]
WriteRelease = Callable[..., Path]
MANY = 700
E = "http://example.org/"
JSON = ["application/sparql-results+json"]
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
GREEDY = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"
MANY_ROWS = "SELECT * { ?a <http://example.org/p> ?c . ?d <http://example.org/p> ?f }"


@pytest.fixture(scope="module")
def big_release(write_release: WriteRelease, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Enough triples for a product of four patterns to outlive any deadline."""
    quads = "".join(f'<{E}n{n}> <{E}p> "{n}" <http://e/g> .\n' for n in range(MANY))
    return open_release(write_release(tmp_path_factory.mktemp("big"), quads))


@pytest.fixture
def pool(big_release: Release, request: pytest.FixtureRequest) -> Iterator[Pool]:
    """A pool with one worker; `indirect` parameters are settings."""
    given = {"workers": 1, "query_timeout_s": 60, **getattr(request, "param", {})}
    pool = Pool(big_release, Settings().with_values(**given))
    if pool.settings.query_timeout_s < 10:  # so that the time is the query's and not the start's
        assert pool.warm()
    yield pool
    pool.close()


def works(pool: Pool) -> bool:
    return b"true" in pool.ask("ASK {}", JSON).body


def refused(pool: Pool, query: str, **asked: object) -> QueryError:
    with pytest.raises(QueryError) as caught:
        pool.ask(query, JSON, **asked)  # type: ignore[arg-type]
    return caught.value


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_for(done: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("pool", [{"query_timeout_s": 0.5}], indirect=True)
def test_an_endless_query_is_stopped_each_time(pool: Pool) -> None:
    # Twice: the second meets a worker that has just been started.
    for _ in range(2):
        before = time.monotonic()
        error = refused(pool, ENDLESS)
        assert error.status == 504
        assert "0.5 s" in error.detail
        assert time.monotonic() - before < 20
    assert works(pool)


def test_a_client_may_lower_the_deadline(pool: Pool) -> None:
    assert works(pool)
    assert refused(pool, ENDLESS, timeout_s=0.3).extra["timeout_s"] == 0.3
    assert works(pool)


@pytest.mark.parametrize("pool", [{"query_timeout_s": 0.4}], indirect=True)
def test_a_client_may_not_raise_the_deadline(pool: Pool) -> None:
    assert refused(pool, ENDLESS, timeout_s=3600).extra["timeout_s"] == 0.4


def test_the_deadline_is_a_504_problem_over_http(make_app: MakeApp, big_release: Release) -> None:
    app = make_app(big_release, workers=1, query_timeout_s=0.5)
    app.extensions[KEY].pool.warm()
    client = app.test_client()
    response = client.get("/sparql", query_string={"query": ENDLESS})
    assert response.status_code == 504
    assert response.mimetype == "application/problem+json"
    assert client.get("/sparql", query_string={"query": "ASK {}"}).status_code == 200
    assert client.get("/ready").status_code == 200


@pytest.mark.parametrize("pool", [{"query_memory_mb": 64}], indirect=True)
def test_a_greedy_query_is_507(pool: Pool) -> None:
    assert refused(pool, GREEDY).status == 507
    assert works(pool)


@pytest.mark.parametrize("pool", [{"max_result_mb": 1}], indirect=True)
def test_a_large_answer_is_refused_whole(pool: Pool) -> None:
    error = refused(pool, MANY_ROWS)
    assert (error.status, error.extra) == (413, {"max_result_mb": 1})
    assert works(pool)


@pytest.mark.parametrize("pool", [{"max_rows": MANY}], indirect=True)
@pytest.mark.parametrize(
    "media_type",
    ["application/sparql-results+json", "application/sparql-results+xml", "text/csv", "text/tab-separated-values"],
)
def test_as_many_rows_as_allowed_and_not_one_more(pool: Pool, media_type: str) -> None:
    query = "SELECT * { { ?s <http://example.org/p> ?o } UNION { VALUES ?s { <http://e/1> } FILTER(%s) } }"
    assert pool.ask(query % "false", [media_type]).body
    with pytest.raises(QueryError) as caught:
        pool.ask(query % "true", [media_type])
    assert (caught.value.status, caught.value.extra) == (413, {"max_rows": MANY})


@pytest.mark.parametrize("pool", [{"max_rows": MANY}], indirect=True)
@pytest.mark.parametrize("media_type", ["text/turtle", "application/n-triples", "application/n-quads"])
def test_as_many_triples_as_allowed_and_not_one_more(pool: Pool, media_type: str) -> None:
    query = "CONSTRUCT { ?s <http://example.org/p> ?o . %s } WHERE { ?s <http://example.org/p> ?o }"
    assert pool.ask(query % "", [media_type]).body.count(b'"') == 2 * MANY
    with pytest.raises(QueryError) as caught:
        pool.ask(query % "<http://e/1> <http://example.org/q> 1", [media_type])
    assert caught.value.status == 413


def test_a_worker_that_was_killed_from_outside_is_replaced(pool: Pool) -> None:
    assert works(pool)
    (worker,) = pool.all
    os.kill(worker.pid, signal.SIGKILL)
    assert wait_for(lambda: not worker.alive)
    assert works(pool)


def test_a_kill_at_the_last_moment_is_not_the_query_s_fault(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert works(pool)
    (worker,) = pool.all
    monkeypatch.setattr(Worker, "alive", True)  # as it was when somebody looked
    os.kill(worker.pid, signal.SIGKILL)
    assert works(pool)


def test_when_the_client_leaves_the_query_ends(pool: Pool) -> None:
    assert works(pool)
    (worker,) = pool.all
    left = time.monotonic() + 0.5
    error = refused(pool, ENDLESS, is_gone=lambda: time.monotonic() > left)
    assert error.status != 504, "it was the deadline that stopped it, not the client's leaving"
    assert wait_for(lambda: not alive(worker.pid), 5)
    assert works(pool)


def test_a_nursery_that_was_killed_from_outside_is_replaced(pool: Pool) -> None:
    assert works(pool)
    (nursery,) = pool.nurseries
    nursery.process.kill()
    (worker,) = pool.all
    assert works(pool)  # its workers go on
    os.kill(worker.pid, signal.SIGKILL)
    assert wait_for(lambda: not worker.alive)
    assert works(pool)
    assert pool.nurseries != [nursery]


@contextlib.contextmanager
def long_query(pool: Pool, query: str = ENDLESS) -> Iterator[None]:
    """A long query is running, and has found its lane."""
    refusals: list[QueryError] = []
    busy = threading.Thread(target=lambda: refusals.append(refused(pool, query)))
    running = len(pool.lanes.slow)
    busy.start()
    try:
        assert wait_for(lambda: len(pool.lanes.slow) > running)
        yield
    finally:
        busy.join()
    assert [error.status for error in refusals] == [504]


LANES = {"query_timeout_s": 3, "workers": 1, "long_queries": 1}


@pytest.mark.parametrize("pool", [LANES], indirect=True)
def test_a_short_query_does_not_wait_for_a_long_one(pool: Pool) -> None:
    with long_query(pool):
        before = time.monotonic()
        assert works(pool)
        assert time.monotonic() - before < 1


@pytest.mark.parametrize("pool", [LANES], indirect=True)
def test_too_many_long_queries_are_asked_to_come_back(pool: Pool) -> None:
    with long_query(pool):
        error = refused(pool, ENDLESS + " LIMIT 1")
        assert (error.status, error.title, error.extra["retry_after_s"]) == (503, "Too many long queries", 5)
        # It is known now, and is turned away before it takes a place from anybody.
        before = time.monotonic()
        assert refused(pool, ENDLESS + " LIMIT 1").status == 503
        assert time.monotonic() - before < 0.05
        assert works(pool)
    assert (pool.lanes.free, pool.lanes.slow) == (1, [])


@pytest.mark.parametrize("pool", [{"query_timeout_s": 3, "workers": 2, "long_queries": 2}], indirect=True)
def test_a_client_with_many_long_queries_leaves_room_for_another(pool: Pool) -> None:
    ended: dict[str, tuple[int, float]] = {}
    began = time.monotonic()

    def ask(name: str, client: str) -> None:
        error = refused(pool, f"{ENDLESS} # {name}", client=client)
        ended[name] = (error.status, time.monotonic() - began)

    threads = []
    for name, client in (("first", "one"), ("second", "one"), ("other", "two")):
        threads.append(threading.Thread(target=ask, args=(name, client)))
        threads[-1].start()
        assert wait_for(lambda: pool.lanes.free == 2 and len(pool.lanes.slow) == min(2, len(threads)))
    assert wait_for(lambda: "second" in ended)
    assert [place.client for place in pool.lanes.slow] == ["one", "two"]
    for thread in threads:
        thread.join()
    assert {name: status for name, (status, _) in ended.items()} == {"first": 504, "second": 503, "other": 504}
    assert ended["second"][1] < ended["first"][1]


@pytest.mark.parametrize("pool", [LANES], indirect=True)
def test_a_query_that_was_long_once_begins_in_the_slow_lane(pool: Pool) -> None:
    assert refused(pool, ENDLESS).status == 504
    with long_query(pool):
        assert pool.lanes.free == 1


@pytest.mark.parametrize("pool", [LANES], indirect=True)
def test_a_long_query_runs_behind_all_others(pool: Pool) -> None:
    with long_query(pool):
        (busy,) = [worker for worker in pool.all if worker.slowed]
        assert os.getpriority(os.PRIO_PROCESS, busy.pid) == 19
    assert works(pool)
    assert not any(worker.slowed for worker in pool.all)


@pytest.mark.parametrize("pool", [{**LANES, "query_timeout_s": 60}], indirect=True)
def test_a_worker_that_gave_way_is_kept_for_long_queries(pool: Pool) -> None:
    query = f"SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f VALUES ?x {{ {' '.join(map(str, range(12)))} }} }}"
    assert pool.ask(query, JSON).body
    (slowed,) = pool.all
    assert slowed.slowed
    assert works(pool)
    # The short query had another; the long one, asked again, has the first.
    assert len(pool.all) == 2
    assert pool.ask(query, JSON).body
    assert len(pool.all) == 2
    assert slowed in pool.all


def test_busy_has_retry_after(make_app: MakeApp, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avidity_service.sparql.lanes.PATIENCE_S", 0.1)
    app = make_app(release, workers=1)
    place = app.extensions[KEY].pool.lanes.enter_at_once("ASK {}")
    assert place is not None
    response = app.test_client().get("/sparql?query=ASK{}")
    place.leave()
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert app.test_client().get("/sparql?query=ASK{}").status_code == 200


def test_closing_leaves_no_process(big_release: Release) -> None:
    pool = Pool(big_release, Settings().with_values(workers=2))
    assert works(pool)
    pids = [worker.pid for worker in pool.all]
    pool.close()
    pool.close()
    assert pids
    assert wait_for(lambda: not any(map(alive, pids)), 5)
    assert refused(pool, "ASK {}").status == 503


def test_a_forgotten_pool_ends_its_workers(big_release: Release) -> None:
    pool = Pool(big_release, Settings().with_values(workers=1))
    assert works(pool)
    (pid,) = [worker.pid for worker in pool.all]
    del pool
    assert wait_for(lambda: not alive(pid))


@contextlib.contextmanager
def _listener() -> Iterator[tuple[int, list[bool]]]:
    """A port, and whether somebody came."""
    came: list[bool] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, _ = server.accept()
                    came.append(True)
                    connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield server.getsockname()[1], came
        finally:
            stop.set()
            thread.join()


def test_a_worker_cannot_call_out_even_if_the_guard_is_fooled(pool: Pool) -> None:
    with _listener() as (port, came):
        query = f"SELECT * {{ SERVICE SILENT <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}"
        pool.ask(query, JSON)  # past the guard, straight to a worker
        error = refused(pool, query.replace("SILENT ", ""))
        assert error.status == 400
        time.sleep(0.2)
        assert not came
        ox.Store().query(query)  # the control: without the cage the engine does call
        assert wait_for(lambda: bool(came))


def test_workers_start_from_the_release_that_was_opened(write_release: WriteRelease, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release", "<http://e/a> <http://e/b> <http://e/old> <http://e/g> .\n")
    pool = Pool(open_release(folder), Settings().with_values(workers=1))
    write_release(folder, "<http://e/a> <http://e/b> <http://e/new> <http://e/g> .\n")
    assert b"http://e/old" in pool.ask("SELECT ?o { ?s <http://e/b> ?o }", JSON).body
    pool.close()


_FRONT = """
import sys, threading, time
from pathlib import Path
from avidity_service.release import open_release
from avidity_service.settings import Settings
from avidity_service.sparql.pool import Pool
pool = Pool(open_release(Path(sys.argv[1])), Settings().with_values(workers=1, query_timeout_s=600))
pool.ask("ASK {}", ["text/csv"])
print(*[worker.pid for worker in pool.all], flush=True)
pool.ask(sys.argv[2], ["text/csv"])
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_workers_end_with_a_front_that_was_killed(big_release: Release) -> None:
    command = [sys.executable, "-c", _FRONT, str(big_release.path), ENDLESS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as front:
        assert front.stdout is not None
        pid = int(front.stdout.readline())
        assert wait_for(lambda: _cpu_ticks(pid) > 20), "the worker is amid the query"
        front.kill()
    assert wait_for(lambda: not alive(pid))


def _cpu_ticks(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11])


def test_no_variable_of_the_environment_is_needed(pool: Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # A file in the current folder must not stand in for a module of the worker.
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')\n")
    monkeypatch.chdir(tmp_path)
    assert works(pool)
    assert os.listdir(tmp_path) == ["json.py"]  # noqa: PTH208
