"""Which release the commands read: the one that is named, or the default one, built when missing or stale."""

from __future__ import annotations

import json
from pathlib import Path

from avidity_service.cli import building
from avidity_service.cli.place import default_place
from avidity_service.errors import ReleaseError
from avidity_service.release import Release, open_release
from avidity_service.settings import Settings


def open_for_reading(named: Path | None, settings: Settings | None = None) -> Release:
    """The release that is named by flag or environment, or the default one, made anew if it is missing or stale.

    Raises:
        ReleaseError: if the named one is not there or not whole.
    """
    settings = settings or Settings.from_environment()
    place = named or (Path(settings.release) if settings.release else None)
    if place is not None:
        return open_release(place)
    place = default_place()
    if is_stale(place):
        building.build(place, {}, quiet=True)
    return open_release(place)


def is_stale(place: Path) -> bool:
    """Whether the release at a place is missing, or made from other inputs than those that are here now."""
    from avidity_loaders.inputs import Inputs, inputs_digest

    try:
        manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
        open_release(place)
    except (OSError, ValueError, ReleaseError):
        return True
    return bool(manifest.get("inputs") != inputs_digest(Inputs.shipped()))
