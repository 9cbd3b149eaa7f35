"""What the text itself shows to be missing: silence is data."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from avidity_loaders.document.models import Block, Gap, GapKind, ReferenceMarker, Row, Section, Span, Table
from avidity_loaders.document.profile import Profile
from avidity_loaders.document.tables import ends_file, row_name


def find_gaps(
    text: str,
    profile: Profile,
    sections: Sequence[Section],
    blocks: Sequence[Block],
    tables: Sequence[Table],
    markers: Sequence[ReferenceMarker],
) -> Iterator[Gap]:
    """The gaps: in tables first, then what is spoken of but not there, then the list of references."""
    for table in tables:
        yield from _table_gaps(text, table)
    captioned = {table.label for table in tables}
    yield from _unkept(text, profile.table_mention, captioned, "missing-table", "is referred to but is not in the file")
    legends = {block.label for block in blocks if block.kind == "legend"}
    without = "is referred to but has no legend in the file"
    yield from _unkept(text, profile.figure_mention, legends, "missing-legend", without)
    listed = any(section.title in profile.reference_list and section.body for section in sections)
    if markers and not listed:
        yield _no_references(markers)


def _table_gaps(text: str, table: Table) -> Iterator[Gap]:
    if not table.rows:
        yield Gap("missing-rows", f"{table.label} has a caption but no rows", table.caption)
    for row in table.rows:
        if not row.complete:
            yield _row_gap(text, table, row)


def _row_gap(text: str, table: Table, row: Row) -> Gap:
    name = row_name(text, row)
    if ends_file(text, row.span):
        tail = " ".join(text[row.span.start : row.span.end].split()[-3:])
        return Gap("truncated-row", f"the file ends inside {table.label}, in the row “{name}” (“… {tail}”)", row.span)
    few = f"{len(row.cells)} of {len(table.header)} cells"
    if not text[row.span.end :].strip():
        return Gap("truncated-row", f"the file ends inside {table.label}, in the row “{name}” ({few})", row.span)
    return Gap("short-row", f"the row “{name}” of {table.label} has {few}", row.span)


def _unkept(text: str, mention: re.Pattern[str], there: Container[object], kind: GapKind, words: str) -> Iterator[Gap]:
    """One gap for each label that is spoken of but not there, at its first mention."""
    first: dict[str, Span] = {}
    for match in mention.finditer(text):
        first.setdefault(match["label"], Span(*match.span()))
    for label, span in first.items():
        if label not in there:
            yield Gap(kind, f"{label} {words}", span)


def _no_references(markers: Sequence[ReferenceMarker]) -> Gap:
    cited = {number for marker in markers for number in marker.numbers}
    never = [str(number) for number in range(min(cited), max(cited)) if number not in cited]
    which = f"{min(cited)} to {max(cited)}" + (f", never {', '.join(never)}" if never else "")
    what = f"{len(cited)} references ({which}) are cited, but the list is not in the file"
    return Gap("missing-reference-list", what)
