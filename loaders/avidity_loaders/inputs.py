"""What a release is made from: three data folders, and the code that reads them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from avidity_loaders import places


@dataclass(frozen=True, slots=True)
class Inputs:
    """The three data folders that a release is made from."""

    ontology: Path
    queries: Path
    seeds: Path

    @classmethod
    def shipped(cls) -> Inputs:
        """Those that came with this installation."""
        return cls(places.data("ontology"), places.data("queries"), places.data("seeds"))


def inputs_digest(inputs: Inputs) -> str:
    """A digest of everything that a release is made from, code included: a release with another one is stale."""
    total = hashlib.sha256(version("avidity").encode())
    code = Path(__file__).parent
    roots = [(inputs.ontology, "*"), (inputs.queries, "*"), (inputs.seeds, "*"), (code, "*.py")]
    for root, pattern in roots:
        for path in sorted(path for path in root.rglob(pattern) if path.is_file()):
            total.update(f"{path.relative_to(root)}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
