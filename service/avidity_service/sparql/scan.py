"""A lexical look at a query: which words it uses, how deep it nests. Nothing is parsed, nothing is decoded.

Tokens are those of the SPARQL 1.1 grammar (section 19.8): what stands in strings, comments, IRIs, variables and
prefixed names is no word. Code point escapes are left alone, for the engine reads them inside strings and IRIs
only, after it has found where those end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from avidity_service.sparql.glue import Glue

_LOCAL = r"(?:[\w:%.\-·]|\\.)*+"
# Every alternative takes what it starts, also if it is not closed, so that the scan is linear in the length.
TOKEN = re.compile(
    rf"""
    (?:
    (?P<comment>\#[^\n\r]*+)
  | (?P<iri><[^<>"{{}}|^`\x00-\x20]*+>)
  | (?P<string>\"{{3}}(?:[^"\\]|\\.|"(?!""))*+(?:\"{{3}})?
      | '{{3}}(?:[^'\\]|\\.|'(?!''))*+(?:'{{3}})?
      | "(?:[^"\\\n\r]|\\.)*+"?
      | '(?:[^'\\\n\r]|\\.)*+'?)
  | (?P<inert>[?$][\w·]++ | @[A-Za-z0-9\-]++ | _:[\w.\-·]*+ | \d++(?:\.\d++)?(?:[eE][+\-]?\d++)?)
  | (?P<run>[^\W\d_][\w.\-·]*+)(?P<named>:{_LOCAL})?+
  | (?P<default>:{_LOCAL})
  | (?P<open>[({{\[]|<<)
  | (?P<close>[)}}\]]|>>)
  | (?P<sign>[!+\-^])
  | (?P<space>\s++)
  | (?P<other>.)
    )\s*+
    """,
    re.VERBOSE | re.DOTALL,
)
NEW_EACH_TIME = ("NOW", "RAND", "UUID", "BNODE")
_JOINTS = re.compile(r"[.\-·]")
_PROLOGUE = frozenset({"BASE", "PREFIX", "VERSION"})
# What an IRI would hide if it were two comparisons: a call of a function, or a word behind a bracket.
_CALLED = re.compile(rf"({'|'.join(NEW_EACH_TIME)})\s*\(", re.IGNORECASE)
_BEHIND = re.compile(r"\).*?(SERVICE|FROM)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a query looks like: its words in capitals in their order, its prefixes, and its greatest depth.

    `calls` and `datasets` are prefixes of names where the grammar has no name: before a brace within brackets, and
    outside of brackets before the pattern. To the engine they are a word and a name: SERVICE:x, FROMg:x.
    """

    words: tuple[str, ...]
    declared: frozenset[str]
    used: frozenset[str]
    depth: int
    calls: frozenset[str] = frozenset()
    datasets: frozenset[str] = frozenset()

    @property
    def form(self) -> str | None:
        """SELECT, ASK, CONSTRUCT, DESCRIBE, or the word by which an update starts."""
        return next((word for word in self.words if word not in _PROLOGUE), None)

    @property
    def sets_dataset(self) -> bool:
        """Whether the query has FROM or FROM NAMED. The engine's grammar needs no space around its words."""
        return bool(self.words) and any("FROM" in word for word in self.words)

    @property
    def differs_each_time(self) -> bool:
        """Whether the query calls NOW, RAND, UUID, STRUUID or BNODE, also if they are glued to their neighbours."""
        return bool(self.words) and any(name in word for word in self.words for name in NEW_EACH_TIME)

    @property
    def calls_service(self) -> bool:
        """Whether the query may ask another endpoint, also if SERVICE is glued to its neighbours."""
        names = (self.used - self.declared) | self.calls
        return any("SERVICE" in word for word in self.words) or any("SERVICE" in name.upper() for name in names)

    @property
    def hides_dataset(self) -> bool:
        """Whether FROM is glued to the name after it."""
        if self.form == "DESCRIBE":  # there are names as well
            return any(name.upper().startswith("FROM") for name in self.datasets - self.declared)
        return any(name.upper().startswith("FROM") for name in self.datasets)


def scan(query: str) -> Scan:
    """The words, prefixes and depth of a query; any text has them, also one that is no SPARQL.

    The depth is the most brackets, quoted triples and prefix operators (`!!!…`) that are open at once.
    """
    words: list[str] = []
    prefixes: tuple[set[str], set[str]] = (set(), set())
    glue = Glue()
    after_prefix = False
    open_ = quoted = signs = most = 0
    for token in TOKEN.finditer(query):
        kind = token.lastgroup
        if kind in ("space", "comment"):
            continue
        signs = signs + 1 if kind == "sign" else 0
        glue.see(token, after_prefix=after_prefix, outside=not open_)
        if kind == "run":
            run = token["run"].upper()
            words += _JOINTS.split(run) if not run.isalpha() else (run,)
            after_prefix = words[-1] == "PREFIX"
        elif kind == "named":
            prefixes[after_prefix].add(token["run"])
            after_prefix = False
        elif kind == "default":
            after_prefix = False
        elif kind == "open":
            open_, quoted = (open_, quoted + 1) if token["open"] == "<<" else (open_ + 1, quoted)
            most = max(most, open_ + quoted)
        elif kind == "close":
            open_, quoted = (open_, max(0, quoted - 1)) if token["close"] == ">>" else (max(0, open_ - 1), quoted)
        elif kind == "sign":
            most = max(most, open_ + quoted + signs)
        elif kind == "iri":
            most = max(most, open_ + quoted + _opened_within(token["iri"]))
            words += _said_within(token["iri"])
    used, declared = prefixes
    return Scan(
        tuple(filter(None, words)),
        frozenset(declared),
        frozenset(used),
        most,
        frozenset(glue.calls),
        frozenset(glue.datasets),
    )


def _said_within(iri: str) -> list[str]:
    """The words that matter in what looks like an IRI and may be two comparisons: ?a<NOW()&&?b>1."""
    return [found[1].upper() for found in (*_CALLED.finditer(iri), *_BEHIND.finditer(iri))]


def _opened_within(iri: str) -> int:
    """What looks like an IRI may be two comparisons: ?a<((1))&&?b>1."""
    return iri.count("(") + iri.count("[") + iri.count("!")
