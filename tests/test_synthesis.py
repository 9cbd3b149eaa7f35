"""Synthesis: one result a study, like with like, refusals that help, and the review's own counts."""

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
from avidity_service.rest.findings import Findings
from avidity_service.synthesis.groups import Group
from avidity_service.synthesis.pooling import pool
from avidity_service.synthesis.request import read_request, synthesise
from avidity_service.synthesis.results import choose
from avidity_service.synthesis.timepoints import timepoint
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

Row = dict[str, Any]
GOLDEN = Path(__file__).parent / "golden" / "synthesis"
UPTAKE = "/api/v1/synthesis?measure=uptake-restored"


@pytest.fixture(scope="module")
def found(app: Flask) -> Context:
    context = app.extensions[KEY]
    assert isinstance(context, Context)
    return context


def groups(client: FlaskClient, query: str) -> list[Row]:
    answer = client.get(f"/api/v1/synthesis?{query}")
    assert answer.status_code == 200, answer.text
    data = answer.get_json()["data"]
    assert isinstance(data, list)
    return data


def only(client: FlaskClient, query: str) -> Row:
    [group] = groups(client, query)
    return group


@pytest.mark.parametrize("name", ["nras", "braf-v600e"])
def test_golden_rows(name: str, client: FlaskClient) -> None:
    alteration = {"nras": "nras-mutation"}.get(name, name)
    answer = client.get(f"{UPTAKE}&alteration={alteration}&allow_unlike=true&format=csv")
    rows = [row for row in csv.DictReader(io.StringIO(answer.text)) if row["line"] in ("study", "left-out")]
    with (GOLDEN / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        golden = list(csv.DictReader(file))
    shown = ("line", "study", "tier", "count", "denominator")
    assert [[row[key] for key in shown] for row in rows] == [[row[key] for key in shown] for row in golden]
    for row, read in zip(rows, golden, strict=True):
        assert read["words"] in row["quote"]


def test_every_row_is_proven_where_it_says(client: FlaskClient, inputs: Inputs) -> None:
    source = (inputs.seeds / "review" / "review.txt").read_bytes().decode()
    looked_at = 0
    for group in groups(client, "measure=uptake-restored&by=alteration&allow_unlike=true"):
        for row in group["rows"] + group["left_out"]:
            assert source[row["start"] : row["end"]] == row["quote"]
            looked_at += 1
        for row in group["rows"]:
            assert row["definition"]
            assert row["low"] <= row["count"] / row["denominator"] <= row["high"]
    assert looked_at > 40


def test_braf_with_the_scan_after_treatment_is_refused_or_marked(client: FlaskClient) -> None:
    refused = client.get(f"{UPTAKE}&alteration=BRAF&match=exact")
    assert refused.status_code == 409
    assert refused.content_type == "application/problem+json"
    [group] = refused.get_json()["groups"]
    [unlike] = group["unlike"]
    assert (unlike["way"], unlike["values"]["post-therapeutic-scan"]) == ("definition", ["leboulleux-2023-braf"])
    marked = only(client, "measure=uptake-restored&alteration=BRAF&match=exact&allow_unlike=true")
    assert marked["like_with_like"] is False
    assert [one["way"] for one in marked["unlike"]] == ["definition"]
    pooled = marked["pooled"]
    assert (marked["studies"], marked["count"], marked["denominator"]) == (6, 41, 59)
    assert [round(pooled[name], 2) for name in ("proportion", "low", "high", "tau2")] == [0.69, 0.43, 0.87, 1.08]
    [without] = [one for one in marked["leave_one_out"] if one["without"] == "leboulleux-2023-braf"]
    assert (round(without["proportion"], 2), without["tau2"]) == (0.55, 0)


def test_what_can_be_asked_instead_can_be_asked(client: FlaskClient) -> None:
    asked = 0
    for query in (f"{UPTAKE}&alteration=BRAF%20V600E", f"{UPTAKE}&by=alteration", f"{UPTAKE}&gene=BRAF&limit=3",
                  "/api/v1/synthesis?measure=partial-response&basis=any", "/api/v1/synthesis?measure=threshold-met&by=alteration",
                  f"{UPTAKE}&by=mechanism"):  # fmt: skip
        refused = client.get(query)
        assert refused.status_code == 409, query
        for group in refused.get_json()["groups"]:
            for one in group["instead"]:
                answer = client.get(one["href"])
                if "by=mechanism" in query:  # a mechanism cannot be asked for without its combinations
                    assert answer.status_code in (200, 409)
                    continue
                [narrowed] = answer.get_json()["data"]
                assert narrowed["studies"] == one["studies"]
                assert narrowed["like_with_like"]
                assert (narrowed["pooled"] is not None) == one["poolable"] or narrowed["status"] == "no-finite-maximum"
                asked += 1
    assert asked > 20


def test_without_it_the_studies_agree(client: FlaskClient) -> None:
    group = only(
        client, "measure=uptake-restored&alteration=BRAF&match=exact&definition=diagnostic-scan&definition=not-stated"
    )
    assert (group["status"], group["count"], group["denominator"]) == ("boundary", 21, 38)
    assert [round(group["pooled"][name], 2) for name in ("proportion", "low", "high")] == [0.55, 0.39, 0.70]
    assert [round(bound, 2) for bound in group["as_if_one_proportion"]["wilson"]] == [0.40, 0.70]
    assert "definition not stated: iravani-2019" in group["reservations"]


def test_tiers_are_never_pooled_silently(client: FlaskClient) -> None:
    refused = client.get(f"{UPTAKE}&alteration=NRAS").get_json()
    assert refused["groups"][0]["unlike"][0]["values"] == {
        "exact": ["ho-2013", "iravani-2019"],
        "mixed": ["jaber-2018"],
    }
    group = only(client, "measure=uptake-restored&alteration=NRAS&match=exact")
    assert (group["status"], group["pooled"], group["leave_one_out"]) == ("too-few-studies", None, [])
    assert group["as_if_one_proportion"] is None


def test_basis_population_and_time_must_agree(client: FlaskClient) -> None:
    refused = client.get("/api/v1/synthesis?measure=partial-response&basis=any").get_json()
    ways = {one["way"]: one["values"] for one in refused["groups"][0]["unlike"]}
    assert ways["basis"]["derived"] == ["jaber-2018"]
    assert set(ways["population"]["treated"]) == {"leboulleux-2023-braf", "leboulleux-2023-ras", "iravani-2019"}
    assert set(ways["timepoint"]["6-months"]) == {
        "ho-2013",
        "dunn-2019",
        "leboulleux-2023-braf",
        "leboulleux-2023-ras",
        "burman",
    }
    group = only(client, "measure=partial-response&population=chosen&timepoint=6-months")
    assert [(row["study"], row["count"], row["denominator"]) for row in group["rows"]] == [
        ("ho-2013", 5, 8), ("dunn-2019", 2, 4), ("burman", 8, 14),
    ]  # fmt: skip
    assert group["pooled"]


def test_two_measures_are_two_things(client: FlaskClient) -> None:
    both = client.get("/api/v1/synthesis?measure=received-radioiodine&measure=threshold-met").get_json()
    assert "measure" in [one["way"] for one in both["groups"][0]["unlike"]]


def test_no_cohort_twice(client: FlaskClient) -> None:
    group = only(client, "measure=uptake-restored&allow_unlike=true")
    studies = [row["study"] for row in group["rows"]]
    assert len(studies) == len(set(studies)) == 10
    reasons = {one["finding"]: one["reason"] for one in group["left_out"]}
    assert "part of a cohort that is counted already" in reasons["ho-2013/nras/uptake-restored"]
    assert "part of a cohort that is counted already" in reasons["weber-2022/braf-mutated/uptake-restored"]
    assert "38.9 % is printed" in reasons["toro-tobon-2024/braf/uptake-restored"]
    assert "iravani-2019: of several separate cohorts one is counted, see left_out" in group["reservations"]


def test_single_cases_are_not_pooled_with_studies_of_patients(client: FlaskClient) -> None:
    refused = client.get(f"{UPTAKE}&definition=diagnostic-scan").get_json()
    assert refused["groups"][0]["unlike"][0]["values"]["case"] == ["werner-2023"]


def test_groups_by_treatment_keep_combinations_apart(client: FlaskClient) -> None:
    found = {group["id"]: group["rows"] for group in groups(client, "measure=uptake-restored&by=agent")}
    assert [row["study"] for row in found["dabrafenib"]] == ["rothenberg-2015"]
    assert [row["study"] for row in found["dabrafenib+trametinib"]] == ["weber-2022", "leboulleux-2023-braf"]
    meta = client.get(f"{UPTAKE}&by=agent").get_json()["meta"]
    assert "jaber-2018/all/uptake-restored" in [row["finding"] for row in meta["not_grouped"]]


def test_harms_are_grouped_one_by_one(client: FlaskClient) -> None:
    found = {group["id"]: group for group in groups(client, "measure=adverse-event")}
    assert [(row["count"], row["denominator"]) for row in found["fever-grade-3"]["rows"]] == [(1, 6)]
    assert found["rash"]["status"] == "no-counts"


def test_the_interval_of_rows_can_be_chosen(client: FlaskClient) -> None:
    wilson = only(client, "measure=uptake-restored&study=ho-2013")["rows"][0]
    exact = only(client, "measure=uptake-restored&study=ho-2013&interval=clopper-pearson")["rows"][0]
    assert [wilson["low"], wilson["high"]] == wilson["wilson"] == exact["wilson"]
    assert [exact["low"], exact["high"]] == exact["clopper_pearson"] != wilson["wilson"]


def test_the_answer_says_how_it_was_made(client: FlaskClient) -> None:
    meta = client.get(f"{UPTAKE}&alteration=BRAF&match=exact&allow_unlike=true").get_json()["meta"]
    assert "binomial-normal" in meta["methods"]["model"]
    assert set(meta["methods"]["versions"]) == {"avidity", "numpy", "scipy"}
    assert (meta["by"], meta["allow_unlike"]) == ("alteration", True)
    again = client.post("/sparql", data={"query": meta["query"]}, headers={"Accept": "application/sparql-results+json"})
    assert len(again.get_json(force=True)["results"]["bindings"]) == 7  # six counts and one percentage


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", ["measure", "uptake-restored"]),
        ("measure=uptake-restored&by=drug", ["by", "mechanism"]),
        ("measure=uptake-restored&interval=wald", ["wilson", "clopper-pearson"]),
        ("measure=uptake-restored&allow_unlike=yes", ["true", "false"]),
        ("measure=uptake-restored&definition=scan", ["diagnostic-scan"]),
        ("measure=partial-response&timepoint=5-months", ["6-months"]),
        ("measure=uptake-restored&populations=treated", ["population"]),
    ],
)
def test_errors_teach(query: str, words: list[str], client: FlaskClient) -> None:
    answer = client.get(f"/api/v1/synthesis?{query}")
    assert answer.status_code in (409, 422)
    for word in words:
        assert word in answer.text


