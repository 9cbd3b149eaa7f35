"""Text → words as they are compared, each with its place in the text, so that a hit can be shown where it stands.

Case, accents, hyphens and the plural do not matter; an isotope is one word however it is written (I-131, 131-I, ¹³¹I,
[131I]); a variant stands apart from the gene that it is glued to (BRAFV600E).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_RUN = re.compile(r"[^\W_]+")
_ISOTOPE = re.compile(r"(?<![^\W_])(?:(\d{2,3}m?)[\s\[\]-]?([A-Z][a-z]?)|([A-Z][a-z]?)[\s-]?(\d{2,3}m?))(?![^\W_])")
_NUCLIDES = {"i", "lu", "f", "ga", "tc", "y", "cu"}
# Words of their own in lower case: "¹³¹iodine", "iodine-131".
_ELEMENTS = {"iodine": "i", "lutetium": "lu", "gallium": "ga", "fluorine": "f", "technetium": "tc"}
_NAMED = re.compile(
    r"(?<![^\W_])(iodine|lutetium|gallium|fluorine|technetium)[\s-]?(\d{2,3}m?)(?![^\W_])", re.IGNORECASE
)
_VARIANT = re.compile(r"([a-z]{2,}\d?)([acdefghiklmnpqrstvwy]\d{2,4}[acdefghiklmnpqrstvwy])")
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "λ": "lambda", "µ": "u", "μ": "u"}
_NO_PLURAL = ("ss", "us", "is", "os", "as")


class Word(NamedTuple):
    """A word in its compared form, and where it stands."""

    form: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """The words of a text, in order."""
    isotopes = sorted({*_isotopes(text)}, key=lambda word: word.start)
    found = list(isotopes)
    taken = [(word.start, word.end) for word in isotopes]
    for run in _RUN.finditer(text):
        if any(start <= run.start() < end for start, end in taken):
            continue
        found += _parts(run)
    return sorted(found, key=lambda word: word.start)


def forms(text: str) -> list[str]:
    """The compared forms alone."""
    return [word.form for word in words(text)]


def _isotopes(text: str) -> Iterator[Word]:
    plain = "".join(unicodedata.normalize("NFKC", character)[:1] or character for character in text)
    for match in _ISOTOPE.finditer(plain):
        mass, element = (match[1], match[2]) if match[1] else (match[4], match[3])
        if element.lower() in _NUCLIDES:
            yield Word(element.lower() + mass.lower(), match.start(), match.end())
    for match in _NAMED.finditer(plain):
        yield Word(_ELEMENTS[match[1].lower()] + match[2].lower(), match.start(), match.end())


def _parts(run: re.Match[str]) -> list[Word]:
    form = _folded(run[0])
    glued = _VARIANT.fullmatch(form)
    if glued and len(form) == len(run[0]):
        at = run.start() + len(glued[1])
        return [Word(glued[1], run.start(), at), Word(glued[2], at, run.end())]
    return [Word(_singular(form), run.start(), run.end())] if form else []


def _folded(text: str) -> str:
    # Taken apart first: a bold 𝐀 has no small letter before it is an A.
    plain = unicodedata.normalize("NFKD", text).casefold()
    spelled = "".join(_GREEK.get(character, character) for character in plain)
    return "".join(c for c in spelled if c.isascii() and c.isalnum())


def _singular(form: str) -> str:
    if len(form) > 4 and form.endswith("ies"):
        return form[:-3] + "y"
    if len(form) > 3 and form.endswith("s") and not form.endswith(_NO_PLURAL):
        return form[:-1]
    return form
