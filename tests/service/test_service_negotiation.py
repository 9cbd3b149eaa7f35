from __future__ import annotations

import time

import pytest
from avidity_service import negotiation
from avidity_service.front.encodings import choose
from avidity_service.negotiation import named, negotiate

OFFERED = ["application/json", "text/csv", "text/turtle"]


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/*", "text/csv"),
        ("text/*, text/csv;q=0", "text/turtle"),
        ("*/*;q=0.1, text/turtle;q=0.2", "text/turtle"),
        ("text/csv;q=0.3, text/turtle; q=0.4", "text/turtle"),
        ("application/json;q=0, */*", "text/csv"),
        ("application/json;q=0", None),
        ("image/png", None),
        ("*/*;q=0", None),
        ("text/csv;q=nonsense, text/turtle", "text/turtle"),
        ("text/turtle;charset=utf-8", "text/turtle"),
        (",, text/csv", "text/csv"),
    ],
)
def test_accept_chooses(accept: str | None, chosen: str | None) -> None:
    assert negotiate(accept, OFFERED) == chosen


@pytest.mark.parametrize("weight", ["0.5", "0.001", "1", "1.", "1.000", " 0.5 ", ".2"])
def test_a_weight_is_one_everywhere(weight: str) -> None:
    assert negotiate(f"text/csv;q={weight}", OFFERED) == "text/csv"
    assert choose(f"gzip;q={weight}", "text/plain", 5000) == "gzip"


@pytest.mark.parametrize(
    "weight",
    ["0", "0.000", "", ".", "1_0", "inf", "nan", "1e9", "1e-1", "-1", "+1", "2", "1.5", "1.001", "0.1234", "٠.٥"],
)
def test_what_is_no_weight_refuses_everywhere(weight: str) -> None:
    assert negotiate(f"text/csv;q={weight}", OFFERED) is None
    assert choose(f"gzip;q={weight}, identity;q=0", "text/plain", 5000) is None


def test_64_ranges_are_looked_at() -> None:
    assert negotiate(",".join(["image/png"] * 63 + ["text/csv"]), OFFERED) == "text/csv"
    assert negotiate(",".join(["image/png"] * 64 + ["text/csv"]), OFFERED) is None


@pytest.mark.parametrize("piece", [",", "a/b,", "a/b;q=0.5,", "text/*;", ";q=1", " ", "a", "x,;="])
def test_a_header_as_long_as_it_may_be_costs_little_and_is_not_remembered(piece: str) -> None:
    header = (piece * 100_000)[:100_000]
    remembered, seconds = negotiation._remembered.cache_info().currsize, []
    for _ in range(5):
        before = time.thread_time()
        negotiate(header, OFFERED)
        named(header)
        choose(header, "text/plain", 5000)
        seconds.append(time.thread_time() - before)
    assert min(seconds) < 0.002
    assert negotiation._remembered.cache_info().currsize == remembered
