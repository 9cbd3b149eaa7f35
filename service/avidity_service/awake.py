"""Waiting awake: who is called again within microseconds is sooner there if it has not slept meanwhile.

To put a processor to sleep and to wake it takes a virtual machine 30 to 100 µs, which is as long as a known answer
takes. So the loop looks a few times more before it sleeps, but only after a time when that would have been worth it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

Events = Sequence[tuple[int, int]]
_UNLIMITED = ("max", "-1")
_give_way: Callable[[], object] = getattr(os, "sched_yield", lambda: time.sleep(0))


class Awake:
    """Waits for events, awake for `most_s` at first if the last one came as soon as that.

    `poll` takes seconds and gives what has happened. Where nothing happens for longer, the next wait is asleep from
    its beginning, so that an idle service uses no processor.
    """

    def __init__(self, poll: Callable[[float], Events], most_s: float, clock: Callable[[], float] = time.perf_counter):
        self.poll, self.most_s, self.clock = poll, most_s, clock
        self.is_worth_it = False

    def wait(self, timeout_s: float, *, may_stay: bool) -> Events:
        """What has happened, or nothing after so many seconds; without `may_stay` it sleeps at once."""
        if not self.most_s or timeout_s <= self.most_s:
            return self.poll(timeout_s)
        events = self.poll(0)
        if events:
            return events
        began = self.clock()
        if may_stay and self.is_worth_it:
            while self.clock() - began < self.most_s:
                _give_way()
                if events := self.poll(0):
                    return events
        events = self.poll(timeout_s)
        self.is_worth_it = self.clock() - began < self.most_s
        return events


def is_rationed(cgroups: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> bool:
    """Whether this process has only so much time on its processors: then none of it is to be waited away."""
    return any(_has_quota(place) for place in _places(cgroups, own))


def _places(cgroups: Path, own: Path) -> list[Path]:
    """Where a ration may be written: for this group and those around it by cgroups 2, for a container by 1."""
    places = [cgroups / "cpu" / "cpu.cfs_quota_us"]
    with contextlib.suppress(OSError):
        for line in own.read_text().splitlines():
            if line.startswith("0::"):
                group = PurePosixPath(line[3:]).relative_to("/")
                places += [cgroups / path / "cpu.max" for path in (group, *group.parents)]
    return places


def _has_quota(place: Path) -> bool:
    try:
        said = place.read_text().split()
    except OSError:
        return False
    return bool(said) and said[0] not in _UNLIMITED
