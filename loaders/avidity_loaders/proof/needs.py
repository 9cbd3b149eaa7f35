"""What a fact needs its quotes to say: one need for every number and every name that it states."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from avidity_loaders.claims.records import Record
from avidity_loaders.claims.results import AdverseEvent, Finding, Result
from avidity_loaders.claims.studies import Assessment, Centre, Cohort, Component, Design, Radioiodine, Regimen
from avidity_loaders.proof.need import Need, NumberNeed, VerbatimNeed, WordNeed, count, named, quantity, verbatim, words
from avidity_loaders.proof.needs_general import general_needs
from avidity_loaders.vocabulary import Vocabulary


def needs(record: Record, vocabulary: Vocabulary) -> Iterator[Need]:
    """Everything that the quotes of `record` have to say; nothing for records that state no more than their quote."""
    match record:
        case Cohort():
            yield from _cohort(record, vocabulary)
        case Regimen():
            yield from _regimen(record, vocabulary)
        case Assessment():
            yield from words(record, "radionuclide", "modality", "stimulation")
            yield from verbatim(record, "timing", "criterion")
        case Radioiodine():
            yield from _radioiodine(record)
        case Finding():
            yield from _result(record)
            yield from _measured(record.measure, vocabulary)
            yield from quantity("value", record.value)
            yield from quantity("cutoff", record.cutoff)
            if record.p_value is not None:
                yield NumberNeed("p_value", record.p_value, "count")
        case AdverseEvent():
            yield from _adverse_event(record, vocabulary)
        case Design() | Centre():
            yield VerbatimNeed("as_stated", record.as_stated)
        case _:
            yield from general_needs(record, vocabulary)


def _cohort(record: Cohort, vocabulary: Vocabulary) -> Iterator[Need]:
    for name in ("enrolled", "treated", "evaluated", "given_radioiodine"):
        yield from count(name, getattr(record, name))
    for kind in ("alteration", "histology"):
        yield from named(kind, getattr(record, kind), kind, vocabulary)
    for index, members in enumerate(record.members):
        yield from count(f"members.{index}.count", members.count)
        yield from named(f"members.{index}.alteration", members.alteration, "alteration", vocabulary)
        yield from named(f"members.{index}.histology", members.histology, "histology", vocabulary)


def _regimen(record: Regimen, vocabulary: Vocabulary) -> Iterator[Need]:
    for index, component in enumerate(record.components):
        yield from _component(f"components.{index}", component, vocabulary)
    yield from quantity("duration", record.duration)
    yield from quantity("stopped_after_radioiodine", record.stopped_after_radioiodine)
    yield from verbatim(record, "course")
    yield from count("patients", record.patients)


def _component(field: str, record: Component, vocabulary: Vocabulary) -> Iterator[Need]:
    yield from named(f"{field}.agent", record.agent, "agent", vocabulary)
    yield from named(f"{field}.mechanism", record.mechanism, "mechanism", vocabulary)
    yield from quantity(f"{field}.dose", record.dose)
    yield from words(record, "frequency", "route", prefix=field + ".")


def _radioiodine(record: Radioiodine) -> Iterator[Need]:
    yield from words(record, "approach", "stimulation")
    for name in ("activity", "threshold_dose", "threshold_activity", "threshold_lesion"):
        yield from quantity(name, getattr(record, name))
    if record.regardless_of_uptake:
        yield WordNeed("regardless_of_uptake", ("regardless of",))
    yield from verbatim(record, "timing", "criterion")


def _result(record: Result) -> Iterator[Need]:
    yield from count("count", record.count)
    yield from count("denominator", record.denominator)
    if record.percentage is not None:
        yield NumberNeed("percentage", record.percentage, "percent", "%")
    if record.extent is not None and record.extent != "reported":
        yield from words(record, "extent")
    yield from verbatim(record, "fraction", "timepoint", "attribution")


def _measured(measure: str, vocabulary: Vocabulary) -> Iterator[Need]:
    """The measure itself must be written in the quotes: a threshold that was met is no restored uptake."""
    forms = vocabulary.values("measure", measure, "writtenAs")
    if forms:
        yield WordNeed("measure", forms)


def _adverse_event(record: AdverseEvent, vocabulary: Vocabulary) -> Iterator[Need]:
    yield from _result(record)
    yield from count("events", record.events)
    yield from count("of_events", record.of_events)
    for name in ("grade", "grade_high"):
        grade = getattr(record, name)
        if grade is not None:
            yield NumberNeed(name, Decimal(grade), "grade")
    if record.measure == "adverse-event" and record.term != "any":
        yield from named("term", record.term, "adverse-event-term", vocabulary)
    yield from verbatim(record, "outcome")
