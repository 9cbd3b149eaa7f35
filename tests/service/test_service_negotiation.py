from __future__ import annotations

import pytest
from avidity_service.negotiation import negotiate

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
