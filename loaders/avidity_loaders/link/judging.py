"""Links × terms → verdicts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from avidity_loaders.link.links import Link
from avidity_loaders.link.reading import Survey
from avidity_loaders.link.terms import Term


class Verdict(StrEnum):
    """What an ontology says to a link; the last three are faults."""

    OK = "ok"
    SYNONYM = "synonym"
    LABEL_DIFFERS = "label-differs"
    OBSOLETE = "obsolete"
    MOVED = "moved"
    MISSING = "missing"


FAULTS = frozenset({Verdict.OBSOLETE, Verdict.MOVED, Verdict.MISSING})


@dataclass(frozen=True, slots=True)
class Named:
    """An id with its label, where the file gives one."""

    curie: str
    label: str | None

    def __str__(self) -> str:
        return f"{self.curie} {self.label}" if self.label else self.curie


@dataclass(frozen=True, slots=True)
class Judged:
    """A link, the verdict, the label that the ontology has, what stands for the id now, and what else might."""

    link: Link
    verdict: Verdict
    label: str | None = None
    replacements: tuple[Named, ...] = ()
    consider: tuple[Named, ...] = ()


def wanted(links: Iterable[Link], survey: Survey) -> set[str]:
    """The ids whose terms are needed to judge the links: theirs, and those that stand for them."""
    found: set[str] = set()
    for target in {link.target for link in links}:
        found |= {target, *survey.replacements(target), *survey.consider.get(target, ())}
    return found


def judge(links: Iterable[Link], survey: Survey, terms: Mapping[str, Term], owned: Collection[str]) -> list[Judged]:
    """A verdict for each link with an owned prefix; of the others, those that the file happens to confirm."""
    return list(_verdicts(links, survey, terms, owned))


def _verdicts(
    links: Iterable[Link], survey: Survey, terms: Mapping[str, Term], owned: Collection[str]
) -> Iterator[Judged]:
    for link in links:
        judged = _judge(link, survey, terms)
        if link.prefix in owned or judged.verdict in (Verdict.OK, Verdict.SYNONYM):
            yield judged


def _judge(link: Link, survey: Survey, terms: Mapping[str, Term]) -> Judged:
    term = terms.get(link.target)
    if term is not None and not term.obsolete:
        return Judged(link, _of_label(link.label, term), term.label)

    def named(curies: Iterable[str]) -> tuple[Named, ...]:
        return tuple(Named(curie, terms[curie].label if curie in terms else None) for curie in curies)

    label = term.label if term else None
    replacements = named(survey.replacements(link.target))
    # An id that was merged is an alternative id of the other; in OWL, it is an obsolete class as well.
    if link.target in survey.moved:
        return Judged(link, Verdict.MOVED, label, replacements)
    if term is None:
        return Judged(link, Verdict.MISSING)
    return Judged(link, Verdict.OBSOLETE, label, replacements, named(survey.consider.get(link.target, ())))


def _of_label(ours: str, term: Term) -> Verdict:
    if not ours or term.label is None or _plain(ours) == _plain(term.label):
        return Verdict.OK
    if _plain(ours) in {_plain(synonym.text) for synonym in term.synonyms}:
        return Verdict.SYNONYM
    return Verdict.LABEL_DIFFERS


def _plain(label: str) -> str:
    """Vocabularies change capitals and spaces without meaning anything by it."""
    return " ".join(label.casefold().split())
