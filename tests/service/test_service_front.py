"""What stands before Flask: tags, codings, kept answers, one computation for many, addresses that name a release."""

from __future__ import annotations

import gc
import gzip
import json
import threading
import time
import tracemalloc
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from avidity_service.app import make_context, over
from avidity_service.context import KEY
from avidity_service.front import tags
from avidity_service.front.cache import ByteCache
from avidity_service.front.encodings import choose, encode
from avidity_service.front.flight import Flights, Impatient, Left
from avidity_service.front.kept import Kept, Made
from avidity_service.front.layer import Front
from avidity_service.front.serving import Served
from avidity_service.journal import Journal, Line
from avidity_service.release import Release
from avidity_service.settings import Settings
from avidity_service.sparql.refusals import refusal
from backports import zstd
from flask import Flask, Response, request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

MakeApp = Callable[..., Flask]
NUMBERS = "/sparql?query=SELECT ?n { ?s <http://example.org/p> ?n } ORDER BY ?n"
LONG = "x" * 5000


def front_of(app: Flask) -> Front:
    front = app.wsgi_app
    assert isinstance(front, Front)
    return front


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP", "gzip"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, zstd;q=0.9", "gzip"),
        ("gzip;q=0.1, zstd;q=0", "gzip"),
        ("*", "gzip"),
        ("*;q=0.1, zstd;q=0", "gzip"),
        ("identity", "identity"),
        ("identity;q=1, gzip;q=0.5", "identity"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("br", "identity"),
        ("br, *;q=0", None),
        ("identity;q=0", None),
        ("*;q=0", None),
        ("identity;q=0, gzip", "gzip"),
        ("identity;q=0, *", "gzip"),
        ("*;q=0, identity;q=0.001", "identity"),
        ("gzip;q=x", "identity"),
        ("gzip;q=nan", "identity"),
        ("gzip;q=inf", "identity"),
        ("gzip;q=1.5", "identity"),
        (",,;;=,", "identity"),
    ],
)
def test_the_coding_is_the_one_that_the_client_likes_best(accept: str | None, coding: str | None) -> None:
    assert choose(accept, "text/plain", 5000) == coding


@pytest.mark.parametrize(("media_type", "size"), [("text/plain", 100), ("application/gzip", 5000), ("image/png", 5000)])
def test_what_would_not_shrink_stays_unless_that_is_refused(media_type: str, size: int) -> None:
    assert choose("gzip", media_type, size) == "identity"
    assert choose("gzip, *;q=0", media_type, size) == "gzip"


@given(st.text(max_size=60))
def test_no_header_breaks_the_choice(accept: str) -> None:
    assert choose(accept, "text/plain", 5000) in ("identity", "gzip", "zstd", None)


@given(st.binary(max_size=3000))
def test_every_coding_gives_the_bytes_back_and_the_same_bytes_each_time(data: bytes) -> None:
    assert gzip.decompress(encode(data, "gzip")) == zstd.decompress(encode(data, "zstd")) == data
    assert encode(data, "gzip") == encode(data, "gzip")
    assert encode(data, "zstd") == encode(data, "zstd")


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ('"a"', True), ('W/"a"', True), ("*", True), (" * ", True), ('"b", "a"', True), ('"b",W/"a"', True), ('"x,y","a"', True),
        (None, False), ("", False), ('"b"', False), ("a", False), ('"A"', False), ('"a', False), ('"b,a"', False), ('"*"', False),
    ],
)  # fmt: skip
def test_which_tags_a_client_has(header: str | None, known: bool) -> None:
    assert tags.has(header, '"a"') is known


@given(st.lists(st.from_regex(r"[!#-~]{0,8}", fullmatch=True)), st.from_regex(r"[!#-~]{1,8}", fullmatch=True))
def test_a_tag_is_found_in_any_list_that_holds_it(others: list[str], own: str) -> None:
    listed = ", ".join(f'"{name}"' for name in others)
    assert tags.has(listed, f'"{own}"') is (own in others)
    assert tags.has(f'{listed}, W/"{own}"', f'"{own}"')


