"""An outcome in two or three sentences of counts. Nothing is added that is unlike; nothing is recommended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avidity_service.pages.evidence.flow import amount
from avidity_service.synthesis.results import DEFINITIONS, POPULATIONS
from avidity_service.synthesis.timepoints import NOT_STATED

Row = dict[str, Any]
# More studies than these are left to plot and table.
_MOST_NAMED, _MOST_WORDS = 3, 6
_WORDS = {"definition": DEFINITIONS, "population": POPULATIONS}


@dataclass(frozen=True, slots=True)
class Told:
    """What the sentences are about: the measure's label, the genotype if one is asked for, and how they count.

    `failures` has for each finding by its IRI how many did not have the outcome; None where that is no failure, as
    with the kinds of response. `inverted` counts those.
    """

    label: str
    genotype: str
    failures: Mapping[str, int | None]
    inverted: bool = False

    def count(self, row: Row) -> str:
        """How many of how many."""
        return f"{row['denominator'] - row['count'] if self.inverted else row['count']} of {row['denominator']}"

    @property
    def subject(self) -> str:
        """What is counted, as a sentence begins."""
        words = f"not {self.label}" if self.inverted else self.label
        return words[:1].upper() + words[1:]


def sentences(told: Told, group: Row, others: Sequence[Row], words: Sequence[Row]) -> Iterator[str]:
    """What is counted of patients who all have the genotype (if one is asked for), then what is known besides."""
    rows = group["rows"]
    if rows:
        yield f"{told.subject}: {_counts(rows, told)}{_sum(rows, group, told)}"
    elif told.genotype:
        yield f"{told.subject}: no study counts patients who all have {told.genotype}."
    if others:
        said = "; ".join(f"{told.count(row)} ({row['study_label']}, {row['tier']})" for row in others)
        yield f"In cohorts that do not tell {told.genotype or 'them'} apart: {said}."
    if words:
        said = "; ".join(dict.fromkeys(f"{in_words(row)} ({_which(row)})" for row in words[:_MOST_WORDS]))
        more = f", and {len(words) - _MOST_WORDS} more" if len(words) > _MOST_WORDS else ""
        begin = "Not" if rows or others or told.genotype else f"{told.subject}, not"
        yield f"{begin} as a count of patients: {said}{more}."


def in_words(row: Row) -> str:
    """What stands in place of a count of patients; only what the source prints stands in quotation marks."""
    if row["count"] is not None:
        return f"{row['count']} (of how many is not stated)"
    if row["percentage"] is not None:
        return f"{row['percentage']} % (of how many is not stated)"
    if row["fraction"]:
        return f"“{row['fraction']}” (how many is not stated)"
    if row["value"] is not None:
        return amount(row)
    if row["extent"] and row["extent"] != "reported":
        return f"“{row['extent']}”"
    return "reported, without a number"


def reasons(group: Row) -> list[str]:
    """In what ways the results of a group are unlike, with which study is how, in words."""
    labels = {row["study"]: row["study_label"] for row in group["rows"]}
    said = []
    for one in group["unlike"]:
        names = _WORDS.get(one["way"], {})
        values = [
            f"{names.get(value, value.replace('-', ' '))}: {', '.join(labels.get(slug, slug) for slug in studies)}"
            for value, studies in one["values"].items()
        ]
        said.append(f"{one['why']} ({'; '.join(values)})")
    return said


def reservations(group: Row) -> list[str]:
    """What a reader should know who lays the results beside each other: what is not stated, and what differs."""
    rows, said = group["rows"], []
    for way, words in (("definition", "How it was judged"), ("timepoint", "When it was judged")):
        unsaid = [row["study_label"] for row in rows if row["likeness"][way] == NOT_STATED]
        if unsaid:
            said.append(f"{words} is not stated: {', '.join(unsaid)}.")
    given = list(dict.fromkeys(row["given"] for row in rows if row["given"]))
    if len(given) > 1:
        said.append(f"Different treatments: {'; '.join(given)}.")
    if any(one["reason"].startswith("one result a study") for one in group["left_out"]):
        said.append("Of several separate cohorts of a study, one is counted; the others are listed below.")
    return said


def _counts(rows: Sequence[Row], told: Told) -> str:
    of_whom = f" with {told.genotype}" if told.genotype else ""
    if len(rows) > _MOST_NAMED:
        ordered = sorted(rows, key=lambda row: row["proportion"], reverse=told.inverted)
        ends = " to ".join(f"{told.count(row)} ({_study(row)})" for row in (ordered[0], ordered[-1]))
        return f"counted in {len(rows)} studies{' of patients' + of_whom if of_whom else ''}, from {ends}"
    first, *rest = rows
    named = [f"{told.count(first)} patient{'' if first['denominator'] == 1 else 's'}{of_whom} ({_study(first)})"]
    return ", ".join([*named, *(f"{told.count(row)} ({_study(row)})" for row in rest)])


def _sum(rows: Sequence[Row], group: Row, told: Told) -> str:
    """The end of the sentence: how many did not, or the sum, or why there is none."""
    failures = [told.failures.get(row["iri"]) for row in rows]
    if len(rows) == 1:
        return "." if told.inverted or failures[0] is None else f"; {_not(failures[0], rows[0]['denominator'])}."
    why = [one["why"] for one in group["unlike"]]
    for way, words in (("definition", "how it was judged"), ("timepoint", "when it was judged")):
        if any(row["likeness"][way] == NOT_STATED for row in rows) and not any(
            w["way"] == way for w in group["unlike"]
        ):
            why.append(f"{words} is not stated in all of them")
    if len({row["given"] for row in rows}) > 1:
        why.append("the treatments differ")
    if why:
        return f". These are not added: {'; '.join(why)}."
    count, of = group["count"], group["denominator"]
    whole = f". Together {of - count if told.inverted else count} of {of} in {len(rows)} studies"
    return f"{whole}." if told.inverted or None in failures else f"{whole}; {_not(of - count, of)}."


def _not(failures: int, of: int) -> str:
    if failures in (0, of):
        return "none of them" if failures else "all of them"
    return f"in {failures} not"


def _study(row: Row) -> str:
    return f"{row['study_label']}, {row['given']}" if row["given"] else str(row["study_label"])


def _which(row: Row) -> str:
    """The study, the tier if it is not the one asked for, and the cohort where that says whom it is about."""
    tier = f", {row['tier']}" if row["tier"] not in (None, "exact") else ""
    return f"{row['cohort_label']}{tier}"
