from __future__ import annotations

import pytest
from avidity_service.errors import SettingsError
from avidity_service.settings import Settings


def test_nothing_given_means_defaults() -> None:
    assert Settings.from_environment({}) == Settings()
    assert Settings().port == 8000
    assert Settings().query_timeout_s == 10


def test_each_variable_is_read() -> None:
    given = {
        "AVIDITY_RELEASE": "/somewhere",
        "AVIDITY_HOST": "::1",
        "AVIDITY_PORT": "0",
        "AVIDITY_WORKERS": "3",
        "AVIDITY_QUERY_TIMEOUT_S": "2.5",
        "AVIDITY_MAX_ROWS": "0",
        "AVIDITY_MAX_QUERY_BYTES": "1000",
        "AVIDITY_MAX_RESULT_MB": "7",
        "AVIDITY_QUERY_MEMORY_MB": "128",
        "AVIDITY_LOG": "debug",
    }
    assert Settings.from_environment(given) == Settings(
        release="/somewhere",
        host="::1",
        port=0,
        workers=3,
        query_timeout_s=2.5,
        max_rows=0,
        max_query_bytes=1000,
        max_result_mb=7,
        query_memory_mb=128,
        log="debug",
    )


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("AVIDITY_PORT", "eighty", "whole number"),
        ("AVIDITY_PORT", "65536", "0 to 65535"),
        ("AVIDITY_WORKERS", "0", "1 to 64"),
        ("AVIDITY_WORKERS", "1.5", "whole number"),
        ("AVIDITY_QUERY_TIMEOUT_S", "nan", "0.1 to 3600"),
        ("AVIDITY_MAX_ROWS", "-1", "0 to"),
        ("AVIDITY_LOG", "loud", "debug, info, warning, error"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({name: value})
    assert name in str(caught.value)
    assert value in str(caught.value)
    assert allowed in str(caught.value)
