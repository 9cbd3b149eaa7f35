"""What all models share, and the envelope."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Number = int | float
Value = str | int | float | bool | None


class Model(BaseModel):
    """A record whose fields are all named here: an answer with another one breaks a promise."""

    model_config = ConfigDict(extra="forbid")


class Reference(Model):
    """A thing that is linked to."""

    id: str = Field(description="Slug: `/api/v1/<collection>/<id>`.")
    kind: str
    iri: str
    label: str


class MissingPart(Model):
    """Why an answer is empty."""

    reason: str
    the_source_does_not_include: list[str] = Field(description="Parts of the review that the file does not hold.")


class Meta(Model):
    """What an answer rests on."""

    release: str = Field(description="Id of the release: same id, same answer.")
    total: int = Field(description="Rows in all, on every page.", ge=0)
    limit: int = Field(ge=0)
    offset: int = Field(ge=0)
    query: str | None = Field(description="SPARQL that gives the same rows at `/sparql`; null where none was needed.")
    question: str | None = Field(None, description="The question in words.")
    assumed: dict[str, str] | None = Field(None, description="Parameters that were not given, with what was taken.")
    agent_not_named: list[Any] | None = Field(
        None, description="Findings with responders whose source names no agent, as in `/findings`."
    )
    kinds: dict[str, int] | None = Field(None, description="Of a search: how many hits of each kind.")
    read_as: dict[str, list[str]] | None = Field(None, description="Of a search: words read otherwise than written.")
    not_found: list[str] | None = Field(None, description="Of a search: words that nothing bears.")
    by: str | None = Field(None, description="Of a synthesis: what its groups are.")
    interval: str | None = Field(None, description="Of a synthesis: which interval low and high are.")
    allow_unlike: bool | None = None
    methods: dict[str, Any] | None = Field(None, description="Of a synthesis: how the numbers were made, versions.")
    not_grouped: list[dict[str, Any]] | None = None
    rows_are: str | None = Field(None, description="Of a map: what its rows are.")
    columns_are: str | None = None
    columns_of_map: list[dict[str, str]] | None = None
    searched: dict[str, int] | None = Field(None, description="Of a map: how many cohorts and studies were looked at.")
    empty: MissingPart | None = Field(None, description="Only where nothing was found.")


class Links(Model):
    """Addresses of this page and of those beside it."""

    self: str
    next: str | None = None
    prev: str | None = None
    page: str | None = Field(None, description="IRI of the thing, which is also the address of its page.")


T = TypeVar("T")


class Answer(Model, Generic[T]):
    """Every answer in JSON."""

    data: T
    meta: Meta
    links: Links


class Problem(BaseModel):
    """An error (RFC 9457). More fields may follow: what is allowed, what resembles it, where a fault is."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str = Field(description="What was wrong, in a sentence.")
    parameter: str | None = Field(None, description="The parameter at fault.")
    value: str | None = Field(None, description="Its value.")
    near: list[str] | None = Field(None, description="What may have been meant.")
    allowed: list[str] | None = Field(None, description="What is allowed.")
