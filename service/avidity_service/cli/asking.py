"""`ask` and `query`: rows as a table, JSON, CSV or TSV; graphs as Turtle."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pyoxigraph as ox

from avidity_service.catalogue import Catalogue
from avidity_service.cli.opening import open_for_reading
from avidity_service.cli.printing import print_table
from avidity_service.engine import Engine, Rows
from avidity_service.errors import QueryError, UnknownValue
from avidity_service.names import Names
from avidity_service.rest.things import Things

_ACCEPT = ("application/sparql-results+json", "text/turtle")


def options(arguments: Sequence[str]) -> dict[str, str]:
    """`--name value` pairs and `--name=value` as a mapping; `--grade-min` is the parameter grade_min.

    Raises:
        click.UsageError: for anything else.
    """
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name = rest.pop(0)
        if not name.startswith("--"):
            raise click.UsageError(f"'{name}' is not an option; parameters are written --name value")
        name, equals, value = name[2:].partition("=")
        if not equals:
            if not rest:
                raise click.UsageError(f"--{name} needs a value")
            value = rest.pop(0)
        found[name.replace("-", "_")] = value
    return found


def ask(name: str | None, given: Mapping[str, str], format_: str, release: Path | None) -> None:
    """Answer a question, or list them all."""
    from avidity_service import asking

    engine = Engine(open_for_reading(release).store)
    catalogue = Catalogue(engine)
    if name is None:
        rows = [
            (q.name, q.question, " ".join(f"--{p.name} {p.example}" for p in q.parameters)) for q in catalogue.questions
        ]
        print_table(("name", "question", "parameters"), rows, format_)
        return
    question = catalogue.question(name)
    try:
        bound = asking.bind(question, given, Names(engine))
    except UnknownValue as error:
        if error.value == "":
            raise click.UsageError(
                f"{name} needs --{error.parameter}, for example --{error.parameter} {error.near[0]}"
            ) from None
        if error.value is None:
            raise click.UsageError(
                f"{name} has no parameter {error.parameter}; it has: {', '.join(error.allowed) or 'none'}"
            ) from None
        raise
    answer = asking.ask(question, bound, engine)
    _print_rows(answer, format_)
    if not list(answer):
        missing = Things(engine, Names(engine)).missing_parts()
        click.echo("The source states nothing that fits. It does not include: " + "; ".join(missing), err=True)


def query(sparql: str, format_: str, release: Path | None, endpoint: str | None) -> None:
    """Run SPARQL against the release or an endpoint."""
    found = _remote(sparql, endpoint) if endpoint else _local(sparql, release)
    if isinstance(found, ox.QueryBoolean):
        click.echo(json.dumps({"boolean": bool(found)}) if format_ == "json" else str(bool(found)).lower())
    elif isinstance(found, ox.QuerySolutions):
        columns = tuple(variable.value for variable in found.variables)
        _print_rows(Rows(columns, tuple(tuple(row[name] for name in columns) for row in found)), format_)
    else:
        kind = ox.RdfFormat.JSON_LD if format_ == "json" else ox.RdfFormat.TURTLE
        ox.serialize(found, sys.stdout.buffer, format=kind)


def _local(sparql: str, release: Path | None) -> Any:
    from avidity_service.settings import Settings
    from avidity_service.sparql.guard import guard
    from avidity_service.sparql.pool import Pool

    seen = guard(sparql)
    settings = Settings.from_environment()
    pool = Pool(open_for_reading(release, settings), settings)
    try:
        pool.give_back(pool.start())  # to load the dataset is not the query's time
        answer = pool.ask(sparql, _ACCEPT, sets_dataset=seen.sets_dataset)
    finally:
        pool.close()
    return _parsed(answer.body, answer.media_type)


def _remote(sparql: str, endpoint: str) -> Any:
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    headers = {"Content-Type": "application/sparql-query", "Accept": ", ".join(_ACCEPT), "User-Agent": "avidity"}
    if not endpoint.startswith(("http://", "https://")):
        raise click.UsageError(f"--endpoint {endpoint}: an http or https address is needed")
    try:
        with urlopen(Request(endpoint, sparql.encode(), headers), timeout=60) as answer:
            body, kind = answer.read(), answer.headers.get_content_type()
    except HTTPError as error:
        raise QueryError(
            error.code, f"The endpoint answered {error.code}", error.read(2000).decode(errors="replace")
        ) from None
    except (URLError, TimeoutError) as error:
        raise QueryError(503, "The endpoint does not answer", str(error)) from None
    return _parsed(body, kind)


def _parsed(body: bytes, kind: str) -> Any:
    if kind == _ACCEPT[0]:
        return ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
    quads = ox.parse(body, format=ox.RdfFormat.TURTLE)
    return (ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads)


def _print_rows(rows: Rows, format_: str) -> None:
    print_table(rows.columns, [tuple(row.values()) for row in rows], format_)
