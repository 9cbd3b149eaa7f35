"""Where the data folders are: inside the wheel, or beside the code in a checkout."""

from __future__ import annotations

from pathlib import Path

_INSTALLED = Path(__file__).parent / "data"
CHECKOUT = Path(__file__).parents[2]


def in_checkout() -> bool:
    """Whether the code runs from a checkout (an editable install) and not from a wheel."""
    return not _INSTALLED.is_dir()


def data(name: str) -> Path:
    """The folder `ontology`, `queries` or `seeds`."""
    return (CHECKOUT if in_checkout() else _INSTALLED) / name
