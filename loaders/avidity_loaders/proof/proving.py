"""Proving claims files against the source: quotes placed, numbers and names found in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from avidity_loaders.claims.models import StudyFile
from avidity_loaders.claims.reading import ClaimsFile
from avidity_loaders.claims.records import Record
from avidity_loaders.claims.results import Result
from avidity_loaders.document import Document
from avidity_loaders.errors import ClaimsError, Problem
from avidity_loaders.proof.arithmetic import disagreements
from avidity_loaders.proof.need import Need, NumberNeed, ReferenceNeed, VerbatimNeed, WordNeed
from avidity_loaders.proof.needs import needs
from avidity_loaders.proof.numbers import Number, cited, numbers
from avidity_loaders.proof.quotes import Located, QuoteError, locate
from avidity_loaders.proof.references import duplicate_ids, unknown_names
from avidity_loaders.proof.territory import Territory
from avidity_loaders.vocabulary import Vocabulary, mentions, without

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A claims file that holds: `quotes` gives, for each record's place in the file, where its quotes stand."""

    file: ClaimsFile
    quotes: Mapping[Place, tuple[Located, ...]]
    facts: int


def prove(files: Iterable[ClaimsFile], document: Document, vocabulary: Vocabulary) -> list[Proof]:
    """Every file proven.

    Raises:
        ClaimsError: with every unknown name, duplicate id, quote that is not in the source or stands where it
            speaks of another study, and number or name that is not in its quotes, over all files.
    """
    files = list(files)
    problems = list(duplicate_ids(files))
    proofs = []
    for file in files:
        problems += unknown_names(file, vocabulary)
        proof, found = _prove_file(file, document.text, vocabulary)
        proofs.append(proof)
        problems += found
    problems += _trespasses(proofs, document)
    if problems:
        raise ClaimsError(problems)
    return proofs


def _trespasses(proofs: list[Proof], document: Document) -> Iterator[Problem]:
    own = [(proof.file, proof.file.content, proof.quotes) for proof in proofs]
    studies = {content.slug: (content, quotes) for _, content, quotes in own if isinstance(content, StudyFile)}
    territory = Territory(document, studies)
    for file, content, quotes in own:
        # What the review says for itself may stand anywhere: in the midst of a study's paragraph, too.
        if not isinstance(content, StudyFile):
            continue
        for place, index, quote, owners in territory.trespassers(content.slug, quotes):
            whose = " and ".join(sorted(owners)) or "no study"
            field = "mentioned" if place == ("study",) else "quotes"
            what = f"the quote {quote.text[:60]!r} stands where the text speaks of {whose}"
            cure = "quote this study's own passage; if the text does speak of it there, add those words to `mentioned`"
            yield Problem(what, file.path, file.line((*place, field, index)), content.claim_id(place), cure)


def _prove_file(file: ClaimsFile, source: str, vocabulary: Vocabulary) -> tuple[Proof, list[Problem]]:
    placed: dict[Place, tuple[Located, ...]] = {}
    problems: list[Problem] = []
    facts = 0
    for place, record in file.content.records():
        located, found = _place_quotes(file, place, record, source)
        placed[place] = located
        problems += found
        if not found:
            evidence = _Evidence.of(located)
            wanted = list(needs(record, vocabulary))
            facts += len(wanted)
            problems += [_unproven(file, place, need, evidence) for need in wanted if not evidence.meets(need)]
            problems += _disagreements(file, place, record, evidence)
    return Proof(file, placed, facts), problems


def _place_quotes(
    file: ClaimsFile, place: Place, record: Record, source: str
) -> tuple[tuple[Located, ...], list[Problem]]:
    field = "mentioned" if place == ("study",) else "quotes"
    located, problems = [], []
    for index, quote in enumerate(getattr(record, field)):
        try:
            located.append(locate(quote, source))
        except QuoteError as error:
            line = file.line((*place, field, index))
            problems.append(Problem(error.what, file.path, line, file.content.claim_id(place), error.cure))
    return tuple(located), problems


@dataclass(frozen=True, slots=True)
class _Evidence:
    texts: tuple[str, ...]
    numbers: tuple[Number, ...]

    @classmethod
    def of(cls, located: Iterable[Located]) -> _Evidence:
        texts = tuple(quote.text for quote in located)
        return cls(texts, tuple(number for text in texts for number in numbers(text)))

    def meets(self, need: Need) -> bool:
        match need:
            case NumberNeed():
                return any(proves(number, need) for number in self.numbers)
            case WordNeed():
                return any(mentions(need.forms, without(text, need.never)) for text in self.texts)
            case VerbatimNeed():
                return any(need.text in text for text in self.texts)
            case ReferenceNeed():
                return any(need.number in cited(text) for text in self.texts)


def _disagreements(file: ClaimsFile, place: Place, record: Record, evidence: _Evidence) -> Iterator[Problem]:
    if isinstance(record, Result):
        for field, what, cure in disagreements(record, evidence.texts, evidence.numbers):
            yield Problem(what, file.path, file.line((*place, field)), file.content.claim_id(place), cure)


def proves(number: Number, need: NumberNeed) -> bool:
    """Whether the number is the one that is needed: value, role, unit and comparator."""
    return (
        number.value == need.value
        and number.role == need.role
        and (need.unit is None or number.unit == need.unit)
        and (need.comparator is None or number.comparator == need.comparator)
    )


def _unproven(file: ClaimsFile, place: Place, need: Need, evidence: _Evidence) -> Problem:
    match need:
        case NumberNeed():
            shown = f"{need.comparator or ''}{need.value}" + (f" {need.unit}" if need.unit else "")
            what = f"{need.field}: the quote does not hold the {need.role} {shown}"
            held = ", ".join(_shown(number) for number in evidence.numbers) or "no number at all"
            cure = f"the quote holds: {held}\ncorrect the number, or add the passage that states it to `quotes`"
        case WordNeed():
            what = f"{need.field}: the quote does not say {' or '.join(repr(form) for form in need.forms[:6])}"
            cure = "correct the name, or add the passage that names it to `quotes`"
        case VerbatimNeed():
            what = f"{need.field}: these words are not in the quote: {need.text!r}"
            cure = "this field repeats the source word for word"
        case ReferenceNeed():
            what = f"{need.field}: the quote does not cite [{need.number}]"
            cure = "correct the reference number, or quote up to the marker that cites it"
    field: Place = tuple(int(step) if step.isdigit() else step for step in need.field.split("."))
    return Problem(what, file.path, file.line((*place, *field)), file.content.claim_id(place), cure)


def _shown(number: Number) -> str:
    value = f"{number.value.normalize():f}" if number.role != "fraction" else f"{number.value:.2f}"
    return f"{number.comparator or ''}{value} ({number.unit or number.role})"
