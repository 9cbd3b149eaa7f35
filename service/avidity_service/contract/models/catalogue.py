"""The models by the names that operations call them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, create_model

from avidity_service.contract.models.base import Answer, Model, Value
from avidity_service.contract.models.finding import Agent, Finding
from avidity_service.contract.models.links import Mapping, Resolved
from avidity_service.contract.models.questions import Entry, Question
from avidity_service.contract.models.source import Hit, PassageAndFacts, Source, Suggestion, Verified
from avidity_service.contract.models.synthesis import Group, MapRow
from avidity_service.contract.models.things import FindingThing, Release, StudyThing, Thing

MODELS: dict[str, type[BaseModel]] = {
    model.__name__: model
    for model in (
        Agent,
        Entry,
        Finding,
        Group,
        MapRow,
        FindingThing,
        Hit,
        Mapping,
        PassageAndFacts,
        Question,
        Release,
        Resolved,
        Source,
        StudyThing,
        Suggestion,
        Thing,
        Verified,
    )
}


def answer_of(data: str) -> type[BaseModel]:
    """The envelope around a model, or around a list of them: `Finding`, `list[Finding]`."""
    inner = data.removeprefix("list[").removesuffix("]")
    name = f"{inner}{'s' if inner != data else ''}Answer"
    model: Any = MODELS[inner]
    content: Any = model if inner == data else list[model]
    return create_model(name, __base__=Answer[content], __doc__=f"The answer with {data}.")


def answer_of_question(name: str, columns: tuple[str, ...]) -> type[BaseModel]:
    """The envelope around a question's rows; a column holds text, a number, true or false, or null."""
    title = "".join(word.capitalize() for word in name.split("-"))
    fields: dict[str, Any] = dict.fromkeys(columns, (Value, ...))
    row = create_model(f"{title}Row", __base__=Model, **fields)
    return create_model(f"{title}Answer", __base__=Answer[list[row]])  # type: ignore[valid-type]
