"""Things as records: whatever the graph says of one, by property, with labels; patterns only."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox

from avidity_service.engine import Engine, plain
from avidity_service.errors import UnknownThing
from avidity_service.iris import AV, BASE, RDF, RDFS, SKOS
from avidity_service.names import Names, nearest

_TYPE = ox.NamedNode(RDF + "type")
_HIDDEN = {RDF + "type", RDFS + "label", SKOS + "hiddenLabel"}
_LISTS = f"""PREFIX av: <{AV}> PREFIX rdfs: <{RDFS}>
SELECT ?class ?collection ?label WHERE {{ ?class av:collection ?collection ; rdfs:label ?label }} ORDER BY ?label"""


class Things:
    """The things of one release. Collections are the classes that the ontology gives a collection name."""

    def __init__(self, engine: Engine, names: Names) -> None:
        self.engine = engine
        self.names = names
        self.classes = {row["collection"]: row["class"] for row in engine.select(_LISTS)}

    def find(self, kind: str, slug: str) -> ox.NamedNode:
        """The thing at `<kind>/<slug>`.

        Raises:
            UnknownThing: with what resembles it.
        """
        if kind not in self.classes:
            raise UnknownThing(f"kind of thing '{kind}'", nearest(kind, self.classes))
        try:
            node = ox.NamedNode(f"{BASE}{kind}/{slug}") if _is_path(slug) else None
        except ValueError:  # not an IRI: %FF, an opened bracket
            node = None
        if node is None or next(self.engine.matching(node, _TYPE, None), None) is None:
            raise UnknownThing(f"{kind} '{slug}'", self._near(kind, slug))
        return node

    def members(self, kind: str) -> list[str]:
        """The IRIs of all things of a kind, sorted."""
        class_ = ox.NamedNode(self.classes[kind])
        quads = self.engine.matching(None, _TYPE, class_)
        found = {quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)}
        return sorted(iri for iri in found if iri.startswith(BASE))

    def record(self, iri: str) -> dict[str, Any]:
        """A thing: id, label, types, and properties by name, each a list of values or of linked things."""
        node = ox.NamedNode(iri)
        kind, _, slug = iri.removeprefix(BASE).partition("/")
        types: set[str] = set()
        properties: dict[str, dict[str, Any]] = {}
        for quad in self.engine.matching(node, None, None):
            name = quad.predicate.value
            if name == _TYPE.value and isinstance(quad.object, ox.NamedNode):
                types.add(quad.object.value)
            elif name not in _HIDDEN:
                values = properties.setdefault(self._property(name), {})
                values[str(quad.object)] = self._value(quad.object)
        ordered = {name: [values[key] for key in sorted(values)] for name, values in sorted(properties.items())}
        return {
            "id": slug, "kind": kind, "iri": iri, "label": self.names.label(iri), "types": sorted(types),
            "properties": ordered,
        }  # fmt: skip

    def mechanisms_of(self, iri: str) -> set[str]:
        """An agent's mechanisms and those around them."""
        found, properties = set(), (ox.NamedNode(AV + "hasMechanism"), ox.NamedNode(AV + "withinMechanism"))
        waiting = [ox.NamedNode(iri)]
        while waiting:
            node = waiting.pop()
            for property_ in properties:
                for quad in self.engine.matching(node, property_, None):
                    if isinstance(quad.object, ox.NamedNode) and quad.object.value not in found:
                        found.add(quad.object.value)
                        waiting.append(quad.object)
        return found

    def favourable_measures(self) -> set[str]:
        """The measures that a treatment is for."""
        quads = self.engine.matching(None, ox.NamedNode(AV + "favourable"), None)
        return {quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)}

    def missing_parts(self) -> list[str]:
        """What the source lacks as a whole, in words: tables, references, pictures, the end of a row."""
        kind, of_study = ox.NamedNode(AV + "discrepancyKind"), ox.NamedNode(AV + "ofStudy")
        found = self.engine.matching(None, kind, ox.Literal("missing"))
        nodes = {quad.subject for quad in found if isinstance(quad.subject, ox.NamedNode)}
        return sorted(
            self.names.label(node.value)
            for node in nodes
            if next(self.engine.matching(node, of_study, None), None) is None
        )

    def about(self, node: ox.NamedNode) -> list[ox.Triple]:
        """The triples with the thing as subject, and those of its own parts (selectors, quantities)."""
        triples: dict[ox.Triple, None] = {}
        for quad in self.engine.matching(node, None, None):
            triples[ox.Triple(quad.subject, quad.predicate, quad.object)] = None
            if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(node.value + "/"):
                for part in self.engine.matching(quad.object, None, None):
                    triples[ox.Triple(part.subject, part.predicate, part.object)] = None
        return sorted(triples, key=str)

    def pointing_at(self, node: ox.NamedNode, most: int = 200) -> dict[str, list[dict[str, Any]]]:
        """Things that point at this one, by property; at most `most` of each."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for quad in self.engine.matching(None, None, node):
            if (
                isinstance(quad.subject, ox.NamedNode)
                and quad.subject.value.startswith(BASE)
                and "#" not in quad.subject.value
            ):
                found.setdefault(self._property(quad.predicate.value), {})[quad.subject.value] = self._value(
                    quad.subject
                )
        return {name: [values[iri] for iri in sorted(values)][:most] for name, values in sorted(found.items())}

    def _property(self, iri: str) -> str:
        return iri.removeprefix(AV) if iri.startswith(AV) else iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1]

    def _value(self, term: Any) -> Any:
        if isinstance(term, ox.Literal):
            return plain(term)
        if not isinstance(term, ox.NamedNode):
            return str(term)
        iri = term.value
        if iri.startswith(BASE) and "#" not in iri:
            kind, _, slug = iri.removeprefix(BASE).partition("/")
            # The dataset and its graphs have IRIs of ours, but no page.
            if slug and kind in self.classes:
                return {"id": slug, "kind": kind, "iri": iri, "label": self.names.label(iri)}
            return {"iri": iri, "label": self.names.label(iri)}
        notation = next(self.engine.matching(term, ox.NamedNode(SKOS + "notation"), None), None)
        label = next(self.engine.matching(term, ox.NamedNode(SKOS + "prefLabel"), None), None)
        if notation is None or label is None:
            return {"iri": iri, "label": iri}
        return {"iri": iri, "curie": plain(notation.object), "label": plain(label.object)}

    def _near(self, kind: str, slug: str) -> list[str]:
        known = [iri.removeprefix(f"{BASE}{kind}/") for iri in self.members(kind)]
        by_name = self.names.index.get((kind, " ".join(slug.casefold().replace("-", " ").split())), [])
        return [iri.removeprefix(f"{BASE}{kind}/") for iri in by_name] or nearest(slug, known)


def _is_path(slug: str) -> bool:
    return bool(slug) and not any(character in slug for character in '<>" {}|\\^`') and slug.isprintable()
