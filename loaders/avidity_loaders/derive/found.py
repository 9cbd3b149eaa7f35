"""What a rule finds: a contradiction with its sides, each side a fact that stands in the claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from avidity_loaders.claims import StudyFile
from avidity_loaders.claims.discrepancies import DiscrepancyKind, Severity
from avidity_loaders.claims.models import Place
from avidity_loaders.proof import Proof
from avidity_loaders.proof.quotes import Located


@dataclass(frozen=True, slots=True)
class Side:
    """What one witness says: in words, with the fact and its quotes; no fact for what is not there."""

    witness: str
    says: str
    quotes: tuple[Located, ...]
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A contradiction that a rule found. `slug` is unique within the study, or within `review` without one."""

    rule: str
    slug: str
    label: str
    kind: DiscrepancyKind
    severity: Severity
    sides: tuple[Side, ...]
    shown: str
    study: str | None = None


@dataclass(frozen=True, slots=True)
class StudyClaims:
    """A study's file with its quotes, as the rules read it."""

    proof: Proof
    content: StudyFile

    def side(self, witness: str, says: str, *place: str | int) -> Side:
        """A side that a record of this file states."""
        return Side(witness, says, self.proof.quotes[place], self.content.claim_id(place))

    def places(self, group: str) -> Iterator[tuple[Place, object]]:
        """The records of a group with their places."""
        return ((place, record) for place, record in self.content.records() if place[0] == group)


def studies(proofs: list[Proof]) -> list[StudyClaims]:
    """The studies among the files, in the order of their reference numbers."""
    found = [StudyClaims(proof, proof.file.content) for proof in proofs if isinstance(proof.file.content, StudyFile)]
    return sorted(found, key=lambda claims: claims.content.study.reference)
