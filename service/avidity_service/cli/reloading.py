"""`avidity reload`: have a running service take what is at its release folder now, and say how that went."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import click

from avidity_service.cli.exits import EXIT_INVALID, EXIT_NOT_FOUND, fail, say
from avidity_service.pidfile import NotRunning, default_path, read
from avidity_service.settings import Settings

_LOOK_S = 0.05


def reload(pid_file: Path | None, port: int | None, timeout_s: float) -> None:
    """Send SIGHUP, wait for the outcome, print the release that is served."""
    settings = Settings.from_environment().with_values(port=port)
    path = pid_file or (Path(settings.pid_file) if settings.pid_file else default_path(settings.port))
    try:
        before = read(path)
        os.kill(before.pid, signal.SIGHUP)
        end = time.monotonic() + timeout_s
        while (state := read(path)).reloads <= before.begun:
            if time.monotonic() > end:
                fail(f"The service ({before.pid}) has not said within {timeout_s:g} s how the reload ended.", 1)
            time.sleep(_LOOK_S)
    except NotRunning as error:
        fail(str(error), EXIT_NOT_FOUND)
    except PermissionError:
        fail(f"The service ({before.pid}) belongs to another user.", EXIT_NOT_FOUND)
    say(state.words)
    if state.outcome == "failed":
        fail("The service goes on as before.", EXIT_INVALID)
    click.echo(state.release)
