"""The shape of a claims file: one study with everything that the review says of it."""

from __future__ import annotations

from avidity_loaders.claims.records import Record
from avidity_loaders.claims.results import AdverseEvent, Finding, Statement
from avidity_loaders.claims.studies import Assessment, Cohort, Radioiodine, Regimen, Study


class StudyFile(Record):
    """A whole claims file."""

    study: Study
    cohorts: list[Cohort] = []
    regimens: list[Regimen] = []
    assessments: list[Assessment] = []
    radioiodine: list[Radioiodine] = []
    findings: list[Finding] = []
    adverse_events: list[AdverseEvent] = []
    statements: list[Statement] = []
