"""Where a running service is found: a file with its process id, held by a lock, that also tells how reloads ended."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from avidity_service.errors import ServiceError, SettingsError

_LOG = logging.getLogger("avidity")


class NotRunning(ServiceError):
    """No service holds the file."""


@dataclass(frozen=True, slots=True)
class State:
    """What a service says of itself; `outcome` and `words` are of its last reload.

    `begun` counts the reloads that have begun, `reloads` those that have ended: whoever asks for one waits for a number
    that had not begun when he asked.
    """

    pid: int
    address: str
    release: str
    reloads: int = 0
    begun: int = 0
    outcome: str = ""
    words: str = ""


class PidFile:
    """The file while the service runs; nobody else can hold it, and it is gone afterwards."""

    def __init__(self, path: Path) -> None:
        """Make and lock the file.

        Raises:
            SettingsError: if it cannot be written, or another service holds it.
        """
        self.path = path
        try:
            self.descriptor = _lock(path)
        except BlockingIOError:
            raise SettingsError(f"AVIDITY_PID_FILE={path} is held by another service; name another file") from None
        except OSError as error:
            raise SettingsError(f"AVIDITY_PID_FILE={path} cannot be written: {error.strerror}") from None

    def write(self, state: State) -> None:
        """Say how things are."""
        data = json.dumps(asdict(state)).encode() + b"\n"
        os.pwrite(self.descriptor, data, 0)
        os.ftruncate(self.descriptor, len(data))

    def close(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


class Told:
    """What a service says of itself while it runs; written to its file, if it has one."""

    def __init__(self, file: PidFile | None, state: State) -> None:
        self.file, self.state = file, state

    def begin(self) -> None:
        """A reload begins."""
        self.state = replace(self.state, begun=self.state.begun + 1)
        self.write()

    def end(self, release: str, outcome: str, words: str) -> None:
        """It has ended, and this release is served."""
        self.state = replace(self.state, release=release, reloads=self.state.begun, outcome=outcome, words=words)
        self.write()

    def write(self) -> None:
        """Say how things are; a full disk is no reason to do nothing."""
        try:
            if self.file is not None:
                self.file.write(self.state)
        except OSError as error:
            _LOG.error("the pid file could not be written: %s", error)


def _lock(path: Path) -> int:
    """A descriptor of the file at a path, locked; the file may have been removed before it was locked."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)


def read(path: Path) -> State:
    """What the service that holds the file says.

    Raises:
        NotRunning: if there is no file, nobody holds it, or it belongs to somebody else.
    """
    try:
        with path.open("rb") as file:
            _check(file.fileno(), path)
            # A writer may be amid its few bytes; then the next look succeeds.
            for _ in range(100):
                try:
                    return State(**json.loads(os.pread(file.fileno(), 65_536, 0)))
                except (ValueError, TypeError):
                    continue
    except OSError as error:
        raise NotRunning(f"No service is found by {path}: {error.strerror}. Name its file with --pid-file.") from None
    raise NotRunning(f"{path} is not the file of a service.")


def _check(descriptor: int, path: Path) -> None:
    owner = os.fstat(descriptor).st_uid
    if owner not in (0, os.geteuid()) and os.geteuid() != 0:
        raise NotRunning(f"{path} belongs to another user.")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:  # it is held, so the service runs
        return
    raise NotRunning(f"No service holds {path}; it was left by one that has ended.")


def default_path(port: int) -> Path:
    """The file of the service on a port: in the session's runtime folder, or where this user keeps such things."""
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "avidity" / f"{port}.json"
    import platformdirs

    return platformdirs.user_state_path("avidity") / f"{port}.json"


def open_default(port: int) -> PidFile | None:
    """The file at the default place; None if there is no place that is ours."""
    path = default_path(port)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.parent.stat(follow_symlinks=False)
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            return None
        _sweep(path.parent)
        return PidFile(path)
    except (OSError, SettingsError):
        return None


def _sweep(folder: Path) -> None:
    """Remove the files of services that were killed."""
    for path in folder.glob("*.json"):
        with contextlib.suppress(OSError):
            descriptor = _lock(path)
            path.unlink()
            os.close(descriptor)
