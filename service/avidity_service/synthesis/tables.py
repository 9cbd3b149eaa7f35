"""A synthesis as a table: a line for each study, for the pooled estimate, and for what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from avidity_service.synthesis.pooling import Answer
from avidity_service.synthesis.request import Synthesis

COLUMNS = (
    "line", "group", "group_label", "status", "study", "study_label", "reference", "cohort_label", "tier", "basis",
    "given", "count", "denominator", "proportion", "low", "high", "interval", "tau2", "prediction_low",
    "prediction_high", "definition", "timepoint", "reason", "finding", "quote", "start", "end", "section",
)  # fmt: skip
_OF_ROWS = ("study", "study_label", "reference", "cohort_label", "tier", "basis", "given", "count", "denominator",
            "proportion", "low", "high", "definition", "timepoint", "finding", "quote", "start", "end",
            "section")  # fmt: skip
_OF_ESTIMATES = ("proportion", "low", "high", "tau2", "prediction_low", "prediction_high")


def table(synthesis: Synthesis, groups: Sequence[Answer]) -> Iterator[dict[str, Any]]:
    """Rows with the columns of COLUMNS; `line` is study, pooled, without (this study) or left-out."""
    for group in groups:
        head = {"group": group["id"], "group_label": group["label"]}
        for row in group["rows"]:
            shown = {name: row[name] for name in _OF_ROWS}
            yield {"line": "study", **head, **shown, "interval": synthesis.wanted.interval}
        unlike = ["not alike: " + ", ".join(one["way"] for one in group["unlike"])] if group["unlike"] else []
        yield {
            "line": "pooled", **head, **{name: group[name] for name in ("status", "count", "denominator")},
            **_estimate(group["pooled"]), "reason": "; ".join([*unlike, *filter(None, [group["reason"]])]) or None,
        }  # fmt: skip
        for one in group["leave_one_out"]:
            yield {"line": "without", **head, "study": one["without"], "status": one["status"], **_estimate(one)}
        for one in group["left_out"]:
            shown = {name: one[name] for name in _OF_ROWS if name in one}
            yield {"line": "left-out", **head, **shown, "reason": one["reason"]}


def _estimate(pooled: Answer | None) -> dict[str, Any]:
    if not pooled or pooled.get("proportion") is None:
        return {}
    return {**{name: pooled[name] for name in _OF_ESTIMATES}, "interval": "binomial-normal"}
