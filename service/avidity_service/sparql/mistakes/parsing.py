"""Reads a query by the grammar up to the first token that cannot go on: there the mistake is, and not before.

The engine's own parser tries ways one after another and names the furthest place, mostly behind the mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from avidity_service.sparql.guard import MOST_NESTING
from avidity_service.sparql.mistakes.grammar import START, Grammar, grammar
from avidity_service.sparql.mistakes.tokens import Token, Tokens, word

PAIRS = {"(": ")", "{": "}", "[": "]", "<<": ">>", "<<(": ")>>", "{|": "|}"}
CLOSING = frozenset(PAIRS.values())
_END_OF_NODE = ""
# A fifth of a second.
_MOST_TOKENS = 20_000


@dataclass(slots=True)
class Node:
    """A rule and what it was made of; `gives` is for whoever has looked for the variables that it gives."""

    name: str
    parts: list[Node | Token] = field(default_factory=list)
    gives: frozenset[str] | None = None

    def nodes(self, *names: str, but: tuple[str, ...] = ()) -> Iterator[Node]:
        """All nodes below of these names, in their order; not what is within nodes named in `but`."""
        waiting = list(reversed(self.parts))
        while waiting:
            part = waiting.pop()
            if isinstance(part, Node) and part.name not in but:
                if part.name in names:
                    yield part
                waiting.extend(reversed(part.parts))

    def tokens(self, *kinds: str, but: tuple[str, ...] = ()) -> Iterator[Token]:
        """All tokens below of these kinds, or of any, as `nodes`."""
        waiting = list(reversed(self.parts))
        while waiting:
            part = waiting.pop()
            if isinstance(part, Token):
                if not kinds or part.kind in kinds:
                    yield part
            elif part.name not in but:
                waiting.extend(reversed(part.parts))


@dataclass(frozen=True, slots=True)
class Failure:
    """The first token that cannot stand where it does.

    `must` is the rule or terminal that has to come, `sure` the terminals by which that begins, `may` all that could
    come; `within` are the rules that are open, `open` the brackets that are, `before` the tokens that were read.
    """

    token: Token
    must: str
    sure: frozenset[str]
    may: frozenset[str]
    within: tuple[str, ...]
    open: tuple[Token, ...]
    before: tuple[Token, ...]

    @property
    def last(self) -> Token | None:
        """The token before."""
        return self.before[-1] if self.before else None


class Unread(Exception):
    """Nested deeper than any query that the guard lets pass, or so long that nobody wrote it by hand."""


class _Reading:
    def __init__(self, query: str) -> None:
        self.tokens, self.grammar = Tokens(query), grammar()
        self.stack = [START]
        self.nodes = [Node("")]
        self.read: list[Token] = []
        self.open: list[Token] = []
        self.glued: Token | None = None

    def run(self) -> Node | Failure:
        place = 0
        while True:
            token = self._fitting(self.tokens.at(place))
            if token is None:
                return self._failure(self.tokens.at(place))
            self._take(token)
            if token.kind == "END":
                break
            place = token.end
        return self.nodes[0]

    def _fitting(self, token: Token) -> Token | None:
        """The token, or what of its beginning can stand here: `<` of `<a>`, `ORDER` of `ORDERBY`."""
        if self._accepts(token.kind):
            return token
        text = token.text
        if token.kind == "IRIREF" or text in PAIRS or not text[:1].isalnum():
            shorter = [Token(text[:size], text[:size], token.start) for size in (2, 1) if size < len(text)]
        else:
            sizes = range(min(len(text) - 1, 15), 1, -1) if text.isidentifier() else ()
            shorter = [Token(word(text[:size]), text[:size], token.start) for size in sizes]
        found = next((one for one in shorter if one.kind != "WORD" and self._accepts(one.kind)), None)
        if found is not None and (found.text.isalpha() or token.kind == "VAR"):
            self.glued = token
        return found

    def _accepts(self, terminal: str) -> bool:
        for symbol in reversed(self.stack):
            if self.grammar.may_begin(symbol, terminal):
                return True
            if symbol != _END_OF_NODE and symbol not in self.grammar.nullable:
                return False
        return False

    def _take(self, token: Token) -> None:
        """Take a token that is accepted."""
        while True:
            symbol = self.stack.pop()
            if symbol == _END_OF_NODE:
                self.nodes.pop()
            elif symbol == token.kind:
                break
            elif way := self.grammar.ways[symbol].get(token.kind):
                if symbol[0].isupper():
                    self._enter(symbol)
                self.stack.extend(reversed(way))
        self.nodes[-1].parts.append(token)
        self.read.append(token)
        if len(self.read) > _MOST_TOKENS:
            raise Unread
        self._brackets(token)

    def _enter(self, symbol: str) -> None:
        node = Node(symbol)
        self.nodes[-1].parts.append(node)
        self.nodes.append(node)
        self.stack.append(_END_OF_NODE)

    def _brackets(self, token: Token) -> None:
        if token.kind in PAIRS:
            self.open.append(token)
            if len(self.open) > MOST_NESTING:
                raise Unread
        elif token.kind in CLOSING and self.open:
            self.open.pop()

    def _failure(self, token: Token) -> Failure:
        if self.glued is not None and self.glued.start < token.start < self.glued.end:
            token = self.glued
            self.read.pop()
        may, must = _next(self.stack, self.grammar)
        within = tuple(node.name for node in self.nodes[1:])
        return Failure(token, must, self.grammar.beginnings(must), may, within, tuple(self.open), tuple(self.read))


def _next(stack: list[str], table: Grammar) -> tuple[frozenset[str], str]:
    may: set[str] = set()
    for symbol in reversed(stack):
        if symbol != _END_OF_NODE:
            may |= table.beginnings(symbol)
            if symbol not in table.nullable:
                return frozenset(may), symbol
    return frozenset(may), "END"


def read(query: str) -> Node | Failure:
    """The tree of a query, or where it breaks.

    Raises:
        Unread: if it is nested deeper than the guard allows, or has too many tokens to be looked at while others wait.
    """
    return _Reading(query).run()
