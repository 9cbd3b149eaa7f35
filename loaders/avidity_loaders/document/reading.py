"""Reading a document: bytes → text → structure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from avidity_loaders.document.document import Document
from avidity_loaders.document.gaps import find_gaps
from avidity_loaders.document.layout import Layout, lay_out
from avidity_loaders.document.markers import read_markers
from avidity_loaders.document.models import Block, FigureLegend, ListItem, Paragraph, Sentence, Span, TableNote
from avidity_loaders.document.profile import Profile
from avidity_loaders.document.sections import place
from avidity_loaders.document.sentences import split_sentences
from avidity_loaders.errors import Problem, SourceError


def read_document(path: Path, profile: Profile) -> Document:
    """The document in a file; offsets count code points of the file as it is.

    Raises:
        SourceError: if the file cannot be read, is not UTF-8, has another digest than the profile states, is empty
            or has no heading.
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
        return parse_document(data.decode("utf-8"), profile, sha256)
    except UnicodeDecodeError as error:
        raise SourceError(Problem(f"this is not UTF-8 text: {error.reason} at byte {error.start}", path)) from None
    except SourceError as error:
        raise SourceError([replace(problem, file=path) for problem in error.problems]) from None


def parse_document(text: str, profile: Profile, sha256: str) -> Document:
    """The structure of a text.

    Raises:
        SourceError: if it has no visible character, or no line of it is a heading.
    """
    if not text.strip():
        raise SourceError(Problem("the source is empty: no line is a heading"))
    layout = lay_out(text, profile)
    if not layout.headings:
        raise SourceError(Problem("no line is a heading as the profile describes them", cure="see `headings` there"))
    return _document(text, profile, sha256, layout)


def _document(text: str, profile: Profile, sha256: str, layout: Layout) -> Document:
    sections, blocks = place(layout.headings, layout.blocks)
    markers = tuple(read_markers(text, profile))
    return Document(
        text,
        sha256,
        sections,
        blocks,
        paragraphs=tuple(Paragraph(block.span, block.section) for block in _of_kind(blocks, "paragraph")),
        sentences=tuple(_sentences(text, blocks, profile)),
        list_items=tuple(ListItem(block.span, block.section) for block in _of_kind(blocks, "list-item")),
        tables=tuple(layout.tables),
        legends=tuple(_legends(text, blocks, profile)),
        notes=tuple(TableNote(block.label, block.span, block.section) for block in _of_kind(blocks, "table-note")),
        markers=markers,
        gaps=tuple(find_gaps(text, profile, sections, blocks, layout.tables, markers)),
    )


def _of_kind(blocks: Iterable[Block], kind: str) -> Iterator[Block]:
    return (block for block in blocks if block.kind == kind)


def _sentences(text: str, blocks: Iterable[Block], profile: Profile) -> Iterator[Sentence]:
    """The sentences in order; a heading ("1. Introduction") is one."""
    for block in blocks:
        whole = block.kind == "heading"
        for span in (block.span,) if whole else split_sentences(text, block.span, profile.abbreviations):
            yield Sentence(span, block)


def _legends(text: str, blocks: Iterable[Block], profile: Profile) -> Iterator[FigureLegend]:
    for block in _of_kind(blocks, "legend"):
        label = block.label or ""
        labelled = text.find(label, block.span.start, block.span.end) + len(label)
        rest = text[labelled : block.span.end]
        words = Span(block.span.end - len(rest.lstrip(".: ")), block.span.end)
        yield FigureLegend(label, block.span, split_sentences(text, words, profile.abbreviations))
