"""Home and downloads: what the badges say, that nobody is counted twice, what machines find, hostile words."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pyoxigraph as ox
import pytest
from avidity_loaders import places
from avidity_service.about import About
from avidity_service.app import make_app
from avidity_service.context import KEY, Context
from avidity_service.examples.badges import Badge, badge_of_findings, badge_of_rows, patients
from avidity_service.metrics import Metrics
from avidity_service.pages.downloads.citing import Cited, bibtex, cff
from avidity_service.pages.downloads.files import files_of
from avidity_service.pages.home.routes import read
from avidity_service.release import Release
from avidity_service.settings import Settings
from flask import Flask
from flask.testing import FlaskClient
from ruamel.yaml import YAML

from tests.test_evidence_pages import HTML, Page, flat

EVIL = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e" + "x" * 300


@pytest.fixture
def context(app: Flask) -> Context:
    found = app.extensions[KEY]
    assert isinstance(found, Context)
    return found


def linked_data(text: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert len(found) == 1
    data = json.loads(found[0])
    assert isinstance(data, dict)
    return data


def home(client: FlaskClient) -> str:
    """The words of the home page, read as every other page is: without the data block."""
    text = client.get("/", headers=HTML).text
    return re.sub(r'<script type="application/ld\+json">.*?</script>', "", text, flags=re.DOTALL)


def test_badges_say_on_how_much_an_answer_rests(context: Context) -> None:
    by_name = {one.name: one for one in context.examples.questions}
    assert len(by_name) == len(context.catalogue.questions) == 67
    nras = by_name["agents-for-genotype"]
    assert nras.about == "NRAS mutation"
    assert nras.badge.words == "4 studies"
    # Ho 5 and Iravani 3; the 13 of the mixed cohort and those with any RAS mutation are not patients with NRAS.
    assert nras.badge.tiers == (("exact", "2 studies, 8 patients"), ("pooled", "1 study"), ("mixed", "1 study"))
    # What the source lacks is no row and no study.
    assert by_name["adverse-event-prevalence"].badge == Badge(limit="the source does not include it")
    assert by_name["missing-parts"].badge.words == "10 rows · 5 studies"
    # Harms are several outcomes: their patients are not added.
    assert by_name["adverse-events-of-agent"].badge.words == "3 studies"
    assert all(one.badge.words or one.badge.limit for one in context.examples.questions)


def test_badges_of_genotypes_count_no_one_twice(context: Context) -> None:
    found = {one.label: one.badge for one in context.examples.genotypes}
    # 9 + 10 + 10 + 6 + 21 + 3, as docs/synthesis.md has it; the seventh study prints a percentage only.
    assert found["BRAF mutation"].tiers[0] == ("exact", "7 studies, 59 patients in 6 of them")
    assert found["HRAS mutation"].tiers == (("pooled", "2 studies"),)
    assert found["HRAS mutation"].patients is None
    assert (found["EML4-NTRK3 fusion"].words, found["EML4-NTRK3 fusion"].limit) == (
        "1 study · 1 patient", "case reports only",
    )  # fmt: skip
    assert found["BRAF wild type"].tiers == (("exact", ""),)
    # A study whose design is not stated is not called a case report.
    assert found["RET rearrangement"].limit == ""


def test_cohorts_beside_each_other_and_courses_are_not_added(context: Context) -> None:
    rows = context.findings.made
    uptake = [dict(row) for row in rows.values() if row["measure"] == "uptake-restored" and row["count"] is not None]
    assert uptake
    one = {**uptake[0], "tier": "exact"}
    assert badge_of_findings([one], context.facts).patients is not None
    other = {**one, "completes": one["iri"]}
    beside = {**other, "cohort": "nobody/else", "iri": one["iri"] + "/x", "denominator": 1, "count": 1}
    assert patients([one, beside], context.facts) is None
    again = {**other, "iri": one["iri"] + "/second-course"}
    counted = patients([one, again], context.facts)
    assert counted is not None
    assert counted.number == one["denominator"]
    assert patients([one, {**one, "measure": "partial-response"}], context.facts) is None
    assert patients([], context.facts) is None


def test_rows_without_findings() -> None:
    assert badge_of_rows([]).words == ""
    assert badge_of_rows([{"study": "a"}, {"study": "a"}]).words == "1 study"
    assert badge_of_rows([{"study_label": "a"}, {"study_label": None}]).words == "2 rows · 1 study"
    assert badge_of_rows([{"x": 1}]).words == "1 row"


def test_the_home_page(client: FlaskClient, release: Release) -> None:
    found = Page(home(client))
    words = flat(found.within("main."))
    for said in (release.id, "17 studies, 150 findings", "Table 2 is referred to but is not in the file", "case reports only",
                 "What is not reported is shown as not reported, never as zero", "All 67 questions", "It recommends nothing"):  # fmt: skip
        assert said in words
    assert {one for one in found.links if one.startswith("/questions/")} >= {
        "/questions/missing-parts", "/questions/agents-for-genotype?alteration=nras-mutation",
    }  # fmt: skip
    # Asked once for a release, not at every visit.
    assert "/search" in client.get("/").text


def test_the_frame_says_where_one_is(client: FlaskClient, release: Release) -> None:
    for path, current in (("/evidence-map", "/evidence-map"), ("/downloads/", "/downloads"), ("/methods", "/methods"),
                          ("/source", "/source"), ("/ontology.html", "/ontology")):  # fmt: skip
        text = client.get(path, headers=HTML).text
        assert re.findall(r'<a href="([^"]*)" aria-current="page"', text) == [current]
        footer = text[text.index("<footer") :]
        assert release.id in footer
        assert "Journal of Clinical Medicine 2024" in footer
        assert "CC BY 4.0" in footer
    question = client.get("/questions/studies", headers=HTML).text
    assert '<a href="/#questions" aria-current="true">' in question


def test_the_release_as_schema_org_dataset(client: FlaskClient, release: Release) -> None:
    data = linked_data(client.get("/", headers=HTML).text)
    assert data["@type"] == "Dataset"
    assert data["version"].endswith(release.id)
    assert data["license"] == "https://www.apache.org/licenses/LICENSE-2.0"
    assert "10.3390/jcm13237021" in data["citation"]
    assert {one["name"]: one["sha256"] for one in data["distribution"]} == {
        name: stated["sha256"] for name, stated in release.manifest["files"].items()
    }
    one = data["distribution"][0]
    content = client.get(one["contentUrl"].removeprefix("http://localhost"))
    assert hashlib.sha256(content.data).hexdigest() == one["sha256"]
    assert content.mimetype == one["encodingFormat"]
    # It is RDF, too: without a context from elsewhere.
    triples = list(ox.parse(json.dumps(data).encode(), format=ox.RdfFormat.JSON_LD))
    assert len(triples) > 60


def test_signposts_lead_somewhere(client: FlaskClient) -> None:
    answer = client.get("/", headers=HTML)
    links = dict(re.findall(r'<([^>]*)>; rel="([^"]*)"', answer.headers["Link"]))
    assert {"cite-as", "license", "describedby", "item", "type"} == set(links.values())
    for target, rel in links.items():
        if target.startswith("/"):
            assert client.get(target).status_code == 200, rel
    cited = next(target for target, rel in links.items() if rel == "cite-as").removeprefix("https://w3id.org/avidity")
    assert client.get(cited, headers=HTML).headers["Location"] == "/"
    assert client.get(cited, headers={"Accept": "text/turtle"}).headers["Location"] == "/.well-known/void"


def test_every_file_with_its_digest(client: FlaskClient, release: Release) -> None:
    text = client.get("/downloads", headers=HTML).text
    assert client.get("/downloads/", headers=HTML).text == text
    found = flat(Page(text).within("main."))
    for name, stated in release.manifest["files"].items():
        assert stated["sha256"] in found
        assert f"{stated['bytes']} B" in found
        assert f'href="/downloads/{name}"' in text
    assert release.id in found
    files = files_of(release.manifest, About("", "", (), "", "https://example.org/own", "", ()))
    assert all(file.purpose for file in files)
    assert [f.name for f in files if [one.name for one in f.licences] == ["https://example.org/own"]] == [
        "source/review.txt"
    ]
    unknown = files_of({"files": {"a/b.xyz": {"bytes": 1, "sha256": "0"}}}, About("", "", (), "", "", "", ()))
    assert (unknown[0].purpose, unknown[0].media_type, unknown[0].size) == ("", "application/octet-stream", "1 B")


def test_how_to_cite_is_what_the_project_says(client: FlaskClient, release: Release) -> None:
    own = YAML(typ="safe").load((places.CHECKOUT / "CITATION.cff").read_text(encoding="utf-8"))
    served = YAML(typ="safe").load(client.get("/downloads/CITATION.cff").text)
    assert served["version"] == f"{own['version']}+{release.id}"
    for name in ("cff-version", "title", "type", "license", "authors"):
        assert served[name] == own[name]
    [work], [of_own] = served["references"], own["references"]
    assert (work["title"], work["doi"], work["year"]) == (of_own["title"], of_own["doi"], of_own["year"])
    given = [f"{one['given-names']} {one['family-names']}" for one in of_own["authors"]]
    assert [one["name"] for one in work["authors"]] == given


def test_hostile_words_in_a_citation_stay_in_their_line() -> None:
    evil = EVIL + "\nlicense: none"
    cited = Cited("r", "1", About(evil, evil, (evil,), evil, "", "", ()))
    found = YAML(typ="safe").load(cff(cited))
    assert found["license"] == "Apache-2.0"
    assert found["references"][0]["title"] == evil
    assert cited.about.citation in bibtex(cited)


def test_coverage_is_counted_from_the_manifest() -> None:
    assert read({"coverage": {"words": {"cited": 3, "listed": 2}, "numbers": {"stated": 1}, "cells": {}}}) == [
        ("numbers", 1, 1), ("words", 3, 5),
    ]  # fmt: skip
    assert read({}) == []


def test_hostile_labels_and_hosts_are_text(release: Release) -> None:
    store = ox.Store()
    store.bulk_extend(release.store)
    label = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    for name in (
        "alteration/nras-mutation",
        "question/studies",
        "source/jcm13237021",
        "measure/uptake-restored",
        "agent/selumetinib",
    ):
        for quad in list(store.quads_for_pattern(ox.NamedNode(f"https://w3id.org/avidity/{name}"), None, None, None)):
            if quad.predicate == label or quad.predicate.value.endswith(("dc/terms/title", "bibliographicCitation")):
                store.remove(quad)
                store.add(ox.Quad(quad.subject, quad.predicate, ox.Literal(EVIL), quad.graph_name))
    altered = Release(release.path, release.manifest, release.files)
    altered.__dict__["store"] = store
    app = make_app(altered, Settings(workers=1), Metrics())
    try:
        for path in ("/", "/evidence-map?row=selumetinib&column=nras-mutation", "/downloads", "/methods"):
            text = app.test_client().get(path, headers={**HTML, "Host": "evil.example"}).text
            assert "<script>" not in text
            assert "<img" not in text
            assert "&lt;script&gt;" in text
        assert EVIL in linked_data(app.test_client().get("/", headers=HTML).text)["citation"]
    finally:
        app.extensions[KEY].pool.close()
