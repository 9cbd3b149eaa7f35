"""Words that are glued to the name after them: the engine reads two tokens where the grammar's longest match is one."""

from __future__ import annotations

import re

# Behind these a name may be what it looks like.
_INTRODUCE = frozenset({"FROM", "NAMED", "GRAPH"})
_PROLOGUE = frozenset({"BASE", "PREFIX", "VERSION"})


class Glue:
    """Finds names where none may be but behind a word that introduces them; to be shown all tokens in their order.

    `calls` are prefixes of names before a brace, within brackets; there only SERVICE and GRAPH have names. `datasets`
    are those of names outside of brackets and before the pattern, where FROM has them.
    """

    def __init__(self) -> None:
        self.calls: set[str] = set()
        self.datasets: set[str] = set()
        self.introduced = False
        # A name that would be the last thing before a brace.
        self.last: str | None = None
        self.form, self.word = "", ""
        # Whether a pattern may still come: the template of a CONSTRUCT is none.
        self.before_pattern = True

    def see(self, token: re.Match[str], *, after_prefix: bool, outside: bool) -> None:
        """Take the next token that is neither space nor comment."""
        kind = token.lastgroup
        if kind == "open" and token["open"] == "{":
            if self.last is not None:
                self.calls.add(self.last)
            if outside and self.word != "CONSTRUCT":
                self.before_pattern = False
        self.last = None
        if kind == "named" and not after_prefix:
            self._name(token["run"], outside=outside)
        elif kind == "run":
            word = token["run"].upper()
            self.introduced = word in _INTRODUCE
            if not self.form and word not in _PROLOGUE:
                self.form = word
        elif kind != "sign":
            self.introduced = False
        self.word = token["run"].upper() if kind == "run" else ""

    def _name(self, prefix: str, *, outside: bool) -> None:
        if not self.introduced:
            if not outside:
                self.last = prefix
            elif self.before_pattern:
                self.datasets.add(prefix)
        self.introduced = False
