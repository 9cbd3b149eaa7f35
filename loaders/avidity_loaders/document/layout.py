"""Lines → sections, blocks and tables, as the profile describes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from avidity_loaders.document.models import Block, Cell, Row, Section, Span, Table
from avidity_loaders.document.profile import Profile
from avidity_loaders.document.sentences import trim


@dataclass(slots=True)
class Layout:
    """What the lines of a text turned out to be."""

    headings: list[tuple[str | None, str, Span]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def lay_out(text: str, profile: Profile) -> tuple[tuple[Section, ...], list[Block], list[Table]]:
    """Sections, blocks in order, and tables."""
    layout = Layout()
    lines = list(_lines(text))
    at = 0
    while at < len(lines):
        at = _take(text, lines, at, profile, layout)
    sections = _sections(layout, len(text))
    blocks = [_placed(block, sections) for block in layout.blocks]
    return sections, blocks, layout.tables


def _lines(text: str) -> Iterator[Span]:
    start = 0
    for line in text.split("\n"):
        yield Span(start, start + len(line))
        start += len(line) + 1


def _take(text: str, lines: list[Span], at: int, profile: Profile, layout: Layout) -> int:
    """Deal with the line at `at`, and those that belong to it; the index of the next one."""
    line = text[lines[at].start : lines[at].end]
    body = trim(text, lines[at])
    if body.start == body.end:
        return at + 1
    for pattern in profile.headings:
        if match := re.match(pattern, line):
            groups = match.groupdict()
            layout.headings.append((groups.get("number"), groups["title"].strip(), body))
            layout.blocks.append(Block("heading", body))
            return at + 1
    if match := re.match(profile.table_caption, line):
        return _take_table(text, lines, at, profile, layout, match["label"])
    if match := re.match(profile.figure_legend, line):
        layout.blocks.append(Block("legend", body, label=match["label"]))
    elif re.match(profile.table_note, line):
        layout.blocks.append(Block("table-note", body))
    else:
        kind = (
            "list-item"
            if at and re.match(profile.list_item, text[lines[at - 1].start : lines[at - 1].end])
            else "paragraph"
        )
        layout.blocks.append(Block(kind, body))  # type: ignore[arg-type]
    return at + 1


def _take_table(text: str, lines: list[Span], at: int, profile: Profile, layout: Layout, label: str) -> int:
    caption = trim(text, lines[at])
    layout.blocks.append(Block("caption", caption, label=label))
    groups, at = _row_groups(text, lines, at + 1, profile)
    header = tuple(_cell(parts, None) for parts in groups[0]) if groups else ()
    titles = [" ".join(text[cell.span.start : cell.span.end].split()) for cell in header]
    rows = []
    for group in groups[1:]:
        cells = tuple(_cell(parts, titles[i] if i < len(titles) else None) for i, parts in enumerate(group))
        span = Span(cells[0].span.start, cells[-1].span.end)
        rows.append(Row(cells, span, len(cells) >= len(header) and not _cut(text, span)))
    table = Table(label, caption, header, tuple(rows))
    layout.tables.append(table)
    layout.blocks += _table_blocks(text, table)
    return at


def _row_groups(text: str, lines: list[Span], at: int, profile: Profile) -> tuple[list[list[list[Span]]], int]:
    """Rows as lists of cells, a cell as the list of its lines; ends at a heading, legend or another table."""
    groups: list[list[list[Span]]] = []
    blank = profile.row_gap
    while at < len(lines):
        line = text[lines[at].start : lines[at].end]
        if not line.strip():
            blank += 1
        elif re.match(profile.cell_start, line):
            if blank >= profile.row_gap or not groups:
                groups.append([])
            groups[-1].append([trim(text, lines[at])])
            blank = 0
        elif groups and blank < profile.row_gap and not _starts_something(line, profile):
            groups[-1][-1].append(trim(text, lines[at]))
            blank = 0
        else:
            break
        at += 1
    return groups, at


def _starts_something(line: str, profile: Profile) -> bool:
    patterns = (*profile.headings, profile.table_caption, profile.figure_legend, profile.table_note)
    return any(re.match(pattern, line) for pattern in patterns)


def _cell(parts: list[Span], column: str | None) -> Cell:
    return Cell(Span(parts[0].start, parts[-1].end), tuple(parts), column)


def _cut(text: str, span: Span) -> bool:
    """Whether the file ends here in the middle of a sentence."""
    return not text[span.end :] and not text[: span.end].endswith((".", ")", ";", "!", "?"))


def _table_blocks(text: str, table: Table) -> Iterator[Block]:
    for cell in table.header:
        yield Block("table-header", cell.span, label=table.label)
    for row in table.rows:
        first = row.cells[0].span
        name = " ".join(text[first.start : first.end].split())
        for cell in row.cells:
            for part in cell.paragraphs:
                yield Block("cell", part, label=table.label, row=name, column=cell.column)


def _sections(layout: Layout, end: int) -> tuple[Section, ...]:
    starts = [span.start for _, _, span in layout.headings]
    # Figure legends and tables stand behind the text and belong to no section.
    tail = min((b.span.start for b in layout.blocks if b.kind in ("legend", "caption")), default=end)
    sections = []
    for i, (number, title, span) in enumerate(layout.headings):
        until = starts[i + 1] if i + 1 < len(starts) else max(span.end, tail if tail > span.end else end)
        sections.append(Section(number, title, span, Span(span.start, until)))
    return tuple(sections)


def _placed(block: Block, sections: tuple[Section, ...]) -> Block:
    section = next((section for section in sections if section.span.holds(block.span)), None)
    return Block(block.kind, block.span, section, block.label, block.row, block.column)