def test_every_fact_matters(found: Context) -> None:
    """Each counted row taken away changes the answer, and so does each count."""
    wanted = read_request({"measure": ["uptake-restored"], "alteration": ["BRAF"], "match": ["exact"]}, found.names)
    rows = found.findings.find(wanted.asked, whole=True).rows
    whole = pool(Group("g", "g", list(rows)), found.facts, "wilson", allow_unlike=True)
    tried = 0
    for i, row in enumerate(rows):
        if row["count"] is None:
            continue
        fewer = pool(Group("g", "g", [*rows[:i], *rows[i + 1 :]]), found.facts, "wilson", allow_unlike=True)
        assert (fewer["studies"], fewer["denominator"]) == (5, whole["denominator"] - row["denominator"])
        assert fewer["pooled"] != whole["pooled"]
        other = {**row, "count": row["count"] - 1}
        changed = pool(Group("g", "g", [*rows[:i], other, *rows[i + 1 :]]), found.facts, "wilson", allow_unlike=True)
        assert changed["pooled"]["proportion"] < whole["pooled"]["proportion"]
        tried += 1
    assert tried == 6


def test_the_answer_comes_from_the_graph(found: Context) -> None:
    store = ox.Store()
    store.bulk_extend(found.engine.store)
    finding = ox.NamedNode("https://w3id.org/avidity/finding/ho-2013/braf/uptake-restored")
    count = ox.NamedNode("https://w3id.org/avidity/ontology#count")
    for quad in list(store.quads_for_pattern(finding, count, None, None)):
        store.remove(quad)
    engine = Engine(store)
    wanted = read_request(
        {"measure": ["uptake-restored"], "alteration": ["BRAF"], "match": ["exact"], "allow_unlike": ["true"]},
        found.names,
    )
    [group] = synthesise(wanted, Findings(engine, Catalogue(engine)), found.facts, found.names).groups
    assert (group["studies"], group["count"], group["denominator"]) == (5, 37, 50)
    assert "ho-2013" in [one["study"] for one in group["left_out"]]


