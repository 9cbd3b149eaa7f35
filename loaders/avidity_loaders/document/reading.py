"""Reading a document: bytes → text → structure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from avidity_loaders.document.layout import lay_out
from avidity_loaders.document.models import Block, Document, Gap, ReferenceMarker, Section, Sentence, Span, Table
from avidity_loaders.document.profile import Profile
from avidity_loaders.document.sentences import split_sentences
from avidity_loaders.errors import Problem, SourceError


def read_document(path: Path, profile: Profile) -> Document:
    """The document in a file.

    Raises:
        SourceError: if the file is not UTF-8, has another digest than the profile states, or has no heading.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(Problem(f"the source cannot be read: {error.strerror}", path)) from None
    sha256 = hashlib.sha256(data).hexdigest()
    if profile.sha256 is not None and sha256 != profile.sha256:
        cure = "restore the file as received; every quote's offsets count in it"
        raise SourceError(Problem(f"SHA-256 is {sha256}, the profile states {profile.sha256}", path, cure=cure))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(Problem(f"this is not UTF-8 text: {error.reason} at byte {error.start}", path)) from None
    try:
        return parse_document(text, profile, sha256)
    except SourceError as error:
        raise SourceError([Problem(problem.what, path, cure=problem.cure) for problem in error.problems]) from None


def parse_document(text: str, profile: Profile, sha256: str) -> Document:
    """The structure of a text.

    Raises:
        SourceError: if no line of it is a heading.
    """
    sections, blocks, tables = lay_out(text, profile)
    if not sections:
        raise SourceError(Problem("no line is a heading as the profile describes them", cure="see `headings` there"))
    sentences = tuple(Sentence(span, block) for block in blocks for span in _spans(text, block, profile))
    markers = tuple(_markers(text, profile))
    gaps = tuple(_gaps(text, profile, sections, tables, markers))
    return Document(text, sha256, sections, tuple(blocks), sentences, tuple(tables), markers, gaps)


def _spans(text: str, block: Block, profile: Profile) -> tuple[Span, ...]:
    """The sentences of a block; a heading ("1. Introduction") is one."""
    return (block.span,) if block.kind == "heading" else split_sentences(text, block.span, profile.abbreviations)


def _markers(text: str, profile: Profile) -> Iterator[ReferenceMarker]:
    for match in re.finditer(profile.reference_marker, text):
        numbers: list[int] = []
        for part in match["numbers"].split(","):
            ends = [int(number) for number in re.findall(r"\d+", part)]
            numbers += range(ends[0], ends[-1] + 1)
        yield ReferenceMarker(Span(match.start(), match.end()), tuple(numbers))


def _gaps(
    text: str,
    profile: Profile,
    sections: tuple[Section, ...],
    tables: list[Table],
    markers: tuple[ReferenceMarker, ...],
) -> Iterator[Gap]:
    for table in tables:
        for row in table.rows:
            if not row.complete:
                first = row.cells[0].span
                name = text[first.start : first.end]
                tail = text[row.span.end - 9 : row.span.end].strip()
                what = f"the file ends inside {table.label}, in the row “{name}” (“… {tail}”)"
                yield Gap("truncated-row", what, row.span)
    there = {table.label for table in tables}
    mentioned = {match.group() for match in re.finditer(profile.table_mention, text)}
    for label in sorted(mentioned - there):
        yield Gap("missing-table", f"{label} is referred to but is not in the file")
    if markers and not any(section.title in profile.reference_list for section in sections):
        cited = {number for marker in markers for number in marker.numbers}
        never = [str(number) for number in range(min(cited), max(cited)) if number not in cited]
        which = f"{min(cited)} to {max(cited)}" + (f", never {', '.join(never)}" if never else "")
        what = f"{len(cited)} references ({which}) are cited, but the list is not in the file"
        yield Gap("missing-reference-list", what)
