"""`/sparql`: GET, POST form, POST direct and QUERY, as the protocol has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from avidity_service.context import context
from avidity_service.errors import QueryError
from avidity_service.headers import EDITOR_POLICY
from avidity_service.negotiation import negotiate
from avidity_service.pages.editor import editor_page
from avidity_service.sparql.accepting import FORMAT, ITS_OTHER_NAMES, accepted, chosen, content_type
from avidity_service.sparql.description import describe
from avidity_service.sparql.formats import GRAPHS
from avidity_service.sparql.guard import guard, read_only
from avidity_service.sparql.process import never

blueprint = Blueprint("sparql", __name__)

_PARAMETERS = {"query", "default-graph-uri", "named-graph-uri", FORMAT, "timeout"}
_DIRECT = "application/sparql-query"
_FORM = "application/x-www-form-urlencoded"
_CHARSETS = {"utf-8", "utf8", "us-ascii"}


@dataclass(frozen=True, slots=True)
class _Request:
    query: str | None
    default: Sequence[str]
    named: Sequence[str]
    formats: tuple[str, ...] | None
    timeout_s: float | None


@blueprint.route("/sparql", methods=["GET", "POST", "QUERY"])
def sparql() -> Response:
    """Answer a query; without one, describe the service or show a form."""
    asked = _read()
    if asked.query is None:
        return _without_query()
    settings = context().settings
    if len(asked.query.encode()) > settings.max_query_bytes:
        raise QueryError(413, "Query too long", f"A query may have {settings.max_query_bytes} bytes.")
    seen = guard(asked.query)
    answer = context().pool.ask(
        asked.query,
        list(accepted(asked.query, request.headers.get("Accept"), asked.formats)),
        asked.default,
        asked.named,
        asked.timeout_s,
        sets_dataset=seen.sets_dataset,
        is_gone=request.environ.get("waitress.client_disconnected", never),
        client=request.remote_addr or "",
    )
    response = Response(answer.body, content_type=content_type(answer.media_type))
    if seen.differs_each_time:
        response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.after_request
def _say_what_is_taken(response: Response) -> Response:
    """Name what bodies may be where a client asks for it, or sent another one.

    Of codings only where a coding was the fault (RFC 9110, 12.5.3).
    """
    if response.status_code == 415 and _coding():
        response.headers["Accept-Encoding"] = "identity"
    elif request.method == "OPTIONS" or response.status_code == 415:
        response.headers["Accept-Post"] = response.headers["Accept-Query"] = f"{_DIRECT}, {_FORM}"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


def _read() -> _Request:
    _utf8(unquote_to_bytes(request.query_string))
    fields = MultiDict(request.args)
    query: str | None = None
    if request.method not in ("GET", "HEAD"):
        kind = request.mimetype
        if _coding():
            words = f"Content-Encoding: {_coding()} is not taken; send the body as it is."
            raise QueryError(415, "Unsupported content coding", words, offered=["identity"])
        if request.mimetype_params.get("charset", "utf-8").lower() not in _CHARSETS:
            raise QueryError(415, "Unsupported character set", "A query is sent as UTF-8.", offered=["utf-8"])
        if kind == _FORM:
            _utf8(unquote_to_bytes(request.get_data()))
            fields.update(request.form)
        elif kind == _DIRECT:
            query = _utf8(request.get_data())
        elif kind == "application/sparql-update":
            raise read_only("application/sparql-update")
        else:
            raise QueryError(
                415,
                "Unsupported media type",
                f"POST a form ({_FORM}) or a query ({_DIRECT}).",
                offered=[_FORM, _DIRECT],
            )
    if "update" in fields:
        raise read_only("update=")
    _refuse_unknown(fields)
    queries = fields.getlist("query") + ([query] if query is not None else [])
    if len(queries) > 1:
        raise QueryError(400, "More than one query", "Exactly one query is needed.")
    return _Request(
        queries[0] if queries else None,
        _iris(fields, "default-graph-uri"),
        _iris(fields, "named-graph-uri"),
        chosen([(name, value) for name in (FORMAT, *ITS_OTHER_NAMES) for value in fields.getlist(name)]),
        _seconds(_single(fields, "timeout")),
    )


def _coding() -> str:
    """The coding of the request's body; nothing if it has none (RFC 9110, 8.4)."""
    coding = request.headers.get("Content-Encoding", "").strip()
    return "" if coding.lower() == "identity" else coding


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise QueryError(400, "Not UTF-8", f"The request is not UTF-8 (byte {error.start}).") from None


def _refuse_unknown(fields: MultiDict[str, str]) -> None:
    # Clients send parameters of their own (debug=); only misspellings of ours would change the answer.
    for name in fields:
        if name.lower() in _PARAMETERS and name not in _PARAMETERS:
            raise QueryError(400, "Unknown parameter", f"'{name}' is written '{name.lower()}'.")


def _iris(fields: MultiDict[str, str], name: str) -> list[str]:
    iris = fields.getlist(name)
    for iri in iris:
        if ":" not in iri or any(character in iri for character in '<>" {}|\\^`'):
            raise QueryError(400, "Not an IRI", f"{name}={iri} is not an absolute IRI.")
    return iris


def _single(fields: MultiDict[str, str], name: str) -> str | None:
    values = fields.getlist(name)
    if len(values) > 1:
        raise QueryError(400, "Repeated parameter", f"{name} may be given once.")
    return values[0] if values else None


def _seconds(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 1e6:
        raise QueryError(400, "Not a time-out", f"timeout={value}: a number of seconds above 0 is needed.")
    return seconds


def _without_query() -> Response:
    """The service description (Service Description 2: what a GET without parameters gives), or the editor."""
    if request.method not in ("GET", "HEAD"):
        raise QueryError(400, "No query", "The parameter 'query' is missing.")
    best = negotiate(request.headers.get("Accept"), [*GRAPHS, "text/html"])
    if best == "text/html":
        page = Response(editor_page(context(), request.base_url.rstrip("/")), mimetype="text/html")
        page.headers["Content-Security-Policy"] = EDITOR_POLICY
        return page
    if best is None:
        raise QueryError(
            400,
            "No query",
            "The parameter 'query' is missing. Ask with Accept: text/turtle for the service description.",
        )
    return Response(describe(context(), best, request.base_url.rstrip("/")), mimetype=best)
