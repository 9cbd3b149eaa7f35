"""Where the store is, and what it is told to let us in; secrets come from the environment only."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from avidity_service.errors import SettingsError

_USER, _PASSWORD, _HEADER = "AVIDITY_STORE_USER", "AVIDITY_STORE_PASSWORD", "AVIDITY_STORE_HEADER"
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user with a password, or a header of one's own (`Authorization: Bearer …`); never printed."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    header: tuple[str, str] | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Credentials:
        """The credentials that the environment gives, if any.

        Raises:
            SettingsError: for half of a pair, both kinds, or a header that is none.
        """
        environment = os.environ if environment is None else environment
        user, password = environment.get(_USER) or None, environment.get(_PASSWORD) or None
        if (user is None) != (password is None):
            raise SettingsError(f"{_USER} and {_PASSWORD} go together; one of them is missing")
        written = environment.get(_HEADER) or None
        if written and user:
            raise SettingsError(f"{_HEADER} goes without {_USER}: one way in is enough")
        return cls(user, password, _header(written) if written else None)

    def headers(self) -> dict[str, str]:
        """What goes with each request."""
        if self.header is not None:
            return dict([self.header])
        if self.user is None:
            return {}
        return {"Authorization": "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode()}


def _header(written: str) -> tuple[str, str]:
    name, colon, value = written.partition(":")
    if not colon or not name.strip() or not value.strip() or any(not (" " <= sign <= "~") for sign in written):
        # The value is a secret, so it is not repeated here.
        raise SettingsError(f"{_HEADER} is written as in 'Authorization: Bearer …', in ASCII on one line")
    return name.strip(), value.strip()


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https address, in parts: scheme, host, port, and path with the query."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str, what: str = "AVIDITY_STORE_URL") -> Address:
        """The parts of a URL; `what` names it in errors.

        Raises:
            SettingsError: if it is no http or https address, or holds a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise SettingsError(f"{what}: that is no address") from None
        if "@" in parts.netloc:
            # Addresses end up in logs and in process lists.
            raise SettingsError(f"{what}: no user or password in the address; set {_USER} and {_PASSWORD}")
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or any(sign <= " " for sign in url):
            raise SettingsError(f"{what}={url}: an http or https address is needed")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.scheme, parts.hostname, port or _DEFAULT_PORTS[parts.scheme], path)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"
