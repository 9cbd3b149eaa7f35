"""Our own queries, asked of the store; what `engine.Engine` is for the embedded one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Lock

import pyoxigraph as ox

from avidity_service.catalogue import pasteable
from avidity_service.engine import Engine, Node, Rows, Term
from avidity_service.errors import QueryError
from avidity_service.sparql.process import Late
from avidity_service.store.client import Client, TooLarge
from avidity_service.store.holdings import Holdings
from avidity_service.store.judging import ACCEPT_RESULTS, results
from avidity_service.store.marks import SAID, Mark
from avidity_service.store.proving import Proof
from avidity_service.store.refusals import given_up

_MOST_BYTES = 256 * 1024 * 1024
# Bytes of triples that are remembered, and the part of them that one answer may take.
_REMEMBERED, _PART = 64 * 1024 * 1024, 8
# What a triple takes besides its text, and what an answer does.
_TRIPLE, _ANSWER = 320, 512
# Subjects of one query: a few kilobytes of IRIs, which every store takes.
_AT_ONCE = 100

Pattern = tuple[Node | None, ox.NamedNode | None, Node | None]


class RemoteEngine(Engine):
    """SPARQL over the release that a store holds, all its graphs together as the default graph."""

    def __init__(self, client: Client, limit_s: float) -> None:
        self.client, self.limit_s = client, limit_s
        self.holdings = Holdings({}, ())
        self.proof = Proof(self.mark)
        # A release never changes, so what was found by a pattern stays.
        self.known: OrderedDict[Pattern, list[ox.Triple]] = OrderedDict()
        self.sizes: dict[Pattern, int] = {}
        self.size = 0
        self.lock = Lock()

    def select(self, query: str, bindings: Mapping[str, Term] | None = None) -> Rows:
        """The rows of a SELECT; `bindings` bind projected variables before anything is matched.

        Raises:
            QueryError: 502, 503 or 504 if the store does not answer as it should.
        """
        found = self._ask(pasteable(query, bindings or {}))
        assert isinstance(found, ox.QuerySolutions)
        columns = tuple(variable.value for variable in found.variables)
        return Rows(columns, tuple(tuple(row[name] for name in columns) for row in found))

    def columns(self, query: str) -> tuple[str, ...]:
        """The names of a SELECT's columns."""
        return self.select(query).columns

    def is_so(self, query: str) -> bool:
        """The answer to an ASK."""
        return bool(self._ask(query, asks=True))

    def mark(self, limit_s: float) -> Mark:
        """The mark that the store has now; the graph that says so is no part of the release."""
        found = self._answer(SAID, (), min(limit_s, self.limit_s))
        assert isinstance(found, ox.QuerySolutions)
        return Mark.of(tuple(row) for row in found)

    def prove(self) -> None:
        """As `Engine.prove`: look whether the store still has the mark with which it was opened."""
        self.proof.check()

    def is_changed(self) -> bool:
        """Whether the store has another mark; a store that does not answer has none that is known."""
        try:
            return self.proof.is_changed()
        except QueryError:
            return False

    def matching(
        self, subject: Node | None = None, predicate: ox.NamedNode | None = None, object_: Node | None = None
    ) -> Iterator[ox.Triple]:
        """The triples that fit a pattern, each once, whatever graphs they are in."""
        pattern = (subject, predicate, object_)
        with self.lock:
            found = self.known.get(pattern)
            if found is not None:
                self.known.move_to_end(pattern)
        if found is None:
            # No store can be asked by the name of a blank node.
            found = [] if any(isinstance(term, ox.BlankNode) for term in pattern) else self._look_up(pattern)
            self._remember(pattern, found)
        return iter(found)

    @property
    def graphs(self) -> list[str]:
        """The IRIs of the release's named graphs, sorted."""
        return sorted(self.holdings.counts)

    def prepare(self, subjects: Iterable[str]) -> None:
        """Look up many subjects at once that will be asked for one after another."""
        with self.lock:
            missing = [iri for iri in subjects if (ox.NamedNode(iri), None, None) not in self.known]
        for start in range(0, len(missing), _AT_ONCE):
            self._look_up_all(missing[start : start + _AT_ONCE])

    def _look_up(self, pattern: Pattern) -> list[ox.Triple]:
        subject, predicate, object_ = (
            str(term) if term is not None else name for term, name in zip(pattern, ("?s", "?p", "?o"), strict=True)
        )
        asked = [name for name in (subject, predicate, object_) if name.startswith("?")] or ["(1 AS ?one)"]
        rows = self.select(f"SELECT DISTINCT {' '.join(asked)} WHERE {{ {subject} {predicate} {object_} }}")
        return [_triple(pattern, dict(zip(rows.columns, row, strict=True))) for row in rows.rows]

    def _look_up_all(self, subjects: Sequence[str]) -> None:
        values = " ".join(str(ox.NamedNode(iri)) for iri in subjects)
        found: dict[str, list[ox.Triple]] = {iri: [] for iri in subjects}
        query = f"SELECT DISTINCT ?s ?p ?o WHERE {{ VALUES ?s {{ {values} }} ?s ?p ?o }}"
        for subject, predicate, object_ in self.select(query).rows:
            found[subject.value].append(ox.Triple(subject, predicate, object_))
        for iri, triples in found.items():
            self._remember((ox.NamedNode(iri), None, None), triples)

    def _remember(self, pattern: Pattern, found: list[ox.Triple]) -> None:
        size = _ANSWER + sum(_TRIPLE + len(str(triple).encode()) for triple in found)
        if size > _REMEMBERED // _PART:
            return
        with self.lock:
            self.known[pattern] = found
            self.size += size - self.sizes.get(pattern, 0)
            self.sizes[pattern] = size
            while self.size > _REMEMBERED:
                former, _ = self.known.popitem(last=False)
                self.size -= self.sizes.pop(former)

    def _ask(self, query: str, *, asks: bool = False) -> ox.QuerySolutions | ox.QueryBoolean:
        self.proof.refuse_if_changed()
        found = self._answer(query, self.holdings.dataset, self.limit_s, asks=asks)
        self.proof.hear()
        return found

    def _answer(
        self, query: str, dataset: Sequence[tuple[str, str]], limit_s: float, *, asks: bool = False
    ) -> ox.QuerySolutions | ox.QueryBoolean:
        try:
            reply = self.client.ask(query, ACCEPT_RESULTS, dataset, limit_s, _MOST_BYTES)
        except Late:
            raise given_up(limit_s) from None
        except TooLarge:
            raise QueryError(502, "The store's answer is too large", "The service cannot hold it.") from None
        try:
            return results(reply, query, asks=asks)
        except QueryError as error:
            if error.status == 400:
                # The query is ours, so the client is not to blame.
                raise QueryError(502, "The store refused a query of the service", error.detail) from None
            raise


def _triple(pattern: Pattern, row: Mapping[str, Node]) -> ox.Triple:
    terms = [term if term is not None else row[name] for term, name in zip(pattern, "spo", strict=True)]
    return ox.Triple(*terms)  # type: ignore[arg-type]
