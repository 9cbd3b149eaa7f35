"""Maps that were drawn are kept: a release never changes, and every cell that is opened needs the whole map."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from avidity_service.evidence_map.request import EvidenceMap, Wanted, draw
from avidity_service.evidence_map.studied import Studied
from avidity_service.names import Names
from avidity_service.rest.filters import Asked
from avidity_service.rest.findings import Findings
from avidity_service.synthesis.facts import Facts

_MOST = 32


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The measures of which something is reported: (slug, label, findings) of those that a map can show, and harms."""

    counted: tuple[tuple[str, str, int], ...]
    harms: tuple[str, ...]


class Maps:
    """The maps of one release, drawn when they are asked for; the last `_MOST` are kept."""

    def __init__(self, findings: Findings, facts: Facts, studied: Studied, names: Names) -> None:
        self._parts = (findings, facts, studied, names)
        self._kept: OrderedDict[tuple[str, ...], EvidenceMap] = OrderedDict()
        self._lock = Lock()

    def draw(self, wanted: Wanted) -> EvidenceMap:
        """The map that is wanted, which nobody may change."""
        terms = sorted((name, *map(str, values)) for name, values in wanted.asked.terms.items())
        key = (wanted.rows, wanted.columns, *(part for term in terms for part in term))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        drawn = draw(wanted, *self._parts)
        with self._lock:
            self._kept[key] = drawn
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return drawn

    @cached_property
    def outcomes(self) -> Outcomes:
        """What there are findings of; a measure that counts harms of several kinds is none for a map."""
        findings, _, _, names = self._parts
        counted: dict[str, int] = {}
        terms: dict[str, set[str]] = {}
        for row in findings.find(Asked({}), whole=True).rows:
            counted[row["measure"]] = counted.get(row["measure"], 0) + 1
            if row.get("term"):
                terms.setdefault(row["measure"], set()).add(row["term"])
        harms = {measure for measure, kinds in terms.items() if len(kinds) > 1}
        labels = {slug: names.label(iri) for slug, iri in names.slugs["measure"].items()}
        shown = [(slug, labels.get(slug, slug), number) for slug, number in counted.items() if slug not in harms]
        return Outcomes(tuple(sorted(shown, key=lambda one: (-one[2], one[1]))), tuple(sorted(harms)))
