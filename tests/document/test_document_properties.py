"""What holds for any text: spans in order and in range, nothing lost, no error but SourceError."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from avidity_loaders.document import Document, ListItem, Paragraph, Span, parse_document, read_document, read_profile
from avidity_loaders.document.sentences import split_sentences
from avidity_loaders.errors import SourceError
from avidity_loaders.inputs import Inputs
from hypothesis import given, settings
from hypothesis import strategies as st

PROFILE = read_profile(Inputs.shipped().seeds / "review" / "profile.yaml").model_copy(update={"sha256": None})

PIECES = st.sampled_from(
    [" Abstract\n", "1. Head\n", "1.2. Head vs. tail", "References\n", "\t\n", "\t", "\tCell [1]\n", " \tCell\n",
     "\n\n\n", "\r\n", " Table 1. T.\n", " Table 2. U.", " Figure 2. F. A (b).\n",
     "see Table 3, Figure 4 ", "Text et al. [2–4]. More.\n",
     "Legend: x.\n", "75.3%, i.e. 4 (5–6) γ\n", " : \n", "[18F]FDG. ", "[9–1]"]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=25).map("".join)
HEADED = TEXTS.map(lambda text: "Abstract\n" + text)


def _ordered(spans: Iterable[Span], start: int, end: int) -> bool:
    """Whether the spans follow each other within [start, end] and share nothing."""
    for span in spans:
        if not start <= span.start <= span.end <= end:
            return False
        start = span.end
    return True


def _visible(text: str) -> str:
    return "".join(text.split())


def _refusal(read: Callable[[], Document]) -> str | None:
    """The words of a SourceError; any other error is the test's."""
    try:
        read()
    except SourceError as error:
        return str(error)
    return None


def _parsed(text: str) -> Document:
    return parse_document(text, PROFILE, "")


@given(TEXTS)
@settings(deadline=None)
def test_any_text_is_parsed_or_refused_in_words(text: str) -> None:
    if refusal := _refusal(lambda: _parsed(text)):
        assert "no line is a heading" in refusal
    else:
        assert _parsed(text).sections


@given(data=st.binary(max_size=60))
@settings(deadline=None)
def test_any_file_is_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "any-document.txt"
    path.write_bytes(b"Abstract\n" + data)
    if refusal := _refusal(lambda: read_document(path, PROFILE)):
        assert "not UTF-8" in refusal
    else:
        assert read_document(path, PROFILE).text.encode() == b"Abstract\n" + data


@given(HEADED)
@settings(deadline=None)
def test_leaves_hold_every_visible_character_once(text: str) -> None:
    document = _parsed(text)
    leaves = document.leaves()
    assert _ordered((leaf.span for leaf in leaves), 0, len(text))
    assert _visible("".join(document.slice(leaf.span) for leaf in leaves)) == _visible(text)
    assert document.uncovered() == []


@given(HEADED)
@settings(deadline=None)
def test_units_are_in_order_and_carry_no_margin(text: str) -> None:
    document = _parsed(text)
    for units in (document.blocks, document.sentences, document.paragraphs, document.list_items, document.legends):
        assert _ordered((unit.span for unit in units), 0, len(text))
        for unit in units:
            words = document.slice(unit.span)
            assert words
            assert words == words.strip()
    for sentence in document.sentences:
        assert sentence.block.span.holds(sentence.span)


@given(HEADED)
@settings(deadline=None)
def test_tables_nest(text: str) -> None:
    for table in _parsed(text).tables:
        assert _ordered(
            [table.caption, *(cell.span for cell in table.header), *(row.span for row in table.rows)], 0, len(text)
        )
        for index, row in enumerate(table.rows):
            assert _ordered((cell.span for cell in row.cells), row.span.start, row.span.end)
            assert {cell.row for cell in row.cells} == {index}
            assert not row.complete or len(row.cells) >= len(table.header)
            for cell in row.cells:
                assert _ordered(cell.paragraphs, cell.span.start, cell.span.end)


@given(HEADED)
@settings(deadline=None)
def test_sections_hold_their_paragraphs(text: str) -> None:
    document = _parsed(text)
    assert len({section.slug for section in document.sections}) == len(document.sections)
    assert _ordered((s for section in document.sections for s in (section.span, section.body)), 0, len(text))
    units: list[Paragraph | ListItem] = [*document.paragraphs, *document.list_items]
    for unit in units:
        assert unit.section is None or unit.section.body.holds(unit.span)


@given(HEADED, st.data())
@settings(deadline=None)
def test_every_place_can_be_asked_for(text: str, data: st.DataObject) -> None:
    document = _parsed(text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert document.locate(start, end).label
    prefix, suffix = document.context(start, end)
    assert (prefix + text[start:end] + suffix) in text
    assert document.sentences_in(Span(start, end)) == tuple(
        sentence for sentence in document.sentences if sentence.span.meets(Span(start, end))
    )
    holding = [sentence for sentence in document.sentences if sentence.span.start <= start < sentence.span.end]
    assert document.sentence_at(start) == (holding[0] if holding else None)


@given(HEADED)
@settings(deadline=None)
def test_markers_stand_where_they_say(text: str) -> None:
    document = _parsed(text)
    for marker in document.markers:
        assert re.fullmatch(r"\[\d[\d\s,–-]*\]", document.slice(marker.span))
        assert marker.numbers
        assert all(0 < number <= 999 for number in marker.numbers)


@given(st.text(alphabet="aAγ1.!? ()[]”\n\u00a0", max_size=80), st.data())
@settings(deadline=None)
def test_splitting_loses_nothing(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    spans = split_sentences(text, Span(start, end), PROFILE.abbreviations)
    assert _ordered(spans, start, end)
    assert _visible("".join(text[span.start : span.end] for span in spans)) == _visible(text[start:end])


@pytest.mark.parametrize("abbreviation", PROFILE.abbreviations)
def test_an_abbreviation_ends_no_sentence_but_its_letters_do(abbreviation: str) -> None:
    abbreviated, word = f"See {abbreviation} Next words.", f"See x{abbreviation} Next words."
    assert len(split_sentences(abbreviated, Span(0, len(abbreviated)), PROFILE.abbreviations)) == 1
    assert len(split_sentences(word, Span(0, len(word)), PROFILE.abbreviations)) == 2
    assert len(split_sentences(abbreviated, Span(0, len(abbreviated)), ())) == 2
