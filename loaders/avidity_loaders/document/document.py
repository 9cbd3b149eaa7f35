"""A parsed document and what can be asked of it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from avidity_loaders.document.locating import location
from avidity_loaders.document.models import (
    Block,
    FigureLegend,
    Gap,
    Leaf,
    LeafKind,
    ListItem,
    Location,
    Paragraph,
    ReferenceMarker,
    Section,
    Sentence,
    Span,
    Table,
    TableNote,
)

_WHOLE: dict[str, LeafKind] = {
    "heading": "heading",
    "caption": "caption",
    "table-header": "table-header",
    "stray": "stray",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A text and its structure, each tuple in the order of the text.

    Both `blocks` and `sentences` hold every character that is not white space.
    """

    text: str
    sha256: str
    sections: tuple[Section, ...]
    blocks: tuple[Block, ...]
    paragraphs: tuple[Paragraph, ...]
    sentences: tuple[Sentence, ...]
    list_items: tuple[ListItem, ...]
    tables: tuple[Table, ...]
    legends: tuple[FigureLegend, ...]
    notes: tuple[TableNote, ...]
    markers: tuple[ReferenceMarker, ...]
    gaps: tuple[Gap, ...]

    def slice(self, span: Span) -> str:
        """The text of a span."""
        return self.text[span.start : span.end]

    def sentence_at(self, offset: int) -> Sentence | None:
        """The sentence that the character at an offset belongs to, None between sentences."""
        at = bisect_right(self.sentences, offset, key=lambda sentence: sentence.span.start) - 1
        return self.sentences[at] if at >= 0 and offset < self.sentences[at].span.end else None

    def sentences_in(self, span: Span) -> tuple[Sentence, ...]:
        """The sentences that share a character with the span."""
        first = bisect_right(self.sentences, span.start, key=lambda sentence: sentence.span.end)
        last = bisect_left(self.sentences, span.end, key=lambda sentence: sentence.span.start)
        return self.sentences[first:last] if span else ()

    def context(self, start: int, end: int, width: int = 32) -> tuple[str, str]:
        """Up to `width` characters before and after [start, end), for a text quote selector.

        Raises:
            ValueError: if [start, end) is no range of this text, or the width is negative.
        """
        self._require(start, end)
        if width < 0:
            raise ValueError(f"a width of {width} characters: it must not be negative")
        return self.text[max(0, start - width) : start], self.text[end : end + width]

    def locate(self, start: int, end: int) -> Location:
        """Where [start, end) stands: section, table cell or legend. An empty range is where its offset is.

        Raises:
            ValueError: if [start, end) is no range of this text.
        """
        self._require(start, end)
        first = bisect_right(self.blocks, start, key=lambda block: block.span.end)
        last = bisect_left(self.blocks, max(end, start + 1), key=lambda block: block.span.start)
        return location(self.blocks[first:last]) if first < last else Location("between", "between paragraphs")

    def leaves(self) -> tuple[Leaf, ...]:
        """The smallest units, in order: every character that is not white space is in exactly one of them."""
        leaves = [Leaf(_WHOLE[block.kind], block.span) for block in self.blocks if block.kind in _WHOLE]
        leaves += [Leaf("sentence", one.span) for one in self.sentences if one.block.kind not in _WHOLE]
        return tuple(sorted(leaves, key=lambda leaf: leaf.span))

    def uncovered(self) -> list[int]:
        """Offsets of characters that are not white space and belong to no leaf; there should be none."""
        held = bytearray(len(self.text))
        for leaf in self.leaves():
            held[leaf.span.start : leaf.span.end] = b"\1" * (leaf.span.end - leaf.span.start)
        return [offset for offset, character in enumerate(self.text) if not held[offset] and not character.isspace()]

    def _require(self, start: int, end: int) -> None:
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"[{start}, {end}) is no range of a text of {len(self.text)} characters")
