"""Another release is published into the store of a running service: nothing of it goes out under the former's name."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from avidity_service.app import create_app
from avidity_service.cli import main
from avidity_service.context import KEY
from avidity_service.front.layer import Front
from avidity_service.pidfile import State, Told
from avidity_service.release import Release, open_release
from avidity_service.reload import Reloader
from avidity_service.settings import Settings
from avidity_service.store.address import Address, Credentials
from avidity_service.store.marks import MARK
from avidity_service.store.writing import GraphStore
from click.testing import CliRunner
from flask import Flask

from tests.conftest import Need
from tests.stores import Store, oxigraph, oxigraph_store, virtuoso_store

_COUNTS = (
    "PREFIX av: <https://w3id.org/avidity/ontology#> SELECT ?f ?n { ?f a av:Finding ; av:count ?n } ORDER BY ?f ?n"
)
_INTEGER = re.compile(rb'"(\d+)"\^\^<(http://www.w3.org/2001/XMLSchema#integer)>')
# What is asked, each computed from the store: SPARQL, REST, questions, things and pages.
_PATHS = {
    "sparql": ("/sparql", {"query": _COUNTS, "format": "csv"}),
    "findings": ("/api/v1/findings", {"limit": "1000"}),
    "agents": ("/api/v1/agents", {"alteration": "NRAS", "measure": "uptake-restored"}),
    "finding": ("/api/v1/findings/ho-2013/nras/uptake-restored", {}),
    "harms": ("/api/v1/adverse-events", {"agent": "trametinib"}),
    "question": ("/api/v1/questions/findings-of-study", {"study": "ho-2013"}),
    "thing": ("/finding/ho-2013/nras/uptake-restored.ttl", {}),
}


@pytest.fixture(params=["oxigraph", "virtuoso"])
def store(request: pytest.FixtureRequest, need: Need, release_folder: Path, tmp_path: Path) -> Iterator[Store]:
    """A store that holds the release."""
    if request.param == "oxigraph":
        running = oxigraph_store(oxigraph() or need("oxigraph"))
    else:
        running = virtuoso_store(need("virtuoso-t"), tmp_path)
    with running as found:
        publish(found, release_folder)
        yield found


@pytest.fixture(scope="module")
def other_folder(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same release with other numbers and another id."""
    folder = tmp_path_factory.mktemp("other") / "release"
    shutil.copytree(release_folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    quads = gzip.decompress((folder / "dataset.nq.gz").read_bytes())
    changed = _INTEGER.sub(lambda found: b'"%d"^^<%b>' % (int(found[1]) + 7, found[2]), quads)
    data = gzip.compress(changed, mtime=0)
    (folder / "dataset.nq.gz").write_bytes(data)
    manifest["files"]["dataset.nq.gz"]["sha256"] = hashlib.sha256(data).hexdigest()
    manifest["release"] = "another-release"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def serve() -> Iterator[Callable[..., Flask]]:
    made: list[Flask] = []

    def make(release: Release, store: Store | None, **settings: Any) -> Flask:
        made.append(create_app(release, Settings(store_url=store.query if store else None, workers=4, **settings)))
        return made[-1]

    yield make
    for app in made:
        front_of(app).current.context.pool.close()
        app.extensions[KEY].pool.close()


def front_of(app: Flask) -> Front:
    found = app.wsgi_app
    assert isinstance(found, Front)
    return found


def publish(store: Store, folder: Path, *more: str, to: str | None = None, code: int = 0) -> str:
    arguments = ["publish", "--to", to or store.graphs, "--query", store.query, "--release", str(folder), *more]
    done = CliRunner(env=store.login).invoke(main, arguments)
    assert done.exit_code == code, done.output
    return str(done.output)


def ask(app: Flask, name: str, release: str = "") -> Any:
    path, given = _PATHS[name]
    return app.test_client().get((f"/v/{release}" if release else "") + path, query_string=given)


def rows(answer: Any) -> list[str]:
    """An answer without its order, for stores may give triples in any; what names the release stays."""
    return sorted(answer.get_data(as_text=True).splitlines())


class Load:
    """Asks for every path again and again, each in a thread of its own, and notes what is not of the release."""

    def __init__(self, app: Flask, release: str, expected: dict[str, list[str]]) -> None:
        self.app, self.release, self.expected = app, release, expected
        self.seen: Counter[tuple[str, int]] = Counter()
        self.wrong: list[Any] = []
        self.stopping, self.began = threading.Event(), threading.Barrier(len(expected) + 1)
        self.threads = [threading.Thread(target=self._ask, args=(name,)) for name in expected]

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        self.began.wait(120)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(120)

    def _ask(self, name: str) -> None:
        self._once(name)
        self.began.wait(120)
        while not self.stopping.wait(0.05):
            self._once(name)

    def _once(self, name: str) -> None:
        answer = ask(self.app, name)
        self.seen[name, answer.status_code] += 1
        if answer.headers["Avidity-Release"] != self.release:
            self.wrong.append((name, dict(answer.headers)))
        if answer.status_code < 500 and rows(answer) != self.expected[name]:
            self.wrong.append((name, answer.status_code, answer.text[:300]))


def test_no_answer_of_one_release_under_the_name_of_another(
    store: Store, release: Release, release_folder: Path, other_folder: Path, serve: Callable[..., Flask]
) -> None:
    app, other = serve(release, store, cache_mb=0), serve(open_release(other_folder), None)
    expected = {name: rows(ask(app, name)) for name in _PATHS}
    for name in _PATHS:
        theirs = ask(other, name)
        assert theirs.status_code == 200, (name, theirs.text)
        # Where both say the same, nothing could be seen.
        assert rows(theirs) != expected[name], name
    with Load(app, release.id, expected) as load:
        for folder in (other_folder, release_folder):
            publish(store, folder)
    assert load.wrong == []
    assert all(load.seen[name, 200] and load.seen[name, 503] for name in _PATHS), load.seen
    for name in _PATHS:
        answer = ask(app, name)
        assert (answer.status_code, "ETag" in answer.headers) == (503, False), name
        assert int(answer.headers["Retry-After"]) > 0
        assert "avidity reload" in answer.text
    assert app.test_client().get("/ready").status_code == 503
    assert app.test_client().get("/health").status_code == 200


def test_what_was_kept_stays_and_nothing_is_added(
    store: Store, release: Release, other_folder: Path, serve: Callable[..., Flask]
) -> None:
    app = serve(release, store)
    before = ask(app, "sparql", release.id)
    assert "immutable" in before.headers["Cache-Control"]
    publish(store, other_folder)
    after = ask(app, "sparql", release.id)
    assert (after.status_code, after.data, after.headers["ETag"]) == (200, before.data, before.headers["ETag"])
    for again in range(2):
        answer = ask(app, "findings", release.id)
        assert (answer.status_code, answer.headers.get("Cache-Control")) == (503, None), again


def test_a_missing_mark_or_the_same_release_uploaded_again_is_no_proof(
    store: Store, release: Release, release_folder: Path, serve: Callable[..., Flask]
) -> None:
    first, second = serve(release, store, cache_mb=0), serve(release, store, cache_mb=0)
    target = GraphStore(Address.of(store.graphs), Address.of(store.query), Credentials.from_environment(store.login))
    target.drop(MARK)
    assert "claims no release" in ask(first, "sparql").get_json()["detail"]
    publish(store, release_folder)
    assert "was filled anew" in ask(second, "sparql").get_json()["detail"]
    # Nothing that the first one read meanwhile can be told from what it read before.
    assert ask(first, "sparql").status_code == 503
    assert ask(serve(release, store), "sparql").status_code == 200


def test_reload_takes_what_the_store_holds_now(
    store: Store,
    release: Release,
    release_folder: Path,
    other_folder: Path,
    tmp_path: Path,
    serve: Callable[..., Flask],
) -> None:
    app = serve(release, store)
    place = tmp_path / "current"
    place.symlink_to(release_folder)
    reloader = Reloader(front_of(app), place, front_of(app).settings, Told(None, State(1, "", release.id)))
    assert reloader.reload().outcome == "unchanged"
    publish(store, other_folder)
    # The folder is still the former one: nothing changes, and that is said.
    found = reloader.reload()
    assert (found.outcome, found.release) == ("failed", release.id)
    assert "holds release another-release" in found.words
    place.unlink()
    place.symlink_to(other_folder)
    assert (reloader.reload().outcome, ask(app, "sparql").headers["Avidity-Release"]) == ("ok", "another-release")
    assert ask(app, "sparql").status_code == 200
    publish(store, other_folder)
    assert ask(app, "findings").status_code == 503
    assert reloader.reload().outcome == "ok"
    assert ask(app, "findings").status_code == 200


def test_an_upload_to_a_wrong_address_touches_nothing_and_says_so(
    store: Store, release: Release, other_folder: Path, serve: Callable[..., Flask]
) -> None:
    if store.name != "oxigraph":
        pytest.skip("Virtuoso's update address takes no DELETE, which is said before")
    said = publish(store, other_folder, to=store.updates, code=1)
    assert f"still says that it holds release {release.id}" in said
    assert "unmarked" not in said
    assert ask(serve(release, store), "sparql").status_code == 200
