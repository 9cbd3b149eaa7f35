"""SPARQL files with a YAML header in `#+` lines: questions, rules and checks are all written so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from avidity_loaders.errors import OntologyError, Problem


@dataclass(frozen=True, slots=True)
class QueryFile:
    """A query file: its header as a mapping, and the plain SPARQL below it."""

    path: Path
    header: dict[str, Any]
    text: str


def read_query_file(path: Path) -> QueryFile:
    """One `.rq` file.

    Raises:
        OntologyError: if the header is not a YAML mapping or there is no query.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    count = next((i for i, line in enumerate(lines) if not line.startswith("#+")), len(lines))
    header = "\n".join(line[2:].removeprefix(" ") for line in lines[:count])
    text = "\n".join(lines[count:]).strip() + "\n"
    if not text.strip():
        raise OntologyError(Problem("there is no query below the header", path))
    try:
        parsed = YAML(typ="safe", pure=True).load(header) if header.strip() else {}
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise OntologyError(Problem(f"the header (#+ lines) is not YAML: {error.problem}", path, line)) from None
    if not isinstance(parsed, dict):
        raise OntologyError(Problem("the header (#+ lines) must be a YAML mapping", path, 1))
    return QueryFile(path, parsed, text)
