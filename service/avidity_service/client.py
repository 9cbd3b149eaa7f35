"""Asking a service from Python: the same paths, rows and errors as REST, over HTTP or in this process.

from avidity_service.client import connect
service = connect("http://127.0.0.1:8000")          # or connect() for the release that `avidity serve` would serve
service.findings(alteration="NRAS", measure="uptake-restored")
service.ask("harms-by-severity").frame()             # a pandas DataFrame, where pandas is installed
service.sparql("SELECT * WHERE { ?s a av:Agent }")
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from avidity_service.errors import ServiceError
from avidity_service.iris import PREFIXES

Row = dict[str, Any]
# Status, media type and body of an answer to (path with query, Accept).
Fetch = Callable[[str, str], tuple[int, str, bytes]]
_MOST = 1000  # rows a page


class Refused(ServiceError):
    """The service refused; `problem` is its problem record: status, title, detail, allowed, near."""

    def __init__(self, problem: Row) -> None:
        self.problem = problem
        words = [str(problem.get("detail", "")), *(f"Allowed: {', '.join(map(str, problem['allowed'][:40]))}." if
                 problem.get("allowed") else "",), str(problem.get("hint") or "")]  # fmt: skip
        super().__init__(" ".join(word for word in words if word) or str(problem.get("title")))


class Unreachable(ServiceError):
    """Nothing answers at the address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows, and what they rest on: release, total, the SPARQL that gives them."""

    rows: list[Row]
    meta: Row = field(default_factory=dict)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Row:
        return self.rows[index]

    def frame(self) -> Any:
        """The rows as a pandas DataFrame, its `attrs` the meta record.

        Raises:
            ImportError: where pandas is not installed.
        """
        import pandas

        made = pandas.json_normalize(self.rows)
        made.attrs = dict(self.meta)
        return made


class Client:
    """A service to ask. Make one with `connect`."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def get(self, path: str, **parameters: Any) -> Row:
        """The envelope at a path below `/api/v1`; a list means a repeated parameter, None one that is not given.

        Raises:
            Refused: with the service's own words.
        """
        found: Row = json.loads(self._body(_address(f"/api/v1/{path.lstrip('/')}", parameters), "application/json"))
        return found

    def all(self, path: str, **parameters: Any) -> Answer:
        """All rows of a collection, page by page; with `limit` or `offset`, that page."""
        first = {} if {"limit", "offset"} & parameters.keys() else {"limit": _MOST}
        found = self.get(path, **first, **parameters)
        rows = list(found["data"])
        while first and len(rows) < found["meta"]["total"] and "next" in found["links"]:
            found = self.get(path, offset=len(rows), **first, **parameters)
            rows += found["data"]
        return Answer(rows, found["meta"])

    def findings(self, **filters: Any) -> Answer:
        """Findings: n/N, failures, tier, regimen, quote."""
        return self.all("findings", **filters)

    def agents(self, **filters: Any) -> Answer:
        """Agents; with a filter, those with at least one responder, each with its findings."""
        return self.all("agents", **filters)

    def adverse_events(self, **filters: Any) -> Answer:
        """Harms."""
        return self.all("adverse-events", **filters)

    def synthesis(self, measure: str, **parameters: Any) -> Answer:
        """Groups of studies with their proportions, pooled only like with like.

        Raises:
            Refused: 409 with what is unlike and what could be asked `instead`.
        """
        return self.all("synthesis", measure=measure, **parameters)

    def evidence_map(self, **parameters: Any) -> Answer:
        """What was given × for whom: reported, not reported, or no study."""
        return self.all("evidence-map", **parameters)

    def questions(self) -> Answer:
        """The questions that can be asked by name, with their parameters."""
        found = self.get("questions")
        return Answer(found["data"], found["meta"])

    def ask(self, question: str, **parameters: Any) -> Answer:
        """A question's rows."""
        found = self.get(f"questions/{quote(question)}", **parameters)
        return Answer(found["data"], found["meta"])

    def thing(self, collection: str, slug: str) -> Row:
        """One thing with what the graph says of it."""
        found: Row = self.get(f"{quote(collection)}/{quote(slug)}")["data"]
        return found

    def resolve(self, outside_id: str) -> Row:
        """What an outside id means here, and how exactly."""
        found: Row = self.get("resolve", id=outside_id)["data"]
        return found

    def search(self, words: str, **parameters: Any) -> Answer:
        """Things and sentences of the source that fit words, the nearest first."""
        found = self.get("search", q=words, **parameters)
        return Answer(found["data"], found["meta"])

    def verify(self, quote: str) -> Row:
        """Whether words stand in the source, verbatim: places, and the facts proven there."""
        found = self.get("verify", quote=quote)
        return {**found["data"], "release": found["meta"]["release"]}

    def release(self) -> Row:
        """The release's manifest."""
        found: Row = self.get("release")["data"]
        return found

    def sparql(self, query: str, timeout_s: float | None = None) -> Answer:
        """The rows of a SELECT, or one row with `boolean` of an ASK; prefixes that the graph knows may be left out.

        Raises:
            Refused: with line, column and caret of a fault, or why the query was stopped.
        """
        address = _address("/sparql", {"query": _declared(query), "timeout": timeout_s})
        found = json.loads(self._body(address, "application/sparql-results+json"))
        if "boolean" in found:
            return Answer([{"boolean": found["boolean"]}])
        columns = found["head"]["vars"]
        rows = [{name: _plain(row.get(name)) for name in columns} for row in found["results"]["bindings"]]
        return Answer(rows, {"total": len(rows), "columns": columns})

    def _body(self, address: str, accept: str) -> bytes:
        status, media_type, body = self._fetch(address, accept)
        if status == 200:
            return body
        if "json" in media_type:
            raise Refused(json.loads(body))
        raise Refused({"status": status, "title": "Refused", "detail": f"{address}: HTTP {status}"})


