"""The source's own text: sections, passages with the facts that they prove, and whether words stand in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyoxigraph as ox
from rapidfuzz import fuzz

from avidity_service.iris import AV, BASE, PROV

Record = dict[str, Any]
_SUPPORTED_BY = ox.NamedNode(AV + "supportedBy")
_DERIVED_FROM = ox.NamedNode(PROV + "wasDerivedFrom")


@dataclass(frozen=True)
class Passage:
    """A passage that proves something: [start, end) in characters of the text."""

    id: str
    iri: str
    start: int
    end: int
    section: str
    facts: tuple[str, ...]


class Source:
    """The text of a release, with its passages. Places are counted in characters, as everywhere."""

    def __init__(self, files: Mapping[str, bytes], store: ox.Store) -> None:
        self.text = files["source/review.txt"].decode()
        report = json.loads(files["reports/coverage.json"])
        self.coverage: Record = {name: counts for name, counts in report.items() if name != "ledger"}
        # One record for each sentence, cell, legend and heading: start, end, place, how, claims, reasons.
        self.ledger: list[Record] = sorted(report["ledger"], key=lambda row: int(row["start"]))
        self.store = store

    @cached_property
    def sections(self) -> list[Record]:
        """(title, start, end) of the sections, tables and legends, in order; the text of one is text[start:end]."""
        found: list[Record] = []
        for row in self.ledger:
            title = str(row["place"]).split(",")[0] if str(row["place"]).startswith("Table") else str(row["place"])
            if not found or found[-1]["title"] != title:
                found.append({"title": title, "start": row["start"], "end": row["end"]})
            found[-1]["end"] = max(found[-1]["end"], row["end"])
        return found

    @cached_property
    def passages(self) -> dict[str, Passage]:
        """The passages by id, in the order of the text."""
        found = []
        kind = ox.NamedNode(AV + "Passage")
        for quad in self.store.quads_for_pattern(
            None, ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"), kind, None
        ):
            assert isinstance(quad.subject, ox.NamedNode)
            found.append(self._passage(quad.subject))
        ordered = sorted({passage.iri: passage for passage in found}.values(), key=lambda one: (one.start, one.end))
        return {passage.id: passage for passage in ordered}

    @cached_property
    def by_words(self) -> dict[str, list[Passage]]:
        """The passages by their words."""
        found: dict[str, list[Passage]] = {}
        for passage in self.passages.values():
            found.setdefault(self.text[passage.start : passage.end], []).append(passage)
        return found

    def passages_in(self, start: int, end: int) -> list[Passage]:
        """The passages that share a character with [start, end)."""
        return [passage for passage in self.passages.values() if passage.start < end and start < passage.end]

    def places(self, quote: str) -> list[tuple[int, int]]:
        """Where words stand verbatim: every [start, end), overlapping ones too."""
        found, at = [], self.text.find(quote) if quote else -1
        while at >= 0:
            found.append((at, at + len(quote)))
            at = self.text.find(quote, at + 1)
        return found

    def section_of(self, start: int) -> str:
        """The section, table or legend in which a place is."""
        before = [row for row in self.ledger if row["start"] <= start]
        return str(before[-1]["place"]) if before else ""

    def nearest(self, quote: str) -> str | None:
        """The words of the text that resemble a quote most; None where nothing does."""
        found = fuzz.partial_ratio_alignment(quote, self.text, score_cutoff=60)
        if found is None:
            return None
        start, end = found.dest_start, found.dest_end
        # The alignment counts letters; a reader wants whole words.
        while start and not self.text[start - 1].isspace():
            start -= 1
        while end < len(self.text) and not self.text[end].isspace():
            end += 1
        return self.text[start:end]

    def verify(self, quote: str) -> Record:
        """Whether words stand in the source: places with section and the facts proven there, or the nearest words."""
        places = [
            {
                "start": start, "end": end, "section": self.section_of(start),
                "facts": list(dict.fromkeys(fact for one in self.passages_in(start, end) for fact in one.facts)),
            }
            for start, end in self.places(quote)
        ]  # fmt: skip
        return {"verbatim": bool(places), "places": places, "nearest": None if places else self.nearest(quote)}

    def _passage(self, node: ox.NamedNode) -> Passage:
        said: dict[str, str] = {}
        for quad in self.store.quads_for_pattern(node, None, None, None):
            if isinstance(quad.object, ox.Literal):
                said[quad.predicate.value] = quad.object.value
        facts = {
            quad.subject.value.removeprefix(BASE)
            for property_ in (_SUPPORTED_BY, _DERIVED_FROM)
            for quad in self.store.quads_for_pattern(None, property_, node, None)
            if isinstance(quad.subject, ox.NamedNode)
        }
        return Passage(
            node.value.removeprefix(BASE + "passage/"), node.value, int(said[AV + "startOffset"]),
            int(said[AV + "endOffset"]), said[AV + "section"], tuple(sorted(facts)),
        )  # fmt: skip
