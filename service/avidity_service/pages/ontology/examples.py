"""A few competency questions as SPARQL, with their example values."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from avidity_service.asking import bind
from avidity_service.catalogue import Question, pasteable
from avidity_service.context import Context
from avidity_service.pages.ontology.members import run

_MOST = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A question in words and in SPARQL, where SPARQL answers it, and where a page does."""

    question: str
    sparql: str
    run: str
    page: str


def read_examples(context: Context) -> list[Example]:
    """One question of each group: those that ask about something in particular first, and short queries first."""
    groups: dict[str, list[Question]] = {}
    for question in context.catalogue.questions:
        groups.setdefault(question.group, []).append(question)
    chosen = sorted((min(group, key=_place) for group in groups.values()), key=_place)
    return [_example(context, question) for question in chosen[:_MOST]]


def _place(question: Question) -> tuple[bool, int]:
    return not any(parameter.required for parameter in question.parameters), len(question.select)


def _example(context: Context, question: Question) -> Example:
    given = {parameter.name: parameter.example for parameter in question.parameters if parameter.required}
    sparql = pasteable(question.select, bind(question, given, context.names))
    page = f"/questions/{question.name}" + (f"?{urlencode(given)}" if given else "")
    return Example(question.question, sparql, run(sparql), page)
