"""The source's text laid out for reading: sections, paragraphs, table rows, and which words prove something.

Passages nest and overlap, so the text is cut wherever one begins or ends; each run then knows the passages around it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from avidity_service.errors import UnknownValue
from avidity_service.source import Passage, Source

Record = dict[str, Any]
_PLACE = re.compile(r"(?:.*/)?([0-9]{1,9})-([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Run:
    """Words between two cuts; `anchors` are the passages (start, end) that begin with them."""

    text: str
    start: int
    end: int
    cited: bool
    anchors: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, cell, legend or heading; `how` is cited, listed or structure, `reasons` tell why words state none."""

    start: int
    end: int
    how: str
    reasons: tuple[str, ...]
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A section: a title, then paragraphs of units, and rows of cells of paragraphs where it is a table."""

    title: str
    start: int
    end: int
    paragraphs: list[list[Unit]]
    header: list[Unit]
    rows: list[list[list[list[Unit]]]]


def laid_out(source: Source) -> list[Section]:
    """The whole text; `Context.sections` makes it once for a release."""
    cuts, passages = _Cuts(source.passages.values()), _by_start(source.passages.values())
    ends = [0, *(int(row["end"]) for row in source.ledger)]
    units = [_unit(row, end, source, cuts, passages) for row, end in zip(source.ledger, ends, strict=False)]
    sections = []
    for whole in source.sections:
        inside = [
            (str(row["place"]), unit)
            for row, unit in zip(source.ledger, units, strict=True)
            if whole["start"] <= unit.start and unit.end <= whole["end"]
        ]
        sections.append(_section(whole, inside, source.text))
    return sections


def place(value: str, source: Source) -> tuple[int, int]:
    """The [start, end) that `12916-13005` or a passage's id means, in characters of the text.

    Raises:
        UnknownValue: if it is neither, or not within the text.
    """
    found = _PLACE.fullmatch(value.strip())
    start, end = (int(found[1]), int(found[2])) if found else (0, 0)
    if not start < end <= len(source.text):
        raise UnknownValue("passage", value, [f"START-END in characters of the text, 0 to {len(source.text)}"])
    return start, end


def cut(start: int, end: int, bounds: Sequence[int]) -> list[tuple[int, int]]:
    """[start, end) cut at those of the sorted bounds that lie inside it; the pieces joined are the whole."""
    inside = bounds[bisect_right(bounds, start) : bisect_left(bounds, end)]
    return list(pairwise([start, *inside, end])) if start < end else []


def covering(start: int, end: int, passages: Iterable[Passage]) -> tuple[Passage | None, list[Passage]]:
    """The passage that is exactly [start, end), if there is one, and the others that share a character with it."""
    touching = [one for one in passages if one.start < end and start < one.end]
    exact = next((one for one in touching if (one.start, one.end) == (start, end)), None)
    return exact, [one for one in touching if one is not exact]


class _Cuts:
    """Where passages begin and end, and how many lie over a place."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        change: dict[int, int] = {}
        for passage in passages:
            change[passage.start] = change.get(passage.start, 0) + 1
            change[passage.end] = change.get(passage.end, 0) - 1
        self.bounds = sorted(change)
        self.depth, depth = [], 0
        for bound in self.bounds:
            depth += change[bound]
            self.depth.append(depth)

    def cited(self, start: int) -> bool:
        """Whether a passage lies over the character at `start`."""
        i = bisect_right(self.bounds, start) - 1
        return i >= 0 and self.depth[i] > 0


def _by_start(passages: Iterable[Passage]) -> dict[int, list[Passage]]:
    found: dict[int, list[Passage]] = {}
    for passage in passages:
        found.setdefault(passage.start, []).append(passage)
    return found


def _unit(row: Record, before: int, source: Source, cuts: _Cuts, passages: dict[int, list[Passage]]) -> Unit:
    """A record of the ledger with its runs; a passage that begins in the blanks `before` it begins with it."""
    start, end = int(row["start"]), int(row["end"])
    # A passage that is the whole unit is found by the unit's own anchor.
    own = [
        (one.start, one.end)
        for at in range(before, end)
        for one in passages.get(at, ())
        if (one.start, one.end) != (start, end)
    ]
    runs = [
        Run(
            source.text[one:other], one, other, cuts.cited(one),
            tuple(place for place in own if place[0] == one or (one == start and place[0] < start)),
        )
        for one, other in cut(start, end, cuts.bounds)
    ]  # fmt: skip
    return Unit(start, end, str(row["how"]), tuple(row["reasons"]), tuple(runs))


def _section(whole: Record, inside: list[tuple[str, Unit]], text: str) -> Section:
    title = str(whole["title"])
    header: list[Unit] = []
    rows: dict[str, dict[str, list[Unit]]] = {}
    plain: list[Unit] = []
    for where, unit in inside:
        cell = where.removeprefix(f"{title}, ").rsplit(", ", 1)
        if where == f"{title}, header":
            header.append(unit)
        elif where != title and len(cell) == 2:
            rows.setdefault(cell[0], {}).setdefault(cell[1], []).append(unit)
        elif not (unit.how == "structure" and text[unit.start : unit.end] == title):
            plain.append(unit)
    table = [[_paragraphs(cell, text) for cell in row.values()] for row in rows.values()]
    return Section(title, int(whole["start"]), int(whole["end"]), _paragraphs(plain, text), header, table)


def _paragraphs(units: list[Unit], text: str) -> list[list[Unit]]:
    """The units, apart where a line ends between them."""
    numbers, number, last = [], 0, None
    for unit in units:
        number += last is not None and "\n" in text[last : unit.start]
        numbers.append(number)
        last = unit.end
    return [[units[i] for i in group] for _, group in groupby(range(len(units)), key=numbers.__getitem__)]
