"""A queue in which all who wait have their turn, however much one of them asks."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """First in, first out for each owner; the owners take turns. `owner` tells whose an entry is.

    It has as much of a deque as a dispatcher of threads needs.
    """

    def __init__(self, owner: Callable[[T], Hashable]) -> None:
        self.owner = owner
        self.lines: OrderedDict[Hashable, deque[T]] = OrderedDict()
        self.size = 0
        self.lock = threading.Lock()

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[T]:
        with self.lock:
            return iter([entry for line in self.lines.values() for entry in line])

    def append(self, entry: T) -> None:
        """Put an entry behind the others of its owner."""
        with self.lock:
            self.lines.setdefault(self.owner(entry), deque()).append(entry)
            self.size += 1

    def first(self) -> T:
        """The entry whose turn it is.

        Raises:
            IndexError: if there is none.
        """
        with self.lock:
            return self._line()[1][0]

    def popleft(self) -> T:
        """Take the entry whose turn it is.

        Raises:
            IndexError: if there is none.
        """
        with self.lock:
            owner, line = self._line()
            entry = line.popleft()
            self.size -= 1
            if line:
                self.lines.move_to_end(owner)
            else:
                del self.lines[owner]
            return entry

    def waiting_of(self, owner: Hashable) -> int:
        """How many entries of an owner wait."""
        with self.lock:
            return len(self.lines.get(owner, ()))

    def _line(self) -> tuple[Hashable, deque[T]]:
        if not self.lines:
            raise IndexError("the queue is empty")
        return next(iter(self.lines.items()))
