"""The numbers of a sentence, in digits or words, each with what it is a number of.

A denominator must not be "proven" by an isotope, a reference marker or a grade that happens to hold the same
digits; so every number carries its role, and a count is looked for among counts only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from text_to_num import text2num

Role = Literal["count", "percent", "grade", "quantity", "fraction"]


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: value, [start, end) in code points, role, unit (singular) and comparator if any."""

    value: Decimal
    start: int
    end: int
    role: Role
    unit: str | None = None
    comparator: str | None = None


# What holds digits and is no number: reference markers, nuclides, gene and tumour-stage names, versions.
_NOT_NUMBERS = re.compile(
    r"\[\d+(?:\s?[,–-]\s?\d+)*\]"  # [5,6,10], [18–33]
    r"|\[\d+[A-Z][a-z]?\]"  # [18F], [177Lu]
    r"|\b\d{2,3}-?I\b|\bI-\d{3}\b"  # 131-I, I-131
    r"|\bRECIST\s\d\.\d"
    r"|\b[A-Za-z]+\d+(?:/\d+)?[A-Za-z]*\b"  # V600E, MEK1/2, NTRK3, T4, pT3a
    r"|\b(?:Table|Figure|[Pp]hase)\s\d+"
)
_DIGITS = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?!\d)")
_WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
_ONE_PATIENT = re.compile(r"\b[Aa] (?:(?:\w|-)+ ){0,3}?(case|patient)\b")
_UNITS = {
    "μg/L": "μg/L", "mg": "mg", "GBq": "GBq", "mCi": "mCi", "Gy": "Gy", "cGy": "cGy", "%": "%",
    "mm": "mm", "cm": "cm", "fold": "fold",
    "day": "day", "days": "day", "week": "week", "weeks": "week",
    "month": "month", "months": "month", "year": "year", "years": "year",
}  # fmt: skip
_UNIT = re.compile(r"[\s-]{0,2}(?:more\s)?(" + "|".join(sorted(_UNITS, key=len, reverse=True)) + r")(?![A-Za-z])")
_UNIT_BEFORE = re.compile(r"\b(day|week|month)\s$")  # day 35, week three
_UNIT_AFTER_BRACKET = re.compile(r"\s?\)" + _UNIT.pattern)
# "6–12 months", "0.9 to 76.4", "3- and 6-months", "21 ± 3 days", "300.0 (273.0–421.6) mCi"
_LINK = re.compile(r"\s?(?:–|±|\(|to|- and|or)\s?")
_OR_MORE = re.compile(r"\s?(?:" + "|".join(sorted(_UNITS, key=len, reverse=True)) + r")?\s?or more\b")
_MORE_THAN = re.compile(r"\b(more|less) than\s$")
_GRADE_BEFORE = re.compile(r"\bgrade[sd]?:?\s$", re.IGNORECASE)
_GRADE_LINK = re.compile(r"\s?(?:or|and|–|-)\s?")
_COMPARATOR = re.compile(r"[≥≤<>]\s?$")
_FRACTIONS = {"half": Decimal(1) / 2, "two-thirds": Decimal(2) / 3, "one-third": Decimal(1) / 3}


def numbers(text: str) -> list[Number]:
    """All numbers of a text in order, roles and units resolved."""
    found = sorted([*_digit_numbers(text), *_word_numbers(text)], key=lambda number: number.start)
    return _with_grades(text, _with_units(text, found))


def cited(text: str) -> set[int]:
    """The works that the text cites: [5,6,10] and [18–33], ranges spelt out."""
    found: set[int] = set()
    for marker in re.findall(r"\[(\d+(?:\s?[,–-]\s?\d+)*)\]", text):
        for part in re.split(r"\s?,\s?", marker):
            first, *last = re.split(r"\s?[–-]\s?", part)
            found.update(range(int(first), int(last[0] if last else first) + 1))
    return found


def _digit_numbers(text: str) -> list[Number]:
    masked = _NOT_NUMBERS.sub(lambda match: "x" * len(match.group()), text)
    return [
        Number(
            Decimal(m.group().replace(",", "")),
            m.start(),
            m.end(),
            "count",
            comparator=_comparator(text, m.start(), m.end()),
        )
        for m in _DIGITS.finditer(masked)
    ]


def _comparator(text: str, start: int, end: int) -> str | None:
    """≥, ≤, > or < before the number, or the words that mean it: "2000 cGy or more", "more than 4"."""
    match = _COMPARATOR.search(text, max(0, start - 2), start)
    if match:
        return match.group().strip()
    if _OR_MORE.match(text, end):
        return "≥"
    than = _MORE_THAN.search(text, max(0, start - 12), start)
    return {"more": ">", "less": "<"}[than[1]] if than else None


def _word_numbers(text: str) -> list[Number]:
    found = []
    for match in _WORD.finditer(text):
        word = match.group().lower()
        if word in _FRACTIONS:
            found.append(Number(_FRACTIONS[word], match.start(), match.end(), "fraction"))
            continue
        # "One-year follow-up" holds the number one, "twenty-five" is one number.
        for candidate in dict.fromkeys((word, word.split("-")[0])):
            value = _in_words(candidate)
            if value is not None:
                found.append(Number(Decimal(value), match.start(), match.start() + len(candidate), "count"))
                break
    found += [Number(Decimal(1), m.start(), m.start() + 1, "count") for m in _ONE_PATIENT.finditer(text)]
    return found


@lru_cache(maxsize=4096)
def _in_words(word: str) -> int | None:
    if word == "no":
        return 0
    if len(word) < 3:  # the library reads "o" as zero, and the field writes p.o.
        return None
    try:
        return int(text2num(word, "en"))
    except ValueError:
        return None


def _with_units(text: str, found: list[Number]) -> list[Number]:
    """Give each number its unit; in a range only the last one is followed by it, so go from right to left."""
    done: list[Number] = []
    for number in reversed(found):
        match = _UNIT.match(text, number.end) or _UNIT_AFTER_BRACKET.match(text, number.end)
        before = _UNIT_BEFORE.search(text, max(0, number.start - 8), number.start)
        unit = _UNITS[match.group(1)] if match else before.group(1) if before else _from_next(text, number, done)
        role: Role = number.role if unit is None else "percent" if unit == "%" else "quantity"
        done.append(replace(number, unit=unit, role=role))
    return done[::-1]


def _from_next(text: str, number: Number, later: list[Number]) -> str | None:
    after = later[-1] if later else None
    if after is None or not _LINK.fullmatch(text, number.end, after.start):
        return None
    # "eleven (52%)" is a count with its percentage, "300.0 (273.0–421.6) mCi" a value with its range.
    is_share = after.unit == "%" and "(" in text[number.end : after.start]
    return None if is_share else after.unit


def _with_grades(text: str, found: list[Number]) -> list[Number]:
    done: list[Number] = []
    for number in found:
        before = done[-1] if done else None
        follows = (
            before is not None
            and before.role == "grade"
            and _GRADE_LINK.fullmatch(text, before.end, number.start) is not None
        )
        is_grade = number.role == "count" and (follows or _GRADE_BEFORE.search(text[: number.start]) is not None)
        done.append(replace(number, role="grade") if is_grade else number)
    return done
