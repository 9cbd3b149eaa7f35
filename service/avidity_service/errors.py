"""What can go wrong in the service.

    ServiceError
    ├── SettingsError     a setting that is not what it may be
    ├── ReleaseError      a release folder that is missing, incomplete or altered
    ├── PublishError      a store that does not take a release
    ├── UnknownThing      a path or name that nothing bears
    ├── Unfitting         parameters that do not go together
    ├── UnknownValue      a parameter or value that is not allowed; carries those that are
    └── QueryError        a SPARQL query that was refused or failed; carries status and place

Each makes its own sentence; the HTTP layer turns them into problem+json, the CLI into exit codes.
"""

from __future__ import annotations

from collections.abc import Sequence


class ServiceError(Exception):
    """The root of what the service raises."""


class SettingsError(ServiceError):
    """A setting that is not what it may be."""


class ReleaseError(ServiceError):
    """A release folder that cannot be served."""


class PublishError(ServiceError):
    """A store that does not take a release, or has something else afterwards."""


class UnknownThing(ServiceError):
    """Nothing bears this name; `near` are names that resemble it."""

    def __init__(self, what: str, near: Sequence[str] = ()) -> None:
        self.near = list(near)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        super().__init__(f"There is no {what}.{hint}")


class UnknownValue(ServiceError):
    """A parameter, or a value of it, that is not allowed."""

    def __init__(self, parameter: str, value: str | None, allowed: Sequence[str], near: Sequence[str] = ()) -> None:
        self.parameter, self.value = parameter, value
        self.allowed, self.near = list(allowed), list(near)
        unknown = f"Unknown parameter '{parameter}'." if value is None else f"The parameter '{parameter}' is missing."
        what = unknown if not value else f"'{value}' is not a value of '{parameter}'."
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        super().__init__(what + hint)


class Unfitting(ServiceError):
    """Parameters that do not go together; the sentence says why, `needed` what would make them fit."""

    def __init__(self, parameter: str, reason: str, needed: Sequence[str]) -> None:
        self.parameter, self.needed = parameter, list(needed)
        super().__init__(reason)


class QueryError(ServiceError):
    """A query that was refused or failed; `status` is the HTTP status, `extra` goes into the problem."""

    def __init__(self, status: int, title: str, detail: str, **extra: object) -> None:
        self.status, self.title, self.detail, self.extra = status, title, detail, extra
        super().__init__(f"{title}: {detail}")