def connect(where: str | Path | None = None) -> Client:
    """A client for a service's address, for a release folder, or for the release that `avidity serve` would serve.

    Raises:
        ReleaseError: if the folder holds no release.
    """
    if isinstance(where, str) and where.startswith(("http://", "https://")):
        return Client(_over_http(where.rstrip("/")))
    from avidity_service.app import create_app
    from avidity_service.cli.opening import open_for_reading
    from avidity_service.settings import Settings

    settings = Settings.from_environment().with_values(workers=1, long_queries=1)
    return in_process(create_app(open_for_reading(Path(where) if where else None, settings), settings))


def in_process(app: Any) -> Client:
    """A client for an application in this process: no socket, the same answers."""
    from werkzeug.test import Client as Wsgi

    wsgi = Wsgi(app)

    def fetch(address: str, accept: str) -> tuple[int, str, bytes]:
        answer = wsgi.get(address, headers={"Accept": accept})
        return answer.status_code, answer.content_type, answer.get_data()

    return Client(fetch)


def _over_http(base: str) -> Fetch:
    def fetch(address: str, accept: str) -> tuple[int, str, bytes]:
        request = Request(base + address, headers={"Accept": accept})
        try:
            with urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers.get_content_type(), answer.read()
        except HTTPError as error:
            return error.code, error.headers.get_content_type(), error.read()
        except (URLError, TimeoutError) as error:
            raise Unreachable(f"Nothing answers at {base}: {error}") from None

    return fetch


def _address(path: str, parameters: Mapping[str, Any]) -> str:
    given = [
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, values in parameters.items()
        for value in (values if isinstance(values, list | tuple) else [values])
        if value is not None
    ]
    return f"{path}?{urlencode(given)}" if given else path


def _declared(query: str) -> str:
    """The query with the prefixes that it uses and does not declare."""
    missing = [
        f"PREFIX {name}: <{iri}>"
        for name, iri in PREFIXES.items()
        if f"{name}:" in query and f"PREFIX {name}:" not in query
    ]
    # On the query's own first line, so that the line of a fault is the user's line.
    return " ".join([*missing, query]) if missing else query


def _plain(term: Mapping[str, str] | None) -> Any:
    if term is None:
        return None
    kind = term.get("datatype", "").rpartition("#")[2]
    if kind in ("integer", "int", "long"):
        return int(term["value"])
    if kind in ("decimal", "double", "float"):
        return float(term["value"])
    return term["value"] == "true" if kind == "boolean" else term["value"]
