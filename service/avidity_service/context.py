"""What a request needs to know, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app

from avidity_service.catalogue import Catalogue
from avidity_service.engine import Engine
from avidity_service.evidence_map.studied import Studied
from avidity_service.links import Links
from avidity_service.metrics import Metrics
from avidity_service.names import Names
from avidity_service.release import Release
from avidity_service.rest.findings import Findings
from avidity_service.rest.things import Things
from avidity_service.settings import Settings
from avidity_service.sparql.pool import Pool
from avidity_service.synthesis.facts import Facts

if TYPE_CHECKING:
    from avidity_service.store.pool import RemotePool

KEY = "avidity"


@dataclass(frozen=True, slots=True)
class Context:
    """The release that is served, and the ways to ask it."""

    release: Release
    settings: Settings
    engine: Engine
    names: Names
    catalogue: Catalogue
    pool: Pool | RemotePool
    findings: Findings
    things: Things
    links: Links
    metrics: Metrics
    facts: Facts
    studied: Studied


def context() -> Context:
    """The context of the running application."""
    found = current_app.extensions[KEY]
    assert isinstance(found, Context)
    return found
