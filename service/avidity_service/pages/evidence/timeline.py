"""A study's protocol in time: what was given, scanned and stopped, and when, as far as the source states it.

Nothing gets a place that is not stated. A regimen with a duration is a bar from its own start; a scan is a point only
if its words name a day; a stop rule counts from the radioiodine, which has an axis of its own. Everything else is
listed with the words of the source. A month has no fixed number of days, so months have their own axis, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

Record = dict[str, Any]
Quantities = Callable[[str], Record]
Kind = Literal["drug", "scan", "radioiodine", "stop"]
TREATMENT, RADIOIODINE = "start of treatment", "radioiodine"

_ON_DAY = re.compile(r"(?:on|at) day ([0-9]{1,4})(?: \(±\s?([0-9]{1,3}) days?\))?", re.IGNORECASE)
_AFTER_DAYS = re.compile(r"after ([0-9]{1,4}) days", re.IGNORECASE)
_BEFORE_SCAN = re.compile(r"for ([0-9]{1,4}) days before the [^,.;]{0,20}scan", re.IGNORECASE)
_AFTER_ACTIVITY = re.compile(
    r"([0-9]{1,4}) days after (?:the )?administration of .{0,20}(?:131-I|I-131)", re.IGNORECASE
)
_KINDS: dict[str, Kind] = {"regimen": "drug", "assessment": "scan", "radioiodine-therapy": "radioiodine"}


@dataclass(frozen=True, slots=True)
class Day:
    """A day that words name: `day` days after `origin`, give or take `spread`."""

    origin: str
    day: int
    spread: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """What was done. `start` and `end` count in `unit` from `origin`; all three are None where no place is stated.

    `low` and `high` bound `end`, where the source gives a range or a deviation. `words` tell the time as printed.
    """

    kind: Kind
    id: str
    label: str
    witness: str
    words: str
    quotes: list[Record]
    origin: str | None = None
    unit: str | None = None
    start: float | None = None
    end: float | None = None
    low: float | None = None
    high: float | None = None
    about: bool = False

    @property
    def placed(self) -> bool:
        """Whether the source states where it stands on an axis."""
        return self.end is not None


@dataclass(frozen=True, slots=True)
class Mark:
    """An event on an axis, in the picture's own units."""

    event: Event
    y: int
    x: float
    width: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Axis:
    """Events that count in one unit from one origin, with ticks (x, number)."""

    origin: str
    unit: str
    marks: list[Mark]
    ticks: list[tuple[float, int]]
    height: int
    zero: float


# A course that goes on from another, or comes again, by the label that it was given.
_CONTINUES = re.compile(r"\bmore\b|\bsecond course\b")
_COURSE = ("drug", "scan", "radioiodine", "stop")
WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 760, 12, 30, 40, 8
_STEPS = {"day": (1, 2, 7, 14, 28, 56, 112, 364), "month": (1, 2, 3, 6, 12, 24, 60, 120)}


def stated_day(words: str) -> Day | None:
    """The day that the words of a time name whole, or None: 'Following treatment' or 'at week three' name none."""
    words = words.strip()
    if found := _ON_DAY.fullmatch(words):
        return Day(TREATMENT, int(found[1]), int(found[2] or 0))
    if found := _AFTER_DAYS.fullmatch(words) or _BEFORE_SCAN.fullmatch(words):
        return Day(TREATMENT, int(found[1]))
    if found := _AFTER_ACTIVITY.fullmatch(words):
        return Day(RADIOIODINE, int(found[1]))
    return None


def events_of(parts: Iterable[Record], quantity: Quantities, quotes: dict[str, list[Record]]) -> list[Event]:
    """The events of a study's regimens, assessments and radioiodine: drugs first, stops last.

    Args:
        parts: records of `Things.record`; of other kinds than these three, none is taken.
        quantity: from an IRI to the record of the quantity.
        quotes: the passages behind each part, by its IRI.
    """
    found = []
    for part in parts:
        if part["kind"] in _KINDS:
            found += _events(part, quantity, quotes.get(part["iri"], []))
    return sorted(found, key=lambda event: _COURSE.index(event.kind))


def axes_of(events: Iterable[Event]) -> list[Axis]:
    """The placed events, by origin and unit: days before months, treatment before radioiodine."""
    by_axis: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        if event.placed and event.origin and event.unit:
            by_axis.setdefault((event.origin, event.unit), []).append(event)
    return [_axis(*key, by_axis[key]) for key in sorted(by_axis, key=lambda key: (key[0] != TREATMENT, key[1]))]


