"""Another document of the kind, of another subject: nothing in the loader is specific to one review."""

from __future__ import annotations

import pytest
from avidity_loaders.document import Document, Span, parse_document, read_profile
from avidity_loaders.inputs import Inputs

PROFILE = read_profile(Inputs.shipped().seeds / "review" / "profile.yaml").model_copy(update={"sha256": None})

MIGRAINE = """Front matter before any heading.
 Abstract

Migraine is common. β-blockers help some.

1. Prevention in Adults

3 of 12 patients stopped early.

2.5 mg were given daily.

12. A sentence that begins with a number is no heading. It has full stops.

 Figure 1. Flow (A) and outcome (B). Legend: n, number [2 mg].

Timolol vs. placebo was tested by Ōmura et\u00a0al. [1–3,7] in 98. γ-Amino acids were not.[4] See Figure 1 and Table 1.

1.1. 131-I and pH vs. dose

\t
First point. Second sentence.

\t
Point two

 Table 1. Trials.
 \tTrial
\tArm
\tNotes



\tA [1]
\t
\tStopped early



\tB [2]
\tPlacebo
\tLine one

Line two



Legend: A, alpha.

Closing words [8,9].

2. Prevention in Children

References

1. One. Two.
"""


@pytest.fixture(scope="module")
def migraine() -> Document:
    return parse_document(MIGRAINE, PROFILE, "0" * 64)


def test_sections(migraine: Document) -> None:
    assert [(section.number, section.title, section.slug) for section in migraine.sections] == [
        (None, "Abstract", "abstract"),
        ("1", "1. Prevention in Adults", "prevention-in-adults"),
        ("1.1", "1.1. 131-I and pH vs. dose", "131-i-and-ph-vs-dose"),
        ("2", "2. Prevention in Children", "prevention-in-children"),
        (None, "References", "references"),
    ]


def test_a_section_may_have_no_text(migraine: Document) -> None:
    assert not migraine.sections[3].body
    assert migraine.sentences_in(migraine.sections[3].body) == ()


def test_front_matter_has_no_section(migraine: Document) -> None:
    assert migraine.paragraphs[0].section is None
    assert migraine.locate(0, 5).label == "before the first heading"


def test_a_legend_among_paragraphs_does_not_end_its_section(migraine: Document) -> None:
    [legend] = migraine.legends
    assert [migraine.slice(span) for span in legend.sentences] == [
        "Flow (A) and outcome (B).", "Legend: n, number [2 mg].",
    ]  # fmt: skip
    after = next(p for p in migraine.paragraphs if migraine.slice(p.span).startswith("Timolol"))
    assert after.section is not None
    assert after.section.number == "1"


def test_sentences_with_abbreviations_greek_letters_and_markers_after_the_stop(migraine: Document) -> None:
    texts = [migraine.slice(sentence.span) for sentence in migraine.sentences]
    assert "β-blockers help some." in texts
    assert "Timolol vs. placebo was tested by Ōmura et\u00a0al. [1–3,7] in 98." in texts
    assert "γ-Amino acids were not.[4]" in texts
    assert "See Figure 1 and Table 1." in texts


def test_markers_spell_ranges_out(migraine: Document) -> None:
    assert [marker.numbers for marker in migraine.markers] == [(1, 2, 3, 7), (4,), (1,), (2,), (8, 9)]


def test_list_items(migraine: Document) -> None:
    assert [migraine.slice(item.span) for item in migraine.list_items] == [
        "First point. Second sentence.", "Point two",
    ]  # fmt: skip


def test_a_table_with_an_empty_cell_and_a_whole_last_row(migraine: Document) -> None:
    [table] = migraine.tables
    assert [[migraine.slice(cell.span) for cell in row.cells] for row in table.rows] == [
        ["A [1]", "", "Stopped early"],
        ["B [2]", "Placebo", "Line one\n\nLine two"],
    ]
    assert [cell.column for cell in table.rows[0].cells] == ["Trial", "Arm", "Notes"]
    assert [row.complete for row in table.rows] == [True, True]


def test_a_note_below_a_table_is_its_own(migraine: Document) -> None:
    assert [note.label for note in migraine.notes] == ["Table 1"]


def test_nothing_is_missing(migraine: Document) -> None:
    assert migraine.gaps == ()
    assert migraine.uncovered() == []


@pytest.mark.parametrize(
    ("old", "new", "kind", "what"),
    [
        ("See Figure 1 and Table 1.", "See Table 3.", "missing-table", "Table 3 is referred to but is not in the file"),
        ("See Figure 1", "See Figure 9B", "missing-legend", "Figure 9 is referred to but has no legend in the file"),
        ("\n1. One. Two.", "", "missing-reference-list", "7 references (1 to 9, never 5, 6) are cited, but the list"),
        ("References\n", "", "missing-reference-list", "are cited, but the list is not in the file"),
        ("\n\t\n\tStopped early", "\n\tStopped early", "short-row", "the row “A [1]” of Table 1 has 2 of 3 cells"),
    ],
)
def test_what_is_taken_away_is_missed(old: str, new: str, kind: str, what: str) -> None:
    assert MIGRAINE.count(old) == 1
    gaps = parse_document(MIGRAINE.replace(old, new), PROFILE, "").gaps
    assert [gap.kind for gap in gaps] == [kind]
    assert what in gaps[0].what


