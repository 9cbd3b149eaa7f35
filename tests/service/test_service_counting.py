from __future__ import annotations

import pyoxigraph as ox
import pytest
from avidity_service.sparql.counting import BY_LINES, RowCount
from avidity_service.sparql.formats import GRAPHS, RESULTS
from avidity_service.sparql.worker import Caps, Sink, TooMany
from hypothesis import given
from hypothesis import strategies as st


def _serialized(values: list[str], media_type: str) -> bytes:
    store = ox.Store()
    rows = " ".join(f"({ox.Literal(value)} {ox.Literal(str(n))})" for n, value in enumerate(values))
    found = store.query(f"SELECT ?a ?b {{ VALUES (?a ?b) {{ {rows} }} }}")
    assert isinstance(found, ox.QuerySolutions)
    return found.serialize(format=RESULTS[media_type]) or b""


@pytest.mark.parametrize("media_type", list(RESULTS))
@given(
    values=st.lists(st.text(alphabet='a",{}<>&\n\r\t\\result', max_size=12), min_size=1, max_size=8),
    chunk=st.integers(min_value=1, max_value=50),
)
def test_rows_are_counted_as_they_pass(media_type: str, values: list[str], chunk: int) -> None:
    data = _serialized(values, media_type)
    count = RowCount(media_type)
    for start in range(0, len(data), chunk):
        count.add(data[start : start + chunk])
    assert count.rows == len(values)
    # What is too small to be counted never has more rows than that.
    assert all(len(data) >= count.bytes_for(rows) for rows in range(len(values)))


@pytest.mark.parametrize("media_type", BY_LINES)
@given(
    values=st.lists(st.text(alphabet='a",<>.\n\r\t\x0b\x85\u2028\\', max_size=12), max_size=8, unique=True),
    chunk=st.integers(min_value=1, max_value=50),
)
def test_triples_are_counted_as_they_pass(media_type: str, values: list[str], chunk: int) -> None:
    store = ox.Store()
    about, says = ox.NamedNode("http://e/s"), ox.NamedNode("http://e/p")
    store.extend(ox.Quad(about, says, ox.Literal(value)) for value in values)
    found = store.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
    assert isinstance(found, ox.QueryTriples)
    data = found.serialize(format=GRAPHS[media_type]) or b""
    count = RowCount(media_type)
    for start in range(0, len(data), chunk):
        count.add(data[start : start + chunk])
    assert count.rows == len(values)


@pytest.mark.parametrize("media_type", list(RESULTS))
@given(rows=st.integers(min_value=1, max_value=9), chunk=st.integers(min_value=1, max_value=50))
def test_one_row_above_the_cap_is_refused_and_none_below(media_type: str, rows: int, chunk: int) -> None:
    data = _serialized(["a"] * rows, media_type)

    def take(most_rows: int) -> bytes:
        sink = Sink(Caps(1_000_000, most_rows), RowCount(media_type))
        for start in range(0, len(data), chunk):
            sink.write(data[start : start + chunk])
        return b"".join(sink.parts)

    assert take(0) == take(rows) == data
    if rows > 1:  # no rows would be no cap
        with pytest.raises(TooMany):
            take(rows - 1)
