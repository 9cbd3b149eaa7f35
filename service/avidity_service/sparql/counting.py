"""Counting the rows or triples of a serialised answer by its bytes, so that none need become an object of Python's."""

from __future__ import annotations

from collections.abc import Iterable

# Formats of graphs with a line for each triple.
BY_LINES = ("application/n-triples", "application/n-quads")
_JSON = "application/sparql-results+json"
# What stands once in a row, or between two rows, and nowhere in a row's text: XML escapes `<`, TSV and the formats by
# lines escape line ends. Only in JSON strings may hold it too, so there it counts the rows or more.
_MARKS = {
    _JSON: b"},{",
    "application/sparql-results+xml": b"<result>",
    "text/tab-separated-values": b"\n",
    **dict.fromkeys(BY_LINES, b"\n"),
}
# JSON's mark stands between rows; both tables start with a line of names.
_BEFORE_THE_FIRST = {
    _JSON: 1,
    "application/sparql-results+xml": 0,
    "text/tab-separated-values": -1,
    "text/csv": -1,
    **dict.fromkeys(BY_LINES, 0),
}


class RowCount:
    """The rows so far in a stream of bytes of one media type; a mark may be cut by a chunk's end.

    Of JSON they are the rows or more, unless it is told to count `exactly`, which takes ten times as long.
    """

    def __init__(self, media_type: str, *, exactly: bool = False) -> None:
        self.media_type, self.is_exact = media_type, exactly or media_type != _JSON
        self.rows = _BEFORE_THE_FIRST[media_type]
        self._mark = _MARKS.get(media_type)
        # With its comma a row has at least three bytes in JSON: it may bind nothing.
        self._shortest = len(self._mark or b"\n")
        self._rest = b""
        self._quoted = False
        self._outside = _Outside() if exactly and media_type == _JSON else None

    def bytes_for(self, rows: int) -> int:
        """Fewer bytes than this hold no more rows than that, so they need not be counted."""
        return rows * self._shortest

    def exact(self, parts: Iterable[bytes]) -> RowCount:
        """A count that is exact, of what has come so far."""
        count = RowCount(self.media_type, exactly=True)
        for part in parts:
            count.add(part)
        return count

    def add(self, data: bytes) -> int:
        """Count on, and give the rows so far."""
        if self._mark is None:
            self._add_csv(data)
            return self.rows
        if self._outside is not None:
            data = self._outside.of(data)
        data = self._rest + data
        self.rows += data.count(self._mark)
        self._rest = data[max(0, len(data) - len(self._mark) + 1) :]
        return self.rows

    def _add_csv(self, data: bytes) -> None:
        # A line end within quotes is text; a doubled quote ends and starts again.
        for number, part in enumerate(data.split(b'"')):
            if number:
                self._quoted = not self._quoted
            if not self._quoted:
                self.rows += part.count(b"\n")


class _Outside:
    """JSON without what its strings hold, of a stream whose chunks may begin or end within one."""

    __slots__ = ("_escape", "_inside")

    def __init__(self) -> None:
        self._escape, self._inside = b"", 0

    def of(self, data: bytes) -> bytes:
        """The next bytes, with nothing between the quotes."""
        data = self._escape + data
        # A backslash at the end belongs to what comes next, unless it is itself escaped.
        self._escape = b"\\" if (len(data) - len(data.rstrip(b"\\"))) % 2 else b""
        data = data[: len(data) - len(self._escape)]
        # Without escaped quotes each quote begins or ends a string.
        pieces = data.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
        first = 1 - self._inside
        pieces[first::2] = [b""] * len(pieces[first::2])
        self._inside ^= (len(pieces) - 1) % 2
        return b'"'.join(pieces)
