"""`/ontology`: every format says the same, every term is on the page, and what an author writes is shown as text."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pyhornedowl
import pyoxigraph as ox
import pytest
import rdflib
from avidity_service.app import create_app
from avidity_service.context import KEY
from avidity_service.iris import AV, BASE, GRAPH, OWL, RDF, RDFS, SKOS
from avidity_service.release import Release
from avidity_service.settings import Settings
from flask import Flask
from flask.testing import FlaskClient

from tests.test_served import served  # noqa: F401

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ONTOLOGY = ox.NamedNode(GRAPH + "ontology")
TYPE = ox.NamedNode(RDF + "type")
FORMATS = {
    "ttl": "text/turtle",
    "owl": "application/rdf+xml",
    "rdf": "application/rdf+xml",
    "ofn": "text/owl-functional",
    "omn": "text/owl-manchester",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "json": "application/json",
    "html": "text/html",
}


class Page(HTMLParser):
    """Ids, links, tags, and the text of each term's section."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.terms: dict[str, str] = {}
        self.within: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        assert "style" not in found
        assert not any(name.startswith("on") for name in found)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag in ("a", "link") and found.get("href"):
            self.links.append(str(found["href"]))
        if tag == "dd" and self.within:
            self.terms[self.within] += " "
        if tag == "section":
            self.within = str(found["id"])
            self.terms[self.within] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "section":
            self.within = None

    def handle_data(self, data: str) -> None:
        if self.within is not None:
            self.terms[self.within] += data


@pytest.fixture(scope="module")
def version(store: ox.Store) -> str:
    return one(store, ox.NamedNode(BASE + "ontology"), OWL + "versionInfo")


@pytest.fixture(scope="module")
def page(app: Flask) -> Page:
    return Page(app.test_client().get("/ontology", headers=HTML).text)


def one(store: ox.Store, subject: ox.NamedNode, property_: str) -> str:
    [quad] = store.quads_for_pattern(subject, ox.NamedNode(property_), None, ONTOLOGY)
    assert isinstance(quad.object, ox.Literal)
    return quad.object.value


def terms(store: ox.Store) -> dict[str, ox.NamedNode]:
    found = {quad.subject for quad in store.quads_for_pattern(None, TYPE, None, ONTOLOGY)}
    return {
        node.value.removeprefix(AV): node
        for node in found
        if isinstance(node, ox.NamedNode) and node.value.startswith(AV)
    }


# ── Formats ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("suffix", "media_type"), FORMATS.items())
def test_by_suffix_by_accept_and_by_version(suffix: str, media_type: str, version: str, client: FlaskClient) -> None:
    by_suffix = client.get(f"/ontology.{suffix}", headers={"Accept": "image/png"})
    assert by_suffix.status_code == 200
    assert by_suffix.mimetype == media_type
    assert by_suffix.vary.as_set() == {"accept", "accept-encoding"}
    for path in ("/ontology", f"/ontology/{version}"):
        by_accept = client.get(path, headers={"Accept": media_type})
        assert by_accept.mimetype == media_type
        if media_type != "application/json":  # says its own address
            assert by_accept.data == by_suffix.data
    assert client.get(f"/ontology/{version}.{suffix}").mimetype == media_type


def test_rdf_formats_hold_the_same_triples(client: FlaskClient) -> None:
    kinds = {
        "ttl": ox.RdfFormat.TURTLE,
        "owl": ox.RdfFormat.RDF_XML,
        "jsonld": ox.RdfFormat.JSON_LD,
        "nt": ox.RdfFormat.N_TRIPLES,
    }
    found = {}
    for suffix, kind in kinds.items():
        dataset = ox.Dataset(ox.parse(client.get(f"/ontology.{suffix}").data, format=kind))
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        found[suffix] = {str(quad) for quad in dataset}
    assert found["ttl"] == found["owl"] == found["jsonld"] == found["nt"]
    others = {
        name: len(rdflib.Graph().parse(data=client.get(f"/ontology.{suffix}").text, format=name))
        for suffix, name in (("ttl", "turtle"), ("rdf", "xml"), ("nt", "nt"))
    }
    assert set(others.values()) == {len(found["ttl"])}


