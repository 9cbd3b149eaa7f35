"""Names that were given out: an IRI of a released version never disappears, it can only be deprecated.

`ontology/released/<version>.txt` lists, one a line, the IRIs that the version promised. Passages, quantities and
other parts are named after what they belong to and are not listed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from avidity_loaders.errors import OntologyError, Problem
from avidity_loaders.names import AV, KINDS, split_iri


def named(quads: Iterable[ox.Quad]) -> set[str]:
    """The IRIs that the dataset describes: those that are the subject of a triple."""
    return {quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)}


def promised(quads: Iterable[ox.Quad]) -> list[str]:
    """The IRIs that a release of this dataset promises, sorted."""
    return sorted(iri for iri in named(quads) if iri.startswith(AV) or _kind(iri) in KINDS)


def read_released(folder: Path) -> dict[str, str]:
    """The version that first promised each IRI.

    Raises:
        OntologyError: for a line that is no IRI of ours.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.txt"), key=lambda file: _order(file.stem)):
        for line, iri in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not iri.startswith("https://w3id.org/avidity/"):
                raise OntologyError(Problem(f"this is no IRI of ours: {iri!r}", path, line))
            found.setdefault(iri, path.stem)
    return found


def gone(quads: Iterable[ox.Quad], folder: Path) -> list[Problem]:
    """A problem for each released IRI that the dataset does not describe any more."""
    there = named(quads)
    cure = "bring it back, or describe it in ontology/vocabulary/deprecated.ttl (owl:deprecated, dcterms:isReplacedBy)"
    return [
        Problem(f"{iri} was released with {version} and is gone", folder / f"{version}.txt", cure=cure)
        for iri, version in sorted(read_released(folder).items())
        if iri not in there
    ]


def _kind(iri: str) -> str:
    kind, slug = split_iri(iri)
    # Selectors and the like hang below what they belong to and are no things of their own.
    return kind if slug else ""


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def main() -> None:
    """Print what a release of the seeds as they are would promise; `make promise` keeps it."""
    from avidity_loaders.assembling import assemble
    from avidity_loaders.inputs import Inputs

    print("\n".join(promised(assemble(Inputs.shipped()).quads)))


if __name__ == "__main__":
    main()
