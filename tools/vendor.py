"""Refresh what is vendored from npm: `make vendor`. Nothing here runs when the project is installed or served.

A folder of vendored packages has a `vendor.lock.json`: for each package its name, version, integrity (SHA-512 of the
package as published), licence, and the SHA-256 of each file taken from it. To take another version, write it into
the lock and run this; the integrity of a version that is already there must not change.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FOLDERS = (ROOT / "service/avidity_service/static/vendor", ROOT / "tests/vendor")
LOCK = "vendor.lock.json"
LICENCES = "LICENCES.txt"
# For packages that name a licence and carry no text of it.
_WITHOUT_TEXT = {"CC0-1.0": "Dedicated to the public domain by {author} (CC0 1.0).\n"}
_WITHOUT_TEXT["MIT"] = """Copyright (c) {author}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def place(folder: Path, package: dict[str, Any]) -> Path:
    """Where a package's files lie: `<name>-<version>`, without the scope."""
    return folder / f"{package['name'].rpartition('/')[2]}-{package['version']}"


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refresh(folder: Path) -> None:
    """Take all packages of a folder's lock from npm, and write the lock anew."""
    lock = json.loads((folder / LOCK).read_text(encoding="utf-8"))
    for package in lock["packages"]:
        _take(package, place(folder, package))
    (folder / LOCK).write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _take(package: dict[str, Any], into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        packed = _pack(f"{package['name']}@{package['version']}", work)
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
        if _is_known(into) and package.get("integrity") not in (None, integrity):
            raise SystemExit(f"{packed.name} is {integrity}, but the lock says {package['integrity']}")
        with tarfile.open(packed) as archive:
            archive.extractall(work, filter="data")
        stated = json.loads((work / "package/package.json").read_text(encoding="utf-8"))
        package |= {"integrity": integrity, "licence": stated["license"]}
        for file in package["files"]:
            target = into / Path(file["from"]).name
            target.write_bytes((work / "package" / file["from"]).read_bytes())
            file["sha256"] = sha256(target)
        if package["bundles"]:
            _npm(work, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", f"./{packed.name}")
        parts = _bundled(work) if package["bundles"] else [work / "package"]
        (into / LICENCES).write_text("".join(_licences(parts)), encoding="utf-8")
        package["licences_sha256"] = sha256(into / LICENCES)


def _is_known(into: Path) -> bool:
    return any(into.iterdir())


def _pack(spec: str, work: Path) -> Path:
    made = json.loads(_npm(work, "pack", "--json", spec))
    return work / str(made[0]["filename"])


def _npm(work: Path, *arguments: str) -> str:
    return subprocess.run(["npm", *arguments], cwd=work, check=True, stdout=subprocess.PIPE, text=True).stdout


def _bundled(work: Path) -> list[Path]:
    """The folders of all packages that a prebuilt one may have inside."""
    found = (path.parent for path in (work / "node_modules").rglob("package.json"))
    tops = [path for path in found if path.parent.name == "node_modules" or path.parent.name.startswith("@")]
    return sorted(tops)


def _licences(packages: list[Path]) -> Iterator[str]:
    for folder in packages:
        stated = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        author = stated.get("author", "its authors")
        author = author.get("name") if isinstance(author, dict) else author
        yield f"{'=' * 80}\n{stated['name']} {stated['version']} · {stated.get('license', 'see below')}\n\n"
        texts = sorted(path for path in folder.iterdir() if path.name.lower().startswith(("licen", "notice")))
        for text in texts:
            yield text.read_text(encoding="utf-8").strip() + "\n\n"
        if not texts and stated["license"] not in _WITHOUT_TEXT:
            raise SystemExit(f"{stated['name']} carries no text of its licence, {stated['license']}")
        if not texts:
            yield _WITHOUT_TEXT[stated["license"]].format(author=author) + "\n"


if __name__ == "__main__":
    for folder in FOLDERS:
        refresh(folder)
        print(f"refreshed {folder.relative_to(ROOT)}", file=sys.stderr)
