"""The shapes of tools' answers: evidence with quotes, or a "no evidence" that cannot be taken for a zero."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from avidity_service.client import Answer, Row

_SHOWN = ("id", "iri", "study_label", "reference", "cohort_label", "tier", "given", "given_to_genotype", "agent_role",
          "measure_label", "count", "denominator", "failures", "percentage", "fraction", "extent", "value", "unit",
          "timepoint", "basis", "assessment_label", "term_label", "grade", "grade_high", "patients", "events",
          "attribution", "note", "quote", "start", "end", "section")  # fmt: skip


class Evidence(BaseModel):
    """Rows with their quotes, or the plain statement that the source has none."""

    status: Literal["evidence", "no-evidence"] = Field(
        description="no-evidence: the source says nothing on it. That is neither a zero nor a negative result."
    )
    rows: list[dict[str, Any]] = Field(description="Each with id, IRI and, where it is a fact, the verbatim quote.")
    total: int = Field(description="Rows in all.")
    truncated: bool = Field(description="Whether rows were left out; ask again from next_offset.")
    next_offset: int | None = None
    release: str | None = Field(None, description="Id of the release; cite it with an answer.")
    query: str | None = Field(None, description="SPARQL that gives the same rows.")
    notes: list[str] = Field([], description="What must be known to read the rows rightly.")


class Verified(BaseModel):
    """Whether words stand in the source."""

    verbatim: bool = Field(description="Whether the source holds exactly these words.")
    places: list[dict[str, Any]] = Field(description="start, end, section of each place, and ids of facts it proves.")
    nearest: str | None = Field(None, description="Where it does not: the passage that resembles it most.")
    release: str


class Thing(BaseModel):
    """A thing with what the graph says of it."""

    record: dict[str, Any]
    page: str = Field(description="Its IRI, which is also the address of its page.")
    release: str


def evidence(answer: Answer, offset: int, notes: tuple[str, ...] = (), whole: bool = False) -> Evidence:
    """A page of a collection for a reader: the columns that say something, empty ones left out."""
    total = int(answer.meta.get("total", len(answer)))
    end = offset + len(answer)
    more = answer.meta.get("empty")
    said = [*notes, *([more["reason"]] if more else [])]
    return Evidence(
        status="evidence" if total else "no-evidence",
        rows=[row if whole else shown(row) for row in answer],
        total=total,
        truncated=end < total,
        next_offset=end if end < total else None,
        release=answer.meta.get("release"),
        query=answer.meta.get("query"),
        notes=said,
    )


def shown(row: Row) -> Row:
    """A finding without what a reader does not need; null columns left out, but never those of n/N."""
    kept = {name: row[name] for name in _SHOWN if row.get(name) not in (None, "")}
    if "measure_label" in row:
        kept |= {name: row.get(name) for name in ("count", "denominator")}
    if row.get("discrepancies"):
        kept["discrepancies"] = [one["label"] for one in row["discrepancies"]]
    return kept
