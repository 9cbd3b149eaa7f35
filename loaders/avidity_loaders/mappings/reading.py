"""SSSOM/TSV files → mapping sets, with the line of every row so that errors can name it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from avidity_loaders.errors import OntologyError, Problem
from avidity_loaders.mappings.models import COLUMNS, Mapping, MappingSet

_REQUIRED = tuple(name for name in COLUMNS if name != "comment")
_HEADER = ("mapping_set_id", "mapping_set_title", "mapping_set_version", "license", "mapping_date", "curie_map")


def read_mapping_sets(folder: Path) -> list[MappingSet]:
    """All `*.sssom.tsv` files of a folder, by name.

    Raises:
        OntologyError: naming file and line of what is not SSSOM/TSV.
    """
    sets, problems = [], list[Problem]()
    for path in sorted(folder.glob("*.sssom.tsv")):
        try:
            sets.append(_read(path))
        except OntologyError as error:
            problems += error.problems
    if problems:
        raise OntologyError(problems)
    return sets


def _read(path: Path) -> MappingSet:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    header = _header(lines[:head], path)
    if head == len(lines):
        raise OntologyError(Problem("there is no table below the header", path, head))
    columns = next(csv.reader([lines[head]], delimiter="\t"))
    missing = [name for name in _REQUIRED if name not in columns]
    unknown = [name for name in columns if name not in COLUMNS]
    if missing or unknown:
        what = [f"missing: {', '.join(missing)}"] * bool(missing) + [f"unknown: {', '.join(unknown)}"] * bool(unknown)
        raise OntologyError(
            Problem(f"the SSSOM columns do not fit; {'; '.join(what)}", path, head + 1, cure=", ".join(COLUMNS))
        )
    rows, problems = [], []
    for line, text in enumerate(lines[head + 1 :], head + 2):
        cells = next(csv.reader([text], delimiter="\t"), [])
        if len(cells) != len(columns):
            problems.append(Problem(f"{len(cells)} cells under {len(columns)} columns", path, line))
        else:
            rows.append(Mapping(line, **{name: cell.strip() for name, cell in zip(columns, cells, strict=True)}))
    if problems:
        raise OntologyError(problems)
    return MappingSet(
        path, header["mapping_set_id"], header["mapping_set_title"], str(header["mapping_set_version"]),
        header["license"], str(header["mapping_date"]), tuple(header.get("creator_label") or ()),
        dict(header["curie_map"]), tuple(rows),
    )  # fmt: skip


def _header(lines: list[str], path: Path) -> dict[str, Any]:
    try:
        header = YAML(typ="safe", pure=True).load("\n".join(line[1:] for line in lines)) or {}
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise OntologyError(Problem(f"the header (# lines) is not YAML: {error.problem}", path, line)) from None
    if not isinstance(header, dict) or not isinstance(header.get("curie_map", {}), dict):
        raise OntologyError(Problem("the header (# lines) must be a YAML mapping with a curie_map", path, 1))
    missing = [name for name in _HEADER if not header.get(name)]
    if missing:
        raise OntologyError(Problem(f"the header lacks {', '.join(missing)}", path, 1))
    return header
