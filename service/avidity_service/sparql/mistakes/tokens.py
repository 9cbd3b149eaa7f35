"""The terminals of the SPARQL grammar (section 19.8), one after another, for queries that the engine has refused.

`scan.TOKEN` looks at any query and knows enough to guard it. Here numbers, signs and names are told apart too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# What a name may have within beside letters and digits: the middle dot, accents of their own, and ties.
_WITHIN = r"\w·\u0300-\u036f\u203f\u2040"
_LOCAL = rf"(?:[{_WITHIN}:%\-]|\\.|\.++(?=[{_WITHIN}:%\-\\]))*+"
_REST = rf"(?:[{_WITHIN}\-]|\.++(?=[{_WITHIN}\-]))*+"
# Every alternative takes what it starts, also if it is not closed, and never gives back: linear in the length.
_TOKEN = re.compile(
    rf"""
    (?P<IRIREF><(?:[^<>"{{}}|^`\\\x00-\x20]|\\[uU])*+>)
  | (?P<STRING>\"{{3}}(?:[^"\\]|\\.|"(?!""))*+(?:\"{{3}})?
      | '{{3}}(?:[^'\\]|\\.|'(?!''))*+(?:'{{3}})?
      | "(?:[^"\\\n\r]|\\.)*+"?
      | '(?:[^'\\\n\r]|\\.)*+'?)
  | (?P<VAR>[?$][{_WITHIN}]++)
  | (?P<LANG>@[A-Za-z]++(?:--?[A-Za-z0-9]++)*+)
  | (?P<BNODE>_:\w{_REST})
  | (?P<NUMBER>(?:\d++(?:\.\d++|\.(?=[eE][+\-]?\d))?|\.\d++)(?:[eE][+\-]?\d++)?+)
  | (?P<PNAME>(?:[^\W\d_]{_REST})?+:{_LOCAL})
  | (?P<WORD>[^\W\d]\w*+)
  | (?P<SIGN><<\(|\)>>|\^\^|&&|\|\||!=|<=|>=|\{{\||\|\}}|<<|>>|[(){{}}\[\].,;=<>!+\-*/|^?~])
  | (?P<ALIEN>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_NO_NAME = re.compile(r"(?P<WORD>[^\W\d]\w*+)")
_RUN = re.compile(rf"[^\W\d_]{_REST}")
_SKIPPED = re.compile(r"(?:[ \t\r\n]++|\#[^\n\r]*+)*+")

_KEYWORDS = """
BASE PREFIX VERSION SELECT ASK CONSTRUCT DESCRIBE DISTINCT REDUCED AS FROM NAMED WHERE GROUP BY HAVING ORDER ASC DESC
LIMIT OFFSET VALUES UNDEF OPTIONAL MINUS GRAPH SERVICE SILENT LATERAL UNION FILTER BIND IN NOT EXISTS SEPARATOR
TRUE FALSE COUNT GROUP_CONCAT BOUND
"""
KEYWORDS = frozenset(_KEYWORDS.split())
# The functions by how many arguments they take: the terminal that stands for them in the grammar.
FUNCTIONS = {
    name: kind
    for kind, names in {
        "F0": "RAND NOW UUID STRUUID",
        "F1": "STR LANG DATATYPE IRI URI ABS CEIL FLOOR ROUND STRLEN UCASE LCASE ENCODE_FOR_URI YEAR MONTH DAY HOURS"
        " MINUTES SECONDS TIMEZONE TZ MD5 SHA1 SHA256 SHA384 SHA512 ISIRI ISURI ISBLANK ISLITERAL ISNUMERIC LANGDIR"
        " HASLANG HASLANGDIR ISTRIPLE SUBJECT PREDICATE OBJECT",
        "F01": "BNODE",
        "F2": "LANGMATCHES CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER STRLANG STRDT SAMETERM ADJUST",
        "F3": "IF STRLANGDIR TRIPLE",
        "F23": "SUBSTR REGEX",
        "F34": "REPLACE",
        "FN": "CONCAT COALESCE",
        "AGGREGATE": "SUM MIN MAX AVG SAMPLE",
    }.items()
    for name in names.split()
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the query: its terminal in the grammar, its text, and where it begins."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Just behind it."""
        return self.start + len(self.text)


class Tokens:
    """Gives the tokens of a query from any place on; `a<b` is a comparison or an IRI only as the grammar has it."""

    def __init__(self, query: str) -> None:
        self.query = query
        self._nameless = 0  # up to here no prefixed name begins, which would be looked for again and again

    def at(self, place: int) -> Token:
        """The first token from there on; END is just behind the last one, or behind the text if there is none."""
        start = _skip(self.query, place)
        if start >= len(self.query):
            return Token("END", "", place or len(self.query.rstrip()))
        match = (_NO_NAME.match(self.query, start) if start < self._nameless else None) or _TOKEN.match(
            self.query, start
        )
        assert match is not None
        kind, text = match.lastgroup or "ALIEN", match[0]
        if kind == "WORD" and start >= self._nameless:
            run = _RUN.match(self.query, start)
            self._nameless = run.end() if run else match.end()
        return Token(_terminal(kind, text), text, start)


def _skip(query: str, place: int) -> int:
    match = _SKIPPED.match(query, place)
    assert match is not None
    return match.end()


def _terminal(kind: str, text: str) -> str:
    match kind:
        case "WORD":
            return "a" if text == "a" else word(text)
        case "SIGN":
            return text
        case "NUMBER":
            return "INTEGER" if text.isdecimal() else "DECIMAL"
        case "PNAME":
            return "PNAME_NS" if text.endswith(":") and text.count(":") == 1 else "PNAME_LN"
    return kind


def word(text: str) -> str:
    """The terminal that a word is: itself in capitals, a function by its arguments, or WORD if SPARQL has none such."""
    capitals = text.upper()
    return capitals if capitals in KEYWORDS else FUNCTIONS.get(capitals, "WORD")
