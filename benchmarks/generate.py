"""Evidence that nobody reported, as much as is asked for: the real vocabulary, and made-up studies around it.

`python benchmarks/generate.py 1000000 > million.nq` writes about a million quads in the shape of a release: a graph for
each study with cohorts that nest, regimens of one or two agents, findings with counts that fit, harms with grades,
passages with words and offsets, and genotype evidence in tiers. The same number and seed give the same bytes.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox
from avidity_loaders.assembling import assemble
from avidity_loaders.inputs import Inputs
from avidity_loaders.names import AV, BASE, PROV, RDF_TYPE, RDFS_LABEL, XSD, graph, split_iri

_WORDS = [
    "patients",
    "uptake",
    "radioiodine",
    "restored",
    "lesions",
    "response",
    "dosimetry",
    "thyroglobulin",
    "selumetinib",
    "trametinib",
    "dabrafenib",
    "mutation",
    "refractory",
    "evaluated",
    "threshold",
    "follow-up",
    "partial",
    "stable",
]
_RESPONSES = ("complete-response", "partial-response", "stable-disease", "progressive-disease")
_TIERS = ("exact", "pooled", "mixed")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The slugs that studies draw from."""

    agents: tuple[str, ...]
    alterations: tuple[str, ...]
    harms: tuple[str, ...]


