"""The bibliographic record of the source document."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML

from avidity_loaders.errors import Problem, SourceError


class Field(BaseModel):
    """One statement of the record, with where it was seen and whether that settles it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: str
    status: Literal["found", "unverified"]
    seen_at: str


class Bibliography(BaseModel):
    """Who wrote the source, where it appeared, under which licence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slug: str
    title: str
    authors: list[str]
    journal: str
    year: int
    volume: str
    issue: str
    article: str
    doi: str
    licence: Field
    seen_at: dict[str, str]

    @property
    def citation(self) -> str:
        """The reference in one line."""
        return (
            f"{', '.join(self.authors)}. {self.title}. {self.journal} "
            f"{self.year};{self.volume}({self.issue}):{self.article}. doi:{self.doi}"
        )

    @property
    def licence_url(self) -> str:
        """The licence's address."""
        return self.licence.value


def read_bibliography(path: Path) -> Bibliography:
    """The record in a YAML file.

    Raises:
        SourceError: if the file is not YAML or does not fit.
    """
    try:
        return Bibliography.model_validate(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    except (ValidationError, ValueError, OSError) as error:
        raise SourceError(Problem(f"the bibliographic record cannot be read: {error}", path)) from None
