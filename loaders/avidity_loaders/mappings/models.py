"""What a mapping set holds, in SSSOM's own names."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

# SSSOM's value for "looked for, and the other vocabulary has no such term".
NO_TERM_FOUND = "sssom:NoTermFound"


@dataclass(frozen=True, slots=True)
class Mapping:
    """One row: who it is about, how it matches, what it matches, and who says so.

    Ids are CURIEs of the set's `curie_map`; `line` counts from 1 in the file.
    """

    line: int
    subject_id: str
    subject_label: str
    predicate_id: str
    object_id: str
    object_label: str
    mapping_justification: str
    object_source: str
    object_source_version: str
    comment: str = ""

    @property
    def is_match(self) -> bool:
        """False for a row that says that there is no counterpart."""
        return self.object_id != NO_TERM_FOUND


# The columns of our files, in SSSOM's names; `comment` may be left out.
COLUMNS = tuple(field.name for field in fields(Mapping) if field.name != "line")


@dataclass(frozen=True, slots=True)
class MappingSet:
    """One SSSOM file: its header and its rows."""

    path: Path
    id: str
    title: str
    version: str
    licence: str
    date: str
    creators: tuple[str, ...]
    curie_map: dict[str, str]
    mappings: tuple[Mapping, ...]
