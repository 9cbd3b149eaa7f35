"""The index: SQLite's full-text search over the release's documents, in memory, made when it is first asked for."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from rapidfuzz.distance import OSA

from avidity_service.errors import UnknownValue
from avidity_service.names import nearest
from avidity_service.search.words import forms, words

Record = dict[str, Any]
MOST_CHARACTERS, _MOST_WORDS = 300, 16
# What a word counts in each column: label, other names, ids, words said of it.
_WEIGHTS = "8.0, 5.0, 6.0, 1.0"
# The order of kinds that a word names equally well.
_KINDS = (
    "agent", "alteration", "gene", "protein", "mechanism", "measure", "study", "regimen", "histology",
    "adverse-event-term", "pathway", "process", "radionuclide", "imaging-method", "stimulation", "study-design", "unit",
    "concept", "question", "finding", "statement", "discrepancy", "open-question", "definition", "criterion", "case",
    "harm-rate", "sentence",
)  # fmt: skip
_COMMON = {
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "how", "in", "is", "it", "of", "on", "or", "that",
    "the", "their", "this", "to", "was", "were", "what", "when", "which", "who", "with",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that fits; `rank` is 0 for the name itself, and grows as the fit gets looser."""

    document: Record
    rank: int
    score: float
    matched: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """Hits in order, how many in all and of each kind, and what was read otherwise than written."""

    hits: list[Hit]
    total: int
    kinds: dict[str, int]
    read_as: dict[str, list[str]] = field(default_factory=dict)
    not_found: list[str] = field(default_factory=list)


