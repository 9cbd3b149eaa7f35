"""A forest plot laid out: where each interval, square and mark stands. The template draws it, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avidity_service.synthesis.timepoints import NOT_STATED

Row = Mapping[str, Any]
LEFT, SCALE, STRIP, ROW, WIDTH = 250, 270, 112, 30, 860
_TICKS = (0, 20, 40, 60, 80, 100)
# How uptake was judged, for the strip: a word and a pattern for each.
JUDGED = {
    "diagnostic-scan": ("scan before", "hatched"),
    "post-therapeutic-scan": ("therapy scan", "solid"),
    NOT_STATED: ("not stated", "dashed"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One study: its middle from above, the ends and middle of its interval from the left, half its square's side."""

    row: Row
    y: float
    low: float
    middle: float
    high: float
    half: float
    strip: str
    pattern: str
    numbers: str


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn: lines, the ticks of the scale, the pooled estimate (as points of a diamond) or None."""

    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, int], ...]
    diamond: str
    pooled: str
    pooled_y: float
    height: float
    strip_x: float
    strip_name: str


def plotted(rows: Sequence[Row], pooled: Row | None) -> Plot | None:
    """The plot of results with intervals; None where there are fewer than two to compare."""
    if len(rows) < 2:
        return None
    uptake = any(row["likeness"]["definition"] for row in rows)
    timed = any(row["likeness"]["timepoint"] for row in rows)
    lines = tuple(_line(row, ROW * (number + 1.2), uptake) for number, row in enumerate(rows))
    end = ROW * (len(rows) + 1.2)
    diamond, words = "", ""
    if pooled:
        low, middle, high = (_x(pooled[name]) for name in ("low", "proportion", "high"))
        diamond = f"{low},{end} {middle},{end - 9} {high},{end} {middle},{end + 9}"
        words = f"{_percent(pooled['proportion'])} ({_range(pooled)} %)"
    ticks = tuple((_x(tick / 100), tick) for tick in _TICKS)
    name = "judged on" if uptake else "time" if timed else ""
    height = end + ROW * (1.1 if pooled else 0.1)
    return Plot(lines, ticks, diamond, words, end, height, LEFT + SCALE + 14, name)


def _line(row: Row, y: float, uptake: bool) -> Line:
    how, when = row["likeness"]["definition"], row["likeness"]["timepoint"]
    word, pattern = JUDGED.get(how, ("", "")) if uptake else (_time(when), "")
    numbers = f"{row['count']}/{row['denominator']} {_percent(row['proportion'])} ({_range(row)} %)"
    half = round(2.5 + 0.8 * float(row["denominator"]) ** 0.5, 1)
    return Line(row, y, _x(row["low"]), _x(row["proportion"]), _x(row["high"]), half, word, pattern, numbers)


def _time(when: str | None) -> str:
    return "" if when is None else "not stated" if when == NOT_STATED else when.replace("-", " ")


def _x(proportion: float) -> float:
    return round(LEFT + SCALE * proportion, 1)


def _range(row: Row) -> str:
    return f"{100 * row['low']:.0f}–{100 * row['high']:.0f}"


def _percent(proportion: float) -> str:
    return f"{100 * proportion:.0f} %"
