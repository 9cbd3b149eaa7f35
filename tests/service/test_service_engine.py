from __future__ import annotations

import pyoxigraph as ox
import pytest
from avidity_service.engine import Engine
from avidity_service.release import Release

E = "http://example.org/"


@pytest.fixture
def engine(release: Release) -> Engine:
    return Engine(release.store)


def test_the_default_graph_is_the_union(engine: Engine) -> None:
    rows = engine.select(f"SELECT ?t ?n {{ ?t <{E}q> ?s . ?s <{E}p> ?n }} ORDER BY ?n")
    assert rows.columns == ("t", "n")
    assert list(rows) == [{"t": E + "t0", "n": 0}, {"t": E + "t1", "n": 1}]


def test_bindings_are_bound_not_pasted(engine: Engine) -> None:
    query = f"SELECT ?s ?n {{ ?s <{E}p> ?n }}"
    found = engine.select(query, {"s": ox.NamedNode(E + "s2")})
    assert [row["n"] for row in found] == [2]
    nasty = ox.Literal('" } INSERT DATA { <a:a> <a:b> <a:c> } #')
    assert len(engine.select(query, {"n": nasty})) == 0


def test_what_is_not_bound_is_none(engine: Engine) -> None:
    assert list(engine.select("SELECT ?a ?b { VALUES (?a ?b) { (1 UNDEF) } }")) == [{"a": 1, "b": None}]
