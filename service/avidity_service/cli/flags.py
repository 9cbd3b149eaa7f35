"""The flags of `avidity serve`: one for each setting, which it goes before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_LEVELS = click.Choice(["debug", "info", "warning", "error"])
# Setting, type, what it is; the default is named where the environment's name is.
_FLAGS: tuple[tuple[str, Any, str], ...] = (
    ("host", str, "The address to listen on (AVIDITY_HOST, 127.0.0.1)."),
    ("port", int, "The port to listen on (AVIDITY_PORT, 8000)."),
    ("workers", int, "How many short SPARQL queries run at once (AVIDITY_WORKERS, 4)."),
    ("long_queries", int, "How many long ones (AVIDITY_LONG_QUERIES, 4)."),
    ("queue_length", int, "How many queries may wait (AVIDITY_QUEUE_LENGTH, 256)."),
    ("query_timeout_s", float, "Seconds that a query may take (AVIDITY_QUERY_TIMEOUT_S, 10)."),
    ("max_query_bytes", int, "Bytes that a query may have (AVIDITY_MAX_QUERY_BYTES, 65536)."),
    ("max_rows", int, "Rows that an answer may have, 0 for any (AVIDITY_MAX_ROWS, 1000000)."),
    ("max_result_mb", int, "Megabytes that an answer may have (AVIDITY_MAX_RESULT_MB, 64)."),
    ("query_memory_mb", int, "Megabytes that a query may use (AVIDITY_QUERY_MEMORY_MB, 1024)."),
    ("cache_mb", int, "Megabytes of kept answers, 0 for none (AVIDITY_CACHE_MB, 64)."),
    ("store_url", str, "Ask this SPARQL 1.1 store and not an embedded one (AVIDITY_STORE_URL)."),
    ("log", _LEVELS, "What to log (AVIDITY_LOG, info)."),
    ("query_log", str, "Where a line for each query goes: stderr, off or a file (AVIDITY_QUERY_LOG, stderr)."),
    ("log_queries", click.Choice(["digest", "text"]), "How queries are logged (AVIDITY_LOG_QUERIES, digest)."),
    ("log_clients", click.Choice(["digest", "address"]), "How clients are logged (AVIDITY_LOG_CLIENTS, digest)."),
    ("pid_file", str, "Where `avidity reload` finds the service (AVIDITY_PID_FILE)."),
    ("stop_timeout_s", float, "Seconds that requests have when the service stops (AVIDITY_STOP_TIMEOUT_S, 30)."),
    ("awake_us", int, "Microseconds that the service waits awake for what comes next (AVIDITY_AWAKE_US, 200)."),
    ("trusted_proxy", str, "The address of a proxy whose X-Forwarded headers count (AVIDITY_TRUSTED_PROXY)."),
)


def serving_flags(command: Callable[..., None]) -> Callable[..., None]:
    """The command with a flag for each setting but the release."""
    for name, kind, words in reversed(_FLAGS):
        command = click.option("--" + name.replace("_", "-"), type=kind, help=words)(command)
    return command
