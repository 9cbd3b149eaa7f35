"""What is answered as XML is XML, for a parser that knows nothing of us, and says what was found; else it is refused."""

from __future__ import annotations

import contextlib
import io
import re
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from avidity_service.settings import Settings
from avidity_service.sparql.formats import GRAPHS, RESULTS
from avidity_service.sparql.refusals import refusal
from avidity_service.sparql.sink import Caps
from avidity_service.sparql.unsayable import Unsayable, well_formed
from avidity_service.sparql.worker import answer
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

SRX, RDFXML = "application/sparql-results+xml", "application/rdf+xml"
CAPS = Caps(1_000_000, 1000)
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
FORBIDDEN = [*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF]


def asked(query: str, media_type: str, store: ox.Store | None = None) -> tuple[dict[str, Any], bytes]:
    return answer(store or ox.Store(), query, {"accept": [media_type]}, CAPS)


def holding(triples: Iterable[ox.Triple]) -> ox.Store:
    store = ox.Store()
    store.extend(ox.Quad(*triple) for triple in triples)
    return store


def construct(predicate: str = "http://x/p", text: str = "1") -> str:
    return f"CONSTRUCT {{ <a:a> <{predicate}> {ox.Literal(text)} }} {{}}"


@pytest.mark.parametrize("code", FORBIDDEN)
@pytest.mark.parametrize("media_type", [SRX, RDFXML])
def test_a_character_that_xml_forbids_is_refused(media_type: str, code: int) -> None:
    store = holding([ox.Triple(ox.NamedNode("a:a"), ox.NamedNode("a:b"), ox.Literal(f"before{chr(code)}after"))])
    query = "SELECT ?o { ?s ?p ?o }" if media_type == SRX else "CONSTRUCT WHERE { ?s ?p ?o }"
    status, body = asked(query, media_type, store)
    assert body == b""
    assert status["status"] == "unacceptable"
    assert status["why"] == f"it holds the character U+{code:04X}, which XML 1.0 cannot write"
    others = [name for name in (RESULTS if media_type == SRX else GRAPHS) if name != media_type]
    assert refusal(status, query, 1, Settings()).extra["offered"] == others
    for name in others:
        assert asked(query, name, store)[0] == {"status": "ok", "type": name}


@pytest.mark.parametrize(
    "iri", ["http://x/123", "http://x/", "urn:x:1", "http://x/a(b)", "http://x/\u00d7", "http://x/?a=&1"]
)
def test_a_predicate_that_ends_in_no_name_is_refused(iri: str) -> None:
    status, body = asked(construct(iri), RDFXML)
    assert (status["status"], body) == ("unacceptable", b"")
    assert status["why"] == f"its predicate <{iri}> does not end in a name, as RDF/XML needs"
    said = refusal(status, "", 1, Settings())
    assert said.status == 406
    assert said.extra["offered"] == [name for name in GRAPHS if name != RDFXML]
    assert said.detail.startswith("application/rdf+xml has no way to say this answer: its predicate <")


@pytest.mark.parametrize("value", ["1", "<a:b>", "_:b", '"x"@en', '"x"', "<<( <a:a> <a:b> 1 )>>"])
def test_whatever_the_value_of_such_a_predicate(value: str) -> None:
    query = f"CONSTRUCT {{ <a:a> a <http://x/1> ; <http://x/a> 1 ; <http://x/2> {value} . }} {{}}"
    status, _ = asked(query, RDFXML)
    assert status["why"] == "its predicate <http://x/2> does not end in a name, as RDF/XML needs"


@pytest.mark.parametrize("name", ["li", "Description", "RDF", "ID", "about"])
def test_the_names_of_rdf_xml_itself_are_no_predicates(name: str) -> None:
    status, _ = asked(construct(RDF + name), RDFXML)
    assert (status["status"], status["kind"]) == ("unacceptable", "graph")
    assert "its own syntax" in status["why"]


def test_the_namespace_of_xml_itself_names_no_predicate() -> None:
    status, _ = asked(construct("http://www.w3.org/2000/xmlns/foo"), RDFXML)
    assert status["why"] == "XML keeps the namespace of <http://www.w3.org/2000/xmlns/foo> for itself"


def test_a_class_that_ends_in_no_name_is_a_value() -> None:
    triples = (
        "<a:a> a <http://x/1?a=1&b=2> , <http://x/2> , <http://x/Named> ; <http://x/p> '</oxprefix:>' . "
        "<a:b> a <http://x/3> . _:c a <http://x/4> ; <http://x/p> _:d . _:d a <http://x/5> . "
        "<a:e> <http://x/p> <<( <a:f> a <http://x/6> )>> ."
    )
    status, body = asked(f"CONSTRUCT {{ {triples} }} {{}}", RDFXML)
    assert status == {"status": "ok", "type": RDFXML}
    ET.fromstring(body)
    assert b"<oxprefix" not in body
    expected = ox.Dataset(ox.parse(triples.encode(), format=ox.RdfFormat.TURTLE))
    found = ox.Dataset(ox.parse(body, format=ox.RdfFormat.RDF_XML))
    for dataset in (expected, found):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    assert found == expected


