"""The request behind a page as lines that can be pasted: for a shell, for Python, for R."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from urllib.parse import urlencode


def code(address: str, name: str, given: Mapping[str, str]) -> list[tuple[str, str]]:
    """(language, lines) for a question and its parameters; `address` is the service's, with a slash at its end."""
    query = urlencode(given)
    path = f"{address}api/v1/questions/{name}"
    csv = f"{path}?{query + '&' if query else ''}format=csv"
    return [
        ("curl", f"curl -s {shlex.quote(csv)}"),
        ("Python", f"import pandas as pd\n\nrows = pd.read_csv({_quoted(csv)})"),
        ("R", f"rows <- read.csv({_quoted(csv)})"),
    ]


def _quoted(text: str) -> str:
    """A string literal of Python and of R."""
    return json.dumps(text)
