"""A drawn map as the table that is shown: which rows and columns, and what stands in a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avidity_service.errors import UnknownValue
from avidity_service.evidence_map.request import EvidenceMap
from avidity_service.names import nearest

Row = Mapping[str, Any]
_NO_STUDY = "no-study"
# A letter for a design, for the space of a cell; a study of which none is known has none.
LETTERS = {
    "prospective-trial": "P",
    "retrospective-study": "R",
    "case-report": "C",
    "case-series": "S",
    "diagnostic-study": "D",
}
# How it was given, as a sign; alone needs none.
SIGNS = {"alone": "", "combination": "+", "one of several": "or"}


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a cell: a tier and a way of giving. `amount` is k/N, or empty where no finding counts patients.

    `uncounted` is how many studies report the outcome without a count that could be in it.
    """

    tier: str
    given: str
    amount: str
    share: float | None
    unlike: tuple[str, ...]
    uncounted: int = 0

    @property
    def sign(self) -> str:
        """How it was given, as a sign."""
        return SIGNS.get(self.given, self.given)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it is shown: `state` is reported, not-reported or no-study.

    `certain` is whether the source tells that such patients got what the row names, where nothing is reported of them.
    """

    column: str
    column_label: str
    state: str
    parts: tuple[Part, ...]
    studies: int
    designs: str
    certain: bool
    opened: bool


@dataclass(frozen=True, slots=True)
class Table:
    """The rows (id, label, cells) and columns (id, label) that are shown, how many of each are not, and the states."""

    rows: list[tuple[str, str, list[Cell]]]
    columns: list[Row]
    hidden_rows: int
    hidden_columns: int
    states: Mapping[str, int]
    designs: list[str]


def laid_out(drawn: EvidenceMap, empty: bool, row: str | None, column: str | None) -> Table:
    """The table; without `empty`, only the rows and columns in which somebody was studied."""
    kept_columns = [
        at
        for at, _ in enumerate(drawn.columns)
        if empty or any(one["cells"][at]["state"] != _NO_STUDY for one in drawn.rows)
    ]
    kept_rows = [one for one in drawn.rows if empty or any(cell["state"] != _NO_STUDY for cell in one["cells"])]
    states: dict[str, int] = {}
    designs: set[str] = set()
    rows = []
    for one in kept_rows:
        cells = [_cell(one["cells"][at], one["id"] == row and drawn.columns[at]["id"] == column) for at in kept_columns]
        for at, cell in zip(kept_columns, cells, strict=True):
            states[cell.state] = states.get(cell.state, 0) + 1
            designs.update(one["cells"][at]["designs"])
        rows.append((one["id"], one["label"], cells))
    return Table(
        rows, [drawn.columns[at] for at in kept_columns], len(drawn.rows) - len(rows),
        len(drawn.columns) - len(kept_columns), states, [name for name in LETTERS if name in designs],
    )  # fmt: skip


def opened(drawn: EvidenceMap, row: str, column: str) -> tuple[Row, Row]:
    """The row and the cell that are asked for.

    Raises:
        UnknownValue: for a row or column that the map does not have.
    """
    rows = {one["id"]: one for one in drawn.rows}
    columns = {one["id"]: at for at, one in enumerate(drawn.columns)}
    for name, value, known in (("row", row, rows), ("column", column, columns)):
        if value not in known:
            raise UnknownValue(name, value, list(known), nearest(value, known))
    return rows[row], rows[row]["cells"][columns[column]]


def _cell(cell: Row, is_open: bool) -> Cell:
    designs = " ".join(LETTERS.get(name, name) for name in _in_order(cell["designs"]))
    certain = any(one["certain"] for one in cell.get("cohorts", ()))
    return Cell(
        cell["column"], cell["column_label"], cell["state"], tuple(_part(one) for one in cell["evidence"]),
        len(cell["studies"]), designs, certain, is_open,
    )  # fmt: skip


def _in_order(designs: Sequence[str]) -> list[str]:
    order = list(LETTERS)
    return sorted(designs, key=lambda name: order.index(name) if name in order else len(order))


def _part(one: Row) -> Part:
    count, of = one["count"], one["denominator"]
    # Different outcomes cannot be summed, whatever the cell's sum says.
    if count is None or "measure" in one["unlike"]:
        return Part(one["tier"], one["given"], "", None, tuple(one["unlike"]))
    share = count / of if of else None
    return Part(one["tier"], one["given"], f"{count}/{of}", share, tuple(one["unlike"]), uncounted(one))


def uncounted(one: Row) -> int:
    """In how many studies of one tier and way of giving nothing is counted, though something is reported."""
    counted = {finding["study"] for finding in one["findings"] if finding["counted"]}
    return len({finding["study"] for finding in one["findings"]} - counted)
