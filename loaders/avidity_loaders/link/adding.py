"""The terms that we link to, and all above them, as one more named graph of a release."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from avidity_loaders.errors import LinkError, Problem
from avidity_loaders.link.linking import LinkReport
from avidity_loaders.link.prefixes import Prefixes
from avidity_loaders.link.terms import Term
from avidity_loaders.link.vocabulary import OWL, RDFS
from avidity_loaders.names import DCTERMS, RDF_TYPE, RDFS_LABEL, SKOS, graph
from avidity_loaders.release import ReleaseContent, canonical_lines, digest, pack
from avidity_loaders.searchable import search_documents
from avidity_loaders.triples import Triples
from avidity_loaders.void import description_file, with_description

LINKED = graph("linked/").value
_DATASET = "dataset.nq.gz"


def add_linked_terms(release: ReleaseContent, report: LinkReport) -> ReleaseContent:
    """The release with a graph of linked terms for each prefix that the ontology owns, in place of an older one.

    The graphs of other ontologies stay. What the release states elsewhere is not repeated: in the union of all graphs,
    a triple that stands in two would be counted twice.

    Raises:
        LinkError: if the ontology holds none of the terms that we link to.
    """
    kept = {prefix: terms for prefix, terms in report.kept.items() if terms}
    if not kept:
        what = f"holds none of the terms of {', '.join(report.owned)} that we link to; there is nothing to add"
        raise LinkError(Problem(what, report.file.path))
    graphs = {prefix: ox.NamedNode(LINKED + prefix.lower()) for prefix in kept}
    replaced = set(graphs.values())
    quads = [quad for quad in _read(release.files[_DATASET]) if quad.graph_name not in replaced]
    said = {(q.subject, q.predicate, q.object) for q in quads if not _is_linked(q.graph_name)}
    prefixes = Prefixes(report.links.namespaces)
    for prefix, terms in kept.items():
        new = [*_about(graphs[prefix], report), *_terms(graphs[prefix], terms, prefixes)]
        quads += [quad for quad in new if (quad.subject, quad.predicate, quad.object) not in said]
    return _released(release, quads, {prefix: _entry(report, len(terms)) for prefix, terms in kept.items()})


def _read(packed: bytes) -> list[ox.Quad]:
    return list(ox.parse(io.BytesIO(gzip.decompress(packed)), format=ox.RdfFormat.N_QUADS))


def _is_linked(name: object) -> bool:
    return isinstance(name, ox.NamedNode) and name.value.startswith(LINKED)


def _about(name: ox.NamedNode, report: LinkReport) -> list[ox.Quad]:
    """Where the graph comes from, on its own IRI."""
    triples, header = Triples(name), report.header
    triples.add(name, ox.NamedNode(DCTERMS + "source"), report.file.path.name)
    triples.add(name, ox.NamedNode(DCTERMS + "identifier"), f"sha256:{report.file.sha256}")
    triples.add(name, ox.NamedNode(OWL + "versionIRI"), _node_or_text(header.version_iri))
    triples.add(name, ox.NamedNode(OWL + "versionInfo"), header.version)
    triples.add(name, ox.NamedNode(DCTERMS + "license"), _node_or_text(header.licence))
    return triples.quads


def _terms(name: ox.NamedNode, terms: Iterable[Term], prefixes: Prefixes) -> list[ox.Quad]:
    triples = Triples(name)
    nodes = {term.curie: ox.NamedNode(prefixes.iri(term.curie)) for term in terms}
    for term in terms:
        node = nodes[term.curie]
        triples.add(node, ox.NamedNode(RDF_TYPE), ox.NamedNode(OWL + "Class"))
        triples.add(node, ox.NamedNode(RDFS_LABEL), term.label)
        triples.add(node, ox.NamedNode(SKOS + "notation"), None if "://" in term.curie else term.curie)
        names = sorted({synonym.text for synonym in term.synonyms} - {term.label})
        triples.add(node, ox.NamedNode(SKOS + "altLabel"), *names)
        parents = (nodes[parent] for parent in term.parents if parent in nodes)
        triples.add(node, ox.NamedNode(RDFS + "subClassOf"), *parents)
        triples.add(node, ox.NamedNode(OWL + "deprecated"), True if term.obsolete else None)
    return triples.quads


def _node_or_text(value: str | None) -> ox.NamedNode | str | None:
    try:
        return ox.NamedNode(value) if value and "://" in value else value
    except ValueError:  # an address that is no IRI stays text
        return value


def _entry(report: LinkReport, terms: int) -> dict[str, object]:
    header = report.header
    return {
        "ontology": header.iri, "version": header.version_iri or header.version, "licence": header.licence,
        "file": report.file.path.name, "sha256": report.file.sha256, "terms": terms,
    }  # fmt: skip


def _released(release: ReleaseContent, quads: list[ox.Quad], linked: Mapping[str, object]) -> ReleaseContent:
    quads = with_description(quads)
    lines = canonical_lines(quads)
    name = digest("\n".join(lines).encode())[:12]
    ledger = json.loads(release.files["reports/coverage.json"])["ledger"]
    files = {
        **release.files,
        _DATASET: pack(lines),
        "void.ttl": description_file(quads, name),
        # What was added has names too.
        "search.jsonl": search_documents(quads, ledger, release.files["source/review.txt"].decode()),
    }
    # A copy to change: what was read from JSON can be written to it.
    manifest = json.loads(json.dumps(dict(release.manifest)))
    manifest["release"] = name
    manifest["files"] = {path: {"sha256": digest(data), "bytes": len(data)} for path, data in sorted(files.items())}
    manifest["counts"]["quads"] = len(lines)
    manifest["linked"] = {**manifest.get("linked", {}), **linked}
    return ReleaseContent(name, files, manifest)
