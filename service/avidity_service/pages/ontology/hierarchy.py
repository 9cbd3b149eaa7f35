"""The classes as trees, and where each stands in the picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyoxigraph as ox

from avidity_service.pages.ontology.graph import OntologyGraph
from avidity_service.pages.ontology.terms import Term, named_superclasses

_ROW, _INDENT, _LETTER, _PADDING, _GAP = 28, 22, 7.4, 20, 24
_COLUMNS = 4


@dataclass(slots=True)
class Branch:
    """A class with the classes under it; `defined` if its members follow from what it equals."""

    term: Term
    defined: bool
    children: list[Branch] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many classes the branch has."""
        return 1 + sum(child.size for child in self.children)


@dataclass(frozen=True, slots=True)
class Box:
    """A class in the picture: the box's corner and size, and the corner of the line to its superclass."""

    branch: Branch
    x: int
    y: int
    width: int
    height: int
    line: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes and the picture's size in pixels."""

    boxes: tuple[Box, ...]
    width: int
    height: int


def read_trees(graph: OntologyGraph, terms: Iterable[Term]) -> list[Branch]:
    """The classes by superclass; one with two superclasses stands under both, one in a circle nowhere under itself."""
    classes = {term.iri: term for term in terms if term.kind == "class"}
    above = {iri: [up for up in named_superclasses(graph, ox.NamedNode(iri)) if up in classes] for iri in classes}
    below: dict[str, list[str]] = {}
    for iri, ups in above.items():
        for up in ups:
            below.setdefault(up, []).append(iri)
    reached: set[str] = set()
    roots = [_grow(iri, classes, below, (), reached) for iri in classes if not above[iri]]
    # What is left is above itself.
    roots += [_grow(iri, classes, below, (), reached) for iri in classes if iri not in reached]
    return roots


def _grow(
    iri: str, classes: Mapping[str, Term], below: Mapping[str, list[str]], way: tuple[str, ...], reached: set[str]
) -> Branch:
    reached.add(iri)
    branch = Branch(classes[iri], "equivalent to" in classes[iri].axioms)
    branch.children = [
        _grow(child, classes, below, (*way, iri), reached) for child in below.get(iri, []) if child not in (*way, iri)
    ]
    return branch


def draw(trees: list[Branch]) -> Picture:
    """The trees in columns of about the same height, the large ones first."""
    columns: list[list[Branch]] = [[] for _ in range(_COLUMNS)]
    for tree in sorted(trees, key=lambda tree: -tree.size):
        min(columns, key=lambda column: sum(each.size for each in column)).append(tree)
    boxes: list[Box] = []
    left = 0
    for column in columns:
        placed: list[Box] = []
        for tree in column:
            _place(tree, left, len(placed), None, placed)
        boxes += placed
        left = max((box.x + box.width for box in placed), default=left) + _GAP
    height = max((box.y + box.height for box in boxes), default=0)
    return Picture(tuple(boxes), left, height + 4)


def _place(branch: Branch, x: int, row: int, parent: Box | None, placed: list[Box]) -> None:
    y = row * _ROW + 2
    line = (parent.x + _INDENT // 2, parent.y + parent.height) if parent else None
    box = Box(branch, x + 2, y, round(len(branch.term.label) * _LETTER) + _PADDING, _ROW - 6, line)
    placed.append(box)
    for child in branch.children:
        _place(child, x + _INDENT, len(placed), box, placed)
