"""What statements, definitions, questions, rates and cases need their quotes to say."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from avidity_loaders.claims.discrepancies import Side
from avidity_loaders.claims.records import Record
from avidity_loaders.claims.statements import (
    CaseEvent,
    Criterion,
    Definition,
    Eligibility,
    HarmRate,
    OpenQuestion,
    PatientCase,
    Statement,
    TableRow,
)
from avidity_loaders.proof.need import (
    Need,
    NumberNeed,
    ReferenceNeed,
    VerbatimNeed,
    WordNeed,
    count,
    named,
    quantity,
    verbatim,
    words,
)
from avidity_loaders.vocabulary import Vocabulary


def general_needs(record: Record, vocabulary: Vocabulary) -> Iterator[Need]:  # noqa: C901
    """Everything that the quotes of a record that is no count have to say."""
    match record:
        case Statement():
            yield from _statement(record, vocabulary)
        case Definition():
            yield from _definition(record)
        case Criterion():
            yield from verbatim(record, "as_stated", "criticism")
            yield from quantity("threshold", record.threshold)
        case OpenQuestion():
            yield from verbatim(record, "as_stated")
            yield from _cited(record.references)
        case HarmRate():
            yield from _harm_rate(record, vocabulary)
        case PatientCase() | CaseEvent():
            yield from _case(record, vocabulary)
        case TableRow():
            yield from count("patients", record.patients)
            for kind in ("agent", "mechanism"):
                for i, slug in enumerate(getattr(record, kind + "s")):
                    yield from named(f"{kind}s.{i}", slug, kind, vocabulary)
        case Eligibility():
            yield from verbatim(record, "as_stated")
            yield from quantity("value", record.value)
        case Side():
            yield from verbatim(record, "says")


def _statement(record: Statement, vocabulary: Vocabulary) -> Iterator[Need]:
    for field in ("subject", "object"):
        yield from _thing(field, getattr(record, field), vocabulary)
    for i, thing in enumerate(record.about):
        yield from _thing(f"about.{i}", thing, vocabulary)
    # The relation must be in the source's words too: "associated" is not "causes".
    forms = vocabulary.values("relation", record.relation, "writtenAs")
    if forms:
        yield WordNeed("relation", forms)
    yield from verbatim(record, "object_words", "condition")
    yield from quantity("value", record.value)
    yield from _cited(record.references)
    if record.polarity == "negative":
        yield WordNeed(
            "polarity", ("no", "not", "non", "never", "without", "neither", "nor", "lack", "fail", "failure")
        )
    if record.hedge == "may":
        yield WordNeed("hedge", _MAY)


# A claim filed as a possibility must read as one in the source.
_MAY = ("may", "might", "can", "could", "potential", "potentially", "should", "would", "possibility", "believed",
        "remains unclear")  # fmt: skip


def _definition(record: Definition) -> Iterator[Need]:
    yield VerbatimNeed("authors", record.authors)
    yield VerbatimNeed("says", record.says)
    if record.year_words is not None:
        yield VerbatimNeed("year_words", record.year_words)
    elif record.year is not None:
        yield NumberNeed("year", Decimal(record.year), "count")
    yield from _cited(record.references)


def _harm_rate(record: HarmRate, vocabulary: Vocabulary) -> Iterator[Need]:
    forms = vocabulary.values("measure", record.measure, "writtenAs")
    if forms:
        yield WordNeed("measure", forms)
    for kind in ("mechanism", "agent"):
        for i, slug in enumerate(getattr(record, kind + "s")):
            yield from named(f"{kind}s.{i}", slug, kind, vocabulary)
    yield from quantity("percentage", record.percentage)
    yield from verbatim(record, "fraction")
    yield from _cited(record.references)


def _case(record: PatientCase | CaseEvent, vocabulary: Vocabulary) -> Iterator[Need]:
    if isinstance(record, PatientCase):
        yield from words(record, "sex")
        yield NumberNeed("age", Decimal(record.age), "quantity", "year")
        yield VerbatimNeed("figure", f"Figure {record.figure}.")
        yield from named("histology", record.histology, "histology", vocabulary)
        yield from verbatim(record, "stage")
        for i, site in enumerate(record.sites):
            yield VerbatimNeed(f"sites.{i}", site)
        return
    yield from verbatim(record, "as_stated", "when", "marker")
    yield from named("agent", record.agent, "agent", vocabulary)
    yield from words(record, "frequency")
    for name in ("dose", "activity", "time", "marker_from", "marker_to"):
        yield from quantity(name, getattr(record, name))


def _thing(field: str, value: str | None, vocabulary: Vocabulary) -> Iterator[Need]:
    if value is not None:
        kind, _, slug = value.partition("/")
        yield from named(field, slug, kind, vocabulary)


def _cited(references: list[int]) -> Iterator[Need]:
    for i, number in enumerate(references):
        yield ReferenceNeed(f"references.{i}", number)
