"""The production server: waitress in front of the application."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from types import FrameType

from avidity_service.app import create_app
from avidity_service.context import KEY, Context
from avidity_service.errors import SettingsError
from avidity_service.release import Release
from avidity_service.settings import Settings


def run(release: Release, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SettingsError: if the address is taken or not ours.
    """
    import waitress

    logging.basicConfig(level=settings.log.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    listener = _listen(settings)
    app = create_app(release, settings)
    context: Context = app.extensions[KEY]
    signal.signal(signal.SIGTERM, _stop)
    try:
        server = waitress.create_server(app, sockets=[listener], **_tuning(settings))
        # Only now does the socket listen, so that whoever reads this line finds somebody there.
        print(f"Avidity {release.id} at {_address(listener, settings)}", file=sys.stderr, flush=True)
        server.run()
        server.close()
    except KeyboardInterrupt:
        pass
    finally:
        context.pool.close()
        listener.close()


def _tuning(settings: Settings) -> dict[str, object]:
    """Threads and bounds, so that slow or greedy clients cost the others nothing."""
    return {
        "threads": max(8, 4 * settings.workers),
        "connection_limit": 500,
        "channel_timeout": 30,
        "cleanup_interval": 10,
        "max_request_header_size": 128 * 1024,
        "max_request_body_size": settings.max_query_bytes * 2 + 65_536,
        "asyncore_use_poll": True,
        "channel_request_lookahead": 1,  # without it waitress does not tell that a client has left
        "ident": None,
    }


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


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
