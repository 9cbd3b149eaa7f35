"""`build` and `check`: the only commands that need the loaders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from avidity_service.cli.exits import EXIT_INVALID, EXIT_USAGE, fail, say
from avidity_service.cli.place import default_place


def build(
    out: Path | None, folders: Mapping[str, Path | None], quiet: bool = False, *, with_store: bool | None = None
) -> None:
    """Make a release and print where it is."""
    from avidity_loaders.build import build as make_release
    from avidity_loaders.errors import LoaderError

    place = (out or default_place()).absolute()
    try:
        make_release(_inputs(folders), place, say, with_store=with_store)
    except LoaderError as error:
        fail(
            f"{error}\n\nNothing was written" + (f"; the release at {place} is as it was." if place.exists() else "."),
            EXIT_INVALID,
        )
    if not quiet:
        click.echo(place)


def check(only: str | None, folders: Mapping[str, Path | None]) -> None:
    """Run the checks and print a line for each."""
    from avidity_loaders.checking import CHECKS, run_checks
    from avidity_loaders.errors import LoaderError

    if only is not None and only not in CHECKS:
        fail(f"There is no check '{only}'; there are: {', '.join(CHECKS)}", EXIT_USAGE)
    failed = False
    for name, outcome in run_checks(_inputs(folders), only):
        if isinstance(outcome, LoaderError):
            failed = True
            click.echo(f"{name}: FAILED")
            say(str(outcome))
        else:
            click.echo(f"{name}: {outcome}")
    if failed:
        fail("Some checks failed.", EXIT_INVALID)


def _inputs(folders: Mapping[str, Path | None]):  # type: ignore[no-untyped-def]
    from avidity_loaders.inputs import Inputs

    return replace(Inputs.shipped(), **{name: path for name, path in folders.items() if path is not None})
