"""The methods page: the words of docs/, with every number taken from the release or from the code that uses it."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, render_template

from avidity_service.context import context
from avidity_service.pages.home.routes import read
from avidity_service.synthesis.likeness import FEWEST, WAYS
from avidity_service.synthesis.request import methods as formulae
from avidity_service.synthesis.results import DEFINITIONS, POPULATIONS

blueprint = Blueprint("methods", __name__)
# Ways in which results may be unlike that have values of their own.
_VALUES = {"definition": DEFINITIONS, "population": POPULATIONS}


@blueprint.get("/methods")
def methods() -> str:
    """How a fact gets in, the tiers, the statistics, the map, the search, and the limits of all of them."""
    found = context()
    release = found.release
    return render_template(
        "methods.html", manifest=release.manifest, counts=release.manifest["counts"], read=read(release.manifest),
        checks=report(release.files, "checks"), source=report(release.files, "source"),
        discrepancies=_by_kind(report(release.files, "discrepancies") or []), formulae=formulae(), fewest=FEWEST,
        ways={way: why for way, (_, why) in WAYS.items()}, values=_VALUES, vocabulary=found.links.total,
    )  # fmt: skip


def report(files: dict[str, bytes], name: str) -> Any:
    """A report of the build as it was written, or None if this release has none of that name."""
    content = files.get(f"reports/{name}.json")
    return None if content is None else json.loads(content)


def _by_kind(found: list[dict[str, Any]]) -> dict[str, Any]:
    """How many discrepancies there are of each kind, and how many a rule found."""
    kinds: dict[str, int] = {}
    for one in found:
        kinds[one["kind"]] = kinds.get(one["kind"], 0) + 1
    return {
        "all": len(found), "by_rule": sum(one["found_by"] == "rule" for one in found),
        "kinds": sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0])),
    }  # fmt: skip
