"""The review as the loader sees it: facts that a person read from the file."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from avidity_loaders.document import Document, Span


def _span(document: Document, words: str) -> Span:
    assert document.text.count(words) == 1, f"{words!r} must stand in the review once"
    start = document.text.index(words)
    return Span(start, start + len(words))


def test_sections_have_numbers_titles_and_slugs(document: Document) -> None:
    assert [(section.number, section.title, section.slug) for section in document.sections] == [
        (None, "Abstract", "abstract"),
        ("1", "1. Introduction", "introduction"),
        ("2", "2. Redifferentiation Concepts", "redifferentiation-concepts"),
        ("3", "3. Clinical Studies", "clinical-studies"),
        ("4", "4. Second-Line TKI-Related Adverse Effects", "second-line-tki-related-adverse-effects"),
        ("5", "5. Current Paradigms and Future Perspectives", "current-paradigms-and-future-perspectives"),
        ("6", "6. Conclusions", "conclusions"),
    ]


def test_headings_are_found_where_they_stand(document: Document) -> None:
    titles = [section.title for section in document.sections]
    assert [document.slice(section.span) for section in document.sections] == titles
    sentences = [document.slice(sentence.span) for sentence in document.sentences]
    assert [sentence for sentence in sentences if sentence in titles] == titles


def test_bodies_reach_from_the_first_word_to_the_last(document: Document) -> None:
    bodies = [document.slice(section.body) for section in document.sections]
    assert [(body[:24], body[-24:]) for body in bodies] == [
        ("Since the 1940s, 131-I r", "d clinical implications."),
        ("The management of RAI-R ", "DTC patients (Figure 3)."),
        ("The concept of reinducin", "l studies are available."),
        ("The first clinical trial", "es is shown in Figure 4."),
        ("The side effects related", "rmanently) of their use."),
        ("Current evidence suggest", "se at a molecular level."),
        ("Current data suggest tha", "tient’s quality of life."),
    ]


@pytest.mark.parametrize(
    ("slug", "paragraphs", "items", "sentences"),
    [
        ("abstract", 1, 0, 7),
        ("introduction", 8, 0, 27),
        ("redifferentiation-concepts", 5, 0, 21),
        ("second-line-tki-related-adverse-effects", 6, 0, 6),
        ("current-paradigms-and-future-perspectives", 6, 18, 33),
        ("conclusions", 2, 0, 8),
    ],
)
def test_counts_of_a_section(slug: str, paragraphs: int, items: int, sentences: int, document: Document) -> None:
    [section] = [section for section in document.sections if section.slug == slug]
    assert sum(paragraph.section == section for paragraph in document.paragraphs) == paragraphs
    assert sum(item.section == section for item in document.list_items) == items
    assert len(document.sentences_in(section.body)) == sentences


def test_the_paragraph_on_iravani_has_five_sentences(document: Document) -> None:
    [paragraph] = [p for p in document.paragraphs if document.slice(p.span).startswith("Iravani et al. treated")]
    assert paragraph.section is not None
    assert paragraph.section.number == "3"
    assert [document.slice(sentence.span).split()[0] for sentence in document.sentences_in(paragraph.span)] == [
        "Iravani", "Six", "Three", "One", "The",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sentence",
    [
        "[18F]FDG uptake is considered useful in classifying disease as RAI-R.",
        "Initial evaluation revealed that eight patients demonstrated restored 131-I uptake and subsequently received "
        "a median activity of 7.4 GBq of 131-I.",
        "Peak standardized uptake value (SUVpeak) < 10 on [18F] FDG PET was linked with successful redifferentiation "
        "(p = 0.01).",
        "One-year follow-up revealed RECIST 1.1 PR in one patient, SD in five, and PD in one case.",
        "Compare redifferentiation vs. tyrosine kinase inhibitors.",
        "Criteria of therapeutic outcomes for consideration of redifferentiation and 131-I retreatment (Tg response, "
        "RECIST response, etc.).",
        "Dabrafenib 150 mg p.o. bid and trametinib 2 mg po q.d. for 42 days.",
        "Selumetinib 75 mg p.o. bid for 4 weeks.",
        "124-I PET scan performed before and after Vemurafenib 960 mg p.o. bid for approximately 4 weeks.",
        "(B) [18F]FDG PET/CT: multiple [18F]FDG-avid lesions in the mediastinum and lung, with an associated "
        "[18F]FDG-active pleural effusion (right side), and [18F]FDG-avid lesions in the retroperitoneal region.",
        "Heterogeneity within and between primary and metastatic tumors",
    ],
)
def test_sentences_are_whole(sentence: str, document: Document) -> None:
    span = _span(document, sentence)
    found = document.sentence_at(span.start + len(sentence) // 2)
    assert found is not None
    assert document.slice(found.span) == sentence


def test_the_sentence_with_four_decimals_is_one(document: Document) -> None:
    found = document.sentence_at(document.text.index("56.7%"))
    assert found is not None
    sentence = document.slice(found.span)
    assert sentence.startswith("According to a prospective study by Li et al., the FDG SUVmax cut-off of four")
    assert sentence.endswith("75.3%, 56.7%, 76.1%, and 54.8%, respectively [4] (Figure 1).")


def test_a_list_item_has_its_sentences_but_not_its_bullet(document: Document) -> None:
    item = next(i for i in document.list_items if document.slice(i.span).startswith("Minimization of side effects"))
    assert [document.slice(sentence.span).split()[0] for sentence in document.sentences_in(item.span)] == [
        "Minimization", "These",
    ]  # fmt: skip
    assert "\t" not in document.slice(item.span)


def test_table_1_has_six_columns_and_eleven_rows(document: Document) -> None:
    [table] = document.tables
    assert table.label == "Table 1"
    assert document.slice(table.caption) == "Table 1. Redifferentiation studies and their protocols."
    assert [cell.column for cell in table.header] == [
        "Study", "Type of the Study", "Number of Patients", "Redifferentiation Agent", "Mechanism of Action",
        "Protocol",
    ]  # fmt: skip
    assert len(table.rows) == 11
    assert {len(row.cells) for row in table.rows} == {6}
    assert [row.complete for row in table.rows] == [True] * 10 + [False]


@pytest.mark.parametrize(
    ("row", "texts"),
    [
        (2, ["Jaber et al. [21]", "Retrospective", "13", "Selective trametinib, dabrafenib, and/or vemurafenib"]),
        (4, ["Weber et al. [23]", "Prospective study", "20", "Dabrafenib and Trametinib"]),
        (5, ["Leboulleux et al. [24]", "Clinical trial", "21", "Dabrafenib\n\ntrametinib"]),
        (7, ["Iravani et al. [26]", "Retrospective", "6", "Dabrafenib and Trametinib"]),
        (8, ["Groussin et al. [28]", "Case report", "1", "Larotrectinib"]),
        (9, ["Lee et al. [31]", "Two cases", "2", "Larotrectinib;\n\nSelpercatinib"]),
    ],
)
def test_rows_of_table_1(row: int, texts: list[str], document: Document) -> None:
    cells = document.tables[0].rows[row].cells
    assert [document.slice(cell.span) for cell in cells[:4]] == texts
    assert {cell.row for cell in cells} == {row}


def test_cells_of_several_paragraphs(document: Document) -> None:
    rows = document.tables[0].rows
    assert [len(row.cells[5].paragraphs) for row in rows] == [1, 1, 1, 1, 3, 2, 2, 2, 1, 2, 1]
    assert [document.slice(part) for part in rows[9].cells[4].paragraphs] == [
        "Tropomyosin receptor kinase (TRK) inhibitor;",
        "RET inhibitor",
    ]


def test_the_file_ends_in_the_last_cell(document: Document) -> None:
    last = document.tables[0].rows[-1].cells[-1]
    assert last.span.end == len(document.text)
    assert document.slice(last.span) == "Selpercatinib 160 mg p.o. bid for 3 we"


def test_legends(document: Document) -> None:
    assert [(legend.label, len(legend.sentences)) for legend in document.legends] == [
        ("Figure 1", 5), ("Figure 2", 7), ("Figure 3", 5), ("Figure 4", 2),
    ]  # fmt: skip
    first = document.legends[2].sentences[0]
    assert document.slice(first) == "Redifferentiation of radioiodine-refractory disease."


def test_the_key_to_the_abbreviations_belongs_to_table_1(document: Document) -> None:
    [note] = document.notes
    assert document.slice(note.span).startswith("Legend: PET, positron emission tomography;")
    assert note.label == "Table 1"
    assert note.section is not None
    assert note.section.slug == "clinical-studies"
    assert len(document.sentences_in(note.span)) == 1


def test_every_reference_but_37_is_cited(document: Document) -> None:
    assert {number for marker in document.markers for number in marker.numbers} == set(range(1, 40)) - {37}


def test_markers_of_the_introduction_in_order(document: Document) -> None:
    body = document.sections[1].body
    assert [marker.numbers for marker in document.markers if body.holds(marker.span)] == [
        (1,), (2,), (3,), (3,), (4,), (5,), (6, 7), (8,), (9,), (5, 6, 10), (10,),
    ]  # fmt: skip


def test_markers_of_the_table_are_its_studies(document: Document) -> None:
    start = document.tables[0].caption.start
    numbers = [marker.numbers for marker in document.markers if marker.span.start > start]
    assert numbers == [(n,) for n in (19, 20, 21, 22, 23, 24, 25, 26, 28, 31, 32)]


@pytest.mark.parametrize("words", ["[18F]FDG-positive", "[177Lu]Lu-", "[4.4 GBq]", "[7.4 GBq]", "[pT3a(m), pN1b, pMx]"])
def test_other_brackets_are_no_markers(words: str, document: Document) -> None:
    starts = {marker.span.start for marker in document.markers}
    places = [match.start() for match in re.finditer(re.escape(words), document.text)]
    assert places
    assert not starts.intersection(places)


def test_gaps_are_three_and_say_where(document: Document) -> None:
    assert [gap.kind for gap in document.gaps] == ["truncated-row", "missing-table", "missing-reference-list"]
    row, table, _ = document.gaps
    assert row.span == document.tables[0].rows[-1].span
    assert table.span is not None
    assert document.slice(Span(table.span.start, table.span.end + 11)) == "Table 2 summarizes"


def test_leaves_hold_every_visible_character_once(document: Document) -> None:
    spans = [leaf.span for leaf in document.leaves()]
    assert all(before.end <= after.start for before, after in pairwise(spans))
    held = "".join("".join(document.slice(span).split()) for span in spans)
    assert held == "".join(document.text.split())
    assert document.uncovered() == []


def test_leaves_that_are_no_sentence(document: Document) -> None:
    whole = [(leaf.kind, document.slice(leaf.span)) for leaf in document.leaves() if leaf.kind != "sentence"]
    assert whole[:3] == [("heading", "Abstract"), ("stray", ":"), ("heading", "1. Introduction")]
    assert [text for kind, text in whole if kind == "caption"] == [
        "Table 1. Redifferentiation studies and their protocols."
    ]
    assert [text for kind, text in whole if kind == "table-header"] == [
        document.slice(cell.span) for cell in document.tables[0].header
    ]


def test_where_a_cell_stands(document: Document) -> None:
    span = _span(document, "Selumetinib 75 mg p.o. bid for 4 weeks")
    place = document.locate(span.start, span.end)
    assert (place.kind, place.label) == ("table-cell", "Table 1, Ho et al. [19], Protocol")
    assert (place.table, place.row, place.column) == ("Table 1", "Ho et al. [19]", "Protocol")
    assert (place.section, place.figure) == (None, None)


@pytest.mark.parametrize(
    ("words", "kind", "label"),
    [
        ("3. Clinical Studies", "heading", "3. Clinical Studies"),
        ("Fourteen of these patients received RIT", "paragraph", "3. Clinical Studies"),
        ("Cost-effectiveness.", "list-item", "5. Current Paradigms and Future Perspectives"),
        ("Mechanism of Action", "table-header", "Table 1, header"),
        ("Table 1. Redif", "caption", "Table 1, caption"),
        ("from 2276 to 825 μg/L", "legend", "Figure 3, legend"),
        ("BRAF-WT, BRAF-wild type", "legend", "Table 1, legend"),
        ("Larotrectinib 100 mg p.o. bid;\n\nSelpercatinib 80", "table-cell", "Table 1, Lee et al. [31], Protocol"),
        ("Lee et al. [31]\n\tTwo cases", "table-row", "Table 1, Lee et al. [31]"),
        ("Protocol\n\n\n\n\n\n\tHo et al.", "several", "Table 1, header – Table 1, Ho et al. [19], Study"),
        ("implications.\n 1. Introduction", "several", "Abstract – 1. Introduction"),
        ("reveal:\n\n\n\n\n\t\nHeterogeneity", "several", "5. Current Paradigms and Future Perspectives"),
    ],
)
def test_where_words_stand(words: str, kind: str, label: str, document: Document) -> None:
    span = _span(document, words)
    place = document.locate(span.start, span.end)
    assert (place.kind, place.label) == (kind, label)


def test_a_legend_is_of_its_figure_and_a_note_of_its_table(document: Document) -> None:
    legend = document.locate(*_ends(document, "from 2276 to 825 μg/L"))
    assert (legend.figure, legend.table, legend.section) == ("Figure 3", None, None)
    note = document.locate(*_ends(document, "BRAF-WT, BRAF-wild type"))
    assert (note.figure, note.table, note.section) == (None, "Table 1", "3. Clinical Studies")


def test_context_is_what_stands_around(document: Document) -> None:
    start, end = _ends(document, "all five patients with NRAS mutations")
    assert document.context(start, end, 6) == ("i.e., ", " showe")
    prefix, suffix = document.context(start, end)
    assert document.text[start - 32 : end + 32] == prefix + document.text[start:end] + suffix
    assert document.context(0, len(document.text)) == ("", "")


def _ends(document: Document, words: str) -> tuple[int, int]:
    span = _span(document, words)
    return span.start, span.end
