"""The front of a service that starts: on disk, queries are answered while pages and REST are still being read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from avidity_service.core import Core
from avidity_service.front.layer import Front
from avidity_service.front.serving import Served
from avidity_service.store.opening import open_store

if TYPE_CHECKING:
    from flask import Flask

    from avidity_service.journal import Journal
    from avidity_service.metrics import Metrics
    from avidity_service.release import Release
    from avidity_service.settings import Settings
    from avidity_service.sparql.pool import Pool


def create_front(
    release: Release, settings: Settings, journal: Journal, metrics: Metrics, pool: Pool | None = None
) -> Front:
    """The service for one release at a time; `pool` as for `open_store`.

    Of a release in memory all is there afterwards. Of one on disk the application is made when it is first asked for,
    since to read its code alone takes longer than to answer a query.
    """
    if release.disk is None:
        from avidity_service.app import serve

        return Front(serve(release, settings, metrics, pool=pool), settings, metrics, journal)
    engine, asked = open_store(release, settings, metrics, pool=pool)
    core = Core(release, settings, engine, asked, metrics)
    return Front(Served(core, lambda: _application(core)), settings, metrics, journal)


def _application(core: Core) -> Flask:
    from avidity_service.app import over

    return over(core)
