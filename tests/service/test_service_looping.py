"""Queries that the loop of connections answers itself: the same bytes as by the long way, whatever happens to them."""

from __future__ import annotations

import concurrent.futures
import contextlib
import http.client
import json
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from avidity_service import looping
from avidity_service.fair import FairQueue
from avidity_service.release import Release
from avidity_service.sparql.guard import MOST_NESTING
from avidity_service.sparql.hugepages import _PAGE, Memory, _ranges
from avidity_service.sparql.points import is_point, point
from avidity_service.sparql.scan import scan
from avidity_service.sparql.sink import Caps
from avidity_service.sparql.worker import answer
from hypothesis import example, given
from hypothesis import strategies as st

from .conftest import WriteRelease
from .running import Running, running, until

JSON, NT = "application/sparql-results+json", "application/n-triples"
S = "<http://example.org/s0>"
POINTS = [
    f"SELECT ?p ?o {{ {S} ?p ?o }}",
    f"select * where {{ {S} ?p ?o . }} limit 1",
    "PREFIX e: <http://example.org/>\n# a comment\nSELECT ?o WHERE { e:s0 e:p ?o } # another",
    f"SELECT ?o {{ {S} a ?o }}",
    f"DESCRIBE {S}",
    "PREFIX e: <http://example.org/> DESCRIBE e:t1",
    f"SELECT ?a {{ {S} ?p ?o }}",
]
NO_POINTS = [
    "SELECT * { ?s ?p ?o }",
    f"SELECT * {{ ?s ?p {S} }}",
    f"SELECT DISTINCT ?p {{ {S} ?p ?o }}",
    f"SELECT ?p {{ {S} ?p ?o }} ORDER BY ?p",
    f"SELECT ?o {{ {S} <http://example.org/p>+ ?o }}",
    f"SELECT ?o {{ {S} <http://example.org/p>|<http://example.org/q> ?o }}",
    f"SELECT ?o {{ {S} ^<http://example.org/p> ?o }}",
    f"SELECT ?o {{ {S} ?p ?o . ?o ?q ?r }}",
    f"SELECT ?o {{ {S} ?p ?o ; ?q ?r }}",
    f"SELECT ?o {{ {S} ?p ?o , ?r }}",
    f"SELECT ?o {{ {S} ?p ?o FILTER(?o > 1) }}",
    f"SELECT (COUNT(*) AS ?n) {{ {S} ?p ?o }}",
    f"SELECT ?o FROM <http://example.org/g> {{ {S} ?p ?o }}",
    f"SELECT ?o {{ GRAPH ?g {{ {S} ?p ?o }} }}",
    f"SELECT ?o {{ SERVICE <http://example.org/> {{ {S} ?p ?o }} }}",
    f"DESCRIBE {S} <http://example.org/s1>",
    f"DESCRIBE ?s {{ ?s ?p {S} }}",
    f"SELECT ?o {{ {S} ?p ?o }} OFFSET 1",
    f"SELECT ?o {{ {S} ?p ?o }} VALUES ?o {{ 1 }}",
    "SELECT ?o { << <a:a> <a:b> <a:c> >> ?p ?o }",
    "SELECT ?o { _:b ?p ?o }",
    "SELECT ?o { [] ?p ?o }",
]


@pytest.mark.parametrize("query", POINTS)
@pytest.mark.parametrize("accept", [(JSON, NT), ("text/csv", "text/turtle")])
def test_a_point_is_answered_as_a_worker_would(query: str, accept: tuple[str, ...], release: Release) -> None:
    assert is_point(query)
    found = point(release.store, query, accept)
    status, body = answer(release.store, query, {"accept": list(accept)}, Caps(1 << 20, 0))
    assert found is not None
    assert (found.media_type, found.body) == (status["type"], body)


@pytest.mark.parametrize("query", NO_POINTS)
def test_what_could_take_long_is_no_point(query: str) -> None:
    assert not is_point(query)


@given(
    st.lists(st.sampled_from([*POINTS, "PREFIX ", "SELECT ", "?s", S, "{", "}", " ", "#", "\n", "<", ">", "a:b", "*"]))
)
def test_recognising_a_point_takes_no_time(pieces: list[str]) -> None:
    started = time.process_time()
    is_point(" ".join(pieces * 20))
    assert time.process_time() - started < 0.5


