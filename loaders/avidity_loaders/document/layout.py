"""Lines → headings, blocks and tables, as the profile describes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from avidity_loaders.document.lines import Heading, Line, heading, read_lines
from avidity_loaders.document.models import Block, BlockKind, Table
from avidity_loaders.document.profile import Profile
from avidity_loaders.document.tables import table_blocks, take_table


@dataclass(slots=True)
class Layout:
    """What the lines of a text turned out to be, in order; no block has a section yet."""

    headings: list[Heading] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def lay_out(text: str, profile: Profile) -> Layout:
    """The headings, blocks and tables of a text."""
    layout, lines, at = Layout(), read_lines(text), 0
    while at < len(lines):
        at = at + 1 if lines[at].blank else _take(text, lines, at, profile, layout)
    return layout


def _take(text: str, lines: Sequence[Line], at: int, profile: Profile, layout: Layout) -> int:
    """Deal with the line at `at` and those that belong to it; the index of the next one."""
    line = lines[at]
    if found := heading(line, profile):
        layout.headings.append(found)
        layout.blocks.append(Block("heading", line.body))
    elif match := profile.table_caption.match(line.text):
        table, after = take_table(text, lines, at, profile, match["label"])
        layout.tables.append(table)
        layout.blocks += table_blocks(text, table)
        return after
    elif match := profile.figure_legend.match(line.text):
        layout.blocks.append(Block("legend", line.body, label=match["label"]))
    elif profile.table_note.match(line.text):
        layout.blocks.append(Block("table-note", line.body, label=_noted(text, layout.blocks, profile)))
    else:
        layout.blocks.append(Block(_running(lines, at, profile), line.body))
    return at + 1


def _running(lines: Sequence[Line], at: int, profile: Profile) -> BlockKind:
    """What a line of running text is, by its characters and by the line above it."""
    if not any(character.isalnum() for character in lines[at].text):
        return "stray"
    return "list-item" if at and profile.list_item.match(lines[at - 1].text) else "paragraph"


def _noted(text: str, blocks: Sequence[Block], profile: Profile) -> str | None:
    """The table that a note belongs to: the one that it follows, or else the one last spoken of."""
    for block in reversed(blocks):
        if block.kind in ("caption", "table-header", "table-cell"):
            return block.label
        if mentions := list(profile.table_mention.finditer(text, block.span.start, block.span.end)):
            return mentions[-1]["label"]
    return None
