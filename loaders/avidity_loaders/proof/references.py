"""Names that claims use: each must exist, in the vocabulary or in the same file, and no id twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rapidfuzz import process

from avidity_loaders.claims.models import Content, StudyFile
from avidity_loaders.claims.reading import ClaimsFile
from avidity_loaders.claims.records import Record
from avidity_loaders.claims.results import result_path
from avidity_loaders.claims.statements import CaseEvent, HarmRate, OpenQuestion, PatientCase, Statement, TableRow
from avidity_loaders.errors import Problem
from avidity_loaders.vocabulary import Vocabulary

Place = tuple[str | int, ...]
Name = tuple[Place, str, str]  # where it is used, its kind, the slug


def unknown_names(file: ClaimsFile, vocabulary: Vocabulary) -> Iterator[Problem]:
    """A problem for each name that does not exist, with the nearest ones that do."""
    own = _own(file.content)
    for place, kind, slug in _used(file.content):
        known = own.get(kind) or vocabulary.slugs(kind)
        if slug not in known:
            yield _unknown(file, place, kind, slug, known)


def duplicate_ids(files: Iterable[ClaimsFile]) -> Iterator[Problem]:
    """A problem for each id that is used twice, in one file or in two."""
    first: dict[str, ClaimsFile] = {}
    for file in files:
        for claim, place in _ids(file.content):
            if claim in first:
                where = "in this file" if first[claim] is file else f"in {first[claim].path.name}"
                cure = "give the cohort, measure or study another name, or the second result a `qualifier`"
                yield Problem(f"this id is used already {where}", file.path, file.line(place), claim, cure)
            else:
                first[claim] = file


def _ids(content: Content) -> Iterator[tuple[str, Place]]:
    yield content.claim_id(("study",)) if isinstance(content, StudyFile) else f"topic/{content.slug}", ()
    for place, _ in content.records():
        # Parts of a study's own record, and the sides of a discrepancy, have no id of their own.
        if place[0] != "study" and "sides" not in place:
            yield content.claim_id(place), place
    for index, discrepancy in enumerate(content.discrepancies):
        yield f"discrepancy/{content.slug}/{discrepancy.slug}", ("discrepancies", index)


def _own(content: Content) -> dict[str, list[str]]:
    if not isinstance(content, StudyFile):
        return {}
    results = [*map(result_path, content.findings), *map(result_path, content.adverse_events)]
    return {
        "finding": results or ["(none in this file)"],
        "cohort": [cohort.slug for cohort in content.cohorts] or ["(none in this file)"],
        "regimen": [regimen.slug for regimen in content.regimens] or ["(none in this file)"],
        "assessment": [assessment.slug for assessment in content.assessments] or ["(none in this file)"],
    }


def _used(content: Content) -> Iterator[Name]:
    for place, record in content.records():
        yield from _used_by(place, record)
    for i, discrepancy in enumerate(content.discrepancies):
        yield from ((("discrepancies", i, "about", j), *_split(v)) for j, v in enumerate(discrepancy.about))
    if isinstance(content, StudyFile):
        yield from _used_by_study(content)


def _used_by(place: Place, record: Record) -> Iterator[Name]:
    match record:
        case Statement():
            yield (*place, "relation"), "relation", record.relation
            for name in ("subject", "object"):
                if getattr(record, name) is not None:
                    yield (*place, name), *_split(getattr(record, name))
            yield from (((*place, "about", j), *_split(value)) for j, value in enumerate(record.about))
        case OpenQuestion():
            yield from (((*place, "about", j), *_split(value)) for j, value in enumerate(record.about))
        case TableRow() | HarmRate():
            for kind in ("agent", "mechanism"):
                yield from (((*place, kind + "s", j), kind, slug) for j, slug in enumerate(getattr(record, kind + "s")))
            if isinstance(record, HarmRate):
                yield (*place, "measure"), "measure", record.measure
        case PatientCase():
            yield (*place, "histology"), "histology", record.histology
        case CaseEvent():
            yield from _given(place, record, ("agent",) * 2)


def _used_by_study(content: StudyFile) -> Iterator[Name]:
    for i, cohort in enumerate(content.cohorts):
        yield from _given(("cohorts", i), cohort, ("part_of", "cohort"), ("alteration",) * 2, ("histology",) * 2)
        yield from ((("cohorts", i, "regimens", j), "regimen", slug) for j, slug in enumerate(cohort.regimens))
        yield from ((("cohorts", i, "sum_of", j), "finding", path) for j, path in enumerate(cohort.sum_of))
        for j, members in enumerate(cohort.members):
            yield from _given(("cohorts", i, "members", j), members, ("alteration",) * 2, ("histology",) * 2)
    for i, regimen in enumerate(content.regimens):
        yield from _given(("regimens", i), regimen, ("same_as", "regimen"))
        # One regimen is told first, and the others are the same as it; a circle would have none told first.
        first = {other.slug: other for other in content.regimens}.get(regimen.same_as or "")
        if first is not None and first.same_as is not None:
            yield ("regimens", i, "same_as"), "first-told regimen", regimen.same_as or ""
        for j, component in enumerate(regimen.components):
            yield from _given(("regimens", i, "components", j), component, ("agent",) * 2, ("mechanism",) * 2)
    yield from _used_by_results(content)


def _used_by_results(content: StudyFile) -> Iterator[Name]:
    for i, finding in enumerate(content.findings):
        yield from _given(("findings", i), finding, ("cohort",) * 2, ("measure",) * 2, ("assessment",) * 2)
        yield from ((("findings", i, "regimens", j), "regimen", s) for j, s in enumerate(finding.regimens or []))
    for i, event in enumerate(content.adverse_events):
        yield from _given(("adverse_events", i), event, ("cohort",) * 2, ("term", "adverse-event-term"))
        yield from ((("adverse_events", i, "regimens", j), "regimen", s) for j, s in enumerate(event.regimens or []))


def _split(value: str) -> tuple[str, str]:
    kind, _, slug = value.partition("/")
    return kind, slug


def _given(place: Place, record: object, *fields: tuple[str, ...]) -> Iterator[Name]:
    for field, kind in fields:
        slug = getattr(record, field)
        if slug is not None:
            yield (*place, field), kind, slug


def _unknown(file: ClaimsFile, place: Place, kind: str, slug: str, known: list[str]) -> Problem:
    near = [name for name, score, _ in process.extract(slug, known, limit=3) if score > 55]
    cure = f"did you mean {' or '.join(near)}? " if near else ""
    cure += f"known: {', '.join(known[:40])}" if known else f"there is no {kind} at all"
    if kind == "first-told regimen":
        cure = "point same_as at the regimen that is told first, which has no same_as itself"
    elif kind not in ("cohort", "regimen", "assessment", "finding"):
        cure += f"\na new {kind} is added in ontology/vocabulary/, with a label and a definition"
    claim = f"{file.content.slug}/{'/'.join(str(part) for part in place)}"
    return Problem(f"unknown {kind} '{slug}'", file.path, file.line(place), claim, cure)
