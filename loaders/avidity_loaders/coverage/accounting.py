"""What is accounted for, what is not: by word, sentence, cell and number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from avidity_loaders.coverage.ledger import Ledger
from avidity_loaders.document import Document, Leaf, Span
from avidity_loaders.errors import Problem
from avidity_loaders.proof import Proof
from avidity_loaders.proof.need import Need, NumberNeed, VerbatimNeed
from avidity_loaders.proof.needs import needs
from avidity_loaders.proof.numbers import Number, numbers
from avidity_loaders.proof.proving import proves
from avidity_loaders.vocabulary import Vocabulary

_KINDS = ("sentences", "cells", "words", "numbers")
_WORD = re.compile(r"\w+")
_MARKER = re.compile(r"\[\d+(?:\s?[,–-]\s?\d+)*\]")
# Headings, captions and the heads of columns name what follows and state nothing.
_STRUCTURE = ("heading", "caption", "table-header", "stray")


@dataclass(slots=True)
class Account:
    """The ledger's sums: of each kind how many there are, and how many of them are accounted for, and how."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    sentences: dict[str, int] = field(default_factory=dict)
    cells: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def sums(self) -> dict[str, dict[str, int]]:
        """Of each kind how many are cited, stated, listed, structure or open."""
        return {name: dict(sorted(getattr(self, name).items())) for name in _KINDS}

    @property
    def summary(self) -> str:
        """The sums in one line."""
        return "accounted for: " + ", ".join(
            f"{sum(n for how, n in sums.items() if how != 'open')} of {sum(sums.values())} {name}"
            for name, sums in self.sums.items()
        )

    @property
    def table(self) -> str:
        """The sums as lines, then what is listed and why."""
        lines = [self.summary]
        lines += [
            f"  {name}: " + ", ".join(f"{n} {how}" for how, n in sums.items()) for name, sums in self.sums.items()
        ]
        listed = [row for row in self.rows if row["how"] == "listed"]
        lines += [
            f"  listed {row['start']}–{row['end']} ({row['place']}): {', '.join(row['reasons'])}" for row in listed
        ]
        return "\n".join(lines)


