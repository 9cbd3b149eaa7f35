"""A worker's own copy of the dataset in large pages.

A worker shares the dataset with the process it was forked from. But the engine counts references while it reads, so
what it reads is copied, page by small page, and looking up addresses in so many pages takes a third of a query's time.
A worker that has shown that it lives on copies all at once, into pages of 2 MB, which takes half a second a gigabyte.
The front, which answers some queries itself, has its own copy so as well.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

# So many queries are answered before: some workers end with their first.
AFTER_QUERIES = 1
_COLLAPSE = 25  # MADV_COLLAPSE, since Linux 6.1
_POPULATE_WRITE = 23  # MADV_POPULATE_WRITE, since Linux 5.14
_PAGE, _SMALL_PAGE = 2 << 20, 4096
# Of the memory that is available when its turn comes, a process may take this part for its copy.
_PART = 8
# To gather takes half a second a gigabyte, and so many may want to.
PATIENCE_S, _LOOK_S = 60.0, 0.05
_ANONYMOUS = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0(?: +\[heap\])?")


class Memory:
    """What a process has of memory that has room for large pages; looked up while it may still open files.

    One process gathers at a time, of all on this machine that run this code, and each only if its copy takes no more
    than its part of what the others have left.
    """

    def __init__(self) -> None:
        self.ranges: list[tuple[int, int]] = []
        with contextlib.suppress(OSError, ValueError):
            # Each has opened these for itself, and a lock goes with that; a fork's would be everybody's. They stay open
            # as long as this is there, for a worker that closed one could open something else.
            self.turn, self.available = self._opened(__file__), self._opened("/proc/meminfo")
            self.ranges = list(_ranges(Path("/proc/self/maps").read_text()))

    def gather_later(self) -> None:
        """Gather it into large pages while the process goes on; where that cannot be, nothing happens."""
        if self.ranges:
            threading.Thread(target=self.gather, daemon=True).start()

    def gather(self) -> int:
        """Gather it now, or when it is this process' turn; gives the bytes that are in large pages then."""
        if not self.ranges:
            return 0
        try:
            madvise = ctypes.CDLL(None, use_errno=True).madvise
            if not self._has_turn():
                return 0
        except (OSError, AttributeError):
            return 0
        madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        try:
            if sum(end - start for start, end in self.ranges) > _available(self.available) // _PART:
                return 0
            return self._gather(madvise)
        finally:
            fcntl.flock(self.turn, fcntl.LOCK_UN)

    def _has_turn(self) -> bool:
        """Wait for this process' turn; False if it does not come, as one that was stopped by hand would keep it."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self.turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            time.sleep(_LOOK_S)
        return False

    def _gather(self, madvise: Callable[[int, int, int], int]) -> int:
        for start, end in self.ranges:
            # A large page that is shared is large already, so it would be left; the first write would break it up.
            # One small page of its own makes it a case for gathering. This writes nothing, so nothing is disturbed.
            for page in range(start, end, _PAGE):
                madvise(page, _SMALL_PAGE, _POPULATE_WRITE)
        return sum(end - start for start, end in self.ranges if madvise(start, end - start, _COLLAPSE) == 0)

    def _opened(self, path: str) -> int:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, descriptor)
        return descriptor


def _ranges(maps: str) -> Iterator[tuple[int, int]]:
    """Start and end of the private memory that has room for large pages."""
    for line in maps.splitlines():
        found = _ANONYMOUS.fullmatch(line.strip())
        if found:
            start, end = (int(found[1], 16) + _PAGE - 1) // _PAGE * _PAGE, int(found[2], 16) // _PAGE * _PAGE
            if start < end:
                yield start, end


def _available(descriptor: int) -> int:
    """Bytes of memory that programs can still have."""
    for line in os.pread(descriptor, 4096, 0).decode().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0
