"""The evidence map as a page: the same cells as REST, its marks, what is left out, what opens, what is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from avidity_service.context import KEY, Context
from avidity_service.evidence_map.request import EvidenceMap
from avidity_service.pages.evidence_map.table import LETTERS, laid_out
from flask import Flask
from flask.testing import FlaskClient

from tests.test_evidence_pages import HTML, Page, flat, page

CELL = "/evidence-map?rows=agent&columns=alteration&measure=uptake-restored&row={}&column={}"


def region(client: FlaskClient, path: str) -> str:
    """The table of the map as HTML."""
    text = client.get(path, headers=HTML).text
    return text[text.index('<div class="scroll map"') : text.index('<ul class="legend"')]


def cells_of(client: FlaskClient, path: str) -> list[Any]:
    return [cell for row in client.get(f"/api/v1{path}").get_json()["data"] for cell in row["cells"]]


@pytest.mark.parametrize("rows", ["agent", "mechanism", "regimen"])
@pytest.mark.parametrize("columns", ["alteration", "gene", "histology"])
def test_the_cells_are_those_of_rest(rows: str, columns: str, client: FlaskClient) -> None:
    axes = f"?rows={rows}&columns={columns}&measure=uptake-restored"
    table, cells = (
        region(client, f"/evidence-map{axes}&empty=show"),
        cells_of(client, f"/evidence-map{axes}&limit=1000"),
    )
    for state in ("reported", "not-reported", "no-study"):
        assert table.count(f'<td class="{state}">') == sum(cell["state"] == state for cell in cells)
    shown = re.findall(r"<b>(\d+/\d+)</b>", table)
    assert shown == [
        f"{one['count']}/{one['denominator']}" for cell in cells for one in cell["evidence"] if one["count"] is not None
    ]
    assert table.count("<i>no count</i>") == sum(one["count"] is None for cell in cells for one in cell["evidence"])
    silent = [cell for cell in cells if cell["state"] == "not-reported"]
    unsure = [cell for cell in silent if not any(one["certain"] for one in cell["cohorts"])]
    assert table.count('<span class="part">not reported <span class="sign"') == len(unsure)
    assert table.count("≠") == sum(bool(one["unlike"]) for cell in cells for one in cell["evidence"])


def test_a_table_that_can_be_read_aloud(client: FlaskClient) -> None:
    table = region(client, "/evidence-map")
    assert 'role="region"' in table
    assert 'tabindex="0"' in table
    columns, rows = table.count('<th scope="col">'), table.count('<th scope="row">')
    assert len(re.findall(r'<td class="(?:reported|not-reported|no-study)">', table)) == columns * rows
    # Nothing is told by a sign or a shade alone.
    assert table.count("no study</span>") == table.count('class="no-study"')
    assert table.count('<span class="part">not reported') == table.count('<td class="not-reported">') > 0
    for mark in ("exact", "pooled", "mixed"):
        assert f'<span class="unseen">{mark}</span>' in table
    assert "style=" not in table


def test_what_nobody_studied_is_left_out_and_counted(client: FlaskClient) -> None:
    found = page(client, "/evidence-map")
    words = flat(found.within("p.sum"))
    assert "31 cells reported, 8 not reported" in words
    assert "6 rows and 3 columns" in words
    everything = next(link for link in found.links if "empty=show" in link).partition("#")[0]
    assert region(client, everything).count("<td class=") - 1 == 14 * 20
    assert "agent/anakinra" not in region(client, "/evidence-map")
    back = next(link for link in page(client, everything).links if link.endswith("#map") and "empty" not in link)
    assert region(client, back.partition("#")[0]) == region(client, "/evidence-map")


def test_a_cell_opens_its_evidence(client: FlaskClient) -> None:
    link = next(link for link in page(client, "/evidence-map").links if "row=dabrafenib&column=braf-mutation" in link)
    assert link.endswith("#evidence")
    found = page(client, link.partition("#")[0])
    said = flat(found.within("#evidence"))
    assert "exact, given alone: 6 of 10 patients, 4 without, 1 study" in said
    assert "exact, given in a combination: 22 of 27 patients, 5 without, 2 studies" in said
    assert "The studies differ in definition: a sum, not a pooled estimate" in said
    assert "Six out of ten patients exhibited new sites of radioiodine uptake on diagnostic 131-I WBS" in said
    assert "/source?passage=12916-13005#p-12916-13005" in found.links
    assert "/finding/rothenberg-2015/all/uptake-restored" in found.links
    data = next(link for link in found.links if link.startswith("/api/v1/findings") and "format" not in link)
    slugs = {row["study"] for row in client.get(data).get_json()["data"]}
    assert "rothenberg-2015" in slugs
    assert 'aria-current="true" hx-get' in region(client, link)


def test_not_reported_and_no_study_say_why(client: FlaskClient) -> None:
    silent = flat(page(client, CELL.format("selumetinib", "ret-alteration")).within("#evidence"))
    assert "Not reported, which is not zero" in silent
    assert "the source does not say what came of this outcome" in silent
    assert "who got it, but" in silent
    unsure = flat(page(client, "/evidence-map?rows=regimen&columns=histology&measure=partial-response"
                       "&row=RET+inhibition+(agent+not+named)&column=ftc").within("#evidence"))  # fmt: skip
    assert "of whom the source does not tell whether they got it" in unsure
    none = flat(page(client, CELL.format("selumetinib", "ntrk-fusion")).within("#evidence"))
    assert re.search(r"No study\. None of the \d+ cohorts of \d+ studies has patients with NTRK fusion", none)
    words = flat(page(client, CELL.format("pralsetinib", "ret-alteration")).within("#evidence"))
    assert "no number of patients" in words
    assert "0 of" not in words


def test_every_outcome_every_cell(client: FlaskClient) -> None:
    """Each outcome draws; of restored uptake each cell opens."""
    text = client.get("/evidence-map", headers=HTML).text
    outcomes = re.findall(r'<option value="([^"]+)"', text)
    assert len(outcomes) > 20
    for outcome in outcomes[:8]:
        assert "<table>" in region(client, f"/evidence-map?measure={outcome}")
    for link in sorted({link for link in Page(text).links if "row=" in link}):
        assert "evidence-of" in page(client, link.partition("#")[0]).ids


def test_a_form_with_empty_fields_is_as_good_as_none(client: FlaskClient) -> None:
    assert region(client, "/evidence-map?measure=&rows=&columns=") == region(client, "/evidence-map")


def test_narrowed_by_a_study(client: FlaskClient) -> None:
    path = "/evidence-map?study=ho-2013"
    found = page(client, path)
    assert "Narrowed to study Ho et al. 2013" in flat(found.within("main."))
    assert set(re.findall(r'href="/agent/([^"]+)"', region(client, path))) == {"selumetinib"}
    assert 'type="hidden" name="study" value="ho-2013"' in client.get(path, headers=HTML).text
    csv = next(link for link in found.links if "format=csv" in link)
    assert "study=ho-2013" in csv
    assert client.get(csv).mimetype == "text/csv"


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"rows": "drug"}, 422, "regimen"),
        ({"measure": "adverse-event"}, 409, "no one outcome"),
        ({"measure": ["uptake-restored", "partial-response"]}, 422, "one measure"),
        ({"row": "selumetinib"}, 422, "column"),
        ({"row": "selumetinb", "column": "nras-mutation"}, 422, "selumetinib"),
        ({"row": "<script>x", "column": "nras-mutation"}, 422, "&lt;script&gt;"),
        ({"<script>": "1"}, 422, "&lt;script&gt;"),
        ({"empty": "\"'><b>"}, 422, "show"),
        ({"histology": "ftc"}, 409, "columns=histology"),
        ({"limit": "3"}, 422, "limit"),
    ],
)
def test_what_cannot_be_shown(query: dict[str, Any], status: int, said: str, client: FlaskClient) -> None:
    answer = client.get("/evidence-map", query_string=query, headers=HTML)
    assert answer.status_code == status
    assert said in answer.text
    assert "<script>" not in answer.text
    assert "<b>" not in answer.text


def test_outcomes_that_are_unlike_are_not_added_up(app: Flask) -> None:
    found = app.extensions[KEY]
    assert isinstance(found, Context)
    one = {"tier": "exact", "given": "alone", "count": 3, "denominator": 4, "unlike": ["measure"], "findings": []}
    cell = {"column": "c", "column_label": "C", "state": "reported", "studies": ["a", "b"],
            "designs": ["case-report", "unheard-of", "prospective-trial"], "evidence": [one, {**one, "unlike": ["definition"]},
            {**one, "count": 0, "denominator": 0, "unlike": []}]}  # fmt: skip
    empty = {**cell, "state": "no-study", "evidence": [], "studies": [], "designs": []}
    drawn = EvidenceMap([{"id": "r", "label": "R", "cells": [cell, empty]}], [{"id": "c"}, {"id": "d"}], {}, "")
    table = laid_out(drawn, False, "r", "c")
    [shown] = table.rows[0][2]
    assert [part.amount for part in shown.parts] == ["", "3/4", "0/0"]
    assert [part.share for part in shown.parts] == [None, 0.75, None]
    assert shown.designs == "P C unheard-of"
    assert shown.opened
    assert (table.hidden_rows, table.hidden_columns) == (0, 1)
    assert not replace(shown, opened=False).opened
    assert len(set(LETTERS.values())) == len(LETTERS)


def test_a_map_is_drawn_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    client.get("/evidence-map?rows=agent&columns=gene", headers=HTML)
    monkeypatch.setattr("avidity_service.evidence_map.drawn.draw", lambda *_: pytest.fail("drawn again"))
    path = "/evidence-map?rows=agent&columns=gene&row=selumetinib&column=nras"
    assert client.get(path, headers=HTML).status_code == 200


def test_a_study_without_a_count_is_not_hidden_behind_one_with(client: FlaskClient) -> None:
    # Iravani: one of three under trametinib; Leboulleux: two-thirds of RAS-mutated, without a count.
    text = client.get("/evidence-map?row=trametinib&column=ras-mutation", headers={"Accept": "text/html"}).text
    assert "1 of 3 patients, 2 without, 1 study; 1 more without a count" in " ".join(text.split())
    assert re.search(r"<b>1/3</b> <i>\+1", text)
    assert "two-thirds" in text
