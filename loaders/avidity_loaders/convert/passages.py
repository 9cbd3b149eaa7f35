"""The source document and its passages, as Web Annotation selectors with the words beside them."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from avidity_loaders.bibliography import Bibliography
from avidity_loaders.document import Document
from avidity_loaders.names import DCTERMS, OA, OBO, PROV, RDF_TYPE, thing
from avidity_loaders.proof.quotes import Located
from avidity_loaders.triples import Triples

# Author statement supported from referenced clinical study: primary study ← review sentence ← curated fact.
STATED = ox.NamedNode(OBO + "ECO_0006016")
# Between two quotes of one proof; no source text holds it.
BETWEEN_QUOTES = " […] "


class Passages:
    """Makes the passages of one source document, each once, wherever they are cited from."""

    def __init__(self, document: Document, source: ox.NamedNode) -> None:
        self.document = document
        self.source = source

    def support(
        self, triples: Triples, subject: ox.NamedNode, quotes: Iterable[Located], code: ox.NamedNode = STATED
    ) -> None:
        """State that the quotes prove the subject, by the step that the evidence code names."""
        ordered = sorted(quotes, key=lambda quote: quote.start)
        for quote in ordered:
            triples.add(subject, "supportedBy", self._passage(triples, quote))
        triples.add(subject, "proof", BETWEEN_QUOTES.join(quote.text for quote in ordered))
        triples.add(subject, "evidenceCode", code)

    def _passage(self, triples: Triples, quote: Located) -> ox.NamedNode:
        slug = self.source.value.rsplit("/", 1)[-1]
        passage = thing("passage", slug, f"{quote.start}-{quote.end}")
        section = self.document.locate(quote.start, quote.end).label
        triples.describe(passage, "Passage", f"{section}, characters {quote.start}–{quote.end}")
        triples.add(passage, "quote", quote.text)
        triples.add(passage, "startOffset", quote.start)
        triples.add(passage, "endOffset", quote.end)
        triples.add(passage, "section", section)
        triples.add(passage, ox.NamedNode(OA + "hasSource"), self.source)
        triples.add(passage, ox.NamedNode(PROV + "wasDerivedFrom"), self.source)
        self._selectors(triples, passage, quote)
        return passage

    def _selectors(self, triples: Triples, passage: ox.NamedNode, quote: Located) -> None:
        prefix, suffix = self.document.context(quote.start, quote.end)
        words, place = ox.NamedNode(passage.value + "/words"), ox.NamedNode(passage.value + "/place")
        triples.add(passage, ox.NamedNode(OA + "hasSelector"), words, place)
        triples.add(words, ox.NamedNode(RDF_TYPE), ox.NamedNode(OA + "TextQuoteSelector"))
        triples.add(words, ox.NamedNode(OA + "exact"), quote.text)
        triples.add(words, ox.NamedNode(OA + "prefix"), prefix)
        triples.add(words, ox.NamedNode(OA + "suffix"), suffix)
        triples.add(place, ox.NamedNode(RDF_TYPE), ox.NamedNode(OA + "TextPositionSelector"))
        triples.add(place, ox.NamedNode(OA + "start"), quote.start)
        triples.add(place, ox.NamedNode(OA + "end"), quote.end)


def source_document(triples: Triples, document: Document, record: Bibliography) -> ox.NamedNode:
    """The review itself: who wrote it, where it appeared, which file the offsets count in, and what is missing."""
    source = thing("source", record.slug)
    triples.describe(source, "SourceDocument", record.title)
    triples.add(source, ox.NamedNode(DCTERMS + "title"), ox.Literal(record.title, language="en"))
    triples.add(source, ox.NamedNode(DCTERMS + "creator"), *record.authors)
    triples.add(source, ox.NamedNode(DCTERMS + "identifier"), f"doi:{record.doi}")
    triples.add(source, ox.NamedNode(DCTERMS + "bibliographicCitation"), record.citation)
    triples.add(source, ox.NamedNode(DCTERMS + "license"), ox.NamedNode(record.licence_url))
    triples.add(source, "sha256", document.sha256)
    triples.add(source, "missingPart", *(gap.what for gap in document.gaps))
    return source
