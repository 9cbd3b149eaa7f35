"""The document loader: facts read from the review by eye, another document of the kind, and any text at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from avidity_loaders.document import Document, Span, parse_document, read_document, read_profile
from avidity_loaders.document.sentences import split_sentences
from avidity_loaders.errors import SourceError
from avidity_loaders.inputs import Inputs
from hypothesis import given
from hypothesis import strategies as st

PROFILE = read_profile(Inputs.shipped().seeds / "review" / "profile.yaml")
OPEN = PROFILE.model_copy(update={"sha256": None})
ABBREVIATIONS = PROFILE.abbreviations


def test_the_review_is_the_one_received(document: Document) -> None:
    assert document.sha256 == "c8bbedd46b94d5c38663464674d85d4c28e8f28f4945611cf7bbcf80c5c69a7c"
    assert len(document.text.encode()) == 42_404
    assert len(document.text) == 42_348


def test_sections(document: Document) -> None:
    assert [section.title for section in document.sections] == [
        "Abstract", "1. Introduction", "2. Redifferentiation Concepts", "3. Clinical Studies",
        "4. Second-Line TKI-Related Adverse Effects", "5. Current Paradigms and Future Perspectives", "6. Conclusions",
    ]  # fmt: skip
    assert [section.number for section in document.sections] == [None, "1", "2", "3", "4", "5", "6"]


def test_table_1(document: Document) -> None:
    [table] = document.tables
    titles = [document.slice(cell.span) for cell in table.header]
    assert titles == [
        "Study",
        "Type of the Study",
        "Number of Patients",
        "Redifferentiation Agent",
        "Mechanism of Action",
        "Protocol",
    ]
    rows = [[document.slice(cell.span) for cell in row.cells] for row in table.rows]
    assert [row[0] for row in rows] == [
        "Ho et al. [19]", "Rothenberg et al. [20]", "Jaber et al. [21]", "Dunn et al. [22]", "Weber et al. [23]",
        "Leboulleux et al. [24]", "Leboulleux et al. [25]", "Iravani et al. [26]", "Groussin et al. [28]", "Lee et al. [31]",
        "Werner et al. [32]",
    ]  # fmt: skip
    assert [row[2] for row in rows] == ["20", "10", "13", "10", "20", "21", "10", "6", "1", "2", "1"]
    assert rows[5][3] == "Dabrafenib\n\ntrametinib"
    assert len(table.rows[4].cells[5].paragraphs) == 3
    assert [row.complete for row in table.rows] == [True] * 10 + [False]


def test_gaps(document: Document) -> None:
    assert [gap.kind for gap in document.gaps] == ["truncated-row", "missing-table", "missing-reference-list"]
    truncated, table, references = (gap.what for gap in document.gaps)
    assert truncated == "the file ends inside Table 1, in the row “Werner et al. [32]” (“… for 3 we”)"
    assert "Table 2" in table
    assert "never 37" in references


def test_markers(document: Document) -> None:
    assert {number for marker in document.markers for number in marker.numbers} == set(range(1, 40)) - {37}
    spelt = {document.slice(marker.span): marker.numbers for marker in document.markers}
    assert spelt["[5,6,10]"] == (5, 6, 10)
    assert not any("F" in text or "GBq" in text for text in spelt)


def test_legends_and_sentences(document: Document) -> None:
    assert [legend.label for legend in document.legends] == ["Figure 1", "Figure 2", "Figure 3", "Figure 4"]
    texts = [document.slice(sentence.span) for sentence in document.sentences]
    assert "The median progression-free survival was one year." in texts
    assert "RIT is stopped once RAI-R disease is confirmed and alternative therapeutic options are considered." in texts
    assert "One-year follow-up revealed RECIST 1.1 PR in one patient, SD in five, and PD in one case." in texts
    assert "Selpercatinib 160 mg p.o. bid for 3 we" in texts
    assert len(texts) == 366


def test_every_character_belongs_to_a_sentence(document: Document) -> None:
    assert document.uncovered() == []


@pytest.mark.parametrize(
    ("quote", "label"),
    [
        ("all five patients with NRAS mutations", "3. Clinical Studies"),
        ("Selumetinib 75 mg p.o. bid for 4 weeks", "Table 1, Ho et al. [19], Protocol"),
        ("Ho et al. [19]\n\tClinical trial", "Table 1, Ho et al. [19]"),
        ("thyroglobulin decrease from 2276 to 825", "Figure 3, legend"),
        ("Cost-effectiveness.", "5. Current Paradigms and Future Perspectives"),
        ("Redifferentiation studies and their protocols", "Table 1, caption"),
    ],
)
def test_locate(quote: str, label: str, document: Document) -> None:
    start = document.text.index(quote)
    assert document.locate(start, start + len(quote)).label == label


OTHER = (
    " Abstract\n\nCats sleep. Most of the day, i.e. 16 h, they do [1,2].\n 1. Why Cats\n\n\n"
    "Nobody knows (cf. Smith et al. [3]). It may be warmth.\n\n\n\n\t\nHeat: they like it.\n\n\n\n"
    " Figure 1. A cat. It sleeps.\n Table 1. Cats.\n \tName\n\tHours\n\n\n\n"
    "\tTom [1]\n\t16\n\n\n\n\tAda [2]\n\t14. She wakes early.\nReferences\n\nOne. Two.\n"
)


def test_another_document_of_the_kind() -> None:
    document = parse_document(OTHER, OPEN, "0" * 64)
    assert [section.title for section in document.sections] == ["Abstract", "1. Why Cats", "References"]
    [table] = document.tables
    assert [[document.slice(cell.span) for cell in row.cells] for row in table.rows] == [
        ["Tom [1]", "16"],
        ["Ada [2]", "14. She wakes early."],
    ]
    assert [row.complete for row in table.rows] == [True, True]
    assert document.gaps == ()
    assert document.uncovered() == []
    texts = [document.slice(sentence.span) for sentence in document.sentences]
    assert "Nobody knows (cf. Smith et al. [3])." in texts
    assert "Most of the day, i.e. 16 h, they do [1,2]." in texts
    assert [block.kind for block in document.blocks].count("list-item") == 1


def test_a_sentence_with_a_number_at_its_start_is_no_heading() -> None:
    text = " 1. Head\n\n2. Patients were given 75 mg twice daily. They did well.\n\n12 patients left.\n"
    assert [section.title for section in parse_document(text, OPEN, "").sections] == ["1. Head"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no line is a heading"),
        (b"no heading here", "no line is a heading"),
        (b" Abstract\n\xff", "not UTF-8 text"),
    ],
)
def test_bad_files(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=words) as error:
        read_document(path, OPEN)
    assert str(path) in str(error.value)


def test_another_digest(tmp_path: Path) -> None:
    path = tmp_path / "review.txt"
    path.write_bytes(b" Abstract\n")
    with pytest.raises(SourceError, match="the profile states c8bbedd4") as error:
        read_document(path, PROFILE)
    assert hashlib.sha256(b" Abstract\n").hexdigest() in str(error.value)


@pytest.mark.parametrize(
    ("old", "new"), [("row_gap: 2", "row_gap: none"), ("figure_legend:", "figure_legends:"), ("'^Legend:\\ '", "'['")]
)
def test_bad_profile(tmp_path: Path, old: str, new: str) -> None:
    text = (Inputs.shipped().seeds / "review" / "profile.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "profile.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SourceError, match=r"profile\.yaml"):
        read_profile(path)


_PIECES = st.sampled_from([" Abstract\n", "\t\n", " \tCell [1]\n", "\n\n\n", " Table 1. T.\n", " Figure 2. F.\n", "Text et al. [2]. More.\n",
                           "1. Head\n", "Legend: x.\n", "75.3%, i.e. 4 (5–6) γ\n"])  # fmt: skip


@given(st.lists(st.one_of(_PIECES, st.text(max_size=30)), max_size=25))
def test_any_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        document = parse_document(text, OPEN, "")
    except SourceError:
        return
    spans = [sentence.span for sentence in document.sentences]
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(a.end <= b.start for a, b in zip(sorted(spans), sorted(spans)[1:], strict=False))
    assert document.uncovered() == []


@given(st.text(alphabet="aA1.!? ()[]\n", max_size=80))
def test_splitting_loses_nothing(text: str) -> None:
    spans = split_sentences(text, Span(0, len(text)), ABBREVIATIONS)
    assert "".join("".join(text[s.start : s.end].split()) for s in spans) == "".join(text.split())
