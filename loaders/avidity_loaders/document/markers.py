"""Reference markers: [19], [5,6,10], [18–33]."""

from __future__ import annotations

import re
from collections.abc import Iterator

from avidity_loaders.document.models import ReferenceMarker, Span
from avidity_loaders.document.profile import Profile

# No list of references has as many; a larger number is a year or an activity, and a range must not fill the memory.
_MOST = 999
_RANGE = re.compile(r"\s*(\d{1,3})\s*(?:[–-]\s*(\d{1,3})\s*)?")


def read_markers(text: str, profile: Profile) -> Iterator[ReferenceMarker]:
    """The markers in order; what looks like one but has a number of 0 or over 999, or a range that falls, is none."""
    for match in profile.reference_marker.finditer(text):
        if numbers := _numbers(match["numbers"] or ""):
            yield ReferenceMarker(Span(*match.span()), numbers)


def _numbers(written: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for part in written.split(","):
        ends = _RANGE.fullmatch(part)
        first, last = (int(ends[1]), int(ends[2] or ends[1])) if ends else (0, 0)
        if not 0 < first <= last <= _MOST:
            return ()
        numbers += range(first, last + 1)
    return tuple(numbers)
