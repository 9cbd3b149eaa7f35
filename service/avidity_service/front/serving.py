"""A release as it is served: the application over it, and how many requests are on it."""

from __future__ import annotations

import itertools
import threading
import time

from flask import Flask

from avidity_service.context import KEY, Context

_numbers = itertools.count(1)


class Served:
    """An application over one release. Its `mark` is no other's, even if the release comes back later."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.wsgi = app.wsgi_app
        context = app.extensions[KEY]
        assert isinstance(context, Context)
        self.context = context
        self.id = context.release.id
        self.mark = f"{self.id} {next(_numbers)}"
        self.inside = 0
        self.retired = False
        self.change = threading.Condition()

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
