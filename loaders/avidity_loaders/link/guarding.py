"""XML that is safe to give to a parser: no entities, no external DTD, whole to its end tag."""

from __future__ import annotations

import re

_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_NAME_ONLY = re.compile(rb"<!DOCTYPE\s+[\w:.\-]+\s*>", re.IGNORECASE)
_REACH = 256
_END = re.compile(rb"</(?:[\w.\-]+:)?RDF\s*>\s*(?:<!--(?:(?!-->).)*-->\s*)*\Z", re.DOTALL)
_TAIL = 4096


class XmlGuard:
    """Looks at all bytes of a file as they pass, because parsers take a DOCTYPE also where XML does not allow one.

    A DOCTYPE that only names the root is harmless. Any other may declare entities or name a DTD, and is refused unread;
    so is the sign of a declaration in a comment, where nobody needs it.
    """

    def __init__(self) -> None:
        self.refused_line: int | None = None
        self._held, self._tail, self._line = b"", b"", 1

    def feed(self, data: bytes, last: bool = False) -> None:
        """Look at the next bytes; `refused_line` is then the line of the first declaration, if there was one."""
        if self.refused_line is not None:
            return
        window = self._held + data
        # What starts near the end is looked at with the next bytes, when it is whole.
        end = len(window) if last else max(0, len(window) - _REACH)
        for found in _DECLARATION.finditer(window):
            if found.start() < end and not _NAME_ONLY.match(window, found.start()):
                self.refused_line = self._line + window.count(b"\n", 0, found.start())
                return
        self._line += window.count(b"\n", 0, end)
        self._held, self._tail = window[end:], (self._tail + window[:end])[-_TAIL:]

    @property
    def is_whole(self) -> bool:
        """Whether the file ends with the end tag of its root; to be asked after the last bytes."""
        return _END.search(self._tail) is not None
