"""REST: what the issue's users ask, and how errors teach."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from avidity_loaders.inputs import Inputs
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Row = dict[str, Any]


def agents(client: FlaskClient, **query: str) -> dict[str, list[Row]]:
    answer = client.get("/api/v1/agents", query_string=query)
    assert answer.status_code == 200, answer.text
    return {agent["id"]: agent["findings"] for agent in answer.get_json()["data"]}


def counts(rows: list[Row]) -> list[tuple[str, str, int | None, int | None]]:
    return [(row["study"], row["tier"], row["count"], row["denominator"]) for row in rows]


def test_which_agents_restored_uptake_in_nras_tumours(client: FlaskClient) -> None:
    found = agents(client, alteration="NRAS", measure="uptake-restored")
    assert list(found) == ["selumetinib", "trametinib"]
    assert counts(found["selumetinib"]) == [("ho-2013", "exact", 5, 5)]
    assert counts(found["trametinib"]) == [
        ("iravani-2019", "exact", 1, 3),
        ("leboulleux-2023-ras", "pooled", None, None),
        ("jaber-2018", "mixed", 8, 13),
    ]
    iravani, leboulleux, jaber = found["trametinib"]
    assert (iravani["failures"], leboulleux["fraction"], jaber["failures"]) == (2, "two-thirds", 5)
    assert jaber["given_to_genotype"] == "MEK inhibition (agent not named) or trametinib"
    assert "vemurafenib" in jaber["given"]  # what the thirteen got, of whom eight had uptake back
    assert [row["agent_role"] for row in found["trametinib"]] == ["alone", "alone", "one of several"]
    assert not any((row["count"], row["denominator"]) == (15, 25) for rows in found.values() for row in rows)


def test_findings_whose_source_names_no_agent_are_not_lost(client: FlaskClient) -> None:
    meta = client.get("/api/v1/agents?alteration=NRAS").get_json()["meta"]
    assert [(row["study"], row["tier"], row["extent"]) for row in meta["agent_not_named"]] == [
        ("toro-tobon-2024", "pooled", "all")
    ]
    assert meta["assumed"] == {"measure": "uptake-restored"}


def test_the_threshold_is_its_own_measure(client: FlaskClient) -> None:
    found = agents(client, alteration="NRAS", measure="threshold-met")
    assert ("burman", "pooled", 15, 25) in counts(found["trametinib"])


def test_the_sentence_that_proves_it_stands_at_its_offsets(client: FlaskClient, inputs: Inputs) -> None:
    source = (inputs.seeds / "review" / "review.txt").read_bytes().decode()
    rows = client.get("/api/v1/findings?limit=1000").get_json()["data"]
    assert len(rows) == 150
    for row in rows:
        assert source[row["start"] : row["end"]] == row["quote"]
        assert row["quote"] in [quote["quote"] for quote in row["quotes"]]
        assert all(source[quote["start"] : quote["end"]] == quote["quote"] for quote in row["quotes"])


@pytest.mark.parametrize(
    "value",
    [
        "BRAF V600E",
        "braf v600e",
        "V600E",
        "braf-v600e",
        "civic.vid:12",
        "https://w3id.org/avidity/alteration/braf-v600e",
    ],
)
def test_one_alteration_by_many_names(value: str, client: FlaskClient) -> None:
    found = agents(client, alteration=value, measure="uptake-restored")
    assert ("rothenberg-2015", "exact", 6, 10) in counts(found["dabrafenib"])
    assert counts(found["selumetinib"]) == [("ho-2013", "pooled", 4, 9)]


@pytest.mark.parametrize(
    "query",
    [
        {"alteration": "BRAF"},
        {"alteration": "HGNC:1097"},
        {"gene": "BRAF"},
        {"alteration": "BRAF mutation"},
        {"alteration": "NCIT:C40430"},
    ],
)
def test_a_gene_means_its_alterations(query: dict[str, str], client: FlaskClient) -> None:
    found = agents(client, **query, measure="uptake-restored")
    assert counts(found["selumetinib"]) == [("ho-2013", "exact", 4, 9)]
    assert ("dunn-2019", "exact", 6, 10) in counts(found["vemurafenib"])
    assert not any(row["alteration"] == "braf-wild-type" for rows in found.values() for row in rows)


def test_agents_by_mechanism_are_agents_with_the_mechanism(client: FlaskClient) -> None:
    assert set(agents(client, mechanism="MEKi")) == {"cobimetinib", "selumetinib", "trametinib"}
    assert set(agents(client, mechanism="MAPK pathway inhibitor")) == {
        "cobimetinib",
        "dabrafenib",
        "selumetinib",
        "trametinib",
        "vemurafenib",
    }


def test_all_agents(client: FlaskClient) -> None:
    body = client.get("/api/v1/agents").get_json()
    assert body["meta"]["total"] == len(body["data"]) == 14
    [selumetinib] = [agent for agent in body["data"] if agent["id"] == "selumetinib"]
    assert selumetinib["mechanisms"] == ["mek-inhibition"]
    assert "https://w3id.org/avidity/ontology#MEKInhibitor" in selumetinib["classes"]


def test_match_narrows_to_a_tier(client: FlaskClient) -> None:
    rows = client.get("/api/v1/findings?alteration=NRAS&measure=uptake-restored&match=exact&match=mixed").get_json()[
        "data"
    ]
    assert [row["tier"] for row in rows] == ["exact", "exact", "mixed"]


def test_combination(client: FlaskClient) -> None:
    both = "agent=dabrafenib&agent=trametinib&measure=uptake-restored&alteration=BRAF%20V600E"
    exact = client.get(f"/api/v1/findings?{both}&combination=exact").get_json()["data"]
    assert [row["study"] for row in exact] == ["leboulleux-2023-braf", "weber-2022"]
    alone = client.get("/api/v1/findings?agent=dabrafenib&combination=exact&measure=uptake-restored").get_json()["data"]
    assert [row["study"] for row in alone] == ["rothenberg-2015"]
    contains = client.get("/api/v1/findings?agent=dabrafenib&combination=contains&measure=uptake-restored").get_json()[
        "data"
    ]
    assert {row["study"] for row in contains} > {row["study"] for row in alone}


def test_failures_are_of_outcomes_that_the_treatment_is_for(client: FlaskClient) -> None:
    rows = client.get("/api/v1/findings?study=toro-tobon-2024&measure=death").get_json()["data"]
    assert [(row["count"], row["denominator"], row["failures"]) for row in rows] == [(5, 33, None)]


def test_adverse_events_from_a_grade_up(client: FlaskClient) -> None:
    rows = client.get("/api/v1/adverse-events?agent=dabrafenib&grade_min=3").get_json()["data"]
    found = {(row["term"], row["grade"], row["patients"], row["events"], row["denominator"]) for row in rows}
    assert found == {
        ("squamous-cell-carcinoma-of-skin", 3, 1, None, 10), ("fever", 3, 1, None, 6), ("any", 3, 6, 9, None),
        ("infectious-syndrome", 3, None, None, None), ("psoas-hematoma", 3, None, None, None),
        ("anicteric-cholestasis", 4, None, 1, None),
    }  # fmt: skip
    assert all(row["quote"] for row in rows)


def test_every_collection_and_its_members(client: FlaskClient) -> None:
    names = [row["name"] for row in client.get("/api/v1/").get_json()["data"]]
    assert {"agents", "alterations", "mechanisms", "studies", "findings", "adverse-events", "questions"} <= set(names)
    looked_at = 0
    for name in names:
        body = client.get(f"/api/v1/{name}").get_json()
        assert body["data"], name
        first = body["data"][0] if isinstance(body["data"], list) else body["data"]
        if isinstance(first, dict) and "id" in first and name not in ("questions", "release", "evidence-map"):
            one = client.get(f"/api/v1/{name}/{first['id']}").get_json()["data"]
            assert one["iri"] == first["iri"]
            looked_at += 1
    assert looked_at >= 12


def test_a_finding_by_its_path(client: FlaskClient) -> None:
    row = client.get("/api/v1/findings/ho-2013/nras/uptake-restored").get_json()["data"]
    assert (row["count"], row["denominator"], row["given"], row["cohort_numbers"]["evaluated"]) == (
        5,
        5,
        "selumetinib",
        5,
    )
    [text] = [regimen for regimen in row["regimens"] if regimen["witness"] == "text"]
    assert (text["agents"][0]["dose"], text["agents"][0]["dose_unit"], text["agents"][0]["frequency"]) == (
        75,
        "mg",
        "twice daily",
    )
    assert (text["duration"], text["duration_unit"]) == (4, "week")


def test_paging(client: FlaskClient) -> None:
    first = client.get("/api/v1/findings?limit=50").get_json()
    assert first["meta"]["total"] == 150
    seen = [row["id"] for row in first["data"]]
    page = first
    while "next" in page["links"]:
        page = client.get(page["links"]["next"]).get_json()
        seen += [row["id"] for row in page["data"]]
    assert len(seen) == len(set(seen)) == 150
    assert "prev" in page["links"]


def test_csv(client: FlaskClient) -> None:
    answer = client.get("/api/v1/findings?alteration=NRAS&measure=uptake-restored", headers={"Accept": "text/csv"})
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["tier"], row["count"], row["denominator"]) for row in rows][:2] == [
        ("exact", "5", "5"),
        ("exact", "1", "3"),
    ]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/v1/agents?alteration=NRSA", 422, ["Did you mean NRAS", "nras-mutation"]),
        ("/api/v1/agents?alteration=HGNC:99999", 422, ["HGNC:1097", "allowed"]),
        ("/api/v1/agents?alterations=NRAS", 422, ["Did you mean alteration", "mechanism"]),
        ("/api/v1/agents?agent=aspirin", 422, ["aspirin", "selumetinib"]),
        ("/api/v1/findings?measure=uptake", 422, ["uptake-restored"]),
        ("/api/v1/findings?grade_min=9", 422, ["grade_min"]),
        ("/api/v1/findings?design=trial", 422, ["prospective-trial"]),
        ("/api/v1/findings?limit=0", 422, ["1 to 1000"]),
        ("/api/v1/findings?offset=-1", 422, ["offset"]),
        ("/api/v1/findings?match=exact", 409, ["alteration"]),
        ("/api/v1/findings?combination=exact", 409, ["agent"]),
        ("/api/v1/findings?format=xls", 422, ["json", "csv"]),
        ("/api/v1/findings/ho-2013/nras/uptake-restord", 404, ["There is no finding", "ho-2013/nras/uptake-restored"]),
        ("/api/v1/agents/trametinb", 404, ["trametinib"]),
        ("/api/v1/agent", 404, ["agents"]),
        ("/api/v1/questions/agents-for-genotypes", 404, ["agents-for-genotype"]),
        ("/api/v1/questions/agents-for-genotype", 422, ["alteration"]),
        ("/api/v1/questions/agents-for-genotype?gene=BRAF", 422, ["Unknown parameter 'gene'"]),
        ("/api/v1/questions/adverse-events-of-agent?agent=trametinib&grade_min=x", 422, ["whole number"]),
        ("/api/v1/questions/findings-of-study?study=Leboulleux", 422, ["leboulleux-2023-braf", "leboulleux-2023-ras"]),
    ],
)
def test_errors_teach(path: str, status: int, words: list[str], client: FlaskClient) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["status"] == status
    for word in words:
        assert word in answer.text
    assert "Traceback" not in answer.text


def test_etag_and_304(client: FlaskClient) -> None:
    first = client.get("/api/v1/agents?alteration=NRAS")
    again = client.get("/api/v1/agents?alteration=NRAS", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    other = client.get("/api/v1/agents?alteration=BRAF")
    assert other.headers["ETag"] != first.headers["ETag"]
    zipped = client.get("/api/v1/agents?alteration=NRAS", headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.headers["ETag"] != first.headers["ETag"]
    assert client.get("/api/v1/agents?alteration=NRAS").data == first.data


def test_method_not_allowed_says_which_are(client: FlaskClient) -> None:
    answer = client.post("/api/v1/agents")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["agent", "alteration", "study", "measure", "grade_min", "limit", "design", "x"]),
    st.text(max_size=20),
)
def test_no_value_breaks_it(client: FlaskClient, name: str, value: str) -> None:
    answer = client.get("/api/v1/findings", query_string={name: value})
    assert answer.status_code in (200, 422)


@pytest.mark.parametrize(
    "query",
    [
        "alteration=NRAS",
        "alteration=BRAF&measure=uptake-restored",
        "agent=trametinib",
        "study=weber-2022&grade_min=1",
        "mechanism=MEK",
    ],
)
def test_the_query_in_the_answer_gives_the_same_findings(query: str, client: FlaskClient) -> None:
    body = client.get(f"/api/v1/findings?{query}&limit=1000").get_json()
    answer = client.post(
        "/sparql", data={"query": body["meta"]["query"]}, headers={"Accept": "application/sparql-results+json"}
    )
    rows = answer.get_json(force=True)["results"]["bindings"]
    found = [
        (row["finding"]["value"], row.get("tier", {}).get("value"), row.get("count", {}).get("value")) for row in rows
    ]
    shown = [(row["iri"], row["tier"], None if row["count"] is None else str(row["count"])) for row in body["data"]]
    assert found == shown
    assert found


def test_a_name_of_two_studies_filters_by_both(client: FlaskClient) -> None:
    rows = client.get("/api/v1/findings?study=Leboulleux&measure=uptake-restored").get_json()["data"]
    assert [row["study"] for row in rows] == ["leboulleux-2023-braf", "leboulleux-2023-ras"]


def test_dose_and_duration_stand_in_the_row_and_in_the_table(client: FlaskClient) -> None:
    answer = client.get("/api/v1/findings?study=weber-2022&measure=uptake-restored&format=csv")
    rows = {row["cohort"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    mutated = rows["weber-2022/braf-mutated"]
    assert mutated["dose"] == "dabrafenib 75 mg; trametinib 2 mg"
    assert mutated["frequency"] == "dabrafenib twice daily; trametinib once daily"
    assert mutated["duration"] == "21 day"
    assert rows["weber-2022/all"]["dose"] == ""  # two regimens that this result does not tell apart
    one = client.get("/api/v1/findings/ho-2013/nras/uptake-restored").get_json()["data"]["regimen"]
    assert (one["witness"], one["duration"], one["duration_unit"]) == ("text", 4, "week")


def test_an_agent_is_credited_with_what_it_was_given_in(client: FlaskClient) -> None:
    roles = {(row["study"], row["agent_role"]) for row in agents(client, alteration="BRAF V600E")["trametinib"]}
    assert roles == {
        ("leboulleux-2023-braf", "combination"),
        ("iravani-2019", "one of several"),
        ("weber-2022", "combination"),
        ("jaber-2018", "one of several"),
    }
    assert {row["agent_role"] for row in agents(client, alteration="NTRK")["selpercatinib"]} == {"one of several"}


def test_of_a_mixed_cohort_n_of_n_keeps_everything_that_was_given(client: FlaskClient) -> None:
    rows = client.get("/api/v1/findings?alteration=braf-wild-type&measure=partial-response").get_json()["data"]
    assert [(r["study"], r["count"], r["denominator"], r["given"], r["given_to_genotype"]) for r in rows] == [
        ("weber-2022", 1, 7, "dabrafenib + trametinib or trametinib", "trametinib")
    ]


def test_no_failures_of_parts_and_categories(client: FlaskClient) -> None:
    rows = client.get("/api/v1/findings?study=jaber-2018&measure=received-radioiodine").get_json()["data"]
    assert [row["failures"] for row in rows] == [None, None]
    rows = client.get("/api/v1/findings?study=leboulleux-2023-braf&measure=partial-response").get_json()["data"]
    assert [row["failures"] for row in rows] == [None, None]


def test_agents_are_not_listed_for_harm(client: FlaskClient) -> None:
    answer = client.get("/api/v1/agents?alteration=BRAF&measure=death")
    assert (answer.status_code, "uptake-restored" in answer.text) == (422, True)


@pytest.mark.parametrize(
    "path", ["/api/v1/studies/%FF", "/api/v1/agents/http://[", "/agent/%FF", "/api/v1/discrepancies/%FF"]
)
def test_what_is_no_iri_is_not_found(path: str, client: FlaskClient) -> None:
    assert client.get(path).status_code == 404
