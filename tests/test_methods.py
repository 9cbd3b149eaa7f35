"""The methods page: its numbers are those of the release, its rules those of the code."""

from __future__ import annotations

import json

from avidity_service.app import make_app
from avidity_service.context import KEY
from avidity_service.metrics import Metrics
from avidity_service.pages.methods.routes import report
from avidity_service.release import Release
from avidity_service.settings import Settings
from avidity_service.synthesis.likeness import WAYS
from flask.testing import FlaskClient

from tests.test_evidence_pages import HTML, Page, flat, page


def test_numbers_are_those_of_the_release(client: FlaskClient, release: Release) -> None:
    found = flat(page(client, "/methods").within("main."))
    counts, checks = release.manifest["counts"], json.loads(release.files["reports/checks.json"])
    for said in (
        release.id,
        f"{counts['facts_proven']} numbers and names were proven in this release, by {counts['Passage']} passages",
        f"{checks['shapes']} shapes on {checks['things']} things and {len(checks['checks'])} checks; no warnings",
        f"{counts['DerivedFinding']} derived",
        f"{counts['Finding']} findings ({counts['AdverseEventFinding']} of adverse events)",
        f"{counts['Discrepancy']} contradictions and gaps",
        "Table 2 is referred to but is not in the file",
    ):
        assert said in found
    assert all(name in found for name in checks["checks"])
    links = client.get("/api/v1/mappings?limit=1").get_json()["meta"]["total"]
    assert f"{links} links to outside vocabularies" in found


def test_rules_are_those_of_the_code(client: FlaskClient) -> None:
    found = flat(page(client, "/methods").within("main."))
    for why in WAYS.values():
        assert why[1] in found
    assert "Fewer than 3 studies" in found
    assert "101 nodes a study" in found
    assert "Avidity recommends no treatment" in found


def test_other_numbers_without_reports(release: Release) -> None:
    manifest = {**release.manifest, "counts": {**release.manifest["counts"], "facts_proven": 12345}}
    files = {name: content for name, content in release.files.items() if not name.startswith("reports/c")}
    altered = Release(release.path, manifest, files)
    altered.__dict__["store"] = release.store
    app = make_app(altered, Settings(workers=1), Metrics())
    try:
        found = flat(Page(app.test_client().get("/methods", headers=HTML).text).within("main."))
    finally:
        app.extensions[KEY].pool.close()
    assert "12345 numbers and names" in found
    assert "carries no report of its checks" in found
    assert report(files, "checks") is None
