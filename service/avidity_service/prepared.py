"""A release served from its `store/` on disk, until it is in memory: the first answer need not wait for that."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import replace

import pyoxigraph as ox

from avidity_service.release import Release
from avidity_service.sparql import sockets

_LOG = logging.getLogger("avidity")
FOLDER, _MARK = "store", "avidity.json"


def is_prepared(release: Release) -> bool:
    """Whether the release has a store of just this dataset, by just this version of the engine."""
    try:
        mark = json.loads((release.path / FOLDER / _MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(mark == {"release": release.id, "engine": ox.__version__})


def at_once(release: Release) -> Release:
    """The release as it can be asked soonest: on disk if it has a store there that can be opened."""
    if not is_prepared(release):
        return release
    if not sockets.can_be_refused():
        _LOG.info("workers on disk could not be kept from the network here; the dataset is loaded instead")
        return release
    try:
        return on_disk(release)
    except (OSError, RuntimeError, ValueError) as error:  # a damaged one is a RuntimeError
        _LOG.warning("%s cannot be opened (%s); the dataset is loaded instead", release.path / FOLDER, error)
        return release


def on_disk(release: Release) -> Release:
    """The same release, asked on disk; its folder may be exchanged for another meanwhile.

    Raises:
        OSError, RuntimeError: if the store cannot be opened, or is damaged.
    """
    # A path by descriptor stays with this very folder, whatever is put in its place.
    descriptor = os.open(release.path / FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    place = f"/proc/{os.getpid()}/fd/{descriptor}"
    found = replace(release, disk=place)
    # Instead of loading it, which the property would do.
    found.__dict__["store"] = ox.Store.read_only(place)
    return found
