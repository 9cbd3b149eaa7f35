"""Quotes in the source: each is found there character for character, exactly once or at its stated occurrence."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from rapidfuzz import fuzz

from avidity_loaders.claims.records import Quote


@dataclass(frozen=True, slots=True)
class Located:
    """A quote at its place: [start, end) in code points into the source as shipped."""

    start: int
    end: int
    text: str


class QuoteError(ValueError):
    """A quote that cannot be placed; `cure` says what to do."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure


def locate(quote: Quote, source: str) -> Located:
    """Where the quote stands.

    Raises:
        QuoteError: if it does not stand there, or more often than its `occurrence` tells.
    """
    starts = _occurrences(quote.text, source)
    if not starts:
        raise QuoteError(*_missing(quote.text, source))
    if quote.occurrence is None and len(starts) > 1:
        places = ", ".join(str(start) for start in starts)
        raise QuoteError(
            f"the quote {_short(quote.text)} stands {len(starts)} times in the source (at offsets {places})",
            f"quote more words until it is unique, or write {{text: …, occurrence: 1 to {len(starts)}}}",
        )
    index = (quote.occurrence or 1) - 1
    if index >= len(starts):
        raise QuoteError(
            f"the quote {_short(quote.text)} has no occurrence {quote.occurrence}; it stands {len(starts)} times",
            f"state an occurrence from 1 to {len(starts)}",
        )
    return Located(starts[index], starts[index] + len(quote.text), quote.text)


def _occurrences(needle: str, source: str) -> list[int]:
    starts, at = [], source.find(needle)
    while at >= 0:
        starts.append(at)
        at = source.find(needle, at + 1)
    return starts


def _missing(needle: str, source: str) -> tuple[str, str]:
    near = fuzz.partial_ratio_alignment(needle, source)
    what = f"the quote does not stand in the source: {_short(needle, 300)}"
    if near is None or near.score < 60:
        return what, "quote the source character for character; nothing in it resembles these words"
    nearest = source[near.dest_start : near.dest_end]
    return (
        f"{what}\nnearest text there ({near.score:.0f} % alike, offset {near.dest_start}): {_short(nearest, 300)}\n"
        f"{_difference(needle, nearest)}",
        "copy the words from the source, with its dashes, brackets, comparators and spaces",
    )


def _difference(needle: str, nearest: str) -> str:
    changes = [op for op in SequenceMatcher(None, needle, nearest, autojunk=False).get_opcodes() if op[0] != "equal"]
    # The nearest text is as long as the quote, so its two ends may differ by a few characters that mean nothing.
    inner = [op for op in changes if op[2] > 0 and op[1] < len(needle) and op[2] - op[1] + op[4] - op[3] > 0]
    _, i1, i2, j1, j2 = next((op for op in inner if 3 < op[1] < len(needle) - 3), (inner or changes)[0])
    return (
        f"difference after {_short(needle[max(0, i1 - 25) : i1])}: the claim has {_short(needle[i1:i2])}, "
        f"the source {_short(nearest[j1:j2])}"
    )


def _short(text: str, limit: int = 80) -> str:
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return repr(shown)
