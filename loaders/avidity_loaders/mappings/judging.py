"""Whether the mapping sets are honest: known subjects, ids that look right, no two answers, nothing left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from avidity_loaders.errors import Problem
from avidity_loaders.mappings.models import Mapping, MappingSet
from avidity_loaders.mappings.prefixes import Prefix
from avidity_loaders.vocabulary import Vocabulary

PREDICATES = ("skos:exactMatch", "skos:closeMatch", "skos:broadMatch", "skos:narrowMatch", "skos:relatedMatch")
_JUSTIFICATIONS = ("semapv:ManualMappingCuration", "semapv:MappingReview", "semapv:LexicalMatching",
                   "semapv:LogicalReasoning", "semapv:MappingChaining")  # fmt: skip
# The prefixes of the format itself; all others are vocabularies and stand in prefixes.tsv.
_OWN = ("avidity", "av", "bioregistry", "semapv", "skos", "sssom")
# Kinds of which every thing has a link or says that there is none. Concepts and relations are the review's own words.
LINKED_KINDS = ("gene", "protein", "pathway", "process", "alteration", "agent", "mechanism", "histology",
                "adverse-event-term", "severity-grade", "measure", "radionuclide", "imaging-method", "stimulation",
                "dosing-frequency", "route", "study-design", "unit", "statistic")  # fmt: skip


def judge_mappings(
    sets: list[MappingSet], prefixes: dict[str, Prefix], labels: dict[str, str], vocabulary: Vocabulary
) -> list[Problem]:
    """Every problem of the sets; `labels` gives the label of each of our things and terms by CURIE."""
    problems = list[Problem]()
    for mapping_set in sets:
        problems += _curie_map(mapping_set, prefixes)
        for row in mapping_set.mappings:
            problems += [Problem(what, mapping_set.path, row.line, cure=cure) for what, cure in _row(row, labels)]
            problems += [
                Problem(what, mapping_set.path, row.line, cure=cure)
                for what, cure in _object(row, mapping_set, prefixes)
            ]
    return [*problems, *_twice(sets), *_left_out(sets, vocabulary)]


def linked(sets: list[MappingSet], vocabulary: Vocabulary) -> dict[str, tuple[int, int]]:
    """For each kind that is to be linked: how many of its things have a match, of how many."""
    matched = {row.subject_id.removeprefix("avidity:") for each in sets for row in each.mappings if row.is_match}
    return {
        kind: (sum(f"{kind}/{slug}" in matched for slug in vocabulary.slugs(kind)), len(vocabulary.slugs(kind)))
        for kind in LINKED_KINDS
    }


def _curie_map(mapping_set: MappingSet, prefixes: dict[str, Prefix]) -> Iterator[Problem]:
    for prefix, iri in mapping_set.curie_map.items():
        if prefix not in _OWN and prefix not in prefixes:
            yield Problem(f"the prefix {prefix} is not in prefixes.tsv", mapping_set.path, 1, cure=", ".join(prefixes))
        elif prefix in prefixes and prefixes[prefix].iri != iri:
            yield Problem(f"{prefix} is {iri} here and {prefixes[prefix].iri} in prefixes.tsv", mapping_set.path, 1)


def _row(row: Mapping, labels: dict[str, str]) -> Iterator[tuple[str, str | None]]:
    if row.subject_id not in labels:
        yield (
            f"unknown subject {row.subject_id}",
            "name a thing of ontology/vocabulary or a term of ontology/avidity.ttl",
        )
    elif row.subject_label != labels[row.subject_id]:
        yield f"{row.subject_id} is called {labels[row.subject_id]!r}, not {row.subject_label!r}", None
    if row.predicate_id not in PREDICATES:
        yield f"unknown predicate {row.predicate_id}", f"allowed: {', '.join(PREDICATES)}"
    if row.mapping_justification not in _JUSTIFICATIONS:
        yield f"unknown justification {row.mapping_justification!r}", f"allowed: {', '.join(_JUSTIFICATIONS)}"


def _object(row: Mapping, mapping_set: MappingSet, prefixes: dict[str, Prefix]) -> Iterator[tuple[str, str | None]]:
    if not row.is_match:
        if not row.comment or not row.object_source:
            yield "a row without a counterpart says why (comment) and where one was looked for (object_source)", None
        return
    prefix, _, local_id = row.object_id.partition(":")
    if prefix not in mapping_set.curie_map or prefix not in prefixes:
        yield f"the prefix of {row.object_id} is not in the curie_map of the header", ", ".join(mapping_set.curie_map)
        return
    if not prefixes[prefix].fits(local_id):
        yield f"{row.object_id} is not how ids of {prefix} look", f"the pattern is {prefixes[prefix].pattern}"
    if row.object_source != prefixes[prefix].source:
        yield f"{row.object_id} is from {prefixes[prefix].source}, not {row.object_source!r}", None
    if not row.object_label or not row.object_source_version:
        yield f"{row.object_id} needs its label and the version of the file that it was seen in", None


def _twice(sets: list[MappingSet]) -> Iterator[Problem]:
    """The same pair in two rows, and one id that two of our things match exactly: a merger would make them one."""
    pairs = dict[tuple[str, str], int]()
    exact: dict[str, set[str]] = defaultdict(set)
    for path, row in ((each.path, row) for each in sets for row in each.mappings):
        if (row.subject_id, row.object_id) in pairs and row.is_match:
            yield Problem(f"{row.subject_id} is linked to {row.object_id} twice", path, row.line)
        pairs[row.subject_id, row.object_id] = row.line
        if row.is_match and row.predicate_id == "skos:exactMatch":
            exact[row.object_id].add(row.subject_id)
            if len(exact[row.object_id]) > 1:
                yield Problem(
                    f"{' and '.join(sorted(exact[row.object_id]))} cannot both be exactly {row.object_id}",
                    path, row.line, cure="make all but one of them skos:closeMatch",
                )  # fmt: skip


def _left_out(sets: list[MappingSet], vocabulary: Vocabulary) -> Iterator[Problem]:
    told = {row.subject_id.removeprefix("avidity:") for each in sets for row in each.mappings}
    folder = sets[0].path.parent if sets else Path("ontology/mappings")
    for kind in LINKED_KINDS:
        for slug in vocabulary.slugs(kind):
            if f"{kind}/{slug}" not in told:
                cure = "add a link, or a row with object_id sssom:NoTermFound and a comment"
                yield Problem(f"{kind}/{slug} has no link and does not say that there is none", folder, cure=cure)
