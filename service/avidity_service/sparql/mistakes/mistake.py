"""What a mistake is: a place in the query, and words."""

from __future__ import annotations

from dataclasses import dataclass

_MOST = 40


@dataclass(frozen=True, slots=True)
class Mistake:
    """Where it is, as an offset into the query (None if nobody knows), what it is in words, and what may help."""

    offset: int | None
    words: str
    hint: str | None = None


def shown(text: str, most: int = _MOST) -> str:
    """The text as it may stand in a sentence: not too long, and on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most] + "…"
