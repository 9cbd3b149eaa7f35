"""Text against table, and text against text: the same regimen, activity, number of patients or agents told twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import combinations

from avidity_loaders.claims import Quantity, Regimen
from avidity_loaders.claims.discrepancies import DiscrepancyKind
from avidity_loaders.convert.quantities import quantity_label
from avidity_loaders.derive.found import Found, Side, StudyClaims
from avidity_loaders.units import same_as_printed
from avidity_loaders.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class _Told:
    """A value as one witness tells it."""

    value: object
    side: Side


def contradictions_between_witnesses(claims: StudyClaims, vocabulary: Vocabulary) -> Iterator[Found]:
    """All that a study's text and table, or two of its sentences, tell differently."""
    for group in _same_regimens(claims):
        yield from _regimens(claims, group, vocabulary)
    yield from _radioiodine(claims)
    yield from _patients(claims)
    yield from _agents(claims, vocabulary)


def _same_regimens(claims: StudyClaims) -> list[list[tuple[int, Regimen]]]:
    """Regimens that are one and the same by `same_as`, the first told first."""
    groups: dict[str, list[tuple[int, Regimen]]] = {}
    for i, regimen in enumerate(claims.content.regimens):
        groups.setdefault(regimen.same_as or regimen.slug, []).append((i, regimen))
    return [group for group in groups.values() if len(group) > 1]


def _regimens(claims: StudyClaims, group: list[tuple[int, Regimen]], vocabulary: Vocabulary) -> Iterator[Found]:
    def told(read: Callable[[Regimen], object], say: Callable[[object], str]) -> list[_Told]:
        found = []
        for i, regimen in group:
            value = read(regimen)
            if value is not None:
                found.append(_Told(value, claims.side(regimen.witness, say(value), "regimens", i)))
        return found

    base = group[0][1].slug
    yield from _courses(claims, base, group)
    yield from _compare(claims, "duration", base, told(lambda regimen: regimen.duration, _in_words), _same_quantity)
    agents = dict.fromkeys(part.agent for _, regimen in group for part in regimen.components if part.agent)
    for agent in agents:
        label, name = vocabulary.label("agent", agent), base if base == agent else f"{base}-{agent}"

        def part(regimen: Regimen, field: str, agent: str = agent) -> object:
            return next((getattr(c, field) for c in regimen.components if c.agent == agent), None)

        def say(value: object, label: str = label) -> str:
            return f"{label} {_in_words(value)}"

        frequencies = told(partial(part, field="frequency"), say)
        yield from _compare(claims, "frequency", name, frequencies, lambda a, b: a == b)
        doses = told(partial(part, field="dose"), say)
        yield from _compare(claims, "dose", name, doses, _same_quantity)


def _courses(claims: StudyClaims, base: str, group: list[tuple[int, Regimen]]) -> Iterator[Found]:
    """A treatment that one witness ends after its duration, and the other continues beyond the radioiodine."""
    ends = [(i, r) for i, r in group if r.witness == "text" and r.duration and not r.course]
    goes_on = [(i, r) for i, r in group if r.witness == "table" and r.stopped_after_radioiodine]
    if not ends or not goes_on:
        return
    (i, ended), (j, continued) = ends[0], goes_on[0]
    sides = (
        claims.side("text", _in_words(ended.duration), "regimens", i),
        claims.side("table", str(continued.course), "regimens", j),
    )
    label = (
        f"{claims.content.study.label}, end of treatment: that it went on until "
        f"{_in_words(continued.stopped_after_radioiodine)} after radioiodine stands in the table only"
    )
    yield Found(
        "goes-on-in-table", f"{base}-end", label, "underspecified", "minor", sides,
        "the duration of each witness, with the table's stop rule beside it", claims.content.slug,
    )  # fmt: skip


def _in_words(value: object) -> str:
    if not isinstance(value, Quantity):
        return str(value)
    plural = "s" if value.unit in ("day", "week", "month", "year") and value.value != 1 else ""
    return quantity_label(value) + plural


def _same_quantity(one: object, other: object) -> bool:
    assert isinstance(one, Quantity)
    assert isinstance(other, Quantity)
    if one.value is None or other.value is None:
        return True
    return same_as_printed((one.value, one.unit), (other.value, other.unit)) is not False