def test_the_order_of_rows_does_not_matter(found: Context) -> None:
    wanted = read_request({"measure": ["uptake-restored"], "basis": ["any"]}, found.names)
    rows = found.findings.find(wanted.asked, whole=True).rows
    chosen, left_out = choose(rows, found.facts)
    backwards, _ = choose(list(reversed(rows)), found.facts)
    assert [result.row["iri"] for result in chosen] == [result.row["iri"] for result in backwards]
    assert len(chosen) + len(left_out) == len(rows)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("At the six-month follow-up", "6-months"), ("6-month follow-up", "6-months"), ("One-year follow-up", "12-months"),
        ("Six months after the initial treatment", "6-months"), ("beyond a three-month follow-up", "beyond-3-months"),
        ("median follow-up of 14.3 months", "median-14.3-months"), ("at three weeks", "3-weeks"), (None, "not-stated"),
        ("at 3- and 6-months post-treatment", "at-3-and-6-months-post-treatment"), ("during follow-up", "during-follow-up"),
    ],
)  # fmt: skip
def test_times(words: str | None, expected: str) -> None:
    assert timepoint(words) == expected


@given(st.text(max_size=40))
def test_any_words_make_a_time_that_can_be_asked_for(words: str) -> None:
    assert timepoint(words)
    assert " " not in timepoint(words)


