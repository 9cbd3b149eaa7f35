"""Mapping sets → quads: a direct `skos:*Match`, and the mapping itself as SSSOM's RDF has it (an owl:Axiom)."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from avidity_loaders.errors import OntologyError
from avidity_loaders.mappings.judging import judge_mappings
from avidity_loaders.mappings.models import Mapping, MappingSet
from avidity_loaders.mappings.prefixes import Prefix, read_prefixes
from avidity_loaders.mappings.reading import read_mapping_sets
from avidity_loaders.names import AV, BASE, DCTERMS, PREFIXES, RDF_TYPE, RDFS_LABEL, SKOS, XSD, graph, thing
from avidity_loaders.triples import Triples
from avidity_loaders.vocabulary import Vocabulary, parse_turtle

SSSOM = "https://w3id.org/sssom/"
REGISTRY = "https://bioregistry.io/registry/"
_OWL, _RDFS = PREFIXES["owl"], PREFIXES["rdfs"]


def convert_mappings(ontology: Path, vocabulary: Vocabulary) -> list[ox.Quad]:
    """The quads of the graph `mappings`.

    Raises:
        OntologyError: with every problem of the mapping sets.
    """
    prefixes = read_prefixes(ontology / "mappings" / "prefixes.tsv")
    sets = read_mapping_sets(ontology / "mappings")
    problems = judge_mappings(sets, prefixes, known_labels(ontology, vocabulary), vocabulary)
    if problems:
        raise OntologyError(problems)
    triples = Triples(graph("mappings"))
    for mapping_set in sets:
        _set(triples, mapping_set)
        for row in mapping_set.mappings:
            _mapping(triples, mapping_set, row)
    for prefix in prefixes.values():
        _prefix(triples, prefix)
    return list(dict.fromkeys(triples.quads))


def known_labels(ontology: Path, vocabulary: Vocabulary) -> dict[str, str]:
    """The label of each of our things (`avidity:…`) and terms (`av:…`) by CURIE."""
    labels = {f"avidity:{kind}/{slug}": forms[0] for (kind, slug), forms in vocabulary.forms.items() if forms}
    for triple in parse_turtle(ontology / "avidity.ttl"):
        iri = triple.subject.value if isinstance(triple.subject, ox.NamedNode) else ""
        if triple.predicate.value == RDFS_LABEL and iri.startswith(AV) and isinstance(triple.object, ox.Literal):
            labels["av:" + iri.removeprefix(AV)] = triple.object.value
    return labels


def mapping_iri(row: Mapping) -> ox.NamedNode:
    """`…/mapping/<subject>/<prefix>-<local id>`, the same as long as the pair is the same; lower-case but for terms."""
    other = row.object_id.replace(":", "-") if row.is_match else "none-in-" + row.object_source.partition(":")[2]
    if row.subject_id.startswith("av:"):
        # av:agent and av:Agent are two terms.
        return thing("mapping", "term", row.subject_id.removeprefix("av:"), other)
    return thing("mapping", *f"{row.subject_id.removeprefix('avidity:')}/{other}".lower().split("/"))


def _set(triples: Triples, mapping_set: MappingSet) -> None:
    node = ox.NamedNode(mapping_set.id)
    triples.add(node, ox.NamedNode(RDF_TYPE), ox.NamedNode(SSSOM + "MappingSet"))
    triples.add(node, ox.NamedNode(DCTERMS + "title"), mapping_set.title)
    triples.add(node, ox.NamedNode(DCTERMS + "license"), ox.NamedNode(mapping_set.licence))
    triples.add(node, ox.NamedNode(_OWL + "versionInfo"), mapping_set.version)
    triples.add(node, ox.NamedNode(SSSOM + "sssom_version"), ox.NamedNode(SSSOM + "version1.1"))
    triples.add(node, ox.NamedNode(SSSOM + "creator_label"), *mapping_set.creators)


def _mapping(triples: Triples, mapping_set: MappingSet, row: Mapping) -> None:
    node, expand = mapping_iri(row), mapping_set.curie_map
    subject, predicate, target, source, reason = (
        ox.NamedNode(expand[curie.partition(":")[0]] + curie.partition(":")[2])
        for curie in (row.subject_id, row.predicate_id, row.object_id, row.object_source, row.mapping_justification)
    )
    add = triples.add
    add(node, ox.NamedNode(RDF_TYPE), ox.NamedNode(_OWL + "Axiom"))
    words = f"{row.predicate_id.partition(':')[2]} {row.object_id}" if row.is_match else "no term found"
    triples.describe(node, "Mapping", f"{row.subject_label}: {words}")
    for name, value in (("annotatedSource", subject), ("annotatedProperty", predicate), ("annotatedTarget", target)):
        add(node, ox.NamedNode(_OWL + name), value)
    add(node, ox.NamedNode(SSSOM + "mapping_justification"), reason)
    add(node, ox.NamedNode(SSSOM + "subject_label"), row.subject_label)
    add(node, ox.NamedNode(SSSOM + "subject_source"), ox.NamedNode(BASE + "ontology"))
    add(node, ox.NamedNode(SSSOM + "subject_source_version"), mapping_set.version)
    add(node, ox.NamedNode(SSSOM + "object_label"), row.object_label or None)
    add(node, ox.NamedNode(SSSOM + "object_source"), source)
    add(node, ox.NamedNode(SSSOM + "object_source_version"), row.object_source_version or None)
    add(node, ox.NamedNode(DCTERMS + "license"), ox.NamedNode(mapping_set.licence))
    add(node, ox.NamedNode(DCTERMS + "created"), ox.Literal(mapping_set.date, datatype=ox.NamedNode(XSD + "date")))
    add(node, ox.NamedNode(_RDFS + "comment"), row.comment or None)
    add(ox.NamedNode(mapping_set.id), ox.NamedNode(SSSOM + "mappings"), node)
    if row.is_match:  # SSSOM: no direct triple for a record of absence
        add(subject, predicate, target)
        add(target, ox.NamedNode(SKOS + "notation"), row.object_id)
        add(target, ox.NamedNode(SKOS + "prefLabel"), row.object_label)


def _prefix(triples: Triples, prefix: Prefix) -> None:
    """A vocabulary that we link to, so that clients can make CURIEs and web addresses of the IRIs."""
    node = thing("vocabulary", prefix.prefix.lower())
    triples.describe(node, "ExternalVocabulary", prefix.name)
    triples.add(node, "curiePrefix", prefix.prefix)
    triples.add(node, "iriPrefix", prefix.iri)
    triples.add(node, "licenceNote", prefix.licence)
    triples.add(node, "pageTemplate", prefix.page)
    if prefix.bioregistry:
        triples.add(node, ox.NamedNode(_RDFS + "seeAlso"), ox.NamedNode(REGISTRY + prefix.bioregistry))
