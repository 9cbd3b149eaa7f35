"""The questions."""

from __future__ import annotations

from pydantic import Field

from avidity_service.contract.models.base import Model


class AskedFor(Model):
    """A parameter of a question."""

    name: str
    type: str = Field(description="The kind of thing that it is, or integer.")
    description: str
    example: str
    required: bool


class Question(Model):
    """A question that can be asked by name."""

    name: str
    question: str
    group: str
    row: str = Field(description="What a row means.")
    parameters: list[AskedFor]
    href: str


class Entry(Model):
    """A path of the interface."""

    name: str
    href: str
