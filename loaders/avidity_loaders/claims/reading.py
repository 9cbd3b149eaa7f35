"""Claims files as YAML: read with the line of every key, so that an error can name its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from avidity_loaders.claims.models import Content, StudyFile, TopicFile
from avidity_loaders.errors import ClaimsError, Problem

Path_ = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class ClaimsFile:
    """A claims file that fits the schema, with the tree it was read from for looking up lines."""

    path: Path
    content: Content
    tree: CommentedMap

    def line(self, path: Path_) -> int:
        """The line (from 1) at which the value at `path` stands, or the nearest one above it that exists."""
        return line_of(self.tree, path)


def line_of(tree: Any, path: Path_) -> int:
    """The line of the deepest part of `path` that the tree has; 1 where it has none."""
    line, node = 1, tree
    for step in path:
        if isinstance(node, CommentedMap) and step in node:
            line = node.lc.key(step)[0] + 1
            node = node[step]
        elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
            line = node.lc.item(step)[0] + 1
            node = node[step]
        else:
            break
    return line


def read_claims(folder: Path) -> list[ClaimsFile]:
    """All claims files of a folder in order of their names: one for each study, and in `review/` one for each topic.

    Raises:
        ClaimsError: with every problem of every file: not YAML, not UTF-8, not fitting the schema.
    """
    paths = [path for place in (folder, folder / "review") for path in sorted(place.glob("*.y*ml"))]
    if not paths:
        raise ClaimsError(Problem("there is no claims file (*.yaml) here", folder))
    files: list[ClaimsFile] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            files.append(read_claims_file(path))
        except ClaimsError as error:
            problems += error.problems
    if problems:
        raise ClaimsError(problems)
    return files


def read_claims_file(path: Path) -> ClaimsFile:
    """One claims file.

    Raises:
        ClaimsError: naming file, line and field of everything that does not fit.
    """
    tree = _parse(path)
    try:
        content = (TopicFile if "topic" in tree else StudyFile).model_validate(_plain(tree))
    except ValidationError as error:
        raise ClaimsError(_problems(path, tree, error)) from None
    return ClaimsFile(path, content, tree)


def _parse(path: Path) -> CommentedMap:
    try:
        tree = YAML(typ="rt", pure=True).load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ClaimsError(Problem(f"this is not UTF-8 text (byte {error.start})", path)) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = "; ".join(part for part in (error.context, error.problem) if part)
        cure = "the file must be YAML 1.2; quote text that holds a colon, and name each key once"
        raise ClaimsError(
            Problem(f"this is not YAML: {what}", path, mark.line + 1 if mark else None, cure=cure)
        ) from None
    except YAMLError as error:
        raise ClaimsError(Problem(f"this is not YAML: {error}", path)) from None
    if not isinstance(tree, CommentedMap):
        raise ClaimsError(
            Problem("this is not a claims file: it must be a mapping with the key 'study' or 'topic'", path, 1)
        )
    return tree


def _plain(node: Any) -> Any:
    """The tree without ruamel's own number types, decimals as written (0.90 stays 0.90)."""
    if isinstance(node, CommentedMap):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value) for value in node]
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, int):
        return int(node)
    return str(node)


def _problems(path: Path, tree: CommentedMap, error: ValidationError) -> list[Problem]:
    problems = []
    for fault in error.errors(include_url=False):
        place = [step for step in fault["loc"] if step != "function-before"]
        field = ".".join(str(step) for step in place)
        what = f"{field}: {fault['msg']}"
        if fault["type"] not in ("missing", "extra_forbidden") and not isinstance(fault["input"], (dict, list)):
            what += f" (found {fault['input']!r})"
        problems.append(Problem(what, path, line_of(tree, place), _claim(tree, place), _cure(fault["type"])))
    return problems


def _claim(tree: CommentedMap, place: Path_) -> str:
    study = tree.get("study", tree.get("topic"))
    slug = study.get("slug") if isinstance(study, CommentedMap) else None
    return "/".join(str(part) for part in (slug or "?", *place[:2]))


def _cure(kind: str) -> str | None:
    return {
        "extra_forbidden": "this key is not in the schema; see seeds/claims.schema.json for those that are",
        "missing": "this key must be there",
        "int_type": "write a whole number without quotation marks",
    }.get(kind)
