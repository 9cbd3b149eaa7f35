from __future__ import annotations

from collections.abc import Sequence

import pyoxigraph as ox
import pytest
from avidity_service.sparql.counting import BY_LINES, RowCount
from avidity_service.sparql.formats import GRAPHS, RESULTS
from avidity_service.sparql.sink import Caps, Sink, TooMany
from hypothesis import given
from hypothesis import strategies as st

# Signs that stand between rows, quotes and what escapes them.
SIGNS = st.text(alphabet='a",{}[]:<>&\n\r\t\\result', max_size=12)
ROWS = st.lists(st.tuples(st.none() | SIGNS, st.none() | SIGNS), min_size=1, max_size=8)
JSON = "application/sparql-results+json"


def _serialized(rows: Sequence[tuple[str | None, ...]], media_type: str) -> bytes:
    """Rows with these literals; where there is none, nothing is bound."""
    values = " ".join(f"({' '.join('UNDEF' if one is None else str(ox.Literal(one)) for one in row)})" for row in rows)
    names = " ".join(f"?v{n}" for n in range(len(rows[0])))
    found = ox.Store().query(f"SELECT * {{ VALUES ({names}) {{ {values} }} }}")
    assert isinstance(found, ox.QuerySolutions)
    return found.serialize(format=RESULTS[media_type]) or b""


@pytest.mark.parametrize("media_type", list(RESULTS))
@given(rows=ROWS, chunk=st.integers(min_value=1, max_value=50))
def test_rows_are_counted_as_they_pass(media_type: str, rows: list[tuple[str | None, ...]], chunk: int) -> None:
    data = _serialized(rows, media_type)
    parts = [data[start : start + chunk] for start in range(0, len(data), chunk)]
    count = RowCount(media_type)
    for part in parts:
        count.add(part)
    assert count.rows == len(rows) or (not count.is_exact and count.rows > len(rows))
    assert count.exact(parts).rows == len(rows)
    # What is too small to be counted never has more rows than that.
    assert all(len(data) >= count.bytes_for(fewer) for fewer in range(len(rows)))


@pytest.mark.parametrize("media_type", list(RESULTS))
@pytest.mark.parametrize("row", [(), (None,), (None, None), ("{},{},{", None)])
def test_rows_that_bind_nothing_are_rows(media_type: str, row: tuple[str | None, ...]) -> None:
    data = _serialized([row] * 3000, media_type)
    with pytest.raises(TooMany):
        Sink(Caps(1_000_000, 2999), RowCount(media_type)).write(data)
    assert Sink(Caps(1_000_000, 3000), RowCount(media_type)).write(data) == len(data)


def test_the_quick_count_is_taken_for_true_only_below_the_cap() -> None:
    data = _serialized([("},{" * 50,)] * 20, JSON)
    sink = Sink(Caps(1_000_000, 20), RowCount(JSON))
    for start in range(0, len(data), 7):
        sink.write(data[start : start + 7])
    assert sink.count is not None
    assert (sink.count.is_exact, sink.count.rows) == (True, 20)


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
@given(given_rows=ROWS, chunk=st.integers(min_value=1, max_value=50))
def test_one_row_above_the_cap_is_refused_and_none_below(
    media_type: str, given_rows: list[tuple[str | None, ...]], chunk: int
) -> None:
    data, rows = _serialized(given_rows, media_type), len(given_rows)

    def take(most_rows: int) -> bytes:
        sink = Sink(Caps(1_000_000, most_rows), RowCount(media_type))
        for start in range(0, len(data), chunk):
            sink.write(data[start : start + chunk])
        return b"".join(sink.parts)

    assert take(0) == take(rows) == data
    if rows > 1:  # no rows would be no cap
        with pytest.raises(TooMany):
            take(rows - 1)
