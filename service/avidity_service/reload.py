"""Another release without a pause: opened and warmed beside the one that is served, then exchanged in one step."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from avidity_service.errors import ReleaseError, SettingsError
from avidity_service.front.layer import Front
from avidity_service.front.serving import Served
from avidity_service.pidfile import Told
from avidity_service.prepared import leave
from avidity_service.release import Release, open_release
from avidity_service.settings import Settings
from avidity_service.sparql.hugepages import Memory

_LOG = logging.getLogger("avidity")
# A folder that is exchanged while it is read looks broken; a moment later it is whole.
_TRIES = 4
_BETWEEN_S = 0.2
_MOMENT_S = 0.5
# What requests on the former release have, beyond the longest query.
_DRAIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a reload ended: ok, unchanged or failed, in words, and the release that is served now."""

    outcome: str
    words: str
    release: str


class Reloader:
    """Reloads one after the other, in a thread of its own."""

    def __init__(self, front: Front, place: Path, settings: Settings, told: Told) -> None:
        """`place` is a folder, or a link that is followed anew each time; `told` says outside what happens."""
        self.front, self.place, self.settings, self.told = front, place, settings, told
        self.wanted, self.on_disk, self.asked = threading.Event(), threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._work, name="reload", daemon=True)
        self.thread.start()

    def into_memory(self) -> None:
        """Have the release that is served on disk soon served from memory, where answers take a third of the time."""
        self.on_disk.set()
        self.wanted.set()

    def request(self) -> None:
        """Have it done soon; may be called from a signal's handler."""
        self.asked.set()
        self.wanted.set()

    def reload(self) -> Outcome:
        """Serve what is at the place now; if that cannot be served, go on with what is."""
        try:
            release = _open(self.place)
            served = self.front.current.context
            if release.manifest == served.release.manifest and not served.engine.is_changed():
                found = Outcome("unchanged", f"Release {release.id} is served already", release.id)
            else:
                found = self._exchange(release)
        except Exception as error:
            # Whatever is wrong with it, the release that is served is not touched.
            words = str(error) if isinstance(error, ReleaseError) else f"{type(error).__name__}: {error}"
            kept = self.front.current.id
            found = Outcome("failed", f"{self.place} cannot be served, so release {kept} stays: {words}", kept)
        self.front.metrics.reloads.labels(found.outcome).inc()
        _LOG.log(logging.ERROR if found.outcome == "failed" else logging.INFO, "reload: %s", found.words)
        return found

    def _exchange(self, release: Release) -> Outcome:
        from avidity_service.app import serve  # not before the service has started

        started = time.monotonic()
        served = serve(release, self.settings, self.front.metrics)
        try:
            if not served.context.pool.warm():
                raise ReleaseError("its workers do not answer")
        except BaseException:
            served.context.pool.close()
            raise
        Memory().gather()
        former = self.front.swap(served)
        seconds = time.monotonic() - started
        threading.Thread(target=self._retire, args=(former,), name="retire", daemon=True).start()
        words = f"Release {release.id} took the place of {former.id} after {seconds:.2f} s"
        return Outcome("ok", words, release.id)

    def _retire(self, former: Served) -> None:
        former.retire(self.settings.query_timeout_s + _DRAIN_S)
        leave(former.context.release)

    def _load(self) -> None:
        time.sleep(_MOMENT_S)  # those who waited for the start are answered first
        served = self.front.current.context.release
        try:
            _LOG.info("in memory: %s", self._exchange(replace(served, disk=None)).words)
        except Exception:
            _LOG.exception("release %s goes on from disk", served.id)

    def _work(self) -> None:
        while True:
            self.wanted.wait()
            self.wanted.clear()
            try:
                self._turn()
            except Exception:  # a full disk, say; the next one may succeed
                _LOG.exception("a reload could not be told of")

    def _turn(self) -> None:
        if self.on_disk.is_set():
            self.on_disk.clear()
            self._load()
        if not self.asked.is_set():
            return
        self.asked.clear()
        self.told.begin()
        try:
            if self.front.journal is not None:
                self.front.journal.reopen()
        except SettingsError as error:
            _LOG.error("the query log goes on in the old file: %s", error)
        found = self.reload()
        self.told.end(found.release, found.outcome, found.words)


def _open(place: Path) -> Release:
    for left in range(_TRIES - 1, -1, -1):
        try:
            return open_release(place.resolve())
        except ReleaseError:
            if not left:
                raise
            time.sleep(_BETWEEN_S)
    raise AssertionError
