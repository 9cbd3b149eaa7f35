"""What a request needs to know, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flask import current_app

from avidity_service.catalogue import Catalogue
from avidity_service.engine import Engine
from avidity_service.evidence_map.studied import Studied, read_studied
from avidity_service.links import Links
from avidity_service.metrics import Metrics
from avidity_service.names import Names
from avidity_service.release import Release
from avidity_service.rest.findings import Findings
from avidity_service.rest.things import Things
from avidity_service.settings import Settings
from avidity_service.sparql.pool import Pool
from avidity_service.synthesis.facts import Facts, read_facts

if TYPE_CHECKING:
    from avidity_service.store.pool import RemotePool

KEY = "avidity"


@dataclass(frozen=True)
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

    # Read when they are first asked for: most requests need neither, and a start waits for nothing.
    @cached_property
    def facts(self) -> Facts:
        """What must agree before results are pooled."""
        return read_facts(self.engine, self.catalogue)

    @cached_property
    def studied(self) -> Studied:
        """Who was looked at, and what they were given."""
        return read_studied(self.engine, self.catalogue, self.findings)


def context() -> Context:
    """The context of the running application."""
    found = current_app.extensions[KEY]
    assert isinstance(found, Context)
    return found
