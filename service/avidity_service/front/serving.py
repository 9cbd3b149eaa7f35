"""A release as it is served: the application over it, and how many requests are on it."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from avidity_service.core import Core

_numbers = itertools.count(1)


class Served:
    """A release with the application over it. Its `mark` is no other's, even if the release comes back later.

    The application is made when it is first asked for; queries do without it.
    """

    def __init__(self, core: Core, make: Callable[[], Flask]) -> None:
        self.context = core
        self.made: Flask | None = None
        self.answers: Any = None
        self.make, self.making = make, threading.Lock()
        self.id = core.release.id
        self.mark = f"{self.id} {next(_numbers)}"
        self.inside = 0
        self.retired = False
        self.change = threading.Condition()

    @property
    def app(self) -> Flask:
        """The application; whoever asks first makes it, and others wait for that."""
        with self.making:
            if self.made is None:
                self.made = self.make()
                # The application itself, also if a front is put before it later.
                self.answers = self.made.wsgi_app
            return self.made

    @property
    def wsgi(self) -> Any:
        """The application, to be called as WSGI has it."""
        if self.answers is None:
            assert self.app is not None
        return self.answers

    def enter(self) -> bool:
        """Begin a request; False if no more may."""
        with self.change:
            if self.retired:
                return False
            self.inside += 1
            return True

    def leave(self) -> None:
        """End a request that has begun."""
        with self.change:
            self.inside -= 1
            if self.retired:
                self.change.notify_all()

    def retire(self, most_s: float) -> int:
        """Let no more in, wait for those inside, at most so many seconds, and end the workers.

        Returns:
            How many requests were still inside.
        """
        end = time.monotonic() + most_s
        with self.change:
            self.retired = True
            while self.inside and (left := end - time.monotonic()) > 0:
                self.change.wait(left)
            inside = self.inside
        self.context.pool.close()
        return inside
