"""The tools: few, each a task, with flat parameters. Their docstrings are what a model reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from avidity_service.client import Client
from avidity_service.mcp.answers import Evidence, Thing, Verified, evidence

_TIERS = (
    "tier exact: the cohort has that genotype; pooled: several genotypes counted together; mixed: a cohort that the"
    " patients with the genotype are part of. The n/N of a pooled or mixed row is not the genotype's own."
)
_GRADES = "A harm without a grade has none stated; patients and events are different counts; not reported is not zero."

Limit = Annotated[int, Field(ge=1, le=200, description="Most rows.")]
Offset = Annotated[int, Field(ge=0, description="Rows to leave out at the start.")]
Agent = Annotated[str | None, Field(description="Agent: slug, label or outside id (trametinib, NCIT:C77908).")]
Alteration = Annotated[str | None, Field(description="Genotype: NRAS, BRAF V600E, ret-rearrangement, HGNC:7989.")]
Mechanism = Annotated[str | None, Field(description="Mechanism: mek-inhibition.")]
Histology = Annotated[str | None, Field(description="Histology: ptc, ftc, poorly differentiated.")]
Study = Annotated[str | None, Field(description="Study: ho-2013.")]
Measure = Annotated[str | None, Field(description="Outcome: uptake-restored, objective-response, threshold-met.")]


class Tools:
    """The tools over a service."""

    def __init__(self, service: Client) -> None:
        self.service = service

    def all(self) -> Iterator[Callable[..., Any]]:
        """Every tool, in the order in which they are listed."""
        yield from (
            self.search, self.find_evidence, self.which_agents, self.pool, self.adverse_events,
            self.discrepancies,
            self.list_questions, self.ask_question, self.get, self.resolve, self.verify_quote, self.sparql,
        )  # fmt: skip

    def search(
        self,
        words: Annotated[str, Field(description="Names, ids, or what the review may say: RAI-R, HGNC:7989.")],
        kind: Annotated[str | None, Field(description="agent, alteration, study, finding, sentence, …")] = None,
        limit: Limit = 10,
        offset: Offset = 0,
    ) -> Evidence:
        """Find things and sentences by words, other names and outside ids; typing errors are borne."""
        found = self.service.search(words, kind=kind, limit=limit, offset=offset)
        made = evidence(found, offset, whole=True)
        made.notes += [f"{word} was read as {' or '.join(meant)}" for word, meant in found.meta["read_as"].items()]
        made.notes += [f"Nothing bears the word {word}" for word in found.meta["not_found"]]
        return made

    def verify_quote(
        self, quote: Annotated[str, Field(max_length=2000, description="Words that somebody says the review says.")]
    ) -> Verified:
        """Whether the review says exactly these words, where, and which facts rest on them; else the nearest words."""
        return Verified(**self.service.verify(quote))

    def find_evidence(
        self,
        alteration: Alteration = None,
        agent: Agent = None,
        mechanism: Mechanism = None,
        histology: Histology = None,
        study: Study = None,
        measure: Measure = None,
        match: Annotated[
            Literal["exact", "pooled", "mixed"] | None, Field(description="Only this tier; goes with alteration.")
        ] = None,
        combination: Annotated[
            Literal["contains", "exact"] | None, Field(description="Regimens of exactly the agents; goes with agent.")
        ] = None,
        limit: Limit = 20,
        offset: Offset = 0,
    ) -> Evidence:
        """Findings, those with failures among them: n/N, tier, what was given, how it was judged, and the quote."""
        filters = {
            "alteration": alteration, "agent": agent, "mechanism": mechanism, "histology": histology, "study": study,
            "measure": measure, "match": match, "combination": combination,
        }  # fmt: skip
        found = self.service.findings(**filters, limit=limit, offset=offset)
        return evidence(found, offset, (_TIERS,) if alteration else ())

    def which_agents(self, alteration: Alteration = None, mechanism: Mechanism = None) -> Evidence:
        """Agents with at least one patient whose uptake was restored, each with its findings, nearest tier first."""
        found = self.service.agents(alteration=alteration, mechanism=mechanism, measure="uptake-restored")
        rows = [{"agent": agent["label"], **row} for agent in found for row in agent["findings"]]
        made = evidence(type(found)(rows, {**found.meta, "total": len(rows)}), 0, (_TIERS,))
        for shown_row, row in zip(made.rows, rows, strict=True):
            shown_row["agent"] = row["agent"]
        unnamed = found.meta.get("agent_not_named") or []
        made.notes += [f"Responders after an agent that the source does not name: {row['label']}" for row in unnamed]
        return made

    def pool(
        self,
        measure: Annotated[str, Field(description="Outcome: uptake-restored.")],
        alteration: Alteration = None,
        agent: Agent = None,
        mechanism: Mechanism = None,
        match: Annotated[Literal["exact", "pooled", "mixed"] | None, Field(description="Only this tier.")] = None,
        definition: Annotated[
            Literal["diagnostic-scan", "post-therapeutic-scan", "not-stated"] | None,
            Field(description="How uptake was judged."),
        ] = None,
        allow_unlike: Annotated[
            bool, Field(description="Pool what is unlike too; say so, and in what, when you show the number.")
        ] = False,
    ) -> Evidence:
        """Proportions study by study with intervals, pooled only like with like; else an error says what is unlike."""
        filters = {
            "alteration": alteration, "agent": agent, "mechanism": mechanism, "match": match, "definition": definition,
        }  # fmt: skip
        found = self.service.synthesis(measure, allow_unlike=allow_unlike, **filters)
        notes = [f"{group['label']}: {text}" for group in found for text in group["reservations"]]
        notes += [f"{group['label']}: unlike in {one['way']}" for group in found for one in group["unlike"]]
        return evidence(found, 0, tuple(notes), whole=True)

    def adverse_events(
        self,
        agent: Agent = None,
        study: Study = None,
        grade_min: Annotated[int | None, Field(ge=1, le=5, description="CTCAE grade or worse.")] = None,
        limit: Limit = 20,
        offset: Offset = 0,
    ) -> Evidence:
        """Harms with grade, patients or events, denominator, attribution and quote."""
        found = self.service.adverse_events(agent=agent, study=study, grade_min=grade_min, limit=limit, offset=offset)
        return evidence(found, offset, (_GRADES,))

    def discrepancies(self, study: Study = None, limit: Limit = 20, offset: Offset = 0) -> Evidence:
        """Where the source contradicts itself or leaves something open: each side with its words and quote."""
        found = self.service.all("discrepancies", study=study, limit=limit, offset=offset)
        return evidence(found, offset, whole=True)

    def list_questions(self, group: Annotated[str | None, Field(description="Only this group.")] = None) -> Evidence:
        """The questions that can be asked by name, with what a row means and their parameters."""
        found = self.service.questions()
        rows = [row for row in found if group in (None, row["group"])]
        return evidence(type(found)(rows, {**found.meta, "total": len(rows)}), 0, whole=True)

    def ask_question(
        self,
        name: Annotated[str, Field(description="As in list_questions: harms-by-severity.")],
        parameters: Annotated[dict[str, str] | None, Field(description="By name: {'alteration': 'NRAS'}.")] = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Evidence:
        """The rows of a question, with quotes."""
        found = self.service.ask(name, **(parameters or {}), limit=limit, offset=offset)
        return evidence(found, offset, whole=True)

    def get(
        self,
        collection: Annotated[str, Field(description="agents, alterations, studies, findings, measures, …")],
        slug: Annotated[str, Field(description="Its id there: selumetinib, ho-2013/nras/uptake-restored.")],
    ) -> Thing:
        """One thing with everything that the graph says of it; a study with all its parts."""
        record = self.service.thing(collection, slug)
        return Thing(record=record, page=record["iri"], release=self.service.release()["release"])

    def resolve(self, outside_id: Annotated[str, Field(description="CURIE or IRI: NCIT:C66939, HGNC:1097.")]) -> Thing:
        """What an id of another vocabulary means here, and how exactly (exact, close, broad)."""
        record = self.service.resolve(outside_id)
        return Thing(record=record, page=record["iri"], release=self.service.release()["release"])

    def sparql(
        self,
        query: Annotated[str, Field(description="SELECT or ASK. Read the resource avidity://schema first.")],
        limit: Limit = 100,
    ) -> Evidence:
        """Rows of a SPARQL query, read-only, with limits on time, memory and rows."""
        found = self.service.sparql(query)
        page = type(found)(found.rows[:limit], {**found.meta, "total": len(found)})
        return evidence(page, 0, whole=True)
