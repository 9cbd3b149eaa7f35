"""Things at their own addresses: definition, evidence, links that say how near they are, and the same for machines."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
import rdflib
from avidity_service.context import KEY, Context
from flask import Flask
from flask.testing import FlaskClient

HTML = {"Accept": "text/html"}


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 200, path
    return answer.text


def described(text: str) -> dict[str, object]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.S)
    assert found
    data = json.loads(found[1])
    assert isinstance(data, dict)
    return data


def test_a_thing_of_every_kind_has_a_page_and_a_description(app: Flask, client: FlaskClient) -> None:
    found: Context = app.extensions[KEY]
    seen = 0
    for kind in found.things.classes:
        members = [iri for iri in found.things.members(kind) if f"/{kind}/" in iri]
        if not members:
            continue
        record = found.things.record(members[0])
        text = page(client, f"/{kind}/{record['id']}")
        data = described(text)
        assert data["@id"] == members[0]
        assert data["name"] == record["label"]
        assert f"avidity:{kind}/{record['id']}" in unescape(text)
        seen += 1
    assert seen >= 20


# rdflib's own parser uses what rdflib has deprecated.
@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
def test_the_description_is_linked_data_without_fetching_anything(client: FlaskClient) -> None:
    data = described(page(client, "/agent/selumetinib"))
    graph = rdflib.Graph().parse(data=json.dumps(data), format="json-ld")
    node = rdflib.URIRef("https://w3id.org/avidity/agent/selumetinib")
    schema = rdflib.Namespace("https://schema.org/")
    assert (node, rdflib.RDF.type, schema.Drug) in graph
    assert str(graph.value(node, schema.description)) == "A MEK1/2 inhibitor."
    same = {str(one) for one in graph.objects(node, schema.sameAs)}
    # CHEBI's and NCIT's id of selumetinib, as the list of checked ids gives them.
    assert "CHEBI_90227" in " ".join(same)
    assert any(one.endswith("C66939") for one in same)


def test_links_say_how_near_they_are_and_lead_to_a_page(client: FlaskClient) -> None:
    text = page(client, "/alteration/nras-mutation")
    links = re.findall(r'<span class="tag (\w+)">([\w ]+)</span> <a href="([^"]+)" rel="external">([^<]+)</a>', text)
    assert ("exactMatch", "the same as") in {(one[0], one[1]) for one in links}
    assert any(curie == "NCIT:C41381" for *_, curie in links)
    assert all(address.startswith(("https://", "http://")) for _, _, address, _ in links)
    order = ["exactMatch", "closeMatch", "narrowMatch", "broadMatch", "relatedMatch"]
    assert [order.index(one[0]) for one in links] == sorted(order.index(one[0]) for one in links)


def test_an_agent_shows_how_it_was_given_and_what_to_ask(client: FlaskClient) -> None:
    text = page(client, "/agent/selumetinib")
    given = text[text.index('id="regimens"') : text.index('id="evidence"')]
    assert "75" in given  # 75 mg twice daily
    assert "twice daily" in given
    assert "/questions/adverse-events-of-agent?agent=selumetinib" in text


def test_a_measure_shows_how_each_study_judged_it(client: FlaskClient) -> None:
    text = page(client, "/measure/uptake-restored")
    judged = text[text.index('id="judged"') : text.index('id="evidence"')]
    assert "on the scan of the radioiodine that was given as treatment" in judged  # Leboulleux
    assert "on a scan before radioiodine treatment" in judged
    assert "not stated" in judged
    assert judged.count('scope="row"') >= 12


def test_a_gene_shows_what_is_known_of_its_alterations(client: FlaskClient) -> None:
    text = page(client, "/gene/nras")
    assert "nras-mutation" in text
    assert ">5/5<" in text.replace(" ", "").replace("\n", "")
    assert '<span class="tier exact">exact</span>' in text
    # Of a gene without alterations there is nothing, and not everything.
    assert "Evidence:" not in page(client, "/gene/slc5a5")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/agent/selumetinib", "Drug"),
        ("/gene/nras", "Gene"),
        ("/study/ho-2013", "MedicalStudy"),
        ("/measure/uptake-restored", "DefinedTerm"),
    ],
)
def test_machines_are_led_from_a_page_to_its_data(path: str, kind: str, client: FlaskClient) -> None:
    answer = client.get(path, headers=HTML)
    links = dict(
        re.findall(r'<([^>]+)>; rel="(?:describedby|cite-as|type)"(?:; type="([^"]+)")?', answer.headers["Link"])
    )
    assert f"https://schema.org/{kind}" in links
    assert "https://w3id.org/avidity" + path in links
    described_by = {address: media_type for address, media_type in links.items() if address.startswith(path)}
    assert len(described_by) == 4
    for address, media_type in described_by.items():
        assert client.get(address).content_type.split(";")[0] == media_type


def test_what_ends_a_script_ends_none(client: FlaskClient) -> None:
    for path in ("/study/ho-2013", "/agent/selumetinib", "/passage/jcm13237021/11315-11404"):
        text = page(client, path)
        inside = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.S)
        assert inside
        assert "<" not in inside[1]


def test_a_thing_that_is_none_is_told(client: FlaskClient) -> None:
    for path in ("/agent/selumetinb", "/agents/x", "/agent/%3Cscript%3E"):
        answer = client.get(path, headers=HTML)
        assert answer.status_code == 404
        assert "<script>" not in answer.text.replace("<script src", "")
