"""Where workers come from, and where they go: whatever happens to that process, no wrong one is killed and none waits."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from avidity_service.errors import QueryError
from avidity_service.release import Release
from avidity_service.settings import Settings
from avidity_service.sparql import forking, hugepages, nursery, supply
from avidity_service.sparql.forking import Nursery, Refused
from avidity_service.sparql.lanes import Unready
from avidity_service.sparql.nursery import Children
from avidity_service.sparql.oom import Kills
from avidity_service.sparql.pool import Pool
from avidity_service.sparql.process import Gone, Worker

from .running import children, until

JSON = ["application/sparql-results+json"]
LONG = (
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n1 ?o . ?p ?q ?r . ?s ?t ?u . ?v ?w ?x }"
)
# Longer than any wait that the loop of connections may have, shorter than any of those that ask a nursery.
MOMENT_S = 0.25
linux = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")


@pytest.fixture
def told() -> list[str]:
    """Why workers ended."""
    return []


@pytest.fixture
def pool(release: Release, told: list[str]) -> Iterator[Pool]:
    found = Pool(release, Settings().with_values(workers=2, long_queries=1, query_timeout_s=20), told.append)
    yield found
    found.close()


def works(pool: Pool) -> bool:
    return b"true" in pool.ask("ASK {}", JSON).body


def refused(pool: Pool, query: str = "ASK {}", **asked: Any) -> QueryError:
    with pytest.raises(QueryError) as caught:
        pool.ask(query, JSON, **asked)
    return caught.value


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that does nothing for a while, as on a machine that swaps."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def nursery_of(script: str) -> Nursery:
    """A nursery that answers as the script has it, to whose `front` the messages come."""
    whole = "import json, os, socket, sys, time\nfront = socket.socket(fileno=int(sys.argv[1]))\n" + script
    return Nursery([sys.executable, "-c", whole], [])


READY = "front.send(b'{\"to\": 0}')\n"


def test_after_a_late_answer_no_worker_bears_another_s_number(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(forking, "_ANSWER_S", 0.3)
    worker = pool.start()
    (former,) = pool.nurseries
    with stopped(former.process.pid):
        pool.drop(worker)
        assert until(lambda: f"nursery {former.process.pid} is given up" in caplog.text, 5)
    assert former.broken
    workers = [pool.start() for _ in range(3)]
    (present,) = pool.nurseries
    assert present is not former
    assert {worker.pid for worker in workers} == children(present.process.pid)
    for worker in workers:
        worker.close()  # each ends the process that it speaks with
        assert until(lambda worker=worker: worker.pid not in children(present.process.pid), 5)  # type: ignore[misc]
    assert former.process.returncode is not None
    assert former.control.fileno() == -1


@pytest.mark.parametrize("answer", ['{"to": 7, "pid": 1}', '{"pid": 1}', "[]", "{", '{"to": 1}'])
def test_an_answer_to_something_else_breaks_the_nursery(answer: str) -> None:
    found = nursery_of(READY + f"front.recv(64); front.send({answer.encode()!r}); front.recv(64)")
    try:
        with pytest.raises(Gone):
            found.worker()
        assert (found.broken, found.alive, found.control.fileno()) == (True, False, -1)
        with within(MOMENT_S), pytest.raises(Gone):
            found.worker()
    finally:
        found.close()


def test_whatever_goes_wrong_a_pool_refuses_in_words(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: object) -> Worker:
        raise KeyError("pid")

    monkeypatch.setattr(Nursery, "worker", fails)
    error = refused(pool)
    assert (error.status, error.title, error.extra["retry_after_s"]) == (503, "No worker", 1)
    assert "KeyError" in caplog.text
    monkeypatch.undo()
    assert works(pool)


@linux
@pytest.mark.parametrize("way", ["begin", "abandon", "give back", "drop"])
def test_what_the_loop_does_waits_for_no_nursery(pool: Pool, way: str) -> None:
    workers = [pool.start() for _ in range(2)]
    pool.idle.append(workers[0])
    run = pool.begin(LONG, JSON) if way == "abandon" else None
    with stopped(pool.nurseries[0].process.pid), within(MOMENT_S):
        if way == "begin":
            os.kill(workers[0].pid, signal.SIGKILL)
            assert until(lambda: workers[0].has_ended, 0.2)
            with pytest.raises(Unready):
                pool.begin("ASK {}", JSON)
        elif way == "abandon":
            assert run is not None
            run.abandon()
        elif way == "give back":
            pool.slowed.append(workers[0])  # as many as are kept
            workers[1].slowed = True
            pool.give_back(workers[1])
        else:
            pool.drop(workers[0])
    assert pool.lanes.free == 2
    assert until(lambda: len(pool.all) == 1 and len(children(pool.nurseries[0].process.pid)) == 1, 5)


def test_a_long_text_is_no_business_of_the_loop(pool: Pool) -> None:
    pool.idle.append(pool.start())
    # More than a socket takes while the worker does not read.
    with stopped(pool.idle[0].pid), within(MOMENT_S), pytest.raises(Unready):
        pool.begin("ASK {} #" + "x" * 1_000_000, JSON)
    with stopped(pool.idle[0].pid), within(MOMENT_S):
        run = pool.begin("ASK {} #" + "\N{SNOWMAN}" * 32_000, JSON)
    assert run is not None
    assert run.finish().body


@linux
def test_a_number_stays_a_worker_s_own_until_it_is_let_go(pool: Pool) -> None:
    first, second = pool.start(), pool.start()
    pool.idle.append(first)
    os.kill(first.pid, signal.SIGKILL)
    assert until(lambda: first.has_ended)
    pool.drop(second)  # the nursery is spoken to
    assert until(lambda: not Path(f"/proc/{second.pid}").exists(), 5)
    assert Path(f"/proc/{first.pid}").exists()
    # And of those who lie idle and dead, the pool rids itself.
    pool.reaper.look_round()
    assert first not in pool.all
    assert first not in pool.idle
    assert first.handle is None
    assert not Path(f"/proc/{first.pid}").exists()


@linux
def test_the_reaper_looks_round_by_itself(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avidity_service.sparql.reaper.LOOK_S", 0.05)
    assert works(pool)
    (worker,) = pool.all
    os.kill(worker.pid, signal.SIGKILL)
    assert until(lambda: not pool.all, 5)
    assert works(pool)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="there are no handles of processes here")
def test_no_other_process_is_killed_that_has_the_number_now(pool: Pool) -> None:
    worker = pool.start()
    own = worker.pid
    pool.nurseries[0].process.kill()
    with subprocess.Popen(["sleep", "30"]) as innocent:
        worker.pid = innocent.pid
        pool.drop(worker)
        assert until(lambda: worker.handle is None)
        assert until(lambda: not Path(f"/proc/{own}").exists() or "Z" in Path(f"/proc/{own}/stat").read_text())
        assert innocent.poll() is None
        innocent.kill()


def test_without_handles_the_nursery_kills(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avidity_service.sparql.process._handle", lambda _: None)
    worker = pool.start()
    with stopped(worker.pid):  # so that it cannot end by itself
        pool.drop(worker)
        assert until(lambda: not children(pool.nurseries[0].process.pid), 5)


def test_a_number_that_comes_again_has_its_own_end() -> None:
    found, pid = Children(), os.fork()
    if not pid:
        os.kill(os.getpid(), signal.SIGKILL)
    found.there.add(pid)
    assert until(lambda: found.ended(pid) == signal.SIGKILL)
    found.end(pid)  # nobody knows of it any more, so nobody is killed
    assert (found.there, found.ending) == (set(), set())
    found.there.add(pid)
    with mock.patch("os.waitpid", return_value=(pid, signal.SIGABRT)):
        found.reap()
        assert found.ended(pid) == signal.SIGABRT


def test_a_query_waits_for_a_dataset_no_longer_than_its_deadline(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    loading = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(supply.Supply, "_command", lambda _: loading)
    with within(2):
        error = refused(pool, timeout_s=0.4)
    assert (error.status, error.title) == (503, "No worker yet")
    assert "0.4 s" in error.detail
    assert error.extra["retry_after_s"]
    with within(2):
        assert refused(pool, is_gone=lambda: True).title == "Client left"
    assert pool.lanes.free == 2
    # Those who have given up want no workers any more.
    monkeypatch.undo()
    pool.nurseries[0].process.kill()
    assert works(pool)
    assert len(pool.all) <= 2


def test_a_worker_that_comes_too_late_is_kept(pool: Pool) -> None:
    assert refused(pool, timeout_s=0.01).status == 503
    assert until(lambda: len(pool.idle) == 1)
    assert works(pool)
    assert len(pool.all) == 1


def test_a_system_without_room_is_told_in_words(caplog: pytest.LogCaptureFixture, pool: Pool) -> None:
    assert works(pool)
    # The nursery answers, and goes on.
    (found,) = pool.nurseries
    assert found._ask("worker") == {"to": found.number, "refused": os.strerror(errno.EMFILE)}
    pool.drop(pool.idle.pop())
    with mock.patch.object(Nursery, "_ask", return_value={"refused": "Cannot allocate memory"}):
        error = refused(pool)
    assert (error.status, error.title, error.extra["retry_after_s"]) == (503, "No worker", 1)
    assert "Cannot allocate memory" in error.detail
    assert "Cannot allocate memory" in caplog.text
    assert works(pool)
    assert pool.nurseries == [found]


def test_a_fork_that_fails_is_an_answer() -> None:
    def fork(_: int) -> int:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    descriptor, found = os.dup(0), Children()
    assert nursery._born(fork, [descriptor], found) == {"refused": os.strerror(errno.EAGAIN)}
    assert not found.there
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_nursery_that_cannot_be_started_is_told_in_words(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(subprocess, "Popen", fails)
    error = refused(pool)
    assert (error.status, error.extra["retry_after_s"]) == (503, 1)
    assert "Cannot allocate memory" in error.detail
    assert "Cannot allocate memory" in caplog.text
    monkeypatch.undo()
    assert works(pool)


def test_no_descriptor_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    found = nursery_of(READY + "front.recv(64)")
    try:
        monkeypatch.setattr(socket, "socketpair", mock.Mock(side_effect=OSError(errno.EMFILE, "Too many open files")))
        with pytest.raises(Refused, match="Too many open files"):
            found.worker()
        assert not found.broken
    finally:
        found.close()


def test_workers_may_have_any_descriptor(pool: Pool) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2048:
        pytest.skip("no such descriptors here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    try:
        worker = pool.start()
        high = socket.socket(fileno=fcntl.fcntl(worker.connection.fileno(), fcntl.F_DUPFD_CLOEXEC, 1500))
        worker.connection.close()
        worker.connection = high
        pool.idle.append(worker)
        assert worker.alive
        assert works(pool)
        assert pool.all == {worker}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def killed_amid(pool: Pool, number: int) -> Iterator[QueryError]:
    """A query whose worker was sent a signal when it was well under way; what its client was told."""
    assert works(pool)
    (worker,) = pool.all
    timer = threading.Timer(0.5, os.kill, (worker.pid, number))
    timer.start()
    yield refused(pool, LONG, timeout_s=10)
    timer.join()


@pytest.mark.parametrize(
    ("number", "kills", "status", "reason"),
    [
        (signal.SIGKILL, 0, 503, "lost"),
        (signal.SIGKILL, 1, 507, "memory"),
        (signal.SIGABRT, 0, 507, "memory"),
        (signal.SIGSEGV, 0, 507, "stack"),
        (signal.SIGBUS, 0, 503, "lost"),
    ],
)
def test_a_lost_worker_is_told_as_what_it_was(
    pool: Pool,
    told: list[str],
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    number: int,
    kills: int,
    status: int,
    reason: str,
) -> None:
    counter = tmp_path / "events"
    counter.write_text("oom_kill 3\n")
    pool.memory_kills = Kills([counter])
    counter.write_text(f"oom_kill {3 + kills}\n")
    with killed_amid(pool, number) as error:
        assert (error.status, told) == (status, [reason])
    if reason == "lost":
        assert (error.title, "try again" in error.detail) == ("Worker lost", True)
    [line] = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert f"was ended by signal {number:d}" in line.getMessage()


@linux
def test_whoever_lost_a_worker_waits_for_no_nursery_beyond_the_deadline(pool: Pool) -> None:
    assert works(pool)
    (worker,) = pool.all
    timer = threading.Timer(0.5, os.kill, (worker.pid, signal.SIGKILL))
    timer.start()
    with stopped(pool.nurseries[0].process.pid), within(3):
        assert refused(pool, LONG, timeout_s=1).title == "Worker lost"
    timer.join()
    assert works(pool)


def test_each_kill_for_memory_explains_one_end(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    second.write_text("pgfault 12\noom_kill 5\noom_kill_other 9\n")
    kills = Kills([first, second])
    assert not kills.explain_one()
    second.write_text("pgfault 12\noom_kill 7\noom_kill_other 9\n")
    assert [kills.explain_one() for _ in range(3)] == [True, True, False]


@linux
def test_ends_that_nobody_wanted_are_in_the_log(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    assert works(pool)
    (worker,), (parent,) = pool.all, pool.nurseries
    os.kill(worker.pid, signal.SIGKILL)
    assert until(lambda: worker.has_ended)
    pool.reaper.look_round()
    assert f"worker {worker.pid} was ended by signal 9 (SIGKILL)" in caplog.messages
    os.kill(parent.process.pid, signal.SIGTERM)  # it does not listen to this
    os.kill(parent.process.pid, signal.SIGKILL)
    parent.process.wait(5)
    pool.reaper.look_round()
    assert f"nursery {parent.process.pid} was ended by signal 9 (SIGKILL)" in caplog.messages
    before = len(caplog.messages)
    assert works(pool)
    pool.drop(pool.idle.pop())
    pool.close()
    assert caplog.messages[before:] == []


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="the system has no such scores")
def test_a_worker_goes_before_the_service(pool: Pool) -> None:
    assert works(pool)
    (worker,) = pool.all

    def score(pid: int) -> int:
        return int(Path(f"/proc/{pid}/oom_score_adj").read_text())

    assert score(worker.pid) == 1000
    assert score(pool.nurseries[0].process.pid) == score(os.getpid()) < 1000


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> hugepages.Memory:
    """Memory of which it is known how much it gathers."""
    monkeypatch.setattr(hugepages, "_ranges", lambda _: iter([(0, 8 << 20)]))
    monkeypatch.setattr(hugepages.Memory, "_gather", lambda *_: 8 << 20)
    monkeypatch.setattr(hugepages, "_available", lambda _: 64 << 20)
    return hugepages.Memory()


def test_memory_is_gathered_by_one_at_a_time(roomy: hugepages.Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    other = hugepages.Memory()
    fcntl.flock(other.turn, fcntl.LOCK_EX)
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(roomy.gather()))
    thread.start()
    time.sleep(0.2)
    assert not found
    # What is left is looked up when the turn has come.
    monkeypatch.setattr(hugepages, "_available", lambda _: (64 << 20) - 1)
    fcntl.flock(other.turn, fcntl.LOCK_UN)
    thread.join()
    assert found == [0]
    monkeypatch.setattr(hugepages, "_available", lambda _: 64 << 20)
    assert roomy.gather() == other.gather() == 8 << 20
    fcntl.flock(other.turn, fcntl.LOCK_EX)
    monkeypatch.setattr(hugepages, "PATIENCE_S", 0.1)
    assert roomy.gather() == 0


def test_what_is_available_is_looked_up_anew(roomy: hugepages.Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert hugepages._available(roomy.available) > 1 << 20
