"""Pooling: the results of one group, study by study and, where that is allowed, with what they come to together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from avidity_service.statistics.binomial_normal import Fit, fit, leave_one_out
from avidity_service.statistics.proportions import INTERVALS
from avidity_service.synthesis.facts import Facts
from avidity_service.synthesis.groups import Group
from avidity_service.synthesis.likeness import FEWEST, Unlikeness, alternatives, reservations, unlikenesses
from avidity_service.synthesis.results import LeftOut, StudyResult, choose

Answer = dict[str, Any]
DIGITS = 6
_SHOWN = ("study", "study_label", "reference", "cohort", "cohort_label", "alteration", "histology", "tier", "basis",
          "measure", "given", "count", "denominator", "timepoint", "note", "formula", "quote", "start", "end",
          "section")  # fmt: skip
_SHOWN_LEFT_OUT = ("study", "study_label", "cohort_label", "tier", "basis", "count", "denominator", "percentage",
                   "fraction", "extent", "given", "quote", "start", "end", "section")  # fmt: skip


def pool(group: Group, facts: Facts, interval: str, allow_unlike: bool) -> Answer:
    """A group's answer: its rows with intervals, what was left out and why, the pooled estimate or why there is none.

    `status` is `pooled`, `boundary` (pooled, tau² = 0), `too-few-studies`, `unlike` (refused), `no-counts`,
    `no-finite-maximum` or `not-converged`. Proportions are in [0, 1], rounded to six digits.
    """
    results, left_out = choose(group.rows, facts)
    unlike = unlikenesses(results)
    answer: Answer = {
        "id": group.id,
        "label": group.label,
        "studies": len(results),
        "count": sum(result.counts[0] for result in results) if results else None,
        "denominator": sum(result.counts[1] for result in results) if results else None,
    }
    answer |= _estimate(results, unlike, allow_unlike)
    return answer | {
        "like_with_like": not unlike,
        "unlike": [_unlike(one) for one in unlike],
        "instead": alternatives(group.rows, facts) if unlike else [],
        "reservations": [*reservations(results), *_separate(left_out)],
        "rows": [_row(result, interval) for result in results],
        "left_out": [_left_out(one) for one in left_out],
    }


def _estimate(results: Sequence[StudyResult], unlike: Sequence[Unlikeness], allow_unlike: bool) -> Answer:
    counts = [result.counts for result in results]
    if not counts:
        return _none("no-counts", "No finding of this group states how many of how many patients.")
    if len(counts) < FEWEST:
        return _none("too-few-studies", f"{len(counts)} of the {FEWEST} studies that a pooled estimate needs.", counts)
    if unlike and not allow_unlike:
        return _none("unlike", "Not alike: " + "; ".join(str(one) for one in unlike) + ".")
    found = fit(counts)
    status = {"converged": "pooled"}.get(found.status, found.status)
    return {
        "status": status,
        "reason": found.message or None,
        "pooled": _pooled(found) if found.proportion is not None else None,
        "leave_one_out": [
            {"without": result.study, "status": one.status, **(_pooled(one) if one.proportion is not None else {})}
            for result, one in zip(results, leave_one_out(counts), strict=True)
        ],
        "as_if_one_proportion": _intervals(counts),
    }


def _none(status: str, reason: str, counts: Sequence[tuple[int, int]] = ()) -> Answer:
    """No pooled estimate; and no interval of a sum either, unless it is that of a single study."""
    one = _intervals(counts) if len(counts) == 1 else None
    return {"status": status, "reason": reason, "pooled": None, "leave_one_out": [], "as_if_one_proportion": one}


def _pooled(found: Fit) -> Answer:
    low, high = found.prediction or (None, None)
    return {
        "proportion": _short(found.proportion), "low": _short(found.low), "high": _short(found.high),
        "level": found.level, "mu": _short(found.mu), "standard_error": _short(found.standard_error),
        "tau2": _short(found.tau2), "prediction_low": _short(low), "prediction_high": _short(high),
        "log_likelihood": _short(found.log_likelihood), "studies": found.studies,
    }  # fmt: skip


def _intervals(counts: Sequence[tuple[int, int]]) -> Answer:
    """Both intervals of the summed count."""
    total = sum(count for count, _ in counts), sum(of for _, of in counts)
    return {name.replace("-", "_"): [_short(bound) for bound in of(*total)] for name, of in INTERVALS.items()}


def _separate(left_out: Sequence[LeftOut]) -> list[str]:
    """Studies with cohorts that are not nested: to take one of them is a choice that a reader should know of."""
    studies = dict.fromkeys(one.row["study"] for one in left_out if one.separate)
    return [f"{study}: of several separate cohorts one is counted, see left_out" for study in studies]


def _row(result: StudyResult, interval: str) -> Answer:
    row = result.row
    low, high = INTERVALS[interval](*result.counts)
    return {
        "finding": row["id"], "iri": row["iri"],
        **{name: row.get(name) for name in _SHOWN},
        "proportion": _short(row["count"] / row["denominator"]), "low": _short(low), "high": _short(high),
        **_intervals([result.counts]),
        "definition": result.definition,
        "likeness": dict(result.likeness),
        "quotes": row["quotes"],
    }  # fmt: skip


def _left_out(one: LeftOut) -> Answer:
    row = one.row
    return {
        "finding": row["id"],
        "iri": row["iri"],
        "reason": one.reason,
        **{name: row[name] for name in _SHOWN_LEFT_OUT},
    }


def _unlike(one: Unlikeness) -> Mapping[str, Any]:
    return {"way": one.way, "parameter": one.parameter, "why": one.why, "values": one.values}


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
