"""`show`: one thing with its facts and quotes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
import pyoxigraph as ox

from avidity_service.app import make_context
from avidity_service.cli.opening import open_for_reading
from avidity_service.context import Context
from avidity_service.errors import UnknownThing, UnknownValue
from avidity_service.iris import BASE, PREFIXES
from avidity_service.names import KINDS, nearest
from avidity_service.rest.filters import Asked
from avidity_service.rest.parts import parts_of_study, with_sides
from avidity_service.settings import Settings


def show(name: str, format_: str, release: Path | None) -> None:
    """Print the thing that a slug, kind/slug, label or CURIE means."""
    found = make_context(open_for_reading(release), Settings())
    node = _find(name, found)
    record = found.things.record(node.value)
    rows = _evidence(node, record["kind"], found)
    parts = parts_of_study(node, found.things) if record["kind"] == "study" else []
    if format_ == "ttl":
        ox.serialize(found.things.about(node), sys.stdout.buffer, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES)
    elif format_ == "json":
        whole = {**with_sides(record, found.things), "findings": rows, "parts": dict(parts)}
        click.echo(json.dumps(whole, ensure_ascii=False, indent=2))
    else:
        _text(record, rows)
        _parts(parts)


def _find(name: str, found: Context) -> ox.NamedNode:
    path = name.removeprefix(BASE).strip("/")
    kind, slash, slug = path.partition("/")
    if slash and kind in found.things.classes:
        return found.things.find(kind, slug)
    for kind in KINDS:
        try:
            return ox.NamedNode(found.names.resolve(kind, name)[0])
        except UnknownValue:
            continue
    for kind in found.things.classes:
        try:
            return found.things.find(kind, name)
        except UnknownThing:
            continue
    known = [label for labels in found.names.shown.values() for label in labels.values()]
    raise UnknownThing(f"thing '{name}'", nearest(name, known))


def _evidence(node: ox.NamedNode, kind: str, found: Context) -> list[dict[str, Any]]:
    if kind in ("agent", "alteration", "mechanism", "study", "measure", "histology", "finding"):
        return found.findings.find(Asked({kind: [node]}), whole=True).rows
    return []


def _text(record: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    click.echo(f"{record['label']}  ({record['kind']}/{record['id']})")
    for name, values in record["properties"].items():
        if name != "proof":
            shown = "; ".join(str(v.get("curie", v["label"]) if isinstance(v, dict) else v) for v in values)
            click.echo(f"  {name}: {' '.join(shown.split())}")
    for row in rows:
        number = _number(row)
        tier = f" [{row['tier']}]" if row["tier"] else ""
        click.echo(f"\n  {row['label']}: {number}{tier}" + (f" after {row['given']}" if row["given"] else ""))
        for quote in row["quotes"]:
            click.echo(
                f"    “{' '.join(quote['quote'].split())}” ({quote['section']}, {quote['start']}–{quote['end']})"
            )


def _parts(parts: list[tuple[str, list[dict[str, Any]]]]) -> None:
    for heading, records in parts:
        click.echo(f"\n{heading} ({len(records)})")
        for record in records:
            click.echo(f"  {record['label']}  ({record['kind']}/{record['id']})")
            for name, values in record["properties"].items():
                click.echo(f"    {name}: {' '.join('; '.join(str(value) for value in values).split())}")
            if record["quote"]:
                click.echo(f"    “{' '.join(record['quote'].split())}”")


def _number(row: dict[str, Any]) -> str:
    if row["count"] is not None:
        return f"{row['count']}/{row['denominator'] or '?'}"
    if row.get("events") is not None:
        return f"{row['events']} events" + (f" of {row['of_events']}" if row["of_events"] else "")
    if row["percentage"] is not None:
        return f"{row['percentage']} %"
    if row["value"] is not None:
        return " ".join(filter(None, (row["statistic"], f"{row['comparator'] or ''}{row['value']} {row['unit']}")))
    return str(row["fraction"] or row["extent"] or "reported")
