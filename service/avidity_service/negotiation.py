"""Content negotiation as RFC 9110 has it: q-values, q=0, ranges, the most specific range wins.

A client may send a header as long as a head may be, and the loop of connections reads it; so no more of it is looked at
than any honest client writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

# RFC 9110, 12.4.2, and `.2`, which Java's own client has always sent.
_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?|\.[0-9]{1,3}")
# Ranges of a header, and parameters of a range, that are looked at; a server may disregard the others (12.5.1).
_MOST_RANGES, _MOST_PARAMETERS = 64, 16
# Characters of a header that is worth remembering.
_SHORT = 1024

Weighted = tuple[tuple[str, float], ...]


def weighted(header: str | None) -> Weighted:
    """What a header of the Accept family names, in lower case and in its order, each with its weight from 0 to 1.

    Of more than 64 names the first 64; a weight that is none refuses.
    """
    if header is None:
        return ()
    return _remembered(header) if len(header) <= _SHORT else _read(header)


def negotiate(accept: str | None, offered: Sequence[str]) -> str | None:
    """The offered media type that the Accept header likes best; the first one on a tie, None if it likes none.

    No header, or an empty one, accepts anything.
    """
    ranges = weighted(accept)
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
    return {name for name, quality in weighted(accept) if name and quality > 0}


def _read(header: str) -> Weighted:
    return tuple(_range(part) for part in header.split(",", _MOST_RANGES)[:_MOST_RANGES] if part.strip())


_remembered = lru_cache(maxsize=256)(_read)  # clients send the same few


def _range(part: str) -> tuple[str, float]:
    name, *parameters = part.split(";", _MOST_PARAMETERS + 1)[: _MOST_PARAMETERS + 1]
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            value = value.strip()
            quality = float(value) if _WEIGHT.fullmatch(value) else 0.0
    return name.strip().lower(), quality


def _quality(media_type: str, ranges: Weighted) -> float:
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