_ANYWHERE = st.sampled_from(["SERVICE", "FROM", "NOW", "LOAD", "x", "(", "{", "<", "e:s", "a", "?o", "<http://e/FROM>"])


@given(st.lists(_ANYWHERE, max_size=4).map(" ".join), _ANYWHERE, _ANYWHERE, _ANYWHERE, _ANYWHERE)
@example("# SERVICE FROM (((\n", "SERVICE", "<http://e/FROM>", "a", "<http://e/NOW>")
@example("", "NOW", "e:LOAD", "?p", "?o")
def test_in_a_point_there_is_nothing_to_guard_against(
    before: str, variable: str, subject: str, predicate: str, object_: str
) -> None:
    prologue = "PREFIX e: <http://e/LOAD#> PREFIX SERVICE: <http://e/> "
    query = f"{prologue}{before} SELECT ?{variable} {{ {subject} {predicate} {object_} }}"
    if is_point(query):
        seen = scan(query)
        assert (seen.calls_service, seen.sets_dataset, seen.differs_each_time) == (False, False, False)
        assert (seen.form, seen.depth <= MOST_NESTING) == ("SELECT", True)


class PanicException(BaseException):
    """What a panic of the engine's looks like."""


@pytest.mark.parametrize("fault", [PanicException, KeyboardInterrupt])
def test_what_breaks_the_engine_breaks_no_front(
    fault: type[BaseException], release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise fault

    monkeypatch.setattr("avidity_service.sparql.points.answer_of", breaks)
    if fault is PanicException:
        assert point(release.store, POINTS[0], [JSON]) is None
    else:
        with pytest.raises(fault):
            point(release.store, POINTS[0], [JSON])


def test_a_point_waits_for_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def free(_: object, wanted: Any) -> Any:
        return SimpleNamespace(known="known", keep=lambda _: None) if wanted.is_point else None

    monkeypatch.setattr(looping, "at_once", free)
    monkeypatch.setattr(looping, "begin", lambda *_: None)
    sent: list[Any] = []
    front: Any = SimpleNamespace(knows=lambda _: False)
    poller: Any = SimpleNamespace()
    loop = looping.Looping(front, poller, sent.append, sent.append, lambda channel: str(channel.addr[0]))
    for name in ("query", "point", "query", "point"):
        channel: Any = SimpleNamespace(addr=("a", 1), connected=True, name=name)
        loop.ask(channel, SimpleNamespace(wish=SimpleNamespace(is_point=name == "point", asked=None), known=None))
    assert not sent
    loop.turn()
    assert [channel.name for channel in sent] == ["point", "point"]
    assert (len(loop.waiting), loop.points) == (2, [])


def test_a_point_that_is_large_goes_to_a_worker(write_release: WriteRelease, tmp_path: Path) -> None:
    from avidity_service.release import open_release

    lines = [f'<http://e/s> <http://e/p> "{n:0200d}" <http://e/g> .\n' for n in range(900)]
    found = open_release(write_release(tmp_path / "large", "".join(lines)))
    query = "SELECT ?o { <http://e/s> ?p ?o }"
    assert is_point(query)
    assert point(found.store, query, [JSON]) is None
    with running(found.path, tmp_path) as service:
        status, _, body = service.get("/sparql?query=" + quote(query), Accept=JSON)
        assert (status, len(json.loads(body)["results"]["bindings"])) == (200, 900)


def test_many_queries_asked_once_drive_out_none_that_are_asked_often(
    write_release: WriteRelease, tmp_path: Path
) -> None:
    lines = [f'<http://e/s{n}> <http://e/p> "{n:08000d}" <http://e/g> .\n' for n in range(300)]
    with running(write_release(tmp_path / "many", "".join(lines)), tmp_path, "--cache-mb", "1") as service:

        def ask(number: int) -> tuple[Counter[str], bytes]:
            path = "/sparql?query=" + quote(f"SELECT ?o {{ <http://e/s{number}> ?p ?o }}")
            before = _cache_requests(service)
            body = service.get(path, Accept=JSON)[2]
            return _cache_requests(service) - before, body

        assert [ask(0)[0] for _ in range(2)] == [Counter(miss=1), Counter(hit=1)]
        bodies = {ask(number)[1] for number in range(1, 100)}
        assert len(bodies) == 99
        # Some eighty have room. This one is now the last that was asked for; without the rule it would go.
        ask(0)
        ask(0)
        for number in range(100, 300):
            ask(number)
        assert ask(0)[0] == Counter(hit=1)
        # Who asks for the same again is worth the room. The first time one may be taken for another.
        found = [(ask(number)[0], ask(number)[0]) for number in range(290, 300)]
        assert sum(first == Counter(miss=1) for first, _ in found) >= 8
        assert all(second == Counter(hit=1) for _, second in found)


def _cache_requests(service: Running) -> Counter[str]:
    text = service.get("/metrics")[2].decode()
    return Counter({
        line.split('"')[1]: int(float(line.split()[-1]))
        for line in text.splitlines() if line.startswith("avidity_cache_requests_total{")
    })  # fmt: skip


def test_a_point_that_is_wrong_is_explained(service: Running) -> None:
    status, headers, body = service.get("/sparql?query=" + quote("SELECT ?p { e:s0 ?p ?o }"), Accept=JSON)
    assert (status, headers["Content-Type"]) == (400, "application/problem+json")
    assert b"e:" in body


@pytest.fixture(scope="module")
def service(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(
        release_folder, tmp_path_factory.mktemp("service"), "--query-timeout-s", "2", "--workers", "2"
    ) as found:
        yield found


SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o . ?p ?q ?r . ?s ?t ?u }"


def number(service: Running, n: int) -> tuple[int, int]:
    query = f"SELECT (COUNT(*) + {n} AS ?n) {{ ?s <http://example.org/p> ?o }}"
    status, _, body = service.get("/sparql?query=" + quote(query), Accept=JSON)
    return status, int(json.loads(body)["results"]["bindings"][0]["n"]["value"]) if status == 200 else 0


def test_many_at_once_get_each_their_own_answer(service: Running) -> None:
    with concurrent.futures.ThreadPoolExecutor(32) as clients:
        found = list(clients.map(lambda n: number(service, n), range(400)))
    assert found == [(200, n + 3) for n in range(400)]


def test_the_same_at_once_is_answered_to_all(service: Running) -> None:
    query = "/sparql?query=" + quote("SELECT (COUNT(*) AS ?same) { ?s ?p ?o . ?a ?b ?c }")
    with concurrent.futures.ThreadPoolExecutor(16) as clients:
        found = Counter(body for _, _, body in clients.map(lambda _: service.get(query, Accept=JSON), range(64)))
    assert list(found.values()) == [64]


def test_a_slow_one_is_stopped_and_the_quick_go_on_beside_it(service: Running) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        slow = [clients.submit(service.get, "/sparql?query=" + quote(f"{SLOW} # {n}")) for n in range(4)]
        quick = [number(service, 1000 + n) for n in range(200)]
        assert quick == [(200, 1003 + n) for n in range(200)]
        statuses = {answer.result()[0] for answer in slow}
    assert statuses <= {504, 503}
    assert 504 in statuses


def test_a_worker_killed_at_any_moment_costs_no_answer(service: Running) -> None:
    found, killed = [], 0
    for n in range(60):
        if n % 6 == 5:
            for worker in service.workers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
                    killed += 1
        found.append(number(service, 2000 + n))
    assert found == [(200, 2003 + n) for n in range(60)]
    assert killed >= 10


def test_clients_that_leave_at_once_hold_nothing(service: Running) -> None:
    for n in range(40):
        with socket.create_connection(("127.0.0.1", service.port)) as client:
            query = quote(f"{SLOW} # left {n}" if n % 2 else f"SELECT ({n} AS ?x) {{ ?s ?p ?o }}")
            client.sendall(f"GET /sparql?query={query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert until(lambda: number(service, 3000) == (200, 3003), 10)
    text = service.get("/metrics")[2].decode()
    assert until(lambda: "avidity_requests_under_way 1.0" in service.get("/metrics")[2].decode(), 10), text


def test_several_on_one_line_are_answered_in_their_order(service: Running) -> None:
    queries = [f"SELECT ({n} AS ?order) {{}}" for n in range(12)]
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall("".join(f"GET /sparql?query={quote(q)} HTTP/1.1\r\nHost: x\r\n\r\n" for q in queries).encode())
        stream = client.makefile("rb")
        found = []
        for _ in queries:
            assert b"200 OK" in stream.readline()
            headers = http.client.parse_headers(stream)
            rows = json.loads(stream.read(int(headers["Content-Length"])))["results"]["bindings"]
            found.append(int(rows[0]["order"]["value"]))
    assert found == list(range(12))


def test_codings_and_conditions_hold_for_a_first_answer_too(service: Running) -> None:
    query = "/sparql?query=" + quote("SELECT * { ?s ?p ?o . ?a ?b ?c }")
    status, headers, body = service.get(query, **{"Accept": JSON, "Accept-Encoding": "gzip"})
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert int(headers["Content-Length"]) == len(body)
    again = service.get(query, **{"Accept": JSON, "Accept-Encoding": "gzip", "If-None-Match": headers["ETag"]})
    assert (again[0], again[2]) == (304, b"")
    other = quote("SELECT * { ?s ?p ?o . ?a ?b ?c } # none")
    assert service.get("/sparql?query=" + other, **{"Accept": JSON, "Accept-Encoding": "identity;q=0, br"})[0] == 406


def test_what_is_new_each_time_is_new(service: Running) -> None:
    query = "/sparql?query=" + quote("SELECT (STRUUID() AS ?new) {}")
    answers = [service.get(query, Accept=JSON) for _ in range(3)]
    assert len({body for _, _, body in answers}) == 3
    assert {headers["Cache-Control"] for _, headers, _ in answers} == {"no-store"}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers())))
