"""What a query needs of a release that is served; what pages need besides (`context`) takes longer to be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avidity_service.engine import Engine
    from avidity_service.metrics import Metrics
    from avidity_service.release import Release
    from avidity_service.settings import Settings
    from avidity_service.sparql.pool import Pool
    from avidity_service.store.pool import RemotePool


class Core:
    """The release, and the ways to ask it: `engine` for our own queries, `pool` for foreign ones."""

    def __init__(
        self, release: Release, settings: Settings, engine: Engine, pool: Pool | RemotePool, metrics: Metrics
    ) -> None:
        self.release, self.settings, self.engine, self.pool, self.metrics = release, settings, engine, pool, metrics

    def read_more(self) -> None:
        """Read beforehand what will be asked for; for queries there is nothing."""

    @property
    def parts(self) -> tuple[Release, Settings, Engine, Pool | RemotePool, Metrics]:
        """What it is made of."""
        return self.release, self.settings, self.engine, self.pool, self.metrics