def run(*arguments: str, release: Path) -> Any:
    return CliRunner().invoke(main, ["pool", *arguments, "--release", str(release)])


def test_the_command_gives_the_same_rows(client: FlaskClient, release_folder: Path) -> None:
    result = run("--measure", "uptake-restored", "--alteration", "BRAF", "--match", "exact", "--allow-unlike", "--format", "csv",
                 release=release_folder)  # fmt: skip
    assert result.exit_code == 0, result.output
    rest = client.get(f"{UPTAKE}&alteration=BRAF&match=exact&allow_unlike=true&format=csv").text
    assert list(csv.reader(io.StringIO(result.stdout))) == list(csv.reader(io.StringIO(rest)))
    as_json = run("--measure", "uptake-restored", "--study", "ho-2013", "--format", "json", release=release_folder)
    assert json.loads(as_json.stdout)["data"] == groups(client, "measure=uptake-restored&study=ho-2013")


def test_the_command_refuses_and_says_what_to_ask(release_folder: Path) -> None:
    result = run("--measure", "uptake-restored", "--alteration", "BRAF", "--match", "exact", release=release_folder)
    assert result.exit_code == 5
    assert "--definition diagnostic-scan" in result.stderr
    assert "--allow-unlike" in result.stderr
    assert result.stdout == ""
    assert run(release=release_folder).exit_code == 2
    shown = run("--measure", "uptake-restored", "--alteration", "NRAS", "--match", "exact", release=release_folder)
    assert "trametinib" in shown.stdout
