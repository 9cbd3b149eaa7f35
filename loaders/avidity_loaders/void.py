"""VoID: what the dataset holds, by graph, class and property, as the endpoint itself would count it.

The description is a graph of the dataset, so that whoever asks the endpoint finds it; then it describes itself too,
and is made again until its counts hold.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field

import pyoxigraph as ox

from avidity_loaders.names import AV, BASE, DCTERMS, OWL, PREFIXES, RDF_TYPE, SH, VOID, VOID_EXT, XSD, graph

DATASET = ox.NamedNode(BASE + "dataset")
GRAPH_OF_IT = graph("dataset")
_ROUNDS = 12
# As CITATION.cff has it.
_ABSTRACT = (
    "The evidence on redifferentiation therapy in radioiodine-refractory thyroid cancer as an OWL knowledge graph "
    "in which every number is proven by a quote."
)
_RIGHTS = (
    "What the graph says is under the licence that is named here, unless it names one of its own, as mappings and "
    "linked graphs do. The words that it quotes keep the licence of the source that they are from (dcterms:source), "
    "with its attribution."
)
_SOURCE = ox.NamedNode(AV + "SourceDocument")
_ONTOLOGY = ox.NamedNode(BASE + "ontology")
# What holds for the graph as for its ontology: both are one project's.
_AS_THE_ONTOLOGY = frozenset(DCTERMS + name for name in ("license", "creator", "publisher"))

_Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def with_description(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """The quads with the graph that describes all of them, itself included, in place of the one they may have."""
    data = [quad for quad in quads if quad.graph_name != GRAPH_OF_IT]
    described: list[ox.Triple] = []
    for _ in range(_ROUNDS):
        again = list(_describe([*data, *_in_graph(described)]))
        if again == described:
            return [*data, *_in_graph(described)]
        described = again
    raise AssertionError("the counts of the description do not settle")


def description_file(quads: Iterable[ox.Quad], release: str) -> bytes:
    """The description that the quads hold as Turtle, with the release's id, which no release can hold itself."""
    triples = [quad.triple for quad in quads if quad.graph_name == GRAPH_OF_IT]
    triples.append(ox.Triple(DATASET, ox.NamedNode(OWL + "versionInfo"), ox.Literal(release)))
    buffer = io.BytesIO()
    prefixes = {name: PREFIXES[name] for name in ("void", "void-ext", "av", "owl", "rdf", "dcterms", "xsd", "sh")}
    ox.serialize(sorted(triples, key=str), buffer, format=ox.RdfFormat.TURTLE, prefixes=prefixes)
    return buffer.getvalue()


@dataclass
class _Tally:
    """Triples over the union of all graphs, by class, property, and class or datatype of the object."""

    triples: int = 0
    graphs: Counter[str] = field(default_factory=Counter)
    subjects: int = 0
    entities: Counter[str] = field(default_factory=Counter)
    properties: Counter[str] = field(default_factory=Counter)
    of_class: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    to_class: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    to_datatype: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def _count(quads: Iterable[ox.Quad]) -> tuple[_Tally, list[ox.NamedNode]]:
    """The tally, and the queries that can be run."""
    tally, triples = _Tally(), dict[tuple[_Term, ox.NamedNode, _Term], None]()
    for quad in quads:
        triples[(quad.subject, quad.predicate, quad.object)] = None
        tally.graphs[str(quad.graph_name.value) if isinstance(quad.graph_name, ox.NamedNode) else ""] += 1
    types: dict[_Term, list[str]] = defaultdict(list)
    executable = ox.NamedNode(SH + "SPARQLExecutable")
    for subject, predicate, value in triples:
        if predicate.value == RDF_TYPE and isinstance(value, ox.NamedNode):
            types[subject].append(value.value)
            tally.entities[value.value] += 1
    tally.triples, tally.subjects = len(triples), len({subject for subject, _, _ in triples})
    for subject, predicate, value in triples:
        name = predicate.value
        tally.properties[name] += 1
        kinds = types.get(value, ())
        for class_ in types.get(subject, ()):
            tally.of_class[class_][name] += 1
            if isinstance(value, ox.Literal):
                tally.to_datatype[class_, name][value.datatype.value] += 1
            elif kinds:
                tally.to_class[class_, name].update(kinds)
    queries = [s for s, kinds in types.items() if isinstance(s, ox.NamedNode) and executable.value in kinds]
    return tally, sorted(queries, key=str)


