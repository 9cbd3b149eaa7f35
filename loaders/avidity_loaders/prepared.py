"""`store/` in a release: the dataset as the engine keeps it on disk, so that a service need not load it to answer.

It holds nothing that is not in the dataset, has no digest (the engine never writes the same bytes twice), and whoever
serves may do without it. Small datasets have none: they are in memory before a second process has started.
"""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pyoxigraph as ox

FOLDER = "store"
MARK = "avidity.json"
# Below this many quads, loading takes less than half a second.
WORTHWHILE = 100_000


def prepare(folder: Path, packed: bytes, release: str) -> None:
    """Write `store/` into a release's folder, from its gzipped N-Quads; the mark that it is whole comes last."""
    place = folder / FOLDER
    store = ox.Store(place)
    # As everywhere: `bulk_load` would give blank nodes other names than the dataset has.
    store.bulk_extend(ox.parse(io.BytesIO(gzip.decompress(packed)), format=ox.RdfFormat.N_QUADS))
    store.optimize()
    store.flush()
    del store
    (place / MARK).write_text(json.dumps({"release": release, "engine": ox.__version__}) + "\n", encoding="utf-8")
