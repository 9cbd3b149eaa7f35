"""Is it alive, is it ready, and what does it serve."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from avidity_service.context import context

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> Response:
    """Alive, whatever else."""
    return jsonify(status="ok", release=context().release.id)


@blueprint.get("/ready")
def ready() -> tuple[Response, int]:
    """Ready if a worker answers."""
    if context().pool.ping():
        return jsonify(status="ready", release=context().release.id), 200
    return jsonify(status="not ready", release=context().release.id), 503
