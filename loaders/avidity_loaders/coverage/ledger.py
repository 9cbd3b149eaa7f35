"""The ledger of what holds no fact: `seeds/review/without-facts.yaml`, each piece of text with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from avidity_loaders.claims.reading import line_of
from avidity_loaders.claims.records import Quote, Record
from avidity_loaders.document import Document, Span
from avidity_loaders.errors import ClaimsError, Problem
from avidity_loaders.proof import Proof
from avidity_loaders.proof.quotes import QuoteError, locate

Reason = Literal["announcement", "connective", "label", "abbreviations", "repetition"]


class Entry(Record):
    """A piece of the source without a fact of its own; a repetition names the claim that states the fact."""

    quote: Annotated[str, Field(min_length=1)]
    occurrence: Annotated[int, Field(ge=1)] | None = None
    reason: Reason
    repeats: str | None = None

    @model_validator(mode="after")
    def _points_at_what_it_repeats(self) -> Entry:
        if (self.reason == "repetition") != (self.repeats is not None):
            raise ValueError("'repeats' (the claim's id) goes with the reason 'repetition', and with no other")
        return self


class NumberEntry(Record):
    """A number of the source that no fact states, with the reason."""

    quote: Annotated[str, Field(min_length=1)]
    occurrence: Annotated[int, Field(ge=1)] | None = None
    number: str
    reason: Annotated[str, Field(min_length=10)]


class _File(Record):
    text: list[Entry] = Field(default=[])
    numbers: list[NumberEntry] = Field(default=[])


@dataclass(frozen=True, slots=True)
class Ledger:
    """The entries with the places of their quotes in the source."""

    path: Path
    text: tuple[tuple[Span, Entry, int], ...]
    numbers: tuple[tuple[Span, NumberEntry, int], ...]


def read_ledger(path: Path, document: Document, proofs: Sequence[Proof]) -> Ledger:
    """The ledger, its quotes placed and its pointers checked.

    Raises:
        ClaimsError: naming the line of an entry that does not fit, whose quote is not in the source, or that points at
            a claim that does not exist.
    """
    try:
        tree = YAML(typ="rt", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError, OSError) as error:
        raise ClaimsError(Problem(f"the ledger cannot be read: {error}", path)) from None
    try:
        content = _File.model_validate(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise ClaimsError(
            [Problem(f"{f['loc']}: {f['msg']}", path, line_of(tree, f["loc"])) for f in error.errors()]
        ) from None
    known = {proof.file.content.claim_id(place) for proof in proofs for place in proof.quotes}
    problems: list[Problem] = []
    text = []
    for i, entry in enumerate(content.text):
        line = line_of(tree, ("text", i))
        if entry.repeats is not None and entry.repeats not in known:
            problems.append(Problem(f"repeats: no claim has the id {entry.repeats!r}", path, line))
        span = _place(entry, document, path, line, problems)
        if span:
            text.append((span, entry, line))
    numbers = []
    for i, number in enumerate(content.numbers):
        line = line_of(tree, ("numbers", i))
        span = _place(number, document, path, line, problems)
        if span:
            numbers.append((span, number, line))
    if problems:
        raise ClaimsError(problems)
    return Ledger(path, tuple(text), tuple(numbers))


def _place(
    entry: Entry | NumberEntry, document: Document, path: Path, line: int, problems: list[Problem]
) -> Span | None:
    try:
        found = locate(Quote.model_construct(text=entry.quote, occurrence=entry.occurrence), document.text)
    except QuoteError as error:
        problems.append(Problem(error.what, path, line, cure=error.cure))
        return None
    return Span(found.start, found.end)
