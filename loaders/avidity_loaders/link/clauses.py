"""The clauses of an OBO file that matter here; the others are left blank, so that lines keep their numbers.

Published files, SO's among them, hold an IRI or a date here and there that the format does not allow. What nobody asks
for shall not stop the reading; in the clauses that are read, the parser stays strict. None is longer than a megabyte.
"""

from __future__ import annotations

import re
from typing import BinaryIO

_KEPT = re.compile(
    rb"\s*(?:\[|(?:id|name|synonym|is_a|alt_id|replaced_by|consider|is_obsolete|intersection_of) *:"
    rb"|(?:ontology|data-version|import) *:|property_value *:.*(?:[Ll]icen[cs]e|versionInfo))"
)
_LONGEST = 1 << 20
_TOO_LONG = b"a clause of more than a megabyte\n"


class RelevantClauses:
    """A binary stream of the lines that matter, with line breaks in place of the others."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._ready = bytearray()

    def read(self, size: int) -> bytes:
        """At least one byte until the end, at most `size`."""
        while len(self._ready) < size and (line := self._stream.readline(_LONGEST)):
            self._ready += self._shown(line)
        data = bytes(self._ready[:size])
        del self._ready[:size]
        return data

    def _shown(self, line: bytes) -> bytes:
        whole = len(line) < _LONGEST or line.endswith(b"\n")
        if whole:
            return line if _KEPT.match(line) else b"\n"
        while len(line := self._stream.readline(_LONGEST)) == _LONGEST and not line.endswith(b"\n"):
            pass
        # The parser, which swallows errors of its stream, refuses this and names the line.
        return _TOO_LONG
