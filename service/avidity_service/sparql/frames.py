"""An answer as it comes in from a worker (`sparql.worker` has the lines)."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any


class Frame:
    """An answer as it comes in: pieces of it, then its header in JSON with the rest.

    `missing` are the bytes that the present piece still lacks, or the rest; `size` those of the body that are known of.
    """

    __slots__ = ("header", "line", "missing", "parts", "size")

    def __init__(self) -> None:
        self.header: dict[str, Any] | None = None
        self.parts: list[bytes] = []
        self.line = b""
        self.size = self.missing = 0

    def add(self, data: bytes) -> bool:
        """Take what was received; tells whether the answer is whole."""
        while True:
            if not self.missing:
                if self.header is not None:
                    return True
                line, ends, data = (self.line + data).partition(b"\n")
                if not ends:
                    self.line = line
                    return False
                self._begin(line)
            elif len(data) <= self.missing:
                self.parts.append(data)
                self.missing -= len(data)
                return self.header is not None and not self.missing
            else:
                self.parts.append(data[: self.missing])
                data, self.missing = data[self.missing :], 0

    def whole(self) -> tuple[dict[str, Any], bytes]:
        """Header and body of an answer that is whole."""
        assert self.header is not None
        return self.header, b"".join(self.parts)

    def _begin(self, line: bytes) -> None:
        size, _, header = line.partition(b" ")
        self.line, self.missing = b"", int(size)  # int takes the plus sign of a piece
        self.size += self.missing
        if header:
            self.header = _loaded(header)


@lru_cache(maxsize=32)  # successes are all alike
def _loaded(header: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(header)
    return found
