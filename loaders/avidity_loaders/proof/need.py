"""The kinds of need that a fact has of its quotes, and how the source writes what the schema names by one word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from avidity_loaders.claims.records import Quantity, Record
from avidity_loaders.proof.numbers import Role
from avidity_loaders.vocabulary import Vocabulary

# How the source writes what the schema names by one word.
WORDS = {
    "once daily": ("q.d.", "once daily", "daily", "mg/day"),
    "twice daily": ("bid", "twice daily", "2xday"),
    "oral": ("p.o.", "po"),
    "empiric": ("empiric", "empirically"),
    "dosimetry-guided": ("dosimetry", "dosimetric", "dose estimation"),
    "all": ("all", "both", "each"),
    "most": ("most", "predominantly", "mainly"),
    "many": ("many",),
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
    "male": ("male",),
    "female": ("female",),
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


@dataclass(frozen=True, slots=True)
class ReferenceNeed:
    """The number of a cited work."""

    field: str
    number: int


Need = NumberNeed | WordNeed | VerbatimNeed | ReferenceNeed


def quantity(field: str, value: Quantity | None) -> Iterator[Need]:
    """The numbers of a quantity, with unit and comparator."""
    if value is None:
        return
    # A standardised uptake value and a dose in words carry no unit of their own.
    bare = value.unit in ("SUVmax", "SUVpeak")
    unit, role = (None, "count") if bare else (value.unit, "percent" if value.unit == "%" else "quantity")
    if bare:
        yield WordNeed(f"{field}.unit", (value.unit,))
    for name in ("value", "low", "high", "plus_minus"):
        number = getattr(value, name)
        if number is not None:
            comparator = value.comparator if name == "value" else None
            yield NumberNeed(f"{field}.{name}", number, role, unit, comparator)  # type: ignore[arg-type]
    if value.statistic is not None:
        yield WordNeed(f"{field}.statistic", WORDS.get(value.statistic, (value.statistic,)))
    if value.approximate:
        yield WordNeed(f"{field}.approximate", ("approximately", "nearly", "about", "around"))


def count(field: str, value: int | None) -> Iterator[Need]:
    """A count of patients or events."""
    if value is not None:
        yield NumberNeed(field, Decimal(value), "count")


def named(field: str, slug: str | None, kind: str, vocabulary: Vocabulary) -> Iterator[Need]:
    """One of the names of a vocabulary thing."""
    forms = vocabulary.forms.get((kind, slug)) if slug else None
    if forms:  # an unknown slug is reported by proof.references
        yield WordNeed(field, forms)


def words(record: Record, *names: str, prefix: str = "") -> Iterator[Need]:
    """How the source writes the values of fields that have a fixed list of them."""
    for name in names:
        value = getattr(record, name)
        if value is not None:
            yield WordNeed(prefix + name, WORDS.get(value, (value,)), MISLEADING.get(value, ()))


def verbatim(record: Record, *names: str) -> Iterator[Need]:
    """Fields that repeat the source word for word."""
    for name in names:
        value = getattr(record, name)
        if value is not None:
            yield VerbatimNeed(name, value)
