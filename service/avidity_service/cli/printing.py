"""Rows as a table, JSON, CSV or TSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

import click

from avidity_service.engine import text


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], format_: str) -> None:
    """Rows on standard output, in one of the formats of `ask`; a table also counts its rows on standard error.

    Raises:
        click.UsageError: for ttl, which rows are not.
    """
    if format_ == "json":
        data = [dict(zip(columns, row, strict=True)) for row in rows]
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    elif format_ in ("csv", "tsv"):
        out = io.StringIO()
        writer = csv.writer(out, delimiter="," if format_ == "csv" else "\t", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([text(value) for value in row] for row in rows)
        click.echo(out.getvalue(), nl=False)
    elif format_ == "ttl":
        raise click.UsageError("rows are no graph; ttl goes with CONSTRUCT and DESCRIBE")
    else:
        _table(columns, [[_shown(value) for value in row] for row in rows])


def _shown(value: Any) -> str:
    shown = " ".join(text(value).split())
    return shown.removeprefix("https://w3id.org/avidity/")


def _table(columns: Sequence[str], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    used = [i for i, name in enumerate(columns) if any(row[i] for row in rows) or not rows]
    table = Table(show_lines=True)
    for i in used:
        table.add_column(
            columns[i].replace("_label", ""),
            overflow="fold",
            ratio=4 if columns[i] in ("quote", "question") else None,
        )
    for row in rows:
        table.add_row(*(_plain(row[i]) for i in used))
    console = Console()
    # A pipe has no width; rows must not be squeezed to 80 signs there.
    console = console if console.is_terminal else Console(width=220)
    console.print(table)
    click.echo(f"{len(rows)} row{'' if len(rows) == 1 else 's'}", err=True)


def _plain(value: str) -> Any:
    from rich.text import Text

    return Text(value)