def _compare(
    claims: StudyClaims, what: str, slug: str, told: list[_Told], same: Callable[[object, object], bool]
) -> Iterator[Found]:
    """One contradiction between the table and the text, and one within the text, where they are not the same."""
    kinds: list[tuple[DiscrepancyKind, set[str]]] = [("text-table", {"text", "table"}), ("text-text", {"text"})]
    for kind, witnesses in kinds:
        pairs = [
            (a, b)
            for a, b in combinations(told, 2)
            if {a.side.witness, b.side.witness} == witnesses and not same(a.value, b.value)
        ]
        if not pairs:
            continue
        # Whatever witness speaks of it is a side: the sixth week in the text beside the fifth, against 42 days.
        speaking = told if kind == "text-table" else [one for one in told if one.side.witness == "text"]
        sides = tuple(dict.fromkeys(one.side for one in speaking))
        says = _groups(speaking, same)
        name = f"{slug}-{what}" + ("-within-text" if kind == "text-text" else "")
        shown = f"all of them; where one value is needed, {sides[0].says}, which the {sides[0].witness} says first"
        label = f"{claims.content.study.label}, {what}: {says}"
        yield Found(f"{what}-told-twice", name, label, kind, "major", sides, shown, claims.content.slug)


def _groups(told: list[_Told], same: Callable[[object, object], bool]) -> str:
    """Who agrees with whom: "5 weeks against 6 weeks and 42 days"."""
    groups: list[list[_Told]] = []
    for one in told:
        home = next((group for group in groups if same(group[0].value, one.value)), None)
        if home is None:
            groups.append([one])
        elif one.side.says not in [other.side.says for other in home]:
            home.append(one)
    return " against ".join(" and ".join(one.side.says for one in group) for group in groups)


def _radioiodine(claims: StudyClaims) -> Iterator[Found]:
    """Activity and thresholds, judged by the precision to which they are printed: 150 mCi is 5.5 GBq."""
    for field in ("activity", "threshold_dose", "threshold_activity"):
        told = []
        for i, therapy in enumerate(claims.content.radioiodine):
            value = getattr(therapy, field)
            if value is not None:
                told.append(_Told(value, claims.side(therapy.witness, _in_words(value), "radioiodine", i)))
        yield from _compare(claims, field.replace("_", "-"), "radioiodine", told, _same_quantity)


def _patients(claims: StudyClaims) -> Iterator[Found]:
    """The table's number of patients against those of the text."""
    table = claims.content.study.table
    told = [
        (number, name, i)
        for i, cohort in enumerate(claims.content.cohorts)
        for name in ("enrolled", "treated", "evaluated")
        if (number := getattr(cohort, name)) is not None
    ]
    if table is None or not told:
        return
    most, name, index = max(told, key=lambda row: (row[0], row[1] == "enrolled"))
    if most == table.patients:
        return
    same = [row for row in told if row[0] == table.patients]
    side = claims.side("table", f"{table.patients} patients", "study", "table")
    sides: tuple[Side, ...] = (claims.side("text", f"{most} {name}", "cohorts", index), side)
    shown = f"both: {most} {name}, {table.patients} in the table"
    if same:
        number, name, index = same[0]
        sides = (sides[0], claims.side("text", f"{number} {name}", "cohorts", index), side)
        shown = f"each finding's own denominator; the table's {number} are those {name}"
    says = " against ".join(side.says for side in sides)
    label = f"{claims.content.study.label}, number of patients: {says}"
    yield Found(
        "patients-told-twice", "patients", label, "text-table", "minor" if same else "major", sides, shown,
        claims.content.slug,
    )  # fmt: skip


def _agents(claims: StudyClaims, vocabulary: Vocabulary) -> Iterator[Found]:
    """Agents that the text gives and the study's row of the table leaves out."""
    table = claims.content.study.table
    if table is None:
        return
    for i, regimen in enumerate(claims.content.regimens):
        left_out = [part.agent for part in regimen.components if part.agent and part.agent not in table.agents]
        if regimen.witness != "text" or not left_out:
            continue
        names = " and ".join(vocabulary.label("agent", agent) for agent in left_out)
        listed = " and ".join(vocabulary.label("agent", agent) for agent in table.agents)
        sides = (
            claims.side("text", names, "regimens", i),
            claims.side("table", listed, "study", "table"),
        )
        label = f"{claims.content.study.label}, agents: the table leaves out {names}"
        shown = f"{names} too, as the text says"
        yield Found(
            "agents-left-out", f"{regimen.slug}-left-out", label, "text-table", "major", sides, shown,
            claims.content.slug,
        )  # fmt: skip
