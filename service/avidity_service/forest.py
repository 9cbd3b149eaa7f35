"""A forest plot as SVG: one row a study with its interval, and the pooled proportion only where there is one.

The picture says no more than the group of `/api/v1/synthesis` that it is drawn from; the numbers stand in it as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_LEFT, _SCALE, _RIGHT, _ROW = 250, 360, 190, 26
_WIDTH = _LEFT + _SCALE + _RIGHT


class Picture(str):
    """SVG as text, which a notebook shows as a picture."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)


def forest_plot(group: Mapping[str, Any]) -> Picture:
    """A group of a synthesis as an SVG element, 800 units wide; it takes its colours from the text around it."""
    rows, pooled = group["rows"], group["pooled"]
    lines = len(rows) + (1 if pooled else 0)
    height = _ROW * (lines + 2)
    parts = [*_axis(height)]
    for number, row in enumerate(rows):
        parts += _study(row, _ROW * (number + 1))
    if pooled:
        parts += _diamond(pooled, _ROW * (len(rows) + 1))
    title = f"{group['label']}: {'; '.join(_words(row) for row in rows)}"
    return Picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img" '
        f'font-family="sans-serif" font-size="13" fill="currentColor" stroke="none">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _axis(height: float) -> Iterator[str]:
    for tenth in range(0, 11, 2):
        x, strong = _x(tenth / 10), tenth in (0, 10)
        yield (
            f'<line x1="{x}" x2="{x}" y1="{_ROW * 0.4:g}" y2="{height - _ROW}" stroke="currentColor" '
            f'stroke-opacity="{0.6 if strong else 0.2}"/>'
        )
        yield f'<text x="{x}" y="{height - 8}" text-anchor="middle">{tenth * 10} %</text>'


def _study(row: Mapping[str, Any], y: float) -> Iterator[str]:
    # A square grows with the number of patients, by area.
    side = 4 + 1.4 * float(row["denominator"]) ** 0.5
    low, middle, high = _x(row["low"]), _x(row["proportion"]), _x(row["high"])
    yield f'<text x="0" y="{y + 4}">{escape(row["study_label"])}</text>'
    yield f'<line x1="{low}" x2="{high}" y1="{y}" y2="{y}" stroke="currentColor" stroke-width="1.5"/>'
    yield f'<rect x="{middle - side / 2:.1f}" y="{y - side / 2:.1f}" width="{side:.1f}" height="{side:.1f}"/>'
    yield f'<text x="{_LEFT + _SCALE + 20}" y="{y + 4}">{_numbers(row)}</text>'


def _diamond(pooled: Mapping[str, Any], y: float) -> Iterator[str]:
    low, middle, high = _x(pooled["low"]), _x(pooled["proportion"]), _x(pooled["high"])
    percent = f"{_percent(pooled['proportion'])} ({_percent(pooled['low'])}–{_percent(pooled['high'])})"
    yield f'<text x="0" y="{y + 4}" font-weight="bold">random effects, {pooled["studies"]} studies</text>'
    yield f'<path d="M{low} {y} L{middle} {y - 8} L{high} {y} L{middle} {y + 8} Z"/>'
    yield f'<text x="{_LEFT + _SCALE + 20}" y="{y + 4}" font-weight="bold">{percent}</text>'


def _x(proportion: float) -> float:
    return round(_LEFT + _SCALE * proportion, 1)


def _numbers(row: Mapping[str, Any]) -> str:
    interval = f"{_percent(row['low'])}–{_percent(row['high'])}"
    return f"{row['count']}/{row['denominator']}, {_percent(row['proportion'])} ({interval})"


def _words(row: Mapping[str, Any]) -> str:
    return f"{row['study_label']} {row['count']} of {row['denominator']}"


def _percent(proportion: float) -> str:
    return f"{100 * proportion:.0f} %"
