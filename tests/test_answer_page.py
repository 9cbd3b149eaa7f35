"""The answer page: sentences in counts as a person reads them from the review, the plot, and what stands beside."""

from __future__ import annotations

import ast
import re
import shlex
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from avidity_service.context import KEY, Context
from avidity_service.pages.answer.code import code
from avidity_service.pages.answer.plot import plotted
from flask import Flask
from flask.testing import FlaskClient

HTML = {"Accept": "text/html"}


def page(client: FlaskClient, name: str, **given: str) -> str:
    answer = client.get(f"/questions/{name}?{urlencode(given)}", headers=HTML)
    assert answer.status_code == 200
    return answer.text


def summary(text: str) -> str:
    found = re.search(r'<section class="summary".*?</section>', text, re.S)
    assert found
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


# Read from the review, not from the page. The sentences of the review stand beside them.
GOLDEN = [
    # "all five patients with NRAS mutations showed restored radioiodine uptake"; "Three patients had an NRAS mutation";
    # "One NRAS and all BRAF mutation cases demonstrated restoration"; two-thirds of RAS-mutated are no count.
    ("agents-for-genotype", {"alteration": "NRAS"}, [
        "5 of 5 patients with NRAS mutation (Ho et al. 2013, selumetinib), 1 of 3 (Iravani et al. 2019, trametinib).",
        "These are not added: how it was judged is not stated in all of them; the treatments differ.",
        "do not tell NRAS mutation apart: 8 of 13 (Jaber et al. 2018, mixed)",
        "“two-thirds” (how many is not stated) (Leboulleux et al. 2023 (RAS): all enrolled, RAS-mutated, pooled)",
    ]),
    # "Six out of ten patients exhibited new sites of radioiodine uptake on diagnostic 131-I WBS" (dabrafenib);
    # "Post-therapeutic WBS showed uptake in twenty patients" of twenty-one: another scan, so they are not added.
    ("agents-for-genotype", {"alteration": "BRAF V600E"}, [
        "6 of 10 patients with BRAF V600E (Rothenberg et al. 2015, dabrafenib)",
        "20 of 21 (Leboulleux et al. 2023 (BRAF V600E), dabrafenib + trametinib)",
        "These are not added: uptake was judged on different scans, before radioiodine or after it; the treatments differ.",
        "4 of 9 (Ho et al. 2013, pooled)",
    ]),
    # "only four out of nine patients with BRAF mutations restored radioiodine uptake"; Weber: two BRAF-mutated of six.
    ("failures-for-genotype", {"alteration": "BRAF"}, [
        "Not uptake restored: counted in 6 studies of patients with BRAF mutation, from 0 of 3 (Iravani et al. 2019",
        "to 4 of 6 (Weber et al. 2022, dabrafenib + trametinib)",
        "These are not added",
    ]),
    ("uptake-for-genotype", {"alteration": "RAS mutation"}, [
        "“two-thirds” (how many is not stated) (Leboulleux et al. 2023 (RAS): all enrolled, RAS-mutated)", "“all” (Toro-Tobon et al. 2024",
    ]),
    # "Eight of the 20 patients met the dosimetry threshold"; twelve of twenty had restored uptake.
    ("findings-of-study", {"study": "ho-2013"}, [
        "Uptake restored: 12 of 20 patients (Ho et al. 2013, selumetinib); in 8 not.",
        "Dosimetry threshold met: 8 of 20 patients (Ho et al. 2013, selumetinib); in 12 not.",
    ]),
    # One patient with EML4-NTRK3 fusion under larotrectinib.
    ("fusions-and-inhibitors", {}, ["Uptake restored: 1 of 1 patient (Groussin et al. 2020, larotrectinib); all of them."]),
    # Second courses: "six partial responses, one complete" of eleven; one of three under trametinib.
    ("second-courses", {}, ["Partial response: 6 of 11 patients", "1 of 3 (Leboulleux et al. 2023 (RAS), trametinib)"]),
    ("biomarkers", {}, ["Thyroglobulin decline: 4 of 7 patients (Weber et al. 2022"]),
    # Nobody is said to have been added over two genotypes, and one not evaluable is no failure to respond.
    ("second-courses", {}, ["These are not added: when it was judged is not stated in all of them; the treatments differ."]),
    # "one rash of grade 4 in a patient under trametinib alone"; six patients had nine events of grade 3.
    ("adverse-events-of-agent", {"agent": "trametinib"}, [
        "Of grade 3 or more: rash, grade 4: 1 of 14 patients (Weber et al. 2022, trametinib)",
        "any adverse event, grade 3: 6 patients (of how many is not stated) (Leboulleux et al. 2023 (BRAF V600E)",
    ]),
    # Five of thirty-three patients died.
    ("survival", {}, ["Death: 5 of 33 patients (Toro-Tobon et al. 2024"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "said"), GOLDEN, ids=[f"{n}-{'-'.join(g.values())}" for n, g, _ in GOLDEN])
def test_the_sentences_say_what_the_review_counts(
    name: str, given: dict[str, str], said: list[str], client: FlaskClient
) -> None:
    found = summary(page(client, name, **given))
    for words in said:
        assert words in found, found
    assert "recommend" not in found.replace("They are no recommendation", "")


def test_every_question_has_a_page(app: Flask, client: FlaskClient) -> None:
    found: Context = app.extensions[KEY]
    rendered = counted = 0
    for question in found.catalogue.questions:
        given = {one.name: one.example for one in question.parameters if one.required}
        text = page(client, question.name, **given)
        assert unescape(text).count(question.question) >= 1
        assert 'id="rows"' in text
        assert f"release {found.release.id}" in text
        counted += 'class="summary"' in text
        rendered += 1
    assert rendered == len(found.catalogue.questions) >= 67
    assert counted >= 12


def test_the_plot_has_a_line_for_each_study_and_a_word_for_how_it_was_judged(client: FlaskClient) -> None:
    text = page(client, "failures-for-genotype", alteration="BRAF")
    svg = text[text.index("<svg viewBox") : text.index("</figure>")]
    assert svg.count('class="interval"') == 7
    assert (svg.count(">scan before<"), svg.count(">therapy scan<"), svg.count(">not stated<")) == (5, 1, 1)
    assert "hollow dotted" in svg  # Jaber: a mixed cohort
    assert "polygon" not in svg  # unlike scans are not pooled
    assert "No pooled estimate.</strong> The results are unlike" in text
    assert "ho-2013," not in text.split("<main")[1].split('id="rows"')[0]  # studies by name, not by slug
    # Four that were judged alike could be pooled: the link says so and works.
    link = re.search(r'href="(/api/v1/synthesis\?[^"]+)">([^<]*)\(4 studies\)', text)
    assert link
    answer = client.get(unescape(link[1]))
    assert answer.status_code == 200
    group = answer.get_json()["data"][0]
    assert (group["studies"], group["status"] in ("pooled", "boundary")) == (4, True)
    # The numbers of the picture stand in the table too.
    for amount in ("4 / 9", "20 / 21", "8 / 13"):
        assert amount in text


def test_a_pooled_estimate_is_drawn_where_it_is_allowed() -> None:
    def row(count: int, of: int) -> dict[str, object]:
        return {"count": count, "denominator": of, "proportion": count / of, "low": 0.1, "high": 0.9, "tier": "exact",
                "likeness": {"definition": "diagnostic-scan", "timepoint": None}}  # fmt: skip

    plot = plotted([row(1, 2), row(9, 10)], {"low": 0.2, "proportion": 0.5, "high": 0.8})
    assert plot is not None
    assert plot.pooled == "50 % (20–80 %)"
    assert len(plot.diamond.split()) == 4
    low, middle, high = (float(point.split(",")[0]) for point in plot.diamond.split()[:3])
    assert low < middle < high
    # Four times the patients, twice the side, less what every square has.
    assert plot.lines[1].half > plot.lines[0].half
    assert plotted([row(1, 2)], None) is None


def test_harms_contradictions_and_what_is_not_known_stand_beside(client: FlaskClient) -> None:
    text = page(client, "agents-for-genotype", alteration="NRAS")
    harms = text[text.index('id="harms"') : text.index('id="contradictions"')]
    assert len(re.findall(r"#harms\">", harms)) == 4
    assert "of grade 3 or more:" in harms
    assert re.search(r"\d+ (of \d+ )?(patients|events)", harms)
    # Nothing is said of harms in Jaber's patients: that is not none.
    assert re.search(
        r"jaber-2018#harms\">[^<]*</a>: <span class=\"none\">none reported in the review, which is not", harms
    )
    assert "major" in text[text.index('id="contradictions"') :]
    # Three of Ho's twenty had RET/PTC rearrangements; what came of their uptake is not reported.
    silent = page(client, "uptake-for-genotype", alteration="RET rearrangement")
    assert re.search(r"Not known:</strong>.*?selumetinib \(<a href=\"/study/ho-2013\">", silent, re.S)
    assert "That is not zero." in silent


def test_the_request_as_code_is_the_request(client: FlaskClient) -> None:
    given = {"alteration": "BRAF V600E"}
    lines = dict(code("http://localhost/", "agents-for-genotype", given))
    assert set(lines) == {"curl", "Python", "R"}
    address = re.search(r"http://localhost(/[^'\"]+)", lines["Python"])
    assert address
    assert address[1] in lines["R"]
    assert address[1] in lines["curl"]
    rows = client.get(address[1])
    assert rows.status_code == 200
    assert rows.text.startswith("alteration,agent")
    hostile = dict(code("http://localhost/", "x", {"a": '\'; rm -rf "$HOME" #'}))
    # Everything that is not a letter is encoded, so that no quote ends the address.
    pasted = shlex.split(hostile["curl"])[2]
    assert pasted.startswith("http://localhost/api/v1/questions/x?a=%27%3B+rm")
    assert ast.literal_eval(hostile["R"].removeprefix("rows <- read.csv(").removesuffix(")")) == pasted


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "‮drow", "x" * 400, "{{7*7}}"]
)
def test_hostile_values_are_shown_as_text(hostile: str, client: FlaskClient) -> None:
    answer = client.get("/questions/agents-for-genotype", query_string={"alteration": hostile}, headers=HTML)
    assert answer.status_code == 422

    class Tags(HTMLParser):
        bad = 0

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.bad += any(name.startswith("on") for name, _ in attrs)
            self.bad += tag == "img" or (tag == "script" and "src" not in dict(attrs))

    tags = Tags()
    tags.feed(answer.text)
    assert tags.bad == 0
    assert "49" not in answer.text.split("<main")[1].split("Known")[0]


