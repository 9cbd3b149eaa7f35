"""Statements, definitions, open questions, class-wide rates and cases of one claims file → quads."""

from __future__ import annotations

import pyoxigraph as ox

from avidity_loaders.claims.models import TopicFile
from avidity_loaders.claims.statements import CaseEvent, Definition, HarmRate, OpenQuestion, PatientCase, Statement
from avidity_loaders.convert.passages import Passages
from avidity_loaders.convert.quantities import add_quantity, quantity_label
from avidity_loaders.names import thing
from avidity_loaders.proof import Proof
from avidity_loaders.triples import Triples
from avidity_loaders.vocabulary import Vocabulary


class Sayings:
    """Converts what a file says that is not a count; `of_study` is None for what the review says for itself."""

    def __init__(
        self,
        proof: Proof,
        triples: Triples,
        passages: Passages,
        vocabulary: Vocabulary,
        of_study: ox.NamedNode | None,
    ) -> None:
        self.proof = proof
        self.content = proof.file.content
        self.triples = triples
        self.passages = passages
        self.vocabulary = vocabulary
        self.of_study = of_study

    def convert(self) -> None:
        """Everything of the file that is no count."""
        for i, statement in enumerate(self.content.statements):
            self._statement(i, statement)
        for i, question in enumerate(self.content.open_questions):
            self._question(i, question)
        if isinstance(self.content, TopicFile):
            for i, definition in enumerate(self.content.definitions):
                self._definition(i, definition)
            for i, rate in enumerate(self.content.harm_rates):
                self._harm_rate(i, rate)
            for i, case in enumerate(self.content.cases):
                self._case(i, case)

    def _start(self, node: ox.NamedNode, class_: str, label: str, *place: str | int) -> None:
        self.triples.describe(node, class_, label)
        self.triples.add(node, "ofStudy", self.of_study)
        self.passages.support(self.triples, node, self.proof.quotes[place])

    def _statement(self, index: int, statement: Statement) -> None:
        add = self.triples.add
        node = thing("statement", self.content.slug, statement.slug)
        self._start(node, "Statement", self._in_words(statement), "statements", index)
        add(node, "statementKind", statement.kind)
        add(node, "subject", _thing(statement.subject))
        add(node, "relation", thing("relation", statement.relation))
        add(node, "object", _thing(statement.object) if statement.object else None)
        add(node, "objectWords", statement.object_words)
        add(node, "condition", statement.condition)
        add(node, "about", *(_thing(value) for value in statement.about))
        for name in ("polarity", "hedge", "note"):
            add(node, name, getattr(statement, name))
        add(node, "citesReference", *statement.references)
        add_quantity(self.triples, node, "value", statement.value, self.vocabulary)

    def _in_words(self, statement: Statement) -> str:
        label = self.vocabulary.label
        object_ = label(*_split(statement.object)) if statement.object else f"“{statement.object_words}”"
        relation = label("relation", statement.relation)
        negation = "not: " if statement.polarity == "negative" else ""
        text = f"{label(*_split(statement.subject))} {negation}{relation} {object_}"
        text += f" ({quantity_label(statement.value)})" if statement.value else ""
        return text + (f", {statement.condition}" if statement.condition else "")

    def _question(self, index: int, question: OpenQuestion) -> None:
        node = thing("open-question", question.slug)
        self._start(node, "OpenQuestion", question.label, "open_questions", index)
        self.triples.add(node, "asStated", question.as_stated)
        self.triples.add(node, "about", *(_thing(value) for value in question.about))
        self.triples.add(node, "citesReference", *question.references)
        self.triples.add(node, "note", question.note)

    def _definition(self, index: int, definition: Definition) -> None:
        add, node = self.triples.add, thing("definition", definition.slug)
        self._start(node, "RefractorinessDefinition", definition.label, "definitions", index)
        add(node, "authors", definition.authors)
        add(node, "asStated", definition.says)
        add(node, "year", definition.year)
        add(node, "yearStatedAs", definition.year_words)
        add(node, "formula", definition.year_formula)
        add(node, "citesReference", *definition.references)
        add(node, "note", definition.note)
        for i, criterion in enumerate(definition.criteria):
            own = thing("criterion", definition.slug, criterion.slug)
            self._start(own, "RefractorinessCriterion", criterion.label, "definitions", index, "criteria", i)
            add(own, "ofDefinition", node)
            add(own, "criterionNumber", i + 1)
            add(own, "asStated", criterion.as_stated)
            add(own, "criticism", criterion.criticism)
            add(own, "note", criterion.note)
            add_quantity(self.triples, own, "threshold", criterion.threshold, self.vocabulary)

    def _harm_rate(self, index: int, rate: HarmRate) -> None:
        add, node = self.triples.add, thing("harm-rate", rate.slug)
        self._start(node, "HarmRate", rate.label, "harm_rates", index)
        add(node, "rateMeasure", thing("measure", rate.measure))
        add(node, "ofMechanism", *(thing("mechanism", slug) for slug in rate.mechanisms))
        add(node, "namesAgent", *(thing("agent", slug) for slug in rate.agents))
        add(node, "rateFraction", rate.fraction)
        add(node, "citesReference", *rate.references)
        add(node, "note", rate.note)
        add_quantity(self.triples, node, "percentage", rate.percentage, self.vocabulary)

    def _case(self, index: int, case: PatientCase) -> None:
        add, node = self.triples.add, thing("case", case.slug)
        self._start(node, "PatientCase", case.label, "cases", index)
        add(node, "figure", case.figure)
        add(node, "sex", case.sex)
        add(node, "ageInYears", case.age)
        add(node, "caseHistology", thing("histology", case.histology))
        add(node, "stage", case.stage)
        add(node, "site", *case.sites)
        add(node, "note", case.note)
        for i, event in enumerate(case.events):
            self._event(node, case.slug, (index, i), event)

    def _event(self, case: ox.NamedNode, slug: str, place: tuple[int, int], event: CaseEvent) -> None:
        add, node = self.triples.add, thing("case-event", slug, event.slug)
        self._start(node, "CaseEvent", event.label, "cases", place[0], "events", place[1])
        add(node, "ofCase", case)
        add(node, "eventNumber", place[1] + 1)
        add(node, "eventKind", event.what)
        add(node, "timing", event.when)
        add(node, "givesAgent", thing("agent", event.agent) if event.agent else None)
        add(node, "frequency", event.frequency)
        add(node, "atFrequency", self.vocabulary.labelled("dosing-frequency", event.frequency))
        add(node, "marker", event.marker)
        add(node, "asStated", event.as_stated)
        add(node, "note", event.note)
        for name in ("dose", "activity", "time", "marker_from", "marker_to"):
            add_quantity(self.triples, node, name.replace("_", "-"), getattr(event, name), self.vocabulary)


def _split(value: str) -> tuple[str, str]:
    kind, _, slug = value.partition("/")
    return kind, slug


def _thing(value: str) -> ox.NamedNode:
    return thing(*_split(value))
