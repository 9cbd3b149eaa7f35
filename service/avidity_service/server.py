"""The service as a process: it listens, reloads on SIGHUP, and ends in order on SIGTERM or SIGINT."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from avidity_service.errors import SettingsError
from avidity_service.journal import Journal
from avidity_service.metrics import Metrics
from avidity_service.pidfile import PidFile, State, Told, open_default
from avidity_service.prepared import at_once
from avidity_service.release import Release
from avidity_service.settings import Settings, unknown_names
from avidity_service.sparql.hugepages import Memory
from avidity_service.sparql.pool import Pool

if TYPE_CHECKING:
    from avidity_service.front.layer import Front

_MOMENT_S = 2.0
# So long the loop waits for a thread that makes a page; Python's own number is five times that.
_TURN_S = 0.001
# Each kept answer is a dozen objects that stay, and a collection finds none of them to free: with Python's own numbers
# that takes a twelfth of a query's time. What a page leaves behind in cycles waits a little longer.
_COLLECTIONS = (20_000, 20, 20)


def run(release: Release, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; a second one ends at once.

    Raises:
        SettingsError: if the address is taken or not ours, or a file of the settings cannot be written.
    """
    gc.set_threshold(*_COLLECTIONS)
    sys.setswitchinterval(_TURN_S)
    _need_a_folder_for_files()
    logging.basicConfig(level=settings.log.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    for name in unknown_names():
        logging.getLogger("avidity").warning("%s is no setting; they are listed in docs/settings.md", name)
    listener = _listen(settings)
    file = PidFile(Path(settings.pid_file)) if settings.pid_file else open_default(listener.getsockname()[1])
    journal = Journal(settings)
    metrics, pool = Metrics(), None
    if settings.store_url is None:
        release = at_once(release)
        pool = Pool(release, settings, metrics.killed)
        pool.prepare()
    # Only now, as it takes longer than all before: meanwhile the process starts that workers come from.
    from avidity_service.connections import Connections
    from avidity_service.fronting import create_front
    from avidity_service.reload import Reloader

    front = create_front(release, settings, journal, metrics, pool)
    told = Told(file, State(os.getpid(), _address(listener, settings), release.id))
    try:
        server = Connections(front, listener, settings)
        reloader = Reloader(front, release.path.absolute(), settings, told)
        _on_signals(server.stop, reloader.request)
        told.write()
        # Only now does the socket listen, so that whoever reads this line finds somebody there.
        print(f"Avidity {release.id} at {told.state.address}", file=sys.stderr, flush=True)
        if release.disk is not None:
            reloader.into_memory()
        elif settings.store_url is None:
            _read_more(front)
        server.run_until_stopped()
    except KeyboardInterrupt:
        pass
    finally:
        front.current.context.pool.close()
        journal.close()
        listener.close()
        if file is not None:
            file.close()


def _need_a_folder_for_files() -> None:
    """Workers take the dataset from a file without a name, and long bodies wait in one."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError as error:
        raise SettingsError(f"TMPDIR: {error.strerror}. Name a folder that can be written.") from None


def _read_more(front: Front) -> None:
    """A moment after the start, when those who waited for it have been answered."""

    def read() -> None:
        try:
            front.current.context.read_more()
            Memory().gather()
        except Exception:  # whoever needs it will be told
            logging.getLogger("avidity").exception("what pages need could not be read beforehand")

    timer = threading.Timer(_MOMENT_S, read)
    timer.daemon = True
    timer.start()


def _on_signals(stop: Callable[[], None], reload: Callable[[], None]) -> None:
    told: list[int] = []

    def end(number: int, _frame: object) -> None:
        told.append(number)
        if len(told) > 1:
            raise KeyboardInterrupt
        stop()

    def hang_up(number: int, frame: object) -> None:
        # A terminal that is closed sends the same signal, and nobody would be there to stop the service.
        if at_terminal and not _has_terminal():
            end(number, frame)
        else:
            reload()

    at_terminal = _has_terminal()
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGHUP, hang_up)


def _has_terminal() -> bool:
    """Whether this process is in the foreground of a terminal that is there."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.getpgrp() == os.tcgetpgrp(terminal)
    except OSError:
        return False
    finally:
        os.close(terminal)


def _address(listener: socket.socket, settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{listener.getsockname()[1]}/"


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}. Choose another with --port or --host."
        ) from None
    return listener
