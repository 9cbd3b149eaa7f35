"""A study, the source and the contradictions as pages: what stands there, where links lead, what is never invented."""

from __future__ import annotations

import gc
import re
import weakref
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pyoxigraph as ox
import pytest
from avidity_service.app import create_app, make_app, serve
from avidity_service.context import Context
from avidity_service.front.layer import Front
from avidity_service.metrics import Metrics
from avidity_service.pages.evidence import flow, harms, reading, timeline
from avidity_service.pages.evidence.quoting import quotes_in
from avidity_service.pages.evidence.timeline import Day, stated_day
from avidity_service.pages.evidence.works import works
from avidity_service.release import Release
from avidity_service.settings import Settings
from avidity_service.source import Passage, Source
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

HTML = {"Accept": "text/html"}
IRI = "https://w3id.org/avidity/"


class Page(HTMLParser):
    """The words of <main>, ids, links, and marked words of a page; refuses what the policy forbids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: dict[str, str] = {}
        self.open: list[str] = []
        self.inside: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        # A file of our own, or data that no browser runs.
        is_data = said.get("type") == "application/ld+json"
        assert tag != "script" or is_data or str(said.get("src")).startswith("/static/")
        assert "style" not in said
        assert not any(name.startswith("on") for name in said)
        self.ids += [str(said["id"])] if "id" in said else []
        self.links += [str(said["href"])] if tag == "a" else []
        if tag == "br":
            self.handle_data(" ")
        if tag not in ("br", "meta", "link", "input", "path", "rect", "circle", "option"):
            self.open.append(f"{tag}.{said.get('class', '')}#{said.get('id', '')}")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "td", "th", "text"):
            self.handle_data(" ")
        if tag not in ("path", "rect", "circle", "option"):
            assert self.open.pop().startswith(tag + "."), tag

    def handle_data(self, data: str) -> None:
        self.inside.append((" ".join(self.open), data))

    def within(self, selector: str, but: str = "never") -> str:
        """The words inside elements whose tag.class#id contains a text."""
        return "".join(data for where, data in self.inside if selector in where and but not in where)


def page(client: FlaskClient, path: str) -> Page:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 200, path
    found = Page(answer.text)
    assert len(found.ids) == len(set(found.ids)), path
    return found


def flat(text: str) -> str:
    return " ".join(text.split())


def test_every_study_has_a_page_whose_quotes_lead_to_their_words(client: FlaskClient) -> None:
    studies = client.get("/api/v1/studies?limit=1000").get_json()["data"]
    anchors, checked = set(page(client, "/source").ids), 0
    for study in studies:
        for link in page(client, f"/study/{study['id']}").links:
            found = re.fullmatch(r"/source\?passage=(\d+)-(\d+)#p-(\d+)-(\d+)", link)
            if found:
                assert found[1] == found[3]
                assert found[2] == found[4]
                assert f"p-{found[1]}-{found[2]}" in anchors
                checked += 1
    assert len(studies) == 17
    assert checked > 400


def test_the_flow_of_ho(client: FlaskClient) -> None:
    words = flat(page(client, "/study/ho-2013").within("svg.flow"))
    for said in ("all enrolled 24 enrolled", "20 evaluated uptake restored: 12 of 20", "NRAS-mutated 5 evaluated",
                 "uptake restored: 5 of 5", "8 given radioiodine partial response: 5 of 8"):  # fmt: skip
        assert said in words
    # 24 were enrolled and 20 evaluated; the source does not say what became of four.
    assert "4 " not in words.replace("24 ", "").replace("4 of 9", "").replace("124-I", "")


def test_what_is_not_printed_is_not_a_number(client: FlaskClient) -> None:
    assert "two-thirds, count not printed" in flat(page(client, "/study/leboulleux-2023-ras").within("svg.flow"))
    jaber = flat(page(client, "/study/jaber-2018").within("svg.flow"))
    assert "8 + 1 = 9, sum not printed" in jaber
    assert flat(page(client, "/study/toro-tobon-2024").within("svg.flow")).count("number not stated") == 7
    assert "number not stated" in flat(page(client, "/study/li-2018").within("svg.flow"))


def test_harms_by_grade_tell_patients_from_events(client: FlaskClient) -> None:
    text = flat(page(client, "/study/leboulleux-2023-braf").within("main."))
    harms_ = text[text.index("Patients and events are counted apart") :]
    assert "any adverse event all included, BRAF V600E 6 of how many is not stated 9" in harms_
    assert "Grade 5: not reported, which is not zero" in harms_
    assert "25 %, of patients or of events is not said" in harms_
    assert (
        harms_.index("Grade 4") < harms_.index("Grade 3") < harms_.index("Grade 1–2") < harms_.index("Grade not stated")
    )
    # Zero stands only where the source says none.
    zero = flat(page(client, "/study/ho-2013").within("main."))
    assert "any adverse event all enrolled not reported 0" in zero
    assert "reports no adverse event of this study. That is not a zero" in flat(
        page(client, "/study/groussin-2020").within("main.")
    )


