"""Units: what is printed differently and means the same compares equal, and what differs does not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from avidity_loaders.derive.counts import fitting, prints_as
from avidity_loaders.proof.numbers import cited, numbers
from avidity_loaders.units import as_printed, daily, normalised, same_as_printed
from hypothesis import given
from hypothesis import strategies as st

D = Decimal


@pytest.mark.parametrize(
    ("value", "unit", "normal", "into"),
    [
        ("150", "mCi", "5.55", "GBq"), ("2000", "cGy", "20", "Gy"), ("20", "Gy", "20", "Gy"), ("4", "week", "28", "day"),
        ("42", "day", "42", "day"), ("1", "year", "12", "month"), ("15.5", "month", "15.5", "month"), ("3", "cm", "30", "mm"),
        ("300.0", "mCi", "11.1", "GBq"), ("75", "mg", "75", "mg"), ("825", "μg/L", "825", "μg/L"),
    ],
)  # fmt: skip
def test_normal_units(value: str, unit: str, normal: str, into: str) -> None:
    found = normalised(D(value), unit)
    assert found is not None
    assert (found.value, found.unit) == (D(normal), into)


@pytest.mark.parametrize("unit", ["%", "SUVmax", "SUVpeak", "fold"])
def test_units_that_have_no_normal_one(unit: str) -> None:
    assert normalised(D(4), unit) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("5.5", "GBq"), ("150", "mCi"), True),  # 5.55 GBq, printed to one decimal place
        (("5.4", "GBq"), ("150", "mCi"), False),
        (("20", "Gy"), ("2000", "cGy"), True),
        (("4", "week"), ("25", "day"), False),
        (("6", "week"), ("42", "day"), True),
        (("5", "week"), ("42", "day"), False),
        (("2", "week"), ("17", "day"), False),
        (("1", "year"), ("12", "month"), True),
        (("1", "month"), ("30", "day"), None),  # a month has no fixed number of days
        (("2", "mg"), ("75", "mg"), False),
        (("4", "%"), ("4", "%"), None),
    ],
)
def test_same_as_printed(one: tuple[str, str], other: tuple[str, str], same: bool | None) -> None:
    assert same_as_printed((D(one[0]), one[1]), (D(other[0]), other[1])) is same
    assert same_as_printed((D(other[0]), other[1]), (D(one[0]), one[1])) is same


positive = st.decimals(min_value="0.1", max_value="9999", places=1)
units = st.sampled_from(["GBq", "mCi", "Gy", "cGy", "day", "week", "mg", "mm", "cm"])


@given(positive, units)
def test_a_value_is_the_same_as_itself_and_within_its_own_precision(value: Decimal, unit: str) -> None:
    assert same_as_printed((value, unit), (value, unit)) is True
    ends, normal = as_printed(value, unit), normalised(value, unit)
    assert ends is not None
    assert normal is not None
    assert ends[0] < normal.value < ends[1]


@given(positive)
def test_mci_and_gbq_agree_both_ways(value: Decimal) -> None:
    gbq = normalised(value, "mCi")
    assert gbq is not None
    assert gbq.value == value * D("0.037")
    assert same_as_printed((value, "mCi"), (gbq.value, "GBq")) is True


@given(positive)
def test_daily_doses(dose: Decimal) -> None:
    assert daily(dose, "once daily") == dose
    assert daily(dose, "twice daily") == 2 * dose
    assert daily(dose, None) is None


@given(st.integers(1, 400), st.data(), st.integers(0, 2))
def test_the_count_behind_a_percentage_is_found(whole: int, data: st.DataObject, places: int) -> None:
    count = data.draw(st.integers(0, whole))
    printed = (D(100) * count / whole).quantize(D(1).scaleb(-places))
    assert count in fitting(printed, whole)
    assert all(prints_as(one, whole, printed) for one in fitting(printed, whole))


@pytest.mark.parametrize(
    ("percentage", "whole", "counts"),
    [
        ("57.6", 33, [19]), ("36", 11, [4]), ("27", 11, [3]), ("6.1", 33, [2]), ("15.1", 33, []), ("15.2", 33, [5]), ("50", 400, [198, 199, 200, 201, 202]),
        ("0", 10, [0]), ("100", 10, [10]),
    ],
)  # fmt: skip
def test_which_counts_fit(percentage: str, whole: int, counts: list[int]) -> None:
    assert fitting(D(percentage), whole) == counts


@pytest.mark.parametrize(
    ("text", "comparator"),
    [
        ("2000 cGy or more", "≥"),
        ("a ratio of more than 4", ">"),
        ("less than 3 cm", "<"),
        ("≥20 Gy", "≥"),
        ("75 mg", None),
    ],
)
def test_comparators_in_words(text: str, comparator: str | None) -> None:
    assert [number.comparator for number in numbers(text)] == [comparator]


def test_reference_markers() -> None:
    assert cited("as shown [5,6,10] and [18–20], not [18F] or [7.4 GBq]") == {5, 6, 10, 18, 19, 20}
