"""What is vendored is byte for byte what its lock says, with its licences beside it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tools.vendor import FOLDERS, LICENCES, LOCK, place, sha256

PACKAGES = [
    (folder, package)
    for folder in FOLDERS
    for package in json.loads((folder / LOCK).read_text(encoding="utf-8"))["packages"]
]


def test_nothing_lies_there_that_no_lock_names() -> None:
    for folder in FOLDERS:
        found = {path for path in folder.rglob("*") if path.is_file()}
        named = {folder / LOCK}
        for owner, package in PACKAGES:
            if owner == folder:
                files = [Path(file["from"]).name for file in package["files"]]
                named |= {place(folder, package) / name for name in [LICENCES, *files]}
        assert found == named
    assert len(PACKAGES) >= 2


@pytest.mark.parametrize(("folder", "package"), PACKAGES, ids=[package["name"] for _, package in PACKAGES])
def test_bytes_are_those_of_the_lock(folder: Path, package: dict[str, Any]) -> None:
    lies = place(folder, package)
    for file in package["files"]:
        assert sha256(lies / Path(file["from"]).name) == file["sha256"]
    assert sha256(lies / LICENCES) == package["licences_sha256"]
    algorithm, _, digest = package["integrity"].partition("-")
    assert (algorithm, len(base64.b64decode(digest))) == ("sha512", 64)


@pytest.mark.parametrize(("folder", "package"), PACKAGES, ids=[package["name"] for _, package in PACKAGES])
def test_the_licence_lies_beside(folder: Path, package: dict[str, Any]) -> None:
    text = (place(folder, package) / LICENCES).read_text(encoding="utf-8")
    assert f"{package['name']} {package['version']} · {package['licence']}" in text


def test_a_lock_names_no_address() -> None:
    for folder in FOLDERS:
        assert "://" not in (folder / LOCK).read_text(encoding="utf-8")
