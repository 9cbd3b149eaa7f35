"""Where a worker's answer goes while it is made: kept up to its caps, and given away in pieces to who takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from avidity_service.sparql.counting import RowCount

# So many bytes go ahead of what is still being made.
PIECE = 1024 * 1024
Emit = Callable[[Sequence[bytes]], object]


class TooLarge(Exception):
    """The answer outgrew its cap of bytes."""


class TooMany(Exception):
    """The answer outgrew its cap of rows."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one answer may have; no rows is no cap."""

    most_bytes: int
    most_rows: int

    def check_rows(self, rows: int) -> None:
        """Raise TooMany above the cap."""
        if self.most_rows and rows > self.most_rows:
            raise TooMany

    def check_bytes(self, size: int) -> None:
        """Raise TooLarge above the cap."""
        if size > self.most_bytes:
            raise TooLarge


class Sink:
    """Bytes in memory up to a cap; what Rust serialises into, which wants no more of a file than this.

    With `emit`, pieces of them are given away as soon as they are there; `rest` is what has not been.
    """

    __slots__ = ("caps", "count", "counted", "due", "emit", "emitted", "free", "parts", "size")

    def __init__(self, caps: Caps, count: RowCount | None = None, emit: Emit | None = None) -> None:
        self.parts: list[bytes] = []
        self.emit, self.emitted = emit, 0
        self.due = caps.most_bytes + 1 if emit is None else PIECE
        self.size, self.counted, self.caps = 0, 0, caps
        self.count = count if caps.most_rows else None
        self.free = 0 if self.count is None else self.count.bytes_for(caps.most_rows)

    def write(self, part: bytes) -> int:
        """Keep the bytes."""
        length = len(part)
        self.size += length
        if self.size > self.caps.most_bytes:  # not by `check_bytes`: this is called for each few kilobytes
            raise TooLarge
        self.parts.append(part)
        # Most answers are too small to have too many rows, and to count them would take a tenth of their time.
        if self.count is not None and self.size >= self.free:
            self._count(self.count)
        if self.size >= self.due and self.emit is not None:
            self.emit(self.rest)
            self.emitted, self.due = len(self.parts), self.size + PIECE
        return length

    def _count(self, count: RowCount) -> None:
        rows = 0
        for uncounted in self.parts[self.counted :]:
            rows = count.add(uncounted)
        self.counted = len(self.parts)
        if rows > self.caps.most_rows and not count.is_exact:
            self.count = count = count.exact(self.parts)
        self.caps.check_rows(count.rows)

    @property
    def rest(self) -> Sequence[bytes]:
        """What has not been given away."""
        return self.parts[self.emitted :]

    def flush(self) -> None:
        """There is nothing to be passed on."""
