"""What a document consists of. Records are frozen; spans are half-open and count code points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["heading", "paragraph", "list-item", "legend", "caption", "table-note", "table-header", "cell"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """[start, end) in code points."""

    start: int
    end: int

    def holds(self, other: Span) -> bool:
        """Whether the other span lies within this one."""
        return self.start <= other.start and other.end <= self.end

    def meets(self, other: Span) -> bool:
        """Whether the two share a character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it until the next one."""

    number: str | None
    title: str
    heading: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of running text: a paragraph, list item, legend, caption or one paragraph of a table cell."""

    kind: BlockKind
    span: Span
    section: Section | None = None
    label: str | None = None  # "Figure 1", "Table 1"
    row: str | None = None  # of a cell: the text of the row's first cell
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence without the white space around it, and the block it stands in."""

    span: Span
    block: Block


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell; several paragraphs in it are separated by a blank line."""

    span: Span
    paragraphs: tuple[Span, ...]
    column: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A table row; `complete` is False where the file ends inside it."""

    cells: tuple[Cell, ...]
    span: Span
    complete: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption, the titles of its columns, and its rows."""

    label: str
    caption: Span
    header: tuple[Cell, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class ReferenceMarker:
    """A citation such as [5,6,10] or [18–33], ranges spelt out in `numbers`."""

    span: Span
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the text itself shows to be missing from the file."""

    kind: Literal["truncated-row", "missing-table", "missing-reference-list"]
    what: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """Where a passage stands, in words for people."""

    kind: BlockKind | Literal["table-row", "several"]
    label: str


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text. `blocks` and `sentences` cover every character that is not white space, in order."""

    text: str
    sha256: str
    sections: tuple[Section, ...]
    blocks: tuple[Block, ...]
    sentences: tuple[Sentence, ...]
    tables: tuple[Table, ...]
    markers: tuple[ReferenceMarker, ...]
    gaps: tuple[Gap, ...]

    @property
    def legends(self) -> tuple[Block, ...]:
        """The figure legends."""
        return tuple(block for block in self.blocks if block.kind == "legend")

    def slice(self, span: Span) -> str:
        """The text of a span."""
        return self.text[span.start : span.end]

    def sentences_in(self, span: Span) -> tuple[Sentence, ...]:
        """The sentences that share a character with the span."""
        return tuple(sentence for sentence in self.sentences if sentence.span.meets(span))

    def uncovered(self) -> list[int]:
        """Offsets of characters that are not white space and belong to no sentence; there should be none."""
        held = bytearray(len(self.text))
        for sentence in self.sentences:
            held[sentence.span.start : sentence.span.end] = b"\1" * (sentence.span.end - sentence.span.start)
        return [i for i, character in enumerate(self.text) if not held[i] and not character.isspace()]

    def context(self, start: int, end: int, width: int = 32) -> tuple[str, str]:
        """Up to `width` characters before and after, for a text quote selector."""
        return self.text[max(0, start - width) : start], self.text[end : end + width]

    def locate(self, start: int, end: int) -> Location:
        """Where [start, end) stands: section, table cell or legend."""
        blocks = list(self._blocks_in(Span(start, end)))
        if not blocks:
            return Location("several", "between paragraphs")
        first = blocks[0]
        if len(blocks) == 1:
            return Location(first.kind, _label(first))
        if all(block.row is not None and block.row == first.row for block in blocks):
            return Location("table-row", f"{first.label}, {first.row}")
        labels = list(dict.fromkeys(_label(block) for block in blocks))
        kind = first.kind if len(labels) == 1 else "several"
        return Location(kind, " – ".join(dict.fromkeys((labels[0], labels[-1]))))

    def _blocks_in(self, span: Span) -> Iterator[Block]:
        return (block for block in self.blocks if block.span.meets(span))


def _label(block: Block) -> str:
    if block.kind == "cell":
        return ", ".join(part for part in (block.label, block.row, block.column) if part)
    if block.label:
        return f"{block.label}, {block.kind.removeprefix('table-')}"
    return block.section.title if block.section else "before the first heading"
