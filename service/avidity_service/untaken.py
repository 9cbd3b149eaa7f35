"""Large answers that clients have not taken yet: in memory as they are, or in files when these are too many bytes.

waitress puts what it cannot send at once into a file, which for a large answer costs as much time as to send it.
"""

from __future__ import annotations

import io
import tempfile
import threading
from collections import Counter
from typing import IO

from waitress.buffers import ReadOnlyFileBasedBuffer

# A client may have the part of one in so many.
_OWNERS = 4


class Untaken:
    """How many bytes of answers are held: at most `most_bytes` in memory, the others in files.

    It `is_full` when files have `in_files` times that, and for a client when he has a quarter of them; then no more
    answers should be made that may be large.
    """

    def __init__(self, most_bytes: int, in_files: int = 8) -> None:
        self.most_bytes, self.most_in_files = most_bytes, most_bytes * in_files
        self.held = self.filed = 0
        self.filed_of: Counter[str] = Counter()
        self.lock = threading.Lock()

    def is_full(self, owner: str) -> bool:
        """Whether clients leave too much untaken, or this one does."""
        return self.filed >= self.most_in_files or self.filed_of[owner] * _OWNERS >= self.most_in_files

    def hold(self, data: bytes, owner: str = "") -> Held:
        """What a channel sends them from; as long as there is room, without a copy.

        Raises:
            OSError: if there is no room on disk either.
        """
        with self.lock:
            in_memory = self.held + len(data) <= self.most_bytes
            if in_memory:
                self.held += len(data)
            else:
                self._file(owner, len(data))
        if in_memory:
            return Held(self, io.BytesIO(data), len(data), None)  # which shares them as long as nobody writes
        try:
            file = tempfile.TemporaryFile(prefix="avidity-")  # noqa: SIM115 - closed when it has been sent
            file.write(data)
            file.seek(0)
        except OSError:
            self.release(len(data), owner)
            raise
        return Held(self, file, len(data), owner)

    def release(self, size: int, filed_for: str | None) -> None:
        """So many bytes have been taken, or nobody wants them any more; in a file they are `filed_for` a client."""
        with self.lock:
            if filed_for is None:
                self.held -= size
            else:
                self._file(filed_for, -size)

    def _file(self, owner: str, size: int) -> None:
        self.filed += size
        self.filed_of[owner] += size
        if not self.filed_of[owner]:
            del self.filed_of[owner]


class Held(ReadOnlyFileBasedBuffer):  # type: ignore[misc]
    """An answer as waitress has a file that it sends; it counts until it is closed."""

    def __init__(self, untaken: Untaken, file: IO[bytes], size: int, filed_for: str | None) -> None:
        super().__init__(file)
        self.untaken, self.size, self.filed_for = untaken, size, filed_for
        self.prepare()

    def close(self) -> None:
        """Give the bytes back; the second time does nothing."""
        super().close()
        size, self.size = self.size, 0
        if size:
            self.untaken.release(size, self.filed_for)
