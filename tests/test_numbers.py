"""Numbers in text: what they are numbers of, in digits and in words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from avidity_loaders.proof.numbers import numbers
from hypothesis import given
from hypothesis import strategies as st


def roles(text: str) -> list[tuple[str, str, str | None, str | None]]:
    return [(f"{n.value.normalize():f}", n.role, n.unit, n.comparator) for n in numbers(text) if n.role != "fraction"]


CASES = [
    ("60% of evaluated patients (12 out of 20)", [("60", "percent", "%", None), ("12", "count", None, None), ("20", "count", None, None)]),
    ("SD in eleven (52%), and PD in two (10%)", [("11", "count", None, None), ("52", "percent", "%", None), ("2", "count", None, None), ("10", "percent", "%", None)]),
    ("a dose of ≥20 Gy with a 131-I administered activity ≤ 11.1 GBq", [("20", "quantity", "Gy", "≥"), ("11.1", "quantity", "GBq", "≤")]),
    ("300.0 (273.0–421.6) mCi of 131-I", [("300", "quantity", "mCi", None), ("273", "quantity", "mCi", None), ("421.6", "quantity", "mCi", None)]),
    ("for 21 ± 3 days", [("21", "quantity", "day", None), ("3", "quantity", "day", None)]),
    ("on day 35 (±2 days)", [("35", "quantity", "day", None), ("2", "quantity", "day", None)]),
    ("PD at 3- and 6-months", [("3", "quantity", "month", None), ("6", "quantity", "month", None)]),
    ("no grade 4 or 5 events", [("0", "count", None, None), ("4", "grade", None, None), ("5", "grade", None, None)]),
    ("grade 1 (36%) and grade 2 (27%)", [("1", "grade", None, None), ("36", "percent", "%", None), ("2", "grade", None, None), ("27", "percent", "%", None)]),
    ("In the RAS-mutant group of twenty-five patients, fifteen met", [("25", "count", None, None), ("15", "count", None, None)]),
    ("a case of a RAI-R patient", [("1", "count", None, None), ("1", "count", None, None)]),
    ("One-year follow-up", [("1", "quantity", "year", None)]),
    ("from 2276 to 825 μg/L", [("2276", "quantity", "μg/L", None), ("825", "quantity", "μg/L", None)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_roles(text: str, expected: list[tuple[str, str, str | None, str | None]]) -> None:
    assert roles(text) == expected


@pytest.mark.parametrize(
    "text",
    ["[19]", "[5,6,10]", "[18–33]", "131-I and I-131", "[18F]FDG", "[177Lu]Lu", "BRAF V600E", "MEK1/2", "NTRK3", "RECIST 1.1",
     "Table 1", "Figure 3", "a phase 2 trial", "p.o. q.d.", "T4"],
)  # fmt: skip
def test_what_is_no_number(text: str) -> None:
    assert numbers(text) == []


def test_fractions_are_not_counts() -> None:
    [number] = numbers("increased in two-thirds of patients")
    assert (number.role, round(number.value, 3)) == ("fraction", Decimal("0.667"))


@given(st.text(max_size=300))
def test_any_text_is_read_without_error_and_offsets_hold(text: str) -> None:
    found = numbers(text)
    assert all(0 <= number.start < number.end <= len(text) for number in found)
    assert [number.start for number in found] == sorted(number.start for number in found)


@given(st.integers(0, 9999), st.sampled_from(["mg", "GBq", "Gy", "weeks", "days", "months", "mm"]))
def test_a_number_with_its_unit_is_never_a_count(value: int, unit: str) -> None:
    [number] = numbers(f"given {value} {unit} once more")[:1]
    assert (int(number.value), str(number.role)) == (value, "quantity")


@given(st.integers(0, 9999), st.sampled_from(["", "[", "V", "1", ".", "x"]))
def test_digits_inside_something_longer_do_not_count(value: int, before: str) -> None:
    found = [number.value for number in numbers(f"of {before}{value} patients") if number.role == "count"]
    assert found == ([value] if before in ("", "[") else [int(f"1{value}")] if before == "1" else [])
