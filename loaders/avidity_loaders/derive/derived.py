"""All that is derived from the claims, as quads of the graph `derived`."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from avidity_loaders.convert.passages import Passages
from avidity_loaders.derive.arithmetic import accuracy_of_no_table, impossible_figures, rates_too_fine
from avidity_loaders.derive.counts import Derived, derived_counts, derived_denominators, sizes
from avidity_loaders.derive.found import Found, StudyClaims, studies
from avidity_loaders.derive.openings import left_open, missing_parts
from avidity_loaders.derive.witnesses import contradictions_between_witnesses
from avidity_loaders.document import Document
from avidity_loaders.names import BASE, OBO, graph, thing
from avidity_loaders.proof import Proof
from avidity_loaders.triples import Triples
from avidity_loaders.vocabulary import Vocabulary

# Curator inference used in manual assertion: the step from what is printed to what follows from it.
_DERIVED = ox.NamedNode(OBO + "ECO_0000305")


def derive(proofs: list[Proof], document: Document, source: ox.NamedNode, vocabulary: Vocabulary) -> list[ox.Quad]:
    """Derived counts and discrepancies; passages that the claims cite too are repeated, and left out by the caller."""
    triples, passages = Triples(graph("derived")), Passages(document, source)
    own = studies(proofs)
    for claims in own:
        for derived in (*derived_counts(claims, vocabulary), *derived_denominators(claims)):
            _finding(triples, passages, claims, derived)
        for size in sizes(claims):
            cohort = ox.NamedNode(BASE + claims.content.claim_id(size.place))
            triples.add(cohort, "derivedSize", size.size)
            triples.add(cohort, "sizeFormula", size.formula)
            triples.add(cohort, "derivedFromFact", *_facts(claims, size.inputs))
    for found in find_discrepancies(proofs, document, vocabulary):
        _discrepancy(triples, passages, found)
    return list(dict.fromkeys(triples.quads))


def find_discrepancies(proofs: list[Proof], document: Document, vocabulary: Vocabulary) -> Iterator[Found]:
    """What the rules find, study by study, then what the source lacks as a whole."""
    own = studies(proofs)
    for claims in own:
        yield from contradictions_between_witnesses(claims, vocabulary)
        yield from impossible_figures(claims, vocabulary)
        yield from accuracy_of_no_table(claims)
        yield from left_open(claims, vocabulary)
    yield from rates_too_fine(proofs, own)
    yield from missing_parts(document, own)


def _facts(claims: StudyClaims, places: tuple[tuple[str | int, ...], ...]) -> list[ox.NamedNode]:
    return [ox.NamedNode(BASE + claims.content.claim_id(place)) for place in dict.fromkeys(places)]


def _finding(triples: Triples, passages: Passages, claims: StudyClaims, derived: Derived) -> None:
    path = claims.content.claim_id(derived.place).removeprefix("finding/")
    node, completes = thing("derived-finding", path), thing("finding", path)
    label = (
        f"{claims.content.study.label}, {path.partition('/')[2]}: {derived.count} of {derived.denominator} (derived)"
    )
    triples.describe(node, "DerivedFinding", label)
    triples.add(node, "ofStudy", thing("study", claims.content.slug))
    triples.add(node, "completes", completes)
    triples.add(node, "derivedCount", derived.count)
    triples.add(node, "derivedDenominator", derived.denominator)
    triples.add(node, "formula", derived.formula)
    triples.add(node, "derivedFromFact", *_facts(claims, derived.inputs))
    quotes = [quote for place in dict.fromkeys(derived.inputs) for quote in claims.proof.quotes[place]]
    passages.support(triples, node, dict.fromkeys(quotes), _DERIVED)


def _discrepancy(triples: Triples, passages: Passages, found: Found) -> None:
    home = found.study or "review"
    node = thing("discrepancy", home, found.slug)
    triples.describe(node, "Discrepancy", found.label)
    triples.add(node, "ofStudy", thing("study", found.study) if found.study else None)
    triples.add(node, "discrepancyKind", found.kind)
    triples.add(node, "severity", found.severity)
    triples.add(node, "foundBy", "rule")
    triples.add(node, "rule", found.rule)
    triples.add(node, "shown", found.shown)
    for i, side in enumerate(found.sides, 1):
        own = thing("discrepancy-side", home, found.slug, str(i))
        triples.describe(own, "DiscrepancySide", f"{side.witness}: {side.says}")
        triples.add(node, "hasSide", own)
        triples.add(own, "witness", side.witness)
        triples.add(own, "says", side.says)
        triples.add(own, "onFact", ox.NamedNode(BASE + side.fact) if side.fact else None)
        if side.quotes:
            passages.support(triples, own, dict.fromkeys(side.quotes))
    quotes = dict.fromkeys(quote for side in found.sides for quote in side.quotes)
    if quotes:
        passages.support(triples, node, quotes)
