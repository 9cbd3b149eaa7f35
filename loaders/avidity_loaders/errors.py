"""What can go wrong on the way from seeds to release.

    LoaderError
    ├── SourceError      the review's text or its profile is not what it says it is
    ├── ClaimsError      claims files that cannot be read, do not fit the schema, or are not proven
    ├── OntologyError    ontology, vocabulary, mappings or question files that do not parse or do not agree
    ├── ReleaseError     a release that cannot be written or did not pass its checks
    └── LinkError        a copy of an ontology that cannot be read safely, or is none
        └── NothingToJudge   it can be read, and is no ontology that we link to

Each carries the problems it found, so that a curator sees all of them at once and not one a run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: where it is, what is wrong, and what to do about it.

    `line` counts from 1; `claim` is the claim's id as a curator would search for it.
    """

    what: str
    file: Path | None = None
    line: int | None = None
    claim: str | None = None
    cure: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        lines = [" ".join(part for part in (place, f"[{self.claim}]" if self.claim else "") if part)]
        lines += [f"  {row}" for row in self.what.splitlines()]
        lines += [f"  → {row}" for row in (self.cure or "").splitlines()]
        return "\n".join(line for line in lines if line.strip())


class LoaderError(Exception):
    """The root of what the loaders raise; `problems` is never empty."""

    heading = "The release cannot be built"

    def __init__(self, problems: Iterable[Problem] | Problem | str) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"{self.heading}: {count} problem{'s' if count != 1 else ''}"
        return "\n".join([head, *(str(problem) for problem in self.problems)])


class SourceError(LoaderError):
    """The source text, its digest or its profile."""

    heading = "The source text cannot be read as its profile describes it"


class ClaimsError(LoaderError):
    """A claims file that cannot be read, does not fit the schema, or is not proven by the source."""

    heading = "The claims do not hold"


class OntologyError(LoaderError):
    """Ontology, vocabulary, mappings or questions."""

    heading = "The ontology's files do not agree"


class ReleaseError(LoaderError):
    """A release that did not pass its checks or cannot be written."""

    heading = "The release was not written"


class LinkError(LoaderError):
    """A user's copy of an ontology: not safe to read, broken, or no ontology."""

    heading = "The ontology file cannot be used"


class NothingToJudge(LinkError):
    """An ontology that owns no prefix that we link to."""

    heading = "There is nothing to judge"
