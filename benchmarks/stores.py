"""Our service beside other stores: the same data, the same queries, in turns within one run.

`python -m benchmarks.stores 10000 1000000` prints a table for each size. Each line is measured in rounds; within a
round every server has its turn, in an order that changes, so that what else the machine does meets all alike. A ratio
is that of one round; shown are its median, least and greatest.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from benchmarks.driving import Measured, drive
from benchmarks.mix import KINDS, Kind
from benchmarks.targets import (
    Target,
    avidity,
    oxigraph_in_memory,
    oxigraph_on_disk,
    rdflib_endpoint,
    virtuoso,
    write_data,
)

_SERVERS: dict[str, Callable[[Path], AbstractContextManager[Target]]] = {
    "avidity": avidity,
    "oxigraph-memory": oxigraph_in_memory,
    "oxigraph-disk": oxigraph_on_disk,
    "virtuoso": virtuoso,
    "rdflib": rdflib_endpoint,
}
# rdflib holds no more in bearable time.
_MOST_FOR_RDFLIB = 100_000
_MIX = tuple(kind for kind in KINDS if kind.weight)


def main() -> None:
    """Measure each size and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("quads", type=int, nargs="*", default=[10_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one turn")
    parser.add_argument("--only", action="append", choices=list(_SERVERS), help="these servers; all without it")
    parser.add_argument("--kinds", action="store_true", help="each kind of query too, not only the mix")
    asked = parser.parse_args()
    for quads in asked.quads:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            place, studies = write_data(Path(folder), quads)
            names = [name for name in asked.only or _SERVERS if name != "rdflib" or quads <= _MOST_FOR_RDFLIB]
            targets = _start(names, place, stack)
            print(f"\n## {quads:,} quads, {studies:,} studies\n")
            _loads(targets)
            run = _Run(targets, studies, asked.rounds, asked.seconds)
            for repeating in (False, True):
                for connections in (1, 8, 64):
                    what = "repeating (100 queries)" if repeating else "never the same"
                    run.line(f"mix, {what}", _MIX, connections, repeating=repeating)
            for kind in KINDS if asked.kinds else ():
                run.line(kind.name, (kind,), 1, repeating=False)


def _start(names: Sequence[str], place: Path, stack: ExitStack) -> list[Target]:
    targets = []
    for name in names:
        try:
            targets.append(stack.enter_context(_SERVERS[name](place)))
        except FileNotFoundError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    return targets


def _loads(targets: Sequence[Target]) -> None:
    print("| server | data loaded, s | start to first answer, s |\n|---|---|---|")
    for target in targets:
        print(f"| {target.name} | {target.load_s:.1f} | {'–' if target.first_s is None else f'{target.first_s:.2f}'} |")
    print("\n| queries | connections | server | requests/s | median ms | p99 ms | CPU µs | failed | ours : it |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)


class _Run:
    """The servers of one size, and how long each has its turn."""

    def __init__(self, targets: Sequence[Target], studies: int, rounds: int, seconds: float) -> None:
        self.targets, self.studies, self.rounds, self.seconds = list(targets), studies, rounds, seconds

    def line(self, name: str, kinds: tuple[Kind, ...], connections: int, *, repeating: bool) -> None:
        """Measure one line of the table and print it."""
        found: dict[str, list[Measured]] = {target.name: [] for target in self.targets}
        # Round 0 warms up and is forgotten.
        for number in range(self.rounds + 1):
            order = random.Random(number).sample(self.targets, len(self.targets))
            for target in order:
                measured = drive(target.url, target.process, kinds, self.studies, number, connections, self.seconds,
                                 repeating=repeating)  # fmt: skip
                if number:
                    found[target.name].append(measured)
        for target in self.targets:
            print(_row(name, connections, target.name, found), flush=True)


def _row(name: str, connections: int, server: str, found: dict[str, list[Measured]]) -> str:
    runs = found[server]
    rate, middle, high, cpu = (
        statistics.median(values)
        for values in zip(*((one.rate, one.median, one.p99, one.cpu) for one in runs), strict=True)
    )
    failed = sum(one.failed for one in runs)
    ours = found.get("avidity", runs)
    ratios = sorted(our.rate / one.rate for our, one in zip(ours, runs, strict=True) if one.rate)
    ratio = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})" if ratios else "–"
    numbers = f"{rate:,.0f} | {middle:.2f} | {high:.1f} | {cpu:,.0f} | {failed}"
    return f"| {name} | {connections} | {server} | {numbers} | {'' if server == 'avidity' else ratio} |"


if __name__ == "__main__":
    main()
