"""Whether the system has killed a process because memory ran out; a kill by hand looks the same to the one killed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from pathlib import Path

_GROUPS, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_EVERYWHERE = Path("/proc/vmstat")


class Kills:
    """The kills for memory since this was made, each to be laid to one worker's end."""

    def __init__(self, files: Sequence[Path] | None = None) -> None:
        """`files` have a line `oom_kill` with a number; the first that does counts."""
        self.files = _files() if files is None else files
        self.lock = threading.Lock()
        self.explained = self._number()

    def explain_one(self) -> bool:
        """Whether there was one that has not explained another worker's end; then it explains this one."""
        with self.lock:
            found = self._number() > self.explained
            self.explained += found
        return found

    def _number(self) -> int:
        for file in self.files:
            with contextlib.suppress(OSError, ValueError, StopIteration):
                lines = map(str.split, file.read_text().splitlines())
                return next(int(line[1]) for line in lines if line[0] == "oom_kill")
        return 0


def _files() -> list[Path]:
    """What counts for our own control group, which knows of no others' kills; then what counts for the machine."""
    found = []
    with contextlib.suppress(OSError):
        own = [line[3:] for line in _OWN.read_text().splitlines() if line.startswith("0::")]
        found = [_GROUPS / group.lstrip("/") / "memory.events" for group in own]
    return [*found, _EVERYWHERE]
