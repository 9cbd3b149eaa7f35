"""The values that a parameter has in a release: slugs, then the outside ids that mean the same things."""

from __future__ import annotations

from functools import cached_property

from avidity_service.context import Context
from avidity_service.engine import short
from avidity_service.iris import BASE
from avidity_service.links import Record


class Values:
    """The values of one release."""

    def __init__(self, found: Context) -> None:
        self.found = found

    def of(self, kind: str) -> list[str]:
        """The values that a parameter for things of a kind takes; labels, which it takes too, are not listed."""
        links, names = self.found.links, self.found.names
        if kind == "vocabulary":
            return [row["prefix"] for row in links.vocabularies]
        if kind == "mapped-kind":
            return sorted({row["subject"]["kind"] for row in self._mappings})
        if kind == "mapped-object":
            return sorted({row["object"]["curie"] for row in self._mappings if row["object"]["curie"]})
        if kind == "sought-kind":
            return sorted({document["kind"] for document in self.found.release.index.documents})
        if kind == "favourable-measure":
            return sorted(short(iri).partition("/")[2] for iri in self.found.things.favourable_measures())
        if kind == "gene":
            slugs = sorted(iri.rsplit("/", 1)[-1] for iri in names.by_gene)
            return [*slugs, *self._curies("gene", set(names.by_gene))]
        slugs = sorted(names.slugs[kind])
        return [*slugs, *self._curies(kind, set(names.slugs[kind].values()))]

    def first(self, kind: str) -> str:
        """The slug of the first thing of a kind, as an example."""
        found = self.found.things.members(kind) or [f"{BASE}{kind}/none"]
        return short(found[0]).partition("/")[2]

    def _curies(self, kind: str, things: set[str]) -> list[str]:
        """Outside ids that mean one of the things and nothing else of its kind."""
        means: dict[str, list[str]] = {}
        for row in self.found.names.links:
            if row["thing"].startswith(f"{BASE}{kind}/"):
                means.setdefault(row["curie"], self.found.names.resolve(kind, row["curie"]))
        return sorted(curie for curie, meant in means.items() if len(meant) == 1 and set(meant) <= things)

    @cached_property
    def _mappings(self) -> list[Record]:
        return self.found.links.find({})[0]
