"""A release served from its `store/` on disk, until it is in memory: the first answer need not wait for that."""

from __future__ import annotations

import json
import logging
import os
import weakref
from dataclasses import replace

import pyoxigraph as ox

from avidity_service.release import Release
from avidity_service.sparql import sockets

_LOG = logging.getLogger("avidity")
FOLDER, _MARK = "store", "avidity.json"
_CLOSE = "close_folder"


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
    # The collector of garbage may come to it late or never, as an application is full of cycles; hence `leave`.
    found.__dict__[_CLOSE] = weakref.finalize(found, os.close, descriptor)
    # Instead of loading it, which the property would do.
    found.__dict__["store"] = ox.Store.read_only(place)
    return found


def leave(release: Release) -> None:
    """Let go of the folder of a release that nobody asks on disk any more; the second time does nothing."""
    close = release.__dict__.get(_CLOSE)
    if close is not None:
        close()
