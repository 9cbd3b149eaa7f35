"""Every fact of the review: accounted for, its contradictions shown, what follows from it marked as derived."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from avidity_loaders.assembling import account_for, assemble, read_proven
from avidity_loaders.checking import check_coverage
from avidity_loaders.claims.discrepancies import CuratedDiscrepancy
from avidity_loaders.derive.derived import find_discrepancies
from avidity_loaders.errors import ClaimsError
from avidity_loaders.inputs import Inputs
from avidity_service.cli import main
from click.testing import CliRunner
from flask.testing import FlaskClient
from pydantic import ValidationError


@pytest.fixture
def copy(tmp_path: Path, inputs: Inputs) -> Inputs:
    shutil.copytree(inputs.seeds, tmp_path / "seeds")
    return replace(inputs, seeds=tmp_path / "seeds")


def change(inputs: Inputs, name: str, old: str, new: str) -> None:
    path = inputs.seeds / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# ── Coverage ──────────────────────────────────────────────────────────────────────────────────


def test_every_word_and_number_is_accounted_for(inputs: Inputs) -> None:
    found = account_for(inputs, read_proven(inputs))
    assert found.problems == []
    assert {name: sum(sums.values()) for name, sums in found.sums.items()} == {
        "sentences": 282, "cells": 83, "words": 6395, "numbers": 368,
    }  # fmt: skip
    assert not any("open" in sums for sums in found.sums.values())
    assert found.sums["cells"] == {"cited": 83}
    assert found.sums["numbers"]["stated"] >= 358


def test_the_ledger_is_in_the_release(release_folder: Path) -> None:
    report = json.loads((release_folder / "reports" / "coverage.json").read_text(encoding="utf-8"))
    assert len(report["ledger"]) == 282 + 83
    assert all(row["claims"] or row["reasons"] or row["how"] == "structure" for row in report["ledger"])
    manifest = json.loads((release_folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["coverage"]["cells"] == {"cited": 83}


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        # A sentence that no claim cites any more; its words and its number stand open.
        ("claims/jaber-2018.yaml", """  - cohort: radioiodine
    measure: dosimetry-done
    count: 3
    quotes: ["Of note, only three patients underwent dosimetric pre-therapeutic evaluation, while the remaining patients received empirically determined 131-I activities."]
    note: of those who received radioiodine