def test_owl_formats_hold_the_same_axioms(client: FlaskClient) -> None:
    found = [
        {str(axiom) for axiom in pyhornedowl.open_ontology_from_string(text, syntax).get_components()}  # type: ignore[arg-type]
        for syntax, text in ((syntax, client.get(f"/ontology.{syntax}").text) for syntax in ("ofn", "omn"))
    ]
    assert found[0] == found[1]
    assert len(found[0]) > 2000


def test_json_has_every_term(client: FlaskClient, store: ox.Store) -> None:
    record = client.get("/ontology.json").get_json()["data"]
    assert {term["iri"] for term in record["terms"]} == {node.value for node in terms(store).values()}
    [mek] = [term for term in record["terms"] if term["iri"] == AV + "MEKInhibitor"]
    assert mek["axioms"]["equivalent to"] == ["agent and (has mechanism value MEK inhibition)"]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "text/html"),
        (HTML["Accept"], "text/html"),
        # What the OWL API sends when Protégé opens an address.
        ("application/rdf+xml, application/xml; q=0.7, text/xml; q=0.6, text/plain; q=0.1, */*; q=0.09", "application/rdf+xml"),
        ("text/turtle;q=0.4, text/owl-manchester", "text/owl-manchester"),
    ],
)  # fmt: skip
def test_negotiation(accept: str, media_type: str, client: FlaskClient) -> None:
    assert client.get("/ontology", headers={"Accept": accept}).mimetype == media_type


def test_nothing_acceptable(version: str, client: FlaskClient) -> None:
    for path in ("/ontology", f"/ontology/{version}"):
        answer = client.get(path, headers={"Accept": "image/png"})
        assert answer.status_code == 406
        assert set(FORMATS.values()) == set(answer.get_json()["offered"])
        assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("path", "words"),
    [("/ontology.owlx", "owl, ofn, omn"), ("/ontology/0.0.9", "{}"), ("/ontology/0.0.9.ttl", "{}"), ("/ontology/MEKInhibitor", "{}")],
)  # fmt: skip
def test_what_there_is_not(path: str, words: str, version: str, client: FlaskClient) -> None:
    for headers in (HTML, {}):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 404
        assert words.format(version) in answer.text


@pytest.mark.parametrize("path", ["/ontology", "/ontology.ttl", "/ontology.omn", "/ontology.jsonld"])
def test_not_modified(path: str, client: FlaskClient) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert again.headers["ETag"] == first.headers["ETag"]


def test_downloads_of_the_release(client: FlaskClient, release: Release) -> None:
    for suffix in ("ttl", "owl", "ofn", "omn"):
        name = f"ontology/avidity.{suffix}"
        answer = client.get(f"/downloads/{name}")
        assert answer.mimetype == FORMATS[suffix]
        assert answer.data == client.get(f"/ontology.{suffix}").data
        assert hashlib.sha256(answer.data).hexdigest() == release.manifest["files"][name]["sha256"]


# ── The page ──────────────────────────────────────────────────────────────────────────────────
def test_every_term_has_its_place_label_and_definition(page: Page, store: ox.Store) -> None:
    known = terms(store)
    assert set(page.terms) == set(known)
    assert len(known) > 200
    for name, node in known.items():
        assert one(store, node, RDFS + "label") in page.terms[name], name
        assert one(store, node, SKOS + "definition") in page.terms[name], name


def test_every_link_leads_somewhere(page: Page, client: FlaskClient) -> None:
    assert len(page.ids) == len(set(page.ids))
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert inside <= set(page.ids)
    assert set(page.terms) <= inside
    for link in sorted({link.split("#")[0] for link in page.links if link.startswith("/")}):
        if not link.startswith("/sparql?"):
            answer = client.get(link, headers=HTML)
            assert answer.status_code == 200, link
            answer.close()
    assert page.tags.isdisjoint({"style", "img", "iframe"})


