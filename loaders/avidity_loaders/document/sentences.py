"""Sentences by rule, offsets kept.

Why not a library: those that are kept up normalise white space or need a model; a wrong boundary here only
moves a line in the coverage ledger, never a quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from avidity_loaders.document.models import Span

# A stop, brackets or quotation marks that close, perhaps a citation set after the stop, then white space and anything
# but a small Latin letter: sentences of the field begin with digits ("131-I"), brackets ("[18F]FDG") and Greek letters.
_END = re.compile(r"[.!?]+[)\]”’\"']*(?:\[[\d\s,–-]+\])?(?=\s+[^\sa-z])")


def split_sentences(text: str, span: Span, abbreviations: Iterable[str]) -> tuple[Span, ...]:
    """The sentences of a span, without white space around them; together they hold all of its other characters."""
    abbreviation = _abbreviation(tuple(abbreviations))
    sentences, start = [], span.start
    for match in _END.finditer(text, span.start, span.end):
        if abbreviation.search(text, start, match.start() + 1):
            continue
        sentences.append(trim(text, Span(start, match.end())))
        start = match.end()
    sentences.append(trim(text, Span(start, span.end)))
    return tuple(sentence for sentence in sentences if sentence)


@lru_cache(maxsize=8)
def _abbreviation(words: tuple[str, ...]) -> re.Pattern[str]:
    """Finds one of the words at the very end; "et al." also where its space is a non-breaking one."""
    anyone = "|".join(r"\s+".join(map(re.escape, word.split())) for word in words if word.strip())
    return re.compile(rf"(?<!\w)(?:{anyone})\Z" if anyone else r"(?!)")


def trim(text: str, span: Span) -> Span:
    """The span without the white space at its ends; an empty one where there is nothing else."""
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
