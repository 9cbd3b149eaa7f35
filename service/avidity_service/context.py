"""What a request needs to know, as one value."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

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
T = TypeVar("T")


class Context:
    """The release that is served, and the ways to ask it.

    What is read from the dataset is read when it is first asked for, once; `read_all` does not wait for that.
    """

    def __init__(
        self, release: Release, settings: Settings, engine: Engine, pool: Pool | RemotePool, metrics: Metrics
    ) -> None:
        self.release, self.settings, self.engine, self.pool, self.metrics = release, settings, engine, pool, metrics
        self._reading = threading.RLock()
        self._read: dict[Callable[[], object], object] = {}

    @property
    def names(self) -> Names:
        """What things are called."""
        return self._once(self._names)

    @property
    def catalogue(self) -> Catalogue:
        """The questions."""
        return self._once(self._catalogue)

    @property
    def findings(self) -> Findings:
        """Findings by filters."""
        return self._once(self._findings)

    @property
    def things(self) -> Things:
        """Things by kind and slug."""
        return self._once(self._things)

    @property
    def links(self) -> Links:
        """Links to outside terms."""
        return self._once(self._links)

    @property
    def facts(self) -> Facts:
        """What must agree before results are pooled."""
        return self._once(self._facts)

    @property
    def studied(self) -> Studied:
        """Who was looked at, and what they were given."""
        return self._once(self._studied)

    def read_all(self) -> None:
        """Read what most requests need."""
        for read in (self._names, self._catalogue, self._findings, self._things, self._links):
            self._once(read)

    def _once(self, read: Callable[[], T]) -> T:
        found = self._read.get(read)
        if found is None:
            # One at a time: two who read the same at once would take twice as long.
            with self._reading:
                found = self._read.get(read)
                if found is None:
                    found = self._read[read] = read()
        return cast("T", found)

    def _names(self) -> Names:
        return Names(self.engine)

    def _catalogue(self) -> Catalogue:
        return Catalogue(self.engine)

    def _findings(self) -> Findings:
        return Findings(self.engine, self.catalogue)

    def _things(self) -> Things:
        return Things(self.engine, self.names)

    def _links(self) -> Links:
        return Links(self.engine, self.catalogue)

    def _facts(self) -> Facts:
        return read_facts(self.engine, self.catalogue)

    def _studied(self) -> Studied:
        return read_studied(self.engine, self.catalogue, self.findings)


def context() -> Context:
    """The context of the running application."""
    found = current_app.extensions[KEY]
    assert isinstance(found, Context)
    return found
