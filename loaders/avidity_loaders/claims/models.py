"""The shape of the claims files: one study, or one topic of the review, with everything that the source says of it."""

from __future__ import annotations

from collections.abc import Iterator

from avidity_loaders.claims.discrepancies import CuratedDiscrepancy
from avidity_loaders.claims.records import Record
from avidity_loaders.claims.results import AdverseEvent, Finding, result_path
from avidity_loaders.claims.statements import Definition, HarmRate, OpenQuestion, PatientCase, Statement, Topic
from avidity_loaders.claims.studies import Assessment, Cohort, Radioiodine, Regimen, Study

Place = tuple[str | int, ...]


class StudyFile(Record):
    """A whole claims file of one study."""

    study: Study
    cohorts: list[Cohort] = []
    regimens: list[Regimen] = []
    assessments: list[Assessment] = []
    radioiodine: list[Radioiodine] = []
    findings: list[Finding] = []
    adverse_events: list[AdverseEvent] = []
    statements: list[Statement] = []
    open_questions: list[OpenQuestion] = []
    discrepancies: list[CuratedDiscrepancy] = []

    @property
    def slug(self) -> str:
        """The study's slug."""
        return self.study.slug

    def records(self) -> Iterator[tuple[Place, Record]]:
        """Every record that carries quotes, with its place in the file."""
        yield ("study",), self.study
        for group in ("design", "centre", "eligibility"):
            for index, record in enumerate(getattr(self.study, group)):
                yield ("study", group, index), record
        if self.study.table is not None:
            yield ("study", "table"), self.study.table
        for group in _GROUPS:
            for index, record in enumerate(getattr(self, group)):
                yield (group, index), record
        yield from _sides(self.discrepancies)

    def claim_id(self, place: Place) -> str:
        """The claim's id as it appears in the graph, or the nearest thing to it."""
        if place == ("study", "table"):
            return f"table-row/{self.slug}"
        if place[:2] == ("study", "eligibility"):
            return f"eligibility/{self.slug}/{self.study.eligibility[int(place[2])].slug}"
        if place[0] == "study":
            return "/".join(["study", self.slug, *(str(part) for part in place[1:])])
        group, index = str(place[0]), place[1]
        if group == "discrepancies":
            return f"discrepancy/{self.slug}/{self.discrepancies[int(index)].slug}"
        record = getattr(self, group)[index]
        if group in ("findings", "adverse_events"):
            return f"finding/{self.slug}/{result_path(record)}"
        if group == "open_questions":
            return f"open-question/{record.slug}"
        kind = {"radioiodine": "radioiodine-therapy"}.get(group, group.removesuffix("s"))
        return f"{kind}/{self.slug}/{record.slug}"


_GROUPS = ("cohorts", "regimens", "assessments", "radioiodine", "findings", "adverse_events", "statements",
           "open_questions")  # fmt: skip


class TopicFile(Record):
    """A whole claims file of one topic: what the review says for itself, outside the studies."""

    topic: Topic
    definitions: list[Definition] = []
    statements: list[Statement] = []
    open_questions: list[OpenQuestion] = []
    harm_rates: list[HarmRate] = []
    cases: list[PatientCase] = []
    discrepancies: list[CuratedDiscrepancy] = []

    @property
    def slug(self) -> str:
        """The topic's slug."""
        return self.topic.slug

    def records(self) -> Iterator[tuple[Place, Record]]:
        """Every record that carries quotes, with its place in the file."""
        for i, definition in enumerate(self.definitions):
            yield ("definitions", i), definition
            for j, criterion in enumerate(definition.criteria):
                yield ("definitions", i, "criteria", j), criterion
        for group in ("statements", "open_questions", "harm_rates"):
            for i, record in enumerate(getattr(self, group)):
                yield (group, i), record
        for i, case in enumerate(self.cases):
            yield ("cases", i), case
            for j, event in enumerate(case.events):
                yield ("cases", i, "events", j), event
        yield from _sides(self.discrepancies)

    def claim_id(self, place: Place) -> str:
        """The claim's id as it appears in the graph."""
        group, index = str(place[0]), place[1]
        if group == "discrepancies":
            return f"discrepancy/{self.slug}/{self.discrepancies[int(index)].slug}"
        record = getattr(self, group)[index]
        if len(place) == 4:
            kind = {"criteria": "criterion", "events": "case-event"}[str(place[2])]
            return f"{kind}/{record.slug}/{getattr(record, str(place[2]))[place[3]].slug}"
        if group == "statements":
            return f"statement/{self.slug}/{record.slug}"
        kinds = {"definitions": "definition", "open_questions": "open-question", "harm_rates": "harm-rate"}
        return f"{kinds.get(group, 'case')}/{record.slug}"


def _sides(discrepancies: list[CuratedDiscrepancy]) -> Iterator[tuple[Place, Record]]:
    for i, discrepancy in enumerate(discrepancies):
        for j, side in enumerate(discrepancy.sides):
            yield ("discrepancies", i, "sides", j), side


Content = StudyFile | TopicFile
