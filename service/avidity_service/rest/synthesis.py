"""`/api/v1/synthesis`: proportions side by side, and pooled where they are alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from avidity_service.context import context
from avidity_service.contract.refusing import refuse_undeclared
from avidity_service.rest.envelope import answer
from avidity_service.synthesis.request import Unlike, methods, read_request, synthesise
from avidity_service.synthesis.tables import COLUMNS, table

# What a group can be asked for by on its own.
_NARROW = ("alteration", "study", "design")
_PAGING = ("limit", "offset", "format")
blueprint = Blueprint("synthesis", __name__, url_prefix="/api/v1")
blueprint.before_request(refuse_undeclared)


@blueprint.get("/synthesis")
def synthesis() -> Response:
    """Groups of studies, each with its rows and, where they are alike, the pooled proportion."""
    found = context()
    wanted = read_request(request.args.to_dict(flat=False), found.names)
    try:
        answered = synthesise(wanted, found.findings, found.facts, found.names)
    except Unlike as error:
        error.extra = {**error.extra, "groups": [_refused(group) for group in error.synthesis.refused], **_rest(error)}
        raise
    page = answered.groups[wanted.asked.offset : wanted.asked.offset + wanted.asked.limit]
    return answer(
        page,
        list(table(answered, page)),
        wanted.asked,
        len(answered.groups),
        answered.query,
        columns=COLUMNS,
        by=wanted.by,
        interval=wanted.interval,
        allow_unlike=wanted.allow_unlike,
        methods=methods(),
        not_grouped=[{"finding": row["id"], "given": row["given"]} for row in answered.not_grouped],
    )


def _rest(error: Unlike) -> dict[str, Any]:
    """The groups that could be answered: a refusal of one must not hide that others are fine."""
    fine = [group for group in error.synthesis.groups if group["status"] != "unlike"]
    return {"alike": [{name: group[name] for name in ("id", "label", "status", "studies")} for group in fine]}


def _refused(group: dict[str, Any]) -> dict[str, Any]:
    rows = ("study", "finding", "count", "denominator", "tier", "basis", "definition", "likeness")
    return {
        **{name: group[name] for name in ("id", "label", "studies", "unlike", "reservations")},
        "rows": [{name: row[name] for name in rows} for row in group["rows"]],
        "instead": [{**one, "href": href} for one, href in zip(group["instead"], _links(group), strict=True)],
    }


def _links(group: dict[str, Any]) -> Iterator[str]:
    """The same request narrowed to this group and to what is alike in it."""
    asked = {name: values for name, values in request.args.to_dict(flat=False).items() if name not in _PAGING}
    by = asked.get("by", ["alteration" if {"alteration", "gene"} & set(asked) else "all"])[0]
    if by in _NARROW:
        asked = {**asked, "by": [by], by: [group["id"]]}
        asked.pop("gene", None)
    for one in group["instead"]:
        yield f"{request.path}?{urlencode({**asked, **one['parameters']}, doseq=True)}"
