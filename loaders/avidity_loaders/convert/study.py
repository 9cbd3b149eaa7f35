"""One proven claims file → the quads of its study's graph."""

from __future__ import annotations

import pyoxigraph as ox

from avidity_loaders.claims.models import StudyFile
from avidity_loaders.claims.records import Quantity
from avidity_loaders.claims.studies import Assessment, Cohort, Component, Radioiodine, Regimen, Study
from avidity_loaders.convert.passages import Passages
from avidity_loaders.convert.quantities import add_daily_dose, add_quantity, quantity_label
from avidity_loaders.names import graph, thing
from avidity_loaders.proof import Proof
from avidity_loaders.triples import Triples
from avidity_loaders.vocabulary import Vocabulary


class StudyGraph:
    """Converts one file; every record becomes a thing `<kind>/<study>/<slug>` with its passages."""

    def __init__(self, proof: Proof, passages: Passages, vocabulary: Vocabulary) -> None:
        self.proof = proof
        content = proof.file.content
        assert isinstance(content, StudyFile)
        self.content = content
        self.slug = content.slug
        self.study = thing("study", self.slug)
        self.triples = Triples(graph(f"study/{self.slug}"))
        self.passages = passages
        self.vocabulary = vocabulary

    def convert(self) -> None:
        """The study, its cohorts, what they got and how uptake was judged; results follow in `convert.findings`."""
        self._study(self.content.study)
        for i, cohort in enumerate(self.content.cohorts):
            self._cohort(i, cohort)
        for i, regimen in enumerate(self.content.regimens):
            self._regimen(i, regimen)
        for i, assessment in enumerate(self.content.assessments):
            self._assessment(i, assessment)
        for i, therapy in enumerate(self.content.radioiodine):
            self._radioiodine(i, therapy)

    def own(self, kind: str, slug: str) -> ox.NamedNode:
        """A thing of this study."""
        return thing(kind, self.slug, slug)

    def support(self, subject: ox.NamedNode, *place: str | int) -> None:
        """Attach the proven quotes of the record at `place`."""
        self.passages.support(self.triples, subject, self.proof.quotes[place])

    def quantity(self, subject: ox.NamedNode, name: str, quantity: Quantity | None) -> None:
        """Attach a quantity as a node of its own."""
        add_quantity(self.triples, subject, name, quantity, self.vocabulary)

    def start(self, subject: ox.NamedNode, class_: str, label: str, *place: str | int) -> None:
        """What every record of a study has: type, label, study, quotes."""
        self.triples.describe(subject, class_, label)
        self.triples.add(subject, "ofStudy", self.study)
        self.support(subject, *place)

    def _study(self, study: Study) -> None:
        add = self.triples.add
        self.triples.describe(self.study, "Study", study.label)
        add(self.study, "hasDesign", None if study.kind == "unstated" else thing("study-design", study.kind))
        self.triples.names(self.study, study.names)
        add(self.study, "referenceNumber", study.reference)
        add(self.study, "note", study.note)
        quotes = list(self.proof.quotes["study",])
        for i, design in enumerate(study.design):
            add(self.study, "design", f"{design.as_stated} ({design.witness})")
            quotes += self.proof.quotes["study", "design", i]
        for i, centre in enumerate(study.centre):
            add(self.study, "centre", centre.as_stated)
            quotes += self.proof.quotes["study", "centre", i]
        self.passages.support(self.triples, self.study, dict.fromkeys(quotes))
        self._table_row(study)
        for i, condition in enumerate(study.eligibility):
            node = self.own("eligibility", condition.slug)
            self.start(node, "EligibilityCriterion", condition.label, "study", "eligibility", i)
            add(node, "asStated", condition.as_stated)
            add(node, "note", condition.note)
            self.quantity(node, "value", condition.value)
        for identifier in study.identifiers:
            node = self.own("identifier", identifier.scheme)
            self.triples.describe(node, "ExternalIdentifier", f"{identifier.scheme} {identifier.value}")
            add(self.study, "hasIdentifier", node)
            add(node, "identifierScheme", identifier.scheme)
            add(node, "identifierValue", identifier.value)
            add(node, "verification", identifier.verification)
            add(node, "seenAt", identifier.seen_at)

    def _table_row(self, study: Study) -> None:
        """What the table lists for the study, beside what the text says: a second witness."""
        if study.table is None:
            return
        add, node = self.triples.add, thing("table-row", self.slug)
        self.start(node, "TableRow", f"{study.label}: row of the table", "study", "table")
        add(node, "patientsListed", study.table.patients)
        add(node, "listsAgent", *(thing("agent", slug) for slug in study.table.agents))
        add(node, "listsMechanism", *(thing("mechanism", slug) for slug in study.table.mechanisms))
        add(node, "note", study.table.note)

    def _cohort(self, index: int, cohort: Cohort) -> None:
        add, node = self.triples.add, self.own("cohort", cohort.slug)
        label = f"{self.content.study.label}: {cohort.label}"
        self.start(node, "Cohort", label, "cohorts", index)
        add(node, "partOfCohort", self.own("cohort", cohort.part_of) if cohort.part_of else None)
        add(node, "definedByAlteration", thing("alteration", cohort.alteration) if cohort.alteration else None)
        add(node, "definedByHistology", thing("histology", cohort.histology) if cohort.histology else None)
        for name in ("enrolled", "treated", "evaluated", "note"):
            add(node, name, getattr(cohort, name))
        add(node, "givenRadioiodine", cohort.given_radioiodine)
        add(node, "sumOf", *(thing("finding", self.slug, path) for path in cohort.sum_of))
        add(node, "receivedRegimen", *(self.own("regimen", slug) for slug in cohort.regimens))
        for members in cohort.members:
            what = "-".join(slug for slug in (members.alteration, members.histology) if slug)
            member = thing("composition", self.slug, cohort.slug, what)
            count = "some" if members.count is None else str(members.count)
            self.triples.describe(member, "CohortMember", f"{label}: {count} with {what}")
            add(node, "hasMembers", member)
            add(
                member,
                "withAlteration",
                thing("alteration", members.alteration) if members.alteration else None,
            )
            add(member, "withHistology", thing("histology", members.histology) if members.histology else None)
            add(member, "memberCount", members.count)

    def _regimen(self, index: int, regimen: Regimen) -> None:
        add, node = self.triples.add, self.own("regimen", regimen.slug)
        self.start(node, "Regimen", regimen.label, "regimens", index)
        add(node, "witness", regimen.witness)
        add(node, "arrangement", regimen.arrangement)
        add(node, "patientsOnRegimen", regimen.patients)
        add(node, "note", regimen.note)
        add(node, "sameRegimenAs", self.own("regimen", regimen.same_as) if regimen.same_as else None)
        add(node, "course", regimen.course)
        self.quantity(node, "duration", regimen.duration)
        self.quantity(node, "stopped-after-radioiodine", regimen.stopped_after_radioiodine)
        add(node, "given", self._given(regimen))
        for component in regimen.components:
            self._component(node, regimen.slug, component)

    def _given(self, regimen: Regimen) -> str:
        """What was given, in one line: agents by name, others by what is said of them."""
        names = [
            self.vocabulary.label("agent", part.agent)
            if part.agent
            else f"{self.vocabulary.label('mechanism', part.mechanism or '')} (agent not named)"
            for part in regimen.components
        ]
        return {"together": " + ", "sequence": " then "}.get(regimen.arrangement or "", " and/or ").join(names)

    def _component(self, regimen: ox.NamedNode, slug: str, component: Component) -> None:
        kind, name = ("agent", component.agent) if component.agent else ("mechanism", component.mechanism or "")
        node = thing("component", self.slug, slug, name)
        label = self.vocabulary.label(kind, name)
        dose = quantity_label(component.dose) if component.dose else "dose not stated"
        self.triples.describe(node, "RegimenComponent", f"{label}, {dose}")
        add = self.triples.add
        add(regimen, "hasComponent", node)
        add(node, "agent" if component.agent else "agentNotNamed", thing(kind, name))
        add(node, "frequency", component.frequency)
        add(node, "atFrequency", self.vocabulary.labelled("dosing-frequency", component.frequency))
        add(node, "route", component.route)
        add(node, "byRoute", self.vocabulary.labelled("route", component.route))
        self.quantity(node, "dose", component.dose)
        add_daily_dose(self.triples, node, component.dose, component.frequency, self.vocabulary)

    def _assessment(self, index: int, assessment: Assessment) -> None:
        node = self.own("assessment", assessment.slug)
        self.start(node, "UptakeAssessment", assessment.label, "assessments", index)
        for name in ("witness", "radionuclide", "modality", "stimulation", "timing", "criterion", "note"):
            self.triples.add(node, name, getattr(assessment, name))
        labelled = self.vocabulary.labelled
        self.triples.add(node, "usesRadionuclide", labelled("radionuclide", assessment.radionuclide))
        self.triples.add(node, "usesImagingMethod", labelled("imaging-method", assessment.modality))
        self.triples.add(node, "usesStimulation", labelled("stimulation", assessment.stimulation))

    def _radioiodine(self, index: int, therapy: Radioiodine) -> None:
        node = self.own("radioiodine-therapy", therapy.slug)
        self.start(node, "RadioiodineTherapy", therapy.label, "radioiodine", index)
        for name in ("witness", "approach", "stimulation", "timing", "criterion", "note"):
            self.triples.add(node, name, getattr(therapy, name))
        self.triples.add(node, "usesStimulation", self.vocabulary.labelled("stimulation", therapy.stimulation))
        self.triples.add(node, "regardlessOfUptake", therapy.regardless_of_uptake)
        self.quantity(node, "activity", therapy.activity)
        for name in ("dose", "activity", "lesion"):
            self.quantity(node, f"threshold-{name}", getattr(therapy, f"threshold_{name}"))