def _events(part: Record, quantity: Quantities, quotes: list[Record]) -> list[Event]:
    first: dict[str, Any] = {name: values[0] for name, values in part["properties"].items()}
    same = {"id": f"{part['kind']}/{part['id']}", "label": part["label"], "witness": str(first.get("witness", "")),
            "quotes": quotes}  # fmt: skip
    kind = _KINDS[part["kind"]]
    if kind != "drug":
        return [_point(kind, str(first.get("timing", "")), same)]
    if "hasDuration" in first:
        made = [_drug(quantity(first["hasDuration"]["iri"]), same)]
    else:
        made = [Event("drug", words="", **same)]
    if "stoppedAfterRadioiodine" in first:
        made.append(_stop(quantity(first["stoppedAfterRadioiodine"]["iri"]), str(first.get("course", "")), same))
    return made


def _point(kind: Kind, words: str, same: dict[str, Any]) -> Event:
    """A scan or radioiodine, on the day that its words name."""
    day = stated_day(words)
    if day is None:
        return Event(kind, words=words, **same)
    low, high = (day.day - day.spread, day.day + day.spread) if day.spread else (None, None)
    place: dict[str, Any] = {"origin": day.origin, "unit": "day", "start": day.day, "end": day.day}
    return Event(kind, words=words, low=low, high=high, **place, **same)


def _drug(duration: Record, same: dict[str, Any]) -> Event:
    said = {name: values[0] for name, values in duration["properties"].items()}
    words, unit = in_words(said), said.get("normalisedUnit")
    value = said.get("normalisedValue")
    if unit not in _STEPS or value is None or "comparator" in said:
        return Event("drug", words=words, **same)
    low, high = said.get("normalisedLow"), said.get("normalisedHigh")
    if "plusMinus" in said and said.get("value"):
        # The deviation is in the unit as printed, so it is scaled as the value was.
        spread = float(said["plusMinus"]) * float(value) / float(said["value"])
        low, high = float(value) - spread, float(value) + spread
    if _CONTINUES.search(str(same["label"])):
        # It is so long, but it does not begin with the treatment.
        return Event("drug", words=words, **same)
    return Event("drug", words=words, origin=TREATMENT, unit=unit, start=0, end=value, low=low, high=high,
                 about="approximate" in said, **same)  # fmt: skip


def _stop(quantity: Record, course: str, same: dict[str, Any]) -> Event:
    said = {name: values[0] for name, values in quantity["properties"].items()}
    words = course or f"{in_words(said)} after radioiodine"
    if said.get("normalisedUnit") != "day" or "normalisedValue" not in said:
        return Event("stop", words=words, **same)
    day = said["normalisedValue"]
    return Event("stop", words=words, origin=RADIOIODINE, unit="day", start=day, end=day, **same)


def in_words(said: Record) -> str:
    """A quantity as printed: 'about 4 weeks', 'median 14.4 months (0.9–76.4)', '21 ± 3 days'."""
    spread = f"{said['low']}–{said['high']}" if "low" in said and "high" in said else ""
    amount = str(said.get("value", spread))
    if "plusMinus" in said:
        amount += f" ± {said['plusMinus']}"
    unit = str(said.get("unit", ""))
    plural = unit if amount == "1" or unit == "%" else unit + "s"
    about = "about" if said.get("approximate") else None
    start = " ".join(str(part) for part in (said.get("statistic"), about) if part)
    behind = f" ({spread})" if spread and spread != amount else ""
    return f"{start} {said.get('comparator', '')}{amount} {plural}{behind}".strip()


def _axis(origin: str, unit: str, events: list[Event]) -> Axis:
    most = max(max(event.end or 0, event.high or 0) for event in events) or 1
    step = next((step for step in _STEPS[unit] if most / step <= 12), _STEPS[unit][-1])
    last = -(-int(most + 0.999) // step) * step
    scale = (WIDTH - _LEFT - _RIGHT) / last

    def at(value: float) -> float:
        return round(_LEFT + float(value) * scale, 1)

    marks = [
        Mark(
            event, _TOP + i * _ROW, at(event.start or 0),
            round(at(event.end or 0) - at(event.start or 0), 1),
            None if event.low is None else at(event.low), None if event.high is None else at(event.high),
        )
        for i, event in enumerate(sorted(events, key=_order))
    ]  # fmt: skip
    ticks = [(at(number), number) for number in range(0, last + 1, step)]
    return Axis(origin, unit, marks, ticks, _TOP + len(marks) * _ROW + 26, at(0))


def _order(event: Event) -> tuple[float, float, str]:
    return event.start or 0, event.end or 0, event.id
