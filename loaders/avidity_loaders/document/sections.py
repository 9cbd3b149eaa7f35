"""Headings and blocks → sections, and each block of running text in its section."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from avidity_loaders.document.lines import Heading
from avidity_loaders.document.models import Block, Section, Span

_IN_SECTIONS = ("heading", "paragraph", "list-item", "table-note", "stray")


def place(headings: Sequence[Heading], blocks: Sequence[Block]) -> tuple[tuple[Section, ...], tuple[Block, ...]]:
    """The sections, and the blocks with their section; both in order."""
    bodies = _bodies(blocks)
    slugs = _slugs(headings)
    sections = tuple(
        Section(head.number, head.title, head.span, bodies.get(index, Span(head.span.end, head.span.end)), slug)
        for index, (head, slug) in enumerate(zip(headings, slugs, strict=True))
    )
    owners = _owners(blocks)
    placed = (
        block if owner is None else replace(block, section=sections[owner])
        for block, owner in zip(blocks, owners, strict=True)
    )
    return sections, tuple(placed)


def _owners(blocks: Iterable[Block]) -> list[int | None]:
    """For each block the index of the last heading at or before it; None for legends, tables and front matter."""
    owners: list[int | None] = []
    current = -1
    for block in blocks:
        current += block.kind == "heading"
        owners.append(current if current >= 0 and block.kind in _IN_SECTIONS else None)
    return owners


def _bodies(blocks: Sequence[Block]) -> dict[int, Span]:
    bodies: dict[int, Span] = {}
    for block, owner in zip(blocks, _owners(blocks), strict=True):
        if owner is not None and block.kind not in ("heading", "stray"):
            bodies[owner] = Span(bodies.get(owner, block.span).start, block.span.end)
    return bodies


def _slugs(headings: Sequence[Heading]) -> list[str]:
    """A slug from each title's words; where titles are alike with the number before it, and only then with a count."""
    plain = [_slug(head.words) for head in headings]
    alike = Counter(plain)
    numbered = [
        _slug(f"{head.number}-{slug}") if alike[slug] > 1 and head.number else slug
        for head, slug in zip(headings, plain, strict=True)
    ]
    slugs: list[str] = []
    for slug in numbered:
        count, unique = 1, slug
        while unique in slugs:
            count += 1
            unique = f"{slug}-{count}"
        slugs.append(unique)
    return slugs


def _slug(title: str) -> str:
    return re.sub(r"[\W_]+", "-", title.casefold()).strip("-") or "section"