@pytest.mark.parametrize(
    ("end", "kinds", "words"),
    [
        ("\tLine one", ["truncated-row", "missing-reference-list"], "“… Placebo Line one”"),
        ("\tLine one.", ["missing-reference-list"], ""),
        ("\tLine one\n", ["missing-reference-list"], ""),
        ("", ["truncated-row", "missing-reference-list"], "(2 of 3 cells)"),
    ],
)
def test_a_file_that_ends_in_its_table(end: str, kinds: list[str], words: str) -> None:
    gaps = parse_document(MIGRAINE[: MIGRAINE.index("\tLine one")] + end, PROFILE, "").gaps
    assert [gap.kind for gap in gaps] == kinds
    assert words in gaps[0].what


def test_a_caption_alone() -> None:
    [gap] = parse_document("Abstract\n\nText.\n Table 1. Trials.\n", PROFILE, "").gaps
    assert gap.kind == "missing-rows"


@pytest.mark.parametrize("line_break", ["\r\n", "\r"])
def test_other_line_breaks_change_offsets_only(line_break: str, migraine: Document) -> None:
    other = parse_document(MIGRAINE.replace("\n", line_break), PROFILE, "")
    assert [(leaf.kind, other.slice(leaf.span)) for leaf in other.leaves()] == [
        (leaf.kind, migraine.slice(leaf.span)) for leaf in migraine.leaves()
    ]
    assert other.gaps == ()


@pytest.mark.parametrize("blank", ["", "\n", "\n\n\n"])
def test_a_list_after_a_table_is_no_row(blank: str) -> None:
    text = f"Abstract\n Table 1. T.\n\tHead\n\n\n\n\tCell\n{blank}\t\nItem.\n"
    document = parse_document(text, PROFILE, "")
    assert document.slice(document.tables[0].rows[0].span) == "Cell"
    assert [len(row.cells) for row in document.tables[0].rows] == [1]
    assert [document.slice(item.span) for item in document.list_items] == ["Item."]


def test_a_heading_right_below_a_table_ends_it() -> None:
    document = parse_document("Abstract\n Table 1. T.\n\tHead\n\n\n\n\tCell\nReferences\n\nOne.\n", PROFILE, "")
    assert [section.title for section in document.sections] == ["Abstract", "References"]
    assert document.slice(document.tables[0].rows[0].span) == "Cell"


@pytest.mark.parametrize(
    ("above", "label"),
    [
        ("As in Table 1 and Table 2.", "Table 2"),
        (" Table 1. T.\n\tHead\n\n\n\n\tsee Table 2\n\n", "Table 1"),
        ("Nothing.", None),
    ],
)
def test_a_note_belongs_to_the_table_above_or_the_one_last_mentioned(above: str, label: str | None) -> None:
    [note] = parse_document(f"Abstract\n{above}\n\nLegend: x, y.\n", PROFILE, "").notes
    assert note.label == label


def test_a_gap_is_shown_once_at_the_first_mention() -> None:
    text = "Abstract\n\nSee Table 4. Again, Table 4.\n"
    [gap] = parse_document(text, PROFILE, "").gaps
    assert gap.span == Span(text.index("Table 4"), text.index("Table 4") + 7)


def test_sections_of_one_title_keep_slugs_apart() -> None:
    text = "1. Methods\n\nA.\n\n2. Methods\n\nB.\n\nFunding\n\nFunding\n"
    slugs = [section.slug for section in parse_document(text, PROFILE, "").sections]
    assert slugs == ["1-methods", "2-methods", "funding", "funding-2"]


@pytest.mark.parametrize("marker", ["[0]", "[18–7]", "[3,18–7]", "[1,99999]", "[2013–2014]", "[5 GBq]", "[18F]"])
def test_brackets_that_are_no_marker(marker: str) -> None:
    assert parse_document(f"Abstract\n\nText {marker}.\n", PROFILE, "").markers == ()


def test_offsets_outside_the_text_are_refused(migraine: Document) -> None:
    end = len(MIGRAINE)
    for start, stop in ((-1, 2), (3, 2), (0, end + 1)):
        with pytest.raises(ValueError, match="is no range of a text of"):
            migraine.locate(start, stop)
        with pytest.raises(ValueError, match="is no range of a text of"):
            migraine.context(start, stop)
    with pytest.raises(ValueError, match="must not be negative"):
        migraine.context(0, 1, -1)


def test_an_empty_range_is_where_its_offset_is(migraine: Document) -> None:
    start = MIGRAINE.index("Timolol")
    assert migraine.locate(start, start).label == "1. Prevention in Adults"


def test_context_at_the_ends_is_shorter(migraine: Document) -> None:
    assert migraine.context(5, 12) == ("Front", MIGRAINE[12:44])
    assert migraine.context(len(MIGRAINE) - 6, len(MIGRAINE) - 1)[1] == "\n"


def test_between_paragraphs(migraine: Document) -> None:
    gap = MIGRAINE.index("\n\n1. Prevention")
    assert migraine.locate(gap, gap + 2).kind == "between"
    assert migraine.sentence_at(gap) is None
    assert migraine.sentences_in(Span(gap, gap + 2)) == ()
