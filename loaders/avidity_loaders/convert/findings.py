"""Findings and adverse events of one study → quads."""

from __future__ import annotations

import pyoxigraph as ox

from avidity_loaders.claims.results import AdverseEvent, Finding, Result, result_path
from avidity_loaders.claims.studies import Cohort
from avidity_loaders.convert.study import StudyGraph
from avidity_loaders.names import thing

_FINDING_CLASS = {
    "uptake": "UptakeFinding",
    "eligibility": "EligibilityFinding",
    "response": "ResponseFinding",
    "baseline": "BaselineFinding",
    "survival": "SurvivalFinding",
    "biomarker": "BiomarkerFinding",
    "adverse-event": "AdverseEventFinding",
    "mortality": "MortalityFinding",
    "accuracy": "AccuracyFinding",
    "follow-up": "FollowUpFinding",
}


class Findings:
    """Converts the results of one study into its graph."""

    def __init__(self, study: StudyGraph) -> None:
        self.study = study
        self.triples = study.triples
        self.content = study.content
        self.cohorts = {cohort.slug: cohort for cohort in study.content.cohorts}

    def convert(self) -> None:
        """All findings and adverse events."""
        for i, finding in enumerate(self.content.findings):
            node = self._result(finding, "findings", i)
            self._finding(node, finding)
        for i, event in enumerate(self.content.adverse_events):
            node = self._result(event, "adverse_events", i)
            self._adverse_event(node, event)

    def _result(self, result: Finding | AdverseEvent, group: str, index: int) -> ox.NamedNode:
        add = self.triples.add
        node = thing("finding", self.study.slug, result_path(result))
        kind = self.study.vocabulary.value("measure", result.measure, "findingKind") or ""
        self.study.start(node, _FINDING_CLASS[kind], self._label(result), group, index)
        add(node, "ofCohort", self.study.own("cohort", result.cohort))
        add(node, "measure", thing("measure", result.measure))
        add(node, "afterRegimen", *(self.study.own("regimen", slug) for slug in self._regimens(result)))
        add(node, "basis", "stated")
        for name in ("qualifier", "count", "denominator", "witness", "timepoint", "attribution", "note"):
            add(node, name, getattr(result, name))
        add(node, "statedPercentage", result.percentage)
        add(node, "statedFraction", result.fraction)
        add(node, "statedExtent", result.extent)
        return node

    def _label(self, result: Finding | AdverseEvent) -> str:
        what = self.study.vocabulary.label("measure", result.measure)
        if isinstance(result, AdverseEvent) and result.measure == "adverse-event":
            what = self.study.vocabulary.label("adverse-event-term", result.term)
            high = result.grade_high
            grades = f"{result.grade}–{high}" if high not in (None, result.grade) else str(result.grade)
            what += f" (grade {grades})" if result.grade else ""
        what += f" ({result.qualifier.replace('-', ' ')})" if result.qualifier else ""
        return f"{self.content.study.label}, {self.cohorts[result.cohort].label}: {what}"

    def _regimens(self, result: Result) -> list[str]:
        """The regimens stated for the result, or those of its cohort, or of the nearest cohort around it."""
        if result.regimens is not None:
            return result.regimens
        cohort: Cohort | None = self.cohorts[result.cohort]
        while cohort is not None and not cohort.regimens:
            cohort = self.cohorts.get(cohort.part_of or "")
        return cohort.regimens if cohort else []

    def _finding(self, node: ox.NamedNode, finding: Finding) -> None:
        assessment = finding.assessment
        self.triples.add(node, "assessedBy", self.study.own("assessment", assessment) if assessment else None)
        self.triples.add(node, "pValue", finding.p_value)
        self.study.quantity(node, "value", finding.value)
        self.study.quantity(node, "cutoff", finding.cutoff)

    def _adverse_event(self, node: ox.NamedNode, event: AdverseEvent) -> None:
        add = self.triples.add
        add(node, "adverseEventTerm", thing("adverse-event-term", event.term))
        add(node, "grade", event.grade)
        add(node, "gradeHigh", event.grade_high or event.grade)
        grades = range(event.grade, (event.grade_high or event.grade) + 1) if event.grade else ()
        add(node, "ofGrade", *(thing("severity-grade", str(grade)) for grade in grades))
        add(node, "eventCount", event.events)
        add(node, "eventDenominator", event.of_events)
        add(node, "percentageOf", event.percentage_of)
        add(node, "outcomeOfEvent", event.outcome)
