"""An outcome in two or three sentences of counts. Nothing is added that is unlike; nothing is recommended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from avidity_service.pages.evidence.flow import amount

Row = dict[str, Any]
# More studies than these are left to plot and table.
_MOST_NAMED, _MOST_WORDS = 3, 6


def sentences(label: str, genotype: str, group: Row, others: Sequence[Row], words: Sequence[Row]) -> Iterator[str]:
    """What is counted of patients who all have the genotype (if one is asked for), then what is known besides."""
    rows = group["rows"]
    of_whom = f" with {genotype}" if genotype else ""
    if rows:
        yield f"{_capital(label)}: {_counts(rows, of_whom)}{_sum(rows, group)}"
    elif genotype:
        yield f"{_capital(label)}: no study counts patients who all have {genotype}."
    if others:
        said = "; ".join(f"{_count(row)} ({row['study_label']}, {row['tier']})" for row in others)
        yield f"In cohorts that do not tell {genotype or 'them'} apart: {said}."
    if words:
        said = "; ".join(
            f"“{amount(row)}” ({row['study_label']}{', ' + row['tier'] if row['tier'] not in (None, 'exact') else ''})"
            for row in words[:_MOST_WORDS]
        )
        more = f", and {len(words) - _MOST_WORDS} more" if len(words) > _MOST_WORDS else ""
        yield f"Not as a count of patients: {said}{more}."


def _counts(rows: Sequence[Row], of_whom: str) -> str:
    if len(rows) > _MOST_NAMED:
        lowest, highest = (of(rows, key=lambda row: row["proportion"]) for of in (min, max))
        said = f"counted in {len(rows)} studies of patients{of_whom}" if of_whom else f"counted in {len(rows)} studies"
        return f"{said}, from {_count(lowest)} ({_study(lowest)}) to {_count(highest)} ({_study(highest)})"
    first, *rest = rows
    named = [f"{_count(first)} patient{'' if first['denominator'] == 1 else 's'}{of_whom} ({_study(first)})"]
    return ", ".join([*named, *(f"{_count(row)} ({_study(row)})" for row in rest)])


def _sum(rows: Sequence[Row], group: Row) -> str:
    if len(rows) == 1:
        return f"; {_failures(rows[0]['count'], rows[0]['denominator'])}."
    if group["unlike"]:
        ways = "; ".join(one["why"] for one in group["unlike"])
        return f". These are not added: {ways}."
    count, of = group["count"], group["denominator"]
    treatments = len({row["given"] for row in rows})
    by = f", by {treatments} treatments" if treatments > 1 else ""
    return f". Together {count} of {of} in {len(rows)} studies{by}; {_failures(count, of)}."


def _failures(count: int, of: int) -> str:
    if count in (0, of):
        return "all of them" if count else "none of them"
    return f"in {of - count} not"


def _study(row: Row) -> str:
    return f"{row['study_label']}, {row['given']}" if row["given"] else str(row["study_label"])


def _count(row: Row) -> str:
    return f"{row['count']} of {row['denominator']}"


def _capital(label: str) -> str:
    return label[:1].upper() + label[1:]
