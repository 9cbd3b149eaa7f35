"""Competency questions: one `.rq` file each, the only place where a question is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pyoxigraph as ox
from pydantic import BaseModel, ConfigDict, ValidationError

from avidity_loaders.errors import OntologyError, Problem
from avidity_loaders.names import RDF_TYPE, SH, graph, thing
from avidity_loaders.queryfile import read_query_file
from avidity_loaders.triples import Triples


class Parameter(BaseModel):
    """A variable that the asker binds: a thing of a collection, a number or a text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str  # "alteration", "agent", … a collection; or "integer"
    description: str
    example: str | int
    required: bool = False


class Question(BaseModel):
    """A question as its file's header states it, with its SPARQL."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    text: str
    question: str
    group: Literal["genotype", "agent", "response", "harms", "methods", "study", "source"]
    row: str
    parameters: dict[str, Parameter] = {}


def read_questions(folder: Path) -> list[Question]:
    """All questions of a folder, by name.

    Raises:
        OntologyError: naming the file of a header that does not fit, a query that does not parse, or a
            parameter that is not projected (the engine can bind projected variables only).
    """
    questions, problems = [], []
    for path in sorted(folder.glob("*.rq")):
        file = read_query_file(path)
        try:
            question = Question(name=path.stem, text=file.text, **file.header)
        except (ValidationError, TypeError) as error:
            problems.append(Problem(f"the header does not fit: {error}", path, 1))
            continue
        problems += _faults(question, path)
        questions.append(question)
    if problems:
        raise OntologyError(problems)
    return questions


def _faults(question: Question, path: Path) -> list[Problem]:
    try:
        rows = ox.Store().query(question.text)
    except SyntaxError as error:
        return [Problem(f"this is not SPARQL: {error.msg}", path, error.lineno)]
    if not isinstance(rows, ox.QuerySolutions):
        return [Problem("a question must be a SELECT query", path)]
    projected = [variable.value for variable in rows.variables]
    missing = [name for name in question.parameters if name not in projected]
    faults = [Problem(f"the parameter ?{name} is not projected, so it cannot be bound", path) for name in missing]
    if "quote" not in projected:
        faults.append(Problem("the question projects no ?quote: a row without its proof is no answer", path))
    if re.search(r"\bSERVICE\b", question.text):
        faults.append(Problem("a question may not leave the graph (SERVICE)", path))
    return faults


class CollectionQuery(BaseModel):
    """A query behind a REST collection, with the patterns that its filters add at the line `#filters`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    text: str
    summary: str
    filters: dict[str, str] = {}


def read_collection_queries(folder: Path) -> list[CollectionQuery]:
    """The queries behind the REST collections, by name.

    Raises:
        OntologyError: naming the file of a header that does not fit or a query that does not parse.
    """
    queries = []
    for path in sorted(folder.glob("*.rq")):
        file = read_query_file(path)
        try:
            queries.append(CollectionQuery(name=path.stem, text=file.text, **file.header))
            ox.Store().query(file.text)
        except (ValidationError, TypeError) as error:
            raise OntologyError(Problem(f"the header does not fit: {error}", path, 1)) from None
        except SyntaxError as error:
            raise OntologyError(Problem(f"this is not SPARQL: {error.msg}", path, error.lineno)) from None
    return queries


def convert_collection_queries(queries: list[CollectionQuery]) -> list[ox.Quad]:
    """The collection queries, so that the service finds them in the release."""
    triples = Triples(graph("queries"))
    for query in queries:
        node = thing("collection-query", query.name)
        triples.describe(node, "CollectionQuery", query.summary)
        triples.add(node, ox.NamedNode(SH + "select"), query.text)
        for name, pattern in query.filters.items():
            slot = ox.NamedNode(f"{node.value}/{name}")
            triples.add(node, "hasFilter", slot)
            triples.describe(slot, "Filter", name)
            triples.add(slot, "pattern", pattern)
    return triples.quads


def convert_questions(questions: list[Question]) -> list[ox.Quad]:
    """The questions as `sh:SPARQLExecutable`, so that an endpoint describes what it can be asked."""
    triples = Triples(graph("queries"))
    for question in questions:
        node = thing("question", question.name)
        triples.describe(node, "Question", question.question)
        for kind in ("SPARQLExecutable", "SPARQLSelectExecutable"):
            triples.add(node, ox.NamedNode(RDF_TYPE), ox.NamedNode(SH + kind))
        triples.add(node, ox.NamedNode(SH + "select"), question.text)
        triples.add(node, ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#comment"), question.row)
        triples.add(node, "questionGroup", question.group)
        for order, (name, parameter) in enumerate(question.parameters.items()):
            slot = ox.NamedNode(f"{node.value}/{name}")
            triples.add(node, ox.NamedNode(SH + "parameter"), slot)
            triples.add(slot, ox.NamedNode(RDF_TYPE), ox.NamedNode(SH + "Parameter"))
            triples.add(slot, ox.NamedNode(SH + "varName"), name)
            triples.add(slot, ox.NamedNode(SH + "description"), parameter.description)
            triples.add(slot, ox.NamedNode(SH + "order"), order)
            triples.add(slot, "parameterType", parameter.type)
            triples.add(slot, "parameterExample", str(parameter.example))
            triples.add(slot, "parameterRequired", parameter.required)
    return triples.quads