def test_a_client_is_told_what_to_ask_for(client: FlaskClient) -> None:
    for also in ({}, {"timeout": "5"}):  # the short way and the long one
        fields = {"query": construct("http://x/123"), **also}
        said = client.get("/sparql", query_string=fields, headers={"Accept": RDFXML})
        assert said.status_code == 406
        assert "http://x/123" in said.get_json()["detail"]
        assert "text/turtle" in said.get_json()["offered"]
        assert RDFXML not in said.get_json()["offered"]


def test_carriage_returns_cost_their_references_under_the_cap() -> None:
    query = 'SELECT ("x' + "\\r" * 900 + 'x" AS ?x) {}'
    assert answer(ox.Store(), query, {"accept": [SRX]}, Caps(5000, 0))[0]["status"] == "ok"
    assert answer(ox.Store(), query, {"accept": [SRX]}, Caps(4000, 0))[0] == {"status": "too-large"}


@pytest.mark.parametrize("media_type", [SRX, RDFXML])
def test_nothing_is_sent_ahead_of_what_may_have_to_be_refused(media_type: str) -> None:
    """A fault in the last of three megabytes, or none."""
    pieces: list[Sequence[bytes]] = []
    query = "SELECT ?o { ?s ?p ?o } ORDER BY ?s" if media_type == SRX else "CONSTRUCT WHERE { ?s ?p ?o }"
    for last, status in (("\x01", "unacceptable"), ("\r", "ok")):
        texts = [f"{number}" + "x" * 3000 for number in range(1000)] + [f"x{last}x"]
        store = holding(
            ox.Triple(ox.NamedNode(f"a:{number:04}"), ox.NamedNode("a:b"), ox.Literal(text))
            for number, text in enumerate(texts)
        )
        said, body = answer(store, query, {"accept": [media_type]}, Caps(10_000_000, 0), pieces.append)
        assert said["status"] == status
        assert (b">x&#13;x<" in body) == (status == "ok")
    assert pieces == []


TEXT = st.text(
    st.characters(codec="utf-8") | st.sampled_from("\r\n\t <>&'\"]\x00\x01\x1f\x7f\x85\u2028\ufffd\ufffe\uffff")
)
# Signs that do and do not stand in names, or begin them; of letters those that every edition of XML 1.0 has.
LOCAL = st.text("azAZ_09.-/#?=&:é×·%'", max_size=8)


def text_of(triple: ox.Triple) -> str:
    assert isinstance(triple.object, (ox.Literal, ox.NamedNode))
    return triple.object.value


def is_sayable(text: str) -> bool:
    return not any(ord(character) in FORBIDDEN for character in text)


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_results_say_the_same_texts(texts: list[str]) -> None:
    """Any text, read back by expat."""
    store = holding(
        ox.Triple(ox.NamedNode(f"a:{number}"), ox.NamedNode("a:b"), ox.Literal(text))
        for number, text in enumerate(texts)
    )
    status, body = asked("SELECT ?o { ?s ?p ?o } ORDER BY ?s", SRX, store)
    assert (status["status"] == "ok") == all(map(is_sayable, texts))
    if status["status"] == "ok":
        space = "{http://www.w3.org/2005/sparql-results#}"
        assert [found.text or "" for found in ET.fromstring(body).iter(f"{space}literal")] == texts


@settings(max_examples=200)
@given(st.lists(st.tuples(LOCAL, TEXT, LOCAL), min_size=1, max_size=4))
def test_graphs_say_the_same_triples(said: list[tuple[str, str, str]]) -> None:
    """Any text and predicate, or class, read back by rdflib, which reads by expat."""
    triples = []
    for local, text, class_ in said:
        subject = ox.NamedNode("a:a")
        with contextlib.suppress(ValueError):  # not every text is the end of an IRI
            triples.append(ox.Triple(subject, ox.NamedNode(f"http://x/{local}"), ox.Literal(text)))
        with contextlib.suppress(ValueError):
            triples.append(ox.Triple(subject, ox.NamedNode(RDF + "type"), ox.NamedNode(f"http://x/{class_}")))
    status, body = asked("CONSTRUCT WHERE { ?s ?p ?o }", RDFXML, holding(triples))
    texts = map(text_of, triples)
    names = all(
        re.search(r"[a-zA-Z_é][a-zA-Z0-9_.\-é·]*\Z", triple.predicate.value.removeprefix("http://x/"))
        for triple in triples
        if triple.predicate.value != RDF + "type"
    )
    assert (status["status"] == "ok") == (names and all(map(is_sayable, texts)))
    if status["status"] == "ok":
        graph = rdflib.Graph().parse(io.BytesIO(body), format="xml")
        found = {(str(p), str(o), isinstance(o, rdflib.URIRef)) for _, p, o in graph}
        expected = {(t.predicate.value, text_of(t), isinstance(t.object, ox.NamedNode)) for t in triples}
        assert found == expected


def test_other_formats_are_left_as_they_are() -> None:
    data = b"\x00\r<oxprefix: <xmlns:"
    assert all(well_formed(data, name) is data for name in {*RESULTS, *GRAPHS} - {SRX, RDFXML})
    with pytest.raises(Unsayable):
        well_formed(data, SRX)


def test_a_large_answer_is_looked_at_in_no_time() -> None:
    data = b"<literal>some text of a usual length</literal>" * 500_000
    began = time.process_time()
    assert well_formed(data, SRX) is data
    assert time.process_time() - began < 0.5  # 23 MB; a step for each character would take seconds