def test_a_tag_depends_on_where_its_parts_end() -> None:
    assert (
        len(
            {
                tags.tag(("ab", "c"), ("d",), b"e"),
                tags.tag(("a", "bc"), ("d",), b"e"),
                tags.tag(("ab", "c"), ("d", "e"), b""),
                tags.tag(("ab", "c"), ("", "de"), b""),
                tags.tag(("ab", "c"), ("de",), b""),
            }
        )
        == 5
    )


def kept(name: str, body: bytes = b"", release: str = "r") -> Kept:
    made = Made("200 OK", [("Content-Type", "text/plain")], body)
    return Kept(made, release, "1", (release, name, made.media_type), Line())


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 30_000))))
def test_the_cache_stays_within_its_bytes_and_counts_them_right(asked: list[tuple[int, int]]) -> None:
    cache = ByteCache(100_000)
    for number, size in asked:
        if cache.peek(number) is None:
            found = cache.put(number, 10, kept(str(number), b"\1" * size))
            found.variant("gzip")
            cache.weigh(found)
        assert cache.size <= 100_000
        assert cache.size == sum(answer.size for answer in cache.answers.values())
        assert set(cache.by_key) == {key for answer in cache.answers.values() for key in answer.keys}


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    cache = ByteCache(30_000)
    for name in "abc":
        cache.put(name, 1, kept(name, b"1" * 3000))
    cache.touch(cache.answers[("r", "a", "text/plain")])
    for name in "def":
        cache.put(name, 1, kept(name, b"1" * 3000))
    assert "a" in cache
    assert "b" not in cache


def test_when_all_room_is_taken_a_cheap_answer_has_to_be_asked_for_twice() -> None:
    cache, answer = ByteCache(30_000), kept("x", b"1" * 3000)
    for name in "abcd":
        assert cache.has_room(name, answer)
        cache.put(name, 1, kept(name, b"1" * 3000))
    assert not cache.has_room("x", answer)
    assert cache.has_room("x", answer)
    assert not cache.has_room("y", answer)
    cache.clear()
    assert cache.has_room("z", answer)


def test_few_are_taken_for_what_was_asked_before() -> None:
    cache, answer = ByteCache(0), kept("x")
    asked = [("release", f"query {number}") for number in range(30_000)]
    assert sum(cache.has_room(key, answer) for key in asked) < 900
    assert all(cache.has_room(key, answer) for key in asked)


def test_what_was_asked_long_ago_is_forgotten() -> None:
    cache, answer = ByteCache(0), kept("x")
    for number in range(100_000):
        cache.has_room(number, answer)
    assert not cache.has_room(1, answer)


def test_of_a_large_answer_the_tag_is_kept() -> None:
    cache = ByteCache(80_000)
    large = kept("a", b"1" * 20_000)
    assert cache.put("a", 1, large) is large
    found = cache.peek("a")
    assert found is not None
    assert found.variant("gzip").body is None
    assert found.variant("gzip").etag == large.variant("gzip").etag
    assert cache.size < 10_000


def test_an_answer_keeps_the_digest_of_its_query_and_the_text_only_if_that_is_logged(tmp_path: Path) -> None:
    text, sizes = "x" * 60_000, []
    for words in ("digest", "text"):
        line, journal = Line(), Journal(Settings().with_values(query_log=str(tmp_path / "log"), log_queries=words))
        line.query = text
        answer = Kept(Made("200 OK", [], b"a"), "r", "1", ("r", words), line)
        before = answer.size
        answer.settle(journal.query_of)
        journal.close()
        assert (answer.line, answer.query.digest) == (None, line.digest)
        assert answer.query.text == ("" if words == "digest" else text)
        sizes.append(answer.size - before)
    assert sizes[0] == 0
    assert sizes[1] >= len(text)


