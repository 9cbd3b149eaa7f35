"""An evidence map as a table: a line for each finding, for each cohort without the outcome, and for each empty cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

COLUMNS = (
    "row", "row_label", "column", "column_label", "state", "tier", "given", "cell_studies", "cell_count",
    "cell_denominator", "unlike", "designs", "study", "study_label", "cohort_label", "treatment", "count",
    "denominator", "percentage", "fraction", "extent", "basis", "counted", "certain", "reason", "finding", "cohort",
    "quote", "start", "end", "section",
)  # fmt: skip
_OF_FINDINGS = ("study", "study_label", "cohort_label", "count", "denominator", "percentage", "fraction", "extent",
                "basis", "counted", "reason", "finding", "quote", "start", "end", "section")  # fmt: skip


def table(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows with the columns of COLUMNS. Counts of a cell stand in each of its lines: they are not to be added up."""
    for row in rows:
        for cell in row["cells"]:
            head = {
                "row": row["id"], "row_label": row["label"], "column": cell["column"],
                "column_label": cell["column_label"], "state": cell["state"], "designs": cell["designs"],
            }  # fmt: skip
            for part in cell["evidence"]:
                counts = {
                    "cell_studies": part["studies"],
                    "cell_count": part["count"],
                    "cell_denominator": part["denominator"],
                }
                about = {**head, "tier": part["tier"], "given": part["given"], **counts, "unlike": part["unlike"]}
                for one in part["findings"]:
                    yield {**about, "treatment": one["given"], **{name: one[name] for name in _OF_FINDINGS}}
            for one in cell.get("cohorts", ()):
                yield {
                    **head, "given": one["given"], "certain": one["certain"], "study": one["study"],
                    "cohort": one["cohort"], "cohort_label": one["label"], "treatment": " or ".join(one["regimens"]),
                    "quote": one["proof"],
                }  # fmt: skip
            if cell["state"] == "no-study":
                yield {**head, "reason": cell["reason"]}
