"""Trying a mutant: the schema, the proof, the accounting, then the golden answers; the first that notices kills it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import pyoxigraph as ox
from avidity_loaders.assembling import Proven, read_proven
from avidity_loaders.bibliography import read_bibliography
from avidity_loaders.claims import TopicFile
from avidity_loaders.claims.models import StudyFile
from avidity_loaders.claims.reading import ClaimsFile
from avidity_loaders.convert import convert
from avidity_loaders.convert.dataset import file_quads
from avidity_loaders.convert.passages import Passages
from avidity_loaders.coverage import account, read_ledger
from avidity_loaders.coverage.accounting import stated_numbers
from avidity_loaders.derive import derive
from avidity_loaders.errors import LoaderError
from avidity_loaders.infer import infer
from avidity_loaders.inputs import Inputs
from avidity_loaders.names import thing
from avidity_loaders.proof import Proof, prove
from avidity_loaders.questions import read_collection_queries, read_questions
from avidity_service.asking import ask, bind
from avidity_service.catalogue import Catalogue
from avidity_service.engine import Engine, text
from avidity_service.names import Names
from pydantic import ValidationError

from tests.mutants import Mutant
from tests.test_golden import GOLDEN, picked, read

INFERRED_FROM = (
    "alteration",
    "histology",
    "part_of",
    "members",
    "regimens",
    "agent",
    "mechanism",
    "components",
    "measure",
)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mutant: who noticed it, or None."""

    claim: str
    field: str
    change: str
    killed_by: str | None


class Trial:
    """The unchanged dataset, against which each mutant is tried."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.proven: Proven = read_proven(inputs)
        ledger = read_ledger(inputs.seeds / "review" / "without-facts.yaml", self.proven.document, self.proven.proofs)
        assert account(self.proven.document, self.proven.proofs, ledger, self.proven.vocabulary).problems == []
        words = [match.span() for match in re.finditer(r"\w+", self.proven.document.text)]
        self.word_at = {at: i for i, (start, end) in enumerate(words) for at in range(start, end)}
        self.held = [self._held(proof) for proof in self.proven.proofs]
        record = read_bibliography(inputs.seeds / "review" / "bibliography.yaml")
        self.source = thing("source", record.slug)
        self.passages = Passages(self.proven.document, self.source)
        stated = convert(
            inputs.ontology, self.proven.document, record, self.proven.proofs, self.proven.vocabulary,
            read_questions(inputs.queries), read_collection_queries(inputs.queries / "collections"),
        )  # fmt: skip
        self.derived = set(derive(self.proven.proofs, self.proven.document, self.source, self.proven.vocabulary))
        self.inferred = set(infer([*stated, *self.derived], inputs.ontology / "rules"))
        self.of_file = [set(file_quads(p, self.passages, self.proven.vocabulary)) for p in self.proven.proofs]
        self.stated = set(stated)
        # What more than one file says, such as a passage that two of them cite.
        times = Counter(quad for own in self.of_file for quad in own)
        self.elsewhere = [{quad for quad in own if times[quad] > 1} for own in self.of_file]
        self.store = ox.Store()
        self.store.extend([*self.stated, *self.derived, *self.inferred])
        self.engine = Engine(self.store)
        self.catalogue, self.names = Catalogue(self.engine), Names(self.engine)
        self.cases = [(self._study_of(case[1]), case) for case in map(read, GOLDEN)]

    def _study_of(self, given: dict[str, str]) -> str | None:
        """The study that a golden answer is about, if it is about one."""
        name = given.get("study")
        return None if name is None else self.names.resolve("study", name)[0].rsplit("/", 1)[-1]

    def try_out(self, mutant: Mutant) -> Fate:
        """The first guard that notices the mutant."""
        return Fate(mutant.claim, mutant.field, mutant.change, self._killer(mutant))

    def _killer(self, mutant: Mutant) -> str | None:
        old = self.proven.proofs[mutant.file]
        model = TopicFile if isinstance(old.file.content, TopicFile) else StudyFile
        try:
            content = model.model_validate(mutant.content)
        except ValidationError:
            return "schema"
        file = ClaimsFile(old.file.path, content, old.file.tree)
        try:
            [proof] = prove([file], self.proven.document, self.proven.vocabulary)
        except LoaderError:
            return "proof"
        proofs = [*self.proven.proofs]
        proofs[mutant.file] = proof
        if self._opens(mutant.file, proof):
            return "accounting"
        return self._golden(mutant.file, proof, proofs, mutant.field)

    def _held(self, proof: Proof) -> tuple[set[int], set[int]]:
        """Which characters of words a file cites, and where the numbers stand that it states."""
        cited = {
            at
            for quotes in proof.quotes.values()
            for quote in quotes
            for at in range(quote.start, quote.end)
            if at in self.word_at
        }
        return cited, stated_numbers([proof], self.proven.vocabulary)

    def _opens(self, index: int, proof: Proof) -> bool:
        """Whether a word or number that only this file accounted for is accounted for no more: what `account` would find."""
        (cited, stated), (still_cited, still_stated) = self.held[index], self._held(proof)
        lost_words, lost_numbers = cited - still_cited, stated - still_stated
        for i, (others_cited, others_stated) in enumerate(self.held):
            if i != index:
                lost_words -= others_cited
                lost_numbers -= others_stated
        return bool(lost_words or lost_numbers)

    def _golden(self, index: int, proof: Proof, proofs: list[Proof], field: str) -> str | None:
        new = set(file_quads(proof, self.passages, self.proven.vocabulary))
        others = self.elsewhere[index]
        derived = set(derive(proofs, self.proven.document, self.source, self.proven.vocabulary))
        added = (new - self.stated) | (derived - self.derived - self.stated)
        removed = (self.of_file[index] - new - others) | (self.derived - derived - self.stated)
        # Inference takes seconds. What follows from the unchanged claims stands in for it first; a mutant that gets past
        # that is tried again with everything inferred anew, if anything is inferred from what it changes.
        killer = self._differs(added, removed, proof)
        if killer is None and any(part in INFERRED_FROM for part in field.split(".")):
            inferred = set(infer([*(self.stated - removed), *added, *derived], self.inputs.ontology / "rules"))
            added |= inferred - self.inferred
            removed |= self.inferred - inferred
            killer = self._differs(added, removed, proof)
        return killer

    def _differs(self, added: set[ox.Quad], removed: set[ox.Quad], proof: Proof) -> str | None:
        """The golden answer that the changed dataset no longer gives; the store is put back as it was."""
        added, removed = added - removed, removed - added
        self.store.extend(added)
        for quad in removed:
            self.store.remove(quad)
        try:
            return self._noticed(proof)
        finally:
            for quad in added:
                self.store.remove(quad)
            self.store.extend(removed)

    def _noticed(self, proof: Proof) -> str | None:
        content = proof.file.content
        own = content.slug
        for about, (name, given, columns, golden) in sorted(self.cases, key=lambda case: case[0] != own):
            # An answer about another study is not touched.
            if isinstance(content, StudyFile) and about not in (None, own):
                continue
            question = self.catalogue.question(name)
            rows = ask(question, bind(question, given, self.names), self.engine)
            if picked([{key: text(value) for key, value in row.items()} for row in rows], columns) != golden:
                return f"golden {name}"
        return None
