"""SHACL: every class is under a shape, and every constraint of every shape is seen to bite on a fault made for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from avidity_loaders.checks import check_shapes
from avidity_loaders.inputs import Inputs
from avidity_loaders.names import AV, RDF_TYPE, SH, XSD, graph
from avidity_loaders.vocabulary import parse_turtle

A = ox.NamedNode(RDF_TYPE)
SUBCLASS = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")
HERE = ox.NamedNode("https://w3id.org/avidity/graph/broken")
NOBODY = ox.NamedNode("https://w3id.org/avidity/nobody/at-all")
# Kinds of fault, by the constraint that must find it.
CONSTRAINTS = ("minCount", "maxCount", "datatype", "class", "in", "pattern", "minInclusive", "maxInclusive",
               "lessThan", "lessThanOrEquals", "or", "xone")  # fmt: skip


def sh(name: str) -> ox.NamedNode:
    return ox.NamedNode(SH + name)


class Shapes:
    def __init__(self, inputs: Inputs) -> None:
        self.store = ox.Store()
        self.store.extend(
            ox.Quad(t.subject, t.predicate, t.object, HERE) for t in parse_turtle(inputs.ontology / "shapes.ttl")
        )

    def values(self, node: object, name: str) -> list[ox.NamedNode | ox.BlankNode | ox.Literal]:
        return [q.object for q in self.store.quads_for_pattern(node, sh(name), None, None)]  # type: ignore[arg-type,misc]

    def shapes(self) -> list[ox.NamedNode]:
        found = {q.subject for q in self.store.quads_for_pattern(None, A, sh("NodeShape"), None)}
        return sorted((shape for shape in found if isinstance(shape, ox.NamedNode)), key=str)

    def cases(self) -> Iterator[tuple[str, ox.NamedNode, object, str]]:
        """(name of the case, target class, the node that holds the constraint, the constraint's name)."""
        for shape in self.shapes():
            for target in self.values(shape, "targetClass"):
                for holder in (shape, *self.values(shape, "property")):
                    for name in CONSTRAINTS:
                        if self.values(holder, name):
                            [path] = self.values(holder, "path") if holder != shape else [shape]
                            short = "/".join(str(part).strip("<>").rsplit("/", 1)[-1] for part in (shape, target, path))
                            yield f"{short}/{name}", target, holder, name  # type: ignore[misc]


SHIPPED = Shapes(Inputs.shipped())
CASES = list(SHIPPED.cases())


def subclasses(store: ox.Store, target: ox.NamedNode) -> set[ox.NamedNode]:
    found, waiting = {target}, [target]
    while waiting:
        for quad in store.quads_for_pattern(None, SUBCLASS, waiting.pop(), None):
            if isinstance(quad.subject, ox.NamedNode) and quad.subject not in found:
                found.add(quad.subject)
                waiting.append(quad.subject)
    return found


def member(store: ox.Store, target: ox.NamedNode, path: ox.NamedNode | None) -> ox.NamedNode:
    """A thing of the class; one that has the property, where there is one."""
    things = sorted(
        {
            q.subject
            for cls in subclasses(store, target)
            for q in store.quads_for_pattern(None, A, cls, None)
            if isinstance(q.subject, ox.NamedNode)
        },
        key=str,
    )
    assert things, f"the class {target} has no member"
    having = [thing for thing in things if path and any(store.quads_for_pattern(thing, path, None, None))]
    return (having or things)[0]


def around(store: ox.Store, thing: ox.NamedNode) -> list[ox.Quad]:
    """The thing, what it points at with its types, and the class tree: enough for its shapes, small enough to be quick."""
    quads = list(store.quads_for_pattern(thing, None, None, None))
    for quad in list(quads):
        if isinstance(quad.object, (ox.NamedNode, ox.BlankNode)):
            quads += store.quads_for_pattern(quad.object, A, None, None)
    return quads + list(store.quads_for_pattern(None, SUBCLASS, None, graph("ontology")))


def other_value(value: object) -> ox.NamedNode | ox.Literal:
    if isinstance(value, ox.Literal):
        return ox.Literal("another " + value.value, datatype=value.datatype if value.language is None else None)
    return NOBODY


def number(value: str) -> ox.Literal:
    return ox.Literal(value, datatype=ox.NamedNode(XSD + "integer"))


def broken(store: ox.Store, thing: ox.NamedNode, holder: object, name: str) -> list[ox.Quad]:
    """The surroundings of the thing with one fault: the one that the constraint is there to find."""
    quads = around(store, thing)
    if name in ("or", "xone"):
        ways = [path for way in parts(holder, name) for path in SHIPPED.values(way, "path")]
        if name == "xone":
            first = next(q for q in quads if q.subject == thing and q.predicate in ways)
            added = next(way for way in ways if way != first.predicate)
            return [*quads, ox.Quad(thing, added, first.object, HERE)]  # type: ignore[arg-type]
        return [q for q in quads if not (q.subject == thing and q.predicate in ways)]
    [path] = SHIPPED.values(holder, "path")
    assert isinstance(path, ox.NamedNode)
    own = [q for q in quads if q.subject == thing and q.predicate == path]
    rest = [q for q in quads if q not in own]

    def with_value(*values: ox.NamedNode | ox.Literal | ox.BlankNode) -> list[ox.Quad]:
        return rest + [ox.Quad(thing, path, value, HERE) for value in values]

    if name == "minCount":
        return rest
    if name == "maxCount":
        [most] = SHIPPED.values(holder, "maxCount")
        values = [q.object for q in own] or [NOBODY]
        assert isinstance(most, ox.Literal)
        values += [ox.Literal(f"one more {i}") for i in range(int(most.value))] if own else []
        return with_value(*values)  # type: ignore[arg-type]
    if name in ("lessThan", "lessThanOrEquals"):
        [than] = SHIPPED.values(holder, name)
        return [q for q in with_value(number("9")) if not (q.subject == thing and q.predicate == than)] + [
            ox.Quad(thing, than, number("8"), HERE)  # type: ignore[arg-type]
        ]
    values_by_fault: dict[str, ox.NamedNode | ox.Literal] = {
        "datatype": ox.Literal("not a number"),
        "class": NOBODY,
        "in": other_value(own[0].object) if own else NOBODY,
        "pattern": ox.Literal("###"),
        "minInclusive": number("-7"),
        "maxInclusive": number("777"),
    }
    return with_value(values_by_fault[name])


def parts(holder: object, name: str) -> list[object]:
    """The members of a list: the ways out of sh:or and sh:xone."""
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

    def only(node: object, local_name: str) -> object:
        [quad] = SHIPPED.store.quads_for_pattern(node, ox.NamedNode(rdf + local_name), None, None)  # type: ignore[arg-type]
        return quad.object

    node: object = SHIPPED.values(holder, name)[0]
    found = []
    while node != ox.NamedNode(rdf + "nil"):
        found.append(only(node, "first"))
        node = only(node, "rest")
    return found


# What the shapes find where nothing is broken, for each thing that faults are made in: the same for all its faults.
WHOLE: dict[ox.NamedNode, Counter[str]] = {}


def found(quads: list[ox.Quad], inputs: Inputs) -> Counter[str]:
    store = ox.Store()
    store.extend(quads)
    return Counter(str(problem.what) for problem in check_shapes(store, inputs.ontology / "shapes.ttl")[2])


@pytest.mark.parametrize(("target", "holder", "name"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_every_constraint_bites(
    target: ox.NamedNode, holder: object, name: str, store: ox.Store, inputs: Inputs
) -> None:
    path = next(iter(SHIPPED.values(holder, "path")), None)
    thing = member(store, target, path if isinstance(path, ox.NamedNode) else None)
    [message] = {str(getattr(value, "value", "")) for value in SHIPPED.values(holder, "message")}
    if thing not in WHOLE:
        WHOLE[thing] = found(around(store, thing), inputs)
    before, after = WHOLE[thing], found(broken(store, thing, holder, name), inputs)
    new = [what for what in after - before if thing.value in what and message in what]
    assert new, f"{thing}: no new finding that says {message!r}; there are {after - before}"


def test_every_constraint_tells_a_curator_what_to_do() -> None:
    for _, _, holder, name in CASES:
        messages = SHIPPED.values(holder, "message")
        assert len(messages) == 1, f"{holder} {name} has no message"


def test_how_many_constraints_there_are() -> None:
    assert len({case[0].split("/")[0] for case in CASES}) == len(SHIPPED.shapes()) == 48
    assert len(CASES) == 299


def test_every_class_with_members_is_under_a_shape(store: ox.Store) -> None:
    covered = {
        cls
        for shape in SHIPPED.shapes()
        for target in SHIPPED.values(shape, "targetClass")
        if isinstance(target, ox.NamedNode)
        for cls in subclasses(store, target)
    }
    classes = {
        q.subject.value
        for q in store.quads_for_pattern(None, A, ox.NamedNode("http://www.w3.org/2002/07/owl#Class"), graph("ontology"))
        if isinstance(q.subject, ox.NamedNode) and q.subject.value.startswith(AV)
        and any(store.quads_for_pattern(None, A, q.subject, None))
    }  # fmt: skip
    assert len(classes) > 60
    defined = {
        q.subject.value
        for q in store.quads_for_pattern(
            None, ox.NamedNode("http://www.w3.org/2002/07/owl#equivalentClass"), None, None
        )
        if isinstance(q.subject, ox.NamedNode)
    }
    assert classes - {cls.value for cls in covered} - defined == set()
