"""Everything that is stated, as quads in their named graphs."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from avidity_loaders.bibliography import Bibliography
from avidity_loaders.claims import StudyFile
from avidity_loaders.convert.discrepancies import Discrepancies
from avidity_loaders.convert.findings import Findings
from avidity_loaders.convert.passages import Passages, source_document
from avidity_loaders.convert.sayings import Sayings
from avidity_loaders.convert.study import StudyGraph
from avidity_loaders.document import Document
from avidity_loaders.mappings import convert_mappings
from avidity_loaders.names import AV, BASE, PREFIXES, graph
from avidity_loaders.proof import Proof
from avidity_loaders.questions import CollectionQuery, Question, convert_collection_queries, convert_questions
from avidity_loaders.triples import Triples
from avidity_loaders.vocabulary import Vocabulary, parse_turtle


def convert(
    ontology: Path,
    document: Document,
    record: Bibliography,
    proofs: list[Proof],
    vocabulary: Vocabulary,
    questions: list[Question],
    collections: list[CollectionQuery],
) -> list[ox.Quad]:
    """The quads of all graphs but `derived`, each once."""
    quads = _ontology(parse_turtle(ontology / "avidity.ttl"))
    quads += [
        ox.Quad(triple.subject, triple.predicate, triple.object, graph("vocabulary")) for triple in vocabulary.triples
    ]
    quads += convert_mappings(ontology, vocabulary)
    quads += convert_questions(questions)
    quads += convert_collection_queries(collections)
    review = Triples(graph("review"))
    passages = Passages(document, source_document(review, document, record))
    quads += review.quads
    for proof in proofs:
        quads += file_quads(proof, passages, vocabulary)
    return _each_in_one_graph(quads)


def _each_in_one_graph(quads: list[ox.Quad]) -> list[ox.Quad]:
    """Each triple once; what several files say of the review, a passage that they all cite, is in the review's graph.

    The default graph is the union of all: were a triple in two of them, an engine that does not look for that would
    count it twice.
    """
    graphs: dict[tuple[object, object, object], set[object]] = {}
    for quad in quads:
        graphs.setdefault((quad.subject, quad.predicate, quad.object), set()).add(quad.graph_name)
    review = graph("review")
    placed = (
        ox.Quad(quad.subject, quad.predicate, quad.object, review)
        if len(graphs[quad.subject, quad.predicate, quad.object]) > 1
        else quad
        for quad in quads
    )
    return list(dict.fromkeys(placed))


def _ontology(triples: list[ox.Triple]) -> list[ox.Quad]:
    """The ontology's graph; each of its terms says which ontology defines it, for those who find it elsewhere."""
    here, defined_by = graph("ontology"), ox.NamedNode(PREFIXES["rdfs"] + "isDefinedBy")
    terms = {t.subject for t in triples if isinstance(t.subject, ox.NamedNode) and t.subject.value.startswith(AV)}
    quads = [ox.Quad(triple.subject, triple.predicate, triple.object, here) for triple in triples]
    return quads + [ox.Quad(term, defined_by, ox.NamedNode(BASE + "ontology"), here) for term in sorted(terms, key=str)]


def file_quads(proof: Proof, passages: Passages, vocabulary: Vocabulary) -> list[ox.Quad]:
    """The quads of one claims file, in the graph of its study or of the review."""
    if isinstance(proof.file.content, StudyFile):
        study = StudyGraph(proof, passages, vocabulary)
        study.convert()
        Findings(study).convert()
        triples, of_study = study.triples, study.study
    else:
        triples, of_study = Triples(graph("review")), None
    Sayings(proof, triples, passages, vocabulary, of_study).convert()
    Discrepancies(proof, triples, passages, of_study).convert()
    return triples.quads
