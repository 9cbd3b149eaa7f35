"""Queries over made-up evidence (`generate.py`), by kind; each call gives another one, so that no cache can know it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

HEAD = """PREFIX av: <https://w3id.org/avidity/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX study: <https://w3id.org/avidity/study/>
"""
_THING = "https://w3id.org/avidity/"
_ALTERATIONS = ("nras-mutation", "hras-mutation", "braf-v600e", "ret-fusion", "ntrk-fusion", "tert-mutation")
_WORDS = ("uptake", "radioiodine", "restored", "dosimetry", "thyroglobulin", "selumetinib", "refractory", "threshold")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of query; `weight` is its share of the mix, in parts of a hundred."""

    name: str
    weight: int
    text: Callable[[random.Random, int], str]
    is_graph: bool = False


def _study(chance: random.Random, studies: int) -> str:
    return f"made-up-{chance.randrange(studies)}"


def _point(chance: random.Random, studies: int) -> str:
    return f"SELECT ?p ?o WHERE {{ <{_THING}cohort/{_study(chance, studies)}/all> ?p ?o }}"


def _study_list(chance: random.Random, studies: int) -> str:
    study = _study(chance, studies)
    return f"""SELECT ?finding ?label ?count ?denominator WHERE {{
  ?finding av:ofStudy <{_THING}study/{study}> ; av:count ?count ; av:denominator ?denominator ; rdfs:label ?label }}
ORDER BY ?finding"""


def _join(chance: random.Random, studies: int) -> str:
    """The NRAS question for a few studies: evidence, finding, cohort, regimen, agent and quote."""
    names = " ".join(f"<{_THING}study/{_study(chance, studies)}>" for _ in range(5))
    return f"""SELECT ?agent_label ?tier ?count ?denominator ?quote WHERE {{
  VALUES ?study {{ {names} }}
  ?finding av:ofStudy ?study ; av:measure <{_THING}measure/uptake-restored> ; av:count ?count ;
    av:denominator ?denominator ; av:supportedBy/av:quote ?quote .
  ?evidence av:onFinding ?finding ; av:tier ?tier ; av:viaRegimen/av:usesAgent/rdfs:label ?agent_label }}"""


def _path(chance: random.Random, studies: int) -> str:
    study = _study(chance, studies)
    return f"SELECT ?c ?n WHERE {{ ?c av:partOfCohort+ <{_THING}cohort/{study}/all> . ?c av:evaluated ?n }}"


def _text(chance: random.Random, _: int) -> str:
    word = f"{chance.choice(_WORDS)} {chance.choice(_WORDS)} {chance.choice(_WORDS)}"
    return f'SELECT ?p ?q WHERE {{ ?p av:quote ?q FILTER(CONTAINS(?q, "{word}")) }} LIMIT 20'


def _aggregate(chance: random.Random, _: int) -> str:
    alteration = chance.choice(_ALTERATIONS)
    return f"""SELECT ?tier (COUNT(?f) AS ?n) (SUM(?c) AS ?k) (SUM(?d) AS ?of) WHERE {{
  ?e av:aboutAlteration <{_THING}alteration/{alteration}> ; av:tier ?tier ; av:onFinding ?f .
  ?f av:measure <{_THING}measure/uptake-restored> ; av:count ?c ; av:denominator ?d
  FILTER(?d > {chance.randrange(50)}) }} GROUP BY ?tier"""


def _describe(chance: random.Random, studies: int) -> str:
    return f"DESCRIBE <{_THING}finding/{_study(chance, studies)}/all/uptake-restored>"


def _export(chance: random.Random, studies: int) -> str:
    graph = f"{_THING}graph/study/{_study(chance, studies)}"
    return f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"


def _dump(chance: random.Random, _: int) -> str:
    return f"SELECT ?s ?p ?o WHERE {{ ?s ?p ?o }} LIMIT {100_000 + chance.randrange(1000)}"


KINDS = (
    Kind("point", 50, _point),
    Kind("list of a study", 15, _study_list),
    Kind("NRAS join", 15, _join),
    Kind("path", 8, _path),
    Kind("describe", 10, _describe, is_graph=True),
    Kind("export of a study", 2, _export, is_graph=True),
    Kind("aggregate", 0, _aggregate),
    Kind("text", 0, _text),
    Kind("100,000 rows", 0, _dump),
)


class Mix:
    """A stream of queries of one kind or all by weight; `repeating` draws from a hundred, otherwise all differ."""

    def __init__(self, kinds: tuple[Kind, ...], studies: int, seed: int, *, repeating: bool) -> None:
        self.chance, self.studies, self.number = random.Random(seed), studies, 0
        self.kinds, self.weights = kinds, [max(kind.weight, 1) for kind in kinds]
        # The same hundred in every round, so that a cache has seen them.
        known = random.Random(7)
        self.known = [self._new(known) for _ in range(100)] if repeating else []

    def next(self) -> tuple[str, bool]:
        """A query, and whether it makes a graph."""
        return self.chance.choice(self.known) if self.known else self._new(self.chance)

    def _new(self, chance: random.Random) -> tuple[str, bool]:
        [kind] = chance.choices(self.kinds, self.weights)
        self.number += 1
        # What is drawn from few values is told apart by a comment: no store looks into those but by the whole text.
        return f"{HEAD}{kind.text(chance, self.studies)} # {chance.random():.9f}", kind.is_graph
