"""The last look before a release is written: SHACL shapes, and queries that must return nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from avidity_loaders.errors import OntologyError, Problem, ReleaseError
from avidity_loaders.names import XSD
from avidity_loaders.queryfile import QueryFile, read_query_file

LEVELS = ("ERROR", "WARN")


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was checked and how much of it; a report exists only where everything held."""

    shapes: int
    focus_nodes: int
    queries: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """One line for the build's progress."""
        warned = f", {len(self.warnings)} warnings" if self.warnings else ""
        return f"{self.shapes} shapes on {self.focus_nodes} things, {len(self.queries)} checks{warned}"


def check_dataset(quads: Iterable[ox.Quad], ontology: Path) -> CheckReport:
    """Check the dataset.

    Raises:
        ReleaseError: with every violation of a shape and every row that a check found.
    """
    store = ox.Store()
    store.extend(quads)
    found = run_all_checks(store, ontology / "checks")
    shapes, focus, violations = check_shapes(store, ontology / "shapes.ttl")
    problems = [*found["ERROR"], *violations]
    if problems:
        raise ReleaseError(problems)
    names = sorted(path.stem for path in (ontology / "checks").glob("*.rq"))
    return CheckReport(shapes, focus, names, [str(problem) for problem in found["WARN"]])


def run_all_checks(store: ox.Store, folder: Path) -> dict[str, list[Problem]]:
    """What the checks of a folder find, by level: ERROR stops a release, WARN goes into its report.

    Raises:
        OntologyError: if a check does not parse or has no level.
    """
    levels = read_levels(folder)
    found: dict[str, list[Problem]] = {level: [] for level in LEVELS}
    for name, level in levels.items():
        found[level] += run_check(store, read_query_file(folder / f"{name}.rq"))
    return found


def read_levels(folder: Path) -> dict[str, str]:
    """The level of each check: how bad a fault is, is decided beside the queries and not in them.

    Raises:
        OntologyError: for an unknown level, a check without one, or a line without a check.
    """
    path = folder / "levels.tsv"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:] if line.strip()]
    there = {file.stem for file in folder.glob("*.rq")}
    problems = [
        Problem(f"the level of {row[0]} is none: {' '.join(row[1:])}", path, line, cure=f"one of {', '.join(LEVELS)}")
        for line, row in enumerate(rows, 2)
        if len(row) != 2 or row[1] not in LEVELS
    ]
    problems += [Problem(f"{name} has no level", path) for name in sorted(there - {row[0] for row in rows})]
    problems += [
        Problem(f"there is no check {row[0]}", path, line) for line, row in enumerate(rows, 2) if row[0] not in there
    ]
    if problems:
        raise OntologyError(problems)
    return {row[0]: row[1] for row in sorted(rows)}


def run_check(store: ox.Store, check: QueryFile) -> list[Problem]:
    """A problem for each row that the check's query finds."""
    try:
        rows = store.query(check.text, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise OntologyError(Problem(f"this is not SPARQL: {error.msg}", check.path, error.lineno)) from None
    assert isinstance(rows, ox.QuerySolutions)
    names = [variable.value for variable in rows.variables]
    return [
        Problem(
            f"{check.path.stem}: {check.header.get('problem', '')} "
            + ", ".join(f"{name} {_shown(row[name])}" for name in names if row[name] is not None),
            cure=check.header.get("cure"),
        )
        for row in rows
    ]


def _shown(term: object) -> str:
    return str(getattr(term, "value", term))


def check_shapes(store: ox.Store, path: Path) -> tuple[int, int, list[Problem]]:
    """Validate with pySHACL: number of shapes, number of things they apply to, and a problem for each violation."""
    # rdflib and pySHACL take half a second to import; only the build pays for them.
    from pyshacl import validate
    from rdflib import RDF, SH, Graph

    shapes = Graph().parse(path, format="turtle")
    data = _union(store)
    _, results, _ = validate(data, shacl_graph=shapes, inference="none", advanced=False, meta_shacl=False)
    assert isinstance(results, Graph)
    problems = []
    for result in results.subjects(RDF.type, SH.ValidationResult):
        message = results.value(result, SH.resultMessage)
        focus, where = results.value(result, SH.focusNode), results.value(result, SH.resultPath)
        problems.append(Problem(f"{focus}: {message}" + (f" ({where})" if where else "")))
    targets = [
        cls for shape in shapes.subjects(RDF.type, SH.NodeShape) for cls in shapes.objects(shape, SH.targetClass)
    ]
    focus_nodes = len({thing for cls in targets for thing in data.subjects(RDF.type, cls)})
    return len(targets), focus_nodes, sorted(problems, key=str)


def _union(store: ox.Store):  # type: ignore[no-untyped-def]
    """All graphs as one rdflib graph; selectors and terms are not targets of any shape and stay out."""
    from rdflib import BNode, Graph, Literal, URIRef

    def node(term: object) -> URIRef | BNode | Literal:
        if isinstance(term, ox.NamedNode):
            return URIRef(term.value)
        if isinstance(term, ox.BlankNode):
            return BNode(term.value)
        assert isinstance(term, ox.Literal)
        if term.language:
            return Literal(term.value, lang=term.language)
        # rdflib tells "x" from "x"^^xsd:string, RDF does not; the shapes write the short form.
        plain = term.datatype.value == XSD + "string"
        return Literal(term.value) if plain else Literal(term.value, datatype=URIRef(term.datatype.value))

    graph = Graph()
    for quad in store:
        graph.add((node(quad.subject), URIRef(quad.predicate.value), node(quad.object)))
    return graph
