"""Our links, as the SSSOM files state them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from avidity_loaders.errors import OntologyError, Problem
from avidity_loaders.link.prefixes import prefix_of
from avidity_loaders.mappings import MappingSet, read_mapping_sets
from avidity_loaders.mappings.models import COLUMNS


@dataclass(frozen=True, slots=True)
class Link:
    """A row of a mapping set: which term of another vocabulary we link to, and where that is written."""

    target: str
    label: str
    file: Path
    line: int
    row: Mapping[str, str]

    @property
    def prefix(self) -> str:
        """The prefix of the target."""
        return prefix_of(self.target)


@dataclass(frozen=True, slots=True)
class Links:
    """All links, the prefixes that their files declare together, and the files."""

    links: tuple[Link, ...]
    namespaces: Mapping[str, str]
    sets: tuple[MappingSet, ...]

    @property
    def prefixes(self) -> set[str]:
        """The prefixes that we link to."""
        return {link.prefix for link in self.links}


def read_links(folder: Path) -> Links:
    """The links of all mapping sets of a folder.

    Raises:
        OntologyError: if there is no set, a column is missing, or a prefix is not declared or declared twice, unlike.
    """
    sets = tuple(read_mapping_sets(folder))
    if not sets:
        raise OntologyError(Problem("holds no mapping set (*.sssom.tsv)", folder))
    namespaces: dict[str, str] = {}
    problems: list[Problem] = []
    links: list[Link] = []
    for found in sets:
        for prefix, namespace in found.curie_map.items():
            if namespaces.setdefault(prefix, namespace) != namespace:
                problems.append(Problem(f"declares {prefix} otherwise than another file: {namespace}", found.path))
        for row in (row for row in found.mappings if row.is_match):
            cells = {name: getattr(row, name) for name in COLUMNS}
            links.append(Link(row.object_id, row.object_label, found.path, row.line, cells))
            if links[-1].prefix not in found.curie_map:
                what = f"the prefix of {row.object_id} is not in the curie_map of the header"
                problems.append(Problem(what, found.path, row.line))
    if problems:
        raise OntologyError(problems)
    return Links(tuple(links), namespaces, sets)
