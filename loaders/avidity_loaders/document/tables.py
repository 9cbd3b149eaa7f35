"""Caption, header and rows of a table whose cells each begin with a tab on a line of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from avidity_loaders.document.lines import Line, begins_block
from avidity_loaders.document.models import Block, Cell, Row, Span, Table
from avidity_loaders.document.profile import Profile

Parts = list[Span]  # a cell as the lines that it consists of
_ENDINGS = (".", "!", "?", ";", ":", ")", "]", "”", '"')


def take_table(text: str, lines: Sequence[Line], at: int, profile: Profile, label: str) -> tuple[Table, int]:
    """The table whose caption is the line at index `at`, and the index of the first line after it."""
    groups, after = _row_groups(lines, at + 1, profile)
    titles = [_words(text, parts) for parts in groups[0]] if groups else []
    header = tuple(_cell(parts, title, None) for parts, title in zip(groups[0], titles, strict=True)) if groups else ()
    rows = tuple(_row(text, group, titles, index) for index, group in enumerate(groups[1:]))
    return Table(label, lines[at].body, header, rows), after


def _row_groups(lines: Sequence[Line], at: int, profile: Profile) -> tuple[list[list[Parts]], int]:
    """Rows as lists of cells. The table ends at a heading, legend, note or caption, or at text after a row's end."""
    groups: list[list[Parts]] = []
    blank, after = profile.row_gap, at
    for index in range(at, len(lines)):
        line = lines[index]
        if _begins_cell(lines, index, profile, blank):
            if blank >= profile.row_gap:
                groups.append([])
            groups[-1].append([line.body])
        elif line.blank and not profile.list_item.match(line.text):
            blank += 1
            continue
        elif groups and blank < profile.row_gap and not line.blank and not begins_block(line, profile):
            groups[-1][-1].append(line.body)
        else:
            break
        blank, after = 0, index + 1
    return groups, after


def _begins_cell(lines: Sequence[Line], index: int, profile: Profile, blank: int) -> bool:
    """Whether a cell begins here. A lone tab is an empty cell, but above a line of text it is a list's bullet."""
    if not profile.cell_start.match(lines[index].text):
        return False
    following = lines[index + 1] if index + 1 < len(lines) else None
    if not lines[index].blank or (following and profile.cell_start.match(following.text)):
        return True
    return blank < profile.row_gap and (following is None or following.blank)


def _row(text: str, group: list[Parts], titles: list[str], index: int) -> Row:
    columns = [*titles, *[None] * max(0, len(group) - len(titles))]
    cells = tuple(_cell(parts, column, index) for parts, column in zip(group, columns, strict=False))
    span = Span(cells[0].span.start, cells[-1].span.end)
    return Row(cells, span, len(cells) >= len(titles) and not ends_file(text, span))


def _cell(parts: Parts, column: str | None, row: int | None) -> Cell:
    return Cell(Span(parts[0].start, parts[-1].end), tuple(part for part in parts if part), column, row)


def ends_file(text: str, span: Span) -> bool:
    """Whether the file breaks off right here: neither a line break nor a mark that closes a sentence follows."""
    return span.end == len(text) and not text.endswith(_ENDINGS)


def row_name(text: str, row: Row) -> str:
    """The text of the row's first cell on one line, by which people find the row."""
    return _words(text, row.cells[0].paragraphs)


def table_blocks(text: str, table: Table) -> Iterator[Block]:
    """The table's caption, header cells and paragraphs of cells in order; empty cells have none."""
    yield Block("caption", table.caption, label=table.label)
    for cell in table.header:
        for part in cell.paragraphs:
            yield Block("table-header", part, label=table.label, column=cell.column)
    for row in table.rows:
        name = row_name(text, row)
        for cell in row.cells:
            for part in cell.paragraphs:
                yield Block("table-cell", part, label=table.label, row=name, column=cell.column)


def _words(text: str, parts: Sequence[Span]) -> str:
    return " ".join(" ".join(text[part.start : part.end].split()) for part in parts)
