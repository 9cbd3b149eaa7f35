"""Adverse events by grade: patients or events as the source states them. What is not reported is never zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
GRADES = (5, 4, 3, 2, 1)  # CTCAE


@dataclass(frozen=True, slots=True)
class Grade:
    """Harms of one grade, or of a range printed together; `name` is '3', '1–2' or 'not stated'."""

    name: str
    low: int | None
    high: int | None
    rows: list[Row]


def by_grade(rows: Iterable[Row]) -> list[Grade]:
    """The grades, the highest first; one that no row speaks of is there with no rows, the unstated only with some."""
    found: dict[tuple[int | None, int | None], list[Row]] = {}
    for row in rows:
        found.setdefault((row["grade"], row["grade_high"]), []).append(row)
    spoken = {grade for low, high in found if low and high for grade in range(low, high + 1)}
    for grade in GRADES:
        if grade not in spoken:
            found[grade, grade] = []
    return [Grade(_name(low, high), low, high, found[low, high]) for low, high in sorted(found, key=_severity)]


def patients(row: Row) -> str:
    """How many patients had it, in words, or empty where the source does not say."""
    count, of = row["patients"], row["denominator"]
    if count is not None:
        return f"{count} of {of or 'how many is not stated'}"
    return _share(row, "patients")


def events(row: Row) -> str:
    """How many events there were, in words, or empty where the source does not say."""
    if row["events"] is not None:
        return f"{row['events']} of {row['of_events']}" if row["of_events"] else str(row["events"])
    return _share(row, "events")


def otherwise(row: Row) -> str:
    """What the source says where it counts neither: 'most', 'reported', or a share of it does not say what."""
    if patients(row) or events(row):
        return ""
    if row["percentage"] is not None:
        return f"{row['percentage']} %, of patients or of events is not said"
    return f"“{row['extent']}”, no number" if row["extent"] not in (None, "reported") else "reported, no number"


def _share(row: Row, of: str) -> str:
    return f"{row['percentage']} % of {of}" if row["percentage_of"] == of and row["percentage"] is not None else ""


def _severity(grades: tuple[int | None, int | None]) -> tuple[int, int]:
    low, high = grades
    return -(high or 0), -(low or 0)


def _name(low: int | None, high: int | None) -> str:
    if low is None:
        return "not stated"
    return str(low) if high in (None, low) else f"{low}–{high}"
