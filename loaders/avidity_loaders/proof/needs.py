"""What a fact needs its quotes to say: one need for every number and every name that it states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from avidity_loaders.claims.records import Quantity, Record
from avidity_loaders.claims.results import AdverseEvent, Finding, Result
from avidity_loaders.claims.studies import Assessment, Centre, Cohort, Component, Design, Radioiodine, Regimen
from avidity_loaders.proof.numbers import Role
from avidity_loaders.vocabulary import Vocabulary

# How the source writes what the schema names by one word.
WORDS = {
    "once daily": ("q.d.", "once daily", "daily", "/day"),
    "twice daily": ("bid", "twice daily", "2xday"),
    "oral": ("p.o.", "po"),
    "empiric": ("empiric", "empirically", "fixed"),
    "dosimetry-guided": ("dosimetry", "dosimetric", "dose estimation"),
    "all": ("all", "both", "each"),
    "most": ("most", "predominantly", "mainly"),
    "some": ("some", "several"),
    "common": ("common", "most common"),
    "none": ("no", "none"),
    "diagnostic WBS": ("diagnostic 131-I WBS", "131-I diagnostic WBS", "diagnostic WBS"),
    "post-therapeutic WBS": ("post-therapeutic WBS", "post-therapeutic scan"),
    "124-I": ("124-I",),
    "123-I": ("123-I",),
    "131-I": ("131-I", "I-131"),
    "PET": ("PET",),
    "fixed": ("fixed",),
    "maximum": ("up to", "maximum"),
}


MISLEADING = {"once daily": ("twice daily",), "all": ("not all", "nearly all"), "PET": ("SPECT",)}


@dataclass(frozen=True, slots=True)
class NumberNeed:
    """A number of a role; with a unit and comparator where the fact has them."""

    field: str
    value: Decimal
    role: Role
    unit: str | None = None
    comparator: str | None = None


@dataclass(frozen=True, slots=True)
class WordNeed:
    """One of several ways of writing a name; `never` are longer words that hold a form and mean something else."""

    field: str
    forms: tuple[str, ...]
    never: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VerbatimNeed:
    """Words that a field repeats from the source."""

    field: str
    text: str


Need = NumberNeed | WordNeed | VerbatimNeed


def needs(record: Record, vocabulary: Vocabulary) -> Iterator[Need]:
    """Everything that the quotes of `record` have to say; nothing for records that state no more than their quote."""
    match record:
        case Cohort():
            yield from _cohort(record, vocabulary)
        case Regimen():
            yield from _regimen(record, vocabulary)
        case Assessment():
            yield from _words(record, "radionuclide", "modality", "stimulation")
            yield from _verbatim(record, "timing", "criterion")
        case Radioiodine():
            yield from _radioiodine(record)
        case Finding():
            yield from _result(record)
            yield from _measured(record.measure, vocabulary)
            yield from quantity("value", record.value)
            if record.p_value is not None:
                yield NumberNeed("p_value", record.p_value, "count")
        case AdverseEvent():
            yield from _adverse_event(record, vocabulary)
        case Design() | Centre():
            yield VerbatimNeed("as_stated", record.as_stated)


def quantity(field: str, value: Quantity | None) -> Iterator[Need]:
    """The numbers of a quantity, with unit and comparator."""
    if value is None:
        return
    # A standardised uptake value and a dose in words carry no unit of their own.
    unit, role = (
        (None, "count") if value.unit == "SUV" else (value.unit, "percent" if value.unit == "%" else "quantity")
    )
    for name in ("value", "low", "high", "plus_minus"):
        number = getattr(value, name)
        if number is not None:
            comparator = value.comparator if name == "value" else None
            yield NumberNeed(f"{field}.{name}", number, role, unit, comparator)  # type: ignore[arg-type]
    if value.statistic is not None:
        yield WordNeed(f"{field}.statistic", WORDS.get(value.statistic, (value.statistic,)))


def _cohort(record: Cohort, vocabulary: Vocabulary) -> Iterator[Need]:
    for name in ("enrolled", "treated", "evaluated"):
        yield from _count(name, getattr(record, name))
    for kind in ("alteration", "histology"):
        yield from _named(kind, getattr(record, kind), kind, vocabulary)
    for index, members in enumerate(record.members):
        yield from _count(f"members.{index}.count", members.count)
        yield from _named(f"members.{index}.alteration", members.alteration, "alteration", vocabulary)
        yield from _named(f"members.{index}.histology", members.histology, "histology", vocabulary)


def _regimen(record: Regimen, vocabulary: Vocabulary) -> Iterator[Need]:
    for index, component in enumerate(record.components):
        yield from _component(f"components.{index}", component, vocabulary)
    yield from quantity("duration", record.duration)
    yield from _count("patients", record.patients)


def _component(field: str, record: Component, vocabulary: Vocabulary) -> Iterator[Need]:
    yield from _named(f"{field}.agent", record.agent, "agent", vocabulary)
    yield from _named(f"{field}.mechanism", record.mechanism, "mechanism", vocabulary)
    yield from quantity(f"{field}.dose", record.dose)
    yield from _words(record, "frequency", "route", prefix=field + ".")


def _radioiodine(record: Radioiodine) -> Iterator[Need]:
    yield from _words(record, "approach")
    for name in ("activity", "threshold_dose", "threshold_activity", "threshold_lesion"):
        yield from quantity(name, getattr(record, name))
    if record.regardless_of_uptake:
        yield WordNeed("regardless_of_uptake", ("regardless of",))
    yield from _verbatim(record, "timing", "criterion")


def _result(record: Result) -> Iterator[Need]:
    yield from _count("count", record.count)
    yield from _count("denominator", record.denominator)
    if record.percentage is not None:
        yield NumberNeed("percentage", record.percentage, "percent", "%")
    if record.extent is not None and record.extent != "reported":
        yield from _words(record, "extent")
    yield from _verbatim(record, "fraction", "timepoint", "attribution")


def _measured(measure: str, vocabulary: Vocabulary) -> Iterator[Need]:
    """The measure itself must be written in the quotes: a threshold that was met is no restored uptake."""
    forms = vocabulary.values("measure", measure, "writtenAs")
    if forms:
        yield WordNeed("measure", forms)


def _adverse_event(record: AdverseEvent, vocabulary: Vocabulary) -> Iterator[Need]:
    yield from _result(record)
    yield from _count("events", record.events)
    yield from _count("of_events", record.of_events)
    for name in ("grade", "grade_high"):
        grade = getattr(record, name)
        if grade is not None:
            yield NumberNeed(name, Decimal(grade), "grade")
    if record.measure == "adverse-event" and record.term != "any":
        yield from _named("term", record.term, "adverse-event-term", vocabulary)
    yield from _verbatim(record, "outcome")


def _count(field: str, value: int | None) -> Iterator[Need]:
    if value is not None:
        yield NumberNeed(field, Decimal(value), "count")


def _named(field: str, slug: str | None, kind: str, vocabulary: Vocabulary) -> Iterator[Need]:
    forms = vocabulary.forms.get((kind, slug)) if slug else None
    if forms:  # an unknown slug is reported by proof.references
        yield WordNeed(field, forms)


def _words(record: Record, *names: str, prefix: str = "") -> Iterator[Need]:
    for name in names:
        value = getattr(record, name)
        if value is not None:
            yield WordNeed(prefix + name, WORDS.get(value, (value,)), MISLEADING.get(value, ()))


def _verbatim(record: Record, *names: str) -> Iterator[Need]:
    for name in names:
        value = getattr(record, name)
        if value is not None:
            yield VerbatimNeed(name, value)
