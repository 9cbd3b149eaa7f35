"""Every error as RFC 9457 problem+json; browsers get the same words on a page."""

from __future__ import annotations

import json
import logging
import secrets
from typing import Any

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from avidity_service.errors import QueryError, ReleaseError, Unfitting, UnknownThing, UnknownValue
from avidity_service.negotiation import negotiate

_PROBLEM = "application/problem+json"
_LOG = logging.getLogger("avidity")


def problem(status: int, title: str, detail: str, **extra: Any) -> Response:
    """A problem response; `extra` says what is allowed, where the fault is, and so on."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **extra}
    if _wants_page():
        return Response(render_template("problem.html", problem=body), status, mimetype="text/html")
    return Response(json.dumps(body, ensure_ascii=False, indent=2) + "\n", status, mimetype=_PROBLEM)


def _wants_page() -> bool:
    if request.path.startswith(("/api/", "/sparql")):
        return False
    return negotiate(request.headers.get("Accept"), [_PROBLEM, "application/json", "text/html"]) == "text/html"


def handle_problems(app: Flask) -> None:
    """Let the application answer every error with a problem, and none with a traceback."""

    @app.errorhandler(UnknownThing)
    def unknown_thing(error: UnknownThing) -> Response:
        return problem(404, "Not found", str(error), near=error.near)

    @app.errorhandler(UnknownValue)
    def unknown_value(error: UnknownValue) -> Response:
        title = {None: "Unknown parameter", "": "Missing parameter"}.get(error.value, "Unknown value")
        return problem(
            422,
            title,
            str(error),
            parameter=error.parameter,
            value=error.value,
            near=error.near,
            allowed=error.allowed,
        )

    app.register_error_handler(Unfitting, _unfitting)
    app.register_error_handler(ReleaseError, _incomplete)

    @app.errorhandler(QueryError)
    def query_error(error: QueryError) -> Response:
        response = problem(error.status, error.title, error.detail, **error.extra)
        if error.status == 503:
            response.headers["Retry-After"] = str(error.extra.get("retry_after_s", 2))
        if error.status == 406:
            response.vary.add("Accept")
        return response

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        response = problem(error.code or 500, error.name, error.description or error.name)
        for name, value in error.get_headers():
            if name.lower() == "allow":
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        incident = secrets.token_hex(4)
        _LOG.error("incident %s at %s", incident, request.path, exc_info=error)
        return problem(500, "Internal error", "Something broke here; it is logged.", incident=incident)


def _incomplete(error: ReleaseError) -> Response:
    _LOG.error("%s: %s", request.path, error)
    return problem(500, "Release incomplete", str(error))


def _unfitting(error: Unfitting) -> Response:
    return problem(409, "Parameters do not go together", str(error), parameter=error.parameter, needed=error.needed)
