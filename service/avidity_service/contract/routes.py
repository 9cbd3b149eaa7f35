"""`/api/openapi.json` and `/api/docs`: the document, and it as a page without a script."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, current_app, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from avidity_service.context import context

blueprint = Blueprint("contract", __name__)
_KEY = "avidity-openapi"
_ROOT = "/api/v1"


@blueprint.get("/api/openapi.json")
def openapi() -> Response:
    """The OpenAPI document."""
    return Response(json.dumps(_document(), ensure_ascii=False), content_type="application/json")


@blueprint.get("/api/docs")
def docs() -> str:
    """The document as a page: every path with an example that can be followed."""
    made = _document()
    operations = [_shown(path, item["get"], made) for path, item in made["paths"].items()]
    base = request.host_url.rstrip("/") + _ROOT
    return render_template("api-docs.html", document=made, operations=operations, root=_ROOT, base=base)


@blueprint.get("/api")
def api() -> Redirect:
    """Where people look first."""
    return redirect("/api/docs")


def _document() -> dict[str, Any]:
    """The document, made when it is first asked for."""
    made: dict[str, Any] | None = current_app.extensions.get(_KEY)
    if made is None:
        from avidity_service.contract.document import document  # pydantic takes a while to come

        made = current_app.extensions[_KEY] = document(context())
    return made


def _shown(path: str, operation: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """An operation with an example's address and the fields of its data."""
    address = _ROOT + path
    asked: list[tuple[str, Any]] = [(name, value) for name, value in operation.get("x-example", ())]
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            address = address.replace(f"{{{parameter['name']}}}", quote(str(parameter["example"]), safe="/:"))
        elif parameter["required"] and not operation.get("x-example"):
            asked.append((parameter["name"], parameter["example"]))
    example = f"{address}?{urlencode(asked)}" if asked else address
    return {**operation, "path": path, "example": example, "fields": _fields(operation, made)}


def _fields(operation: dict[str, Any], made: dict[str, Any]) -> list[tuple[str, str]]:
    """(name, meaning) of the fields that a record of the answer has."""
    schemas = made["components"]["schemas"]
    answer = _followed(operation["responses"]["200"]["content"]["application/json"]["schema"], schemas)
    data = _followed(answer["properties"]["data"], schemas)
    record = _followed(data.get("items", data), schemas)
    return [(name, schema.get("description") or _kind(schema)) for name, schema in record.get("properties", {}).items()]


def _followed(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return schemas[reference.rsplit("/", 1)[-1]] if reference else schema


def _kind(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
        str(schema.get("type")), str(schema.get("type", "anything"))
    )
