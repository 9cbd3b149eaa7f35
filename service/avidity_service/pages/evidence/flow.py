"""Patient flow: the cohorts of a study with the numbers that the source states, as a tree and as a picture.

A number that is not stated is left out, never computed: 24 enrolled and 20 evaluated do not say what became of four.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any

Record = dict[str, Any]

# Property of a cohort → the stage, in the order in which patients pass them.
STAGES = {
    "enrolled": "enrolled",
    "treated": "treated",
    "evaluated": "evaluated",
    "givenRadioiodine": "given radioiodine",
}
# What comes of a stage, in the same order; every other measure stands in the table of outcomes only.
_OUTCOMES = ("uptake-restored", "threshold-met", "received-radioiodine", "complete-response", "partial-response",
             "stable-disease", "progressive-disease", "not-evaluable")  # fmt: skip

# Of the picture, in its own units; letters of the small type are about 6.4 wide.
_WIDTH, _GAP, _BETWEEN, _LINE, _PAD, _LETTERS, _BOLD = 232, 30, 14, 17, 10, 33, 28
_BAR = 9


@dataclass(slots=True)
class Cohort:
    """A cohort: `numbers` are (stage, patients), `outcomes` rows of findings, `parts` the cohorts inside it."""

    id: str
    label: str
    genotypes: list[str]
    numbers: list[tuple[str, int]]
    derived: Record | None
    outcomes: list[Record]
    note: str | None
    quotes: list[Record]
    around: set[str]
    parts: list[Cohort] = field(default_factory=list)
    depth: int = 0

    @property
    def size(self) -> int | None:
        """The number of patients: of the last stage that is stated, or the sum that the source does not print."""
        if self.numbers:
            return self.numbers[-1][1]
        return int(self.derived["size"]) if self.derived else None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a box; `share` is the count over the denominator, drawn as a bar."""

    text: str
    y: int
    bold: bool = False
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A cohort in the picture; `start` is where the line from the cohort around it begins, if there is one."""

    x: int
    y: int
    width: int
    height: int
    lines: list[Line]
    start: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes within a width and a height."""

    width: int
    height: int
    boxes: list[Box]


def cohorts_of(records: Iterable[Record], rows: Sequence[Record], quotes: dict[str, list[Record]]) -> list[Cohort]:
    """The cohorts that are part of no other, each with those inside it, in the order of the source."""
    made = [_cohort(record, rows, quotes.get(record["iri"], [])) for record in records]
    made.sort(key=lambda cohort: (min((quote["start"] for quote in cohort.quotes), default=0), cohort.id))
    known = {cohort.id: cohort for cohort in made}
    roots: list[Cohort] = []
    for cohort in made:
        around = _nearest(cohort, known)
        (around.parts if around else roots).append(cohort)
    for root in roots:
        _deepen(root, 0)
    return roots


def in_order(roots: Iterable[Cohort]) -> Iterator[Cohort]:
    """The cohorts, each followed by those inside it."""
    for cohort in roots:
        yield cohort
        yield from in_order(cohort.parts)


def in_course(row: Record) -> tuple[int, str]:
    """Where an outcome stands in the course of things: uptake, radioiodine, response, then all others."""
    measure = row["measure"]
    return _OUTCOMES.index(measure) if measure in _OUTCOMES else len(_OUTCOMES), row["id"]


def draw(roots: Sequence[Cohort]) -> Picture:
    """The cohorts as boxes, from left to right by what is part of what."""
    boxes: list[Box] = []
    bottom = 0
    for root in roots:
        bottom = _place(root, bottom, None, boxes) + _BETWEEN
    width = max((box.x + box.width for box in boxes), default=0)
    return Picture(width + 2, max(bottom - _BETWEEN, 0) + 2, boxes)


def _cohort(record: Record, rows: Sequence[Record], quotes: list[Record]) -> Cohort:
    said = record["properties"]
    own = [row for row in rows if row["cohort"] == record["id"] and row["measure"] in _OUTCOMES]
    own.sort(key=in_course)
    study = "".join(value["label"] for value in said.get("ofStudy", [])[:1])
    derived = None
    if "derivedSize" in said:
        derived = {"size": said["derivedSize"][0], "formula": "".join(said.get("sizeFormula", [])[:1])}
    return Cohort(
        id=record["id"], label=record["label"].removeprefix(f"{study}: "),
        genotypes=[value["label"] for value in said.get("definedByAlteration", [])],
        numbers=[(stage, said[name][0]) for name, stage in STAGES.items() if name in said],
        derived=derived, outcomes=own, note=next(iter(said.get("note", [])), None), quotes=quotes,
        around={value["id"] for value in said.get("partOfCohort", [])},
    )  # fmt: skip


def _nearest(cohort: Cohort, known: dict[str, Cohort]) -> Cohort | None:
    """The cohort directly around one; the graph names those further out too."""
    around = [known[name] for name in sorted(cohort.around) if name in known and name != cohort.id]
    further = {name for one in around for name in one.around}
    return next((one for one in around if one.id not in further), None)


def _deepen(cohort: Cohort, depth: int) -> None:
    cohort.depth = depth
    for part in cohort.parts:
        _deepen(part, depth + 1)


def _place(cohort: Cohort, top: int, start: tuple[int, int] | None, boxes: list[Box]) -> int:
    """Add the box of a cohort and those of its parts; the lower end of all of them."""
    lines = list(_lines(cohort))
    height = lines[-1].y + _PAD + (_BAR if lines[-1].share is not None else 0)
    x = 1 + cohort.depth * (_WIDTH + _GAP)
    boxes.append(Box(x, top + 1, _WIDTH, height, lines, start))
    bottom, next_top = top + height, top
    for part in cohort.parts:
        bottom = max(bottom, _place(part, next_top, (x + _WIDTH, top + 21), boxes))
        next_top = bottom + _BETWEEN if part is not cohort.parts[-1] else bottom
    return bottom


def _lines(cohort: Cohort) -> Iterator[Line]:
    y = _PAD + 8
    for text in wrap(cohort.label, _BOLD):
        yield Line(text, y, bold=True)
        y += _LINE
    numbers = [f"{count} {stage}" for stage, count in cohort.numbers]
    if cohort.derived:
        numbers.append(f"{cohort.derived['formula'] or cohort.derived['size']}, sum not printed")
    unstated = [] if cohort.label.endswith("number not stated") else ["number not stated"]
    for text in numbers or unstated:
        yield Line(text, y)
        y += _LINE
    for row in cohort.outcomes:
        share = row["count"] / row["denominator"] if row["count"] is not None and row["denominator"] else None
        texts = wrap(f"{row['measure_label']}{_which(row)}: {amount(row)}", _LETTERS)
        for text in texts:
            last = text is texts[-1]
            yield Line(text, y, share=share if last else None)
            y += _LINE + (_BAR if last and share is not None else 0)


def _which(row: Record) -> str:
    # A finding's id is study/cohort/measure, then what tells it from others of the same measure.
    more = str(row["id"]).split("/")[3:]
    return f" ({more[0].replace('-', ' ')})" if more else ""


def amount(row: Record) -> str:
    """What the source says of how many: a count of its denominator, a share, a value, or that nothing is reported."""
    if row["count"] is not None:
        return f"{row['count']} of {row['denominator'] or 'how many is not stated'}"
    if row["percentage"] is not None:
        return f"{row['percentage']} %"
    if row["fraction"]:
        return f"{row['fraction']}, count not printed"
    if row["value"] is not None:
        return " ".join(str(part) for part in (row["statistic"], row["comparator"], row["value"], row["unit"]) if part)
    return str(row["extent"] or "not reported")
