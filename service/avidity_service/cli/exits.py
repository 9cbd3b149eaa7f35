"""How a command ends: its exit codes, and words on standard error."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

EXIT_USAGE, EXIT_NOT_FOUND, EXIT_INVALID, EXIT_QUERY = 2, 3, 4, 5


def fail(words: str, code: int) -> NoReturn:
    """Say what went wrong and leave with the exit code."""
    click.echo(words, err=True)
    sys.exit(code)


def say(line: str) -> None:
    """Progress, on standard error."""
    click.echo(line, err=True)
