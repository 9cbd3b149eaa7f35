"""Quantities made comparable, by pint: 150 mCi and 5.55 GBq, 2000 cGy and 20 Gy are the same.

Months and years have no fixed number of days; they are compared among themselves and never turned into days.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pint

# To decimals, so that 20 Gy stays 20 and does not become 19.999….
_REGISTRY: pint.UnitRegistry[Decimal] = pint.UnitRegistry(non_int_type=Decimal)
_NORMAL = {
    "GBq": "GBq", "mCi": "GBq", "Gy": "Gy", "cGy": "Gy", "mg": "mg", "mm": "mm", "cm": "mm", "μg/L": "μg/L",
    "day": "day", "week": "day", "month": "month", "year": "month",
}  # fmt: skip
_PER_DAY = {"once daily": 1, "twice daily": 2}


@dataclass(frozen=True, slots=True)
class Normal:
    """A value in the unit that all quantities of its kind are given in."""

    value: Decimal
    unit: str


def normalised(value: Decimal, unit: str) -> Normal | None:
    """The value in the normal unit of its kind; None for %, SUV and fold, which have none.

    Raises:
        pint.UndefinedUnitError: for a unit that pint does not know.
    """
    target = _NORMAL.get(unit)
    if target is None:
        return None
    if unit == target:
        return Normal(_plain(value), target)
    if target == "month":
        return Normal(_plain(value * 12), target)
    return Normal(_plain(_REGISTRY.Quantity(value, unit).to(target).magnitude), target)


def daily(dose: Decimal, frequency: str | None) -> Decimal | None:
    """The dose of a day, where the frequency tells."""
    times = _PER_DAY.get(frequency or "")
    return None if times is None else _plain(dose * times)


def as_printed(value: Decimal, unit: str) -> tuple[Decimal, Decimal] | None:
    """The range of values, in the normal unit, that are printed like this one: 5.5 GBq is 5.45 to 5.55 GBq."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), f"{value} is no number"
    half = Decimal(1).scaleb(exponent) / 2
    ends = normalised(value - half, unit), normalised(value + half, unit)
    return None if ends[0] is None or ends[1] is None else (ends[0].value, ends[1].value)


def same_as_printed(one: tuple[Decimal, str], other: tuple[Decimal, str]) -> bool | None:
    """Whether two printed values may be the same number; None where their units cannot be compared.

    Exactly equal values are the same; otherwise one of them must lie within the precision to which the other is
    printed: 5.55 GBq (150 mCi) is 5.5 GBq to one decimal place, 28 days are not 25.
    """
    normal = normalised(*one), normalised(*other)
    if normal[0] is None or normal[1] is None or normal[0].unit != normal[1].unit:
        return None
    if normal[0].value == normal[1].value:
        return True
    # Whole counts of days and weeks are exact: a printed "4 weeks" is not 27 days.
    if normal[0].unit in ("day", "month", "mg"):
        return False
    ranges = as_printed(*one), as_printed(*other)
    assert ranges[0] is not None
    assert ranges[1] is not None
    return (ranges[0][0] <= normal[1].value <= ranges[0][1]) or (ranges[1][0] <= normal[0].value <= ranges[1][1])


def _plain(value: Decimal) -> Decimal:
    return Decimal(f"{value.normalize():f}")
