"""`/evidence-map` as a page; `/api/v1/evidence-map` gives the same as JSON and CSV."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, render_template, request

from avidity_service.context import Context, context
from avidity_service.errors import UnknownValue
from avidity_service.evidence_map.request import EvidenceMap
from avidity_service.iris import BASE
from avidity_service.pages.evidence.quoting import quotes_in
from avidity_service.pages.evidence_map.request import View, choices, read_view
from avidity_service.pages.evidence_map.table import LETTERS, laid_out, opened, uncounted

blueprint = Blueprint("evidence-map-page", __name__)
# Of the axes, those that findings can be filtered by.
_FILTERS = ("agent", "mechanism", "alteration", "gene", "histology")


@blueprint.get("/evidence-map")
def evidence_map() -> str:
    """The map of one outcome; `row` and `column` open a cell, `empty=show` shows what nobody studied."""
    found = context()
    outcomes = found.maps.outcomes
    view = read_view(request.args.to_dict(flat=False), found.names, outcomes.harms)
    drawn = found.maps.draw(view.wanted)
    return render_template(
        "evidence-map/page.html", view=view, table=laid_out(drawn, view.empty, view.row, view.column),
        searched=drawn.searched, outcomes=outcomes.counted, choices=choices(), letters=LETTERS,
        outcome=found.names.label(f"{BASE}measure/{view.measure}"), open=_open(view, drawn, found),
        quotes_in=partial(quotes_in, source=found.release.source), uncounted=uncounted, labels=_labels(view, found),
    )  # fmt: skip


def _open(view: View, drawn: EvidenceMap, found: Context) -> dict[str, Any] | None:
    """The cell that is open, with the addresses of its findings as data; None if none is."""
    if view.row is None and view.column is None:
        return None
    if view.row is None or view.column is None:
        missing = "row" if view.row is None else "column"
        raise UnknownValue(missing, "", ["a cell has a row and a column"])
    row, cell = opened(drawn, view.row, view.column)
    axes = {view.wanted.rows: view.row, view.wanted.columns: view.column}
    filters = {name: value for name, value in axes.items() if name in _FILTERS}
    kept = {name: values for name, values in view.narrowed.items() if name not in axes}
    asked = {**{name: list(values) for name, values in kept.items()}, **filters, "measure": view.measure}
    designs = {study: found.facts.designs.get(study, []) for study in cell["studies"]}
    # A regimen in words is no filter: its findings are those of the list alone.
    return {"row": row, "cell": cell, "asked": asked if len(filters) == len(axes) else None, "designs": designs,
            "studies": {study: found.names.label(f"{BASE}study/{study}") for study in cell["studies"]}}  # fmt: skip


def _labels(view: View, found: Context) -> dict[str, list[str]]:
    """The filters in words, for the line that says to what the map is narrowed."""
    return {
        name: [found.names.label(found.names.slugs.get(name, {}).get(value, value)) for value in values]
        for name, values in view.narrowed.items()
    }
