"""Asking a competency question: names become terms, rows come back; every door goes through here."""

from __future__ import annotations

from collections.abc import Mapping

import pyoxigraph as ox

from avidity_service.catalogue import Question
from avidity_service.engine import Engine, Rows, Term, short
from avidity_service.errors import UnknownValue
from avidity_service.iris import XSD
from avidity_service.names import Names, nearest


def bind(question: Question, given: Mapping[str, str], names: Names) -> dict[str, Term]:
    """The question's parameters as terms.

    Raises:
        UnknownValue: for a parameter that the question does not have, a value that is none, or a required one missing.
    """
    allowed = [parameter.name for parameter in question.parameters]
    for name in given:
        if name not in allowed:
            raise UnknownValue(name, None, allowed, nearest(name, allowed))
    bound: dict[str, Term] = {}
    for parameter in question.parameters:
        value = given.get(parameter.name)
        if value is None:
            if parameter.required:
                allowed = sorted(names.slugs.get(parameter.type, {})) or [parameter.example]
                raise UnknownValue(parameter.name, "", allowed, [parameter.example])
            continue
        if parameter.type == "integer":
            bound[parameter.name] = _integer(parameter.name, value)
        else:
            bound[parameter.name] = ox.NamedNode(
                _one(names.resolve(parameter.type, value, parameter.name), value, parameter.name)
            )
    return bound


def ask(question: Question, bound: Mapping[str, Term], engine: Engine) -> Rows:
    """The question's rows."""
    return engine.select(question.select, bound)


def _one(iris: list[str], value: str, parameter: str) -> str:
    """The only thing meant: half an answer to a name that means two things would look like a whole one."""
    if len(iris) > 1:
        slugs = [short(iri).partition("/")[2] for iri in iris]
        raise UnknownValue(parameter, value, slugs, slugs)
    return iris[0]


def _integer(name: str, value: str) -> Term:
    if not value.lstrip("-").isdigit():
        raise UnknownValue(name, value, ["a whole number"])
    return ox.Literal(value, datatype=ox.NamedNode(XSD + "integer"))
