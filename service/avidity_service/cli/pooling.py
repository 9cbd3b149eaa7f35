"""`pool`: proportions side by side, and pooled where they are alike."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from avidity_service.app import make_context
from avidity_service.cli.opening import open_for_reading
from avidity_service.cli.printing import print_table
from avidity_service.errors import QueryError
from avidity_service.settings import Settings
from avidity_service.synthesis.request import Unlike, methods, read_request, synthesise
from avidity_service.synthesis.tables import COLUMNS, table

# A terminal has no room for offsets and sections; csv and json have them.
_FOR_READING = ("line", "group_label", "study_label", "tier", "given", "count", "denominator", "proportion", "low",
                "high", "tau2", "prediction_low", "prediction_high", "reason", "quote")  # fmt: skip


def pool(arguments: Mapping[str, Sequence[str]], format_: str, release: Path | None) -> None:
    """Print the groups that are asked for; without a pooled line where results are unlike, which fails."""
    found = make_context(open_for_reading(release), Settings())
    wanted = read_request(arguments, found.names)
    try:
        synthesis = synthesise(wanted, found.findings, found.facts, found.names)
    except Unlike as error:
        raise QueryError(error.status, error.title, error.detail, hint=_instead(error)) from None
    if format_ == "json":
        answer = {"data": synthesis.groups, "methods": methods(), "query": synthesis.query}
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    columns = _FOR_READING if format_ == "table" else COLUMNS
    rows = table(synthesis, synthesis.groups)
    print_table(columns, [tuple(_shown(row.get(name), format_) for name in columns) for row in rows], format_)
    if format_ == "table":
        for group in synthesis.groups:
            for words in (*(one["why"] for one in group["unlike"]), *group["reservations"]):
                click.echo(f"{group['label']}: {words}", err=True)
        click.echo(f"{methods()['model']}; {methods()['quadrature']}", err=True)


def _instead(error: Unlike) -> str:
    lines = [str(error.extra["hint"]).replace("`instead`", "these").replace("allow_unlike=true", "--allow-unlike")]
    for group in error.synthesis.refused:
        for one in group["instead"]:
            options = " ".join(f"--{name} {value}" for name, values in one["parameters"].items() for value in values)
            lines.append(f"  {group['label']}: {options}  ({one['studies']} studies)")
    return "\n".join(lines)


def _shown(value: Any, format_: str) -> Any:
    return f"{value:.3f}" if format_ == "table" and isinstance(value, float) else value