def test_grades_that_nobody_speaks_of_are_not_reported() -> None:
    row = {"grade": 4, "grade_high": 5}
    found = harms.by_grade([row, {"grade": None, "grade_high": None}])
    assert [(grade.name, len(grade.rows)) for grade in found] == [
        ("4–5", 1), ("3", 0), ("2", 0), ("1", 0), ("not stated", 1),
    ]  # fmt: skip
    assert [grade.name for grade in harms.by_grade([])] == ["5", "4", "3", "2", "1"]


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("On day 28", Day(timeline.TREATMENT, 28)),
        ("on day 35 (±2 days)", Day(timeline.TREATMENT, 35, 2)),
        ("After 35 days", Day(timeline.TREATMENT, 35)),
        ("for 25 days before the 131-I scan", Day(timeline.TREATMENT, 25)),
        ("5 days after administration of 7.4 GBq I-131", Day(timeline.RADIOIODINE, 5)),
        ("Following treatment", None),
        ("at week three", None),
        ("after 15.5 months of RET inhibitor therapy", None),
        ("2 years after thyroidectomy and radioiodine therapy", None),
        ("before day 28", None),
        ("After 35 days or more", None),
        ("", None),
    ],
)
def test_only_words_that_name_a_day_are_a_day(words: str, day: Day | None) -> None:
    assert stated_day(words) == day


@given(st.text(max_size=60))
def test_words_without_a_number_are_never_a_day(words: str) -> None:
    found = stated_day(words)
    assert found is None or str(found.day) in words


@given(st.integers(0, 9999), st.integers(0, 999))
def test_days_are_read_as_printed(day: int, spread: int) -> None:
    found = stated_day(f"on day {day} (±{spread} days)")
    assert found == Day(timeline.TREATMENT, day, spread)


def test_the_protocol_keeps_to_what_is_stated(client: FlaskClient) -> None:
    found = page(client, "/study/leboulleux-2023-ras")
    axis, text = flat(found.within("svg.axis")), flat(found.within("main."))
    assert "trametinib 2 mg daily, seven weeks (text)" in axis
    assert "day 35 from start of treatment" in text
    assert "on day 35 (±2 days)" in text
    unplaced = text[text.index("Time not stated, or not as") : text.index("Adverse events by grade")]
    assert "trametinib, second course, dose and duration not stated not stated" in unplaced
    assert "second course" not in axis
    # Days after radioiodine count on an axis of their own, months too.
    assert "day 2 from radioiodine" in flat(page(client, "/study/ho-2013").within("main."))
    jaber = flat(page(client, "/study/jaber-2018").within("main."))
    assert "Months from start of treatment" in jaber
    assert "Days from" not in jaber
    assert "median 14.4 months (0.9–76.4)" in jaber


def test_bars_are_as_long_as_what_they_stand_for() -> None:
    def drug(days: float, low: float | None = None, high: float | None = None) -> timeline.Event:
        return timeline.Event("drug", f"d{days}", "", "text", "", [], timeline.TREATMENT, "day", 0, days, low, high)

    [axis] = timeline.axes_of([drug(28), drug(14, 12, 16), replace(drug(7), end=None)])
    widths = {mark.event.end: mark.width for mark in axis.marks}
    assert widths[28.0] == pytest.approx(2 * widths[14.0], abs=0.2)
    assert len(axis.marks) == 2
    spread = next(mark for mark in axis.marks if mark.low is not None and mark.high is not None)
    assert spread.low is not None
    assert spread.high is not None
    assert spread.low < spread.x + spread.width < spread.high
    assert [number for _, number in axis.ticks][-1] >= 28


def test_boxes_do_not_overlap_and_parts_are_to_the_right() -> None:
    def cohort(name: str, *parts: flow.Cohort) -> flow.Cohort:
        return flow.Cohort(name, name * 9, [], [("treated", 3)], None, [], None, [], set(), list(parts))

    root = cohort("a", cohort("b", cohort("c"), cohort("d")), cohort("e"))
    for one, depth in ((root, 0), *((part, 1) for part in root.parts), *((part, 2) for part in root.parts[0].parts)):
        one.depth = depth
    picture = flow.draw([root, cohort("f")])
    assert len(picture.boxes) == 6
    for box in picture.boxes:
        assert box.x >= 0
        assert box.x + box.width <= picture.width
        assert box.y + box.height <= picture.height
        for other in picture.boxes:
            apart = box.x + box.width < other.x or box.y + box.height < other.y
            assert other is box or apart or other.x + other.width < box.x or other.y + other.height < box.y


