"""`map`: what was given × for whom, as a matrix; findings and quotes with json and csv."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from avidity_service.app import make_context
from avidity_service.cli.opening import open_for_reading
from avidity_service.cli.printing import print_table
from avidity_service.evidence_map.request import draw, read_request
from avidity_service.evidence_map.tables import COLUMNS, table
from avidity_service.settings import Settings

_STATES = {"no-study": "·", "not-reported": "not reported"}


def map_evidence(arguments: Mapping[str, Sequence[str]], format_: str, release: Path | None) -> None:
    """Print the map; as a table, a matrix without the rows and columns that nobody studied."""
    found = make_context(open_for_reading(release), Settings())
    wanted = read_request(arguments, found.names)
    drawn = draw(wanted, found.findings, found.facts, found.studied, found.names)
    if format_ == "json":
        answer = {"data": drawn.rows, "columns": drawn.columns, "searched": drawn.searched, "query": drawn.query}
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    elif format_ == "table":
        _matrix(drawn.rows, drawn.columns)
        click.echo(f"·: none of {drawn.searched['cohorts']} cohorts of {drawn.searched['studies']} studies", err=True)
    else:
        rows = [tuple(_joined(row.get(name)) for name in COLUMNS) for row in table(drawn.rows)]
        print_table(COLUMNS, rows, format_)


def _matrix(rows: Sequence[dict[str, Any]], columns: Sequence[dict[str, Any]]) -> None:
    studied = [any(row["cells"][i]["state"] != "no-study" for row in rows) for i in range(len(columns))]
    lines = [
        (row["label"], *(_words(cell) for cell, used in zip(row["cells"], studied, strict=True) if used))
        for row in rows
        if any(cell["state"] != "no-study" for cell in row["cells"])
    ]
    heads = [column["label"] for column, used in zip(columns, studied, strict=True) if used]
    print_table(["", *heads], lines, "table")


def _words(cell: dict[str, Any]) -> str:
    if cell["state"] != "reported":
        return _STATES[cell["state"]]
    return "; ".join(_count(part) for part in cell["evidence"])


def _count(part: dict[str, Any]) -> str:
    number = "no count" if part["count"] is None else f"{part['count']}/{part['denominator']}"
    unlike = f" (unlike: {', '.join(part['unlike'])})" if part["unlike"] else ""
    return f"{number} {part['tier']}, {part['given']}{unlike}"


def _joined(value: Any) -> Any:
    return "; ".join(str(one) for one in value) if isinstance(value, list) else value
