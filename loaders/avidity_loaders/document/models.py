"""What a document consists of. Records are frozen; spans are half-open and count Unicode code points.

Document ─ sections, blocks (everything in order), sentences, tables, legends, notes, markers, gaps
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BlockKind = Literal[
    "heading", "paragraph", "list-item", "legend", "table-note", "caption", "table-header", "table-cell", "stray"
]
LeafKind = Literal["heading", "sentence", "caption", "table-header", "stray"]
LocationKind = Literal[
    "heading",
    "paragraph",
    "list-item",
    "table-cell",
    "table-header",
    "caption",
    "legend",
    "stray",
    "table-row",  # several cells of one row
    "several",  # several blocks that are not of one row
    "between",  # nothing but white space
]
GapKind = Literal[
    "truncated-row",
    "short-row",
    "missing-rows",
    "missing-table",
    "missing-legend",
    "missing-reference-list",
]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """[start, end) in code points."""

    start: int
    end: int

    def __bool__(self) -> bool:
        return self.start < self.end

    def holds(self, other: Span) -> bool:
        """Whether the other span lies within this one."""
        return self.start <= other.start and other.end <= self.end

    def meets(self, other: Span) -> bool:
        """Whether the two share a character."""
        return max(self.start, other.start) < min(self.end, other.end)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and the running text below it until the next one.

    `title` is the whole heading, as in "3. Clinical Studies"; `number` the "3" of it, `slug` what remains, as in
    "clinical-studies". `span` is the heading's own; `body` reaches from the first to the last paragraph, list item
    or table note and is empty where there is none. Legends and tables belong to no section: such a text has them at
    its end, whatever they are about.
    """

    number: str | None
    title: str
    span: Span
    body: Span
    slug: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of running text; `section` is None before the first heading."""

    span: Span
    section: Section | None


@dataclass(frozen=True, slots=True)
class ListItem:
    """An item of a list, without its bullet."""

    span: Span
    section: Section | None


@dataclass(frozen=True, slots=True)
class FigureLegend:
    """A figure's legend with its label ("Figure 1"); `sentences` are those after the label."""

    label: str
    span: Span
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class TableNote:
    """The key to a table's abbreviations, wherever it stands; `label` is None where no table is near."""

    label: str | None
    span: Span
    section: Section | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell; its paragraphs were separated by line breaks.

    `row` counts the rows below the header from 0 and is None in the header; `column` is the title at the head of
    the column, None where the row is longer than the header. An empty cell has an empty span.
    """

    span: Span
    paragraphs: tuple[Span, ...]
    column: str | None
    row: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """A table row; `complete` is False where it has fewer cells than the header or the file ends inside it."""

    cells: tuple[Cell, ...]
    span: Span
    complete: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its label ("Table 1"), its caption, the cells at the head of its columns, and its rows."""

    label: str
    caption: Span
    header: tuple[Cell, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A line of text in its role: a heading, paragraph, list item, legend, caption or one paragraph of a cell.

    `label` is that of the figure or table; `row` the text of the row's first cell; `column` its title. A stray block
    has neither letter nor digit.
    """

    kind: BlockKind
    span: Span
    section: Section | None = None
    label: str | None = None
    row: str | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence without the white space around it, and the block that it stands in.

    What can be quoted alone is one too: a heading, a column's title, and a label such as "Figure 1." in its legend.
    """

    span: Span
    block: Block


@dataclass(frozen=True, slots=True)
class Leaf:
    """One of the smallest units that a text divides into without rest: every visible character is in one."""

    kind: LeafKind
    span: Span


@dataclass(frozen=True, slots=True)
class ReferenceMarker:
    """A citation such as [5,6,10] or [18–33], ranges spelt out in `numbers`."""

    span: Span
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the text itself shows to be missing from the file; `span` is what shows it."""

    kind: GapKind
    what: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """Where a passage stands. `label` says it in one line, as in "Table 1, Ho et al. [19], Protocol"."""

    kind: LocationKind
    label: str
    section: str | None = None
    table: str | None = None
    row: str | None = None
    column: str | None = None
    figure: str | None = None
