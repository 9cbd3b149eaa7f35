"""Where the default release is."""

from __future__ import annotations

from pathlib import Path


def default_place() -> Path:
    """`build/release` in a checkout; the user's cache folder for an installation."""
    from avidity_loaders import places

    if places.in_checkout():
        return places.CHECKOUT / "build" / "release"
    import platformdirs

    return platformdirs.user_cache_path("avidity") / "release"
