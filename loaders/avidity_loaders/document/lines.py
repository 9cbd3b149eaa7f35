"""The lines of a text and the role that each has by its first characters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from avidity_loaders.document.models import Span
from avidity_loaders.document.profile import Profile
from avidity_loaders.document.sentences import trim

_BREAK = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands, without its break; `body` is its span without the white space around it."""

    text: str
    span: Span
    body: Span

    @property
    def blank(self) -> bool:
        """Whether it is empty or white space."""
        return not self.body


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that is a heading: its title, the number at the start of it, and the words after that."""

    number: str | None
    title: str
    words: str
    span: Span


def read_lines(text: str) -> tuple[Line, ...]:
    """All lines of a text: LF, CRLF and CR end a line, and no offset changes."""
    return tuple(Line(text[span.start : span.end], span, trim(text, span)) for span in _spans(text))


def _spans(text: str) -> Iterator[Span]:
    start = 0
    for match in _BREAK.finditer(text):
        yield Span(start, match.start())
        start = match.end()
    yield Span(start, len(text))


def heading(line: Line, profile: Profile) -> Heading | None:
    """The heading that a line is, or None."""
    for pattern in profile.headings:
        if match := pattern.match(line.text):
            title, number = " ".join((match["title"] or "").split()), match.groupdict().get("number")
            return Heading(number, title, title.removeprefix(number or "").lstrip(". "), line.body)
    return None


def begins_block(line: Line, profile: Profile) -> bool:
    """Whether a line is a heading, legend, caption or note, so that it can be no part of a cell above it."""
    starts = (profile.table_caption, profile.figure_legend, profile.table_note)
    return heading(line, profile) is not None or any(pattern.match(line.text) for pattern in starts)
