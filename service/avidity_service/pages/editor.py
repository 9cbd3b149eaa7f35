"""The page at the SPARQL endpoint: a form, an editor where scripts run, and the questions with values put in."""

from __future__ import annotations

from flask import render_template

from avidity_service.asking import bind
from avidity_service.catalogue import Question, pasteable
from avidity_service.context import Context
from avidity_service.errors import UnknownValue
from avidity_service.iris import PREFIXES
from avidity_service.sparql.limits import limits

_FIRST = "agents-for-genotype"


def editor_page(found: Context, endpoint: str) -> str:
    """The page as HTML; `endpoint` is the address that it is for."""
    questions = [
        {"question": one.question, "group": one.group, "sparql": _with_examples(one, found)}
        for one in found.catalogue.questions
    ]
    first = next((one for one in found.catalogue.questions if one.name == _FIRST), None)
    return render_template(
        "sparql.html", questions=questions, prefixes=PREFIXES, endpoint=endpoint, limits=limits(found.settings),
        first=_with_examples(first, found) if first else "SELECT * WHERE { ?s ?p ?o } LIMIT 10",
    )  # fmt: skip


def _with_examples(question: Question, found: Context) -> str:
    given = {one.name: one.example for one in question.parameters if one.required}
    try:
        return pasteable(question.select, bind(question, given, found.names))
    except UnknownValue:  # an example that this release does not have
        return question.select
