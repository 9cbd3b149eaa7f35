"""The profile of a kind of document: the few things that the loader has to be told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from avidity_loaders.errors import Problem, SourceError


def _naming(group: str) -> AfterValidator:
    """A check that the pattern names the group that the loader will ask it for."""

    def check(pattern: re.Pattern[str]) -> re.Pattern[str]:
        if group not in pattern.groupindex:
            raise ValueError(f"the pattern has no group (?P<{group}>…)")
        return pattern

    return AfterValidator(check)


Titled = Annotated[re.Pattern[str], _naming("title")]
Labelled = Annotated[re.Pattern[str], _naming("label")]
Numbered = Annotated[re.Pattern[str], _naming("numbers")]


class Profile(BaseModel):
    """How documents of one kind are laid out; `seeds/review/profile.yaml` says what each field means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Annotated[str, Field(min_length=1)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    headings: Annotated[tuple[Titled, ...], Field(min_length=1)]
    figure_legend: Labelled
    figure_mention: Labelled
    table_caption: Labelled
    table_mention: Labelled
    table_note: re.Pattern[str]
    cell_start: re.Pattern[str]
    list_item: re.Pattern[str]
    row_gap: Annotated[int, Field(ge=1)]
    reference_marker: Numbered
    reference_list: tuple[str, ...]
    abbreviations: tuple[str, ...]


def read_profile(path: Path) -> Profile:
    """The profile in a YAML file.

    Raises:
        SourceError: if it is not YAML, or a field is missing, unknown or no regular expression; with the line.
    """
    try:
        data = YAML(typ="rt", pure=True).load(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise SourceError(Problem(f"the profile cannot be read: {error.strerror}", path)) from None
    except UnicodeDecodeError as error:
        raise SourceError(Problem(f"this is not UTF-8 text: {error.reason} at byte {error.start}", path)) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise SourceError(_yaml_problem(error, path)) from None
    try:
        return Profile.model_validate(data)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise SourceError([_problem(fault["loc"], fault["msg"], data, path) for fault in faults]) from None


def _yaml_problem(error: Exception, path: Path) -> Problem:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    what = error.problem if isinstance(error, MarkedYAMLError) and error.problem else str(error)
    return Problem(f"this is not YAML: {what}", path, line=None if mark is None else mark.line + 1)


def _problem(place: Sequence[str | int], what: str, data: object, path: Path) -> Problem:
    name = ".".join(map(str, place)) or "profile"
    cure = f"allowed: {', '.join(Profile.model_fields)}" if what.startswith("Extra inputs") else None
    return Problem(f"{name}: {what}", path, line=_line(data, place), cure=cure)


def _line(data: object, place: Sequence[str | int]) -> int | None:
    """The line (from 1) of the innermost part of `place` that the file has; None for what is not there at all."""
    line: int | None = None
    for part in place:
        if isinstance(data, CommentedMap) and part in data:
            line = data.lc.key(part)[0] + 1
        elif isinstance(data, CommentedSeq) and isinstance(part, int) and part < len(data):
            line = data.lc.item(part)[0] + 1
        else:
            break
        data = data[part]
    return line
