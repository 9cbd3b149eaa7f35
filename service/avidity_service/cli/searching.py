"""`avidity search`: hits as a table, JSON, CSV or TSV; what was read otherwise goes to standard error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from avidity_service.cli.opening import open_for_reading
from avidity_service.cli.printing import print_table
from avidity_service.rest.search import hit_record
from avidity_service.search.index import kinds_of


def search(words: str, kinds: Sequence[str], limit: int, format_: str, release: Path | None) -> None:
    """Print the hits."""
    index = open_for_reading(release).index
    found = index.find(words, kinds_of(index, kinds))
    for word, meant in found.read_as.items():
        click.echo(f"{word} is read as {' or '.join(meant)}", err=True)
    if found.not_found:
        click.echo(f"nothing bears {', '.join(found.not_found)}", err=True)
    columns = ("kind", "id", "label", "snippet")
    hits = [hit_record(hit) for hit in found.hits[:limit]]
    print_table(columns, [tuple(hit[name] for name in columns) for hit in hits], format_)
    if found.total > limit:
        click.echo(f"{found.total - limit} more; --limit shows more of them", err=True)