@pytest.mark.parametrize("query", ["alteration=nras&alteration=braf", "alteration=nras&alteration=nras"])
def test_a_parameter_given_twice_is_refused(query: str, client: FlaskClient) -> None:
    answer = client.get(f"/questions/agents-for-genotype?{query}", headers=HTML)
    assert answer.status_code == 422
    assert "one alteration" in answer.text


def test_a_grade_that_is_none_is_no_all_clear(client: FlaskClient) -> None:
    for grade in ("0", "9", "-1"):
        answer = client.get(f"/questions/adverse-events-of-agent?agent=trametinib&grade_min={grade}", headers=HTML)
        assert answer.status_code == 422
        assert "1, 2, 3, 4, 5" in answer.text


def test_an_empty_answer_leads_to_what_the_review_says_in_words(client: FlaskClient) -> None:
    text = page(client, "agents-for-genotype", alteration="tert-mutation")
    assert "That is not a zero" in text
    assert 'href="/alteration/tert-mutation"' in text
    # "the co-occurrence of TERT mutations and NTRK fusions may also contribute to re-sensitization failure"
    assert "re-sensitization failure" in page_of(client, "/questions/what-is-said-of?alteration=tert-mutation")


def page_of(client: FlaskClient, path: str) -> str:
    return client.get(path, headers=HTML).text


def test_all_questions_are_where_people_look(client: FlaskClient) -> None:
    assert client.get("/questions", headers=HTML).location == "/#questions"
    assert client.get("/study/ho-2013/", headers=HTML).location == "/study/ho-2013"


def test_an_unknown_question_is_told(client: FlaskClient) -> None:
    assert client.get("/questions/agents-for-genotyp", headers=HTML).status_code == 404
