"""What a request for the page asks for: the map of `avidity_service.evidence_map`, and what of it is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from avidity_service.errors import Unfitting, UnknownValue
from avidity_service.evidence_map.request import COLUMNS, DEFAULT_MEASURE, PARAMETERS, ROWS, Wanted, read_request
from avidity_service.names import Names, nearest

OPEN = ("row", "column")  # of the cell whose evidence is shown
EMPTY = "empty"
PATH = "/evidence-map"
Given = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class View:
    """The map that is wanted, the cell that is open, whether empty rows and columns are shown, and what was given."""

    wanted: Wanted
    measure: str
    row: str | None
    column: str | None
    empty: bool
    given: Mapping[str, tuple[str, ...]]

    @property
    def narrowed(self) -> dict[str, tuple[str, ...]]:
        """The filters besides the measure and the axes."""
        return {name: values for name, values in self.given.items() if name not in ("rows", "columns", "measure")}

    @property
    def axes(self) -> dict[str, str]:
        """Rows, columns and measure, said in full."""
        return {"rows": self.wanted.rows, "columns": self.wanted.columns, "measure": self.measure}

    def href(self, path: str = PATH, **changed: str | None) -> str:
        """The address of this map with some parameters changed; None takes one away."""
        said = {**self.narrowed, **self.axes, **({EMPTY: "show"} if self.empty and path == PATH else {})}
        said |= {name: value for name, value in changed.items() if value is not None}
        kept = {name: value for name, value in said.items() if name not in changed or changed[name] is not None}
        return f"{path}?{urlencode(kept, doseq=True)}"


def read_view(arguments: Given, names: Names, harms: Sequence[str]) -> View:
    """What the page is asked for; parameters without a value, as a form sends them, are as good as not given.

    Raises:
        UnknownValue: for a parameter or value that is not allowed.
        Unfitting: for filters that do not go with the axes, or a measure that is not one outcome.
    """
    arguments = {name: [v for v in values if v] for name, values in arguments.items() if any(values)}
    allowed = (*PARAMETERS, *OPEN, EMPTY)
    for name in arguments:
        if name not in allowed:
            raise UnknownValue(name, None, allowed, nearest(name, allowed))
    wanted = read_request({name: values for name, values in arguments.items() if name in PARAMETERS}, names)
    measure = str(wanted.asked.terms["measure"][0].value).rsplit("/", 1)[-1]
    if measure in harms:
        reason = "Harms of different kinds are no one outcome: a cell of a map cannot count them."
        raise Unfitting("measure", reason, [f"measure={DEFAULT_MEASURE}", "the question adverse-events-of-agent"])
    shown = _one(arguments, EMPTY)
    if shown not in (None, "show"):
        raise UnknownValue(EMPTY, str(shown), ["show"])
    given = {name: tuple(values) for name, values in arguments.items() if name in PARAMETERS}
    return View(wanted, measure, _one(arguments, "row"), _one(arguments, "column"), shown is not None, given)


def _one(arguments: Given, name: str) -> str | None:
    values = arguments.get(name, ())
    if len(values) > 1:
        raise UnknownValue(name, ", ".join(values), [f"one {name}"])
    return values[0] if values else None


def choices() -> dict[str, tuple[str, ...]]:
    """What rows and columns may be."""
    return {"rows": ROWS, "columns": COLUMNS}
