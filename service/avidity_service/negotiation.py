"""Content negotiation as RFC 9110 has it: q-values, q=0, ranges, the most specific range wins."""

from __future__ import annotations

from collections.abc import Sequence


def negotiate(accept: str | None, offered: Sequence[str]) -> str | None:
    """The offered media type that the Accept header likes best; the first one on a tie, None if it likes none.

    No header, or an empty one, accepts anything.
    """
    ranges = [_range(part) for part in (accept or "").split(",") if part.strip()]
    if not ranges:
        return offered[0]
    best, best_quality = None, 0.0
    for media_type in offered:
        quality = _quality(media_type.lower(), ranges)
        if quality > best_quality:
            best, best_quality = media_type, quality
    return best


def named(accept: str | None) -> set[str]:
    """The media types and ranges that the Accept header names and does not refuse, in lower case."""
    return {name for part in (accept or "").split(",") for name, quality in [_range(part)] if name and quality > 0}


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                quality = min(1.0, max(0.0, float(value)))
            except ValueError:
                quality = 0.0
    return name, quality


def _quality(media_type: str, ranges: list[tuple[str, float]]) -> float:
    found = [
        (specificity, quality)
        for name, quality in ranges
        if (specificity := _specificity(media_type, name)) is not None
    ]
    if not found:
        return 0.0
    most = max(specificity for specificity, _ in found)
    return max(quality for specificity, quality in found if specificity == most)


def _specificity(media_type: str, name: str) -> int | None:
    if name == media_type:
        return 2
    if name.endswith("/*") and name != "*/*" and media_type.startswith(name[:-1]):
        return 1
    return 0 if name in ("*/*", "*") else None
