"""How long the server takes to make a page, behind the front, so that no answer is a kept one; and how big it is.

Every study, the home page, the evidence map (as it is, by mechanism, with an open cell), the source without and with a
chosen passage, the contradictions, an answer, the methods and the downloads, each asked `ROUNDS` times in turn: medians
and the 95th percentile of milliseconds, sizes in KB as sent with gzip at level 1. What is made once for a release
(badges, maps that were drawn) is made before; how long the first visit takes is printed too.
"""

from __future__ import annotations

import gzip
import statistics
import sys
import tempfile
import time
from pathlib import Path

from avidity_loaders.build import build
from avidity_loaders.inputs import Inputs
from avidity_service.app import make_app
from avidity_service.context import KEY
from avidity_service.metrics import Metrics
from avidity_service.release import open_release
from avidity_service.settings import Settings

ROUNDS = 20
OTHERS = (
    "/",
    "/evidence-map",
    "/evidence-map?rows=mechanism&columns=gene",
    "/evidence-map?row=dabrafenib&column=braf-mutation",
    "/methods",
    "/downloads",
    "/questions/agents-for-genotype?alteration=NRAS",
    "/source",
    "/source?passage=12916-13005",
    "/discrepancies",
)


def main(release: Path) -> None:
    """Print one line for each kind of page; for studies, one over all of them."""
    app = make_app(open_release(release), Settings(workers=1), Metrics())
    client = app.test_client()
    taken: dict[str, list[float]] = {}
    sizes: dict[str, float] = {}
    studies = sorted(f"/study/{slug}" for slug in app.extensions[KEY].names.slugs["study"])
    try:
        for path in OTHERS[:3]:
            started = time.perf_counter()
            assert client.get(path, headers={"Accept": "text/html"}).status_code == 200, path
            print(f"{path:50} the first time {(time.perf_counter() - started) * 1000:.0f} ms")
        for _ in range(ROUNDS):
            for path in (*studies, *OTHERS):
                started = time.perf_counter()
                answer = client.get(path, headers={"Accept": "text/html"})
                kind = "every /study/<slug>" if path.startswith("/study/") else path
                taken.setdefault(kind, []).append((time.perf_counter() - started) * 1000)
                assert answer.status_code == 200, path
                sizes[kind] = max(sizes.get(kind, 0.0), len(gzip.compress(answer.data, 1)) / 1024)
    finally:
        app.extensions[KEY].pool.close()
    for kind, times in taken.items():
        slow = statistics.quantiles(times, n=20)[-1]
        print(f"{kind:50} median {statistics.median(times):5.1f} ms   95 % {slow:5.1f} ms   {sizes[kind]:5.1f} KB")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            build(Inputs.shipped(), Path(folder) / "release")
            main(Path(folder) / "release")
