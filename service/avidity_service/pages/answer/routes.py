"""`/questions/<name>`: a question's form and its answer."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from werkzeug import Response

from avidity_service.asking import ask, bind
from avidity_service.catalogue import pasteable
from avidity_service.context import Context, context
from avidity_service.engine import text
from avidity_service.errors import UnknownValue
from avidity_service.iris import BASE
from avidity_service.pages.answer import beside
from avidity_service.pages.answer.code import code
from avidity_service.pages.answer.outcomes import Outcome, outcomes
from avidity_service.pages.answer.plot import plotted
from avidity_service.pages.evidence.flow import amount
from avidity_service.pages.evidence.quoting import quotes_in

blueprint = Blueprint("answer", __name__)
_GRADES = ["1", "2", "3", "4", "5"]  # CTCAE


@blueprint.get("/questions")
def questions() -> Response:
    """All questions are on the home page."""
    return redirect("/#questions")


@blueprint.get("/questions/<name>")
def question(name: str) -> tuple[str, int]:
    """The form, and the answer if everything that the question needs is given."""
    found = context()
    asked = found.catalogue.question(name)
    given = {key: value for key, value in request.args.items() if value}
    repeated = next((key for key in given if len(request.args.getlist(key)) > 1), None)
    page: dict[str, Any] = {"question": asked, "given": given, "names": found.names}
    if not given and any(parameter.required for parameter in asked.parameters):
        return render_template("answer/page.html", **page), 200
    try:
        if repeated is not None:
            raise UnknownValue(repeated, ", ".join(request.args.getlist(repeated)), [f"one {repeated}"])
        if "grade_min" in given and given["grade_min"] not in _GRADES:
            raise UnknownValue("grade_min", given["grade_min"], _GRADES)
        bound = bind(asked, given, found.names)
    except UnknownValue as error:
        return render_template("answer/page.html", **page, error=error), 422
    rows = ask(asked, bound, found.engine)
    every = list(rows)
    # Columns of IRIs are for programs; the labels beside them are for the eye.
    shown = [
        column
        for column in rows.columns
        if column not in bound
        and column not in ("quote", "note")
        and any(row[column] is not None for row in every)
        and not any(str(row[column]).startswith(BASE) for row in every)
    ]
    query = f"?{urlencode(given)}" if given else ""
    counted, severe = outcomes(asked, bound, every, found), beside.severest(every, found)
    return render_template(
        "answer/page.html", **page, rows=every, shown=shown, query=query, text=text,
        meanings={key: found.names.label(value.value) for key, value in bound.items()},
        sparql=pasteable(asked.select, bound), code=code(request.host_url, name, given), counted=counted,
        plots={one.measure: plotted(one.rows, one.group["pooled"]) for one in counted}, amount=amount,
        severe=severe, harm_words=beside.harms_in_words(severe),
        about=[_about(one.value, found) for one in bound.values() if one.value.startswith(BASE)],
        **_beside(counted, found), quotes_in=partial(quotes_in, source=found.release.source),
        release=found.release.id,
    ), 200  # fmt: skip


def _about(iri: str, found: Context) -> dict[str, str]:
    """The thing that a parameter names, for a link to its page."""
    kind, _, slug = iri.removeprefix(BASE).partition("/")
    return {"kind": kind, "slug": slug, "label": found.names.label(iri)}


def _beside(counted: list[Outcome], found: Context) -> dict[str, Any]:
    """Harms and contradictions of the studies that are counted, the agents that were given, and what is not known."""
    rows = [row for one in counted for row in (*one.rows, *one.words)]
    studies = list(dict.fromkeys(str(row["study"]) for row in rows))
    return {
        "harms": beside.harms(studies, found),
        "disputed": beside.disputed(studies, found),
        "silent": {one.measure: beside.not_known(one, found) for one in counted},
    }