@pytest.mark.parametrize("logged", [False, True])
def test_a_kept_answer_takes_what_is_counted(make_app: MakeApp, release: Release, tmp_path: Path, logged: bool) -> None:
    app = make_app(release, workers=1)
    if logged:
        front_of(app).journal = Journal(Settings().with_values(query_log=str(tmp_path / "log")))
    ask, number = app.test_client().post, 40

    def asked(start: int) -> None:
        for n in range(start, start + number):
            query = f"ASK {{}} # {n} {'x' * 60_000}"
            assert ask("/sparql", data=query, content_type="application/sparql-query").status_code == 200

    asked(0)
    gc.collect()
    tracemalloc.start()
    try:
        asked(number)
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        if logged:
            front_of(app).journal.close()  # type: ignore[union-attr]
    assert len(front_of(app).cache) == 2 * number
    assert taken < number * 12_000, "their queries have 60 KB each"


def test_one_computes_for_all(make_app: MakeApp, release: Release) -> None:
    app, times, gate = make_app(release), [], threading.Event()

    def slow() -> str:
        times.append(1)
        gate.wait(10)
        return LONG

    app.add_url_rule("/api/slow", view_func=slow)
    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(app.test_client().get, "/api/slow") for _ in range(4)]
        while sum(f.waiting for f in front_of(app).flights.under_way.values()) < 3:
            time.sleep(0.005)
        gate.set()
        assert {answer.result().text for answer in answers} == {LONG}
    assert len(times) == 1


@pytest.mark.parametrize("how", ["raises", "refuses"])
def test_a_leader_that_fails_leaves_nobody_hanging(make_app: MakeApp, release: Release, how: str) -> None:
    app, gate = make_app(release), threading.Event()

    def fails() -> Response:
        gate.wait(10)
        if how == "raises":
            raise RuntimeError("broken")
        return Response("no", 409)

    app.add_url_rule("/api/fails", view_func=fails)
    with ThreadPoolExecutor(3) as threads:
        answers = [threads.submit(app.test_client().get, "/api/fails") for _ in range(3)]
        while sum(f.waiting for f in front_of(app).flights.under_way.values()) < 2:
            time.sleep(0.005)
        gate.set()
        assert {answer.result().status_code for answer in answers} == {500 if how == "raises" else 409}
    assert not front_of(app).flights.under_way
    assert len(front_of(app).cache) == 0


def test_few_may_wait_for_long_ones_and_none_for_ever() -> None:
    flights: Flights[str] = Flights(patient=1)
    flight, leads = flights.board("key")
    assert leads
    outcomes: list[object] = []

    def follow(most_s: float, gone: bool) -> None:
        found, leads = flights.board("key")
        assert found is flight
        assert not leads
        try:
            outcomes.append(flights.wait(found, most_s, lambda: gone))
        except (Impatient, Left) as error:
            outcomes.append(type(error))

    holds = threading.Thread(target=follow, args=(60, False))
    holds.start()
    while flights.patient._value:
        time.sleep(0.005)
    follow(60, False)
    assert outcomes == [Impatient]
    flights.land("key", flight, "answer")
    holds.join(10)
    assert outcomes == [Impatient, "answer"]
    other, _ = flights.board("other")
    flights.board("other")
    assert flights.wait(other, 0, lambda: False) is None
    flights.board("other")
    with pytest.raises(Left):
        flights.wait(other, 60, lambda: True)


def test_a_query_goes_on_while_anybody_waits_for_it(make_app: MakeApp, release: Release) -> None:
    app, seen, gate = make_app(release), [], threading.Event()
    left = threading.Event()

    def asks() -> str:
        gate.wait(10)
        seen.append(request.environ["waitress.client_disconnected"]())
        return "answer"

    app.add_url_rule("/api/asks", view_func=asks)
    ask = app.test_client().get
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(ask, "/api/asks", environ_overrides={"waitress.client_disconnected": left.is_set})
        while not front_of(app).flights.under_way:
            time.sleep(0.005)
        left.set()
        second = threads.submit(app.test_client().get, "/api/asks")
        while not any(flight.waiting for flight in front_of(app).flights.under_way.values()):
            time.sleep(0.005)
        gate.set()
        assert first.result().status_code == second.result().status_code == 200
    assert seen == [False]