""", "", "no fact cites 'Of note'"),
        ("claims/review/outlook.yaml", "\"Heterogeneity within and between primary and metastatic tumors\"", "\"This multi-factorial approach can reveal:\"", "Heterogeneity within and between"),
        # Still cited, but no fact states its number.
        ("claims/iravani-2019.yaml", "value: {value: 16.6, unit: month, low: 13.5, high: 42.3, statistic: median}", "value: {value: 16.6, unit: month, statistic: median}", "no fact states the number '13.5'"),
        ("review/without-facts.yaml", 'quote: "This review discusses various redifferentiation strategies, including', 'quote: "various redifferentiation strategies, including', "no fact cites 'This review discusses'"),
        ("review/without-facts.yaml", "reason: connective}", "reason: repetition}", "'repeats'"),
        ("review/without-facts.yaml", "reason: connective}", "reason: repetition, repeats: finding/nobody}", "no claim has the id"),
        ("review/without-facts.yaml", "numbers:\n", "numbers:\n  - {quote: \"12 out of 20\", number: \"12\", reason: \"it is stated by a fact, really\"}\n", "is stated by a fact, or is none"),
        ("review/without-facts.yaml", "text:\n", "text:\n  - {quote: \"12 out of 20\", reason: label}\n", "is cited by facts; the entry says nothing"),
        ("review/without-facts.yaml", "text:\n", "text:\n  - {quote: \"12 out of 21\", reason: label}\n", "does not stand in the source"),
    ],
)  # fmt: skip
def test_what_is_left_open_is_named(copy: Inputs, name: str, old: str, new: str, words: str) -> None:
    change(copy, name, old, new)
    with pytest.raises(ClaimsError) as error:
        check_coverage(copy)
    assert words in str(error.value), str(error.value)


def test_the_command_prints_the_ledger() -> None:
    run = CliRunner().invoke(main, ["check", "--only", "coverage"])
    assert run.exit_code == 0
    assert "282 of 282 sentences, 83 of 83 cells, 6395 of 6395 words, 368 of 368 numbers" in run.stdout
    assert "abbreviations" in run.stdout


# ── Contradictions ────────────────────────────────────────────────────────────────────────────

HARD = {
    "rothenberg-2015/dabrafenib-frequency": ["dabrafenib twice daily", "dabrafenib once daily"],
    "rothenberg-2015/dabrafenib-duration": ["4 weeks", "25 days"],
    "rothenberg-2015/dabrafenib-extension-duration": ["2 weeks", "17 days"],
    "leboulleux-2023-braf/dabrafenib-trametinib-duration": ["5 weeks", "6 weeks", "42 days"],
    "leboulleux-2023-braf/dabrafenib-trametinib-duration-within-text": ["5 weeks", "6 weeks"],
    "leboulleux-2023-ras/trametinib-duration": ["7 weeks", "6 weeks", "42 days"],
    "leboulleux-2023-ras/trametinib-duration-within-text": ["7 weeks", "6 weeks"],
    "iravani-2019/vemurafenib-cobimetinib-left-out": ["vemurafenib and cobimetinib", "dabrafenib and trametinib"],
    "lee-2021/combined-approach": ["a combined approach using two targeted therapies", "In two distinct cases", "Two cases"],
    "toro-tobon-2024/all-death-percentage": ["15.1%", "5 of 33, which is 15.15%"],
    "iravani-2019/therapy-related-death-of-harms": ["1.5–2 %", "6 patients"],
    "werner-2023/row-cut-off": ["after 15.5 months of RET inhibitor therapy", "Selpercatinib 160 mg p.o. bid for 3 we"],
    "leboulleux-2023-ras/all-uptake-restored-fraction": ["two-thirds", "11 enrolled", "10 evaluated"],
}  # fmt: skip


@pytest.mark.parametrize(("slug", "says"), HARD.items())
def test_known_contradictions_have_all_their_sides(slug: str, says: list[str], client: FlaskClient) -> None:
    record = client.get(f"/api/v1/discrepancies/{slug}").get_json()["data"]
    assert [side["properties"]["says"][0] for side in record["sides"]] == says
    assert all(side["quote"] for side in record["sides"])
    assert record["properties"]["shown"][0]


def test_nothing_is_reported_that_is_none(client: FlaskClient) -> None:
    rows = client.get("/api/v1/discrepancies?limit=200").get_json()["data"]
    slugs = {row["id"] for row in rows}
    # 150 mCi is 5.5 GBq, 2000 cGy is 20 Gy, four weeks are four weeks, 21 days lie within 21 ± 3.
    assert not any("/radioiodine-" in slug for slug in slugs)
    assert not any(slug.startswith("weber-2022/") for slug in slugs)
    assert not any(slug.endswith("-dose") for slug in slugs)
    assert len(slugs) == 49


def test_a_side_cannot_be_left_out() -> None:
    side = {"witness": "text", "says": "x", "quotes": ["some words"]}
    other = {"witness": "table", "says": "y", "quotes": ["other words"]}
    base = {"slug": "x", "label": "x", "kind": "text-table", "severity": "minor", "shown": "x"}
    assert len(CuratedDiscrepancy.model_validate({**base, "sides": [side, other]}).sides) == 2
    for sides in ([side], [side, {**other, "quotes": ["some words"]}], [side, {**other, "witness": "text"}], []):
        with pytest.raises(ValidationError):
            CuratedDiscrepancy.model_validate({**base, "sides": sides})


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("rothenberg-2015", "frequency: once daily, route: oral", "frequency: twice daily, route: oral"),
        ("toro-tobon-2024", "    percentage: 15.1\n", ""),
        ("leboulleux-2023-ras", "duration: {value: 42, unit: day}", "duration: {value: 7, unit: week}"),
    ],
)
def test_a_contradiction_cannot_be_silenced(copy: Inputs, name: str, old: str, new: str) -> None:
    """Making both sides alike, or dropping the number that disagrees, does not get past the proof or the ledger."""
    change(copy, f"claims/{name}.yaml", old, new)
    with pytest.raises(ClaimsError):
        assemble(copy)


def test_a_finding_comes_with_the_contradictions_of_its_study(client: FlaskClient) -> None:
    rows = client.get("/api/v1/findings?study=rothenberg-2015&measure=uptake-restored").get_json()["data"]
    assert {one["discrepancy"].rsplit("/", 1)[-1] for row in rows for one in row["discrepancies"]} == {
        "dabrafenib-frequency", "dabrafenib-duration", "dabrafenib-extension-duration", "dabrafenib-extension-end",
    }  # fmt: skip


def test_a_regimen_cannot_be_the_same_as_one_that_is_the_same_as_another(copy: Inputs) -> None:
    change(
        copy,
        "claims/rothenberg-2015.yaml",
        "    witness: text\n    components: [{agent: dabrafenib, dose",
        "    witness: text\n    same_as: dabrafenib-table\n    components: [{agent: dabrafenib, dose",
    )
    with pytest.raises(ClaimsError, match="told first"):
        assemble(copy)


def test_a_percentage_that_no_count_fits_is_a_contradiction(copy: Inputs) -> None:
    """36 % of eleven patients are four; of ten patients no whole number is."""
    change(
        copy,
        "claims/leboulleux-2023-ras.yaml",
        "{cohort: all, term: any, grade: 1,",
        "{cohort: evaluated, term: any, grade: 1,",
    )
    proven = read_proven(copy)
    found = [
        one
        for one in find_discrepancies(proven.proofs, proven.document, proven.vocabulary)
        if one.rule == "no-count-fits"
    ]
    assert [one.label for one in found] == ["Leboulleux et al. 2023 (RAS): 36% of 10 is no whole patient"]
    assert [side.says for side in found[0].sides] == ["36%", "10 patients"]


# ── Derived counts ────────────────────────────────────────────────────────────────────────────


def test_derived_counts_come_only_when_asked_for(client: FlaskClient) -> None:
    query = "/api/v1/findings?study=toro-tobon-2024&measure=uptake-restored&limit=100"
    stated = client.get(query).get_json()["data"]
    derived = client.get(query + "&basis=derived").get_json()["data"]
    both = client.get(query + "&basis=any").get_json()["data"]
    assert {row["basis"] for row in stated} == {"stated"}
    assert not any(row["count"] for row in stated)
    assert [(row["count"], row["denominator"], row["failures"]) for row in derived] == [(19, 33, 14)]
    assert "57.6" in derived[0]["formula"]
    assert derived[0]["completes"].endswith("finding/toro-tobon-2024/all/uptake-restored")
    assert len(both) == len(stated) + len(derived)


def test_derived_counts_share_no_property_with_findings(store: ox.Store) -> None:
    found = store.query(
        """PREFIX av: <https://w3id.org/avidity/ontology#>
        SELECT (COUNT(DISTINCT ?d) AS ?n) (COUNT(?bad) AS ?mixed) WHERE { ?d a av:DerivedFinding .
          OPTIONAL { ?d av:count|av:denominator|av:measure|av:ofCohort ?bad } }""",
        use_default_graph_as_union=True,
    )
    assert isinstance(found, ox.QuerySolutions)
    [row] = list(found)
    assert (row["n"].value, row["mixed"].value) == ("8", "0")


def test_sums_show_their_formula(store: ox.Store) -> None:
    found = store.query(
        """PREFIX av: <https://w3id.org/avidity/ontology#>
        SELECT ?cohort ?size ?formula WHERE { ?cohort av:derivedSize ?size ; av:sizeFormula ?formula } ORDER BY ?cohort""",
        use_default_graph_as_union=True,
    )
    assert isinstance(found, ox.QuerySolutions)
    assert [(row["cohort"].value.rsplit("/", 2)[-2], row["size"].value, row["formula"].value) for row in found] == [
        ("burman", "4", "3 + 1 = 4"), ("iravani-2019", "4", "1 + 3 = 4"), ("jaber-2018", "9", "8 + 1 = 9"),
    ]  # fmt: skip


# ── What is missing, what is whole ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("question", ["adverse-event-prevalence", "cited-works", "clinical-flowchart", "missing-parts"])
def test_missing_parts_answer_that_the_source_does_not_include_them(question: str, client: FlaskClient) -> None:
    rows = client.get(f"/api/v1/questions/{question}").get_json()["data"]
    assert rows
    assert {row["answer"] for row in rows} == {"the source does not include it"}


def test_an_empty_answer_says_why(client: FlaskClient) -> None:
    meta = client.get("/api/v1/adverse-events?agent=pralsetinib").get_json()["meta"]
    assert meta["total"] == 0
    assert "Table 2 is referred to but is not in the file" in meta["empty"]["the_source_does_not_include"]


def test_an_empty_answer_on_the_command_line_says_why(release_folder: Path) -> None:
    asked = ["ask", "adverse-events-of-agent", "--agent", "pralsetinib", "--release", str(release_folder)]
    run = CliRunner().invoke(main, [*asked, "--format", "csv"])
    assert run.exit_code == 0
    assert len(run.stdout.splitlines()) == 1
    assert "Table 2 is referred to but is not in the file" in run.stderr


@pytest.mark.parametrize("reference", [4, *range(18, 34)])
def test_every_study_is_shown_whole(reference: int, client: FlaskClient, release_folder: Path) -> None:
    studies = client.get("/api/v1/studies").get_json()["data"]
    [study] = [one for one in studies if one["properties"]["referenceNumber"] == [reference]]
    shown = CliRunner().invoke(main, ["show", study["id"], "--release", str(release_folder)])
    assert shown.exit_code == 0
    for kind in ("cohorts", "regimens", "statements", "discrepancies", "open-questions"):
        for part in client.get(f"/api/v1/{kind}?study={study['id']}&limit=200").get_json()["data"]:
            assert part["iri"].removeprefix("https://w3id.org/avidity/") in shown.stdout, part["label"]
    for row in client.get(f"/api/v1/findings?study={study['id']}&limit=500").get_json()["data"]:
        assert row["label"] in shown.stdout
        assert " ".join(row["quotes"][0]["quote"].split()) in shown.stdout


COLLECTIONS = {
    "criteria": 8, "definitions": 3, "discrepancies": 49, "cases": 3, "open-questions": 17, "harm-rates": 3, "statements": 155,
    "derived-findings": 8, "table-rows": 11,
}  # fmt: skip


@pytest.mark.parametrize(("name", "total"), COLLECTIONS.items())
def test_collections(name: str, total: int, client: FlaskClient) -> None:
    body = client.get(f"/api/v1/{name}?limit=500").get_json()
    assert body["meta"]["total"] == len(body["data"]) == total
    first = body["data"][0]
    assert client.get(f"/api/v1/{name}/{first['id']}").get_json()["data"]["label"] == first["label"]
    page = client.get(f"/{first['kind']}/{first['id']}", headers={"Accept": "text/html"})
    assert page.status_code == 200
