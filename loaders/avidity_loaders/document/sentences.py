"""Sentences by rule, offsets kept.

Why not a library: those that are kept up normalise white space or need a model; a wrong boundary here only
moves a line in the coverage ledger, never a quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from avidity_loaders.document.models import Span

_END = re.compile(r"[.!?][)\]”\"']*(?=\s+[^\sa-z])")


def split_sentences(text: str, span: Span, abbreviations: Iterable[str]) -> tuple[Span, ...]:
    """The sentences of [start, end), without white space around them; together they hold all other characters."""
    ends = tuple(abbreviations)
    sentences, start = [], span.start
    for match in _END.finditer(text, span.start, span.end):
        if _is_abbreviation(text[start : match.start() + 1], ends):
            continue
        sentences.append(trim(text, Span(start, match.end())))
        start = match.end()
    sentences.append(trim(text, Span(start, span.end)))
    return tuple(sentence for sentence in sentences if sentence.start < sentence.end)


def _is_abbreviation(before: str, abbreviations: tuple[str, ...]) -> bool:
    return any(
        before.endswith(word) and not before[: -len(word)][-1:].isalnum()
        for word in abbreviations
        if before.endswith(word)
    )


def trim(text: str, span: Span) -> Span:
    """The span without the white space at its ends."""
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
