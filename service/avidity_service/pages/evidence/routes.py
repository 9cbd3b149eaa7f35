"""`/source` and `/discrepancies`; a study's page is at the study's own address."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from avidity_service.context import Context, context
from avidity_service.errors import UnknownValue
from avidity_service.iris import BASE
from avidity_service.names import nearest, nodes
from avidity_service.pages.evidence import contradictions, reading
from avidity_service.pages.evidence.flow import amount
from avidity_service.pages.evidence.quoting import quoted
from avidity_service.rest.filters import Asked
from avidity_service.source import Passage

blueprint = Blueprint("evidence", __name__)
# What a reader looks for first; every other kind stands between these and the contradictions.
_FIRST, _LAST = ("finding", "cohort", "regimen"), ("discrepancy", "discrepancy-side")
_WHOLE = "review"  # the contradictions of no study


@blueprint.get("/source")
def source() -> str:
    """The review's text with every supported passage marked.

    `passage=START-END` (or a passage's id, or `start=` and `end=`) chooses a place and shows what it proves.
    """
    found = context()
    text = found.release.source
    asked = request.args.get("passage") or "-".join(filter(None, map(request.args.get, ("start", "end"))))
    chosen = reading.place(asked, text) if asked else None
    exact, others = reading.covering(*chosen, text.passages.values()) if chosen else (None, [])
    record = found.things.record(found.things.members("source")[0])
    return render_template(
        "evidence/source.html", sections=found.sections, chosen=chosen,
        words=text.text[slice(*chosen)] if chosen else "",
        exact=_with_facts(exact, found) if exact else None, others=[_with_facts(one, found) for one in others],
        record=record["properties"], coverage=text.coverage, passages=len(text.passages),
        ledger=[row for row in text.ledger if row["reasons"]], text=text.text,
    )  # fmt: skip


@blueprint.get("/discrepancies")
def discrepancies() -> str:
    """Every contradiction and gap, or those of one study."""
    found = context()
    shown = everything = found.contradictions
    asked = request.args.get("study")
    if asked:
        asked = _slug(asked, found)
        shown = tuple(contradictions.of_study(None if asked == _WHOLE else asked, everything))
    studies = contradictions.studies_of(everything)
    return render_template(
        "evidence/discrepancies.html", found=shown, studies=studies, chosen=asked, total=len(everything)
    )


def _slug(asked: str, found: Context) -> str:
    if asked == _WHOLE:
        return asked
    known = found.names.slugs["study"]
    try:
        [iri] = found.names.resolve("study", asked)
    except ValueError:  # a name that two studies share
        raise UnknownValue("study", asked, sorted(known), nearest(asked, known)) from None
    return iri.removeprefix(f"{BASE}study/")


def _prominence(fact: str) -> tuple[int, str]:
    kind = fact.partition("/")[0]
    if kind in _FIRST:
        return _FIRST.index(kind), fact
    return len(_FIRST) + (1 + _LAST.index(kind) if kind in _LAST else 0), fact


def _with_facts(passage: Passage, found: Context) -> dict[str, object]:
    """A passage's words and the facts that it proves, by kind; a finding with what it counts."""
    findings = nodes([BASE + fact for fact in passage.facts if fact.startswith("finding/")])
    rows = found.findings.find(Asked({"finding": findings}), whole=True).rows if findings else []
    counts = {f"finding/{row['id']}": amount(row) for row in rows}
    facts: dict[str, list[dict[str, str | None]]] = {}
    # A side's words are those of its contradiction, which is the thing to open.
    own = [fact for fact in passage.facts if not fact.startswith("discrepancy-side/")] or passage.facts
    for fact in sorted(own, key=_prominence):
        kind = fact.partition("/")[0].replace("-", " ")
        facts.setdefault(kind, []).append(
            {"href": f"/{fact}", "label": found.names.label(BASE + fact), "amount": counts.get(fact)}
        )
    return {**quoted(passage, found.release.source), "facts": facts}
