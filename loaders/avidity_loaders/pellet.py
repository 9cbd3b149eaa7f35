"""A second judge: Pellet and the OWL API, which owlready2 brings along. The OWL 2 profile, consistency, and reasons."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from avidity_loaders.errors import OntologyError
from avidity_loaders.names import graph

_NOT_OWL = {graph("derived"), graph("mappings"), graph("queries")}
_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Opinion:
    """What Pellet says: the OWL 2 profile, the description logic, the number of axioms, and why it is inconsistent."""

    profile: str
    expressivity: str
    axioms: int
    inconsistency: str | None


def second_opinion(stated: Iterable[ox.Quad]) -> Opinion | None:
    """Profile and consistency of everything stated, passages and literals included; None where there is no Java.

    Raises:
        OntologyError: if Pellet does not answer.
    """
    if shutil.which("java") is None:
        return None
    triples = (ox.Triple(q.subject, q.predicate, q.object) for q in stated if q.graph_name not in _NOT_OWL)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dataset.owl"
        ox.serialize(triples, str(path), format=ox.RdfFormat.RDF_XML)
        told = dict(line.split(" = ", 1) for line in _run("info", path).splitlines() if " = " in line)
        if "OWL Profile" not in told:
            raise OntologyError("Pellet does not tell the OWL 2 profile")
        consistent = "Consistent: Yes" in _run("consistency", path)
        why = None if consistent else _run("explain", path).strip()
    return Opinion(told["OWL Profile"].strip(), told["DL Expressivity"].strip(), int(told["Axioms"]), why)


def _run(command: str, path: Path) -> str:
    import owlready2

    jars = Path(owlready2.__file__).parent / "pellet" / "*"
    try:
        done = subprocess.run(
            ["java", "-Xmx2g", "-cp", str(jars), "pellet.Pellet", command, "--ignore-imports", path.as_uri()],
            capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OntologyError(f"Pellet does not answer: {error}") from None
    return done.stdout
