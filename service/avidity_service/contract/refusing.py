"""No parameter is taken that the document does not name."""

from __future__ import annotations

from functools import cache

from flask import request

from avidity_service.contract.operations import Operation, operations
from avidity_service.errors import UnknownValue
from avidity_service.names import nearest


def refuse_undeclared() -> None:
    """Refuse a parameter that the operation's record does not name.

    Raises:
        UnknownValue: with those that it has.
    """
    operation = _by_path().get(_path())
    if operation is None:  # a question, whose parameters are its own, or nothing at all
        return
    declared = [parameter.name for parameter in operation.parameters]
    for name in request.args:
        if name not in declared:
            raise UnknownValue(name, None, declared, nearest(name, declared))


@cache
def _by_path() -> dict[str, Operation]:
    return {operation.path: operation for operation in operations()}


def _path() -> str:
    rule = request.url_rule.rule.removeprefix("/api/v1") if request.url_rule else ""
    rule = rule.replace("<collection>", str((request.view_args or {}).get("collection", "")))
    return rule.replace("<path:", "{").replace("<", "{").replace(">", "}")
