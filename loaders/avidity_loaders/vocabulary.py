"""The controlled things that claims may name: slugs by kind, and the words by which the source writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from avidity_loaders.errors import OntologyError, Problem
from avidity_loaders.names import BASE, RDF_TYPE, RDFS_LABEL, SKOS, split_iri

_FORMS = (RDFS_LABEL, SKOS + "altLabel", SKOS + "hiddenLabel")


@dataclass(frozen=True)
class Vocabulary:
    """Slugs and forms of every vocabulary thing.

    `forms` maps (kind, slug) to the ways in which the thing may be written, its label first.
    """

    triples: tuple[ox.Triple, ...]
    forms: dict[tuple[str, str], tuple[str, ...]]

    def slugs(self, kind: str) -> list[str]:
        """All slugs of a kind, sorted."""
        return sorted(slug for k, slug in self.forms if k == kind)

    def label(self, kind: str, slug: str) -> str:
        """The label of a thing."""
        return self.forms[kind, slug][0]

    def labelled(self, kind: str, label: str | None) -> ox.NamedNode | None:
        """The thing of a kind that has this label; None for None.

        Raises:
            KeyError: if the vocabulary has no such thing; the claims' schema lists the labels that it has.
        """
        if label is None:
            return None
        return ox.NamedNode(f"{BASE}{kind}/{self._by_label[kind, label]}")

    @cached_property
    def _by_label(self) -> dict[tuple[str, str], str]:
        return {(kind, forms[0]): slug for (kind, slug), forms in self.forms.items() if forms}

    def values(self, kind: str, slug: str, local_name: str) -> tuple[str, ...]:
        """The literals that a thing has for an `av:` property, sorted."""
        subject = ox.NamedNode(f"{BASE}{kind}/{slug}")
        found = [
            t.object for t in self.triples if t.subject == subject and t.predicate.value.endswith("#" + local_name)
        ]
        return tuple(sorted(term.value for term in found if isinstance(term, ox.Literal)))

    def value(self, kind: str, slug: str, local_name: str) -> str | None:
        """The literal that a thing has for an `av:` property, or None."""
        return next(iter(self.values(kind, slug, local_name)), None)


def parse_turtle(path: Path) -> list[ox.Triple]:
    """The triples of a Turtle file.

    Raises:
        OntologyError: naming file and line of the syntax error.
    """
    try:
        return [
            ox.Triple(quad.subject, quad.predicate, quad.object)
            for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
        ]
    except SyntaxError as error:
        raise OntologyError(Problem(f"this is not Turtle: {error.msg}", path, error.lineno)) from None


def read_vocabulary(folder: Path) -> Vocabulary:
    """Everything in the Turtle files of `ontology/vocabulary/`.

    Raises:
        OntologyError: if a file does not parse, or one thing is described in two files.
    """
    triples: list[ox.Triple] = []
    described: dict[str, Path] = {}
    for path in sorted(folder.glob("*.ttl")):
        rows = parse_turtle(path)
        for iri in {t.subject.value for t in rows if isinstance(t.subject, ox.NamedNode)}:
            if iri in described:
                raise OntologyError(Problem(f"{iri} is described here and in {described[iri].name}", path))
            described[iri] = path
        triples += rows
    return Vocabulary(tuple(triples), _forms(triples))


def _forms(triples: list[ox.Triple]) -> dict[tuple[str, str], tuple[str, ...]]:
    forms: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for triple in triples:
        if not isinstance(triple.subject, ox.NamedNode):
            continue
        key = split_iri(triple.subject.value)
        if triple.predicate.value == RDF_TYPE:
            forms.setdefault(key, [])
        elif triple.predicate.value in _FORMS:
            rank = _FORMS.index(triple.predicate.value)
            assert isinstance(triple.object, ox.Literal)
            forms.setdefault(key, []).append((rank, triple.object.value))
    return {key: tuple(form for _, form in sorted(rows)) for key, rows in forms.items()}


def without(text: str, words: tuple[str, ...]) -> str:
    """The text with some words blanked out, in any case."""
    for word in words:
        text = re.sub(re.escape(word), " ", text, flags=re.IGNORECASE)
    return text


def mentions(forms: tuple[str, ...], text: str) -> bool:
    """Whether `text` writes one of the forms as whole words, in any case."""
    return any(re.search(rf"(?<!\w){re.escape(form)}s?(?!\w)", text, re.IGNORECASE) for form in forms)
