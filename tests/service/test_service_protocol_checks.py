"""The table of `protocol_checks` against the real server, over a socket."""

from __future__ import annotations

import gzip
import http.client
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from avidity_service.release import Release

from tests.service.protocol_checks import CHECKS, CSV, ENDLESS, JSON, LONG, ONE, SELECT, Check

_SERVE = """
import sys
from pathlib import Path
from avidity_service.release import open_release
from avidity_service.server import run
from avidity_service.settings import Settings
run(open_release(Path(sys.argv[1])), Settings().with_values(port=0, long_queries=1, max_rows=1000, query_memory_mb=256))
"""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return (gzip.decompress(self.body) if self.headers["Content-Encoding"] == "gzip" else self.body).decode()


@pytest.fixture(scope="module")
def port(release: Release) -> Iterator[int]:
    command = [sys.executable, "-c", _SERVE, str(release.path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            assert found, line
            yield int(found[1])
        finally:
            process.kill()


def send(port: int, check: Check) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest(check.method, check.target, skip_accept_encoding=True)
    for name, value in check.headers:
        connection.putheader(name, value)
    if check.body is not None:
        connection.putheader("Content-Length", str(len(check.body)))
    connection.endheaders(check.body)
    response = connection.getresponse()
    answer = Answer(response.status, response.headers, response.read())
    connection.close()
    return answer


def get(port: int, query: str, **headers: str) -> Answer:
    target = "/sparql?" + urlencode({"query": query})
    return send(port, Check("", target=target, headers=tuple((k.replace("_", "-"), v) for k, v in headers.items())))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_the_endpoint_does_what_the_standards_say(check: Check, port: int) -> None:
    answer = send(port, check)
    assert answer.status == check.status, answer.text[:500]
    if check.type is not None and not (check.method == "HEAD" and check.status >= 400):
        assert answer.headers.get_content_type() == check.type
    for name, pattern in check.has.items():
        value = ", ".join(answer.headers.get_all(name, []))
        assert re.search(pattern, value), f"{name}: {value!r}"
    for name in check.lacks:
        assert name not in answer.headers
    assert re.search(check.says, answer.text), answer.text[:500]
    if check.method != "HEAD" and answer.status != 304 and "Content-Length" in answer.headers:
        assert int(answer.headers["Content-Length"]) == len(answer.body)


def test_how_many_checks_there_are() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS) == 113


def test_a_tag_is_known_again_in_a_list_and_as_a_weak_one(port: int) -> None:
    first = get(port, SELECT)
    for sent in (first.headers["ETag"], "W/" + first.headers["ETag"], f'"x", {first.headers["ETag"]}'):
        again = get(port, SELECT, If_None_Match=sent)
        assert (again.status, again.body) == (304, b"")
        assert "accept" in again.headers["Vary"].lower()
        assert again.headers["Access-Control-Allow-Origin"] == "*"
    assert get(port, SELECT, If_None_Match='"x"').status == 200


def test_each_representation_has_a_tag_of_its_own(port: int) -> None:
    graph = Check("", target="/sparql?" + urlencode({"query": LONG, "default-graph-uri": ONE}))
    answers = [
        get(port, LONG), get(port, LONG, Accept=CSV), get(port, LONG, Accept_Encoding="gzip"), send(port, graph),
    ]  # fmt: skip
    assert len({answer.headers["ETag"] for answer in answers}) == 4


def test_head_says_what_get_says(port: int) -> None:
    target = "/sparql?" + urlencode({"query": SELECT + " # both"})
    head, full = (send(port, Check("", method=method, target=target)) for method in ("HEAD", "GET"))
    for name in ("Content-Type", "Content-Length", "ETag", "Vary", "Cache-Control"):
        assert head.headers[name] == full.headers[name], name


def test_a_chunked_query_is_read_whole(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    parts = (SELECT[:10].encode(), SELECT[10:].encode())
    headers = {"Content-Type": "application/sparql-query", "Accept": JSON}
    connection.request("POST", "/sparql", iter(parts), headers, encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()


def test_busy_is_503_with_retry_after(port: int) -> None:
    target = "/sparql?" + urlencode({"query": ENDLESS, "timeout": "6"})
    holding = threading.Thread(target=send, args=(port, Check("", target=target)))
    holding.start()
    try:
        # Once the first one has the only place for long queries, another long one is turned away; short ones are not.
        answer = next(found for n in range(20) if (found := get(port, f"{ENDLESS} # {n}")).status == 503)
        assert get(port, "ASK {}").status == 200
    finally:
        holding.join()
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers.get_content_type() == "application/problem+json"
