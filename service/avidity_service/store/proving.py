"""Is what the store said of the release that is served?

It is, if afterwards the store still has the mark that it had when it was opened: `avidity publish` takes the mark away
before it touches data, and no upload brings the same one back. So that mark was there all the while, and one look at it
proves all that was heard before, also what is kept in memory since. A mark that was once found changed proves nothing
any more, whatever comes after.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Lock

from avidity_service.errors import QueryError
from avidity_service.store.marks import Mark

_LOG = logging.getLogger("avidity.store")
# A look takes a millisecond; a store that is slower than this is not waited for.
LOOK_S = 3.0
# An upload takes minutes, and somebody has to act after it.
_COME_BACK_S = 30


class Proof:
    """Counts what was heard, and how much of it is proven. Threads share it, and each look serves all who wait."""

    def __init__(self, look: Callable[[float], Mark]) -> None:
        """`look` gives the mark that the store has now, within so many seconds, or raises QueryError."""
        self.look = look
        self.mark: Mark | None = None
        self.changed: Mark | None = None
        self.heard = self.proven = 0
        self.counting, self.looking = Lock(), Lock()

    def begin(self) -> Mark:
        """Take the mark that is there now for the one that all answers are to be of.

        Raises:
            QueryError: if the store does not answer.
        """
        self.mark = self.look(LOOK_S)
        return self.mark

    def hear(self) -> None:
        """Count an answer of the store; to be told before anybody may use it."""
        with self.counting:
            self.heard += 1

    def refuse_if_changed(self) -> None:
        """Do not ask a store in vain that was found changed.

        Raises:
            QueryError: 503 if it was.
        """
        if self.changed is not None:
            raise self._refusal(self.changed)

    def check(self, limit_s: float = LOOK_S) -> None:
        """Prove all that was heard until now.

        Raises:
            QueryError: 503 if it cannot be proven, or is not of the release.
        """
        if self.mark is None or self.heard == self.proven:
            return
        heard, end = self.heard, time.monotonic() + limit_s
        if not self.looking.acquire(timeout=limit_s):
            raise _unsure()
        try:
            # Whoever looked meanwhile may have begun after this was heard.
            if self.proven < heard:
                self._look(max(0.05, end - time.monotonic()))
        finally:
            self.looking.release()

    def is_changed(self, limit_s: float = LOOK_S) -> bool:
        """Whether the store was found with another mark, now or before.

        Raises:
            QueryError: if it does not answer.
        """
        if self.changed is None:
            self._compare(self.look(limit_s))
        return self.changed is not None

    def _look(self, limit_s: float) -> None:
        self.refuse_if_changed()
        heard = self.heard
        try:
            found = self.look(limit_s)
        except QueryError as error:
            _LOG.warning("which release the store holds could not be told: %s", error)
            raise _unsure() from None
        self._compare(found)
        self.refuse_if_changed()
        self.proven = heard

    def _compare(self, found: Mark) -> None:
        if self.mark is not None and found != self.mark and self.changed is None:
            self.changed = found
            _LOG.error("%s", self._refusal(found).detail)

    def _refusal(self, found: Mark) -> QueryError:
        ours = self.mark.release if self.mark else None
        if found.release is None:
            holds = "claims no release: one is being uploaded, or an upload broke off"
            cure = "let avidity publish end, put the release that it uploads into the service's folder, and run"
        elif found.release == ours:
            holds = f"was filled anew with release {ours} while this service was running"
            cure = "run"
        else:
            holds = f"now holds release {found.release}"
            cure = f"put release {found.release} into the service's folder and run"
        detail = (
            f"The store behind this service {holds}. This service serves release {ours}, and gives out nothing else "
            f"under that name. Who operates it: {cure} avidity reload."
        )
        return QueryError(503, "Another release in the store", detail, retry_after_s=_COME_BACK_S)


def _unsure() -> QueryError:
    detail = (
        "The store behind this service did not say which release it holds, so its answer is not given out; "
        "try again in a moment."
    )
    return QueryError(503, "Release not certain", detail, retry_after_s=2)
