"""Headless Chromium over its debugging pipe: the DevTools protocol is JSON between NUL bytes on two descriptors.

No driver, no port, no library: https://chromedevtools.github.io/devtools-protocol/ is all there is to know.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import select
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Message = dict[str, Any]
Listener = Callable[[str, Message], None]
_PATIENCE_S = 30.0
_OPTIONS = (
    "--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--disable-default-apps", "--disable-extensions", "--disable-gpu", "--mute-audio",
    "--disable-dev-shm-usage", "--disable-features=BackForwardCache", "--hide-scrollbars", "--force-color-profile=srgb", "--lang=en",
)  # fmt: skip


class BrowserError(AssertionError):
    """Chromium refused a command, ended, or did not answer in time."""


class Chromium:
    """A browser process. Every name but those of `hosts` (name → address) resolves to nothing."""

    def __init__(self, program: str, profile: Path, hosts: Mapping[str, str]) -> None:
        rules = ", ".join([*(f"MAP {name} {address}" for name, address in hosts.items()), "MAP * ~NOTFOUND"])
        options = [*_OPTIONS, f"--user-data-dir={profile}", f"--host-resolver-rules={rules}"]
        if os.geteuid() == 0:  # its sandbox wants another user than root, as in a container
            options.append("--no-sandbox")
        self.process, self.inbox, self.outbox = _spawn([program, *options, "about:blank"])
        self.numbers = itertools.count(1)
        self.rest = b""
        self.listeners: dict[str, Listener] = {}

    def call(self, method: str, session: str | None = None, /, **parameters: Any) -> Message:
        """The result of a command; what happens meanwhile goes to the session's listener.

        Raises:
            BrowserError: with the browser's words.
        """
        number = next(self.numbers)
        asked = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        _write(self.outbox, json.dumps(asked).encode() + b"\0")
        end = time.monotonic() + _PATIENCE_S
        while True:
            message = self._next(end, method)
            if message.get("id") != number:
                self._tell(message)
            elif "error" in message:
                raise BrowserError(f"{method}: {message['error'].get('message')}")
            else:
                found: Message = message["result"]
                return found

    def wait(self, until: Callable[[], bool], words: str) -> None:
        """Let things happen until something is so.

        Raises:
            BrowserError: if it does not come to be; `words` say what was waited for.
        """
        end = time.monotonic() + _PATIENCE_S
        while not until():
            self._tell(self._next(end, words))

    def settle(self, seconds: float) -> None:
        """Let things happen for some time."""
        end = time.monotonic() + seconds
        while self._is_ready(end):
            self._tell(self._next(end + _PATIENCE_S, "an event"))

    def close(self) -> None:
        """End the process."""
        try:
            self.call("Browser.close")
        except (BrowserError, OSError):
            os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.inbox)
        os.close(self.outbox)

    def _tell(self, message: Message) -> None:
        listener = self.listeners.get(message.get("sessionId", ""))
        if listener is not None and "method" in message:
            listener(message["method"], message["params"])

    def _next(self, end: float, words: str) -> Message:
        while b"\0" not in self.rest:
            if not self._is_ready(end):
                raise BrowserError(f"Chromium did not answer within {_PATIENCE_S:g} s: {words}")
            read = os.read(self.inbox, 1 << 20)
            if not read:
                raise BrowserError(f"Chromium ended: {words}")
            self.rest += read
        message, _, self.rest = self.rest.partition(b"\0")
        found: Message = json.loads(message)
        return found

    def _is_ready(self, end: float) -> bool:
        left = end - time.monotonic()
        return b"\0" in self.rest or (left > 0 and bool(select.select([self.inbox], [], [], left)[0]))


def _spawn(command: list[str]) -> tuple[int, int, int]:
    """Process id, descriptor to read from, descriptor to write to: Chromium reads from 3 and writes to 4."""
    theirs_in, ours_out = _pipe()
    ours_in, theirs_out = _pipe()
    quiet = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, quiet, 0), (os.POSIX_SPAWN_DUP2, quiet, 1), (os.POSIX_SPAWN_DUP2, quiet, 2),
               (os.POSIX_SPAWN_DUP2, theirs_in, 3), (os.POSIX_SPAWN_DUP2, theirs_out, 4)]  # fmt: skip
    process = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    for descriptor in (theirs_in, theirs_out, quiet):
        os.close(descriptor)
    return process, ours_in, ours_out


def _pipe() -> tuple[int, int]:
    """A pipe whose descriptors are above those that the child's get."""
    pair = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in pair)
    for end in pair:
        os.close(end)
    return high[0], high[1]


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
