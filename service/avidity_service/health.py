"""Is it alive, is it ready, what does it serve, and how does it fare."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from avidity_service.context import context

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> Response:
    """Alive, whatever else."""
    return _now(jsonify(status="ok", release=context().release.id))


@blueprint.get("/ready")
def ready() -> tuple[Response, int]:
    """Ready if a worker answers; and where the dataset is asked: in memory, on disk for a moment, or elsewhere."""
    found = context()
    store = "remote" if found.settings.store_url else "memory" if found.release.disk is None else "disk"
    is_ready = found.pool.ping()
    said = jsonify(status="ready" if is_ready else "not ready", release=found.release.id, store=store)
    return _now(said), 200 if is_ready else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """Counts and times for Prometheus."""
    text, content_type = context().metrics.text(request.headers.get("Accept"))
    return _now(Response(text, content_type=content_type))


def _now(response: Response) -> Response:
    """What was true a moment ago is of no use."""
    response.headers["Cache-Control"] = "no-store"
    return response
