"""Many who ask the same at once wait for one who computes it; nobody waits for ever, and few wait for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

# As long as a query is a short one, all may wait for it.
_SHORT_S = 0.2
_LOOK_S = 0.1


class Impatient(Exception):
    """As many wait for long answers as may."""


class Left(Exception):
    """The one who waited has gone."""


class Flight(Generic[T]):
    """One computation under way; `result` is there when it has landed, None if it ended without one.

    `landing` is there as soon as somebody waits: most have nobody.
    """

    __slots__ = ("has_landed", "landing", "result", "waiting")

    def __init__(self) -> None:
        self.has_landed = False
        self.landing: threading.Event | None = None
        self.result: T | None = None
        self.waiting = 0


class Flights(Generic[T]):
    """The computations under way by key. Each wait holds a thread, so that at most `patient` may be long."""

    def __init__(self, patient: int) -> None:
        self.under_way: dict[Hashable, Flight[T]] = {}
        self.lock = threading.Lock()
        self.patient = threading.BoundedSemaphore(patient)

    def board(self, key: Hashable) -> tuple[Flight[T], bool]:
        """The flight of a key, and whether the caller leads it; who leads must `land` it, whatever happens."""
        with self.lock:
            flight = self.under_way.get(key)
            if flight is not None:
                flight.waiting += 1
                if flight.landing is None:
                    flight.landing = threading.Event()
                return flight, False
            flight = self.under_way[key] = Flight()
            return flight, True

    def lead(self, key: Hashable) -> Flight[T] | None:
        """A flight of a key to be led by the caller, who must `land` it; None if there is one under way."""
        with self.lock:
            if key in self.under_way:
                return None
            flight = self.under_way[key] = Flight()
            return flight

    def land(self, key: Hashable, flight: Flight[T], result: T | None) -> None:
        """Give the result to all who wait; with None each goes on alone."""
        with self.lock:
            if self.under_way.get(key) is flight:
                del self.under_way[key]
            flight.result, flight.has_landed = result, True
        if flight.landing is not None:
            flight.landing.set()

    def wait(self, flight: Flight[T], most_s: float, is_gone: Callable[[], bool]) -> T | None:
        """The leader's result; None if there is none after so many seconds, or the leader failed.

        Raises:
            Impatient: if it takes long and too many others wait for long ones.
            Left: if the client has gone.
        """
        assert flight.landing is not None
        try:
            if flight.landing.wait(_SHORT_S):
                return flight.result
            if not self.patient.acquire(blocking=False):
                raise Impatient
            try:
                return self._wait_on(flight, flight.landing, time.monotonic() + most_s, is_gone)
            finally:
                self.patient.release()
        finally:
            with self.lock:
                flight.waiting -= 1

    def _wait_on(
        self, flight: Flight[T], landing: threading.Event, end: float, is_gone: Callable[[], bool]
    ) -> T | None:
        while not landing.wait(_LOOK_S):
            if is_gone():
                raise Left
            if time.monotonic() > end:
                return None
        return flight.result
