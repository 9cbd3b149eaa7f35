"""Large answers that clients have not taken yet: as they are in memory, as long as these are not too many bytes.

waitress puts what it cannot send at once into a file, which for a large answer costs as much time as to send it.
"""

from __future__ import annotations

import io
import threading

from waitress.buffers import ReadOnlyFileBasedBuffer


class Untaken:
    """How many bytes of answers are held, at most `most_bytes`."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes, self.held = most_bytes, 0
        self.lock = threading.Lock()

    def hold(self, data: bytes) -> Held | None:
        """What a channel sends them from, without a copy; None if there is no room."""
        with self.lock:
            if self.held + len(data) > self.most_bytes:
                return None
            self.held += len(data)
        return Held(self, data)

    def release(self, size: int) -> None:
        """So many bytes have been taken, or nobody wants them any more."""
        with self.lock:
            self.held -= size


class Held(ReadOnlyFileBasedBuffer):  # type: ignore[misc]
    """An answer in memory, as waitress has a file that it sends; it counts until it is closed."""

    def __init__(self, untaken: Untaken, data: bytes) -> None:
        super().__init__(io.BytesIO(data))  # which shares them as long as nobody writes
        self.untaken, self.size = untaken, len(data)
        self.prepare()

    def close(self) -> None:
        """Give the bytes back; the second time does nothing."""
        super().close()
        size, self.size = self.size, 0
        self.untaken.release(size)
