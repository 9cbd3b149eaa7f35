"""Whose part of the text a quote stands in: one study's sentence must not prove another study's number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from avidity_loaders.claims.models import StudyFile
from avidity_loaders.document import Block, Document, Span
from avidity_loaders.proof.quotes import Located

Place = tuple[str | int, ...]
Placed = Mapping[Place, tuple[Located, ...]]


class Territory:
    """Which studies each block of the document speaks of.

    A paragraph belongs to the studies whose `mentioned` quotes stand in it; one without any goes on with those of the
    paragraph before it. A table row belongs to the study whose reference number its first cell cites.
    """

    def __init__(self, document: Document, studies: Mapping[str, tuple[StudyFile, Placed]]) -> None:
        self.document = document
        mentions: dict[Span, set[str]] = {}
        for slug, (_, quotes) in studies.items():
            for quote in quotes.get(("study",), ()):
                block = self._block(quote)
                if block is not None and block.row is None:
                    mentions.setdefault(block.span, set()).add(slug)
        self.owners: dict[Span, set[str]] = {}
        current: set[str] = set()
        for block in document.blocks:
            current = mentions.get(block.span, set() if block.kind == "heading" else current)
            self.owners[block.span] = current
        self.by_reference = {file.study.reference: slug for slug, (file, _) in studies.items()}

    def owners_of(self, quote: Located) -> set[str]:
        """The studies that the quote's block speaks of; none where it speaks of no study."""
        block = self._block(quote)
        if block is None:
            return set()
        if block.row is None:
            return self.owners[block.span]
        cited = [m.numbers for m in self.document.markers if self.document.slice(m.span) in block.row]
        return {self.by_reference[n] for numbers in cited for n in numbers if n in self.by_reference}

    def trespassers(self, slug: str, quotes: Placed) -> Iterator[tuple[Place, int, Located, set[str]]]:
        """Each quote that stands where the text speaks of others: its record, its index, and of whom."""
        for place, found in quotes.items():
            for index, quote in enumerate(found):
                owners = self.owners_of(quote)
                if slug not in owners:
                    yield place, index, quote, owners

    def _block(self, quote: Located) -> Block | None:
        """The first block that the quote touches; a quote may start between two, as those from the table do."""
        span = Span(quote.start, quote.end)
        return next((block for block in self.document.blocks if block.span.meets(span)), None)
