"""Settings: read once from the environment or given by flags, then passed as a value."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from avidity_service.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve. Each field is `AVIDITY_<FIELD>` in the environment; see docs/settings.md.

    `max_rows` caps the rows or triples of one answer to a foreign query; 0 is no cap. `query_log` is stderr, off or a
    file's path. `trusted_proxy` is the address of a proxy whose X-Forwarded headers count, or `*` for any.
    """

    release: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 4
    long_queries: int = 4
    query_timeout_s: float = 10.0
    max_rows: int = 1_000_000
    max_query_bytes: int = 65_536
    max_result_mb: int = 64
    query_memory_mb: int = 1024
    store_url: str | None = None
    log: str = "info"
    cache_mb: int = 64
    queue_length: int = 256
    query_log: str = "stderr"
    log_queries: str = "digest"
    log_clients: str = "digest"
    pid_file: str | None = None
    stop_timeout_s: float = 30.0
    awake_us: int = 200
    trusted_proxy: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings that the environment gives, defaults elsewhere.

        Raises:
            SettingsError: naming the variable, its value and what is allowed.
        """
        environment = os.environ if environment is None else environment
        given: dict[str, Any] = {}
        for field in fields(cls):
            name = f"AVIDITY_{field.name.upper()}"
            if environment.get(name):
                given[field.name] = _read(name, environment[name], type(field.default))
        return cls().with_values(**given)

    def with_values(self, **values: Any) -> Settings:
        """These settings with some of them replaced; None replaces nothing.

        Raises:
            SettingsError: if a number is out of its range.
        """
        settings = replace(self, **{name: value for name, value in values.items() if value is not None})
        for name, low, high in _RANGES:
            value = getattr(settings, name)
            if not low <= value <= high:
                raise SettingsError(f"AVIDITY_{name.upper()}={value}: allowed are {low} to {high}")
        for name, words in _WORDS.items():
            if getattr(settings, name) not in words:
                raise SettingsError(f"AVIDITY_{name.upper()}={getattr(settings, name)}: allowed are {', '.join(words)}")
        if settings.trusted_proxy not in (None, "*"):
            _check_address(str(settings.trusted_proxy))
        return settings


def unknown_names(environment: Mapping[str, str] | None = None) -> list[str]:
    """Variables that look like settings and are none: a name that is not spelled right has no effect."""
    environment = os.environ if environment is None else environment
    known = {f"AVIDITY_{field.name.upper()}" for field in fields(Settings)} | _ELSEWHERE
    return sorted(name for name in environment if name.startswith("AVIDITY_") and name not in known)


def _check_address(address: str) -> None:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise SettingsError(
            f"AVIDITY_TRUSTED_PROXY={address}: allowed are the address of one proxy, such as 127.0.0.1, or *"
        ) from None


# Read where they are needed, so that no setting holds a secret; and what only tests read.
_ELSEWHERE = {"AVIDITY_STORE_USER", "AVIDITY_STORE_PASSWORD", "AVIDITY_STORE_HEADER", "AVIDITY_W3C_TESTS",
              "AVIDITY_TERMS", "AVIDITY_COMUNICA", "AVIDITY_TEST_OUTPUT", "AVIDITY_TESTS_MAY_NOT_SKIP",
              "AVIDITY_BENCH_RDFLIB"}  # fmt: skip
_RANGES = (
    ("port", 0, 65_535),
    ("workers", 1, 64),
    ("long_queries", 1, 64),
    ("query_timeout_s", 0.1, 3600),
    ("max_rows", 0, 1_000_000_000),
    ("max_query_bytes", 256, 16_777_216),
    ("max_result_mb", 1, 4096),
    ("query_memory_mb", 64, 65_536),
    ("cache_mb", 0, 65_536),
    ("queue_length", 1, 10_000),
    ("stop_timeout_s", 0, 3600),
    ("awake_us", 0, 10_000),
)
_WORDS = {
    "log": ("debug", "info", "warning", "error"),
    "log_queries": ("digest", "text"),
    "log_clients": ("digest", "address"),
}


def _read(name: str, value: str, kind: type) -> Any:
    if kind not in (int, float):
        return value
    try:
        return kind(value)
    except ValueError:
        raise SettingsError(f"{name}={value}: a {'whole ' if kind is int else ''}number is needed") from None
