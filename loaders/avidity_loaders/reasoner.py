"""HermiT as an independent judge of ontology and build; it needs Java, so the build itself does not use it."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from avidity_loaders.names import AV, BASE, RDF_TYPE, graph, split_iri

_NOT_OWL = {graph("derived"), graph("mappings"), graph("queries")}
# Their types are stated outright and follow from nothing; with them HermiT takes three minutes and not ten seconds.
# Pellet looks at everything (`avidity_loaders.pellet`).
_LEFT_OUT = ("passage",)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What HermiT says: disagreements in words, and how many classes and things it looked at."""

    problems: tuple[str, ...]
    classes: int
    things: int


def judge(stated: Iterable[ox.Quad], derived: Iterable[ox.Quad]) -> Verdict | None:
    """Classify everything that is stated with HermiT; compare each thing's classes with those of the build.

    None where there is no Java. Classes that a rule fills (`av:inferredByRule`) are not compared: OWL cannot say them.
    owlready2 reads no owl:imports here: it is handed the triples, never a file or an address.
    """
    if shutil.which("java") is None:
        return None
    import owlready2

    stated = list(stated)
    world = owlready2.World()
    world.get_ontology(BASE + "ontology").load(fileobj=_triples(stated))
    try:
        owlready2.sync_reasoner_hermit(world, infer_property_values=False, debug=0)
    except owlready2.OwlReadyInconsistentOntologyError:
        return Verdict(("HermiT finds the ontology inconsistent with the dataset",), 0, 0)
    problems = [f"{cls.iri} can have no member" for cls in world.inconsistent_classes()]
    by_build = _types([*stated, *derived], _by_rule(stated))
    things = {quad.subject.value for quad in stated if _is_judged(quad) and isinstance(quad.subject, ox.NamedNode)}
    differences = [_difference(world, iri, by_build.get(iri, set())) for iri in sorted(things & by_build.keys())]
    classes = sum(1 for cls in world.classes() if cls.iri.startswith(AV))
    return Verdict((*problems, *filter(None, differences)), classes, len(things & by_build.keys()))


def _is_judged(quad: ox.Quad) -> bool:
    """Whether HermiT gets the quad: the ontology whole, of the rest the links between things."""
    if quad.graph_name in _NOT_OWL:
        return False
    if quad.graph_name == graph("ontology"):
        return True
    ends = (quad.subject, quad.object)
    return not isinstance(quad.object, ox.Literal) and not any(_kind(end) in _LEFT_OUT for end in ends)


def _kind(node: object) -> str:
    return split_iri(node.value)[0] if isinstance(node, ox.NamedNode) else ""


def _triples(stated: Iterable[ox.Quad]) -> io.BytesIO:
    buffer = io.BytesIO()
    kept = (ox.Triple(quad.subject, quad.predicate, quad.object) for quad in stated if _is_judged(quad))
    ox.serialize(kept, buffer, format=ox.RdfFormat.N_TRIPLES)
    buffer.seek(0)
    return buffer


def _by_rule(stated: Iterable[ox.Quad]) -> set[str]:
    return {str(getattr(q.subject, "value", "")) for q in stated if q.predicate.value == AV + "inferredByRule"}


def _types(quads: Iterable[ox.Quad], by_rule: set[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for quad in quads:
        if (
            quad.predicate.value == RDF_TYPE
            and isinstance(quad.subject, ox.NamedNode)
            and isinstance(quad.object, ox.NamedNode)
            and quad.object.value.startswith(AV)
            and quad.object.value not in by_rule
            and quad.graph_name not in (graph("ontology"), graph("mappings"), graph("queries"))
            and split_iri(quad.subject.value)[0] not in _LEFT_OUT
        ):
            found.setdefault(quad.subject.value, set()).add(quad.object.value)
    return found


def _difference(world: Any, iri: str, ours: set[str]) -> str | None:
    individual = world[iri]
    theirs = (
        {cls.iri for cls in individual.INDIRECT_is_a if getattr(cls, "iri", "").startswith(AV)} if individual else set()
    )
    if theirs == ours:
        return None
    return f"{iri}: only HermiT says {sorted(theirs - ours)}, only the build {sorted(ours - theirs)}"
