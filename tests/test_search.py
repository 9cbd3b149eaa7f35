"""Search: what readers type, and what they should find; and the source by its words."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from avidity_service.cli import main
from avidity_service.release import Release
from avidity_service.search.index import Index, highlights
from avidity_service.search.words import forms, words
from avidity_service.source import Source
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

Row = dict[str, Any]
# What is typed, and the things among which the first hit must be: read by eye.
TYPED = {
    "NIS": "protein/nis", "natrium iodide symporter": "protein/nis", "sodium iodide symporter": "protein/nis",
    "SLC5A5": "gene/slc5a5", "MEKi": "mechanism/mek-inhibition", "MEK inhibitor": "mechanism/mek-inhibition",
    "BRAF inhibitors": "mechanism/braf-inhibition", "I131": "agent/iodine-131", "131-I": "agent/iodine-131",
    "¹³¹I": "agent/iodine-131", "[131I]": "agent/iodine-131", "I-131": "agent/iodine-131",
    "iodine-131": "agent/iodine-131", "radioiodine": "agent/iodine-131", "124I": "radionuclide/iodine-124",
    "I-124": "radionuclide/iodine-124", "RAI-R": "histology/rai-r-dtc", "RAIR": "histology/rai-r-dtc",
    "radioiodine refractory": "histology/rai-r-dtc", "PTC": "histology/ptc", "FTC": "histology/ftc",
    "papillary thyroid cancer": "histology/ptc", "poorly differentiated": "histology/pdtc",
    "BRAFV600E": "alteration/braf-v600e", "BRAF V600E": "alteration/braf-v600e",
    "BRAF p.V600E": "alteration/braf-v600e", "V600E": "alteration/braf-v600e", "NRAS": "alteration/nras-mutation",
    "NRSA": "alteration/nras-mutation", "nras": "alteration/nras-mutation", "N-RAS": "alteration/nras-mutation",
    "HRAS": "alteration/hras-mutation", "TERT promoter": "alteration/tert-promoter-mutation",
    "EML4-NTRK3": "alteration/eml4-ntrk3-fusion", "CCDC6::RET": "alteration/ccdc6-ret-fusion",
    "NTRK fusion": "alteration/ntrk-fusion", "selumetinib": "agent/selumetinib", "selumetinb": "agent/selumetinib",
    "SELUMETINIB": "agent/selumetinib", "trametanib": "agent/trametinib", "dabrafenib": "agent/dabrafenib",
    "vemurafenib": "agent/vemurafenib", "larotrectnib": "agent/larotrectinib", "pralsetinib": "agent/pralsetinib",
    "selpercatinib": "agent/selpercatinib", "177Lu-DOTATATE": "agent/lutetium-177-dota-tate",
    "AZD 6244": "agent/selumetinib", "AZD6244": "agent/selumetinib", "NCIT:C66939": "agent/selumetinib",
    "ncit:c66939": "agent/selumetinib", "HGNC:7989": "gene/nras", "PMID:23406027": "study/ho-2013",
    "23406027": "study/ho-2013", "NCT00970359": "study/ho-2013", "10.1056/NEJMoa1209288": "study/ho-2013",
    "Rothenberg": "study/rothenberg-2015", "Jaber 2018": "study/jaber-2018", "Ho 2013": "study/ho-2013",
    "Leboulleux": "study/leboulleux-2023-braf", "MERAIODE": "study/leboulleux-2023-braf",
    "Toro-Tobon": "study/toro-tobon-2024", "ERRITI": "study/weber-2022", "rash": "adverse-event-term/rash",
    "skin rash": "adverse-event-term/rash", "cSCC": "adverse-event-term/squamous-cell-carcinoma-of-skin",
    "diarrhoea": "adverse-event-term/diarrhea", "oedema": "adverse-event-term/edema",
    "pyrexia": "adverse-event-term/fever", "cholestasis": "adverse-event-term/anicteric-cholestasis",
    "uptake restored": "measure/uptake-restored", "progression-free survival": "measure/progression-free-survival",
    "rhTSH": "stimulation/rhtsh", "thyrotropin alfa": "stimulation/rhtsh", "MAPK": "mechanism/mapk-pathway-inhibition",
}  # fmt: skip


@pytest.fixture(scope="module")
def index(release: Release) -> Index:
    return release.index


def first(index: Index, text: str) -> str:
    return str(index.find(text).hits[0].document["iri"]).removeprefix("https://w3id.org/avidity/")


def test_enough_is_tried() -> None:
    assert len(TYPED) >= 60


@pytest.mark.parametrize("typed", TYPED)
def test_what_is_typed_finds_what_is_meant(typed: str, index: Index) -> None:
    assert first(index, typed) == TYPED[typed]


def test_what_is_read_otherwise_is_said(index: Index) -> None:
    assert index.find("NRSA uptake").read_as == {"nrsa": ["nras"]}
    assert index.find("natrium iodide symporter").not_found == ["natrium"]
    nothing = index.find("hepatotoxicity")
    assert (nothing.total, nothing.not_found) == (0, ["hepatotoxicity"])
    # A number is never read as another one.
    assert index.find("NCT00970358").total == 0


def test_a_question_in_words_finds_its_query_and_its_sentence(index: Index) -> None:
    found = index.find("which agents restored uptake in NRAS tumours")
    assert "question" in found.kinds
    best = [hit.document["iri"] for hit in found.hits[:6]]
    assert "https://w3id.org/avidity/question/agents-for-genotype" in best
    sentences = index.find("uptake restored NRAS", ["sentence"])
    assert all(hit.document["kind"] == "sentence" for hit in sentences.hits)
    assert any("all five patients with NRAS mutations" in hit.document["label"] for hit in sentences.hits)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MEK inhibitors", ["mek", "inhibitor"]),
        ("[131I]-uptake", ["i131", "uptake"]),
        ("¹³¹I and 124-I", ["i131", "and", "i124"]),
        ("iodine-131", ["i131"]),
        ("BRAFV600E", ["braf", "v600e"]),
        ("PPAR-γ agonists", ["ppar", "gamma", "agonist"]),
        ("Petranović Ovčariček", ["petranovic", "ovcaricek"]),
        ("therapies, basis, loss", ["therapy", "basis", "loss"]),
        ("SLC5A5 TP53", ["slc5a5", "tp53"]),
        ("𝐁𝐑𝐀𝐅 𝛄", ["braf", "gamma"]),
        ("", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert forms(text) == found


@given(st.text(max_size=80))
def test_words_lie_in_their_text_and_apart(text: str) -> None:
    found = words(text)
    assert all(0 <= word.start < word.end <= len(text) for word in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(
        word.form.isascii() and word.form.isalnum() and word.form.islower() | word.form.isdigit() for word in found
    )


@settings(max_examples=60)
@given(st.text(min_size=1, max_size=60))
def test_no_text_breaks_the_search(release: Release, text: str) -> None:
    if forms(text):
        for hit in release.index.find(text).hits[:5]:
            assert all(0 <= s < e for s, e in highlights(hit.document["label"], hit.matched))
    else:
        assert release.index.find(text).total == 0


@pytest.mark.parametrize(
    "text", ['"', "NEAR(a b)", "label: NRAS", "NRAS*", "NRAS OR", "(NRAS", "-NRAS", "^NRAS", "a AND NOT"]
)
def test_signs_of_the_query_language_mean_nothing(text: str, client: FlaskClient) -> None:
    assert client.get("/api/v1/search", query_string={"q": text}).status_code == 200


def test_rest_pages_kinds_and_highlights(client: FlaskClient) -> None:
    found = client.get("/api/v1/search?q=selumetinb&limit=3").get_json()
    assert found["data"][0]["id"] == "agent/selumetinib"
    assert found["meta"]["read_as"] == {"selumetinb": ["selumetinib"]}
    assert sum(found["meta"]["kinds"].values()) == found["meta"]["total"] > 3
    assert "next" in found["links"]
    for hit in client.get("/api/v1/search?q=restored+uptake&limit=50").get_json()["data"]:
        for place in hit["highlights"]:
            assert forms(hit["snippet"][place["start"] : place["end"]])[0] in ("restored", "uptake")
    sentence = client.get("/api/v1/search?q=restored+uptake&kind=sentence").get_json()["data"][0]
    assert sentence["facts"]
    rows = client.get("/api/v1/search?q=NRAS&format=csv").text.splitlines()
    assert rows[0].startswith("id,iri,kind,label")
    assert client.get("/api/v1/search?q=NRAS&kind=drug").status_code == 422
    assert client.get("/api/v1/search").status_code == 422
    assert client.get("/api/v1/search", query_string={"q": "x" * 301}).status_code == 422


def test_suggestions(client: FlaskClient) -> None:
    def suggested(text: str) -> list[str]:
        return [row["label"] for row in client.get("/api/v1/suggest", query_string={"q": text}).get_json()["data"]]

    assert suggested("tram")[0] == "trametinib"
    assert suggested("BRAF V")[0] == "BRAF V600E"
    assert suggested("papillary thy")[0] == "papillary thyroid carcinoma"
    assert len(suggested("r")) == 8


def test_the_page_marks_hits_and_shows_hostile_text_as_text(client: FlaskClient) -> None:
    page = client.get("/search?q=restored+uptake+NRAS").text
    assert "<mark>NRAS</mark>" in page
    hostile = client.get("/search", query_string={"q": '<script>alert(1)</script> "onload=x'}).text
    assert "<script>" not in hostile
    assert "&lt;script&gt;" in hostile
    assert client.get("/search").status_code == 200
    assert "0 hits" in client.get("/search?q=%26%26").text
    assert client.get("/search", query_string={"q": "x" * 301}).status_code == 422


def test_cli(release_folder: Path) -> None:
    run = CliRunner().invoke(main, ["search", "NRSA", "uptake", "--format", "json", "--release", str(release_folder)])
    assert run.exit_code == 0
    assert json.loads(run.stdout)[0]["kind"] == "finding"
    assert "nrsa is read as nras" in run.stderr
    refused = CliRunner().invoke(main, ["search", "x", "--kind", "drug", "--release", str(release_folder)])
    assert refused.exit_code == 3
    assert "sentence" in refused.stderr


def test_the_source_is_the_file_and_its_passages_are_where_they_say(client: FlaskClient, release: Release) -> None:
    source: Source = release.source
    data = client.get("/api/v1/source").get_json()["data"]
    assert data["characters"] == len(source.text) == release.manifest["source"]["characters"]
    for section in data["sections"]:
        assert source.text[section["start"] : section["end"]] == section["text"]
    assert [s["title"] for s in data["sections"]][:4] == [
        "Abstract", "1. Introduction", "2. Redifferentiation Concepts", "3. Clinical Studies",
    ]  # fmt: skip
    assert len(data["passages"]) > 400
    assert all(passage["facts"] for passage in data["passages"])
    one = client.get("/api/v1/source/passages/" + data["passages"][100]["id"]).get_json()["data"]
    assert one["quote"] == source.text[one["start"] : one["end"]]
    assert client.get("/api/v1/source/passages/jcm13237021/1-2").status_code == 404


def test_words_are_verified_or_the_nearest_given(client: FlaskClient) -> None:
    def verified(quote: str) -> Row:
        found: Row = client.get("/api/v1/verify", query_string={"quote": quote}).get_json()["data"]
        return found

    right = verified("all five patients with NRAS mutations showed restored radioiodine uptake")
    assert right["verbatim"]
    assert right["places"][0]["start"] == 11315
    assert "finding/ho-2013/nras/uptake-restored" in right["places"][0]["facts"]
    wrong = verified("all six patients with NRAS mutations showed restored radioiodine uptake")
    assert (wrong["verbatim"], wrong["places"]) == (False, [])
    assert wrong["nearest"].startswith("all five patients")
    assert len(verified("radioiodine")["places"]) > 50
    assert verified("radioiodine\u00a0uptake")["verbatim"] is False  # a blank is a blank: places are exact
    assert client.get("/api/v1/verify?quote=").status_code == 422
    assert client.get("/api/v1/verify", query_string={"quote": "x" * 2001}).status_code == 422