def test_who_left_is_counted_as_such(make_app: MakeApp, release: Release) -> None:
    app, gate = make_app(release), threading.Event()

    def slow() -> str:
        gate.wait(10)
        return "answer"

    app.add_url_rule("/api/slow", view_func=slow)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(app.test_client().get, "/api/slow")
        while not front_of(app).flights.under_way:
            time.sleep(0.005)
        gone = {"waitress.client_disconnected": lambda: True}
        left = app.test_client().get("/api/slow", environ_overrides=gone)
        gate.set()
        assert first.result().status_code == 200
    assert (left.status_code, left.get_json()["title"]) == (499, "Client left")
    assert "Retry-After" not in left.headers
    assert refusal({"status": "left"}, "ASK {}", 1, Settings()).status == 499
    counted = app.test_client().get("/metrics").text
    assert 'avidity_requests_total{door="api",outcome="left"} 1.0' in counted
    assert 'outcome="busy"' not in counted


def test_who_waited_for_one_whose_client_left_is_answered(make_app: MakeApp, release: Release) -> None:
    app, gate, times = make_app(release), threading.Event(), []

    def asks() -> Response:
        gate.wait(10)
        times.append(1)
        return Response("stopped", 503) if len(times) == 1 else Response("answer")

    app.add_url_rule("/api/asks", view_func=asks)
    with ThreadPoolExecutor(2) as threads:
        gone = {"waitress.client_disconnected": lambda: True}
        first = threads.submit(app.test_client().get, "/api/asks", environ_overrides=gone)
        while not front_of(app).flights.under_way:
            time.sleep(0.005)
        second = threads.submit(app.test_client().get, "/api/asks")
        while not any(flight.waiting for flight in front_of(app).flights.under_way.values()):
            time.sleep(0.005)
        gate.set()
        assert (first.result().status_code, second.result().text) == (503, "answer")


def test_codings_have_tags_of_their_own_and_zstd_comes_first(make_app: MakeApp, release: Release) -> None:
    app = make_app(release)
    app.add_url_rule("/api/long", view_func=lambda: LONG)
    client = app.test_client()
    plain, zipped, packed = (
        client.get("/api/long", headers={"Accept-Encoding": coding}) for coding in ("identity", "gzip", "gzip, zstd")
    )
    assert plain.data == gzip.decompress(zipped.data) == zstd.decompress(packed.data)
    assert len({answer.headers["ETag"] for answer in (plain, zipped, packed)}) == 3
    for answer in (plain, zipped, packed):
        assert int(answer.headers["Content-Length"]) == len(answer.data)
    again = client.get("/api/long", headers={"Accept-Encoding": "gzip", "If-None-Match": zipped.headers["ETag"]})
    assert (again.status_code, again.headers.get("Content-Encoding")) == (304, None)
    other = client.get("/api/long", headers={"Accept-Encoding": "gzip", "If-None-Match": plain.headers["ETag"]})
    assert other.status_code == 200


def test_no_coding_that_the_client_takes(make_app: MakeApp, release: Release) -> None:
    client = make_app(release).test_client()
    answer = client.get(NUMBERS, headers={"Accept-Encoding": "br, *;q=0"})
    assert answer.status_code == 406
    assert "gzip" in answer.get_json()["offered"]
    assert (
        client.get("/health", headers={"Accept-Encoding": "identity;q=0, gzip"}).headers["Content-Encoding"] == "gzip"
    )


def test_the_application_is_not_asked_twice(make_app: MakeApp, release: Release) -> None:
    app, times = make_app(release), []

    def counted() -> str:
        times.append(1)
        return LONG

    app.add_url_rule("/api/counted", view_func=counted)
    client = app.test_client()
    etag = client.get("/api/counted").headers["ETag"]
    client.head("/api/counted")
    client.get("/api/counted", headers={"Accept-Encoding": "gzip"})
    assert client.get("/api/counted", headers={"If-None-Match": etag}).status_code == 304
    assert len(times) == 1
    client.get("/api/counted?x=1")
    client.get("/api/counted", headers={"Accept": "text/csv"})
    assert len(times) == 3
    assert len(front_of(app).cache) == 2, "two Accept headers that lead to one media type share its bytes"


