"""All small changes of the claims: each record left out, each field altered to something that could be mistaken for it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from avidity_loaders.claims import Content
from avidity_loaders.claims.models import Place
from avidity_loaders.proof import Proof
from avidity_loaders.proof.numbers import numbers
from avidity_loaders.vocabulary import Vocabulary

# Other values of closed lists; a mutant takes the next one.
CHOICES: dict[str, tuple[str, ...]] = {
    "frequency": ("once daily", "twice daily"),
    "hedge": ("shows", "reports", "suggests", "may", "recommends"),
    "polarity": ("positive", "negative"),
    "extent": ("all", "most", "many", "some", "common", "reported", "none"),
    "approach": ("empiric", "fixed", "dosimetry-guided"),
    "radionuclide": ("123-I", "124-I", "131-I"),
    "modality": ("PET/CT", "PET", "SPECT/CT", "WBS", "diagnostic WBS", "post-therapeutic WBS"),
    "arrangement": ("together", "sequence", "unclear"),
    "comparator": ("≥", "≤", ">", "<"),
    "statistic": ("median", "mean", "fixed", "maximum"),
    "unit": ("mg", "GBq", "mCi", "Gy", "cGy", "day", "week", "month", "year"),
    "percentage_of": ("patients", "events", "unclear"),
    "sex": ("male", "female"),
    "severity": ("major", "minor"),
}
# Fields that name a thing of the vocabulary, with its kind.
NAMES = {
    "alteration": "alteration", "histology": "histology", "agent": "agent", "mechanism": "mechanism",
    "measure": "measure", "term": "adverse-event-term", "relation": "relation",
}  # fmt: skip
# Words for a reader's eye, or ids; no fact hangs on them (survivors.yaml says why).
UNTRIED = ("note", "label", "slug", "quotes", "seen_at", "verification", "identifiers", "mentioned", "names", "topic",
           "shown", "kind", "what", "year_formula")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed file: which claim, which field, from what to what."""

    file: int
    claim: str
    field: str
    change: str
    content: dict[str, Any]


def mutants(index: int, proof: Proof, vocabulary: Vocabulary) -> Iterator[Mutant]:
    """Every mutant of one file, as plain data that the schema may still refuse."""
    content = proof.file.content
    plain = content.model_dump()
    for place, _ in content.records():
        claim = content.claim_id(place)
        if place[-1] != "study" and place != ("study",):
            yield Mutant(index, claim, "(record)", "left out", _without(plain, place))
        record = _at(plain, place)
        text = " ".join(quote.text for quote in proof.quotes[place])
        for path, value in _fields(record):
            for other in _others(path, value, text, vocabulary):
                if other == value:
                    continue
                yield Mutant(
                    index, claim, ".".join(map(str, path)), f"{value} → {other}", _with(plain, (*place, *path), other)
                )
    yield from _parts_of_others(index, content, plain)


def _parts_of_others(index: int, content: Content, plain: dict[str, Any]) -> Iterator[Mutant]:
    """What is a list within a record: members, components, criteria, sides; each left out."""
    for place, _ in content.records():
        record = _at(plain, place)
        for name, value in record.items():
            if isinstance(value, list) and name in (
                "members",
                "components",
                "regimens",
                "about",
                "references",
                "agents",
                "mechanisms",
                "sites",
                "sum_of",
            ):
                for i, part in enumerate(value):
                    yield Mutant(
                        index,
                        content.claim_id(place),
                        f"{name}.{i}",
                        f"{part} left out",
                        _without(plain, (*place, name, i)),
                    )


def _fields(record: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    pairs = record.items() if isinstance(record, dict) else enumerate(record)
    for name, value in pairs:
        if name in UNTRIED or value is None:
            continue
        if isinstance(value, dict) or (isinstance(value, list) and name in ("members", "components")):
            yield from _fields(value, (*path, name))
        elif not isinstance(value, list):
            yield (*path, name), value


def _others(path: tuple[str | int, ...], value: Any, text: str, vocabulary: Vocabulary) -> Iterator[Any]:
    name = str(path[-1])
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, Decimal)):
        yield value + 1
        # The mutant that a tired reader makes: another number of the same sentence.
        near = {int(n.value) if isinstance(value, int) else n.value for n in numbers(text)} - {value, value + 1}
        yield from sorted(near, key=lambda other: (abs(other - value), other))[:3]
    elif name in CHOICES and value in CHOICES[name]:
        at = CHOICES[name].index(value)
        yield CHOICES[name][(at + 1) % len(CHOICES[name])]
    elif name in NAMES:
        slugs = vocabulary.slugs(NAMES[name])
        yield slugs[(slugs.index(value) + 1) % len(slugs)]
    elif name in ("subject", "object") and "/" in value:
        kind, _, slug = value.partition("/")
        slugs = vocabulary.slugs(kind)
        yield f"{kind}/{slugs[(slugs.index(slug) + 1) % len(slugs)]}"
    elif isinstance(value, str) and " " in value:
        yield value.rsplit(" ", 1)[0]


def _at(tree: Any, place: Place) -> Any:
    for step in place:
        tree = tree[step]
    return tree


def _without(plain: dict[str, Any], place: Place) -> dict[str, Any]:
    changed = copy.deepcopy(plain)
    holder = _at(changed, place[:-1])
    if isinstance(place[-1], int):
        del holder[place[-1]]
    else:
        holder[place[-1]] = None
    return changed


def _with(plain: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(plain)
    _at(changed, place[:-1])[place[-1]] = value
    return changed
