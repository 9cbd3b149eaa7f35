"""The sentences behind a thing, each with its place in the source."""

from __future__ import annotations

from typing import Any

from avidity_service.source import Passage, Source

Record = dict[str, Any]
# What the loaders put between the quotes of one proof; no source text holds it.
_BETWEEN = " […] "


def quoted(passage: Passage, source: Source) -> Record:
    """A passage as {quote, start, end, section}; start and end are characters of the source's text."""
    return {
        "quote": source.text[passage.start : passage.end],
        "start": passage.start,
        "end": passage.end,
        "section": passage.section,
    }


def quotes_of(record: Record, source: Source) -> list[Record]:
    """The passages that support a record of `Things.record`, in the order of the source; of a passage, itself."""
    linked = [record] if record["kind"] == "passage" else record["properties"].get("supportedBy", [])
    passages = [source.passages[value["id"]] for value in linked if value["id"] in source.passages]
    return [quoted(passage, source) for passage in sorted(passages, key=lambda one: (one.start, one.end))]


def quotes_in(proof: str, source: Source) -> list[Record]:
    """The quotes that a proof is joined from; start, end and section are None where two places have the same words."""
    known = source.by_words
    found = []
    for words in proof.split(_BETWEEN):
        passages = known.get(words, [])
        place = {"quote": words, "start": None, "end": None, "section": None}
        found.append(quoted(passages[0], source) if len(passages) == 1 else place)
    return found
