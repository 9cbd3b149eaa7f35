"""`/api/v1/mappings`, `/api/v1/resolve` and the mapping sets at their own addresses."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from avidity_service.engine import Engine
from avidity_service.names import Names
from flask.testing import FlaskClient

API = "/api/v1"


def resolved(client: FlaskClient, asked: str) -> dict[str, Any]:
    answer = client.get(f"{API}/resolve", query_string={"id": asked})
    assert answer.status_code == 200, answer.text
    data = answer.get_json()["data"]
    assert isinstance(data, dict)
    return data


@pytest.mark.parametrize(
    "asked",
    [
        "NCIT:C66939",
        "ncit:C66939",
        " NCIT:C66939 ",
        "http://purl.obolibrary.org/obo/NCIT_C66939",
        "https://purl.obolibrary.org/obo/NCIT_C66939",
        "https://bioregistry.io/ncit:C66939",
        "https://identifiers.org/ncit:C66939",
    ],
)
def test_an_external_id_in_many_forms(asked: str, client: FlaskClient) -> None:
    data = resolved(client, asked)
    assert data["id"] == "NCIT:C66939"
    [match] = data["matches"]
    assert (match["subject"]["kind"], match["subject"]["id"], match["predicate"]) == (
        "agent",
        "selumetinib",
        "skos:exactMatch",
    )


def test_in_the_path_too(client: FlaskClient) -> None:
    assert client.get(f"{API}/resolve/HGNC:1097").get_json()["data"]["matches"][0]["subject"]["id"] == "braf"


def test_the_nearest_match_comes_first(client: FlaskClient) -> None:
    matches = resolved(client, "NCIT:C1639")["matches"]
    assert [(m["subject"]["kind"], m["predicate"]) for m in matches] == [
        ("radionuclide", "skos:exactMatch"),
        ("agent", "skos:closeMatch"),
    ]


def test_a_class_resolves_to_a_term(client: FlaskClient) -> None:
    matches = resolved(client, "biolink:ClinicalTrial")["matches"]
    assert [(m["subject"]["kind"], m["subject"]["id"]) for m in matches] == [("term", "ProspectiveTrial")]


def test_an_evidence_type_is_used_as_it_is(client: FlaskClient) -> None:
    data = resolved(client, "ECO:0006016")
    assert data["matches"] == []
    [itself] = data["used_as_it_is"]
    assert itself["label"] == "author statement supported from referenced clinical study"
    assert itself["facts"] > 600


@pytest.mark.parametrize("asked", ["NCIT:C1", "foo:1", "NCIT:", "", "nonsense", "http://[", "NCIT:C 1", "http://x/<y>"])
def test_what_nothing_is_linked_to(asked: str, client: FlaskClient) -> None:
    answer = client.get(f"{API}/resolve", query_string={"id": asked})
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert asked in answer.get_json()["detail"]


def test_what_resembles_it_is_named(client: FlaskClient) -> None:
    near = client.get(f"{API}/resolve/NCIT:C66938").get_json()["near"]
    assert "NCIT:C66939" in near


def test_resolve_needs_an_id(client: FlaskClient) -> None:
    for path in ("/resolve", "/resolve?id=a&id=b", "/resolve?id=NCIT:C66939&x=1"):
        assert client.get(API + path).status_code == 422


def rows(client: FlaskClient, **query: str) -> list[dict[str, Any]]:
    answer = client.get(f"{API}/mappings", query_string={"limit": "1000", **query})
    assert answer.status_code == 200, answer.text
    data = answer.get_json()["data"]
    assert isinstance(data, list)
    return data


def test_mappings_are_all_there(client: FlaskClient) -> None:
    found = rows(client)
    assert len(found) == 660
    assert sum(row["object"]["curie"] is None for row in found) == 3
    assert all(row["object"]["page"] for row in found if row["object"]["curie"])


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"subject": "agent/selumetinib"}, 6),
        ({"subject": "avidity:agent/selumetinib"}, 6),
        ({"subject": "https://w3id.org/avidity/agent/selumetinib"}, 6),
        ({"subject": "av:pValue"}, 2),
        ({"object": "NCIT:C66939"}, 1),
        ({"kind": "agent", "predicate": "closeMatch", "vocabulary": "ncit"}, 2),
        ({"kind": "term"}, 131),
        ({"vocabulary": "pico"}, 11),
        ({"predicate": "skos:narrowMatch", "kind": "protein"}, 14),
    ],
)
def test_filters(query: dict[str, str], count: int, client: FlaskClient) -> None:
    assert len(rows(client, **query)) == count


def test_the_query_in_the_answer_gives_the_same_rows(client: FlaskClient) -> None:
    answer = client.get(f"{API}/mappings?kind=agent&vocabulary=NCIT&limit=1000").get_json()
    pasted = client.post("/sparql", data={"query": answer["meta"]["query"]}, headers={"Accept": "text/csv"})
    table = list(csv.DictReader(io.StringIO(pasted.text)))
    assert [row["mapping"] for row in table] == [row["iri"] for row in answer["data"]]
    assert len(table) == answer["meta"]["total"] > 10


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("kind=drug", "'drug' is not a value of 'kind'"),
        ("vocabulary=NCTI", "Did you mean NCIT"),
        ("predicate=sameAs", "skos:exactMatch"),
        ("object=XYZ:1", "'XYZ:1' is not a value of 'object'"),
        ("agent=selumetinib", "Unknown parameter 'agent'"),
        ("format=xml", "'xml' is not a value of 'format'"),
    ],
)
def test_unknown_values_teach(query: str, words: str, client: FlaskClient) -> None:
    answer = client.get(f"{API}/mappings?{query}")
    assert answer.status_code == 422
    assert words in answer.text


def test_an_unknown_subject_is_not_found(client: FlaskClient) -> None:
    assert rows(client, subject="agent/nobody") == []
    assert client.get(f"{API}/mappings?subject=nobody").status_code == 404


def test_one_mapping(client: FlaskClient) -> None:
    for path in (
        f"{API}/mappings/agent/selumetinib/ncit-c66939",
        f"{API}/mappings/term/agent/pico-appliedIntervention",
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.get_json()["data"]["iri"].endswith(path.removeprefix(f"{API}/mappings"))
    assert client.get(f"{API}/mappings/agent/nobody/ncit-c1").status_code == 404
    assert client.get("/mapping/agent/selumetinib/ncit-c66939.ttl").status_code == 200


def test_as_csv(client: FlaskClient) -> None:
    table = list(csv.DictReader(io.StringIO(client.get(f"{API}/mappings?format=csv&subject=unit/gray").text)))
    assert [(row["subject"], row["object"], row["object_label"]) for row in table] == [
        ("unit/gray", "NCIT:C18063", "Gray"),
        ("unit/gray", "unit:GRAY", "Gray"),
        ("unit/gray", "UO:0000134", "gray"),
    ]


@pytest.mark.parametrize(
    ("path", "count"),
    [
        (f"{API}/mappings?format=sssom", 660),
        (f"{API}/mappings?format=sssom&kind=unit", 40),
        ("/mappings", 660),
        ("/mappings/agents.sssom.tsv", 75),
    ],
)
def test_as_sssom_that_others_read(path: str, count: int, client: FlaskClient, tmp_path: Path) -> None:
    import sssom_pydantic

    answer = client.get(path)
    assert answer.content_type.startswith("text/tab-separated-values")
    (tmp_path / "x.sssom.tsv").write_text(answer.text, encoding="utf-8")
    pack = sssom_pydantic.read(tmp_path / "x.sssom.tsv")
    assert len(pack.mappings) == count


def test_a_set_that_is_none(client: FlaskClient) -> None:
    answer = client.get("/mappings/agent.sssom.tsv")
    assert answer.status_code == 404
    assert "agents.sssom.tsv" in answer.text


def test_an_outside_class_means_all_things_below_it(app_store: ox.Store) -> None:
    """With an ontology linked into the release, a filter by one of its classes finds what is linked below it."""
    obo, rdfs = "http://purl.obolibrary.org/obo/", "http://www.w3.org/2000/01/rdf-schema#"
    here = ox.NamedNode("https://w3id.org/avidity/graph/linked/ncit")
    up = ox.NamedNode(obo + "NCIT_C999999")
    for drug in ("NCIT_C66939", "NCIT_C77908"):
        app_store.add(ox.Quad(ox.NamedNode(obo + drug), ox.NamedNode(rdfs + "subClassOf"), up, here))
    notation = ox.NamedNode("http://www.w3.org/2004/02/skos/core#notation")
    app_store.add(ox.Quad(up, notation, ox.Literal("NCIT:C999999"), here))
    found = Names(Engine(app_store)).resolve("agent", "NCIT:C999999")
    assert [iri.rsplit("/", 1)[-1] for iri in found] == ["selumetinib", "trametinib"]


@pytest.fixture
def app_store(store: ox.Store) -> ox.Store:
    """A copy of the dataset that a test may add to."""
    copy = ox.Store()
    copy.extend(store)
    return copy
