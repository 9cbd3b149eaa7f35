"""A release with a store on disk: served from there at once, and from memory a moment later, with the same answers."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from avidity_loaders.prepared import prepare
from avidity_loaders.release import ReleaseContent, write_release
from avidity_service.app import create_app
from avidity_service.context import KEY
from avidity_service.errors import QueryError
from avidity_service.prepared import is_prepared, leave, on_disk
from avidity_service.release import Release, open_release
from avidity_service.settings import Settings
from avidity_service.sparql import sockets
from avidity_service.sparql.pool import Pool

from .conftest import QUADS, WriteRelease
from .running import running, until

JSON = "application/sparql-results+json"
QUERIES = [
    "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    "ASK { <http://example.org/s0> ?p ?o }",
    "SELECT ?p ?o { <http://example.org/s1> ?p ?o }",
]


@pytest.fixture
def prepared(tmp_path: Path, write_release: WriteRelease) -> Release:
    folder = write_release(tmp_path / "release")
    prepare(folder, (folder / "dataset.nq.gz").read_bytes(), "tiny")
    return open_release(folder)


@pytest.fixture
def pool(prepared: Release) -> Iterator[Pool]:
    found = Pool(on_disk(prepared), Settings().with_values(workers=1))
    yield found
    found.close()


def test_a_store_counts_only_for_its_dataset_and_this_engine(prepared: Release) -> None:
    assert is_prepared(prepared)
    mark = prepared.path / "store" / "avidity.json"
    whole = mark.read_text()
    for wrong in ("", "[]", whole.replace("tiny", "other"), json.dumps({"release": "tiny", "engine": "0.1"})):
        mark.write_text(wrong)
        assert not is_prepared(prepared), wrong
    mark.unlink()
    assert not is_prepared(prepared)


def test_a_release_gets_a_store_if_it_is_large_or_somebody_wants_one(tmp_path: Path, release: Release) -> None:
    def made(quads: int, wanted: bool | None) -> bool:
        manifest = {**release.manifest, "counts": {"quads": quads}}
        place = tmp_path / f"{quads}-{wanted}"
        write_release(ReleaseContent("tiny", release.files, manifest), place, with_store=wanted)
        return is_prepared(open_release(place))

    assert [made(6, None), made(6, True), made(10**6, None), made(10**6, False)] == [False, True, True, False]


def test_the_same_answers_from_disk_as_from_memory(prepared: Release) -> None:
    answers = []
    for release in (prepared, on_disk(prepared)):
        app = create_app(release, Settings().with_values(workers=1, cache_mb=0))
        try:
            client = app.test_client()
            answers.append([client.get("/sparql", query_string={"query": query}).data for query in QUERIES])
            answers[-1].append(client.get("/api/v1/findings").get_json()["data"])
        finally:
            app.extensions[KEY].pool.close()
    assert answers[0] == answers[1]
    assert all(answers[0][:4])


def test_workers_on_disk_stay_with_the_folder_that_was_opened(
    prepared: Release, pool: Pool, tmp_path: Path, write_release: WriteRelease
) -> None:
    # The folder is exchanged before the first worker has opened it.
    prepared.path.rename(tmp_path / "former")
    other = write_release(tmp_path / "release", QUADS.replace("s0", "other"))
    prepare(other, (other / "dataset.nq.gz").read_bytes(), "tiny")
    assert b"true" in pool.ask("ASK { <http://example.org/s0> ?p ?o }", [JSON]).body
    assert b"false" in pool.ask("ASK { <http://example.org/other> ?p ?o }", [JSON]).body


def test_a_store_that_is_gone_is_told(pool: Pool, prepared: Release) -> None:
    shutil.rmtree(prepared.path / "store")
    with pytest.raises(QueryError) as caught:
        pool.ask("ASK {}", [JSON])
    assert caught.value.status == 503


def test_a_killed_worker_is_replaced(pool: Pool) -> None:
    for _ in range(3):
        assert b"true" in pool.ask("ASK { ?s ?p ?o }", [JSON]).body
        for worker in list(pool.all):
            worker.close()


@pytest.mark.skipif(not sockets.can_be_refused(), reason="nothing is served from disk here")
def test_a_worker_on_disk_may_open_the_other_files_of_its_store(pool: Pool) -> None:
    # Of a store of more than 16 files to an index, the engine opens some only when a query reads them; if it cannot,
    # the query never ends. The data of a test have no such number.
    assert b"true" in pool.ask("ASK { ?s ?p ?o }", [JSON]).body
    (worker,) = pool.all
    process = Path(f"/proc/{worker.pid}")
    limit = next(line for line in (process / "limits").read_text().splitlines() if line.startswith("Max open files"))
    assert int(limit.split()[3]) == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert re.search(r"^Seccomp:\s+2$", (process / "status").read_text(), re.MULTILINE)


@pytest.mark.skipif(not sockets.can_be_refused(), reason="nothing is served from disk here")
def test_a_worker_on_disk_opens_no_socket_either(pool: Pool) -> None:
    knocks: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as trap:

        def listen() -> None:
            try:
                while True:
                    knocks.append(trap.accept())
            except OSError:
                return

        threading.Thread(target=listen, daemon=True).start()
        address = f"http://127.0.0.1:{trap.getsockname()[1]}/sparql"
        # The pool has no guard of words.
        for silent in ("", "SILENT"):
            with contextlib.suppress(QueryError):
                pool.ask(f"SELECT * {{ SERVICE {silent} <{address}> {{ ?s ?p ?o }} }}", [JSON], timeout_s=3)
        assert b"true" in pool.ask("ASK { ?s ?p ?o }", [JSON]).body
        trap.shutdown(socket.SHUT_RDWR)
    assert knocks == []


def test_the_service_goes_from_disk_into_memory_by_itself(prepared: Release, tmp_path: Path) -> None:
    with running(prepared.path, tmp_path) as service:
        query = "/sparql?query=" + quote(QUERIES[0])
        first = service.get(query)
        assert first[0] == 200
        assert until(lambda: json.loads(service.get("/ready")[2])["store"] == "memory")
        again = service.get(query)
        assert (again[0], again[2]) == (200, first[2])
        assert again[1]["Avidity-Release"] == "tiny"
        # That was no reload: nobody asked for one.
        assert json.loads((tmp_path / "avidity.json").read_text())["reloads"] == 0
        # Nor is the folder held any longer, so that it can be taken away.
        descriptors = Path(f"/proc/{service.process.pid}/fd")
        assert until(lambda: not any(_leads_to(file, prepared.path / "store") for file in descriptors.iterdir()), 10)
        assert service.stop() == 0


def _leads_to(link: Path, place: Path) -> bool:
    try:
        return link.readlink() == place
    except OSError:  # it is no more
        return False


def test_a_folder_is_let_go_of_once(prepared: Release) -> None:
    found = on_disk(prepared)
    assert found.disk is not None
    number = int(Path(found.disk).name)
    leave(found)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)
    with (prepared.path / "manifest.json").open() as other:  # which may have the number now
        leave(found)
        leave(replace(found, disk=None))
        leave(prepared)
        assert other.read()


def test_a_store_that_cannot_be_opened_is_said_plainly(prepared: Release, tmp_path: Path) -> None:
    for file in (prepared.path / "store").glob("*"):
        if file.name != "avidity.json":
            file.unlink()
    with running(prepared.path, tmp_path) as service:
        assert service.get("/sparql?query=ASK%20%7B%7D")[0] == 200
        assert json.loads(service.get("/ready")[2])["store"] == "memory"
        assert "loaded instead" in (tmp_path / "stderr").read_text()


def test_disk_is_only_where_it_is_asked_for(prepared: Release) -> None:
    assert prepared.disk is None
    assert replace(on_disk(prepared), disk=None).disk is None
