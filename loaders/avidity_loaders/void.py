"""VoID: what the dataset holds, by class and property, as the endpoint itself would count it."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterable

import pyoxigraph as ox

from avidity_loaders.names import BASE, DCTERMS, PREFIXES, RDF_TYPE, XSD

_VOID = "http://rdfs.org/ns/void#"


def describe_dataset(quads: Iterable[ox.Quad], release: str) -> bytes:
    """The dataset's VoID description as Turtle, with class and property partitions over the union of all graphs."""
    triples = {(quad.subject, quad.predicate, quad.object) for quad in quads}
    dataset = ox.NamedNode(BASE + "dataset")
    out = [
        _iri(dataset, RDF_TYPE, _VOID + "Dataset"),
        ox.Triple(dataset, ox.NamedNode(DCTERMS + "title"), ox.Literal("Avidity", language="en")),
        ox.Triple(dataset, ox.NamedNode("http://www.w3.org/2002/07/owl#versionInfo"), ox.Literal(release)),
        _iri(dataset, _VOID + "vocabulary", BASE + "ontology"),
        ox.Triple(dataset, ox.NamedNode(_VOID + "uriSpace"), ox.Literal(BASE)),
        _count(dataset, "triples", len(triples)),
        _count(dataset, "distinctSubjects", len({s for s, _, _ in triples})),
        _count(dataset, "properties", len({p for _, p, _ in triples})),
    ]
    members = defaultdict(set)
    for subject, predicate, value in triples:
        if predicate.value == RDF_TYPE and isinstance(value, ox.NamedNode):
            members[value.value].add(subject)
    for class_ in sorted(members):
        part = _partition(out, dataset, "classPartition", "class", class_)
        out.append(_count(part, "entities", len(members[class_])))
    for property_, count in sorted(Counter(predicate.value for _, predicate, _ in triples).items()):
        part = _partition(out, dataset, "propertyPartition", "property", property_)
        out.append(_count(part, "triples", count))
    return _turtle(out)


def _partition(out: list[ox.Triple], dataset: ox.NamedNode, kind: str, of: str, iri: str) -> ox.NamedNode:
    part = ox.NamedNode(f"{dataset.value}/{of}/{_slug(iri)}")
    out += [_iri(dataset, _VOID + kind, part.value), _iri(part, _VOID + of, iri)]
    return part


def _slug(iri: str) -> str:
    for prefix, start in PREFIXES.items():
        if iri.startswith(start):
            return f"{prefix}-{iri[len(start) :]}"
    return iri.replace("://", "-").replace("/", "-").replace("#", "-")


def _iri(subject: ox.NamedNode, predicate: str, value: str) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), ox.NamedNode(value))


def _count(subject: ox.NamedNode, name: str, value: int) -> ox.Triple:
    number = ox.Literal(str(value), datatype=ox.NamedNode(XSD + "integer"))
    return ox.Triple(subject, ox.NamedNode(_VOID + name), number)


def _turtle(triples: list[ox.Triple]) -> bytes:
    buffer = io.BytesIO()
    prefixes = {"void": _VOID, **{k: v for k, v in PREFIXES.items() if k in ("av", "owl", "dcterms", "xsd")}}
    ox.serialize(triples, buffer, format=ox.RdfFormat.TURTLE, prefixes=prefixes)
    return buffer.getvalue()
