"""Counting the rows or triples of a serialised answer by its bytes, so that none need become an object of Python's."""

from __future__ import annotations

# Formats of graphs with a line for each triple.
BY_LINES = ("application/n-triples", "application/n-quads")
# What stands once in a row, or between two rows, and nowhere in a row's text: XML escapes `<`, TSV and the formats by
# lines escape line ends. In JSON only a literal that ends in `},{` looks alike, which counts that row twice.
_MARKS = {
    "application/sparql-results+json": b'},{"',
    "application/sparql-results+xml": b"<result>",
    "text/tab-separated-values": b"\n",
    **dict.fromkeys(BY_LINES, b"\n"),
}
# JSON's mark stands between rows; both tables start with a line of names.
_BEFORE_THE_FIRST = {
    "application/sparql-results+json": 1,
    "application/sparql-results+xml": 0,
    "text/tab-separated-values": -1,
    "text/csv": -1,
    **dict.fromkeys(BY_LINES, 0),
}


class RowCount:
    """The rows so far in a stream of bytes of one media type; a mark may be cut by a chunk's end."""

    def __init__(self, media_type: str) -> None:
        self.rows = _BEFORE_THE_FIRST[media_type]
        self._mark = _MARKS.get(media_type)
        self._shortest = len(self._mark or b"\n")
        self._rest = b""
        self._quoted = False

    def bytes_for(self, rows: int) -> int:
        """Fewer bytes than this hold no more rows than that, so they need not be counted."""
        return rows * self._shortest

    def add(self, data: bytes) -> int:
        """Count on, and give the rows so far."""
        if self._mark is None:
            self._add_csv(data)
            return self.rows
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
