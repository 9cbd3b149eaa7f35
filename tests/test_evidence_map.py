"""The evidence map: three states, each proven; counts never over tiers or over the same patients."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from avidity_loaders.inputs import Inputs
from avidity_service.catalogue import Catalogue
from avidity_service.cli.main import main
from avidity_service.context import KEY, Context
from avidity_service.engine import Engine
from avidity_service.evidence_map.request import draw, read_request
from avidity_service.evidence_map.studied import read_studied
from avidity_service.rest.findings import Findings
from avidity_service.synthesis.facts import read_facts
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

Row = dict[str, Any]
Cells = dict[tuple[str, str], Row]
GOLDEN = Path(__file__).parent / "golden" / "synthesis" / "evidence-map.csv"


@pytest.fixture(scope="module")
def found(app: Flask) -> Context:
    context = app.extensions[KEY]
    assert isinstance(context, Context)
    return context


def cells(client: FlaskClient, query: str = "") -> Cells:
    answer = client.get(f"/api/v1/evidence-map?{query}")
    assert answer.status_code == 200, answer.text
    return by_place(answer.get_json()["data"])


def by_place(rows: list[Row]) -> Cells:
    return {(row["id"], cell["column"]): cell for row in rows for cell in row["cells"]}


def in_words(cell: Row) -> str:
    if cell["state"] != "reported":
        return "; ".join([cell["state"], *(one["cohort"] for one in cell.get("cohorts", ()))])
    return "; ".join(
        f"{part['tier']} {part['given']} {part['count']}/{part['denominator']}" for part in cell["evidence"]
    )


def test_golden_cells(client: FlaskClient) -> None:
    drawn = cells(client)
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        golden = list(csv.DictReader(file))
    assert len(golden) > 20
    for row in golden:
        assert in_words(drawn[row["agent"], row["alteration"]]) == row["cell"], row


def test_every_agent_meets_every_alteration(client: FlaskClient) -> None:
    body = client.get("/api/v1/evidence-map").get_json()
    assert len(body["data"]) == body["meta"]["total"] == 14
    columns = [column["id"] for column in body["meta"]["columns_of_map"]]
    assert len(columns) == 20
    for row in body["data"]:
        assert [cell["column"] for cell in row["cells"]] == columns
        assert {cell["state"] for cell in row["cells"]} <= {"reported", "not-reported", "no-study"}
    assert body["meta"]["assumed"] == {"measure": "uptake-restored"}
    assert body["meta"]["searched"]["cohorts"] == 54


def test_each_state_is_proven(client: FlaskClient, inputs: Inputs) -> None:
    source = (inputs.seeds / "review" / "review.txt").read_bytes().decode()
    states = {"reported": 0, "not-reported": 0, "no-study": 0}
    for cell in cells(client).values():
        states[cell["state"]] += 1
        if cell["state"] == "reported":
            for part in cell["evidence"]:
                for one in part["findings"]:
                    assert source[one["start"] : one["end"]] == one["quote"]
                assert part["findings"]
        elif cell["state"] == "not-reported":
            for one in cell["cohorts"]:
                assert client.get(f"/api/v1/cohorts/{one['cohort']}").status_code == 200
                assert all(" ".join(piece.split()) in " ".join(source.split()) for piece in one["proof"].split(" […] "))
        else:
            assert "None of the 54 cohorts" in cell["reason"]
    assert all(states.values()), states


def test_counts_are_of_one_tier_and_one_way_of_giving(client: FlaskClient) -> None:
    cell = cells(client)["dabrafenib", "braf-v600e"]
    assert [(part["tier"], part["given"], part["count"], part["denominator"]) for part in cell["evidence"]] == [
        ("exact", "alone", 6, 10), ("exact", "combination", 20, 21), ("exact", "one of several", 3, 3),
        ("pooled", "combination", 2, 6), ("mixed", "one of several", 8, 13),
    ]  # fmt: skip
    assert "count" not in cell
    both = cells(client)["trametinib", "braf-mutation"]["evidence"][0]
    assert (both["count"], both["denominator"], both["unlike"]) == (22, 27, ["definition"])


def test_no_patient_twice(client: FlaskClient) -> None:
    cell = cells(client, "columns=histology&rows=agent")["selumetinib", "rai-r-dtc"]
    [part] = cell["evidence"]
    assert (part["count"], part["denominator"], part["studies"]) == (12, 20, 1)
    reasons = [one["reason"] for one in part["findings"] if not one["counted"]]
    assert len(reasons) == 2
    assert all("part of a cohort that is counted already" in reason for reason in reasons)


def test_rows_by_mechanism_hold_what_is_within(client: FlaskClient) -> None:
    drawn = cells(client, "rows=mechanism&columns=gene")
    assert drawn["mek-inhibition", "braf"]["evidence"][0]["count"] == 4  # selumetinib alone
    assert drawn["mapk-pathway-inhibition", "braf"]["evidence"][0]["count"] == 41
    assert drawn["mapk-pathway-inhibition", "braf"]["evidence"][0]["unlike"] == ["definition"]


def test_a_measure_changes_the_states(client: FlaskClient) -> None:
    drawn = cells(client, "measure=threshold-met")
    assert in_words(drawn["trametinib", "ras-mutation"]) == "exact alone 15/25"
    assert drawn["dabrafenib", "braf-v600e"]["state"] == "not-reported"
    assert drawn["dabrafenib", "ntrk-fusion"]["state"] == "no-study"


def test_narrowing_narrows_what_was_looked_at(client: FlaskClient) -> None:
    body = client.get("/api/v1/evidence-map?design=case-report&agent=trametinib&alteration=NRAS").get_json()
    [row] = body["data"]
    [cell] = row["cells"]
    assert cell["state"] == "no-study"
    assert f"None of the {body['meta']['searched']['cohorts']} cohorts" in cell["reason"]
    assert body["meta"]["searched"]["cohorts"] < 10


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("rows=drug", ["agent", "mechanism", "regimen"]),
        ("columns=study", ["alteration", "histology"]),
        ("rows=mechanism&agent=trametinib", ["agent goes with rows=agent"]),
        ("columns=histology&alteration=NRAS", ["alteration goes with columns=alteration"]),
        ("measure=uptake-restored&measure=threshold-met", ["one measure"]),
        ("match=exact", ["Unknown parameter"]),
    ],
)
def test_errors_teach(query: str, words: list[str], client: FlaskClient) -> None:
    answer = client.get(f"/api/v1/evidence-map?{query}")
    assert answer.status_code in (409, 422)
    for word in words:
        assert word in answer.text


def test_what_is_taken_away_is_missing(found: Context) -> None:
    """Without the finding a cell is not reported; without the cohort's regimen and parts, nobody was studied."""
    wanted = read_request({}, found.names)

    def state(store: ox.Store) -> Row:
        engine = Engine(store)
        catalogue = Catalogue(engine)
        findings = Findings(engine, catalogue)
        drawn = draw(
            wanted, findings, read_facts(engine, catalogue), read_studied(engine, catalogue, findings), found.names
        )
        return by_place(drawn.rows)["selumetinib", "nras-mutation"]

    base = "https://w3id.org/avidity/"
    store = ox.Store()
    store.bulk_extend(found.engine.store)
    assert state(store)["state"] == "reported"
    node = ox.NamedNode(f"{base}finding/ho-2013/nras/uptake-restored")
    for quad in [*store.quads_for_pattern(node, None, None, None), *store.quads_for_pattern(None, None, node, None)]:
        store.remove(quad)
    cell = state(store)
    assert cell["state"] == "not-reported"
    assert cell["cohorts"][0]["cohort"] == "ho-2013/nras"
    received = ox.NamedNode(f"{base}ontology#receivedRegimen")
    for quad in list(store.quads_for_pattern(None, received, None, None)):
        if "/ho-2013/" in str(quad.subject):
            store.remove(quad)
    assert state(store)["state"] == "no-study"


def test_csv_and_command_agree(client: FlaskClient, release_folder: Path) -> None:
    rest = client.get("/api/v1/evidence-map?agent=trametinib&format=csv").text
    rows = list(csv.DictReader(io.StringIO(rest)))
    assert {row["state"] for row in rows} == {"reported", "not-reported", "no-study"}
    assert all(row["quote"] for row in rows if row["state"] == "reported")
    run = CliRunner().invoke(
        main, ["map", "--agent", "trametinib", "--format", "csv", "--release", str(release_folder)]
    )
    assert run.exit_code == 0, run.output
    assert list(csv.DictReader(io.StringIO(run.stdout))) == rows
    as_json = CliRunner().invoke(
        main, ["map", "--agent", "trametinib", "--format", "json", "--release", str(release_folder)]
    )
    assert by_place(json.loads(as_json.stdout)["data"]) == cells(client, "agent=trametinib")
    shown = CliRunner().invoke(main, ["map", "--agent", "trametinib", "--release", str(release_folder)])
    assert "not reported" in " ".join(shown.stdout.split())