def test_works_say_how_well_they_were_checked(client: FlaskClient) -> None:
    found = page(client, "/study/ho-2013")
    assert "https://pubmed.ncbi.nlm.nih.gov/23406027" in found.links
    assert "https://clinicaltrials.gov/study/NCT00970359" in found.links
    assert "NCT00970359 inferred from its content" in flat(found.within("ul.works"))
    assert "not verified from memory" in flat(page(client, "/study/iravani-2019").within("ul.works"))
    hostile = {"identifierScheme": ["doi"], "identifierValue": ['10.1/"><script>'], "verification": ["verified"]}
    [work] = works([{"properties": hostile}])
    assert work["href"] == "https://doi.org/10.1/%22%3E%3Cscript%3E"


def test_the_whole_source_can_be_read(client: FlaskClient, release: Release) -> None:
    found = page(client, "/source")
    shown = found.within("div.text", "a.reason")
    text = release.source.text
    # The same words in the same order, below each heading once; a table's cells too.
    assert flat(shown).split()[-30:] == flat(text).split()[-30:]
    body = flat(found.within(".unit"))
    for row in release.source.ledger:
        assert flat(text[row["start"] : row["end"]]) in body or row["how"] == "structure"
    marked = re.sub(r"\s", "", found.within("mark."))
    assert len(marked) / len(re.sub(r"\s", "", text)) > 0.95


def test_a_passage_and_its_facts(client: FlaskClient) -> None:
    path = "/source?passage=12916-13005"
    found = page(client, path)
    aside = flat(found.within("aside."))
    assert "all enrolled, BRAF V600E-mutant: uptake restored: 6 of 10" in aside
    assert "/finding/rothenberg-2015/all/uptake-restored" in found.links
    assert "p-12916-13005" in found.ids
    assert "here" in found.ids
    words = "Six out of ten patients exhibited new sites of radioiodine uptake on diagnostic 131-I WBS"
    assert found.within("mark.chosen") == words
    assert client.get("/source?passage=jcm13237021/12916-13005").text == client.get(path).text
    assert client.get("/source?start=12916&end=13005").text == client.get(path).text


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/questions/agents-for-genotype?alteration=NRAS", (11315, 11404)),
        ("/finding/rothenberg-2015/all/uptake-restored", (12916, 13005)),
        ("/cohort/rothenberg-2015/responders", (12916, 13005)),
        ("/passage/jcm13237021/12916-13005", (12916, 13005)),
        ("/discrepancy/rothenberg-2015/dabrafenib-frequency", (39589, 39651)),
        ("/agent/selumetinib", (11315, 11404)),
    ],
)
def test_quotes_on_every_kind_of_page_lead_to_the_source(
    path: str, place: tuple[int, int], client: FlaskClient, release: Release
) -> None:
    start, end = place
    link = f"/source?passage={start}-{end}#p-{start}-{end}"
    found = page(client, path)
    assert link in found.links
    assert flat(release.source.text[start:end]) in flat(found.within("q."))
    assert flat(page(client, link).within("mark.chosen")) == flat(release.source.text[start:end])


def test_words_that_stand_twice_have_no_place() -> None:
    source = Source.__new__(Source)
    source.text = "one two one"
    places = [(0, 3), (4, 7), (8, 11)]
    source.__dict__["passages"] = {str(at): Passage(str(at), "", *at, "1. A", ()) for at in places}
    first, second, third = quotes_in("one […] two […] three", source)
    assert first == {"quote": "one", "start": None, "end": None, "section": None}
    assert second == {"quote": "two", "start": 4, "end": 7, "section": "1. A"}
    assert third["start"] is None


def test_a_former_release_is_garbage_after_a_swap(release: Release) -> None:
    former = replace(release, manifest={**release.manifest, "release": "former"})
    app = create_app(former, Settings(workers=1))
    front, client = app.wsgi_app, app.test_client()
    assert isinstance(front, Front)
    shown = (
        "/source",
        "/methods",
        "/discrepancies",
        "/study/ho-2013",
        "/questions/agents-for-genotype?alteration=NRAS",
    )
    for path in shown:
        assert client.get(path, headers=HTML).status_code == 200
    context = front.current.context
    assert isinstance(context, Context)
    held = [weakref.ref(thing) for thing in (former, former.source, context, context.things)]
    served = serve(release, Settings(workers=1), front.metrics)
    try:
        front.swap(served).retire(5)
        del app, client, former, context
        gc.collect()
        assert [ref() for ref in held] == [None] * len(held)
        assert front.current is served
    finally:
        served.context.pool.close()


