"""One worker process as the front sees it: asked through a pipe, read until a deadline, killed when it is late."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any

_START_S = 30.0
# How often a waiting front looks whether its client is still there.
_LOOK_S = 0.25


class Gone(Exception):
    """The worker is no more; `signal` is what ended it, 0 if nothing did."""

    def __init__(self, signal: int = 0) -> None:
        self.signal = signal
        super().__init__(f"ended by signal {signal}")


class Late(Exception):
    """The worker did not answer in time."""


class Abandoned(Exception):
    """The client has left."""


def never() -> bool:
    """Nobody leaves."""
    return False


class Worker:
    """One worker process."""

    def __init__(self, command: Sequence[str], dataset: int) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(dataset,))
        self.buffer = b""
        self.ready = False

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None

    def wait_until_ready(self) -> None:
        """Wait for the dataset to be loaded; that time is not the query's."""
        if not self.ready:
            self._read_frame(time.monotonic() + _START_S, never)
            self.ready = True

    def ask(
        self, header: dict[str, Any], query: bytes, deadline: float, is_gone: Callable[[], bool] = never
    ) -> tuple[dict[str, Any], bytes]:
        """Send a query and read its answer.

        Raises:
            Gone: if the process ended.
            Late: if there is no whole answer at the deadline.
            Abandoned: if the client left meanwhile.
        """
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({**header, "bytes": len(query)}).encode() + b"\n" + query)
            self.process.stdin.flush()
        except OSError:
            raise self._gone() from None
        return self._read_frame(deadline, is_gone)

    def _read_frame(self, deadline: float, is_gone: Callable[[], bool]) -> tuple[dict[str, Any], bytes]:
        while b"\n" not in self.buffer:
            self._read_more(deadline, is_gone)
        line, _, self.buffer = self.buffer.partition(b"\n")
        header = json.loads(line)
        parts, missing = [self.buffer], header["bytes"] - len(self.buffer)
        while missing > 0:
            self.buffer = b""
            self._read_more(deadline, is_gone)
            parts.append(self.buffer)
            missing -= len(self.buffer)
        body = b"".join(parts)
        self.buffer = body[header["bytes"] :]
        return header, body[: header["bytes"]]

    def _read_more(self, deadline: float, is_gone: Callable[[], bool]) -> None:
        assert self.process.stdout is not None
        try:
            while not select.select([self.process.stdout], [], [], _slice(deadline))[0]:
                if time.monotonic() >= deadline:
                    raise Late
                if is_gone():
                    raise Abandoned
            data = os.read(self.process.stdout.fileno(), 1 << 20)
        except (OSError, ValueError):  # closed under our hands: the service is stopping
            data = b""
        if not data:
            raise self._gone()
        self.buffer += data

    def _gone(self) -> Gone:
        # Its pipe is closed, so it is ending if it has not ended.
        with contextlib.suppress(subprocess.TimeoutExpired):
            return Gone(max(0, -self.process.wait(timeout=1)))
        return Gone()

    def close(self) -> None:
        """End the process, whatever it is doing, and reap it."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _slice(deadline: float) -> float:
    return max(0.0, min(_LOOK_S, deadline - time.monotonic()))
