"""`/api/v1`: collections, single things, questions, the release."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, jsonify, request

from avidity_service.asking import ask, bind
from avidity_service.catalogue import pasteable
from avidity_service.context import context
from avidity_service.contract.operations import Operation, operations
from avidity_service.contract.refusing import refuse_undeclared
from avidity_service.engine import short
from avidity_service.errors import UnknownThing, UnknownValue
from avidity_service.names import nearest, nodes
from avidity_service.rest.agents import agent_record, agents_with_responders
from avidity_service.rest.collections import LISTS, OF_STUDIES, SINGLE, THING_COLUMNS
from avidity_service.rest.envelope import answer, meta, one
from avidity_service.rest.filters import FILTERS, Asked, class_term, in_order, read_filters
from avidity_service.rest.findings import COLUMNS, Row
from avidity_service.rest.parts import parts_of_study, with_sides

blueprint = Blueprint("rest", __name__, url_prefix="/api/v1")
blueprint.before_request(refuse_undeclared)


@blueprint.get("/")
def index() -> Response:
    """What there is."""
    names = [path[1:] for path in map(_plain, operations()) if path]
    return jsonify(
        data=[{"name": name, "href": f"/api/v1/{name}"} for name in names],
        meta=meta(len(names)),
        links={"self": request.path},
    )


@blueprint.get("/agents")
def agents() -> Response:
    """All agents; with a filter, those with at least one responder among the findings that it leaves.

    Without a measure, that of restored uptake is meant.
    """
    asked = _asked(FILTERS, THING_COLUMNS)
    findings, things = context().findings, context().things
    if not asked.terms:
        records = [agent_record(iri, things) for iri in things.members("agent")]
        return _table(in_order(records, asked.sort), asked, len(records), None)
    assumed = {}
    if "measure" not in asked.terms:
        # "Responder" needs an outcome; a harm or a death must never make an agent look effective.
        assumed = {"measure": "uptake-restored"}
        asked.terms["measure"] = nodes(context().names.resolve("measure", "uptake-restored"))
    favourable = context().things.favourable_measures()
    for term in asked.terms["measure"]:
        if term.value not in favourable:
            slugs = sorted(short(iri).partition("/")[2] for iri in favourable)
            raise UnknownValue("measure", short(term.value).partition("/")[2], slugs)
    data, found, unnamed = agents_with_responders(replace(asked, sort=()), findings, things)
    data = in_order(data, asked.sort)
    rows = [{"agent": agent["id"], "agent_label": agent["label"], **row} for agent in data for row in agent["findings"]]
    page = data[asked.offset : asked.offset + asked.limit]
    return answer(page, rows, asked, len(data), found.query, linked=True, assumed=assumed, agent_not_named=unnamed)


@blueprint.get("/findings")
def findings() -> Response:
    """Findings of every kind, harms among them."""
    asked = _asked(FILTERS, COLUMNS)
    found = context().findings.find(asked)
    return answer(found.rows, found.rows, asked, found.total, found.query, linked=True)


@blueprint.get("/adverse-events")
def adverse_events() -> Response:
    """Harms; `grade_min` leaves out those whose grade is not stated."""
    asked = _asked(FILTERS, COLUMNS)
    found = context().findings.find(asked, class_term("AdverseEventFinding"))
    return answer(found.rows, found.rows, asked, found.total, found.query, linked=True)


@blueprint.get("/questions")
def questions() -> Response:
    """The competency questions."""
    data = [
        {
            "name": question.name, "question": question.question, "group": question.group, "row": question.row,
            "parameters": [
                {name: getattr(p, name) for name in ("name", "type", "description", "example", "required")}
                for p in question.parameters
            ],
            "href": f"/api/v1/questions/{question.name}",
        }
        for question in context().catalogue.questions
    ]  # fmt: skip
    return jsonify(data=data, meta=meta(len(data)), links={"self": request.full_path.rstrip("?")})


@blueprint.get("/questions/<name>")
def question_answer(name: str) -> Response:
    """A question's rows."""
    found = context()
    question = found.catalogue.question(name)
    given = {key: value for key, value in request.args.items() if key not in ("format", "limit", "offset")}
    paging = {key: request.args.getlist(key) for key in ("format", "limit", "offset") if key in request.args}
    asked = read_filters(paging, (), found.names)
    bound = bind(question, given, found.names)
    answers = ask(question, bound, found.engine)
    rows = list(answers)
    page = rows[asked.offset : asked.offset + asked.limit] if "limit" in paging or "offset" in paging else rows
    return answer(
        page,
        page,
        asked,
        len(rows),
        pasteable(question.select, bound),
        columns=answers.columns,
        question=question.question,
    )


@blueprint.get("/release")
def release() -> Response:
    """The release's id, counts and digests."""
    return jsonify(data=context().release.manifest, meta=meta(1), links={"self": request.path})


@blueprint.get("/<collection>")
def listing(collection: str) -> Response:
    """A plain list of things."""
    if collection not in LISTS:
        raise UnknownThing(f"collection '{collection}'", nearest(collection, [*SINGLE, "questions", "release"]))
    things = context().things
    asked = _asked(("study",) if collection in OF_STUDIES else (), THING_COLUMNS)
    members = things.members(LISTS[collection])
    things.engine.prepare(members)
    records = [with_sides(things.record(iri), things) for iri in members]
    if "study" in asked.terms:
        studies = {term.value for term in asked.terms["study"]}
        records = [r for r in records if {s["iri"] for s in r["properties"].get("ofStudy", [])} & studies]
    return _table(in_order(records, asked.sort), asked, len(records), None)


@blueprint.get("/<collection>/<path:slug>")
def single(collection: str, slug: str) -> Response:
    """One thing; findings as the same rows as in their collection."""
    if collection not in SINGLE:
        raise UnknownThing(f"collection '{collection}'", nearest(collection, SINGLE))
    finder, things = context().findings, context().things
    node = things.find(SINGLE[collection], slug)
    record = with_sides(things.record(node.value), things)
    if record["kind"] == "study":
        record["parts"] = dict(parts_of_study(node, things))
    if SINGLE[collection] == "finding":
        rows = finder.find(Asked({"finding": [node]}), whole=True).rows
        record = {**record, **rows[0]}
    return one(record, page=node.value)


def _plain(operation: Operation) -> str | None:
    """The path, if it is one that can be asked for as it stands."""
    needs = any(parameter.required for parameter in operation.parameters)
    return None if needs or operation.path == "/" else operation.path


def _asked(allowed: tuple[str, ...], columns: tuple[str, ...]) -> Asked:
    return read_filters(request.args.to_dict(flat=False), allowed, context().names, columns)


def _table(records: list[Row], asked: Asked, total: int, query: str | None) -> Response:
    page = records[asked.offset : asked.offset + asked.limit]
    return answer(page, page, asked, total, query, linked=True)
