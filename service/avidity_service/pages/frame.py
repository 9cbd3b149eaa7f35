"""What stands around every page: where one can go, which release this is, what its source is."""

from __future__ import annotations

from typing import Any

from flask import request

from avidity_service.about import LICENCE
from avidity_service.context import context

# Address, label, and what the address of a thing of that part starts with.
_ENTRIES = (
    ("/evidence-map", "Evidence map", None),
    ("/#questions", "Questions", "/questions/"),
    ("/search", "Search", None),
    ("/discrepancies", "Discrepancies", "/discrepancy/"),
    ("/source", "Source", "/passage/"),
    ("/sparql", "SPARQL", None),
    ("/api/docs", "REST", None),
    ("/downloads", "Downloads", None),
    ("/methods", "Methods", None),
    ("/ontology", "Ontology", None),
)


def frame() -> dict[str, Any]:
    """For every template: `navigation`, `here`, `release_id`, `about`, `licence`."""
    found, path = context(), request.path.rstrip("/") or "/"
    navigation = [
        {"href": href, "label": label, "current": _current(path, href, part)} for href, label, part in _ENTRIES
    ]
    return {
        "navigation": navigation, "here": path, "release_id": found.release.id, "about": found.about,
        "licence": LICENCE,
    }  # fmt: skip


def _current(path: str, href: str, part: str | None) -> str | None:
    """The value of aria-current: the page itself, by whichever suffix or version, or a page of that part."""
    if path == href or path.startswith((f"{href}.", f"{href}/")):
        return "page"
    return "true" if part and path.startswith(part) else None
