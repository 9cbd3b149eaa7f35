"""The OpenAPI document of a release: operations, their parameters with the values there are, shapes, refusals.

Made with apispec; shapes come from the pydantic models. Values are the release's: another release, another document.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from apispec import APISpec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from avidity_service.context import Context
from avidity_service.contract.models.base import Problem
from avidity_service.contract.models.catalogue import answer_of, answer_of_question
from avidity_service.contract.operations import Operation, of_question, operations
from avidity_service.contract.parameters import Parameter
from avidity_service.contract.values import Values

_REF = "#/components/schemas/{model}"
_DESCRIPTION = """Evidence on making thyroid cancer take up iodine again: every number with its denominator and the
sentence that proves it. Read-only. Every answer is {data, meta, links}; meta.query is SPARQL that gives the same rows.
Errors are application/problem+json and list what is allowed. Answers carry a strong ETag and change only with the
release."""
_REFUSALS = {
    404: "Nothing bears this name; what resembles it is listed.",
    406: "None of the formats offered is acceptable.",
    409: "Parameters that do not go together, with the reason.",
    422: "A parameter or value that is not allowed; what is allowed is listed.",
    503: "Too busy; try again after the seconds that Retry-After says.",
}


def document(found: Context, server: str = "/") -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    asked = [*operations(), *map(of_question, found.catalogue.questions)]
    models = {operation.name: _model(operation, found) for operation in asked}
    refs, definitions = models_json_schema(
        [(Problem, "serialization"), *((model, "serialization") for model in models.values())], ref_template=_REF
    )
    spec = APISpec(
        title="Avidity", version=version("avidity"), openapi_version="3.1.0",
        info={
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "x-release": found.release.id,
        },
        servers=[{"url": server.rstrip("/") + "/api/v1"}],
        tags=[{"name": name} for name in dict.fromkeys(operation.group for operation in asked)],
    )  # fmt: skip
    for name, schema in definitions["$defs"].items():
        spec.components.schema(name, schema)
    values = Values(found)
    for operation in asked:
        schema = refs[models[operation.name], "serialization"]
        spec.path(operation.path, operations={"get": _operation(operation, schema, values)})
    return spec.to_dict()


def _model(operation: Operation, found: Context) -> type[BaseModel]:
    kind, _, name = operation.data.partition(":")
    if kind != "question":
        return answer_of(operation.data)
    return answer_of_question(name, found.engine.columns(found.catalogue.question(name).select))


def _operation(operation: Operation, schema: dict[str, Any], values: Values) -> dict[str, Any]:
    content = {
        media_type: {"schema": _schema_of(media_type, schema)}
        for media_type in operation.media_types
    }  # fmt: skip
    headers = {"ETag": {"schema": {"type": "string"}, "description": "Changes only with the release."}}
    return {
        "operationId": operation.name,
        **({"x-example": [list(pair) for pair in operation.example]} if operation.example else {}),
        "summary": operation.summary,
        "tags": [operation.group],
        "parameters": [_parameter(one, operation, values) for one in operation.parameters],
        "responses": {
            "200": {"description": "The answer.", "content": content, "headers": headers},
            **{str(status): _refusal(status) for status in sorted({406, 422, *operation.refusals})},
        },
    }


def _schema_of(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    if media_type == "application/json":
        return schema
    # JSON-LD is an array of nodes, whose keys are IRIs; tables are text.
    return {"type": ["array", "object"]} if media_type == "application/ld+json" else {"type": "string"}


def _refusal(status: int) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model="Problem")}
    return {"description": _REFUSALS[status], "content": {"application/problem+json": {"schema": schema}}}


def _parameter(parameter: Parameter, operation: Operation, values: Values) -> dict[str, Any]:
    in_path = f"{{{parameter.name}}}" in operation.path
    one: dict[str, Any] = {**parameter.schema}
    example = parameter.example
    if parameter.kind and not in_path:
        one["enum"] = values.of(parameter.kind)
    if in_path and example is None:
        example = values.first(str(parameter.kind))
    schema = {"type": "array", "items": one} if parameter.many else one
    return {
        "name": parameter.name,
        "in": "path" if in_path else "query",
        "required": parameter.required,
        "description": parameter.description,
        "schema": schema,
        "example": [example] if parameter.many else example,
    }