def test_owners_take_turns_and_each_ones_entries_keep_their_order(entries: list[tuple[str, int]]) -> None:
    line: FairQueue[tuple[str, int]] = FairQueue(lambda entry: entry[0])
    for entry in entries:
        line.append(entry)
    assert len(line) == len(entries)
    assert Counter(line) == Counter(entries)
    found = []
    while line:
        first = line.first()
        found.append(line.popleft())
        assert found[-1] == first
    for owner in "abc":
        assert [entry for entry in found if entry[0] == owner] == [entry for entry in entries if entry[0] == owner]
    # While several wait, nobody is served twice before another is served once.
    counts = Counter(owner for owner, _ in entries)
    rounds: dict[str, int] = dict.fromkeys(counts, 0)
    for owner, _ in found:
        rounds[owner] += 1
        assert all(rounds[other] >= rounds[owner] - 1 or rounds[other] == counts[other] for other in counts)
    with pytest.raises(IndexError):
        line.popleft()


def test_one_client_cannot_fill_the_queue(release_folder: Path, tmp_path: Path) -> None:
    with running(release_folder, tmp_path, "--queue-length", "8", "--workers", "1", "--long-queries", "1") as service:
        with concurrent.futures.ThreadPoolExecutor(60) as clients:
            asked = [clients.submit(service.get, "/sparql?query=" + quote(f"{SLOW} # {n}")) for n in range(60)]
            statuses = Counter(answer.result()[0] for answer in asked)
        assert set(statuses) <= {503, 504}
        assert statuses[503] > 0
        assert number(service, 1) == (200, 4)


def test_memory_with_room_for_large_pages_is_found() -> None:
    maps = f"""{2 * _PAGE - 4096:x}-{5 * _PAGE + 4096:x} rw-p 00000000 00:00 0                          [heap]
7f0000001000-7f0000002000 rw-p 00000000 00:00 0
7f0000400000-7f0000a00000 r--p 00000000 00:00 0
7f0000a00000-7f0001000000 rw-p 00001000 fe:00 12   /usr/lib/libc.so.6
7f0001000000-7f0001600000 rw-p 00000000 00:00 0"""
    assert list(_ranges(maps)) == [(2 * _PAGE, 5 * _PAGE), (0x7F0001000000, 0x7F0001600000)]


def test_gathering_memory_changes_nothing_else() -> None:
    data: Any = bytearray(os.urandom(16 << 20))
    before = bytes(data)
    assert Memory().gather() >= 0
    assert data == before
