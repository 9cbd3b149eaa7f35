"""Load: connections that ask one query after another for a while, in a process of their own."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from benchmarks.mix import Kind, Mix

_HERTZ = 100  # ticks of /proc/<pid>/stat
_RESULTS, _GRAPH = "application/sparql-results+json", "application/n-triples"


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: requests a second, median and 99th percentile in ms, CPU µs a request of the server, and failures."""

    rate: float
    median: float
    p99: float
    cpu: float
    failed: int


def drive(url: str, process: int, kinds: tuple[Kind, ...], studies: int, seed: int, connections: int, seconds: float,
          *, repeating: bool) -> Measured:  # fmt: skip
    """Ask for so many seconds over so many connections; every connection ends the request that it has begun."""
    mix = Mix(kinds, studies, seed, repeating=repeating)
    before, start = cpu_seconds(process), time.perf_counter()
    times, failed = asyncio.run(_drive(url, mix, connections, start + seconds))
    took, used = time.perf_counter() - start, cpu_seconds(process) - before
    times.sort()
    number = max(1, len(times))
    middle, high = (times[int(number * part)] * 1000 if times else float("nan") for part in (0.5, 0.99))
    return Measured(len(times) / took, middle, high, used / number * 1e6, failed)


def cpu_seconds(process: int) -> float:
    """What a process and all below it have used, those that ended included."""
    total = 0.0
    parents: dict[int, list[int]] = {}
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        stats[pid] = sum(map(int, fields[11:15])) / _HERTZ
        parents.setdefault(int(fields[1]), []).append(pid)
    waiting = [process]
    while waiting:
        pid = waiting.pop()
        total += stats.get(pid, 0.0)
        waiting += parents.get(pid, [])
    return total


async def _drive(url: str, mix: Mix, connections: int, end: float) -> tuple[list[float], int]:
    found = await asyncio.gather(*(_connection(url, mix, end) for _ in range(connections)))
    return [took for times, _ in found for took in times], sum(failed for _, failed in found)


async def _connection(url: str, mix: Mix, end: float) -> tuple[list[float], int]:
    parts = urlsplit(url)
    times: list[float] = []
    failed = 0
    reader = writer = None
    while time.perf_counter() < end:
        query, is_graph = mix.next()
        request = (
            f"GET {parts.path}?query={quote(query)} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Accept: {_GRAPH if is_graph else _RESULTS}\r\n\r\n"
        ).encode()
        start = time.perf_counter()
        try:
            if reader is None or writer is None:
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 20)
            writer.write(request)
            status, closes = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            status, closes = 0, True
        if status == 200:
            times.append(time.perf_counter() - start)
        else:
            failed += 1
        if closes and writer is not None:
            writer.close()
            reader = writer = None
    if writer is not None:
        writer.close()
    return times, failed


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """The status of one answer, read to its end, and whether the connection ends with it."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    closes = b"\r\nconnection: close" in head
    if b"\r\ntransfer-encoding: chunked" in head:
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    elif b"\r\ncontent-length:" in head:
        await reader.readexactly(int(head.partition(b"\r\ncontent-length:")[2].split(b"\r\n")[0]))
    else:
        await reader.read()
        closes = True
    return status, closes
