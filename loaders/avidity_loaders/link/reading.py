"""The two readings of a file: the first for ids, the second for the terms that matter."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import BinaryIO, cast

import ijson
import pyoxigraph as ox

from avidity_loaders.errors import LinkError, Problem
from avidity_loaders.link.detecting import Format
from avidity_loaders.link.examining import OntologyFile
from avidity_loaders.link.graphs import read_graphs
from avidity_loaders.link.obo import read_obo
from avidity_loaders.link.owl import read_owl
from avidity_loaders.link.prefixes import Prefixes
from avidity_loaders.link.terms import ONTOLOGY, SYNONYMS, Field, Header, Said, Synonym, Term

_READERS: dict[Format, Callable[[BinaryIO, Prefixes], Iterator[Said]]] = {
    Format.OBO: read_obo,
    Format.RDF_XML: lambda stream, prefixes: read_owl(stream, prefixes, ox.RdfFormat.RDF_XML),
    Format.TURTLE: lambda stream, prefixes: read_owl(stream, prefixes, ox.RdfFormat.TURTLE),
    Format.GRAPHS: read_graphs,
}


def read(file: OntologyFile, prefixes: Prefixes) -> Iterator[Said]:
    """Everything that a file says, one thing at a time.

    Raises:
        LinkError: naming the file and the line of what is broken (in RDF/XML and JSON, the line that was reached).
    """
    file.refuse_change()
    with closing(_CountingLines(file.open())) as stream:
        try:
            yield from _READERS[file.format](cast(BinaryIO, stream), prefixes)
        except (SyntaxError, OSError, ijson.JSONError) as error:
            line = getattr(error, "lineno", None) or stream.line
            what = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split("\n")[0].split())
            raise LinkError(
                Problem(f"is not whole, or not {file.format}: {what}", file.path, line, cure="Fetch it again.")
            ) from None
    file.refuse_change()


@dataclass(slots=True)
class Survey:
    """What the first reading keeps: of every class its id and its parents' ids, of few of them more."""

    header: Header = field(default_factory=Header)
    classes: set[str] = field(default_factory=set)
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    obsolete: set[str] = field(default_factory=set)
    replaced_by: dict[str, tuple[str, ...]] = field(default_factory=dict)
    consider: dict[str, tuple[str, ...]] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)

    def with_ancestors(self, curies: Iterable[str]) -> set[str]:
        """These classes and all above them that the file declares."""
        found: set[str] = set()
        waiting = list(curies)
        while waiting:
            curie = waiting.pop()
            if curie in self.classes and curie not in found:
                found.add(curie)
                waiting += self.parents.get(curie, ())
        return found

    def replacements(self, curie: str) -> tuple[str, ...]:
        """What stands for an id now: replacements of replacements are followed to their end."""
        found: set[str] = set()
        seen, waiting = {curie}, [*self._next(curie)]
        while waiting:
            other = waiting.pop()
            if other not in seen:
                seen.add(other)
                further = self._next(other)
                waiting += further
                if not further and other not in self.obsolete:
                    found.add(other)
        return tuple(sorted(found))

    def _next(self, curie: str) -> tuple[str, ...]:
        if curie in self.classes and curie not in self.obsolete:
            return ()
        moved = self.moved.get(curie)
        return (moved,) if moved else self.replaced_by.get(curie, ())


def survey(file: OntologyFile, prefixes: Prefixes) -> Survey:
    """The first reading.

    Raises:
        LinkError: if the file is broken, or holds no class.
    """
    found, header = Survey(), dict[Field, list[str]]()
    lists: Mapping[Field, dict[str, tuple[str, ...]]] = {
        Field.PARENT: found.parents, Field.REPLACED_BY: found.replaced_by, Field.CONSIDER: found.consider,
    }  # fmt: skip
    for subject, kind, value in read(file, prefixes):
        if subject == ONTOLOGY:
            header.setdefault(kind, []).append(value)
        elif kind is Field.CLASS:
            found.classes.add(sys.intern(subject))
        elif kind is Field.OBSOLETE:
            found.obsolete.add(sys.intern(subject))
        elif kind is Field.ALTERNATIVE and value != subject:
            found.moved[value] = subject
        elif kind in lists:
            known = lists[kind].get(subject, ())
            if value not in known:
                lists[kind][sys.intern(subject)] = (*known, sys.intern(value))
    if not found.classes:
        raise LinkError(Problem(f"is {file.format} and declares no class", file.path))
    found.header = _header(header)
    return found


def gather(file: OntologyFile, prefixes: Prefixes, wanted: Collection[str]) -> dict[str, Term]:
    """The second reading: the terms that are wanted and that the file declares.

    Raises:
        LinkError: if the file is broken, or has changed since it was examined.
    """
    declared: set[str] = set()
    said: dict[str, dict[Field, set[str]]] = {curie: {} for curie in wanted}
    for subject, kind, value in read(file, prefixes):
        if subject in said:
            if kind is Field.CLASS:
                declared.add(subject)
            said[subject].setdefault(kind, set()).add(value)
    return {curie: _term(curie, said[curie]) for curie in sorted(declared)}


def _term(curie: str, said: Mapping[Field, set[str]]) -> Term:
    def all_(kind: Field) -> tuple[str, ...]:
        return tuple(sorted(said.get(kind, set()) - {curie}))

    return Term(
        curie=curie,
        label=min(said.get(Field.LABEL, set()), default=None),
        obsolete=Field.OBSOLETE in said,
        replaced_by=all_(Field.REPLACED_BY),
        consider=all_(Field.CONSIDER),
        alternatives=all_(Field.ALTERNATIVE),
        synonyms=tuple(sorted(Synonym(text, scope.value) for scope in SYNONYMS for text in said.get(scope, set()))),
        parents=all_(Field.PARENT),
    )


def _header(said: Mapping[Field, list[str]]) -> Header:
    def first(kind: Field) -> str | None:
        return next(iter(said.get(kind, [])), None)

    imports = len(set(said.get(Field.IMPORT, [])))
    return Header(first(Field.IRI), first(Field.VERSION_IRI), first(Field.VERSION), first(Field.LICENCE), imports)


class _CountingLines:
    """A stream that knows how many lines were read, for parsers that do not tell where they stopped."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.line = 1

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.line += data.count(b"\n")
        return data

    def readline(self, size: int = -1) -> bytes:
        data = self._stream.readline(size)
        self.line += data.count(b"\n")
        return data

    def close(self) -> None:
        self._stream.close()
