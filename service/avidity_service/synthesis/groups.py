"""Which rows go into which group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avidity_service.synthesis.facts import Facts

Row = Mapping[str, Any]
BY = ("all", "alteration", "agent", "mechanism", "study", "design", "histology", "adverse-event")


@dataclass(frozen=True, slots=True)
class Group:
    """Rows with one value of what they are grouped by."""

    id: str
    label: str
    rows: list[Row]


def grouped(rows: Sequence[Row], by: str, facts: Facts, labels: Mapping[str, str]) -> tuple[list[Group], list[Row]]:
    """The groups in order of their labels, and the rows that belong to none; `labels` name alterations and mechanisms.

    By agent and by mechanism, a combination is a group of its own, and a result that does not tell treatments apart is
    in none: it is no evidence on any one of them. By design, a study with two designs is in both groups.
    """
    found: dict[str, Group] = {}
    homeless = []
    for row in rows:
        keys = _keys(row, by, facts, labels)
        if not keys:
            homeless.append(row)
        for key, label in keys:
            found.setdefault(key, Group(key, label, [])).rows.append(row)
    return sorted(found.values(), key=lambda group: group.label.casefold()), homeless


def _keys(row: Row, by: str, facts: Facts, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    if by == "all":
        return [("all", "all studies")]
    if by == "alteration":
        slug = row["alteration_asked"]
        return [(slug, labels.get(f"alteration/{slug}", slug))] if slug else []
    if by == "study":
        return [(row["study"], row["study_label"])]
    if by == "design":
        return [(design, design) for design in facts.designs.get(row["study"], ())]
    if by == "histology":
        return [(row["histology"], row["histology"])] if row["histology"] else []
    if by == "adverse-event":
        return [harm(row)] if row.get("term") else []
    return treatment(row["regimens"], by, facts, labels)


def harm(row: Row) -> tuple[str, str]:
    """Key and label of a harm with its grade or grades."""
    grades = "-".join(str(g) for g in dict.fromkeys((row["grade"], row["grade_high"])) if g is not None)
    return (f"{row['term']}-grade-{grades}", f"{row['term_label']}, grade {grades}") if grades else (
        row["term"], row["term_label"])  # fmt: skip


def treatment(regimens: Sequence[Row], by: str, facts: Facts, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """The one treatment behind a result, by agents or mechanisms; nothing where it is unknown or one of several."""
    sets = {parts(regimen, by, facts) for regimen in regimens}
    if len(sets) != 1 or not (only := sorted(next(iter(sets)) or ())):
        return []
    return [("+".join(only), " + ".join(labels.get(f"{by}/{slug}", slug) for slug in only))]


def parts(regimen: Row, by: str, facts: Facts) -> frozenset[str] | None:
    """The agents or mechanisms of a regimen; None where it names fewer agents than it has components."""
    if by == "agent":
        return None if regimen["not_named"] else frozenset(agent["agent"] for agent in regimen["agents"])
    named = {mechanism for agent in regimen["agents"] for mechanism in facts.mechanisms.get(agent["agent"], ())}
    return frozenset(named | {part["mechanism"] for part in regimen["not_named"]})
