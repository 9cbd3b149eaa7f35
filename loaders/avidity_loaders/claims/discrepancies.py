"""Contradictions that a curator saw and no rule can find; those that rules find need no record.

A contradiction between two passages has two sides, each with quotes of its own: one side alone does not fit the schema.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from avidity_loaders.claims.records import Proven, Record, Slug
from avidity_loaders.claims.statements import Thing

DiscrepancyKind = Literal["text-table", "text-text", "arithmetic", "underspecified", "missing"]
Severity = Literal["major", "minor"]
_TWO_SIDED = ("text-table", "text-text")


class Side(Proven):
    """What one passage says."""

    witness: Literal["text", "table", "legend"]
    says: str


class CuratedDiscrepancy(Record):
    """Two passages that disagree, or a fact that the source leaves open."""

    slug: Slug
    label: str
    kind: DiscrepancyKind
    severity: Severity
    sides: Annotated[list[Side], Field(min_length=1)]
    about: list[Thing] = []
    shown: str

    @model_validator(mode="after")
    def _has_both_sides(self) -> CuratedDiscrepancy:
        if self.kind in _TWO_SIDED:
            words = {tuple(quote.text for quote in side.quotes) for side in self.sides}
            if len(self.sides) < 2 or len(words) < 2:
                raise ValueError(f"a {self.kind} discrepancy needs two sides with different quotes")
        if self.kind == "text-table" and {side.witness for side in self.sides} < {"text", "table"}:
            raise ValueError("a text-table discrepancy needs a side of the text and a side of the table")
        return self
