"""`/api/v1/evidence-map`: what was given × for whom; reported, not reported, or no study."""

from __future__ import annotations

from flask import Blueprint, Response, request

from avidity_service.context import context
from avidity_service.contract.refusing import refuse_undeclared
from avidity_service.evidence_map.request import draw, read_request
from avidity_service.evidence_map.tables import COLUMNS, table
from avidity_service.rest.envelope import answer

blueprint = Blueprint("evidence_map", __name__, url_prefix="/api/v1")
blueprint.before_request(refuse_undeclared)


@blueprint.get("/evidence-map")
def evidence_map() -> Response:
    """A row for each agent, mechanism or regimen, with a cell for each alteration, gene or histology."""
    found = context()
    wanted = read_request(request.args.to_dict(flat=False), found.names)
    drawn = draw(wanted, found.findings, found.facts, found.studied, found.names)
    page = drawn.rows[wanted.asked.offset : wanted.asked.offset + wanted.asked.limit]
    return answer(
        page,
        list(table(page)),
        wanted.asked,
        len(drawn.rows),
        drawn.query,
        columns=COLUMNS,
        rows_are=wanted.rows,
        columns_are=wanted.columns,
        columns_of_map=drawn.columns,
        searched=dict(drawn.searched),
        assumed=dict(wanted.assumed),
    )
