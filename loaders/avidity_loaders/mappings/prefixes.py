"""The prefixes of the vocabularies that we link to: `ontology/mappings/prefixes.tsv`, one table for all sets."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from avidity_loaders.errors import OntologyError, Problem

_COLUMNS = ("prefix", "iri", "pattern", "bioregistry", "name", "licence", "page")


@dataclass(frozen=True)
class Prefix:
    """A vocabulary: how its ids are written and expanded, under which licence they come, and where a person reads them.

    `pattern` is the regular expression of the part after the colon; `page` holds `{id}` where that part goes.
    """

    prefix: str
    iri: str
    pattern: str
    bioregistry: str
    name: str
    licence: str
    page: str

    @cached_property
    def _form(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    @property
    def source(self) -> str:
        """The vocabulary itself as a CURIE: its entry in Bioregistry, or ours where it has none."""
        return f"bioregistry:{self.bioregistry}" if self.bioregistry else f"avidity:vocabulary/{self.prefix.lower()}"

    def fits(self, local_id: str) -> bool:
        """Whether this is how the vocabulary's ids look."""
        return self._form.fullmatch(local_id) is not None


def read_prefixes(path: Path) -> dict[str, Prefix]:
    """All prefixes by name.

    Raises:
        OntologyError: for a missing column, a prefix or an IRI that stands there twice, or a pattern that is none.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", restval="")
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise OntologyError(Problem(f"the columns {', '.join(missing)} are missing", path, 1))
        rows = [(reader.line_num, Prefix(*(row[name] for name in _COLUMNS))) for row in reader]
    problems, found, expanded = [], dict[str, Prefix](), dict[str, str]()
    for line, row in rows:
        if row.prefix in found:
            problems.append(Problem(f"the prefix {row.prefix} stands here twice", path, line))
        elif row.iri in expanded:
            problems.append(Problem(f"{row.prefix} and {expanded[row.iri]} both mean {row.iri}", path, line))
        else:
            problems += _pattern_problems(row, path, line)
        found[row.prefix], expanded[row.iri] = row, row.prefix
    if problems:
        raise OntologyError(problems)
    return found


def _pattern_problems(row: Prefix, path: Path, line: int) -> list[Problem]:
    try:
        re.compile(row.pattern)
    except re.error as error:
        return [Problem(f"the pattern of {row.prefix} is no regular expression: {error}", path, line)]
    return []
