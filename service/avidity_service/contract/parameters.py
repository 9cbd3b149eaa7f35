"""The parameters of REST, each written once: the document shows them, and no other is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from avidity_service.names import DESIGNS
from avidity_service.rest.filters import MOST


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query or path parameter.

    `schema` is the JSON Schema of one value. `kind` names the things that are its values: the document then lists
    their slugs and outside ids, which a release fills in. `many`: may be repeated, any of the values is meant.
    """

    name: str
    description: str
    example: Any
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    kind: str | None = None
    many: bool = False
    required: bool = False

    def but(self, **changes: Any) -> Parameter:
        """The same with changes."""
        return replace(self, **changes)


def _one_of(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


def _things(name: str, words: str, example: str, kind: str | None = None) -> Parameter:
    text = f"{words}: slug, label, symbol or outside id; repeated, any of them."
    return Parameter(name, text, example, kind=kind or name, many=True)


AGENT = _things("agent", "Agent given", "selumetinib")
MECHANISM = _things("mechanism", "Mechanism of the agents given, or one around it", "mek-inhibition")
ALTERATION = _things("alteration", "Genotype of the tumours; a gene means all its alterations", "nras-mutation")
GENE = _things("gene", "Gene whose alterations are meant", "nras")
HISTOLOGY = _things("histology", "Histology of the tumours", "ptc")
STUDY = _things("study", "Study", "ho-2013")
MEASURE = _things("measure", "What was measured", "uptake-restored")
DESIGN = Parameter("design", "Design of the study; repeated, any of them.", "prospective-trial",
                   _one_of(*DESIGNS), many=True)  # fmt: skip
GRADE_MIN = Parameter(
    "grade_min", "Harms of this CTCAE grade or worse; leaves out those whose grade is not stated.", "3",
    _one_of("1", "2", "3", "4", "5"),
)  # fmt: skip
BASIS = Parameter("basis", "Numbers as printed, those that follow from them by a formula, or both.", "stated",
                  {**_one_of("stated", "derived", "any"), "default": "stated"})  # fmt: skip
MATCH = Parameter(
    "match",
    "Tier: how the patients with the genotype are told apart. `exact`: the cohort is theirs; `pooled`: a broader"
    " genotype, or several, counted together; `mixed`: a cohort that they are part of. Goes with alteration or gene.",
    "exact", {**_one_of("exact", "pooled", "mixed", "any"), "default": "any"}, many=True,
)  # fmt: skip
COMBINATION = Parameter("combination", "Regimens that contain the agents, or those of exactly these. Goes with agent.",
                        "exact", _one_of("contains", "exact"))  # fmt: skip
FILTERS = (AGENT, MECHANISM, ALTERATION, GENE, HISTOLOGY, STUDY, DESIGN, MEASURE, GRADE_MIN, BASIS, MATCH, COMBINATION)

LIMIT = Parameter("limit", "Most rows in one answer.", 100,
                  {"type": "integer", "minimum": 1, "maximum": MOST, "default": 100})  # fmt: skip
OFFSET = Parameter("offset", "Rows to leave out at the start.", 0,
                   {"type": "integer", "minimum": 0, "maximum": 10**9, "default": 0})  # fmt: skip


def sort(columns: tuple[str, ...], example: str) -> Parameter:
    """Sorting by columns."""
    return Parameter(
        "sort",
        "Column to sort by, with a minus before it for the greatest first; repeated, the first decides."
        " Rows without a value come last.",
        example, _one_of(*columns, *("-" + column for column in columns)), many=True,
    )  # fmt: skip


def format_(*names: str) -> Parameter:
    """The format, as an alternative to the header Accept."""
    return Parameter("format", "The answer's format; stands above the header Accept.", names[0], _one_of(*names))


def slug(kind: str) -> Parameter:
    """The slug in a path; its example is the first thing of the kind in the release."""
    words = f"Slug of the {kind.replace('-', ' ')}."
    return Parameter("slug", words, None, {"type": "string", "minLength": 1}, kind, required=True)
