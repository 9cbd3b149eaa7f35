"""One release for the whole run, built from the real seeds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pyoxigraph as ox
import pytest
from avidity_loaders.build import build
from avidity_loaders.document import Document, read_document, read_profile
from avidity_loaders.inputs import Inputs
from avidity_loaders.vocabulary import Vocabulary, read_vocabulary
from avidity_service.app import create_app
from avidity_service.context import KEY
from avidity_service.release import Release, open_release
from avidity_service.settings import Settings
from flask import Flask
from flask.testing import FlaskClient

# A slow machine is no failing test.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


@pytest.fixture(scope="session")
def inputs() -> Inputs:
    return Inputs.shipped()


@pytest.fixture(scope="session")
def release_folder(tmp_path_factory: pytest.TempPathFactory, inputs: Inputs) -> Path:
    place = tmp_path_factory.mktemp("release") / "release"
    build(inputs, place)
    return place


@pytest.fixture(scope="session")
def release(release_folder: Path) -> Release:
    return open_release(release_folder)


@pytest.fixture(scope="session")
def store(release: Release) -> ox.Store:
    return release.store


@pytest.fixture(scope="session")
def app(release: Release) -> Iterator[Flask]:
    app = create_app(release, Settings(workers=2, query_timeout_s=3))
    yield app
    app.extensions[KEY].pool.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def document(inputs: Inputs) -> Document:
    profile = read_profile(inputs.seeds / "review" / "profile.yaml")
    return read_document(inputs.seeds / "review" / profile.file, profile)


@pytest.fixture(scope="session")
def vocabulary(inputs: Inputs) -> Vocabulary:
    return read_vocabulary(inputs.ontology / "vocabulary")


Need = Callable[[str], str]


@pytest.fixture(scope="session")
def need() -> Need:
    """The path of a program; where it is missing, skip in words. In CI nothing may skip."""

    def find(program: str) -> str:
        path = shutil.which(program)
        if path is None and os.environ.get("AVIDITY_TESTS_MAY_NOT_SKIP"):
            pytest.fail(f"{program} is missing, and nothing may skip here")
        if path is None:
            pytest.skip(f"{program} is not installed")
        return path

    return find