class Index:
    """What can be searched in one release. Thread-safe."""

    def __init__(self, lines: bytes) -> None:
        self.documents: list[Record] = [json.loads(line) for line in lines.splitlines() if line]
        self.lock = Lock()
        self.base = sqlite3.connect(":memory:", check_same_thread=False)
        self.base.execute("CREATE VIRTUAL TABLE found USING fts5(label, names, ids, words, tokenize='ascii')")
        self.base.executemany(
            "INSERT INTO found(rowid, label, names, ids, words) VALUES (?, ?, ?, ?, ?)",
            ((number, *_columns(document)) for number, document in enumerate(self.documents)),
        )
        self.base.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(found, 'row')")
        self.terms = dict(self.base.execute("SELECT term, doc FROM terms"))
        self.named: dict[str, set[int]] = {}
        for number, document in enumerate(self.documents):
            if document["kind"] != "sentence":
                for name in (document["label"], *document["names"], *document["ids"]):
                    self.named.setdefault(" ".join(forms(name)), set()).add(number)

    def find(self, text: str, kinds: Sequence[str] = ()) -> Found:
        """What fits the words of a text, the nearest first; a word that nothing bears is read as one that resembles it.

        Raises:
            UnknownValue: if the text is empty or longer than may be; one without a letter or digit finds nothing.
        """
        asked = self._joined(self._words(text))
        groups, read_as, lost = self._groups(asked)
        hits = self._hits(asked, groups)
        counts: dict[str, int] = {}
        for hit in hits:
            counts[hit.document["kind"]] = counts.get(hit.document["kind"], 0) + 1
        if kinds:
            hits = [hit for hit in hits if hit.document["kind"] in kinds]
        ordered = {kind: counts[kind] for kind in _KINDS if kind in counts}
        return Found(hits, len(hits), ordered, read_as, lost)

    def suggest(self, text: str, most: int = 8) -> list[Record]:
        """Things whose name starts with the words of a text, the last one perhaps unfinished; names are given once."""
        asked = self._words(text)
        start = " ".join(asked)
        if not start:
            return []
        fitting: dict[int, tuple[int, int, str]] = {}
        for name, numbers in self.named.items():
            rank = 0 if name == start else 1 if name.startswith(start) else 2 if f" {start}" in name else 3
            if rank < 3:
                for number in numbers:
                    place = (rank, _KINDS.index(self.documents[number]["kind"]), self.documents[number]["label"])
                    fitting[number] = min(fitting.get(number, place), place)
        best = sorted(fitting, key=lambda number: fitting[number])
        return [self.documents[number] for number in best[:most]]

    @staticmethod
    def _words(text: str) -> list[str]:
        if len(text) > MOST_CHARACTERS:
            raise UnknownValue("q", text[:40] + "…", [f"at most {MOST_CHARACTERS} characters"])
        found = forms(text)[:_MOST_WORDS]
        if not text:
            raise UnknownValue("q", "", ["words: a name, an id, or what the review says"])
        return [form for form in found if form not in _COMMON] or found

    def _groups(self, asked: Sequence[str]) -> tuple[list[list[str]], dict[str, list[str]], list[str]]:
        """For each word the words of the index that it may mean; those read otherwise; those that nothing resembles."""
        groups, read_as, lost = [], {}, []
        for form in asked:
            if form in self.terms:
                groups.append([form])
            elif parts := self._parted(form):
                groups += [[part] for part in parts]
            elif found := self._inhibitor(form) or self._resembling(form):
                groups.append(found)
                read_as[form] = found
            elif started := [term for term in self.terms if term.startswith(form) and len(form) > 2]:
                groups.append(sorted(started, key=lambda term: (-self.terms[term], term))[:8])
            else:
                lost.append(form)
        return groups, read_as, lost

    def _joined(self, asked: Sequence[str]) -> list[str]:
        """Words that the index knows as one, where the first is none of its own: N-RAS."""
        joined: list[str] = []
        for form in asked:
            if joined and joined[-1] not in self.terms and joined[-1] + form in self.terms:
                form = joined.pop() + form
            joined.append(form)
        return joined

    def _parted(self, form: str) -> list[str]:
        """Letters and digits apart, where the index knows both: AZD6244, PMC3615415."""
        match = re.fullmatch(r"([a-z]+)(\d+)", form)
        return [*match.groups()] if match and all(part in self.terms for part in match.groups()) else []

    def _inhibitor(self, form: str) -> list[str]:
        """The suffix of the trade: MEKi, a MEK inhibitor."""
        return [form[:-1]] if len(form) > 3 and form.endswith("i") and form[:-1] in self.terms else []

    def _resembling(self, form: str) -> list[str]:
        """Words at one slip (a letter more, less, other, or two swapped), or two in a long word; numbers never."""
        if len(form) < 4 or any(character.isdigit() for character in form):
            return []
        most = 1 if len(form) < 7 else 2
        near = [
            (distance, -count, term)
            for term, count in self.terms.items()
            if abs(len(term) - len(form)) <= most and not term.isdigit()
            if (distance := OSA.distance(form, term, score_cutoff=most)) <= most
        ]
        return [term for distance, _, term in sorted(near)[:3] if distance == min(near)[0]]

    def _hits(self, asked: Sequence[str], groups: list[list[str]]) -> list[Hit]:
        if not groups:
            return []
        meant = frozenset(term for group in groups for term in group)
        every = " AND ".join(_any(group) for group in groups)
        rows = self._rows(every) or self._rows(" OR ".join(_any(group) for group in groups))
        exact = self.named.get(" ".join(asked), set()) | self.named.get(" ".join(group[0] for group in groups), set())
        hits = [Hit(self.documents[number], self._rank(number, exact, groups), score, meant) for number, score in rows]
        hits.sort(key=lambda hit: (hit.rank, *_within(hit)))
        return hits

    def _rows(self, query: str) -> list[tuple[int, float]]:
        with self.lock:
            return self.base.execute(
                f"SELECT rowid, bm25(found, {_WEIGHTS}) FROM found WHERE found MATCH ?",
                (query,),
            ).fetchall()

    def _rank(self, number: int, exact: set[int], groups: list[list[str]]) -> int:
        document = self.documents[number]
        if number in exact:
            return 0
        if document["kind"] == "sentence":
            return 3
        named = {form for name in (document["label"], *document["names"], *document["ids"]) for form in forms(name)}
        in_name = sum(any(term in named for term in group) for group in groups)
        return 1 if in_name == len(groups) else 2


def highlights(text: str, matched: Iterable[str]) -> list[tuple[int, int]]:
    """Where the matched words stand in a text: (start, end), in order, apart from each other."""
    wanted = set(matched)
    return [(word.start, word.end) for word in words(text) if word.form in wanted]


def kinds_of(index: Index, asked: Iterable[str]) -> list[str]:
    """The kinds asked for.

    Raises:
        UnknownValue: for one that there is not.
    """
    known = {document["kind"] for document in index.documents}
    for kind in asked:
        if kind not in known:
            raise UnknownValue("kind", kind, sorted(known), nearest(kind, known))
    return list(asked)


def _columns(document: Record) -> tuple[str, str, str, str]:
    label = document["label"]
    return (
        " ".join(forms(label)),
        " ".join(form for name in document["names"] for form in forms(name)),
        " ".join(form for name in document["ids"] for form in forms(name)),
        " ".join(form for text in document["words"] for form in forms(text)),
    )


def _any(group: Sequence[str]) -> str:
    # Forms are letters and digits only; the quotes keep AND, OR, NOT and NEAR from being read as such.
    return "(" + " OR ".join(f'"{term}"' for term in group) + ")"


def _within(hit: Hit) -> tuple[float, int, str]:
    kind = _KINDS.index(hit.document["kind"]) if hit.document["kind"] in _KINDS else len(_KINDS)
    if hit.rank < 2:
        return (kind, 0, str(hit.document["label"]))
    return (hit.score, kind, str(hit.document["iri"]))