def test_queries_on_the_page_answer(page: Page, client: FlaskClient) -> None:
    queries = sorted(link for link in page.links if link.startswith("/sparql?"))
    assert len([link for link in queries if "VALUES" in link]) == 5
    for link in [*queries[:: max(1, len(queries) // 8)], *[link for link in queries if "VALUES" in link]]:
        answer = client.get(link, headers=HTML)
        assert answer.status_code == 200, link
        assert json.loads(answer.text)["results"]["bindings"], link


def test_what_is_said_of_a_term(page: Page) -> None:
    def said(name: str) -> str:
        return " ".join(page.terms[name].split())

    assert "equivalent to agent and (has mechanism value MEK inhibition)" in said("MEKInhibitor")
    assert "in this release 3 members" in said("MEKInhibitor")
    assert "Selumetinib, trametinib and cobimetinib" in said("MEKInhibitor")  # its skos:example
    assert "follows from the chain has component o agent" in said("usesAgent")
    assert "MEK inhibitor" in said("Agent").partition("superclass of")[2]


def test_counts_of_members_are_those_of_the_store(page: Page, store: ox.Store) -> None:
    for name, node in terms(store).items():
        members = {quad.subject for quad in store.quads_for_pattern(None, TYPE, node, None)}
        stated = re.search(r"(?<![\w:])(\d+) members?", page.terms[name])
        assert (int(stated[1]) if stated else 0) == len(members), name


def test_the_vocabulary_is_linked(page: Page, store: ox.Store) -> None:
    things = {quad.subject for quad in store.quads_for_pattern(None, TYPE, None, ox.NamedNode(GRAPH + "vocabulary"))}
    # The evidence types are another vocabulary's classes, used as they are; they are linked to by their own address.
    ours = [thing.value for thing in things if isinstance(thing, ox.NamedNode) and thing.value.startswith(BASE)]
    paths = {"/" + iri.removeprefix(BASE) for iri in ours}
    assert len(paths) > 150
    assert paths <= set(page.links)


def test_small_enough(client: FlaskClient) -> None:
    answer = client.get("/ontology", headers={**HTML, "Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) < 150_000


def test_the_picture_has_every_class(client: FlaskClient, store: ox.Store) -> None:
    text = client.get("/ontology", headers=HTML).text
    svg = text[text.index("<svg") : text.index("</svg>")]
    classes = {
        quad.subject.value.removeprefix(AV)
        for quad in store.quads_for_pattern(None, TYPE, ox.NamedNode(OWL + "Class"), ONTOLOGY)
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(AV)
    }
    drawn = re.findall(r'<a href="#([^"]+)">', svg)
    assert set(drawn) == classes
    assert "<title" in svg
    assert "<desc" in svg
    listed = text[text.index('<ul class="tree">') : text.index('<h2 id="part-class">')]
    assert set(re.findall(r'<a href="#([^"]+)">', listed)) == classes
    corners = re.findall(r'<rect(?: class="defined")? x="(\d+)" y="(\d+)" width="(\d+)"', svg)
    width = int(re.findall(r'svg width="(\d+)"', svg)[0])
    assert all(int(x) + int(wide) <= width for x, _, wide in corners)
    assert len({(x, y) for x, y, _ in corners}) == len(drawn)


# ── What authors may write ────────────────────────────────────────────────────────────────────
ADDED = """@prefix av: <https://w3id.org/avidity/ontology#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix dcterms: <http://purl.org/dc/terms/> .
av:Hostile a owl:Class ; rdfs:label "<script>alert(1)</script>"@en ; skos:definition "\\"><img src=x onerror=alert(1)>"@en ;
  rdfs:seeAlso <javascript:alert(1)> , <https://example.org/?a=1&b="<x>> .
av:Old a owl:Class ; rdfs:label "old"@en ; skos:definition "No longer used."@en ; owl:deprecated true ; dcterms:isReplacedBy av:New ;
  rdfs:subClassOf av:New .
av:New a owl:Class ; rdfs:label "new"@en ; skos:definition "New."@en ; skos:example "as here" ; dcterms:source "somewhere" ;
  skos:exactMatch <http://purl.obolibrary.org/obo/NCIT_C1> ; rdfs:subClassOf av:Old , <http://purl.obolibrary.org/obo/BFO_1> , av:Round ,
    [ a owl:Restriction ; owl:onProperty av:link ; owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onClass av:Old ] ,
    [ a owl:Restriction ; owl:onProperty [ owl:inverseOf av:link ] ; owl:allValuesFrom [ a owl:Class ; owl:unionOf ( av:Old [ owl:complementOf av:New ] ) ] ] ,
    [ a owl:Restriction ; owl:onProperty av:amount ; owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype xsd:integer ; owl:withRestrictions ( [ xsd:minInclusive 0 ] [ xsd:maxInclusive 5 ] ) ] ] ;
  owl:hasKey ( av:amount ) .
av:Round rdfs:subClassOf av:Round ; a owl:Class ; rdfs:label "round"@en ; skos:definition "Above itself."@en .
av:link a owl:ObjectProperty , owl:AsymmetricProperty ; rdfs:label "link"@en ; skos:definition "Links."@en ; owl:inverseOf av:linkedBy .
av:linkedBy a owl:ObjectProperty ; rdfs:label "linked by"@en ; skos:definition "Linked."@en .
av:amount a owl:DatatypeProperty ; rdfs:label "amount"@en ; skos:definition "How much."@en ; rdfs:range [ a rdfs:Datatype ; owl:oneOf ( "a" "b" ) ] .
av:total a owl:DatatypeProperty ; rdfs:label "total"@en ; skos:definition "In all."@en . av:amount rdfs:subPropertyOf av:total .
av:far a owl:ObjectProperty ; rdfs:label "far"@en ; skos:definition "Two links."@en ; owl:propertyChainAxiom ( av:link av:link ) .
[] a owl:AllDisjointClasses ; owl:members ( av:Hostile av:New av:Round ) . [] a owl:AllDisjointProperties ; owl:members ( av:link av:far ) .
[] a owl:Axiom ; owl:annotatedSource av:Old ; owl:annotatedProperty rdfs:subClassOf ; owl:annotatedTarget av:New ; rdfs:comment "as agreed" .
av:red a av:New , owl:NamedIndividual ; rdfs:label "red"@en ; skos:definition "A value."@en .
""".replace('<https://example.org/?a=1&b="<x>>', "<https://example.org/?a=1&b=2>")  # fmt: skip


@pytest.fixture(scope="module")
def added(release: Release) -> Page:
    """The page of a release whose ontology has more terms than ours."""
    store = ox.Store()
    store.extend(release.store)
    store.extend(
        ox.Quad(quad.subject, quad.predicate, quad.object, ONTOLOGY)
        for quad in ox.parse(ADDED.encode(), format=ox.RdfFormat.TURTLE)
    )
    other = Release(release.path, release.manifest, release.files)
    other.__dict__["store"] = store
    app = create_app(other, Settings(workers=1))
    text = app.test_client().get("/ontology", headers=HTML).text
    app.extensions[KEY].pool.close()
    assert "<script>" not in text
    assert "<img" not in text
    return Page(text)


def test_hostile_words_are_text(added: Page) -> None:
    assert "<script>alert(1)</script>" in added.terms["Hostile"]
    assert '"><img src=x onerror=alert(1)>' in added.terms["Hostile"]
    assert "javascript:alert(1)" in added.terms["Hostile"]
    assert not [link for link in added.links if link.startswith("javascript")]
    assert "https://example.org/?a=1&b=2" in added.links


def test_terms_that_are_added_appear(added: Page) -> None:
    new = " ".join(added.terms["New"].split())
    for words in (
        "example as here", "source somewhere", "exact match obo:NCIT_C1", "obo:BFO_1", "key amount",
        "link max 1 old", "(inverse link) only (old or (not new))", "amount some xsd:integer[≥ 0, ≤ 5]",
    ):  # fmt: skip
        assert words in new, words
    assert "deprecated" not in new
    said = {name: " ".join(text.split()) for name, text in added.terms.items()}
    for name, words in (
        ("Old", "deprecated"),
        ("Old", "is replaced by new"),
        ("Old", "subclass of new superclass of new"),
        ("Old", "comment on subclass of new: as agreed"),
        ("Round", "disjoint with <script>alert(1)</script>; new"),
        ("amount", 'range {"a", "b"}'),
        ("amount", "subproperty of total"),
        ("total", "superproperty of amount"),
        ("linkedBy", "inverse of link"),
        ("link", "asymmetric object property"),
        ("link", "disjoint with far"),
        ("far", "follows from the chain link o link"),
        ("red", "kind of new"),
    ):
        assert words in said[name], (words, said[name])
    assert "http://purl.obolibrary.org/obo/NCIT_C1" in added.links
    assert "part-individual" in added.ids


def test_in_a_browser(served: str, need: Callable[[str], str], tmp_path: Path) -> None:  # noqa: F811
    command = [
        need("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-quic", f"--user-data-dir={tmp_path}/profile",
        "--enable-logging=stderr", "--v=0", "--dump-dom", served + "/ontology#MEKInhibitor",
    ]  # fmt: skip
    run = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    assert 'id="MEKInhibitor"' in run.stdout
    assert [line for line in run.stderr.splitlines() if "CONSOLE" in line] == []
