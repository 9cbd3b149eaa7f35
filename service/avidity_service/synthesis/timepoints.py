"""When a result was judged: "At the six-month follow-up" and "6-month follow-up" are the same time."""

from __future__ import annotations

import re

_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
          "eleven": 11, "twelve": 12}  # fmt: skip
_TIME = re.compile(
    rf"(?P<number>\d+(?:\.\d+)?|{'|'.join(_WORDS)})[\s-]*(?P<unit>day|week|month|year)s?\b", re.IGNORECASE
)
_KINDS = {"median": "median", "beyond": "beyond", "prior": "before"}
_NUMBER = re.compile(rf"\d+(?:\.\d+)?|\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
NOT_STATED = "not-stated"


def timepoint(words: str | None) -> str:
    """A stated time as `6-months`, with `median-` or `beyond-` where it says so; other words joined by hyphens.

    A year is twelve months; weeks and days stay as they are, for a month has no fixed number of them. None, or words
    without a sign that counts, are `not-stated`.
    """
    joined = re.sub(r"[^\w.]+", "-", (words or "").casefold()).strip("-")
    found = _TIME.findall(words or "")
    if len(found) != 1 or len(_NUMBER.findall(words or "")) != 1:  # "at 3- and 6-months" is no one time
        return joined or NOT_STATED
    [(number, unit)] = found
    value = float(_WORDS.get(number.casefold(), 0) or number)
    unit = unit.casefold()
    if unit == "year":
        value, unit = value * 12, "month"
    kind = next((f"{sign}-" for word, sign in _KINDS.items() if word in joined.split("-")), "")
    return f"{kind}{value:g}-{unit}{'' if value == 1 else 's'}"