def account(document: Document, proofs: Sequence[Proof], ledger: Ledger, vocabulary: Vocabulary) -> Account:
    """Go through the source leaf by leaf."""
    result = Account()
    cited, listed = bytearray(len(document.text)), bytearray(len(document.text))
    citing: dict[Span, list[str]] = {}
    for proof in proofs:
        for place, quotes in proof.quotes.items():
            for quote in quotes:
                cited[quote.start : quote.end] = b"\1" * (quote.end - quote.start)
                citing.setdefault(Span(quote.start, quote.end), []).append(proof.file.content.claim_id(place))
    for span, _, _ in ledger.text:
        listed[span.start : span.end] = b"\1" * (span.end - span.start)
    for match in _MARKER.finditer(document.text):
        listed[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    stated = stated_numbers(proofs, vocabulary)
    for leaf in document.leaves():
        _leaf(document, leaf, cited, listed, citing, ledger, result)
        _numbers(document, leaf, cited, stated, ledger, result)
    result.problems += _idle(document, ledger, cited, stated)
    return result


def _leaf(
    document: Document,
    leaf: Leaf,
    cited: bytearray,
    listed: bytearray,
    citing: dict[Span, list[str]],
    ledger: Ledger,
    result: Account,
) -> None:
    sentence = document.sentence_at(leaf.span.start)
    in_cell = sentence is not None and sentence.block.kind == "table-cell"
    sums = result.cells if in_cell else result.sentences
    open_words, cited_words = [], 0
    for match in _WORD.finditer(document.text, leaf.span.start, leaf.span.end):
        how = _how(leaf, cited[match.start() : match.end()], listed[match.start() : match.end()])
        result.words[how] = result.words.get(how, 0) + 1
        cited_words += how == "cited"
        if how == "open":
            open_words.append(match)
    how = "open" if open_words else "structure" if leaf.kind in _STRUCTURE else "cited" if cited_words else "listed"
    sums[how] = sums.get(how, 0) + 1
    by = sorted({claim for span, claims in citing.items() if span.meets(leaf.span) for claim in claims})
    reasons = sorted({entry.reason for span, entry, _ in ledger.text if span.meets(leaf.span)})
    place = document.locate(leaf.span.start, leaf.span.end).label
    result.rows.append(
        {"start": leaf.span.start, "end": leaf.span.end, "place": place, "how": how, "claims": by, "reasons": reasons}
    )
    if open_words:
        shown = document.text[open_words[0].start() : open_words[-1].end()]
        what = f"no fact cites {shown[:200]!r} (characters {open_words[0].start()} to {open_words[-1].end()}, {place})"
        cure = f"quote it in a claim, or list it with a reason in {ledger.path.name}"
        result.problems.append(Problem(what, ledger.path, cure=cure))


def _how(leaf: Leaf, cited: bytearray, listed: bytearray) -> str:
    if all(cited):
        return "cited"
    if leaf.kind in _STRUCTURE:
        return "structure"
    return "listed" if all(one or other for one, other in zip(cited, listed, strict=True)) else "open"


def _numbers(
    document: Document, leaf: Leaf, cited: bytearray, stated: set[int], ledger: Ledger, result: Account
) -> None:
    if leaf.kind in _STRUCTURE:
        return
    for number in numbers(document.slice(leaf.span)):
        start, end = leaf.span.start + number.start, leaf.span.start + number.end
        listed = any(_lists(span, entry.number, document, start, end) for span, entry, _ in ledger.numbers)
        how = "stated" if start in stated else "listed" if listed else "open"
        if not all(cited[start:end]):
            how = "open"
        result.numbers[how] = result.numbers.get(how, 0) + 1
        if how == "open":
            words = " ".join(document.text[max(0, start - 40) : end + 40].split())
            what = f"no fact states the number {document.text[start:end]!r} at {start} (… {words} …)"
            cure = f"state it in a claim, or list it under `numbers` in {ledger.path.name} with the reason"
            result.problems.append(Problem(what, ledger.path, cure=cure))


def _lists(span: Span, number: str, document: Document, start: int, end: int) -> bool:
    return span.start <= start and end <= span.end and document.text[start:end] == number


def stated_numbers(proofs: Sequence[Proof], vocabulary: Vocabulary) -> set[int]:
    """Where the numbers stand that a fact states: as a value, role and unit, or within words that a field repeats."""
    found: set[int] = set()
    for proof in proofs:
        for place, record in proof.file.content.records():
            asked = list(needs(record, vocabulary))
            for quote in proof.quotes[place]:
                found.update(quote.start + number.start for number in _proving(quote.text, asked))
    return found


def _proving(text: str, asked: list[Need]) -> Iterator[Number]:
    words = [need.text for need in asked if isinstance(need, VerbatimNeed)]
    repeated = [(at, at + len(piece)) for piece in words if (at := text.find(piece)) >= 0]
    for number in numbers(text):
        if any(isinstance(need, NumberNeed) and proves(number, need) for need in asked) or any(
            start <= number.start and number.end <= end for start, end in repeated
        ):
            yield number


def _idle(document: Document, ledger: Ledger, cited: bytearray, stated: set[int]) -> Iterator[Problem]:
    """Entries that excuse nothing: what they list is cited or stated after all."""
    for span, entry, line in ledger.text:
        words = _WORD.finditer(document.text, span.start, span.end)
        if all(all(cited[word.start() : word.end()]) for word in words):
            yield Problem(f"{entry.quote[:60]!r} is cited by facts; the entry says nothing", ledger.path, line)
    for span, number, line in ledger.numbers:
        own = [n for n in numbers(document.slice(span)) if document.slice(span)[n.start : n.end] == number.number]
        if not own or all(span.start + n.start in stated for n in own):
            yield Problem(f"the number {number.number!r} is stated by a fact, or is none", ledger.path, line)