def _describe(quads: Iterable[ox.Quad]) -> Iterator[ox.Triple]:
    quads = list(quads)
    tally, queries = _count(quads)
    yield _link(DATASET, RDF_TYPE, VOID + "Dataset")
    yield from _record(quads)
    yield _link(DATASET, VOID + "vocabulary", BASE + "ontology")
    yield ox.Triple(DATASET, ox.NamedNode(VOID + "uriSpace"), ox.Literal(BASE))
    yield _number(DATASET, "triples", tally.triples)
    yield _number(DATASET, "distinctSubjects", tally.subjects)
    yield _number(DATASET, "classes", len(tally.entities))
    yield _number(DATASET, "properties", len(tally.properties))
    for name, triples in sorted(tally.graphs.items()):
        if name:
            yield _link(DATASET, VOID + "subset", name)
            yield _link(ox.NamedNode(name), RDF_TYPE, VOID + "Dataset")
            yield _number(ox.NamedNode(name), "triples", triples)
    for class_, entities in sorted(tally.entities.items()):
        part = yield from _part(DATASET, "class", class_)
        yield _number(part, "entities", entities)
        yield from _properties(part, class_, tally)
    for property_, triples in sorted(tally.properties.items()):
        part = yield from _part(DATASET, "property", property_)
        yield _number(part, "triples", triples)
    yield from _prefixes(queries)


def _record(quads: Iterable[ox.Quad]) -> Iterator[ox.Triple]:
    """Title, description, whose it is, under which licence, and from which sources."""
    for name, text in (("title", "Avidity"), ("description", _ABSTRACT), ("rights", _RIGHTS)):
        yield ox.Triple(DATASET, ox.NamedNode(DCTERMS + name), ox.Literal(text, language="en"))
    found = set()
    for quad in quads:
        if quad.subject == _ONTOLOGY and quad.predicate.value in _AS_THE_ONTOLOGY:
            found.add(ox.Triple(DATASET, quad.predicate, quad.object))
        if quad.predicate.value == RDF_TYPE and quad.object == _SOURCE and isinstance(quad.subject, ox.NamedNode):
            found.add(_link(DATASET, DCTERMS + "source", quad.subject.value))
    yield from sorted(found, key=str)


def _properties(part: ox.NamedNode, class_: str, tally: _Tally) -> Iterator[ox.Triple]:
    """Which properties the things of a class have, and what their values are."""
    for property_, triples in sorted(tally.of_class[class_].items()):
        inner = yield from _part(part, "property", property_)
        yield _number(inner, "triples", triples)
        for kind, number in sorted(tally.to_class[class_, property_].items()):
            leaf = yield from _part(inner, "class", kind)
            yield _number(leaf, "triples", number)
        for kind, number in sorted(tally.to_datatype[class_, property_].items()):
            leaf = yield from _part(inner, "datatype", kind, VOID_EXT)
            yield _number(leaf, "triples", number)


def _prefixes(queries: Iterable[ox.NamedNode]) -> Iterator[ox.Triple]:
    """The prefixes as SHACL declares them, for editors that ask an endpoint for its own."""
    for prefix, namespace in sorted(PREFIXES.items()):
        node = ox.NamedNode(f"{DATASET.value}/prefix/{prefix}")
        yield _link(DATASET, SH + "declare", node.value)
        yield ox.Triple(node, ox.NamedNode(SH + "prefix"), ox.Literal(prefix))
        iri = ox.Literal(namespace, datatype=ox.NamedNode(XSD + "anyURI"))
        yield ox.Triple(node, ox.NamedNode(SH + "namespace"), iri)
    for query in queries:
        yield _link(query, SH + "prefixes", DATASET.value)


def _part(whole: ox.NamedNode, of: str, iri: str, space: str = VOID) -> Generator[ox.Triple, None, ox.NamedNode]:
    part = ox.NamedNode(f"{whole.value}/{of}/{_slug(iri)}")
    yield _link(whole, f"{space}{of}Partition", part.value)
    yield _link(part, space + of, iri)
    return part


def _slug(iri: str) -> str:
    for prefix, start in PREFIXES.items():
        if iri.startswith(start):
            return f"{prefix}-{iri[len(start) :]}"
    return iri.replace("://", "-").replace("/", "-").replace("#", "-")


def _in_graph(triples: Iterable[ox.Triple]) -> Iterator[ox.Quad]:
    return (ox.Quad(triple.subject, triple.predicate, triple.object, GRAPH_OF_IT) for triple in triples)


def _link(subject: ox.NamedNode, predicate: str, value: str) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), ox.NamedNode(value))


def _number(subject: ox.NamedNode, name: str, value: int) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(VOID + name), ox.Literal(str(value), datatype=ox.NamedNode(XSD + "integer")))
