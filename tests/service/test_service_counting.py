from __future__ import annotations

import pyoxigraph as ox
import pytest
from avidity_service.sparql.counting import RowCount
from avidity_service.sparql.formats import RESULTS
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
