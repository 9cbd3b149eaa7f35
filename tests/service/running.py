"""A service in a process of its own, and the processes below it."""

from __future__ import annotations

import contextlib
import http.client
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Running:
    process: subprocess.Popen[str]
    port: int
    pid_file: Path

    def get(self, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def nurseries(self) -> set[int]:
        return children(self.process.pid)

    def workers(self) -> set[int]:
        return {worker for nursery in self.nurseries() for worker in children(nursery)}

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@contextlib.contextmanager
def running(release: Path, folder: Path, *flags: str, program: str | None = None) -> Iterator[Running]:
    """A service over a release folder; `folder` takes its log and its pid file. `program` is run instead of ours."""
    start = ["-m", "avidity_service"] if program is None else ["-c", program]
    command = [sys.executable, *start, "serve", "--release", str(release), "--port", "0"]
    command += ["--pid-file", str(folder / "avidity.json"), *flags]
    with (folder / "stderr").open("w") as log:
        process = subprocess.Popen(command, stderr=log, text=True)
    try:
        assert until(lambda: "http://" in (folder / "stderr").read_text() or process.poll() is not None)
        found = re.search(r"at http://127\.0\.0\.1:(\d+)/", (folder / "stderr").read_text())
        assert found, (folder / "stderr").read_text()
        yield Running(process, int(found[1]), folder / "avidity.json")
    finally:
        process.kill()
        process.wait()


def until(done: Callable[[], object], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def children(pid: int) -> set[int]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.add(int(stat.parent.name))
    return found
