"""What the records of a claims file are made of: quotes, quantities, and facts that quotes prove.

Every record that states a fact carries the quotes that prove it. Slugs of agents, alterations, measures
and so on are those of `ontology/vocabulary/`; that they exist is checked after reading, with the nearest
existing ones named (`avidity_loaders.proof.references`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Count = Annotated[int, Field(ge=0, strict=True)]
Witness = Literal["text", "table"]
Unit = Literal[
    "μg/L",
    "mg",
    "GBq",
    "mCi",
    "Gy",
    "cGy",
    "day",
    "week",
    "month",
    "year",
    "mm",
    "cm",
    "%",
    "SUVmax",
    "SUVpeak",
    "fold",
]
Comparator = Literal["≥", "≤", ">", "<"]


class Record(BaseModel):
    """A record of a claims file: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Quote(Record):
    """A verbatim piece of the source; `occurrence` (from 1) tells which, where it stands there more than once."""

    text: Annotated[str, Field(min_length=3)]
    occurrence: Annotated[int, Field(ge=1)] | None = None


def _as_quote(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


Quotes = Annotated[list[Annotated[Quote, BeforeValidator(_as_quote)]], Field(min_length=1)]


class Quantity(Record):
    """A number with its unit as the source states it; `as_text` where the words say more than the number."""

    value: Decimal | None = None
    unit: Unit
    low: Decimal | None = None
    high: Decimal | None = None
    plus_minus: Decimal | None = None
    comparator: Comparator | None = None
    statistic: Literal["median", "mean", "fixed", "maximum"] | None = None
    approximate: bool = False

    @model_validator(mode="after")
    def _has_a_number(self) -> Quantity:
        if self.value is None and self.low is None and self.high is None:
            raise ValueError("a quantity needs a value, or a range with low and high")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low is greater than high")
        return self


class Proven(Record):
    """A record that states facts, with the quotes that prove them."""

    quotes: Quotes
    note: str | None = None
