"""Tiny releases, the application over one, and its client; every pool is closed."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from avidity_service.app import create_app
from avidity_service.context import KEY
from avidity_service.release import Release, open_release
from avidity_service.settings import Settings
from flask import Flask
from flask.testing import FlaskClient

E = "http://example.org/"
GRAPHS = ("https://w3id.org/avidity/graph/one", "https://w3id.org/avidity/graph/two")
# Three things in each graph, one literal that would break careless CSV, one blank node.
QUADS = "".join(
    [
        *(f'<{E}s{n}> <{E}p> "{n}"^^<http://www.w3.org/2001/XMLSchema#integer> <{GRAPHS[0]}> .\n' for n in range(3)),
        *(f"<{E}t{n}> <{E}q> <{E}s{n}> <{GRAPHS[1]}> .\n" for n in range(2)),
        f'_:b <{E}note> "two\\nlines, \\"quoted\\"" <{GRAPHS[1]}> .\n',
    ]
)
_COLLECTIONS = Path(__file__).parents[2] / "queries" / "collections"

WriteRelease = Callable[..., Path]
MakeApp = Callable[..., Flask]


def write_release(folder: Path, quads: str = QUADS) -> Path:
    """A release folder with these N-Quads."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "dataset.nq.gz": gzip.compress((quads + _collection_queries()).encode(), mtime=0),
        "void.ttl": b"# empty\n",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    stated = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()}
    manifest = {"release": "tiny", "version": "0", "files": stated, "counts": {"quads": quads.count("\n")}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _collection_queries() -> str:
    """The queries that the REST part looks for when it starts; over these tiny graphs they find nothing."""
    lines = []
    for path in sorted(_COLLECTIONS.glob("*.rq")):
        query = ox.NamedNode(f"https://w3id.org/avidity/collection-query/{path.stem}")
        kind = ox.NamedNode("https://w3id.org/avidity/ontology#CollectionQuery")
        lines.append(f"{query} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> {kind} <{GRAPHS[1]}> .\n")
        text = ox.Literal(path.read_text(encoding="utf-8"))
        lines.append(f"{query} <http://www.w3.org/ns/shacl#select> {text} <{GRAPHS[1]}> .\n")
    return "".join(lines)


@pytest.fixture(scope="session")
def release_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def release(release_folder: Path) -> Release:
    return open_release(release_folder)


@pytest.fixture(scope="session", name="write_release")
def release_writer() -> WriteRelease:
    return write_release


@pytest.fixture
def make_app() -> Iterator[MakeApp]:
    """Applications whose workers end with the test."""
    made: list[Flask] = []

    def make(release: Release, **settings: object) -> Flask:
        app = create_app(release, Settings().with_values(**settings))
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions[KEY].pool.close()


@pytest.fixture(scope="session")
def app(release: Release) -> Iterator[Flask]:
    app = create_app(release, Settings().with_values(workers=1))
    yield app
    app.extensions[KEY].pool.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