@pytest.mark.parametrize("header", ["no-store", "private, max-age=3"])
def test_what_may_not_be_kept_is_not(make_app: MakeApp, release: Release, header: str) -> None:
    app, times = make_app(release), []

    def new() -> Response:
        times.append(1)
        return Response(LONG, headers={"Cache-Control": header})

    app.add_url_rule("/api/new", view_func=new)
    client = app.test_client()
    for _ in range(2):
        answer = client.get("/api/new", headers={"If-None-Match": "*"})
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, header)
        assert "ETag" not in answer.headers
    assert len(times) == 2


def test_a_query_in_a_body_is_kept_too(make_app: MakeApp, release: Release) -> None:
    app = make_app(release, workers=1)
    client, query = app.test_client(), "SELECT ?n { ?s <http://example.org/p> ?n }"
    kind = "application/sparql-query"
    first = client.post("/sparql", data=query, content_type=kind)
    assert "ETag" not in first.headers
    asked = client.open("/sparql", method="QUERY", data=query, content_type=kind)
    app.extensions[KEY].pool.close()
    assert client.post("/sparql", data=query, content_type=kind).data == first.data
    tag = {"If-None-Match": asked.headers["ETag"]}
    assert client.open("/sparql", method="QUERY", data=query, content_type=kind, headers=tag).status_code == 304
    assert client.post("/sparql", data=query, content_type=kind, headers=tag).status_code == 200
    assert client.post("/sparql", data=query + " ", content_type=kind).status_code == 503
    assert client.post("/sparql", data=query, content_type="text/plain").status_code == 415


@pytest.mark.parametrize("call", ["NOW()", "RAND()", "UUID()", "STRUUID()", "BNODE()", "now ( )", "STR(NOW())"])
def test_what_differs_each_time_is_never_kept(make_app: MakeApp, release: Release, call: str) -> None:
    app = make_app(release, workers=1)
    ask = app.test_client()
    for query in (f"SELECT ({call} AS ?x) {{}}", f"SELECT ?x {{ BIND(1 AS ?y)BIND({call}AS ?x) }}"):
        for answer in (
            ask.get("/sparql", query_string={"query": query}),
            ask.post("/sparql", data={"query": query}),
        ):
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert len(front_of(app).cache) == 0


def test_the_words_now_and_rand_in_strings_and_names_do_no_harm(make_app: MakeApp, release: Release) -> None:
    app = make_app(release, workers=1)
    query = 'PREFIX now: <http://now/> SELECT ("NOW()" AS ?rand) { OPTIONAL { ?now now:RAND ?uuid } } # UUID()'
    assert "ETag" in app.test_client().get("/sparql", query_string={"query": query}).headers


def test_another_host_gets_its_own_description(make_app: MakeApp, release: Release) -> None:
    client = make_app(release).test_client()
    one, two = (client.get("/sparql", headers={"Host": host, "Accept": "text/turtle"}) for host in ("a.org", "b.org"))
    assert "http://a.org/sparql" in one.text
    assert "http://b.org/sparql" in two.text


def test_an_address_with_the_release_lasts(make_app: MakeApp, release: Release) -> None:
    client = make_app(release).test_client()
    plain, lasting = client.get(NUMBERS), client.get("/v/tiny" + NUMBERS)
    assert plain.headers["Cache-Control"] == "no-cache"
    assert lasting.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.data == lasting.data
    assert plain.headers["Avidity-Release"] == lasting.headers["Avidity-Release"] == "tiny"
    again = client.get("/v/tiny" + NUMBERS, headers={"If-None-Match": lasting.headers["ETag"]})
    assert (again.status_code, "immutable" in again.headers["Cache-Control"]) == (304, True)
    assert "immutable" not in client.get("/v/tiny/sparql?query=SELECT (NOW() AS ?n) {}").headers["Cache-Control"]
    assert "Cache-Control" not in client.get("/v/tiny/sparql?query=SELEC").headers
    assert client.get("/v/tiny/health").status_code == 404
    unknown = client.get("/v/other" + NUMBERS)
    assert (unknown.status_code, unknown.get_json()["release"]) == (404, "tiny")


