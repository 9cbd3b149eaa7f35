"""Which engine and pool a service has: the embedded ones, or those of the store that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from avidity_service.engine import Engine
from avidity_service.errors import QueryError
from avidity_service.metrics import Metrics
from avidity_service.release import Release
from avidity_service.settings import Settings
from avidity_service.sparql.pool import Pool

if TYPE_CHECKING:
    from avidity_service.store.pool import RemotePool


def open_store(
    release: Release, settings: Settings, metrics: Metrics, *, pool: Pool | None = None
) -> tuple[Engine, Pool | RemotePool]:
    """The engine for our own queries, and the pool for foreign ones; `metrics` count the workers that are killed.

    `pool` is one for the release that is there already.

    Raises:
        SettingsError: if AVIDITY_STORE_URL or the credentials are not what they may be.
        ReleaseError: if the store does not hold this release.
        QueryError: if it does not answer; names the setting and the address.
    """
    if settings.store_url is None:
        return Engine(release.store), pool or Pool(release, settings, metrics.killed)
    # Imported only where it is wanted: it costs a tenth of a second.
    from avidity_service.store.address import Address, Credentials
    from avidity_service.store.client import Client
    from avidity_service.store.engine import RemoteEngine
    from avidity_service.store.holdings import look, require
    from avidity_service.store.pool import RemotePool

    address = Address.of(settings.store_url)
    client = Client(address, Credentials.from_environment(), settings.workers + settings.long_queries + 8)
    engine = RemoteEngine(client, settings.query_timeout_s)
    try:
        # First of all, as everything that is read from now on must be of this upload.
        require(release.id, engine.proof.begin().release, address)
        engine.holdings = look(lambda query: list(engine.select(query).rows), engine.is_so, address)
    except QueryError as error:
        detail = f"AVIDITY_STORE_URL is {address}. {error.detail}"
        raise QueryError(error.status, error.title, detail, **error.extra) from None
    return engine, RemotePool(client, engine, settings)