def test_from_an_answer_to_the_sentence(client: FlaskClient) -> None:
    answer = page(client, "/questions/agents-for-genotype?alteration=NRAS")
    finding = page(client, next(link for link in answer.links if link.startswith("/finding/ho-2013/")))
    study = page(client, next(link for link in finding.links if link.startswith("/study/")))
    sentence = next(link for link in study.links if link.startswith("/source?passage=11315-11404"))
    source = page(client, sentence)
    assert sentence.partition("#")[2] in source.ids
    assert any(link.startswith("/finding/ho-2013/nras/") for link in source.links)


def test_every_passage_of_the_source_can_be_chosen(client: FlaskClient, release: Release) -> None:
    ids = set(page(client, "/source").ids)
    assert {f"p-{one.start}-{one.end}" for one in release.source.passages.values()} <= ids
    assert len(release.source.passages) > 400


@pytest.mark.parametrize("asked", ["x", "5-5", "9-3", "0-99999999", "-1-4", "1-2-3", "<script>", "٣-٤", "1" * 30])
def test_a_place_that_is_none(asked: str, client: FlaskClient) -> None:
    answer = client.get("/source", query_string={"passage": asked}, headers=HTML)
    assert answer.status_code == 422
    assert "<script>" not in answer.text
    assert "START-END" in answer.text


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=12), st.integers(0, 50), st.integers(0, 50))
def test_cutting_loses_nothing(ranges: list[tuple[int, int]], start: int, end: int) -> None:
    bounds = sorted({bound for pair in ranges for bound in pair})
    pieces = reading.cut(start, end, bounds)
    assert (pieces == []) == (start >= end)
    if pieces:
        assert pieces[0][0] == start
        assert pieces[-1][1] == end
        assert all(one[1] == two[0] for one, two in pairwise(pieces))
        assert all(one < other and not any(one < bound < other for bound in bounds) for one, other in pieces)


def test_all_contradictions_with_both_sides(client: FlaskClient) -> None:
    everything = client.get("/api/v1/discrepancies?limit=1000").get_json()["data"]
    found = page(client, "/discrepancies")
    assert sum(where.endswith("article.contradiction major#") for where in found.open) == 0
    assert len([one for one in found.ids if one.startswith("d-")]) == len(everything) == 49
    for one in everything:
        for side in one["sides"]:
            assert flat(side["properties"]["says"][0]) in flat(found.within("div.side"))
        assert one["properties"]["shown"][0] in flat(found.within("p.shown"))


def test_contradictions_of_one_study(client: FlaskClient) -> None:
    found = page(client, "/discrepancies?study=rothenberg-2015")
    assert [one for one in found.ids if one.startswith("d-")]
    assert all(one.startswith("d-rothenberg-2015/") for one in found.ids if one.startswith("d-"))
    sides = flat(found.within("div.side"))
    assert "each receiving a four-week course" in sides
    assert "Dabrafenib 150 mg p.o. q.d. for 25 days" in sides
    assert len([i for i in page(client, "/discrepancies?study=review").ids if i.startswith("d-review/")]) == 4
    assert "None is recorded for this study" in client.get("/discrepancies?study=weber-2022", headers=HTML).text
    answer = client.get("/discrepancies?study=<b>rothenborg", headers=HTML)
    assert answer.status_code == 422
    assert "<b>" not in answer.text


def test_hostile_labels_are_text(release: Release) -> None:
    store = ox.Store()
    store.bulk_extend(release.store)
    label = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    for name in (
        "study/weber-2022",
        "cohort/weber-2022/all",
        "regimen/weber-2022/trametinib",
        "measure/uptake-restored",
    ):
        for quad in list(store.quads_for_pattern(ox.NamedNode(IRI + name), label, None, None)):
            store.remove(quad)
            store.add(ox.Quad(quad.subject, label, ox.Literal(evil), quad.graph_name))
    altered = Release(release.path, release.manifest, release.files)
    altered.__dict__["store"] = store
    app = make_app(altered, Settings(workers=1), Metrics())
    try:
        for path in ("/study/weber-2022", "/source?passage=17600-18200", "/discrepancies"):
            answer = app.test_client().get(path, headers=HTML)
            assert answer.status_code == 200
            Page(answer.text)
            assert "<script>" not in answer.text
            assert "<img" not in answer.text
        assert "&lt;script&gt;" in app.test_client().get("/study/weber-2022", headers=HTML).text
    finally:
        app.extensions["avidity"].pool.close()


def test_a_course_that_goes_on_is_not_drawn_from_the_start(client: FlaskClient) -> None:
    text = client.get("/study/rothenberg-2015", headers={"Accept": "text/html"}).text
    time = text[text.index('id="time"') : text.index('id="outcomes"')]
    drawn, unplaced = time.split("<h3>Time not stated, or not as a number")
    # "extended for an additional two weeks" is two weeks long, on a day that nobody states.
    assert "two weeks more" in unplaced
    assert "two weeks more" not in drawn
    assert "four weeks" in drawn