def test_after_a_swap_nothing_of_the_former_release_is_given(make_app: MakeApp, release: Release) -> None:
    app = make_app(release)
    other = make_app(replace(release, manifest={**release.manifest, "release": "later"}))
    client, front = app.test_client(), front_of(app)
    before = client.get("/health"), client.get(NUMBERS)
    former = front.swap(front_of(other).current)
    after = client.get("/health"), client.get(NUMBERS, headers={"If-None-Match": before[1].headers["ETag"]})
    assert [answer.headers["Avidity-Release"] for answer in (*before, *after)] == ["tiny", "tiny", "later", "later"]
    assert after[1].status_code == 200
    assert client.get("/v/tiny" + NUMBERS).status_code == 410
    assert client.get("/v/later" + NUMBERS).status_code == 200
    assert former.retire(1) == 0
    assert not former.enter()


def test_a_swap_on_the_way_in_is_noted_under_the_release_that_answers(
    make_app: MakeApp, release: Release, tmp_path: Path
) -> None:
    app = make_app(release)
    front, other = front_of(app), make_app(replace(release, manifest={**release.manifest, "release": "later"}))
    front.journal = Journal(Settings().with_values(query_log=str(tmp_path / "log")))
    look = front.cache.peek

    def swaps(key: Hashable) -> Kept | None:
        found = look(key)
        former = front.swap(front_of(other).current)
        former.retire(0)
        return found

    front.cache.peek = swaps  # type: ignore[method-assign]
    answer = app.test_client().get(NUMBERS)
    front.journal.close()
    assert answer.headers["Avidity-Release"] == "later"
    assert json.loads((tmp_path / "log").read_text())["release"] == "later"


def test_a_retired_release_waits_for_those_inside(make_app: MakeApp, release: Release) -> None:
    former = front_of(make_app(release)).current
    assert former.enter()
    assert former.retire(0.05) == 1
    former.leave()
    assert former.retire(10) == 0


def test_a_static_file_is_whole_and_tagged(make_app: MakeApp, release: Release) -> None:
    client = make_app(release).test_client()
    first = client.get("/static/avidity.css")
    assert first.headers["Content-Type"].startswith("text/css")
    assert client.get("/static/avidity.css", headers={"Range": "bytes=0-3"}).data == first.data
    assert client.get("/static/avidity.css", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "path", ["/", "/health", NUMBERS, "/sparql?query=SELEC", "/nothing/there", "/static/avidity.css"]
)
def test_head_says_what_get_says(make_app: MakeApp, release: Release, path: str) -> None:
    client = make_app(release).test_client()
    head, full = client.head(path), client.get(path)
    assert head.data == b""
    ignored = {"X-Request-Id", "Date"}
    assert [h for h in head.headers if h[0] not in ignored] == [h for h in full.headers if h[0] not in ignored]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_health_is_told_alike_before_the_application_is_there_and_after(method: str, release: Release) -> None:
    context, made = make_context(release, Settings(workers=1)), []

    def make() -> Flask:
        made.append(1)
        return over(context)

    served = Served(context, make)
    client = Client(Front(served, context.settings, context.metrics))
    try:
        first = client.open("/health", method=method)
        assert not made
        assert client.get("/sparql?query=ASK%7B%7D").status_code == 200
        assert not made, "a query needs no application"
        assert client.get("/").status_code == 200
        assert made == [1]
        again = client.open("/health", method=method)
        assert (first.status, first.data) == (again.status, again.data)
        # But for the names of the two requests.
        assert {*first.headers} - {*again.headers} == {("X-Request-Id", first.headers["X-Request-Id"])}
        assert len(first.headers) == len(again.headers)
    finally:
        context.pool.close()
