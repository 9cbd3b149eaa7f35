"""The contradictions that a curator recorded → quads; those that rules find are made in `avidity_loaders.derive`."""

from __future__ import annotations

import pyoxigraph as ox

from avidity_loaders.convert.passages import Passages
from avidity_loaders.names import thing
from avidity_loaders.proof import Proof
from avidity_loaders.proof.quotes import Located
from avidity_loaders.triples import Triples


class Discrepancies:
    """Converts the `discrepancies` of one claims file, each side with its own passages."""

    def __init__(self, proof: Proof, triples: Triples, passages: Passages, of_study: ox.NamedNode | None) -> None:
        self.proof = proof
        self.triples = triples
        self.passages = passages
        self.of_study = of_study

    def convert(self) -> None:
        """All of them."""
        content, add = self.proof.file.content, self.triples.add
        for i, one in enumerate(content.discrepancies):
            node = thing("discrepancy", content.slug, one.slug)
            self.triples.describe(node, "Discrepancy", one.label)
            add(node, "ofStudy", self.of_study)
            add(node, "discrepancyKind", one.kind)
            add(node, "severity", one.severity)
            add(node, "foundBy", "curator")
            add(node, "shown", one.shown)
            add(node, "about", *(thing(*value.split("/", 1)) for value in one.about))
            quotes: list[Located] = []
            for j, side in enumerate(one.sides):
                own = thing("discrepancy-side", content.slug, one.slug, str(j + 1))
                self.triples.describe(own, "DiscrepancySide", f"{side.witness}: {side.says}")
                add(node, "hasSide", own)
                add(own, "witness", side.witness)
                add(own, "says", side.says)
                add(own, "note", side.note)
                self.passages.support(self.triples, own, self.proof.quotes["discrepancies", i, "sides", j])
                quotes += self.proof.quotes["discrepancies", i, "sides", j]
            self.passages.support(self.triples, node, dict.fromkeys(quotes))
