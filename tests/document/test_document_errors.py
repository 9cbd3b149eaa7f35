"""What the loader refuses, and that it says where and why."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from avidity_loaders.document import parse_document, read_document, read_profile
from avidity_loaders.errors import Problem, SourceError
from avidity_loaders.inputs import Inputs

SHIPPED = Inputs.shipped().seeds / "review" / "profile.yaml"
PROFILE = read_profile(SHIPPED)
OPEN = PROFILE.model_copy(update={"sha256": None})


def _refused(path: Path, data: bytes) -> Problem:
    path.write_bytes(data)
    with pytest.raises(SourceError) as error:
        read_document(path, OPEN)
    [problem] = error.value.problems
    assert problem.file == path
    return problem


def test_another_digest_shows_both(tmp_path: Path) -> None:
    data = (SHIPPED.parent / "review.txt").read_bytes()[:-1]
    path = tmp_path / "review.txt"
    path.write_bytes(data)
    with pytest.raises(SourceError) as error:
        read_document(path, PROFILE)
    assert PROFILE.sha256 is not None
    assert PROFILE.sha256 in str(error.value)
    assert hashlib.sha256(data).hexdigest() in str(error.value)


def test_a_profile_without_digest_takes_any_file(tmp_path: Path) -> None:
    path = tmp_path / "other.txt"
    path.write_bytes("Abstract\r\n\r\n≥ 5 mm.\r\n".encode())
    document = read_document(path, OPEN)
    assert document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert document.text == "Abstract\r\n\r\n≥ 5 mm.\r\n"


def test_invalid_utf_8_says_at_which_byte(tmp_path: Path) -> None:
    assert "at byte 13" in _refused(tmp_path / "a.txt", "Abstract\n≥ ".encode() + b"\xff").what


@pytest.mark.parametrize("data", [b"", b" \n\t\n"])
def test_an_empty_file(data: bytes, tmp_path: Path) -> None:
    assert "empty" in _refused(tmp_path / "a.txt", data).what


def test_a_file_without_headings(tmp_path: Path) -> None:
    problem = _refused(tmp_path / "a.txt", b"Only a paragraph.\n")
    assert "no line is a heading" in problem.what
    assert "headings" in (problem.cure or "")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        read_document(tmp_path / "none.txt", OPEN)
    with pytest.raises(SourceError, match="No such file"):
        read_profile(tmp_path / "none.yaml")


def test_a_text_without_headings_has_no_file_to_name() -> None:
    with pytest.raises(SourceError) as error:
        parse_document("Only a paragraph.", OPEN, "")
    assert error.value.problems[0].file is None


def _profile_problems(path: Path, text: str) -> tuple[Problem, ...]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as error:
        read_profile(path)
    assert {problem.file for problem in error.value.problems} == {path}
    return error.value.problems


def _line_of(text: str, words: str) -> int:
    [line] = [number for number, row in enumerate(text.splitlines(), 1) if words in row]
    return line


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("row_gap: 2", "row_gap: none", "row_gap: Input should be a valid integer"),
        ("row_gap: 2", "row_gap: 0", "row_gap: Input should be greater than or equal to 1"),
        ("row_gap: 2", "row_gap: 2\nrow_gaps: 3", "row_gaps: Extra inputs are not permitted"),
        ("'^Legend:\\ '", "'['", "table_note: Input should be a valid regular expression"),
        ("(?P<label>Table\\ \\d+)\\.", "Table\\ \\d+\\.", "the pattern has no group (?P<label>…)"),
        ("(?P<title>Abstract|", "(?:Abstract|", "headings.1: Value error, the pattern has no group (?P<title>…)"),
        ("sha256: c8", "sha256: C8", "sha256: String should match pattern"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(old: str, new: str, what: str, tmp_path: Path) -> None:
    shipped = SHIPPED.read_text(encoding="utf-8")
    assert shipped.count(old) == 1
    text = shipped.replace(old, new)
    [problem] = _profile_problems(tmp_path / "profile.yaml", text)
    assert what in problem.what
    assert problem.line == _line_of(text, new.rsplit("\n", maxsplit=1)[-1])


def test_an_unknown_field_says_what_is_allowed(tmp_path: Path) -> None:
    [problem] = _profile_problems(tmp_path / "p.yaml", SHIPPED.read_text(encoding="utf-8") + "\ncolour: red\n")
    assert "row_gap" in (problem.cure or "")


def test_all_missing_fields_are_named_at_once(tmp_path: Path) -> None:
    problems = _profile_problems(tmp_path / "p.yaml", "file: review.txt\nrow_gap: 2\n")
    named = {problem.what.partition(":")[0] for problem in problems}
    assert {"headings", "cell_start", "abbreviations"} <= named
    assert not {"file", "row_gap", "sha256"} & named


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("file: review.txt\nheadings: [a\nrow_gap: 2\n", "not YAML", 3),
        ("file: a\nfile: b\n", "duplicate key", 2),
        ("", "profile: Input should be", None),
        ("just words", "profile: Input should be", None),
        ("file: !!timestamp 2024-99-99\n", "not YAML", None),
    ],
)
def test_what_is_no_profile(text: str, what: str, line: int | None, tmp_path: Path) -> None:
    [problem] = _profile_problems(tmp_path / "p.yaml", text)
    assert what in problem.what
    assert problem.line == line


def test_a_profile_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"file: \xff\n")
    with pytest.raises(SourceError, match="at byte 6"):
        read_profile(path)
