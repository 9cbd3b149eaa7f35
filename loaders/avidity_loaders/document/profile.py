"""The profile of a kind of document: the few things that the loader has to be told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from avidity_loaders.errors import Problem, SourceError


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]


class Profile(BaseModel):
    """See `seeds/review/profile.yaml` for what each field means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    headings: Annotated[list[Pattern], Field(min_length=1)]
    figure_legend: Pattern
    table_caption: Pattern
    table_note: Pattern
    cell_start: Pattern
    list_item: Pattern
    row_gap: Annotated[int, Field(ge=1)]
    reference_marker: Pattern
    reference_list: list[str]
    table_mention: Pattern
    abbreviations: list[str]


def read_profile(path: Path) -> Profile:
    """The profile in a YAML file.

    Raises:
        SourceError: if it is not YAML, or a field is missing, unknown or no regular expression.
    """
    try:
        return Profile.model_validate(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise SourceError(
            [Problem(f"{'.'.join(map(str, fault['loc'])) or 'profile'}: {fault['msg']}", path) for fault in faults]
        ) from None
    except (YAMLError, OSError, UnicodeDecodeError) as error:
        raise SourceError(Problem(f"the profile cannot be read: {error}", path)) from None
