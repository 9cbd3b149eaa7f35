"""HermiT as an independent judge of ontology and build; it needs Java, so the build itself does not use it."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from avidity_loaders.names import AV, BASE, RDF_TYPE, graph


@dataclass(frozen=True, slots=True)
class Verdict:
    """What HermiT says: disagreements in words, and how many agents were compared."""

    problems: tuple[str, ...]
    agents: int


def judge(stated: Iterable[ox.Quad], derived: Iterable[ox.Quad]) -> Verdict | None:
    """Classify ontology and vocabulary with HermiT, and compare the agents' classes; None where there is no Java.

    owlready2 reads no owl:imports here: it is handed the triples, never a file or an address.
    """
    if shutil.which("java") is None:
        return None
    import owlready2

    kept = {graph("ontology"), graph("vocabulary")}
    triples = [ox.Triple(q.subject, q.predicate, q.object) for q in stated if q.graph_name in kept]
    buffer = io.BytesIO()
    ox.serialize(triples, buffer, format=ox.RdfFormat.N_TRIPLES)
    buffer.seek(0)
    world = owlready2.World()
    world.get_ontology(BASE + "ontology").load(fileobj=buffer)
    try:
        owlready2.sync_reasoner_hermit(world, infer_property_values=False, debug=0)
    except owlready2.OwlReadyInconsistentOntologyError:
        return Verdict(("HermiT finds the ontology inconsistent with the vocabulary",), 0)
    problems = [f"{cls.iri} can have no member" for cls in world.inconsistent_classes()]
    agents, differences = _compare(world, derived)
    return Verdict((*problems, *differences), agents)


def _compare(world: object, derived: Iterable[ox.Quad]) -> tuple[int, list[str]]:
    by_build: dict[str, set[str]] = {}
    for quad in derived:
        if (
            quad.predicate.value == RDF_TYPE
            and isinstance(quad.subject, ox.NamedNode)
            and isinstance(quad.object, ox.NamedNode)
        ):
            by_build.setdefault(quad.subject.value, set()).add(quad.object.value)
    agents = list(world.search(iri=BASE + "agent/*"))  # type: ignore[attr-defined]
    problems = []
    for agent in agents:
        by_hermit = {cls.iri for cls in agent.INDIRECT_is_a if getattr(cls, "iri", "").startswith(AV)} - {AV + "Agent"}
        ours = by_build.get(agent.iri, set()) - {AV + "Agent"}
        if by_hermit != ours:
            problems.append(f"{agent.iri}: HermiT says {sorted(by_hermit)}, the build {sorted(ours)}")
    return len(agents), problems
