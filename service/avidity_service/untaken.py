"""Large answers that clients have not taken yet: in memory as they are, or in files when these are too many bytes.

waitress puts what it cannot send at once into a file, which for a large answer costs as much time as to send it.
"""

from __future__ import annotations

import io
import tempfile
import threading
from typing import IO

from waitress.buffers import ReadOnlyFileBasedBuffer


class Untaken:
    """How many bytes of answers are held: at most `most_bytes` in memory, the others in files.

    It `is_full` when files have `in_files` times that; then no more queries should be begun.
    """

    def __init__(self, most_bytes: int, in_files: int = 8) -> None:
        self.most_bytes, self.most_in_files = most_bytes, most_bytes * in_files
        self.held = self.filed = 0
        self.lock = threading.Lock()

    @property
    def is_full(self) -> bool:
        """Whether clients leave too much untaken."""
        return self.filed >= self.most_in_files

    def hold(self, data: bytes) -> Held:
        """What a channel sends them from; as long as there is room, without a copy.

        Raises:
            OSError: if there is no room on disk either.
        """
        with self.lock:
            in_memory = self.held + len(data) <= self.most_bytes
            if in_memory:
                self.held += len(data)
            else:
                self.filed += len(data)
        if in_memory:
            return Held(self, io.BytesIO(data), len(data), filed=False)  # which shares them as long as nobody writes
        try:
            file = tempfile.TemporaryFile(prefix="avidity-")  # noqa: SIM115 - closed when it has been sent
            file.write(data)
            file.seek(0)
        except OSError:
            self.release(len(data), filed=True)
            raise
        return Held(self, file, len(data), filed=True)

    def release(self, size: int, *, filed: bool) -> None:
        """So many bytes have been taken, or nobody wants them any more."""
        with self.lock:
            if filed:
                self.filed -= size
            else:
                self.held -= size


class Held(ReadOnlyFileBasedBuffer):  # type: ignore[misc]
    """An answer as waitress has a file that it sends; it counts until it is closed."""

    def __init__(self, untaken: Untaken, file: IO[bytes], size: int, *, filed: bool) -> None:
        super().__init__(file)
        self.untaken, self.size, self.filed = untaken, size, filed
        self.prepare()

    def close(self) -> None:
        """Give the bytes back; the second time does nothing."""
        super().close()
        size, self.size = self.size, 0
        self.untaken.release(size, filed=self.filed)
