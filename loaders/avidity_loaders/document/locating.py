"""Blocks → where a passage stands, in fields for programs and in one line for people."""

from __future__ import annotations

from collections.abc import Sequence

from avidity_loaders.document.models import Block, Location, LocationKind

_IN_TABLE = ("table-note", "caption", "table-header", "table-cell")


def location(blocks: Sequence[Block]) -> Location:
    """The location of a passage that shares characters with these blocks, of which there is at least one.

    Over several blocks, a field is only there if it is the same for all.
    """
    places = list(dict.fromkeys(_location(block) for block in blocks))
    if len(places) == 1:
        return places[0]
    shared = {
        name: getattr(places[0], name) if len({getattr(place, name) for place in places}) == 1 else None
        for name in ("section", "table", "row", "column", "figure")
    }
    if shared["table"] and shared["row"]:
        return Location("table-row", f"{shared['table']}, {shared['row']}", **shared)
    labels = list(dict.fromkeys(place.label for place in places))
    same_kind = {place.kind for place in places} == {places[0].kind} and len(labels) == 1
    label = labels[0] if len(labels) == 1 else f"{labels[0]} – {labels[-1]}"
    return Location(places[0].kind if same_kind else "several", label, **shared)


def _location(block: Block) -> Location:
    table = block.label if block.kind in _IN_TABLE else None
    return Location(
        kind=_kind(block),
        label=_label(block),
        section=block.section.title if block.section else None,
        table=table,
        row=block.row,
        column=block.column,
        figure=None if table else block.label,
    )


def _kind(block: Block) -> LocationKind:
    return "legend" if block.kind == "table-note" else block.kind


def _label(block: Block) -> str:
    if block.kind == "table-cell":
        return ", ".join(part for part in (block.label, block.row, block.column) if part)
    if block.label:
        return f"{block.label}, {_kind(block).removeprefix('table-')}"
    return block.section.title if block.section else "before the first heading"