def main() -> None:
    """Write quads to standard output until there are as many as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("quads", type=int)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    for line in generate(asked.quads, asked.seed):
        sys.stdout.write(line)


def generate(quads: int, seed: int = 1) -> Iterator[str]:
    """At least `quads` lines of N-Quads: the real ontology and vocabulary first, then studies."""
    stated = [
        quad for quad in assemble(Inputs.shipped()).quads if quad.graph_name in (graph("ontology"), graph("vocabulary"))
    ]
    written = 0
    for quad in stated:
        yield f"{quad} .\n"
        written += 1
    vocabulary = Vocabulary(*(_slugs(stated, kind) for kind in ("agent", "alteration", "adverse-event-term")))
    chance, number = random.Random(seed), 0
    while written < quads:
        for line in _Study(number, chance, vocabulary).lines():
            yield line
            written += 1
        number += 1


def _slugs(quads: list[ox.Quad], kind: str) -> tuple[str, ...]:
    subjects = {quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)}
    return tuple(sorted(slug for found, slug in map(split_iri, subjects) if found == kind))


class _Study:
    """One made-up study; about 700 quads."""

    def __init__(self, number: int, chance: random.Random, vocabulary: Vocabulary) -> None:
        self.slug = f"made-up-{number}"
        self.chance, self.vocabulary = chance, vocabulary
        self.graph = f"<{BASE}graph/study/{self.slug}>"
        self.out: list[str] = []
        self.offset = number * 20_000

    def lines(self) -> list[str]:
        """All its quads."""
        study = self._thing("study", self.slug)
        self._described(study, "Study", f"Study {self.slug}")
        self._add(study, "referenceNumber", _integer(len(self.slug)))
        regimens = [self._regimen(i) for i in range(self.chance.randint(1, 3))]
        enrolled = self.chance.randint(12, 400)
        whole = self._cohort("all", None, enrolled, None, regimens)
        for alteration in self.chance.sample(self.vocabulary.alterations, 4):
            size = self.chance.randint(1, max(1, enrolled // 4))
            self._cohort(alteration, whole, size, alteration, regimens)
        return self.out

    def _cohort(self, slug: str, whole: str | None, size: int, alteration: str | None, regimens: list[str]) -> str:
        cohort = self._own("cohort", slug)
        self._fact(cohort, "Cohort", f"{self.slug}: {slug}")
        self._add(cohort, "evaluated", _integer(size))
        for regimen in regimens:
            self._add(cohort, "receivedRegimen", regimen)
        if whole:
            self._add(cohort, "partOfCohort", whole)
        if alteration:
            self._add(cohort, "definedByAlteration", self._thing("alteration", alteration))
        restored = self.chance.randint(0, size)
        self._finding(cohort, slug, "uptake-restored", "UptakeFinding", restored, size, alteration, regimens)
        left = restored
        for measure in _RESPONSES:
            count = self.chance.randint(0, left)
            left -= count
            if restored:
                self._finding(cohort, slug, measure, "ResponseFinding", count, restored, alteration, regimens)
        for harm in self.chance.sample(self.vocabulary.harms, 3):
            self._harm(cohort, slug, harm, self.chance.randint(0, size), size, regimens)
        return cohort

    def _finding(
        self,
        cohort: str,
        slug: str,
        measure: str,
        kind: str,
        count: int,
        of: int,
        alteration: str | None,
        regimens: list[str],
    ) -> None:
        finding = self._own("finding", f"{slug}/{measure}")
        self._result(finding, kind, cohort, measure, count, of, regimens)
        if alteration:
            evidence = self._own("genotype-evidence", f"{slug}/{measure}/{alteration}")
            self._described(evidence, "GenotypeEvidence", f"{alteration}: {slug} {measure}")
            self._add(evidence, "tier", f'"{self.chance.choice(_TIERS)}"')
            self._add(evidence, "onFinding", finding)
            self._add(evidence, "aboutAlteration", self._thing("alteration", alteration))
            self._add(evidence, "viaRegimen", self.chance.choice(regimens))

    def _harm(self, cohort: str, slug: str, term: str, count: int, of: int, regimens: list[str]) -> None:
        finding = self._own("finding", f"{slug}/{term}")
        self._result(finding, "AdverseEventFinding", cohort, "adverse-event", count, of, regimens)
        self._add(finding, "adverseEventTerm", self._thing("adverse-event-term", term))
        self._add(finding, "grade", _integer(self.chance.randint(1, 5)))

    def _result(
        self, node: str, kind: str, cohort: str, measure: str, count: int, of: int, regimens: list[str]
    ) -> None:
        self._fact(node, kind, f"{self.slug}: {measure} in {count} of {of}")
        self._add(node, "ofCohort", cohort)
        self._add(node, "measure", self._thing("measure", measure))
        self._add(node, "count", _integer(count))
        self._add(node, "denominator", _integer(of))
        self._add(node, "basis", '"stated"')
        for regimen in regimens:
            self._add(node, "afterRegimen", regimen)

    def _regimen(self, number: int) -> str:
        regimen = self._own("regimen", str(number))
        agents = self.chance.sample(self.vocabulary.agents, self.chance.randint(1, 2))
        self._fact(regimen, "Regimen", " + ".join(agents))
        self._add(regimen, "given", f'"{" + ".join(agents)}"')
        for agent in agents:
            component = self._own("component", f"{number}/{agent}")
            self._described(component, "RegimenComponent", agent)
            self._add(regimen, "hasComponent", component)
            self._add(component, "agent", self._thing("agent", agent))
            self._add(regimen, "usesAgent", self._thing("agent", agent))
        return regimen

    def _fact(self, node: str, kind: str, label: str) -> None:
        """Type, label, study, and a passage of its own."""
        self._described(node, kind, label)
        if kind not in ("Cohort", "Regimen"):
            self._type(node, "Finding")
        self._add(node, "ofStudy", self._thing("study", self.slug))
        words = " ".join(self.chance.choices(_WORDS, k=self.chance.randint(12, 40)))
        start, end = self.offset, self.offset + len(words)
        self.offset = end + 1
        passage = self._thing("passage", f"made-up/{start}-{end}")
        self._described(passage, "Passage", f"characters {start} to {end}")
        self._add(passage, "quote", f'"{words}"')
        self._add(passage, "startOffset", _integer(start))
        self._add(passage, "endOffset", _integer(end))
        self._add(node, "supportedBy", passage)
        self._line(node, f"<{PROV}wasDerivedFrom>", passage)
        self._add(node, "proof", f'"{words}"')

    def _described(self, node: str, kind: str, label: str) -> None:
        self._type(node, kind)
        self._line(node, f"<{RDFS_LABEL}>", f'"{label}"@en')

    def _type(self, node: str, kind: str) -> None:
        self._line(node, f"<{RDF_TYPE}>", f"<{AV}{kind}>")

    def _own(self, kind: str, slug: str) -> str:
        return self._thing(kind, f"{self.slug}/{slug}")

    def _thing(self, kind: str, slug: str) -> str:
        return f"<{BASE}{kind}/{slug}>"

    def _add(self, subject: str, name: str, value: str) -> None:
        self._line(subject, f"<{AV}{name}>", value)

    def _line(self, subject: str, predicate: str, value: str) -> None:
        self.out.append(f"{subject} {predicate} {value} {self.graph} .\n")


def _integer(value: int) -> str:
    return f'"{value}"^^<{XSD}integer>'


if __name__ == "__main__":
    main()
