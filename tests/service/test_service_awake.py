"""The loop waits awake where that is worth it, and never where it is not."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from avidity_service.awake import Awake, Events, is_rationed
from avidity_service.connections import Connections
from avidity_service.settings import Settings

EVENT: Events = [(7, 1)]


class World:
    """A system whose clock goes on by 10 µs with each look, and where events come at set times."""

    def __init__(self, *gaps_s: float) -> None:
        self.now = 0.0
        self.gaps: Iterator[float] = iter(gaps_s)
        self.due = next(self.gaps)
        self.looks: list[float] = []

    def poll(self, timeout_s: float) -> Events:
        """What a system's poll does."""
        self.looks.append(timeout_s)
        self.now = min(max(self.now, self.due), self.now + timeout_s) if timeout_s else self.now + 1e-5
        if self.now < self.due:
            return []
        self.due = self.now + next(self.gaps, 1e9)
        return EVENT

    def slept(self) -> bool:
        """Whether the last wait slept."""
        slept = any(self.looks)
        self.looks = []
        return slept


def wait(awake: Awake, *, may_stay: bool = True) -> Events:
    return awake.wait(1.0, may_stay=may_stay)


def test_it_stays_awake_while_events_come_soon_and_sleeps_again_when_they_do_not() -> None:
    world = World(*[1e-4] * 3, 0.5, *[1e-4] * 2)
    awake = Awake(world.poll, 2e-4, lambda: world.now)
    slept = []
    for _ in range(6):
        assert wait(awake) == EVENT
        slept.append(world.slept())
    # The first is slept for, as nobody knows; the fourth comes late, so that the fifth is slept for as well.
    assert slept == [True, False, False, True, True, False]


def test_it_never_looks_for_longer_than_told() -> None:
    world = World(1e-4, 0.5)
    awake = Awake(world.poll, 2e-4, lambda: world.now)
    wait(awake)
    world.looks = []
    began = world.now
    wait(awake)
    assert world.looks[-1] == 1.0
    assert 15 <= world.looks.count(0) <= 22
    assert world.now - began == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(("most_s", "may_stay"), [(0, True), (2e-4, False)])
def test_it_sleeps_where_it_may_not_stay_awake(most_s: float, *, may_stay: bool) -> None:
    world = World(*[1e-4] * 4)
    awake = Awake(world.poll, most_s, lambda: world.now)
    for _ in range(4):
        assert wait(awake, may_stay=may_stay) == EVENT
        assert world.looks.count(0) <= 1
        assert world.slept()


def test_nothing_in_time_is_nothing() -> None:
    world = World(1e-4, 1e9)
    awake = Awake(world.poll, 2e-4, lambda: world.now)
    wait(awake)
    assert wait(awake) == []
    assert awake.wait(0, may_stay=True) == []


def _rationed(folder: Path, groups: dict[str, str], own: str = "0::/\n") -> bool:
    for place, said in groups.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(said)
    (folder / "own").write_text(own)
    return is_rationed(folder, folder / "own")


@pytest.mark.parametrize(
    ("groups", "own"),
    [
        ({"cpu.max": "50000 100000\n"}, "0::/\n"),
        ({"a/cpu.max": "max 100000\n", "a/b/cpu.max": "150000 100000\n"}, "0::/a/b\n"),
        ({"a/cpu.max": "150000 100000\n", "a/b/cpu.max": "max 100000\n"}, "1:name=x:/\n0::/a/b\n"),
        ({"cpu/cpu.cfs_quota_us": "50000\n"}, "1:cpu:/\n"),
    ],
    ids=["container", "own group", "group around", "first version"],
)
def test_where_time_is_rationed_it_is_seen(tmp_path: Path, groups: dict[str, str], own: str) -> None:
    assert _rationed(tmp_path, groups, own)


@pytest.mark.parametrize("groups", [{}, {"cpu.max": "max 100000\n"}, {"cpu/cpu.cfs_quota_us": "-1\n"}, {"cpu.max": ""}])
def test_where_it_is_not_that_is_seen(tmp_path: Path, groups: dict[str, str]) -> None:
    assert not _rationed(tmp_path, groups)


@pytest.mark.parametrize(
    ("rationed", "under_way", "may_stay"), [(False, 0, True), (False, 1, False), (True, 0, False), (True, 1, False)]
)
def test_the_loop_leaves_processors_to_workers(rationed: bool, under_way: int, *, may_stay: bool) -> None:
    turns: list[tuple[float, bool]] = []

    def turn(timeout_s: float, *, awake: bool) -> None:
        turns.append((timeout_s, awake))

    looping = SimpleNamespace(most_s=None, turn=lambda: None, under_way=dict.fromkeys(range(under_way), 0.0))
    loop: Any = SimpleNamespace(looping=looping, is_rationed=rationed, at_hand=(), poller=SimpleNamespace(turn=turn))
    Connections._turn(loop, 1.0)
    assert turns == [(1.0, may_stay)]


def test_how_long_it_stays_awake_is_a_setting() -> None:
    for microseconds in (0, 300):
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            front: Any = SimpleNamespace(metrics=SimpleNamespace())
            server = Connections(front, listener, Settings(awake_us=microseconds))
            assert server.poller.awake.most_s == microseconds / 1e6
            assert server.is_rationed == is_rationed()
            server.close()
