"""SSSOM files as they lie in a folder: header, prefixes, rows with their lines."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from avidity_loaders.errors import OntologyError, Problem

_COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
)


@dataclass(frozen=True, slots=True)
class MappingSet:
    """One SSSOM file: prefixes and licence of its header, its columns, and its rows with their lines."""

    path: Path
    prefixes: dict[str, str]
    licence: str
    columns: tuple[str, ...]
    rows: list[tuple[int, dict[str, str]]]


def read_mapping_sets(folder: Path) -> list[MappingSet]:
    """The mapping sets of a folder, by name of file.

    Raises:
        OntologyError: naming the file in which a column is missing.
    """
    return [_read(path) for path in sorted(folder.glob("*.sssom.tsv"))]


def _read(path: Path) -> MappingSet:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line[1:] for line in lines if line.startswith("#")]
    prefixes, licence = {}, ""
    for line in head:
        key, _, value = line.strip().partition(": ")
        if value.startswith(("http://", "https://")) and key not in ("license", "mapping_set_id"):
            prefixes[key] = value.strip('"')
        elif key == "license":
            licence = value
    body = [(i + 1, line) for i, line in enumerate(lines) if not line.startswith("#")]
    reader = csv.DictReader((line for _, line in body), delimiter="\t")
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or [])]
    if missing:
        raise OntologyError(Problem(f"the SSSOM columns {', '.join(missing)} are missing", path, body[0][0]))
    rows = [(line, row) for (line, _), row in zip(body[1:], reader, strict=True)]
    return MappingSet(path, prefixes, licence, tuple(reader.fieldnames or ()), rows)
